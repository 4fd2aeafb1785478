"""MaskablePPO of sb3-contrib makes a market: actions are choices, some of them masked."""

import hftsim
import torch
from held_out import mean_return, report
from sb3_contrib import MaskablePPO
from stable_baselines3.common.vec_env import VecMonitor

TASK = {
    "config": "market_making",
    "overrides": {
        "env_config.episode_len": 100,
        "env_config.action_space": "multi_discrete",
        "reward_config.scale": 0.01,
    },
}


def act(obs, masks):
    return model.predict(obs, action_masks=masks)[0]


torch.set_num_threads(1)
envs = VecMonitor(hftsim.sb3.VecEnv(num_envs=16, seed=1, **TASK))
model = MaskablePPO(
    "MlpPolicy",
    envs,
    n_steps=100,
    batch_size=200,
    learning_rate=1e-3,
    seed=1,
    device="cpu",
)
before = mean_return(act, **TASK)
model.learn(100_000)
report(model.num_timesteps, before, mean_return(act, **TASK))
envs.close()
