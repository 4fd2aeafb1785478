"""PPO of XuanCe, on envs that it makes by name from its registry."""

import tempfile
from argparse import Namespace
from importlib.resources import files

import hftsim
import torch
import yaml
from held_out import TASK, mean_return, report
from xuance.environment import REGISTRY_ENV, RawEnvironment, make_envs
from xuance.torch.agents import PPO_Agent


class Market(RawEnvironment):
    def __init__(self, config):
        super().__init__()
        self.env = hftsim.Env(seed=config.env_seed, **TASK)
        self.observation_space = self.env.observation_space
        self.action_space = self.env.action_space
        self.max_episode_steps = self.env.pool.spec.episode_len

    def reset(self, **options):
        return self.env.reset(**options)

    def step(self, action):
        return self.env.step(action)

    def render(self):
        return self.env.render()

    def close(self):
        self.env.close()


def act(obs):
    return agent.get_actions(obs, deterministic=True)["actions"]


torch.set_num_threads(1)
REGISTRY_ENV["hftsim"] = Market
config = {}
for name in ("basic.yaml", "ppo/classic_control/Pendulum-v1.yaml"):
    config |= yaml.safe_load(files("xuance").joinpath("configs", name).read_text())
config |= {
    "env_name": "hftsim",
    "env_id": "execution",
    "parallels": 16,
    "horizon_size": 100,
    "learning_rate": 1e-3,
    "ent_coef": 0.0,
    "use_obsnorm": False,
    "use_rewnorm": False,
    "log_dir": tempfile.mkdtemp(),
    "model_dir": tempfile.mkdtemp(),
}
config = Namespace(**config)
envs = make_envs(config)
agent = PPO_Agent(config, envs)
torch.nn.init.constant_(agent.policy.actor.logstd, -1.0)
before = mean_return(act, **TASK)
agent.train(6300)
report(agent.current_step, before, mean_return(act, **TASK))
agent.finish()
envs.close()
