"""PPO of RLlib: a market for each env of a runner."""

import hftsim
import ray
import torch
from held_out import mean_return, report
from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.core.columns import Columns
from ray.rllib.core.rl_module.default_model_config import DefaultModelConfig
from ray.rllib.core.rl_module.multi_rl_module import MultiRLModuleSpec
from ray.rllib.core.rl_module.rl_module import RLModuleSpec

TASK = {
    "config": "avellaneda_stoikov",
    "overrides": {"env_config.episode_len": 100, "reward_config.scale": 1e-4},
}


@torch.no_grad()
def act(obs):
    module = algorithm.get_module("maker")
    out = module.forward_exploration({Columns.OBS: torch.as_tensor(obs)})
    distribution = module.get_exploration_action_dist_cls()
    return distribution.from_logits(out[Columns.ACTION_DIST_INPUTS]).sample().numpy()


net = DefaultModelConfig(fcnet_hiddens=[64, 64], free_log_std=True)
modules = {"maker": RLModuleSpec(model_config=net)}
config = (
    PPOConfig()
    .environment(hftsim.rllib.MultiAgentEnv, env_config=TASK)
    .env_runners(num_env_runners=0, num_envs_per_env_runner=16)
    .multi_agent(policies={"maker"}, policy_mapping_fn=lambda agent, *_, **__: "maker")
    .rl_module(rl_module_spec=MultiRLModuleSpec(rl_module_specs=modules))
    .training(train_batch_size=3200, minibatch_size=400, num_epochs=6, lr=1e-3)
    .debugging(seed=1)
)
algorithm = config.build_algo()
before = mean_return(act, **TASK)
steps = 0
while steps < 40_000:
    result = algorithm.train()["env_runners"]
    steps += result["num_env_steps_sampled"]
report(int(steps), before, mean_return(act, **TASK))
algorithm.stop()
ray.shutdown()
