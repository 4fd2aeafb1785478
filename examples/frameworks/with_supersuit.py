"""SuperSuit hands four executors of a market, sharing a policy, to Stable-Baselines3's PPO."""

import hftsim
import supersuit
import torch
from held_out import TASK, mean_return, report
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecMonitor

TASK["overrides"] |= {"seats.executor.count": 4, "seats.executor.parent_qty": 100}


def act(obs):
    return model.predict(obs, deterministic=True)[0]


torch.set_num_threads(1)
torch.manual_seed(1)  # not PPO(seed=1): SuperSuit's vector has no seed()
env = supersuit.black_death_v3(hftsim.ParallelEnv(**TASK))  # where a risk limit ends a seat
env = supersuit.pettingzoo_env_to_vec_env_v1(env)
envs = supersuit.concat_vec_envs_v1(env, 4, num_cpus=0, base_class="stable_baselines3")
envs.venv.reset(seed=1)  # the worlds 1, 2, 3, 4; without it they are drawn
model = PPO(
    "MlpPolicy",
    VecMonitor(envs),
    n_steps=100,
    batch_size=200,
    learning_rate=1e-3,
    policy_kwargs={"log_std_init": -1.0},
    device="cpu",
)
before = mean_return(act, **TASK)
model.learn(100_000)
report(model.num_timesteps, before, mean_return(act, **TASK))
envs.close()
