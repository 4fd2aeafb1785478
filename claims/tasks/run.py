#!/usr/bin/env python3
"""A cell of docs/tasks.md: scores of simple policies of a task, or their rank correlation.

    python claims/tasks/run.py scores execution      # do nothing, random, best constant, best rule
    python claims/tasks/run.py ranks execution       # reward against the referee's metric
    python claims/tasks/run.py ppo execution         # trains python/examples/ppo.py for 5 minutes

The last line of the output is a JSON object with the figures. Searches use training worlds, scores
500 worlds of the test.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from play import WORLDS, Act, Played, Table, interval, test_seeds
from policies import Family, nothing, randomly, twap
from search import best_parameters, play_many
from spaces import Floats
from tasks import TASKS, Entry


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def rounded(value: float) -> float:
    """Four digits."""
    return float(f"{value:.4g}")


def told(played: Played, base: Floats | None = None) -> dict[str, float]:
    """The figures of a policy; the metric relative to `base`, if given."""
    reward, error = interval(played.reward)
    metric, metric_error = interval(played.metric - (0 if base is None else base))
    return {
        "reward": rounded(reward),
        "reward_error": rounded(error),
        "metric": rounded(metric),
        "metric_error": rounded(metric_error),
        "terminated": rounded(played.terminated),
    }


def search(entry: Entry, family: Family, budget: float) -> Floats:
    """The best parameters of a family; `budget` scales the effort."""
    worlds, candidates = (4, 24) if entry.task.role == "portfolio" else (16, 48)
    generations = max(2, round(14 * budget))
    with Table(entry.task, candidates * worlds) as table:
        return best_parameters(table, family, candidates, generations, say=say)


def scores(entry: Entry, budget: float) -> dict[str, Any]:
    """Do nothing, random, TWAP where it applies, the best constant and the best rule."""
    figures: dict[str, Any] = {}
    acts: dict[str, Act] = {"nothing": nothing, "random": randomly(np.random.default_rng(0))}
    if entry.task.role == "executor":
        acts["twap"] = twap
    for family in (entry.constant, entry.rule):
        found = search(entry, family, budget)
        figures[f"{family.name}_parameters"] = [rounded(value) for value in found]
        acts[family.name] = lambda moment, family=family, found=found: family(moment, found)
    base = None
    with Table(entry.task, WORLDS) as table:
        for name, act in acts.items():
            played = table.play(act, test_seeds())
            if entry.task.role == "portfolio" and base is None:
                base = played.metric
            figures[name] = told(played, base)
            say(f"{entry.task.name} {name}: {figures[name]}")
    return figures


def around(family: Family, parameters: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Parameters [count, P] within a factor of 2 of these; sums within half of them."""
    factors = 2 ** rng.uniform(-1, 1, (count, len(parameters)))
    drawn = parameters * factors
    return np.clip(
        drawn, [knob.low for knob in family.knobs], [knob.high for knob in family.knobs]
    )


def ranks(entry: Entry, found: dict[str, list[float]], count: int, worlds: int) -> dict[str, Any]:
    """Spearman's correlation of reward and metric, over policies around the best ones."""
    rng = np.random.default_rng(1)
    rewards, metrics = [], []
    with Table(entry.task, count // 2 * worlds) as table:
        seeds = np.array(test_seeds(worlds))
        base = None
        for family in (entry.constant, entry.rule):
            drawn = around(family, np.array(found[f"{family.name}_parameters"]), count // 2, rng)
            for played in play_many(table, family, drawn, seeds):
                rewards.append(played.reward.mean())
                metrics.append(played.metric.mean())
    return {"policies": len(rewards), "worlds": worlds,
            "correlation": rounded(spearman(np.array(rewards), np.array(metrics)))}  # fmt: skip


def spearman(first: Floats, second: Floats) -> float:
    """The rank correlation of two lists without ties."""
    orders = [np.argsort(np.argsort(values)) for values in (first, second)]
    return float(np.corrcoef(*orders)[0, 1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("scores", "ranks"))
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--budget", type=float, default=1.0, help="of the search (1)")
    parser.add_argument("--worlds", type=int, default=200, help="of each policy of ranks (200)")
    arguments = parser.parse_args()
    entry, begun = TASKS[arguments.task], time.monotonic()
    figures = scores(entry, arguments.budget)
    if arguments.what == "ranks":
        figures |= ranks(entry, figures, 30, arguments.worlds)
    say(f"{time.monotonic() - begun:.0f} s")
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
