"""AgileRL breeds two TD3 agents: each trains, then copies of the better ones go on."""

import hftsim
import torch
from agilerl.algorithms import TD3
from agilerl.components.replay_buffer import ReplayBuffer
from agilerl.hpo.tournament import TournamentSelection
from agilerl.training.train_off_policy import train_off_policy
from held_out import TASK, mean_return, report


def act(obs):
    return agents[0].get_action(obs, training=False)


torch.set_num_threads(1)
torch.manual_seed(1)
# TD3 here looks for the last observation of an episode where next_step shows it.
envs = hftsim.VectorEnv(num_envs=16, seed=1, autoreset="next_step", **TASK)
agents = TD3.population(
    2,
    envs.single_observation_space,
    envs.single_action_space,
    vect_noise_dim=16,
    expl_noise=0.3,
    O_U_noise=False,
    batch_size=128,
    lr_actor=1e-3,
    learn_step=16,
)
before = mean_return(act, **TASK)
agents, _ = train_off_policy(
    envs,
    "hftsim",
    "TD3",
    agents,
    ReplayBuffer(100_000),
    max_steps=100_000,
    evo_steps=10_000,
    eval_steps=101,
    learning_delay=2000,
    selection_strategy=TournamentSelection(2, elitism=True, population_size=2),
    verbose=False,
)
report(agents[0].steps, before, mean_return(act, **TASK))
envs.close()
