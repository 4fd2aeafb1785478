#!/usr/bin/env python3
"""A cell of docs/tasks.md: figures of one task.

    python claims/tasks/run.py simple execution      # do nothing, random, best constant, best rule
    python claims/tasks/run.py ranks execution       # reward against the referee's metric
    python claims/tasks/run.py exploits execution    # what earns more than the best rule
    python claims/tasks/run.py ppo execution         # python/examples/mappo.py, five minutes

`ranks` and `exploits` take the parameters of the best constant and the best rule from the committed
result of `simple`. Searches play worlds of the seeds for training, scores 500 worlds of the test.
The last line of the output is a JSON object with the figures.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import exploits
import hftsim
import numpy as np
from play import WORLDS, Act, Played, Table, interval, test_seeds
from policies import Actions, Family, Moment, nothing, randomly, twap
from search import best_parameters, play_many
from spaces import Floats
from tasks import TASKS, Entry

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "python" / "examples"
POLICIES, RANK_WORLDS = 30, 200
GAMMA = {"execution": 0.99, "mm_vs_execution": 0.99, "taking": 0.95, "portfolio": 0.95}  # else 0.98
OWN_BASELINE = {"portfolio"}  # tasks that are learned with the baseline of their preset


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def rounded(value: float) -> float:
    """Four digits."""
    return float(f"{value:.4g}")


def told(played: Played, base: Floats | None = None) -> dict[str, Any]:
    """The figures of a policy; the metric is relative to that of holding still, if given."""
    reward, error = interval(played.reward)
    metric, metric_error = interval(played.metric - (0 if base is None else base))
    return {
        "reward": rounded(reward),
        "reward_error": rounded(error),
        "metric": rounded(metric),
        "metric_error": rounded(metric_error),
        "terminated": rounded(played.terminated),
    }


def holding(table: Table, seeds: range) -> Floats | None:
    """The metric of a portfolio that does nothing; None for other roles."""
    return table.play(nothing, seeds).metric if table.task.role == "portfolio" else None


# ---- simple policies ---------------------------------------------------------------------------
def search(entry: Entry, family: Family, budget: float, baseline: str) -> Floats:
    """The best parameters of a family; `budget` scales the effort."""
    worlds, candidates = (4, 24) if entry.task.role == "portfolio" else (16, 48)
    chosen = "" if entry.task.preset in OWN_BASELINE else baseline
    overrides = {"reward_config.baseline": chosen} if chosen else {}
    with Table(entry.task, candidates * worlds, overrides) as table:
        return best_parameters(table, family, candidates, max(2, round(14 * budget)), say=say)


def simple(entry: Entry, budget: float, baseline: str) -> dict[str, Any]:
    """Do nothing, random, TWAP where it applies, the best constant and the best rule."""
    acts: dict[str, Act] = {"do nothing": nothing, "random": randomly(np.random.default_rng(0))}
    if entry.task.role == "executor":
        acts["TWAP"] = twap
    extra: dict[str, Any] = {}
    for family in entry.families:
        found = search(entry, family, budget, baseline)
        name = f"best {family.name}"
        extra[name] = {"parameters": [rounded(value) for value in found],
                       "told": family.told(found)}  # fmt: skip
        acts[name] = lambda moment, family=family, found=found: family(moment, found)
    figures = {}
    with Table(entry.task, WORLDS) as table:
        base = holding(table, test_seeds())
        for name, act in acts.items():
            figures[name] = told(table.play(act, test_seeds()), base) | extra.get(name, {})
            say(f"{entry.task.preset}, {entry.task.role}, {name}: {figures[name]}")
    return figures


def found_in(preset: str, entry: Entry, family: Family) -> Floats:
    """The parameters in the committed result of `simple`."""
    path = ROOT / "claims" / "results" / "tasks" / f"{preset}_simple.json"
    scores = json.loads(path.read_text(encoding="utf-8"))["figures"]["scores"]
    return np.array(scores[entry.task.role][f"best {family.name}"]["parameters"])


# ---- ranks -------------------------------------------------------------------------------------
def around(family: Family, parameters: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Parameters [count, P] within a factor of 2 of these."""
    drawn = parameters * 2 ** rng.uniform(-1, 1, (count, len(parameters)))
    low, high = ([getattr(knob, end) for knob in family.knobs] for end in ("low", "high"))
    return np.clip(drawn, low, high)


def spearman(first: Floats, second: Floats) -> float:
    """The rank correlation of two lists; equal numbers have their mean rank."""
    ranks = [
        (values[:, None] > values).sum(1) + (values[:, None] == values).sum(1) / 2
        for values in (first, second)
    ]
    return float(np.corrcoef(*ranks)[0, 1])


def ranks(preset: str, entry: Entry, worlds: int) -> float:
    """Spearman's correlation of reward and metric, over policies around the best ones."""
    rng, each = np.random.default_rng(1), POLICIES // len(entry.families)
    rewards, metrics = [], []
    with Table(entry.task, each * worlds) as table:
        for family in entry.families:
            drawn = around(family, found_in(preset, entry, family), each, rng)
            for played in play_many(table, family, drawn, np.array(test_seeds(worlds))):
                rewards.append(played.reward.mean())
                metrics.append(played.metric.mean())
    for reward, metric in zip(rewards, metrics, strict=True):
        say(f"reward {reward:.4f}, metric {metric:.4f}")
    return rounded(spearman(np.array(rewards), np.array(metrics)))


# ---- PPO ---------------------------------------------------------------------------------------
def train(arguments: argparse.Namespace, out: Path) -> None:
    """Runs python/examples/mappo.py."""
    command = [
        sys.executable, str(EXAMPLES / "mappo.py"), "--task", arguments.task, "--out", str(out),
        "--seconds", str(arguments.seconds), "--seed", str(arguments.seed),
        "--gamma", str(GAMMA.get(arguments.task, 0.98)), "--test-worlds", "2",
    ]  # fmt: skip
    if arguments.baseline and arguments.task not in OWN_BASELINE:
        command += ["--baseline", arguments.baseline]
    if arguments.updates:
        command += ["--updates", str(arguments.updates)]
    subprocess.run(command, check=True, stdout=sys.stderr)


def curve_of(out: Path, role: str) -> list[list[float]]:
    """Seconds, mean and error of the validation scores, by the less noisy reward if possible."""
    with (out / "curve.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["role"] == role]
    prefix = "less_noisy_" if rows[0]["less_noisy_reward"] else ""
    keys = ("seconds", f"{prefix}reward", f"{prefix}error")
    return [[rounded(float(row[key])) for key in keys] for row in rows]


def learned(entry: Entry, out: Path) -> dict[str, Any]:
    """The score of the policy of a training."""
    policy = hftsim.Policy.load(out / "policy.h5", entry.task.role)
    with Table(entry.task, WORLDS) as table:

        def act(moment: Moment) -> Actions:
            return policy(moment.seen.obs)

        return told(table.play(act, test_seeds()), holding(table, test_seeds()))


def trained(arguments: argparse.Namespace) -> dict[str, Any]:
    """Trains all roles of a preset and scores each."""
    with tempfile.TemporaryDirectory() as temporary:
        out = Path(os.environ.get("CLAIMS_FOLDER", temporary))
        train(arguments, out)
        scores, rises = {}, []
        for entry in TASKS[arguments.task]:
            role = entry.task.role
            curve = curve_of(out, role)
            rises.append((curve[-1][1] - curve[0][1]) / max(curve[-1][2], curve[0][2]))
            scores[role] = {"PPO": learned(entry, out) | {"curve": curve}}
    return {"scores": scores, "least_rise": rounded(min(rises))}


# ---- the program -------------------------------------------------------------------------------
def figures_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """What a cell records."""
    preset, entries = arguments.task, TASKS[arguments.task]
    if arguments.what == "simple":
        scores = {
            entry.task.role: simple(entry, arguments.budget, arguments.baseline)
            for entry in entries
        }
        return {"scores": scores}
    if arguments.what == "ppo":
        return trained(arguments)
    if arguments.what == "ranks":
        found = {e.task.role: ranks(preset, e, arguments.worlds or RANK_WORLDS) for e in entries}
        return {"policies": POLICIES, **found, "lowest": min(found.values())}
    worst: list[tuple[float, str]] = []
    count = 0
    for entry in entries:
        parameters = found_in(preset, entry, entry.rule)
        effort = exploits.Effort.of(entry, arguments.budget)
        verdicts = exploits.all_verdicts(entry, parameters, effort)
        for line in exploits.lines_of(verdicts):
            say(line)
        count += sum(verdict.is_exploit for verdict in verdicts.values())
        worst += [(v.gain / max(v.deviation, 1e-12), name) for name, v in verdicts.items()]
    nearest = max(worst)
    return {"exploits": count, "tried": len(worst), "nearest": nearest[1],
            "deviations": rounded(nearest[0])}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("simple", "ranks", "exploits", "ppo"))
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--baseline", default="fundamental",
                        help="reward_config.baseline of searches and training (fundamental); "
                        "its mean effect is 0")  # fmt: skip
    parser.add_argument("--budget", type=float, default=1.0,
                        help="simple, exploits: share of the generations that are searched (1)"
                        )  # fmt: skip
    parser.add_argument("--worlds", type=int, help=f"ranks: of each policy ({RANK_WORLDS})")
    parser.add_argument("--seconds", type=float, default=300.0, help="ppo: (300)")
    parser.add_argument("--updates", type=int, help="ppo: instead of seconds")
    parser.add_argument("--seed", type=int, default=0, help="ppo: (0)")
    print(json.dumps(figures_of(parser.parse_args())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
