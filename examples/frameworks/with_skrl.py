"""PPO of skrl."""

import hftsim
import torch
from held_out import TASK, mean_return, report
from skrl.agents.torch.ppo import PPO, PPO_CFG
from skrl.envs.wrappers.torch import wrap_env
from skrl.memories.torch import RandomMemory
from skrl.models.torch import DeterministicMixin, GaussianMixin, Model
from skrl.trainers.torch import SequentialTrainer
from skrl.utils import set_seed
from torch import nn


def net(outputs):
    layers = [nn.LazyLinear(64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, outputs)]
    return nn.Sequential(*layers)


class Policy(GaussianMixin, Model):
    def __init__(self, **spaces):
        Model.__init__(self, **spaces)
        GaussianMixin.__init__(self)
        self.net = net(self.num_actions)
        self.log_std = nn.Parameter(torch.full((self.num_actions,), -1.0))

    def compute(self, inputs, role):
        return self.net(inputs["observations"]), {"log_std": self.log_std}


class Value(DeterministicMixin, Model):
    def __init__(self, **spaces):
        Model.__init__(self, **spaces)
        DeterministicMixin.__init__(self)
        self.net = net(1)

    def compute(self, inputs, role):
        return self.net(inputs["observations"]), {}


@torch.no_grad()
def act(obs):
    return policy.net(torch.as_tensor(obs)).numpy()


torch.set_num_threads(1)
set_seed(1)
env = wrap_env(hftsim.VectorEnv(num_envs=16, **TASK))  # reset with the seed of set_seed()
spaces = {"observation_space": env.observation_space, "action_space": env.action_space}
policy, value = Policy(**spaces), Value(**spaces)
cfg = PPO_CFG(rollouts=100, learning_epochs=10, mini_batches=8)
cfg.experiment.write_interval = cfg.experiment.checkpoint_interval = 0
agent = PPO(
    models={"policy": policy, "value": value},
    memory=RandomMemory(memory_size=100, num_envs=16),
    cfg=cfg,
    **spaces,
)
before = mean_return(act, **TASK)
options = {"timesteps": 6300, "headless": True, "disable_progressbar": True}
SequentialTrainer(env=env, agents=agent, cfg=options).train()
report(6300 * 16, before, mean_return(act, **TASK))
env.close()
