#!/usr/bin/env python3
"""A cell of docs/leaderboard.md: the test scores of all strategies that can hold a task's seats.

    python claims/leaderboard.py execution
    python claims/leaderboard.py execution --episodes 20

Runs the program that HFTSIM_BIN names, or that of the release build. Strategies run with the task's
own parameters or, where it fixes none, their defaults; FURTHER has rows with others. The last line
of the output is a JSON object with the figures, the best score first.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = os.environ.get("HFTSIM_BIN") or str(ROOT / "build" / "release" / "bin" / "hftsim")
# Further rows: by task, a strategy with other keys than the task's.
FURTHER = {"avellaneda_stoikov": [("avellaneda-stoikov", "gamma=0.00005")]}
FIGURES = ("score", "ci_low", "ci_high", "reward", "reward_ci_low", "reward_ci_high")


def program(*arguments: str) -> Any:
    """The JSON that the program prints."""
    done = subprocess.run([PROGRAM, *arguments, "--json"], check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def rounded(value: float | None) -> float | None:
    """Four digits."""
    return None if value is None else float(f"{value:.4g}")


def row_of(task: str, strategy: str, options: list[str]) -> dict[str, Any]:
    told = program("tasks", "run", task, "--strategy", strategy, *options)
    row = {"strategy": strategy, "params": told["params"]}
    row |= {name: rounded(told[name]) for name in FIGURES if name in told}
    row["command"] = " ".join(["hftsim tasks run", task, "--strategy", strategy, *options])
    print(f"{task}: {row}", file=sys.stderr, flush=True)
    return row


def board_of(task: str, options: list[str]) -> dict[str, Any]:
    shown = program("tasks", "show", task)
    rows = [row_of(task, strategy, options) for strategy in shown["strategies"]]
    for strategy, param in FURTHER.get(task, []):
        rows.append(row_of(task, strategy, ["--param", param, *options]))
    rows.sort(key=lambda row: -row["score"])
    names = ("name", "version", "seat", "metric", "unit", "config_hash")
    return {name: shown[name] for name in names} | {"board": rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task")
    parser.add_argument("--episodes", help="by default the task's")
    arguments = parser.parse_args()
    options = ["--episodes", arguments.episodes] if arguments.episodes else []
    print(json.dumps(board_of(arguments.task, options)))


if __name__ == "__main__":
    main()
