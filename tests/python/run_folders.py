"""Run folders made by h5py from docs/report.md, independently of the program that writes them."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np

SECOND = 10**9
METRICS = {  # name: (unit, direction)
    "pnl": ("currency", 1),
    "shortfall_bps": ("bps", -1),
    "fills": ("1", 0),
    "adverse_selection_0_1s": ("currency", -1),
    "adverse_selection_1s": ("currency", -1),
    "adverse_selection_10s": ("currency", -1),
    "adverse_selection_60s": ("currency", -1),
}
STEPS = {"time": ("i8", "ns"), "episode": ("i8", "1"), "equity": ("f8", "currency"),
         "mid": ("f8", "ticks"), "inventory": ("i8", "lots"), "executed": ("i8", "lots"),
         "plan": ("f8", "lots")}
FILLS = {"time": ("i8", "ns"), "episode": ("i8", "1"), "price": ("f8", "ticks"),
         "qty": ("i8", "lots"), "role": ("u2", "1")}
DEPTH = {"time": ("i8", "ns"), "episode": ("i8", "1"), "bid_price": ("i4", "ticks"),
         "bid_qty": ("i4", "lots"), "ask_price": ("i4", "ticks"), "ask_qty": ("i4", "lots")}
LEVELS = 10


def scores(episodes: int, seed: int) -> dict[str, np.ndarray]:
    """Random values of each metric."""
    rng = np.random.default_rng(seed)
    return {name: rng.normal(5 * i + seed, 3 + i, episodes) for i, name in enumerate(METRICS)}


def summary_of(values: dict[str, np.ndarray]) -> dict[str, dict]:
    """Summaries as --json prints them; the intervals are made up, so that they are recognised."""
    return {name: {"mean": float(v.mean()), "ci_low": float(v.mean() - 1.25),
                   "ci_high": float(v.mean() + 1.5),
                   "sd": float(v.std(ddof=1)) if len(v) > 1 else None,
                   "median": float(np.median(v)), "unit": METRICS[name][0], "episodes": len(v)}
            for name, v in values.items()}


def series(episodes: int, steps: int, seed: int, quantity: int) -> tuple[dict, dict, dict]:
    """The tables steps, fills and depth of an execution that is done in equal parts."""
    rng = np.random.default_rng(seed)
    tables = ({k: [] for k in STEPS}, {k: [] for k in FILLS}, {k: [] for k in DEPTH})
    for episode in range(episodes):
        mid = 10_000 + np.cumsum(rng.normal(0, 1, steps)).round()
        done = np.linspace(0, quantity, steps).astype(int)
        start = 10 * SECOND
        for i in range(steps):
            time = start + i * SECOND
            row = (time, episode, 0.01 * done[i] * (mid[i] - mid[0]), mid[i], done[i], done[i],
                   quantity * i / (steps - 1))
            for key, value in zip(STEPS, row):
                tables[0][key].append(value)
            if i > 0 and done[i] > done[i - 1]:
                fill = (time, episode, mid[i] + 1, done[i] - done[i - 1], i % 3)
                for key, value in zip(FILLS, fill):
                    tables[1][key].append(value)
            if episode == 0:
                away = 1 + np.arange(LEVELS)
                book = (time, episode, mid[i] - away, rng.integers(1, 50, LEVELS),
                        mid[i] + away, rng.integers(1, 50, LEVELS))
                for key, value in zip(DEPTH, book):
                    tables[2][key].append(value)
    return tables


def text(value: str) -> np.ndarray:
    """A text of fixed length, which HDF5 keeps under a checksum."""
    data = value.encode()
    return np.array(data, h5py.string_dtype("utf-8", max(1, len(data))))


def write_table(group: h5py.Group, name: str, columns: dict, rows: dict) -> None:
    table = group.create_group(name, track_order=True)
    for column, (kind, unit) in columns.items():
        values = np.array(rows[column], kind)
        if len(values) == 0 and "_" in column:
            values = values.reshape(0, LEVELS)
        made = table.create_dataset(column, data=values, maxshape=(None, *values.shape[1:]),
                                    chunks=(256, *values.shape[1:]), compression="gzip")
        made.attrs["units"] = unit
        made.attrs["description"] = column


def write_run(path: Path, names: list[str], *, episodes: int = 40, steps: int = 0,
              recorded: int = 4, seed: int = 0) -> dict:
    """Writes a run folder of these strategies; with `steps`, series of `recorded` episodes. Returns
    its summary."""
    path.mkdir(parents=True)
    summary: dict = {"strategies": []}
    with h5py.File(path / "episodes.h5", "w", libver=("v110", "v110"), track_order=True) as file:
        file.attrs["schema_version"] = np.int64(1)
        for key, value in {"version": "0.1.0", "revision": "test",
                           "created": "2026-01-02T03:04:05Z",
                           "command": f"hftsim baseline --strategy {','.join(names)}",
                           "config": "market_config: {}"}.items():
            file.attrs[key] = text(value)
        for i, name in enumerate(names):
            values = scores(episodes, seed + i)
            summary["strategies"].append({"strategy": name, "metrics": summary_of(values)})
            group = file.create_group(name, track_order=True)
            group.attrs["kind"] = text("execution")
            group.attrs["params"] = text(json.dumps({"slices": 20 + i, "style": "passive"}))
            table = group.create_group("episodes", track_order=True)
            table.create_dataset("seed", data=np.arange(episodes, dtype="u8"), chunks=(episodes,))
            for metric, (unit, direction) in METRICS.items():
                made = table.create_dataset(metric, data=values[metric], chunks=(episodes,))
                made.attrs["units"] = text(unit)
                made.attrs["description"] = text(f"help of {metric}")
                made.attrs["direction"] = np.int64(direction)
            if steps:
                group.attrs["tick_size"] = 0.01
                for table_name, columns, rows in zip(
                        ("steps", "fills", "depth"), (STEPS, FILLS, DEPTH),
                        series(recorded, steps, seed + i, 200)):
                    write_table(group, table_name, columns, rows)
    (path / "summary.json").write_text(json.dumps(summary) + "\n")
    (path / "config.yaml").write_text("market_config: {}\n")
    (path / "log.txt").write_text("2026-01-02T03:04:05Z complete\n")
    return summary
