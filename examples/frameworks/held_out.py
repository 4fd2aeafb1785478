"""The mean return of a policy in held-out worlds, for what the recipes print."""

import json

import hftsim
import numpy as np

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
