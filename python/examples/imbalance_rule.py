#!/usr/bin/env python3
"""A strategy as a rule in Python: it holds a taker's seat over the client, and is scored there.

The rule is the one of examples/strategies/imbalance.c: with the imbalance of the lots at the best
quotes, averaged over 32 observations,

    buy above `entry`, sell below -`entry`, close the position where it falls below `exit`

(docs/strategies.md tells both from the beginning). Printed are means over the episodes of the test
seeds with half-widths of 95% intervals: the reward of the seat, and what its account says. A
strategy of the program holds the same seat in the same worlds, for comparison.

    python python/examples/imbalance_rule.py
    python python/examples/imbalance_rule.py --entry 0.2 --exit 0 --against momentum
    python python/examples/imbalance_rule.py --set exchange_config.latency_us=50000
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

import hftsim
import numpy as np
from hftsim import seeds
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

SEAT = """
seats:
  - kind: taker
    order_qty: 10
"""
WINDOW = 32  # observations: before there are so many, it does not trade
# The totals of a seat, whoever holds it (docs/environment.md#totals).
TOTALS = ("pnl", "shortfall", "fees", "fills", "bought", "sold", "max_drawdown")
COLUMNS = ("reward", "pnl", "fees", "traded", "max_drawdown")


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


def play(
    worlds: int, overrides: Mapping[str, object], entry: float, exit: float, wait: int = 1
) -> dict[str, Numbers]:
    """The scores of the rule: [worlds] each."""
    with hftsim.make(
        config_text=SEAT, num_envs=worlds, overrides=overrides, autoreset="manual"
    ) as envs:
        role = envs.spec.roles["taker"]
        rule = ImbalanceRule(role, envs.spec.episode_len, entry, exit, wait)
        results = envs.reset(seed=seeds.TEST[:worlds])
        while not results.ended.all():
            results = envs.step({"taker": rule.act(results.obs["taker"])})
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
    return f"{sample.mean():9.1f} +- {half:5.1f}"


def main() -> None:
    """Parses the arguments, plays, and prints a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--worlds", type=int, default=200, help="of the test seeds; at least 2")
    parser.add_argument("--entry", type=float, default=0.3)
    parser.add_argument("--exit", type=float, default=0.1)
    parser.add_argument("--wait", type=int, default=1, help="steps from an order to the next")
    parser.add_argument("--against", default="ofi", help="a strategy of the program")
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE")
    args = parser.parse_args()
    overrides = dict(item.split("=", 1) for item in args.set)
    rule = play(args.worlds, overrides, args.entry, args.exit, args.wait)
    other = play_strategy(args.worlds, overrides, args.against)
    print(f"{args.worlds} worlds of the test seeds; ticks x lots, and lots")
    print(f"{'':14s}{'this rule':>18s}{args.against:>18s}{'difference':>18s}")
    for name in COLUMNS:
        pair = (rule[name], other[name], rule[name] - other[name])
        print(f"{name:14s}" + "".join(f"{mean(sample):>18s}" for sample in pair))


if __name__ == "__main__":
    main()
