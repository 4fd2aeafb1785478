#!/usr/bin/env python3
"""Scores the policy `bayes` in the task `taking`, or searches for its parameters.

The policy acts inside the market's process (docs/environment.md#controllers), so a whole episode
costs no Python. Scores are returns of episodes, in ticks x lots.

    python python/examples/taking_rule.py                          # 500 worlds of the test seeds
    python python/examples/taking_rule.py --param band=8           # another rule
    python python/examples/taking_rule.py --search 60              # in 500 worlds of training seeds

The search draws each parameter log-uniformly within a factor of 2 of the best rule so far, and
scores all candidates in the same worlds.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

import hftsim
import numpy as np
from numpy.typing import NDArray

TRAINING_SEED, TEST_SEED = 0, 2_000_000_000
SEARCHED = ("band", "per_tick", "cap", "past", "past_s")
START = {"band": 15.0, "per_tick": 0.4, "cap": 9.0, "past": 0.5, "past_s": 20.0}


def returns(
    config: str, params: Mapping[str, float], first_seed: int, worlds: int
) -> NDArray[np.float64]:
    """The returns of a rule in the worlds of consecutive seeds: [worlds]."""
    overrides = {"seats.taker.controller": "bayes"}
    overrides |= {f"seats.taker.params.{key}": value for key, value in params.items()}
    with hftsim.make(config, num_envs=worlds, overrides=overrides, autoreset="manual") as envs:
        envs.reset(seed=range(first_seed, first_seed + worlds))
        while True:
            results = envs.step({})
            if results.ended.all():
                break
        return np.asarray(results.finals.policy_returns["taker"], np.float64)[:, 0]


def score(sample: NDArray[np.float64]) -> tuple[float, float]:
    """The mean and the half-width of its 95% interval."""
    return float(sample.mean()), 1.96 * float(sample.std(ddof=1)) / len(sample) ** 0.5


def search(config: str, rounds: int, worlds: int, seed: int) -> dict[str, float]:
    """The best of `rounds` random rules, each drawn around the best one before it."""
    rng = np.random.default_rng(seed)
    best, best_score = dict(START), score(returns(config, START, TRAINING_SEED, worlds))[0]
    for _ in range(rounds):
        params = {k: float(f"{best[k] * 2 ** rng.uniform(-1, 1):.3g}") for k in SEARCHED}
        mean, width = score(returns(config, params, TRAINING_SEED, worlds))
        if mean > best_score:
            best, best_score = params, mean
            print(f"{mean:8.1f} +- {width:.1f}  {params}", flush=True)
    return best


def main() -> None:
    """Parses the arguments, and prints the score."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--config", default="taking", help="preset or file")
    parser.add_argument("--param", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--worlds", type=int, default=500)
    parser.add_argument("--seed", type=int, default=TEST_SEED, help="of the first world")
    parser.add_argument("--search", type=int, default=0, metavar="ROUNDS")
    args = parser.parse_args()
    params = {key: float(value) for key, value in (p.split("=") for p in args.param)}
    if args.search:
        params = search(args.config, args.search, args.worlds, seed=1)
    mean, width = score(returns(args.config, params, args.seed, args.worlds))
    print(f"return {mean:.1f} +- {width:.1f} in {args.worlds} worlds from the seed {args.seed} on")


if __name__ == "__main__":
    main()
