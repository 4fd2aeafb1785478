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
    return np.concatenate([np.asarray(array, np.float64).ravel() for array in arrays])


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
