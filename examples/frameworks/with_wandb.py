"""Weights & Biases writes the curve to a folder, offline; `wandb sync` uploads it later."""

import tempfile

import hftsim
import torch
import wandb
from held_out import TASK, mean_return, report
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecMonitor


class Track(BaseCallback):
    def _on_step(self):
        return True

    def _on_rollout_end(self):
        returns = [episode["r"] for episode in self.model.ep_info_buffer]
        wandb.log({"return": sum(returns) / len(returns)}, step=self.num_timesteps)


def act(obs):
    return model.predict(obs, deterministic=True)[0]


torch.set_num_threads(1)
envs = VecMonitor(hftsim.sb3.VecEnv(num_envs=16, seed=1, **TASK))
wandb.init(project="hftsim", mode="offline", dir=tempfile.mkdtemp(), config=TASK["overrides"])
options = {"n_steps": 100, "batch_size": 200, "policy_kwargs": {"log_std_init": -1.0}}
model = PPO("MlpPolicy", envs, learning_rate=1e-3, seed=1, device="cpu", **options)
before = mean_return(act, **TASK)
model.learn(50_000, Track())
after = mean_return(act, **TASK)
wandb.summary["held_out"] = after
wandb.finish()
report(model.num_timesteps, before, after)
