"""Optuna looks for a learning rate and an initial deviation; its study resumes from SQLite."""

import tempfile

import hftsim
import optuna
import torch
from held_out import TASK, mean_return, report
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecMonitor


def objective(trial):
    torch.set_num_threads(1)
    envs = VecMonitor(hftsim.sb3.VecEnv(num_envs=16, seed=1, **TASK))
    model = PPO(
        "MlpPolicy",
        envs,
        n_steps=100,
        batch_size=200,
        learning_rate=trial.suggest_float("learning_rate", 3e-4, 3e-3, log=True),
        policy_kwargs={"log_std_init": trial.suggest_float("log_std_init", -2.0, 0.0)},
        seed=1,
        device="cpu",
    )
    model.learn(40_000)
    envs.close()
    # Choosing is learning: test the best one in worlds that no trial has met, as of 2e9.
    return mean_return(lambda obs: model.predict(obs, deterministic=True)[0], **TASK)


study = optuna.create_study(
    study_name="hftsim",
    storage=f"sqlite:///{tempfile.mkdtemp()}/optuna.db",
    load_if_exists=True,
    direction="maximize",
    sampler=optuna.samplers.TPESampler(seed=1),
)
study.optimize(objective, n_trials=6)
report(6 * 40_000, study.trials[0].value, study.best_value)
