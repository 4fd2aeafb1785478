"""The dealer of Avellaneda and Stoikov (2008) as a maker seat, in the market of their paper.

    python python/examples/avellaneda_stoikov.py --episodes 100000

The preset `avellaneda_stoikov` is the paper's market. A maker seat quotes what equations 29 and 30
say (the inventory strategy), and then the same average spread around the value (the symmetric
one). Printed are the mean and the standard deviation of the profit of an episode, and the standard
deviation of the position at its end, which the paper's table for gamma = 0.1 gives as 64.89, 6.54
and 2.93, and as 68.23, 13.44 and 8.39. Episode i is in the world of seed i.

M. Avellaneda and S. Stoikov, "High-frequency trading in a limit order book", Quantitative Finance
8, 2008.
"""

from __future__ import annotations

import argparse
import math

import hftsim
import numpy as np
from numpy.typing import NDArray

SIGMA, K = 2.0, 1.5  # of the preset: per square root of an episode, and per unit of currency
TICK = 0.001
LOTS = 10  # of a position that is observed as 1: the observation is 0.1 x lots / quote_qty
COLUMNS = ("profit", "deviation", "of position")


def distances(gamma: float, position: NDArray, left: NDArray, symmetric: bool) -> NDArray:
    """[N, 2], how far bid and ask are from the value, in currency."""
    risk = gamma * SIGMA**2
    offset = 2 / gamma * math.log1p(gamma / K)
    if symmetric:  # the mean of `left` over an episode of 200 steps is 0.5025
        half = (risk * 0.5025 + offset) / 2
        return np.full((len(position), 2), half)
    half = (risk * left + offset) / 2
    lean = position * risk * left
    return np.stack([half + lean, half - lean], axis=1)


def run(gamma: float, episodes: int, symmetric: bool, num_envs: int) -> tuple[float, float, float]:
    profits, positions = [], []
    with hftsim.make("avellaneda_stoikov", num_envs, autoreset="manual", copy=False) as envs:
        names = envs.spec.roles["maker"].obs_names
        farthest = TICK * envs.spec.roles["maker"].axes[0].high_value  # an action of 1; -1: -that
        inventory, time_left = names.index("inventory"), names.index("time_left")
        for first in range(0, episodes, num_envs):
            results = envs.reset(seed=[first + i for i in range(num_envs)])
            while not results.ended.all():
                seen = results.obs["maker"][:, 0].astype(np.float64)
                away = distances(gamma, LOTS * seen[:, inventory], seen[:, time_left], symmetric)
                results = envs.step({"maker": (away / farthest)[:, None].astype(np.float32)})
            count = min(num_envs, episodes - first)
            profits.append(TICK * results.finals.returns["maker"][:count, 0].astype(np.float64))
            last = results.finals.obs["maker"][:count, 0, inventory].astype(np.float64)
            positions.append(np.round(LOTS * last))
    profit, position = np.concatenate(profits), np.concatenate(positions)
    return profit.mean(), profit.std(), position.std()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--episodes", type=int, default=10_000)
    parser.add_argument("--gamma", type=float, default=0.1, help="risk aversion")
    parser.add_argument("--num-envs", type=int, default=500, help="episodes at a time")
    arguments = parser.parse_args()
    print(f"{'strategy':<10}" + "".join(f"{name:>13}" for name in COLUMNS))
    for name in ("inventory", "symmetric"):
        num_envs = min(arguments.num_envs, arguments.episodes)
        row = run(arguments.gamma, arguments.episodes, name == "symmetric", num_envs)
        print(f"{name:<10}" + "".join(f"{value:13.2f}" for value in row), flush=True)


if __name__ == "__main__":
    main()
