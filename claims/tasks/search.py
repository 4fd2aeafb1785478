"""The cross-entropy method over the parameters of a family of policies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from play import TRAINING_SEEDS, Played, Table
from policies import Family, Knob
from spaces import Floats

ELITE_SHARE = 0.2
SMOOTHING = 0.8  # how far a generation moves the distribution
START = 0.7  # standard deviation of logarithms, and share of a range, between the first candidates


@dataclass
class CrossEntropy:
    """A normal distribution of numbers that moves towards the best of its draws (Rubinstein 1999).

    Attributes:
        mean, deviation: [P].
    """

    mean: Floats
    deviation: Floats
    low: Floats
    high: Floats
    rng: np.random.Generator

    def draw(self, count: int) -> Floats:
        """[count, P]; the first is the mean itself."""
        drawn = self.mean + self.deviation * self.rng.standard_normal((count, len(self.mean)))
        drawn[0] = self.mean
        return np.clip(drawn, self.low, self.high)

    def learn(self, drawn: Floats, scores: Floats) -> None:
        """Moves towards the draws with the highest scores."""
        elite = drawn[np.argsort(scores)[-max(3, round(ELITE_SHARE * len(drawn))) :]]
        self.mean = self.mean + SMOOTHING * (elite.mean(0) - self.mean)
        self.deviation = self.deviation + SMOOTHING * (elite.std(0) - self.deviation)


def to_numbers(knobs: tuple[Knob, ...], parameters: Floats) -> Floats:
    """Parameters [..., P] as the numbers that are searched."""
    factors = np.array([knob.by_factors for knob in knobs])
    return np.where(factors, np.log(np.where(factors, parameters, 1)), parameters)


def to_parameters(knobs: tuple[Knob, ...], numbers: Floats) -> Floats:
    """Back again."""
    factors = np.array([knob.by_factors for knob in knobs])
    return np.where(factors, np.exp(np.where(factors, numbers, 0)), numbers)


def distribution(knobs: tuple[Knob, ...], rng: np.random.Generator) -> CrossEntropy:
    """Where a search begins."""
    start, low, high = (
        to_numbers(knobs, np.array([getattr(knob, name) for knob in knobs], float))
        for name in ("start", "low", "high")
    )
    spans = [START if knob.by_factors else START * (knob.high - knob.low) / 2 for knob in knobs]
    return CrossEntropy(start, np.array(spans), low, high, rng)


def play_many(
    table: Table, family: Family, parameters: Floats, seeds: Floats
) -> list[Played]:
    """Plays each of C candidates [C, P] in the same worlds; the table has C x worlds envs."""
    count, worlds = len(parameters), len(seeds)
    rows = np.repeat(parameters, worlds, axis=0)
    played = table.play(lambda moment: family(moment, rows), np.tile(seeds, count))
    parts = [slice(i * worlds, (i + 1) * worlds) for i in range(count)]
    return [
        Played(
            played.reward[part], played.metric[part], played.terminated,
            {name: term[part] for name, term in played.terms.items()},
        )
        for part in parts
    ]  # fmt: skip


def best_parameters(
    table: Table,
    family: Family,
    candidates: int,
    generations: int,
    seed: int = 0,
    say: Callable[[str], None] = lambda _: None,
) -> Floats:
    """Searches the parameters [P] with the highest mean reward in training worlds.

    Args:
        table: of candidates x worlds envs. All candidates of a generation play the same worlds.
    """
    rng = np.random.default_rng(seed)
    search = distribution(family.knobs, rng)
    worlds = table.envs.num_envs // candidates
    for generation in range(generations):
        drawn = search.draw(candidates)
        seeds = rng.integers(0, TRAINING_SEEDS, worlds)
        parameters = to_parameters(family.knobs, drawn)
        scores = np.array([p.reward.mean() for p in play_many(table, family, parameters, seeds)])
        search.learn(drawn, scores)
        told = family.told(to_parameters(family.knobs, search.mean))
        means = f"mean {scores.mean():.4g}, best {scores.max():.4g}"
        say(f"{family.name} {generation + 1}: {means}: {told}")
    return to_parameters(family.knobs, search.mean)
