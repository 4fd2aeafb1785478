"""A task for the recipes, and the mean return of a policy in held-out worlds."""

import json

import hftsim
import numpy as np

TASK = {  # what hftsim's envs take by name: sell 400 lots in 100 steps
    "config": "execution",
    "overrides": {
        "env_config.episode_len": 100,
        "seats.executor.offset_max": 20,  # ticks: an untrained policy sells next to nothing
        "reward_config.scale": 0.1,
    },
}
SEED = 1_000_000_000  # the first of the seeds for validation: "Seeds" in docs/environment.md


def mean_return(act, config, overrides, num_envs=256):
    """Mean over envs and seats, of one role.

    ``act`` takes observations, float32 [rows, D], and where actions are choices masks, bool [rows,
    M]; it returns actions, [rows, A].
    """
    with hftsim.make(config, num_envs, overrides=overrides) as envs:
        ((role, spec),) = envs.spec.roles.items()
        results, total = envs.reset(SEED), 0.0
        for _ in range(envs.spec.episode_len):
            seen = [results.obs[role], *([results.masks[role]] if results.masks else [])]
            actions = act(*(np.array(rows).reshape(-1, rows.shape[-1]) for rows in seen))
            results = envs.step({role: np.reshape(actions, (num_envs, len(spec.agents), -1))})
            total += float(results.rewards[role].mean())
    return total


def report(steps, before, after):
    """Prints the steps of training and the mean returns before and after, as a line of JSON."""
    print(json.dumps({"steps": steps, "before": round(before, 3), "after": round(after, 3)}))
