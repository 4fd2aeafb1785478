"""Hydra puts a run together: `python with_hydra.py --multirun seed=1,2 env.num_envs=8,16`."""

from dataclasses import dataclass, field
from typing import Any

import hftsim
import hydra
import torch
from held_out import TASK, mean_return, report
from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecMonitor


@dataclass
class Run:
    """What a command line may change: `env` is what hftsim takes by name, `ppo` what PPO does."""

    seed: int = 1
    steps: int = 50_000
    env: dict[str, Any] = field(default_factory=lambda: {"num_envs": 16, **TASK})
    ppo: dict[str, Any] = field(
        default_factory=lambda: {
            "learning_rate": 1e-3,
            "n_steps": 100,
            "batch_size": 200,
            "policy_kwargs": {"log_std_init": -1.0},
        }
    )


ConfigStore.instance().store("run", Run)


@hydra.main(version_base=None, config_name="run")
def main(run):
    def act(obs):
        return model.predict(obs, deterministic=True)[0]

    torch.set_num_threads(1)
    run = OmegaConf.to_container(run)  # plain dicts
    envs = VecMonitor(hftsim.sb3.VecEnv(seed=run["seed"], **run["env"]))
    model = PPO("MlpPolicy", envs, seed=run["seed"], device="cpu", **run["ppo"])
    before = mean_return(act, **TASK)
    model.learn(run["steps"])
    report(model.num_timesteps, before, mean_return(act, **TASK))
    envs.close()


main()
