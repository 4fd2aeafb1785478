#!/usr/bin/env python3
"""A cell of docs/market_sanity.md: whether the market punishes and pays what real markets do.

    python claims/sanity.py nothing          # doing nothing gains exactly 0
    python claims/sanity.py random           # trading at random loses about half the spread
    python claims/sanity.py size             # a larger parent order costs more a lot
    python claims/sanity.py haste            # so does a faster one
    python claims/sanity.py patience         # sending all at once is never cheaper
    python claims/sanity.py makers           # what makers earn by the spread, and keep
    python claims/sanity.py fees             # every P&L falls by exactly the fees

Worlds are those of the test seeds, the same for everything that a cell compares. The cost of an
execution in a world is the mean of buying and of selling in it: the price's own moves cancel.
Runs the program that HFTSIM_BIN names, or that of the release build. The last line of the output is
a JSON object: rows of figures, and the checks that hold or do not.
"""

from __future__ import annotations

import argparse
import functools
import json
import math
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = os.environ.get("HFTSIM_BIN") or str(ROOT / "build" / "release" / "bin" / "hftsim")
TEST_SEED = 2_000_000_000
RESAMPLES = 2000
SIZES = (50, 100, 200, 400, 800)  # lots of 300 s
TIMES = (300, 150, 75, 37.5)  # s, for LOTS
LOTS = 400
MARKETS = ("default", "ou", "classic")
Values = Sequence[float]


class Sheet:
    """The figures of a cell.

    Attributes:
        episodes: worlds.
        rows: of the table: what, value, low, high, unit.
        checks: by name, whether they hold.
    """

    def __init__(self, episodes: int) -> None:
        self.episodes = episodes
        self.rows: list[dict[str, Any]] = []
        self.checks: dict[str, bool] = {}

    def add(self, what: str, value: float, low: float | None, high: float | None,
            unit: str) -> None:  # fmt: skip
        row = {"what": what, "value": value, "low": low, "high": high, "unit": unit}
        for name in ("value", "low", "high"):
            row[name] = None if row[name] is None else float(f"{row[name]:.4g}")
        self.rows.append(row)
        print(row, file=sys.stderr, flush=True)

    def check(self, name: str, holds: bool) -> None:
        self.checks[name] = bool(holds)
        print(f"{'holds' if holds else 'FAILS'}: {name}", file=sys.stderr, flush=True)

    def figures(self) -> dict[str, Any]:
        return {"holds": all(self.checks.values()), "episodes": self.episodes, "rows": self.rows,
                "checks": self.checks}  # fmt: skip


# ---- arithmetic --------------------------------------------------------------------------------
def mean(values: Values) -> float:
    return math.fsum(values) / len(values)


@functools.cache
def resamples(worlds: int) -> list[list[int]]:
    """Worlds drawn with replacement, the same for all statistics."""
    rng = random.Random(0)
    return [rng.choices(range(worlds), k=worlds) for _ in range(RESAMPLES)]


def bootstrap(columns: Sequence[Values], statistic: Callable[[list[float]], float]) -> list[float]:
    """A statistic of the means of columns over common worlds, with its 95% interval (percentile
    bootstrap of whole worlds)."""
    draws = sorted(
        statistic([sum(map(column.__getitem__, drawn)) / len(drawn) for column in columns])
        for drawn in resamples(len(columns[0]))
    )
    value = statistic([mean(column) for column in columns])
    return [value, draws[round(0.025 * RESAMPLES)], draws[round(0.975 * RESAMPLES) - 1]]


def slope(x: Values, y: Values) -> float:
    """The exponent d of y ~ x^d: the slope of log y against log x. -inf: a y is not positive."""
    if min(y) <= 0:
        return -math.inf
    u, v = [math.log(value) for value in x], [math.log(value) for value in y]
    a, b = mean(u), mean(v)
    top = math.fsum((p - a) * (q - b) for p, q in zip(u, v, strict=True))
    return top / math.fsum((p - a) ** 2 for p in u)


# ---- the program -------------------------------------------------------------------------------
def program(*arguments: str, cwd: str | None = None) -> Any:
    """The JSON that the program prints."""
    done = subprocess.run(
        [PROGRAM, *arguments, "--json"], check=True, stdout=subprocess.PIPE, cwd=cwd)
    return json.loads(done.stdout)


def strategies() -> dict[str, str]:
    """All strategies and their kinds."""
    listed = program("baseline", "--strategy", "list")
    return {item["strategy"]: item["kind"] for item in listed}


def run_seat(sheet: Sheet, keys: dict[str, Any], strategy: str, params: dict[str, Any]) -> Any:
    """A run of a task of its own: an executor's seat with these keys in the default market."""
    seat = ", ".join(f"{key}: {value}" for key, value in keys.items())
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "c.yaml").write_text(f"seats:\n  - {{kind: executor, {seat}}}\n")
        checked = program("config", "check", "c.yaml", cwd=folder)
        task = (f"task: {{version: 1, preset: c.yaml, config_hash: \"{checked['config_hash']}\", "
                "role: executor, metric: shortfall_per_lot}\n")  # fmt: skip
        Path(folder, "t.yaml").write_text(task)
        options = [f"--param={key}={value}" for key, value in params.items()]
        return program("tasks", "run", f"{folder}/t.yaml", "--strategy", strategy, "--episodes",
                       str(sheet.episodes), *options)  # fmt: skip


def costs(sheet: Sheet, lots: int, params: dict[str, Any], strategy: str = "twap") -> list[float]:
    """The shortfall of a parent order in each world, ticks a lot: the mean over both sides."""
    sides = []
    for side in ("buy", "sell"):
        told = run_seat(sheet, {"side": side, "parent_qty": lots}, strategy, params)
        assert told["seeds"][0] == TEST_SEED
        sides.append(told["scores"])
    return [-(buy + sell) / 2 for buy, sell in zip(*sides, strict=True)]


def at_once(sheet: Sheet, lots: int) -> list[float]:
    """The same of an order that is sent at once."""
    if "immediate" in strategies():
        return costs(sheet, lots, {}, "immediate")
    return costs(sheet, lots, {"style": "aggressive", "slices": 1})


def baseline(sheet: Sheet, strategy: str, *options: str) -> Any:
    """The metrics of `hftsim baseline`."""
    return program("baseline", "--strategy", strategy, "--episodes", str(sheet.episodes), "--seed",
                   "test", *options)["metrics"]  # fmt: skip


# ---- the cells ---------------------------------------------------------------------------------
def nothing(sheet: Sheet) -> None:
    """Doing nothing gains exactly 0; an executor that does nothing pays for its rest."""
    for task in program("tasks", "list"):
        told = program("tasks", "run", task["name"], "--strategy", "do-nothing", "--episodes",
                       str(sheet.episodes))  # fmt: skip
        sheet.add(f"do-nothing in `{task['name']}`", told["score"], told["ci_low"],
                  told["ci_high"], told["unit"])  # fmt: skip
        if task["seat"] == "executor":
            sheet.check(f"{task['name']}: an executor pays for its rest", told["ci_high"] < 0)
        else:
            exactly = set(told["scores"]) | set(told["rewards"]) == {0}
            sheet.check(f"{task['name']}: exactly 0 in every world", exactly)


def makers(sheet: Sheet) -> None:
    """Makers capture a spread, and lose most of it again."""
    quoting = [name for name, kind in strategies().items() if kind == "market_making"]
    for market in MARKETS:
        for name in quoting:
            told = baseline(sheet, name, "--config", market)
            earned, kept = told["spread_captured"], told["pnl"]
            lost = told["adverse_selection_10s"]
            shown = (("spread captured", earned), ("adverse selection, 10 s", lost), ("P&L", kept))
            for metric, of in shown:
                sheet.add(f"`{name}` in `{market}`: {metric}", of["mean"], of["ci_low"],
                          of["ci_high"], of["unit"])  # fmt: skip
            most = lost["mean"] > earned["mean"] / 2
            sheet.check(f"{name} in {market}: loses most of it to adverse selection", most)
            sheet.check(f"{name} in {market}: captures a spread", earned["ci_low"] > 0)
            keeps = kept["mean"] / earned["mean"]
            sheet.check(f"{name} in {market}: keeps less than half of it", keeps < 0.5)


def size(sheet: Sheet) -> None:
    """A larger parent order costs more a lot, roughly by a square root."""
    half = at_once(sheet, 1)
    columns = [costs(sheet, lots, {"style": "aggressive"}) for lots in SIZES]
    exponent = show_costs(sheet, half, columns, [f"{lots} lots in 300 s" for lots in SIZES], SIZES)
    sheet.check("the exponent is between 0.4 and 0.7", 0.4 < exponent[0] < 0.7)


def haste(sheet: Sheet) -> None:
    """A faster execution costs more a lot. The abscissa of the fit is the speed, lots a second."""
    half = at_once(sheet, 1)
    columns = [costs(sheet, LOTS, {"style": "aggressive", "horizon_s": time}) for time in TIMES]
    speeds = [LOTS / time for time in TIMES]
    names = [f"{LOTS} lots in {time:g} s" for time in TIMES]
    exponent = show_costs(sheet, half, columns, names, speeds)
    sheet.check("the exponent is above 0", exponent[1] > 0)
    sheet.check("the cost is concave in the speed", exponent[2] < 1)


def show_costs(sheet: Sheet, half: Values, columns: list[list[float]], names: list[str],
               x: Values) -> list[float]:  # fmt: skip
    """Shows costs that rise with x. Returns their exponent beyond half the spread."""
    sheet.add("one lot at once: half the spread", *bootstrap([half], lambda m: m[0]), "ticks a lot")
    for name, column in zip(names, columns, strict=True):
        sheet.add(f"TWAP of {name}", *bootstrap([column], lambda m: m[0]), "ticks a lot")
    for k in range(1, len(names)):
        more = bootstrap(columns[k - 1 : k + 1], lambda m: m[1] - m[0])
        sheet.check(f"{names[k]} cost more than {names[k - 1]}", more[1] > 0)
    exponent = bootstrap([half, *columns], lambda m: slope(x, [cost - m[0] for cost in m[1:]]))
    sheet.add("exponent of the cost beyond half the spread", *exponent, "")
    return exponent


def patience(sheet: Sheet) -> None:
    """Sending all at once is never cheaper than spreading it over five minutes."""
    for lots in SIZES:
        now = at_once(sheet, lots)
        for style in ("aggressive", "passive"):
            later = costs(sheet, lots, {"style": style})
            value, low, high = bootstrap([now, later], lambda m: m[0] - m[1])
            sheet.add(f"{lots} lots at once, beyond {style} TWAP", value, low, high, "ticks a lot")
            sheet.check(f"{lots} lots at once are not cheaper than {style} TWAP", high > 0)


def fees(sheet: Sheet) -> None:
    """With fees on, every P&L falls by exactly the fees, and no order changes."""
    on = ["--set", "exchange_config.taker_fee_bps=3", "--set", "exchange_config.maker_fee_bps=-1"]
    for name, kind in strategies().items():
        free, charged = baseline(sheet, name), baseline(sheet, name, *on)
        fee = charged["fees"]["mean"] if "fees" in charged else 0.0
        gap = charged["pnl"]["mean"] + fee - free["pnl"]["mean"]
        bound = 1e-9 * (1 + abs(free["pnl"]["mean"]) + abs(fee))
        sheet.add(f"`{name}`: fees", fee, charged["fees"]["ci_low"], charged["fees"]["ci_high"],
                  "currency")  # fmt: skip
        sheet.add(f"`{name}`: change of the P&L + fees", gap if abs(gap) > bound else 0.0, None,
                  None, "currency")  # fmt: skip
        sheet.check(f"{name}: the P&L falls by the fees", abs(gap) <= bound)
        sheet.check(f"{name}: the same orders", charged["orders"] == free["orders"])
        sheet.check(f"{name}: pays fees or gets rebates", (fee != 0) == (kind != "none"))


def randomly(sheet: Sheet) -> None:
    """A taker that trades at random pays half the spread on each lot, and its own impact."""
    import hftsim  # these need the client
    import numpy as np

    rng = np.random.default_rng(0)
    overrides = {"seats.0.forecast_r2": 0, "reward_config.lambda_inventory": 0}
    envs = sheet.episodes
    with hftsim.make("taking", envs, overrides=overrides, autoreset="manual") as pool:
        role = pool.roles["taker"]
        results = pool.reset(seed=list(range(TEST_SEED, TEST_SEED + envs)))
        at = role.obs_names.index("spread")
        scale = float(role.obs_meanings[at].unit.split(" x ")[0])
        spread, finals, steps = np.zeros(envs), {}, 0
        while len(finals) < envs:
            spread += results.obs["taker"][:, 0, at] / scale
            action = rng.choice([-0.2, 0.2], size=(envs, 1, 1)).astype(np.float32)  # one lot
            results = pool.step({"taker": action})
            steps += 1
            for k, env in enumerate(results.finals.envs):
                finals[int(env)] = results.finals.totals["taker"][k, 0].astype(float)
        names = role.total_names
    totals = np.stack([finals[env] for env in range(envs)])
    lots = totals[:, names.index("bought")] + totals[:, names.index("sold")]
    loss = list(-totals[:, names.index("pnl")])
    half = list(spread / steps / 2 * lots)
    share = bootstrap([loss, half], lambda m: m[0] / m[1])
    sheet.add("loss of a random taker", *bootstrap([loss, list(lots)], lambda m: m[0] / m[1]),
              "ticks a lot")  # fmt: skip
    sheet.add("half the spread", *bootstrap([half, list(lots)], lambda m: m[0] / m[1]),
              "ticks a lot")  # fmt: skip
    sheet.add("loss by half the spread", *share, "")
    sheet.check("it loses", share[1] > 0)
    sheet.check("about half the spread", 0.7 < share[0] < 1.5)


CELLS = {"nothing": nothing, "random": randomly, "size": size, "haste": haste,
         "patience": patience, "makers": makers, "fees": fees}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cell", choices=CELLS)
    parser.add_argument("--episodes", type=int, default=500)
    arguments = parser.parse_args()
    sheet = Sheet(arguments.episodes)
    CELLS[arguments.cell](sheet)
    print(json.dumps(sheet.figures()))


if __name__ == "__main__":
    main()
