"""The dealer of Avellaneda and Stoikov (2008) as a maker seat, in the market of their paper.

    python python/examples/avellaneda_stoikov.py --episodes 100000

The preset `avellaneda_stoikov` is the paper's market. A maker seat quotes what equations 29 and 30
say (the inventory strategy), then the same average spread around the value (the symmetric one),
and then what dynamic programming finds to be optimal for the preset's reward, the profit less a
penalty on the position after each step. Printed are

- the mean and the standard deviation of the profit of an episode, and the standard deviation of
  the position at its end, which the paper's table for gamma = 0.1 gives as 64.89, 6.54 and 2.93,
  and as 68.23, 13.44 and 8.39,
- the utility, mean - 0.05 variance of the profit: the paper's criterion for gamma = 0.1, to second
  order,
- the mean reward, and its share of the optimum, which the programme computes: a learner's distance
  to it is 1 minus that share.

Profit and reward are in currency. Episode i is in the world of seed i.

M. Avellaneda and S. Stoikov, "High-frequency trading in a limit order book", Quantitative Finance
8, 2008.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

import hftsim
import numpy as np
from numpy.typing import NDArray

SIGMA, A, K = 2.0, 140.0, 1.5  # of the preset: per square root of an episode, per episode, currency
STEPS, TICK = 200, 0.001
PENALTY = 0.001  # currency for each step and squared lot: lambda_inventory 1, in ticks
MOST = 60  # lots: the programme has no larger position
LOTS = 10  # of a position that is observed as 1: the observation is 0.1 x lots / quote_qty
AVERSION = 0.1  # of the utility
# The paper's quotes reach farther from the value than the preset's actions.
WIDE = {"seats.maker.offset_min": -30_000, "seats.maker.offset_max": 30_000}
COLUMNS = ("profit", "deviation", "of position", "utility", "reward", "share")

Numbers = NDArray[np.float64]
Quotes = Callable[[Numbers, Numbers], Numbers]  # of positions and time left: distances [N, 2]


def inventory(gamma: float) -> Quotes:
    """Equations 29 and 30."""
    risk, offset = gamma * SIGMA**2, 2 / gamma * math.log1p(gamma / K)

    def quotes(position: Numbers, left: Numbers) -> Numbers:
        half, lean = (risk * left + offset) / 2, position * risk * left
        return np.stack([half + lean, half - lean], axis=1)

    return quotes


def symmetric(gamma: float) -> Quotes:
    """The same average spread around the value; the mean of the time left is 0.5025."""
    half = (gamma * SIGMA**2 * 0.5025 + 2 / gamma * math.log1p(gamma / K)) / 2
    return lambda position, left: np.full((len(position), 2), half)


def fill_chance(distance: Numbers) -> Numbers:
    """Of a quote in a step."""
    return np.minimum(1, A / STEPS * np.exp(-K * distance))


def programme() -> tuple[float, Numbers]:
    """The optimal mean reward, and the distances of bid and ask, [steps, positions, 2].

    Both quotes may be filled in a step, so the best bid depends on the chance of the ask: they are
    improved in turns. A quote nearer than fills for certain only gives money away.
    """
    position = np.arange(-MOST, MOST + 1.0)
    value, policy = np.zeros(len(position)), np.zeros((STEPS, len(position), 2))
    nearest = math.log(A / STEPS) / K
    for step in range(STEPS - 1, -1, -1):
        here = value - PENALTY * position**2
        more, less = np.append(here[1:], here[-1]), np.insert(here[:-1], 0, here[0])
        bid_fills = ask_fills = np.zeros(len(position))
        for _ in range(8):
            gain = (1 - ask_fills) * (more - here) + ask_fills * (here - less)
            bid = np.maximum(1 / K - gain, nearest)
            bid_fills = fill_chance(bid)
            gain = (1 - bid_fills) * (less - here) + bid_fills * (here - more)
            ask = np.maximum(1 / K - gain, nearest)
            ask_fills = fill_chance(ask)
        both = bid_fills * ask_fills
        value = bid_fills * bid + ask_fills * ask + (bid_fills - both) * more
        value += (ask_fills - both) * less + (1 - bid_fills - ask_fills + 2 * both) * here
        policy[step] = np.stack([bid, ask], axis=1)
    return float(value[MOST]), policy


def optimal(policy: Numbers) -> Quotes:
    """What the programme has found."""

    def quotes(position: Numbers, left: Numbers) -> Numbers:
        step = np.rint((1 - left) * STEPS).astype(int)
        held = np.clip(np.rint(position), -MOST, MOST).astype(int)
        return policy[step, held + MOST]

    return quotes


def run(quotes: Quotes, episodes: int, num_envs: int, optimum: float) -> list[float]:
    """Plays episodes; returns the columns."""
    profits, positions, rewards = [], [], []
    with hftsim.make(
        "avellaneda_stoikov", num_envs, overrides=WIDE, autoreset="manual", copy=False
    ) as envs:
        role = envs.roles["maker"]
        held, time_left = map(role.obs_names.index, ("inventory", "time_left"))
        pnl = role.total_names.index("pnl")
        low, high = (np.array([getattr(axis, f"{end}_value") for axis in role.axes[:2]])
                     for end in ("low", "high"))  # fmt: skip
        for first in range(0, episodes, num_envs):
            results = envs.reset(seed=[first + i for i in range(num_envs)])
            while not results.ended.all():
                seen = results.obs["maker"][:, 0].astype(np.float64)
                ticks = quotes(LOTS * seen[:, held], seen[:, time_left]) / TICK
                actions = np.clip(2 * (ticks - low) / (high - low) - 1, -1, 1)
                results = envs.step({"maker": actions[:, None].astype(np.float32)})
            count = min(num_envs, episodes - first)
            finals = results.finals
            profits.append(TICK * finals.totals["maker"][:count, 0, pnl].astype(np.float64))
            rewards.append(finals.returns["maker"][:count, 0].astype(np.float64))
            last = finals.obs["maker"][:count, 0, held].astype(np.float64)
            positions.append(np.round(LOTS * last))
    profit, position = np.concatenate(profits), np.concatenate(positions)
    reward = float(np.concatenate(rewards).mean())
    utility = profit.mean() - AVERSION / 2 * profit.var()
    return [profit.mean(), profit.std(), position.std(), utility, reward, reward / optimum]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--episodes", type=int, default=10_000)
    parser.add_argument("--gamma", type=float, default=0.1, help="risk aversion")
    parser.add_argument("--num-envs", type=int, default=500, help="episodes at a time")
    arguments = parser.parse_args()
    optimum, policy = programme()
    strategies = {
        "inventory": inventory(arguments.gamma),
        "symmetric": symmetric(arguments.gamma),
        "optimal": optimal(policy),
    }
    print(f"optimal reward: {optimum:.2f}")
    print(f"{'strategy':<10}" + "".join(f"{name:>13}" for name in COLUMNS))
    for name, quotes in strategies.items():
        num_envs = min(arguments.num_envs, arguments.episodes)
        row = run(quotes, arguments.episodes, num_envs, optimum)
        print(f"{name:<10}" + "".join(f"{value:13.3f}" for value in row), flush=True)


if __name__ == "__main__":
    main()
