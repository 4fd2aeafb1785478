"""Whole trajectories as one array, to compare them bit by bit."""

from __future__ import annotations

from collections.abc import Callable

import hftsim
import numpy as np


def numbers(results: hftsim.Results) -> np.ndarray:
    """All numbers of a reset or a step in one row."""
    groups = [results.obs, results.rewards, results.terms, results.terminated, results.masks]
    arrays = [array for group in groups for array in group.values()]
    arrays += [results.truncated, results.ended, results.state, results.finals.envs]
    arrays += [results.finals.lengths, results.finals.state]
    arrays += [*results.finals.returns.values(), *results.finals.obs.values()]
    arrays += [*results.finals.totals.values(), *results.finals.masks.values()]
    return np.concatenate([np.asarray(array, np.float64).ravel() for array in arrays])


def world_seed(seed: int, env: int) -> int:
    """The seed with which an env alone is env ``env`` of a pool: docs/environment.md, "Seeds"."""
    return seed if env == 0 else _mixed(_mixed(seed) + env)


def _mixed(x: int) -> int:
    """The finaliser of SplitMix64 (Steele, Lea, Flood 2014), after its step."""
    mask = 2**64 - 1
    x = (x + 0x9E3779B97F4A7C15) & mask
    x = ((x ^ x >> 30) * 0xBF58476D1CE4E5B9) & mask
    x = ((x ^ x >> 27) * 0x94D049BB133111EB) & mask
    return x ^ x >> 31


def run(
    envs: hftsim.Pool,
    steps: int,
    seed: int | None = 1,
    before_step: Callable[[int], None] = lambda step: None,
) -> np.ndarray:
    """Resets, then steps with the same random actions each time; all numbers in one row."""
    rng = np.random.default_rng(0)
    rows = [numbers(envs.reset(seed))]
    for step in range(steps):
        before_step(step)
        rows.append(numbers(envs.step(envs.sample_actions(rng))))
    return np.concatenate(rows)
