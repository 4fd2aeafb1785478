"""The tasks of docs/learning.md, and the baselines that are tuned for each by small grids."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

Keys = dict[str, Any]


@dataclass(frozen=True)
class Scored:
    """A leaderboard task in which a training is scored.

    Attributes:
        name: of the leaderboard task.
        role: of the scored seats.
        grids: by strategy, values by key: all combinations are tried. An empty grid is one trial.
    """

    name: str
    role: str
    grids: dict[str, dict[str, list[Any]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Learned:
    """A training, configs/training/NAME.yaml.

    Attributes:
        name: of the training and its preset.
        scored: where its policies are scored.
        worlds: of the test.
        minutes: an estimate of a training.
    """

    name: str
    scored: tuple[Scored, ...]
    worlds: int = 500
    minutes: float = 10


_MAKERS = {
    "glft": {"gamma": [0.003, 0.01, 0.03, 0.1, 0.3], "k": [0.25, 0.4, 0.7, 1.2],
             "quote_qty": [5, 10]},
    "avellaneda-stoikov": {"gamma": [0.001, 0.003, 0.01, 0.03, 0.1], "k": [0.3, 0.6, 1, 1.6],
                           "quote_qty": [5, 10]},
    "symmetric": {"half_spread": [0.5, 1, 1.5, 2, 2.5, 3, 4, 6], "quote_qty": [5, 10]},
}  # fmt: skip
_EXECUTORS = {
    "twap": {"slices": [10, 20, 60], "style": ["passive", "aggressive", "pegged"]},
    "vwap": {"slices": [10, 60], "style": ["passive", "pegged"], "profile": ["[1]"]},
    "pov": {"rate": [0.05, 0.1, 0.2], "style": ["passive", "pegged"]},
    "almgren-chriss": {"lambda": [1e-6, 1e-5, 1e-4], "style": ["passive", "pegged"]},
    "immediate": {},
}  # fmt: skip
# The reference's keys are the task's: those of the paper.
_REFERENCE = {
    "avellaneda-stoikov": {"gamma": [0.00002, 0.00003, 0.00005, 0.00007, 0.0001]},
    "glft": {"gamma": [0.00002, 0.00003, 0.00005, 0.00007, 0.0001]},
    "symmetric": {"half_spread": [600, 670, 746, 820]},
}
_TAKERS = {
    "bayes": {"band": [4, 5.5, 8, 11], "per_tick": [1, 1.3], "cap": [9, 22], "past": [0.5, 0.7]},
    "momentum": {},
    "mean-reversion": {},
    "ofi": {},
}

TRAININGS = {
    learned.name: learned
    for learned in (
        Learned("market_making", (Scored("market_making", "maker", _MAKERS),)),
        Learned("execution", (Scored("execution", "executor", _EXECUTORS),)),
        Learned("taking", (Scored("taking", "taker", _TAKERS),)),
        Learned("portfolio", (Scored("portfolio", "portfolio", {"do-nothing": {}}),)),
        Learned("mm_vs_execution", (
            Scored("mm_vs_execution_maker", "maker", _MAKERS),
            Scored("mm_vs_execution_executor", "executor", _EXECUTORS),
        )),
        Learned("avellaneda_stoikov", (Scored("avellaneda_stoikov", "maker", _REFERENCE),),
                worlds=1000, minutes=2),
    )
}  # fmt: skip


def trials(grid: dict[str, list[Any]]) -> list[Keys]:
    """All combinations of a grid's values."""
    return [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
