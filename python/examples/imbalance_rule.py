#!/usr/bin/env python3
"""A strategy as a rule in Python: it holds a taker's seat over the client, and is scored there.

The rule is the one of examples/strategies/imbalance.c: with the imbalance of the lots at the best
quotes, averaged over 32 observations,

    buy above `entry`, sell below -`entry`, close the position where it falls below `exit`

(docs/strategies.md tells both from the beginning). Printed are means over the episodes of the test
seeds with half-widths of 95% intervals: the reward of the seat, and what its account says. A
strategy of the program holds the same seat in the same worlds, for comparison. `hftsim.metrics`
then scores the rule's fills by the code of `hftsim baseline`.

    python python/examples/imbalance_rule.py
    python python/examples/imbalance_rule.py --entry 0.2 --exit 0 --against momentum
    python python/examples/imbalance_rule.py --set exchange_config.latency_us=50000
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

import hftsim
import numpy as np
from hftsim import metrics, seeds
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

SEAT = """
seats:
  - kind: taker
    order_qty: 10
"""
TICK = 0.01  # currency, of the default market
WINDOW = 32  # observations: before there are so many, it does not trade
# The totals of a seat, whoever holds it (docs/environment.md#totals).
TOTALS = ("pnl", "shortfall", "fees", "fills", "bought", "sold", "max_drawdown")
COLUMNS = ("reward", "pnl", "fees", "traded", "max_drawdown")
METRICS = ("pnl", "spread_captured", "inventory_pnl", "fees", "traded_lots", "max_drawdown",
           "inventory_mean_lots", "adverse_selection_1s", "adverse_selection_10s")


class ImbalanceRule:
    """One seat in each of N envs. Reads observations by name, and answers with actions.

    It sends an order every `wait` steps at most: 1 without latency, else two latencies. In the
    first an order arrives; a step without one cancels what waits for an auction, and in the second
    the cancellation arrives. So no order is sent twice, and the position stays within one.
    """

    def __init__(self, role: hftsim.Role, episode_len: int, entry: float, exit: float,
                 wait: int = 1) -> None:
        index = {name: i for i, name in enumerate(role.obs_names)}
        self.imbalance, self.left = index["imbalance_32"], index["time_left"]
        self.inventory = index["inventory"]
        self.first = 1 - WINDOW / episode_len
        self.last = (2 * wait + 1) / episode_len  # the position is closed from then on
        self.entry, self.exit, self.wait = entry, exit, wait
        self.since: NDArray[np.int64] | None = None  # steps since the last order: [N]

    def act(self, obs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Actions [N, 1, 1] for observations [N, 1, D]: orders in units of the largest one."""
        signal, left = obs[:, 0, self.imbalance], obs[:, 0, self.left]
        held = 10 * obs[:, 0, self.inventory]  # it is observed as 0.1 x lots / order_qty
        side = np.rint(np.sign(held))
        wanted = np.where(np.abs(signal) > self.entry, np.sign(signal), 0)
        keeps = (wanted == 0) & (side != 0) & (side * signal >= self.exit)
        wanted = np.where(keeps, side, wanted)
        wanted = np.where((left > self.first) | (left <= self.last), 0, wanted)
        order = np.clip(wanted - held, -1, 1).astype(np.float32)
        if self.since is None:
            self.since = np.full(len(obs), self.wait)
        order[self.since < self.wait] = 0
        self.since = np.where(np.abs(order) > 1e-3, 1, self.since + 1)
        return order[:, None, None]


class Log:
    """What one env's seat traded, from its account after each step, and the path of the mid.

    A step's order trades at once where there is no latency: just after the step's beginning, with
    the mid of that time. Its lots and cash are shared among whole prices, which keeps their sums
    exact.
    """

    def __init__(self) -> None:
        self.time: list[float] = []  # of the looks, seconds
        self.mid: list[float] = []
        columns = ("time", "lots", "price", "fee", "mid")
        self.fills: dict[str, list[float]] = {name: [] for name in columns}
        self.position = self.cash = 0
        self.fees = 0.0

    def look(self, picture: Mapping[str, Any]) -> None:
        """Notes a picture of the env, the first before the first step."""
        account = picture["agents"][0]["accounts"][0]
        instrument = picture["instruments"][0]
        lots, cash = account["position"] - self.position, account["cash"] - self.cash
        if lots != 0:
            fee = (account["fees"] - self.fees) * instrument["tick_size"]
            self.trade(lots, -cash, fee)
        self.position, self.cash = account["position"], account["cash"]
        self.fees = account["fees"]
        self.time.append(picture["time_ns"] * 1e-9)
        self.mid.append(instrument["mid"])

    def trade(self, lots: int, cost: int, fee: float) -> None:
        """Notes `lots` for `cost` in all, ticks x lots: signed, above 0 bought."""
        size, sign = abs(lots), 1 if lots > 0 else -1
        price, dearer = divmod(sign * cost, size)
        for qty, at in ((size - dearer, price), (dearer, price + 1)):
            if qty > 0:
                row = (self.time[-1] + 1e-9, sign * qty, at, fee * qty / size, self.mid[-1])
                for column, value in zip(self.fills.values(), row, strict=True):
                    column.append(value)

    def score(self, tick_size: float) -> dict[str, float]:
        """All metrics of docs/metrics.md."""
        fills = metrics.Fills(**self.fills, role=["taker"] * len(self.fills["time"]))
        return metrics.score(
            fills, mid_time=self.time, mid=self.mid, start=self.time[0], end=self.time[-1],
            step=self.time[1] - self.time[0], tick_size=tick_size)


def scores(totals: NDArray[np.float32], returns: NDArray[np.float32]) -> dict[str, Numbers]:
    """The figures of each episode: what the seat was paid, and what its account says."""
    of = {name: np.asarray(totals[:, 0, i], np.float64) for i, name in enumerate(TOTALS)}
    return {
        "reward": np.asarray(returns[:, 0], np.float64),
        "pnl": of["pnl"],
        "fees": of["fees"],
        "traded": of["bought"] + of["sold"],
        "max_drawdown": of["max_drawdown"],
    }


def note(envs: hftsim.Pool, logs: Sequence[Log]) -> None:
    """Lets each log look at its env."""
    for env, log in enumerate(logs):
        log.look(envs.picture(env, levels=1))


def play(
    worlds: int, overrides: Mapping[str, object], entry: float, exit: float, wait: int = 1,
    logs: Sequence[Log] = (),
) -> dict[str, Numbers]:
    """The scores of the rule: [worlds] each. The first envs are logged."""
    with hftsim.make(
        config_text=SEAT, num_envs=worlds, overrides=overrides, autoreset="manual"
    ) as envs:
        role = envs.spec.roles["taker"]
        rule = ImbalanceRule(role, envs.spec.episode_len, entry, exit, wait)
        results = envs.reset(seed=seeds.TEST[:worlds])
        note(envs, logs)
        while not results.ended.all():
            results = envs.step({"taker": rule.act(results.obs["taker"])})
            note(envs, logs)
        final = results.finals
        return scores(final.totals["taker"], final.returns["taker"])


def play_strategy(
    worlds: int, overrides: Mapping[str, object], strategy: str
) -> dict[str, Numbers]:
    """The scores of one of the program's strategies in the same seat of the same worlds."""
    overrides = {**overrides, "seats.taker.controller": strategy}
    with hftsim.make(
        config_text=SEAT, num_envs=worlds, overrides=overrides, autoreset="manual"
    ) as envs:
        results = envs.reset(seed=seeds.TEST[:worlds])
        while not results.ended.all():
            results = envs.step({})
        final = results.finals
        return scores(final.strategy_totals["taker"], final.strategy_returns["taker"])


def mean(sample: Numbers) -> str:
    """The mean and the half-width of its 95% interval."""
    half = 1.96 * float(sample.std(ddof=1)) / len(sample) ** 0.5
    digits = 1 if abs(sample.mean()) >= 10 or half >= 10 else 2
    return f"{sample.mean():9.{digits}f} +- {half:5.{digits}f}"


def main() -> None:
    """Parses the arguments, plays, and prints a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--worlds", type=int, default=200, help="of the test seeds; at least 2")
    parser.add_argument("--entry", type=float, default=0.3)
    parser.add_argument("--exit", type=float, default=0.1)
    parser.add_argument("--logged", type=int, default=20, help="worlds in which fills are scored")
    parser.add_argument("--wait", type=int, default=1, help="steps from an order to the next")
    parser.add_argument("--against", default="ofi", help="a strategy of the program")
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE")
    args = parser.parse_args()
    overrides = dict(item.split("=", 1) for item in args.set)
    logs = [Log() for _ in range(min(args.logged, args.worlds))]
    rule = play(args.worlds, overrides, args.entry, args.exit, args.wait, logs)
    other = play_strategy(args.worlds, overrides, args.against)
    print(f"{args.worlds} worlds of the test seeds; ticks x lots, and lots")
    print(f"{'':14s}{'this rule':>18s}{args.against:>18s}{'difference':>18s}")
    for name in COLUMNS:
        pair = (rule[name], other[name], rule[name] - other[name])
        print(f"{name:14s}" + "".join(f"{mean(sample):>18s}" for sample in pair))
    values = [log.score(TICK) for log in logs]
    if len(values) > 1:
        print(f"\nmetrics of the rule in the first {len(values)} of them")
        for name in METRICS:
            sample = np.array([value[name] for value in values])
            print(f"{name:22s}{mean(sample):>18s}  {metrics.table()[name].unit}")


if __name__ == "__main__":
    main()
