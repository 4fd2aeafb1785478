"""What observations tell of the next move of the mid: correlations, for docs/environment.md.

    python tests/docs/next_move.py [--envs 256] [--seed 5000000]

Plays one episode of each env of the default market with a taker that does nothing, and prints a
table: the correlation of
each number with the change of the mid in the next second, five and ten, over all envs and steps;
that of the fundamental value, which only the state has; and the R^2 out of sample of a linear
regression on all of them, fitted to one half of the envs and measured on the other.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import hftsim
import numpy as np
from numpy.typing import NDArray

HORIZONS_S = (1, 5, 10)
WARM = 32  # steps until all windows are full
SHOWN = (
    "trade_flow_1", "trade_flow_8", "trade_flow_32", "imbalance", "imbalance_8", "imbalance_32",
    "microprice", "return_1", "return_8", "return_32",
)


def play(num_envs: int, seed: int) -> tuple[list[str], NDArray, NDArray, NDArray, float]:
    """[T, N, D] observations, [T, N] fundamental values from the mid, [T, N] moves of the mid."""
    seen, values = [], []
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "taker.yaml"
        config.write_text("seats: [{kind: taker}]\n")  # all else is that of the default
        envs = hftsim.make(str(config), num_envs, autoreset="manual")
    with envs:
        names = list(envs.roles["taker"].obs_names)
        value = envs.spec.state_names.index("fundamental")
        still = {"taker": np.zeros((num_envs, 1, 1), np.float32)}
        results = envs.reset(seed=seed)
        for _ in range(envs.spec.episode_len):
            results = envs.step(still)
            seen.append(results.obs["taker"][:, 0].astype(np.float64))
            values.append(results.state[:, value].astype(np.float64))
        step_s = envs.spec.decision_ms / 1000
    observed = np.stack(seen)
    return names, observed, np.stack(values), observed[:, :, names.index("return_1")], step_s


def out_of_sample(x: NDArray, y: NDArray) -> float:
    """R^2 of the second half of the envs, by a regression on the first. x [T, N, D], y [T, N]."""
    half = x.shape[1] // 2
    parts = [(x[:, s].reshape(-1, x.shape[-1]), y[:, s].ravel())
             for s in (slice(None, half), slice(half, None))]
    mean, deviation = parts[0][0].mean(0), parts[0][0].std(0) + 1e-9
    (fit, target), (test, wanted) = [((a - mean) / deviation, b) for a, b in parts]
    offset = target.mean()
    ridge = 1e-3 * len(fit) * np.eye(fit.shape[1])
    weights = np.linalg.solve(fit.T @ fit + ridge, fit.T @ (target - offset))
    return float(1 - np.mean((wanted - offset - test @ weights) ** 2) / wanted.var())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--envs", type=int, default=256)
    parser.add_argument("--seed", type=int, default=5_000_000)
    arguments = parser.parse_args()
    names, seen, value, move, step_s = play(arguments.envs, arguments.seed)
    mid = np.cumsum(move, axis=0)
    columns = []
    for horizon_s in HORIZONS_S:
        steps = round(horizon_s / step_s)
        x, ahead = seen[WARM:-steps], (mid[steps:] - mid[:-steps])[WARM:]
        cells = [np.corrcoef(x[:, :, names.index(name)].ravel(), ahead.ravel())[0, 1]
                 for name in SHOWN]
        cells.append(np.corrcoef(value[WARM:-steps].ravel(), ahead.ravel())[0, 1])
        columns.append([f"{cell:.2f}" for cell in cells] + [f"{out_of_sample(x, ahead):.3f}"])
    print("| | " + " | ".join(f"{horizon} s ahead" for horizon in HORIZONS_S) + " |")
    print("|---|" + "---|" * len(HORIZONS_S))
    rows = [f"`{name}`" for name in SHOWN]
    rows += ["`fundamental`, in the state alone", "R^2 of all observations, out of sample"]
    for row, cells in zip(rows, zip(*columns, strict=True), strict=True):
        print(f"| {row} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
