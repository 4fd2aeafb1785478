#!/usr/bin/env python3
"""Prints the tables of docs/validation.md from what `hftsim validate` says.

    tests/docs/facts.py presets NAME...          values of presets, a session each, seed 0
    tests/docs/facts.py targets NAME...          what presets are made to show, and what they show
                                                 in the sessions of 20 seeds
    tests/docs/facts.py tape MESSAGES BOOK       the default market, a tape, and their distances
    tests/docs/facts.py scores MESSAGES BOOK     the default market's scores against a tape
    tests/docs/facts.py dynamics MESSAGES BOOK   the dynamics of the default market and of a tape
    tests/docs/facts.py seeds NAME...            JSON: in how many of the seeds 200 to 205 a fact
                                                 does not pass, by preset, verdict and fact
    tests/docs/facts.py follow NAME...           JSON: how the mid follows the value, in sessions of
                                                 the seeds 0 to 15 (needs NumPy and h5py)
"""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import tempfile
from pathlib import Path


def validate(*arguments: str) -> dict:
    command = ["hftsim", "validate", "--json", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode not in (0, 1):  # 1: a claim fails
        sys.exit(done.returncode)
    found = json.loads(done.stdout)
    return {**found, "facts": {fact["name"]: fact for fact in found["facts"]}}


def number(value: float | None) -> str:
    """Three digits after the point, fewer of large numbers."""
    if value is None:
        return "-"
    return f"{value:.{1 if abs(value) >= 10 else 3}f}"


def interval(fact: dict) -> str:
    text = number(fact["value"])
    if fact["ci_low"] is None or fact["value"] is None:
        return text
    return f"{text} [{number(fact['ci_low'])}, {number(fact['ci_high'])}]"


def row(*cells: str) -> None:
    print("|", " | ".join(cells), "|")


def presets(*names: str) -> None:
    facts = {name: validate("--config", name)["facts"] for name in names}
    row("fact", *names)
    print("|" + "---|" * (1 + len(names)))
    for fact in facts[names[0]]:
        if facts[names[0]][fact]["low"] is None:  # depends on the instrument
            continue
        cells = []
        for name in names:
            found = facts[name][fact]
            verdict = "" if found["verdict"] == "pass" else f" ({found['verdict']})"
            cells.append(number(found["value"]) + verdict)
        row(fact, *cells)


# What the presets are made to show, by statistic: the target in words, its lowest and highest mean,
# and more arguments. Those named again for a preset are for that preset alone.
TARGET_SEEDS = range(7000, 7020)
LEVERAGE = ("--set", "market_config.leverage=1")
TARGETS = {
    "return_autocorrelation": ("-0.1 to 0.1", -0.1, 0.1, ()),
    "long_autocorrelation": ("-0.15 to 0.15", -0.15, 0.15, ()),
    "kurtosis_1s": ("5 to 25", 5, 25, ()),
    "kurtosis_60s": ("above 1", 1, 1e9, ()),
    "abs_return_lag_30": ("above 0.03", 0.03, 1, ()),
    "leverage": ("below -0.01, with `leverage: 1`", -1, -0.01, LEVERAGE),
    "sign_lag_1": ("0.4 to 0.65", 0.4, 0.65, ()),
    "message_fano_1s": ("above 10", 10, 1e9, ()),
    "maker_keeps_10s": ("-0.3 to 0.2", -0.3, 0.2, ()),
}
TUNED = {"large_tick": ("gamma=0.001", "k=0.8")}
IMPACT_MAX = {"large_tick": 0.85}


def answer(*arguments: str) -> dict:
    done = subprocess.run(["hftsim", *arguments, "--json"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=True)
    return json.loads(done.stdout)


def reached(value: float, low: float, high: float) -> str:
    return "" if low <= value <= high else " (not reached)"


def over_seeds(name: str, fact: str) -> str:
    _, low, high, more = TARGETS[fact]
    values = sorted(sessions_of(name, more, seed)[fact]["value"] for seed in TARGET_SEEDS)
    mean = sum(values) / len(values)
    return f"{mean:.2g} ({values[0]:.2g} to {values[-1]:.2g}){reached(mean, low, high)}"


@functools.cache
def sessions_of(name: str, more: tuple[str, ...], seed: int) -> dict:
    return validate("--config", name, "--seed", str(seed), *more)["facts"]


def profit(name: str, *arguments: str) -> dict:
    return answer("baseline", "--config", name, "--episodes", "4000", "--seed",
                  str(TARGET_SEEDS[0]), *arguments)["metrics"]["pnl"]


def random_loses(name: str) -> str:
    pnl = profit(name, "--strategy", "random")
    return f"{pnl['mean']:.2f} [{pnl['ci_low']:.2f}, {pnl['ci_high']:.2f}]" + (
        reached(pnl["ci_high"], -1e9, 0))


def tuned_earns(name: str) -> str:
    keys = TUNED.get(name, ("gamma=0.001", "k=0.4"))
    pnl = profit(name, "--strategy", "avellaneda-stoikov", "--param", keys[0], "--param", keys[1])
    return f"{pnl['mean']:.2f} [{pnl['ci_low']:.2f}, {pnl['ci_high']:.2f}]" + (
        reached(pnl["ci_low"], 0, 1e9))


@functools.cache
def impact(name: str) -> dict:
    return answer("impact", "--config", name, "--quantity", "100,200,400,800,1600,3200", "--side",
                  "both", "--episodes", "200", "--seed", str(TARGET_SEEDS[0]))


def impact_of(name: str, what: str, low: float, high: float) -> str:
    found = impact(name)[what]
    return (f"{found['value']:.2f} [{found['ci_low']:.2f}, {found['ci_high']:.2f}]"
            + reached(found["value"], low, high))


def targets(*names: str) -> None:
    row("statistic", "target", *names)
    print("|" + "---|" * (2 + len(names)))
    row("P&L of `random`", "below 0", *map(random_loses, names))
    row("P&L of a tuned `avellaneda-stoikov`", "above 0", *map(tuned_earns, names))
    row("exponent of the impact", "0.4 to 0.7; `large_tick` to 0.85",
        *(impact_of(n, "exponent", 0.4, IMPACT_MAX.get(n, 0.7)) for n in names))
    row("left of the impact after one duration", "0.45 to 0.85",
        *(impact_of(n, "left_after_one_duration", 0.45, 0.85) for n in names))
    for fact, (target, *_) in TARGETS.items():
        row(fact, target, *(over_seeds(name, fact) for name in names))


def tape(messages: str, book: str) -> None:
    row("fact", "default", "verdict", "AAPL", "verdict", "W1", "L1")
    print("|" + "---|" * 7)
    for name, fact in validate("--against", messages, "--book0", book)["facts"].items():
        if fact["sample"] is None:
            continue
        other = fact["tape"]
        row(name, interval(fact), fact["verdict"], interval(other), other["verdict"],
            number(fact["wasserstein"]), number(fact["l1"]))


def scores(messages: str, book: str) -> None:
    found = validate("--against", messages, "--book0", book, "--warmup-s", "120", "--blocks",
                     "even", "--duration", "30m")
    row("score", "L1", "floor", "W1", "floor")
    print("|" + "---|" * 5)
    for score in found["scores"]:
        row(f"{score['name']}", *(number(score[key]) for key in ("l1", "floor_l1", "w1",
                                                                 "floor_w1")))
    row("mean of the 16", number(found["mean_l1"]), number(found["floor"]["mean_l1"]),
        number(found["mean_w1"]), number(found["floor"]["mean_w1"]))


def dynamics(messages: str, book: str) -> None:
    found = validate("--against", messages, "--book0", book, "--warmup-s", "120")
    row("statistic", "default", "AAPL", "odd", "even", "allowed", "verdict")
    print("|" + "---|" * 7)
    for name, fact in found["facts"].items():
        if fact["sample"] is None:
            row(name, interval(fact), interval(fact["tape"]), number(fact["tape_odd"]),
                number(fact["tape_even"]), number(fact["allowed"]), fact["agrees"])


def seeds(*names: str) -> None:
    counts: dict[str, dict] = {
        name: {"fail": {}, "undecided": {}, "claims_passed": 100} for name in names}
    for name in names:
        for seed in range(200, 206):
            whole = validate("--config", name, "--seed", str(seed))
            found = whole["facts"]
            counts[name]["claims_passed"] = min(counts[name]["claims_passed"],
                                                whole["claimed_pass"])
            for fact, what in found.items():
                if what["verdict"] != "pass" and what["sample"] is not None:
                    of = counts[name][what["verdict"]]
                    of[fact] = of.get(fact, 0) + 1
    print(json.dumps(counts))


# Seconds of the returns, of which there are so many snapshots a second.
HORIZONS = (0.5, 1, 2, 5, 10, 30, 60)
PER_SECOND = 10
SESSIONS = 16


def sessions(name: str):
    """Mid and fundamental value of each session, without its first minute, in ticks."""
    import h5py

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "day.h5"
        for seed in range(SESSIONS):
            command = ["hftsim", "gen", "--out", str(path), "--force", "--config", name, "--seed",
                       str(seed), "--levels", "1"]
            subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
            with h5py.File(path) as file:
                table = file["SYMA/2026-01-02/snapshots"]
                yield table["mid"][60 * PER_SECOND :], table["fundamental"][60 * PER_SECOND :]


def follow(*names: str) -> None:
    import numpy as np

    told = {}
    for name in names:
        days = list(sessions(name))
        gap = np.concatenate([mid - value for mid, value in days])
        of_horizon = []
        for horizon in HORIZONS:
            n = int(horizon * PER_SECOND)
            # [which, return, the next one], overlapping
            moves = [np.concatenate([(x[n:-n] - x[: -2 * n], x[2 * n :] - x[n:-n])
                                     for x in series], axis=1) for series in zip(*days)]
            correlation = [np.mean(a * b) / np.mean(a * a) for a, b in moves]
            before, after = moves[0]
            large = np.abs(before) >= np.quantile(np.abs(before), 0.9)
            of_horizon.append({
                "seconds": horizon,
                "ratio": float(np.std(moves[0][0]) / np.std(moves[1][0])),
                "autocorrelation": float(correlation[0] - correlation[1]),
                "goes_on_ticks": float(np.mean(np.sign(before[large]) * after[large])),
            })
        told[name] = {"gap_ticks": float(np.std(gap)), "horizons": of_horizon}
    print(json.dumps(told))


def main() -> int:
    tables = {"presets": presets, "targets": targets, "tape": tape, "scores": scores,
              "dynamics": dynamics, "seeds": seeds, "follow": follow}
    if len(sys.argv) < 3 or sys.argv[1] not in tables:
        print(__doc__, file=sys.stderr)
        return 2
    tables[sys.argv[1]](*sys.argv[2:])
    return 0


if __name__ == "__main__":
    sys.exit(main())
