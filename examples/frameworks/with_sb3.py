"""PPO of Stable-Baselines3 learns to sell 400 lots in 100 steps."""

import hftsim
import torch
from held_out import TASK, mean_return, report
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecMonitor


def act(obs):
    return model.predict(obs, deterministic=True)[0]


torch.set_num_threads(1)
envs = VecMonitor(hftsim.sb3.VecEnv(num_envs=16, seed=1, **TASK))
model = PPO(
    "MlpPolicy",
    envs,
    n_steps=100,
    batch_size=200,
    learning_rate=1e-3,
    policy_kwargs={"log_std_init": -1.0},
    seed=1,
    device="cpu",
)
before = mean_return(act, **TASK)
model.learn(100_000)
report(model.num_timesteps, before, mean_return(act, **TASK))
envs.close()
