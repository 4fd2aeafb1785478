"""rl_zoo3 trains PPO on an id of Gymnasium: these are options of `python -m rl_zoo3.train`."""

import sys
import tempfile
from pathlib import Path

import hftsim
from held_out import TASK, mean_return, report
from rl_zoo3.train import train
from stable_baselines3 import PPO

ENV_ID = hftsim.ids.id_of(TASK["config"])  # hftsim/Execution-v0
HYPERPARAMETERS = f"""
{ENV_ID}:
  policy: MlpPolicy
  n_timesteps: 100000
  n_envs: 16
  n_steps: 100
  batch_size: 200
  learning_rate: 0.001
  policy_kwargs: "dict(log_std_init=-1.0)"
"""


def act(obs):
    return model.predict(obs, deterministic=True)[0]


model = PPO("MlpPolicy", hftsim.Env(**TASK), seed=1, device="cpu")
before = mean_return(act, **TASK)
with tempfile.TemporaryDirectory() as folder:
    conf = Path(folder, "ppo.yml")
    conf.write_text(HYPERPARAMETERS)
    options = ["--algo", "ppo", "--env", ENV_ID, "--gym-packages", "hftsim"]
    options += ["--env-kwargs", f"overrides:{TASK['overrides']}", "--conf-file", str(conf)]
    options += ["--log-folder", folder, "--eval-freq", "-1", "--seed", "1"]
    options += ["--num-threads", "1", "--device", "cpu"]
    sys.argv = ["train", *options]
    train()
    model = PPO.load(next(Path(folder).glob("ppo/*/*.zip")), device="cpu")
report(model.num_timesteps, before, mean_return(act, **TASK))
