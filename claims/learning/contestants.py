"""Scores of baselines by world: strategies through the program, rules of claims/tasks in seats."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from grids import Keys, Scored
from paired import Floats

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("HFTSIM_BIN") or str(ROOT / "build" / "release" / "bin" / "hftsim")
FIRST = {"validation": 1_000_000_000, "test": 2_000_000_000}
FAMILIES = ("best constant", "best rule")  # of claims/results/tasks/*_simple.json


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def program(*arguments: str) -> Any:
    """The JSON that the program prints last."""
    done = subprocess.run([PROGRAM, *arguments, "--json"], check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


def strategy_scores(
    task: str, strategy: str, keys: Keys, split: str, worlds: int
) -> Floats | None:
    """By world, of a strategy in the task's seats; None: it does not take these keys."""
    params = [part for key, value in keys.items() for part in ("--param", f"{key}={value}")]
    try:
        told = program("tasks", "run", task, "--strategy", strategy, *params, "--split", split,
                       "--episodes", str(worlds))  # fmt: skip
    except subprocess.CalledProcessError:
        return None
    return np.array(told["scores"])


def rule_scores(preset: str, scored: Scored, family: str, split: str, worlds: int) -> Floats | None:
    """By world, of a policy that claims/tasks has tuned; None: the role has none."""
    sys.path.insert(0, str(ROOT / "claims" / "tasks"))
    import yaml
    from play import Table
    from tasks import TASKS

    entry = next((e for e in TASKS[preset] if e.task.role == scored.role), None)
    told = json.loads((ROOT / f"claims/results/tasks/{preset}_simple.json").read_text("utf-8"))
    of = told["figures"]["scores"].get(scored.role, {}).get(family)
    if entry is None or of is None:
        return None
    chosen = entry.constant if family == "best constant" else entry.rule
    task = yaml.safe_load((ROOT / f"configs/tasks/{scored.name}.yaml").read_text("utf-8"))
    overrides: dict[str, Any] = {}
    for opponent in task.get("opponents", []):  # those of the task, not of claims/tasks
        seats = f"seats.{opponent['kind']}"
        overrides[f"{seats}.controller"] = opponent["controller"]
        overrides[f"{seats}.params"] = opponent.get("params", {})
    parameters = np.array(of["parameters"])
    seeds = range(FIRST[split], FIRST[split] + worlds)
    with Table(entry.task, worlds, overrides) as table:
        base = 0.0
        if scored.role == "portfolio":
            from policies import nothing

            base = table.play(nothing, seeds).metric
        played = table.play(lambda moment: chosen(moment, parameters), seeds)
    return np.array(played.metric - base)


def scores_of(preset: str, scored: Scored, name: str, keys: Keys, split: str,
              worlds: int) -> Floats | None:  # fmt: skip
    """By world, of any baseline."""
    if name in FAMILIES:
        return rule_scores(preset, scored, name, split, worlds)
    return strategy_scores(scored.name, name, keys, split, worlds)


def seat_returns(config: str, overrides: Keys, controller: str, first: int, worlds: int) -> Floats:
    """The returns of the first seat of a config's only role in worlds, held by a strategy."""
    import hftsim

    given = {"env_config.reseat": True, **overrides}
    with hftsim.make(config, worlds, overrides=given, autoreset="manual") as envs:
        (role,) = envs.roles.values()
        held = {"seats[0].controller": controller}
        results = envs.reset(seed=list(range(first, first + worlds)), overrides=held)
        total = np.zeros(worlds)
        shape = (*results.rewards[role.name].shape, len(role.action_names))
        still = np.zeros(shape, np.float32)
        for _ in range(envs.spec.episode_len):
            results = envs.step({role.name: still})
            total += results.rewards[role.name][:, 0]
    return total
