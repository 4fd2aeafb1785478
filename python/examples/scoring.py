"""What mappo.py does with envs in held-out worlds: episodes without exploring, their mean returns,
and the file of these."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import hftsim
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from mappo import Trainer

Floats = NDArray[np.float32]
Act = Callable[[hftsim.Results], Mapping[str, NDArray[Any]]]  # observations to actions, by role

VALIDATION_SEED = 1_000_000_000  # of the first world of the curve
TEST_SEED = 2_000_000_000  # of the first world of the test
TEST_WORLDS = 500


def evaluate(envs: hftsim.Pool, act: Act, first: int, worlds: int) -> dict[str, Floats]:
    """Returns [worlds, S] by role of an episode in each world of the seeds from `first` on.

    Args:
        envs: of which each plays one world at a time, with the autoreset ``"manual"``.
        act: the actions for results.
    """
    returns: dict[str, list[Floats]] = {name: [] for name in envs.roles}
    for begin in range(0, worlds, envs.num_envs):
        results = envs.reset(seed=range(first + begin, first + begin + envs.num_envs))
        sums = {name: np.zeros_like(rewards) for name, rewards in results.rewards.items()}
        while not results.ended.all():
            results = envs.step(act(results))
            for name, rewards in results.rewards.items():
                sums[name] = sums[name] + rewards
        for name, of_role in sums.items():
            returns[name].append(of_role)
    return {name: np.concatenate(parts)[:worlds] for name, parts in returns.items()}


def score(of_role: Floats) -> tuple[float, float]:
    """The mean of returns [worlds, S] and the half-width of its 95% confidence interval."""
    by_world = of_role.mean(axis=1, dtype=np.float64)
    error = 1.96 * by_world.std(ddof=1) / len(by_world) ** 0.5
    return float(by_world.mean()), float(error)


@dataclass
class Examiner:
    """Plays episodes in held-out worlds.

    Attributes:
        own: envs with the task's own reward and the autoreset ``"manual"``.
        less_noisy: the same with the reward of training; None where it is the task's own.
    """

    own: hftsim.Pool
    less_noisy: hftsim.Pool | None

    def examine(self, act: Act, first: int, worlds: int) -> dict[str, dict[str, float]]:
        """Scores by role: the mean reward and its error, by both rewards."""
        scores: dict[str, dict[str, float]] = {name: {} for name in self.own.roles}
        for envs, prefix in ((self.own, ""), (self.less_noisy, "less_noisy_")):
            returns = {} if envs is None else evaluate(envs, act, first, worlds)
            for name, of_role in returns.items():
                mean, error = score(of_role)
                scores[name] |= {f"{prefix}reward": mean, f"{prefix}error": error}
        return scores

    def play(self, path: Path, worlds: int) -> dict[str, dict[str, float]]:
        """The scores of a checkpoint in the worlds of the test."""
        policies = {name: hftsim.Policy.load(path, name) for name in self.own.roles}
        for name, policy in policies.items():
            policy.check(self.own.roles[name])

        def act(results: hftsim.Results) -> dict[str, Floats]:
            return {name: policy.act(results) for name, policy in policies.items()}

        return self.examine(act, TEST_SEED, worlds)


class Curve:
    """The file of validation scores: one row for each role at each time."""

    HEAD = ("seconds", "steps", "updates", "role", "reward", "error", "less_noisy_reward",
            "less_noisy_error", "reward_of_step")  # fmt: skip

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._writer = csv.DictWriter(self._file, self.HEAD)
        self._writer.writeheader()

    def add(
        self,
        elapsed: float,
        trainer: Trainer,
        scores: Mapping[str, Mapping[str, float]],
        rewards: Mapping[str, float],
    ) -> None:
        """Writes and prints the scores after an update."""
        steps = trainer.updates * trainer.envs.num_envs * trainer.options.rollout_steps
        for name, found in scores.items():
            row = {"seconds": elapsed, "steps": steps, "updates": trainer.updates, "role": name}
            row |= found | {"reward_of_step": rewards[name]}
            self._writer.writerow(
                {key: f"{value:.6g}" if isinstance(value, float) else value
                 for key, value in row.items()}
            )  # fmt: skip
            when = f"{elapsed:7.1f} s  update {trainer.updates:5d}  {steps / 1e6:6.2f} M steps"
            print(f"{when}  {name:<10}{told(found)}", file=sys.stderr, flush=True)
        self._file.flush()


def told(found: Mapping[str, float]) -> str:
    """Scores as text: by the task's own reward, and in brackets by the less noisy one."""
    text = f"{found['reward']:11.4f} +- {found['error']:.4f}"
    if "less_noisy_reward" in found:
        text += f" ({found['less_noisy_reward']:.4f} +- {found['less_noisy_error']:.4f})"
    return text


def tell(scores: Mapping[str, Mapping[str, float]], worlds: int) -> None:
    """Prints the scores of a test."""
    print(f"return of an episode, mean of {worlds} held-out worlds:")
    for name, found in scores.items():
        print(f"{name:<12}{told(found)}")
