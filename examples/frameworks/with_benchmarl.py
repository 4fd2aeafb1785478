"""MAPPO of BenchMARL: four executors with a critic that sees the global state."""

import tempfile

import hftsim
import torch
from benchmarl.algorithms import MappoConfig
from benchmarl.environments.pettingzoo.common import PettingZooClass
from benchmarl.experiment import Experiment, ExperimentConfig
from benchmarl.models.mlp import MlpConfig
from held_out import TASK, mean_return, report
from tensordict import TensorDict
from torchrl.envs import PettingZooWrapper
from torchrl.envs.utils import ExplorationType, set_exploration_type

TASK["overrides"] |= {"seats.executor.count": 4, "seats.executor.parent_qty": 100}


class Hftsim(PettingZooClass):
    """The task's config is what ParallelEnv takes by name."""

    def get_env_fun(self, num_envs, continuous_actions, seed, device):
        return lambda: PettingZooWrapper(
            hftsim.ParallelEnv(**self.config), return_state=True, device=device
        )

    def supports_continuous_actions(self):
        return True

    def has_state(self):
        return True

    def has_render(self, env):
        return False

    def max_steps(self, env):
        return env.pool.spec.episode_len

    @staticmethod
    def env_name():
        return "hftsim"


@torch.no_grad()
def act(obs):
    seen = TensorDict({"executor": {"observation": torch.as_tensor(obs).unflatten(0, (-1, 4))}})
    seen["executor"].batch_size = seen["executor", "observation"].shape[:2]
    seen.batch_size = seen["executor"].batch_size[:1]
    with set_exploration_type(ExplorationType.DETERMINISTIC):
        return experiment.policy(seen)["executor", "action"].numpy()


torch.set_num_threads(1)
config = ExperimentConfig.get_from_yaml()
config.max_n_frames = 48_000  # of four agents each
config.on_policy_collected_frames_per_batch = 1600
config.on_policy_n_envs_per_worker = 16
config.on_policy_n_minibatch_iters = 10
config.on_policy_minibatch_size = 200
config.lr = 1e-3
config.evaluation, config.loggers, config.create_json = False, [], False
config.save_folder = tempfile.mkdtemp()
algorithm = MappoConfig.get_from_yaml()
algorithm.scale_mapping = "biased_softplus_0.4"
model = MlpConfig(num_cells=[64, 64], activation_class=torch.nn.Tanh, layer_class=torch.nn.Linear)
experiment = Experiment(Hftsim("EXECUTION", TASK), algorithm, model, 1, config)
before = mean_return(act, **TASK)
experiment.run()
report(experiment.total_frames, before, mean_return(act, **TASK))
