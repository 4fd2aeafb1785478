"""MLflow keeps options, curve and model in a SQLite file and a folder: `mlflow ui` shows them."""

import tempfile
from pathlib import Path

import hftsim
import mlflow
import torch
from held_out import TASK, mean_return, report
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecMonitor


class Track(BaseCallback):
    def _on_step(self):
        return True

    def _on_rollout_end(self):
        returns = [episode["r"] for episode in self.model.ep_info_buffer]
        mlflow.log_metric("return", sum(returns) / len(returns), step=self.num_timesteps)


def act(obs):
    return model.predict(obs, deterministic=True)[0]


torch.set_num_threads(1)
folder = Path(tempfile.mkdtemp())
mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
mlflow.create_experiment("hftsim", artifact_location=str(folder / "artifacts"))
mlflow.set_experiment("hftsim")
envs = VecMonitor(hftsim.sb3.VecEnv(num_envs=16, seed=1, **TASK))
options = {"n_steps": 100, "batch_size": 200, "policy_kwargs": {"log_std_init": -1.0}}
model = PPO("MlpPolicy", envs, learning_rate=1e-3, seed=1, device="cpu", **options)
before = mean_return(act, **TASK)
with mlflow.start_run():
    mlflow.log_params({**options, **TASK["overrides"]})
    model.learn(50_000, Track())
    after = mean_return(act, **TASK)
    mlflow.log_metric("held_out", after)
    model.save(folder / "model")
    mlflow.log_artifact(str(folder / "model.zip"))
report(model.num_timesteps, before, after)
