#!/usr/bin/env python3
"""A cell of docs/learning.md.

    python claims/learning/study.py baselines execution    # tunes the baselines of a task
    python claims/learning/study.py train execution 3      # trains with seed 3, and scores
    python claims/learning/study.py transfer 0             # a maker of `default` in other markets
    python claims/learning/study.py sb3 0                  # PPO of Stable-Baselines3, one minute
    python claims/learning/study.py games                  # the games whose answer is known

Baselines are tuned on validation seeds (claims/learning/grids.py; rules and constants by
claims/tasks), policies and baselines scored on the same test seeds. The last line of the output is
a JSON object with the figures.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from contestants import (
    FAMILIES,
    FIRST,
    PROGRAM,
    ROOT,
    program,
    say,
    scores_of,
    seat_returns,
    strategy_scores,
)
from grids import TRAININGS, Keys, Learned, Scored, trials
from paired import Floats, holm, mean_interval, paired, utility, utility_interval

VALIDATION_WORLDS = 128
OPTIMUM = 64.85  # utility of the dynamic programme, docs/tasks.md
REFERENCE = "avellaneda_stoikov"
RATIO, BAYES_SHARE, LEVEL = 0.985, 0.8, 0.01
MINUTE = 60
SHARED = Path(os.environ.get("HFTSIM_SHARED") or ROOT.parent / "shared")


def rounded(value: float) -> float:
    """Five digits."""
    return float(f"{value:.5g}")


def folder() -> Path:
    """Where a cell may keep files until it is done."""
    return Path(os.environ.get("CLAIMS_FOLDER") or tempfile.mkdtemp())


# ---- baselines ---------------------------------------------------------------------------------
def tuned(task: str, strategy: str, grid: Keys) -> tuple[float, Keys] | None:
    """The best score of a grid on validation seeds, and its keys."""
    best: tuple[float, Keys] | None = None
    for keys in trials(grid):
        scores = strategy_scores(task, strategy, keys, "validation", VALIDATION_WORLDS)
        if scores is None:
            raise ValueError(f"{task}: {strategy} does not take {keys}")
        say(f"{task}, {strategy}, {keys}: {scores.mean():.5g}")
        if best is None or scores.mean() > best[0]:
            best = float(scores.mean()), keys
    return best


def baselines_of(learned: Learned, scored: Scored) -> list[dict[str, Any]]:
    """The tuned baselines of a task, the best on validation seeds first."""
    rows = []
    for strategy, grid in scored.grids.items():
        if best := tuned(scored.name, strategy, grid):
            rows.append({"name": strategy, "keys": best[1], "validation": best[0]})
    for family in FAMILIES:
        scores = scores_of(learned.name, scored, family, {}, "validation", VALIDATION_WORLDS)
        if scores is not None:
            rows.append({"name": family, "keys": {}, "validation": float(scores.mean())})
    for row in rows:
        scores = scores_of(learned.name, scored, row["name"], row["keys"], "test", learned.worlds)
        assert scores is not None
        low, high = mean_interval(scores)
        row |= {"score": rounded(float(scores.mean())), "ci_low": rounded(low),
                "ci_high": rounded(high), "validation": rounded(row["validation"])}  # fmt: skip
        say(f"{scored.name}: {row}")
    return sorted(rows, key=lambda row: -row["validation"])


def baselines(learned: Learned) -> dict[str, Any]:
    """All tuned baselines of a training's tasks."""
    return {"baselines": {s.name: baselines_of(learned, s) for s in learned.scored}}


def committed_baselines(learned: Learned, scored: Scored) -> list[dict[str, Any]]:
    """Those of the committed result."""
    path = ROOT / f"claims/results/learning/{learned.name}_baselines.json"
    rows: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["figures"]["baselines"][
        scored.name
    ]
    return rows


# ---- trainings ---------------------------------------------------------------------------------
def train(name: str, seed: int, run: Path) -> dict[str, Any]:
    """Trains, or goes on with an interrupted training."""
    command = [PROGRAM, "train", "--json", "--quiet"]
    if (run / "checkpoints" / "latest.h5").exists():
        command += ["--resume", str(run)]
    else:
        shutil.rmtree(run, ignore_errors=True)
        file = ROOT / "configs" / "training" / f"{name}.yaml"
        command += ["--config", str(file), "--seed", str(seed), "--out", str(run)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def curve_of(run: Path, board: str) -> list[list[float]]:
    """Seconds, steps and validation score of each evaluation."""
    with (run / "evaluations.csv").open(newline="", encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file)
                if r["contestant"] == "policy" and r["board"] == board]  # fmt: skip
    return [[rounded(float(row[key])) for key in ("seconds", "steps", "score")] for row in rows]


def against(learned: Learned, scored: Scored, scores: Floats) -> list[dict[str, Any]]:
    """The policy's scores against each tuned baseline's in the same worlds."""
    rows = []
    for row in committed_baselines(learned, scored):
        others = scores_of(learned.name, scored, row["name"], row["keys"], "test", len(scores))
        assert others is not None
        gain, p = paired(scores, others)
        rows.append({"name": row["name"], "keys": row["keys"], "gain": rounded(gain),
                     "score": rounded(float(others.mean())), "p": p})  # fmt: skip
    for row, adjusted in zip(rows, holm([row["p"] for row in rows]), strict=True):
        row["p"], row["p_holm"] = rounded(row["p"]), rounded(adjusted)
    return rows


def profits(checkpoint: str, worlds: int) -> Floats:
    """Of the reference task: the return without the charge for positions is the profit."""
    told = program("evaluate", checkpoint, "--config", REFERENCE, "--set",
                   "reward_config.lambda_inventory=0", "--episodes", str(worlds), "--seed",
                   str(FIRST["test"]))  # fmt: skip
    return np.array(told["scores"])


def with_utility(profit: Floats) -> dict[str, float]:
    """The utility and its ratio to the optimum."""
    low, high = utility_interval(profit)
    ratios = {"ratio": utility(profit), "ratio_low": low, "ratio_high": high}
    return {"utility": rounded(utility(profit))} | {
        name: rounded(value / OPTIMUM) for name, value in ratios.items()
    }


def scored_row(learned: Learned, scored: Scored, checkpoint: str, run: Path) -> dict[str, Any]:
    """What a policy is worth in a task."""
    told = program("evaluate", checkpoint, "--task", scored.name, "--episodes",
                   str(learned.worlds), "--seed", str(FIRST["test"]))  # fmt: skip
    rows = against(learned, scored, np.array(told["scores"]))
    best = rows[0]  # on validation seeds
    row = {
        "task": scored.name, "score": rounded(told["score"]), "ci_low": rounded(told["ci_low"]),
        "ci_high": rounded(told["ci_high"]), "unit": told["unit"], "baseline": best["name"],
        "baseline_score": best["score"], "gain": best["gain"],
        "p": max((r["p_holm"] for r in rows), default=1.0),
        "beats": all(r["gain"] > 0 and r["p_holm"] < LEVEL for r in rows),
        "against": rows, "curve": curve_of(run, scored.name),
    }  # fmt: skip
    if scored.name == "taking":
        # The best rule of claims/tasks is the same policy with other keys: the better one counts.
        bayes = max(r["score"] for r in rows if r["name"] in ("bayes", "best rule"))
        row["bayes_share"] = rounded(told["score"] / bayes)
    return row


def holds(learned: Learned, figures: dict[str, Any]) -> bool:
    """Whether the issue's claim is true of this training."""
    rows = figures["rows"]
    if learned.name == REFERENCE:
        return bool(figures["ratio_low"] >= RATIO and figures["seconds"] <= MINUTE)
    if figures["seconds"] > 10 * MINUTE:
        return False
    if learned.name == "taking":
        return bool(rows[0]["bayes_share"] >= BAYES_SHARE)
    return all(row["beats"] for row in rows)


def trained(name: str, seed: int) -> dict[str, Any]:
    """A training and its scores."""
    learned, run = TRAININGS[name], folder() / "run"
    told = train(name, seed, run)
    checkpoint = told["checkpoint"]
    figures = {
        "training": name, "seed": seed, "steps": told["steps"],
        "seconds": rounded(told["seconds"]), "steps_per_s": rounded(told["agent_steps_per_s"]),
        "rows": [scored_row(learned, scored, checkpoint, run) for scored in learned.scored],
        "command": f"hftsim train --config {name} --seed {seed}",
    }  # fmt: skip
    if name == REFERENCE:
        figures |= with_utility(profits(checkpoint, learned.worlds))
    return figures | {"holds": holds(learned, figures)}


# ---- transfer ----------------------------------------------------------------------------------
def fitted(tapes: Path, symbol: str, out: Path) -> str:
    """A market fitted to a tape; it is never committed."""
    (messages,) = tapes.glob(f"{symbol}_*_message_50.csv")
    config = out / f"{symbol.lower()}.yaml"
    subprocess.run([PROGRAM, "calibrate", "--messages", str(messages), "--out", str(config),
                    "--seeds", "0", "--force"], check=True, stdout=subprocess.DEVNULL)  # fmt: skip
    text = config.read_text("utf-8")  # the client reads texts, which have no folder
    text = re.sub(r"tables: *'?([^/\s']+)'?", rf"tables: '{out}/\1'", text)
    config.write_text(text, encoding="utf-8")
    return str(config)


def markets(out: Path) -> tuple[dict[str, tuple[str, Keys]], list[str]]:
    """By name, a config and overrides; and what is left out, with the reason."""
    import yaml

    found: dict[str, tuple[str, Keys]] = {
        "default": ("default", {}), "large_tick": ("large_tick", {}), "ou": ("ou", {}),
    }  # fmt: skip
    tapes, missing = SHARED / "lobster", []
    for symbol in ("AAPL", "MSFT"):
        if not any(tapes.glob(f"{symbol}_*_message_50.csv")):
            missing.append(f"{symbol}: no tape (HFTSIM_SHARED)")
            continue
        found[f"fitted to {symbol}"] = (fitted(tapes, symbol, out), {})
        books = sorted(tapes.glob(f"{symbol}_*_orderbook_*.csv"))
        if not books:
            missing.append(f"tape {symbol}: no orderbook file")
            continue
        (messages,) = tapes.glob(f"{symbol}_*_message_50.csv")
        fit = yaml.safe_load(Path(found[f"fitted to {symbol}"][0]).read_text("utf-8"))
        keys = ("initial_price", "tick_size", "window_ticks", "order_qty_max")
        found[f"tape {symbol}"] = ("replay", {
            "populations[0].messages": str(messages), "populations[0].orderbook": str(books[-1]),
            **{f"market_config.{key}": fit["market_config"][key] for key in keys},
        })  # fmt: skip
    found["tape of the repository"] = ("replay", {})
    return found, missing


def transfer_row(checkpoint: str, name: str, config: str, sets: Keys, worlds: int) -> Keys:
    """Returns of the policy and of strategies in the maker's seat of one market."""
    given = [part for key, value in sets.items() for part in ("--set", f"{key}={value}")]
    told = program("evaluate", checkpoint, "--config", config, *given, "--episodes", str(worlds),
                   "--seed", str(FIRST["test"]))  # fmt: skip
    scores = np.array(told["scores"])
    row: Keys = {"market": name, "score": rounded(told["score"])}
    if told["ci_low"] is not None:
        row |= {"ci_low": rounded(told["ci_low"]), "ci_high": rounded(told["ci_high"])}
    for strategy in ("glft", "avellaneda-stoikov"):
        others = seat_returns(config, sets, strategy, FIRST["test"], worlds)
        gain, p = paired(scores, others)
        row[strategy] = {"score": rounded(float(others.mean())), "gain": rounded(gain),
                         "p": rounded(p)}  # fmt: skip
    say(str(row))
    return row


def transfer(seed: int, worlds: int) -> dict[str, Any]:
    """A maker trained in `default`, in other markets."""
    out = folder()
    told = train("default", seed, out / "run")
    found, missing = markets(out)
    os.chdir(ROOT)  # the tape of the repository is found from here
    rows, failed = [], list(missing)
    for name, (config, sets) in found.items():
        try:
            rows.append(transfer_row(told["checkpoint"], name, config, sets, worlds))
        except subprocess.CalledProcessError as error:
            failed.append(f"{name}: exit code {error.returncode}")
    return {"seed": seed, "steps": told["steps"], "seconds": rounded(told["seconds"]),
            "transfer": rows, "left_out": failed, "holds": len(rows) >= 2}  # fmt: skip


# ---- Stable-Baselines3 -------------------------------------------------------------------------
def sb3(seed: int, seconds: float, worlds: int) -> dict[str, Any]:
    """Its PPO on the reference task for a time, with the recipe of the C training."""
    import hftsim
    import torch
    from hftsim.sb3 import VecEnv
    from stable_baselines3 import PPO
    from stable_baselines3.common.callbacks import BaseCallback

    class Until(BaseCallback):  # type: ignore[misc]  # ends the training in time
        def _on_step(self) -> bool:
            return time.monotonic() < end

    torch.set_num_threads(1)  # as fast as more, and the envs have threads of their own
    sets = {"reward_config.baseline": "fundamental"}
    envs = VecEnv(REFERENCE, num_envs=128, seed=seed, overrides=sets)
    model = PPO("MlpPolicy", envs, n_steps=100, batch_size=3200, n_epochs=4, gamma=0.98,
                learning_rate=1e-3, policy_kwargs={"log_std_init": float(np.log(0.2))}, seed=seed,
                device="cpu")  # fmt: skip
    begun = time.monotonic()
    end = begun + seconds
    model.learn(10**9, callback=Until())
    took = time.monotonic() - begun
    given = {"reward_config.lambda_inventory": 0}
    seeds = list(range(FIRST["test"], FIRST["test"] + worlds))
    with hftsim.make(REFERENCE, worlds, overrides=given, autoreset="manual") as pool:
        results, profit = pool.reset(seed=seeds), np.zeros(worlds)
        for _ in range(pool.spec.episode_len):
            act = model.predict(np.array(results.obs["maker"][:, 0]), deterministic=True)[0]
            results = pool.step({"maker": np.ascontiguousarray(act[:, None], np.float32)})
            profit += results.rewards["maker"][:, 0]
    return {"seed": seed, "steps": model.num_timesteps, "seconds": rounded(took)} | with_utility(
        profit
    )


# ---- known answers -----------------------------------------------------------------------------
def games() -> dict[str, Any]:
    """Runs the C tests of games whose answer is known."""
    paths = sorted((ROOT / "build" / "release" / "tests").glob("test_learning_*"))
    passed, failed = [], []
    for path in (p for p in paths if os.access(p, os.X_OK) and p.is_file()):
        done = subprocess.run([str(path)], capture_output=True, text=True)
        said = done.stdout + done.stderr
        say(said)
        passed += re.findall(r"\[       OK \] (\S+)", said)
        failed += re.findall(r"\[  FAILED  \] (\S+)", said)
        if done.returncode != 0 and not failed:
            failed.append(path.name)
    return {"tests": len(passed), "passed": ", ".join(passed), "failed": ", ".join(failed)}


# ---- the program -------------------------------------------------------------------------------
def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = parser.add_subparsers(dest="what", required=True)
    names = sorted(TRAININGS)
    what.add_parser("baselines").add_argument("name", choices=names)
    training = what.add_parser("train")
    training.add_argument("name", choices=names)
    training.add_argument("seed", type=int)
    for name, worlds in (("transfer", 200), ("sb3", 1000)):
        of = what.add_parser(name)
        of.add_argument("seed", type=int)
        of.add_argument("--worlds", type=int, default=worlds)
        of.add_argument("--seconds", type=float, default=MINUTE)
    what.add_parser("games")
    given = parser.parse_args()
    if given.what == "baselines":
        figures = baselines(TRAININGS[given.name])
    elif given.what == "train":
        figures = trained(given.name, given.seed)
    elif given.what == "transfer":
        figures = transfer(given.seed, given.worlds)
    elif given.what == "sb3":
        figures = sb3(given.seed, given.seconds, given.worlds)
    else:
        figures = games()
    print(json.dumps(figures))


if __name__ == "__main__":
    sys.exit(main())
