"""PPO of Tianshou on a vector of its own, of single envs."""

import hftsim
import torch
from held_out import TASK, mean_return, report
from tianshou.algorithm import PPO
from tianshou.algorithm.modelfree.reinforce import ProbabilisticActorPolicy
from tianshou.algorithm.optim import AdamOptimizerFactory
from tianshou.data import Batch, Collector, VectorReplayBuffer
from tianshou.env import DummyVectorEnv
from tianshou.trainer import OnPolicyTrainerParams
from tianshou.utils.net.common import Net
from tianshou.utils.net.continuous import ContinuousActorProbabilistic, ContinuousCritic
from torch.distributions import Independent, Normal


@torch.no_grad()
def act(obs):
    return policy(Batch(obs=obs, info={})).act.numpy()


torch.set_num_threads(1)
torch.manual_seed(1)
envs = DummyVectorEnv([lambda: hftsim.Env(**TASK) for _ in range(16)])
envs.seed(1)
observed, acted = envs.observation_space[0].shape, envs.action_space[0].shape
policy = ProbabilisticActorPolicy(
    actor=ContinuousActorProbabilistic(
        preprocess_net=Net(state_shape=observed, hidden_sizes=[64, 64]),
        action_shape=acted,
    ),
    dist_fn=lambda loc_scale: Independent(Normal(*loc_scale), 1),
    action_space=envs.action_space[0],
    action_bound_method=None,  # tanh bounds them
    action_scaling=False,
    deterministic_eval=True,
)
critic = ContinuousCritic(preprocess_net=Net(state_shape=observed, hidden_sizes=[64, 64]))
algorithm = PPO(
    policy=policy, critic=critic, optim=AdamOptimizerFactory(lr=1e-3), ent_coef=0.0
)
before = mean_return(act, **TASK)
algorithm.run_training(
    OnPolicyTrainerParams(
        training_collector=Collector(algorithm, envs, VectorReplayBuffer(1600, 16)),
        max_epochs=9,
        epoch_num_steps=11_200,
        collection_step_num_env_steps=1600,
        update_step_num_repetitions=10,
        batch_size=200,
        show_progress=False,
    )
)
report(100_800, before, mean_return(act, **TASK))
envs.close()
