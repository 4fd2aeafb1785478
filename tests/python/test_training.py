"""The run folder of `hftsim train`, as other programs read it."""

import csv
import subprocess
from pathlib import Path

import pytest

loader = pytest.importorskip(
    "tensorboard.backend.event_processing.event_accumulator", reason="needs tensorboard"
)


def test_tensorboard(program: Path, tmp_path: Path) -> None:
    """TensorBoard reads from the event files what metrics.csv says."""
    out = tmp_path / "run"
    arguments = ["--config", "taking", "--steps", "960", "--out", str(out), "--quiet"]
    for pair in ("num_envs=8", "rollout_steps=20", "evaluate_episodes=4", "evaluate_every=3"):
        arguments += ["--set", f"training.{pair}"]
    subprocess.run([program, "train", *arguments], check=True, capture_output=True)
    events = loader.EventAccumulator(str(out))
    events.Reload()
    with (out / "metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    figures = [name for name in rows[0] if "/" in name]
    assert len(figures) > 3
    for name in figures:
        told = {int(row["steps"]): float(row[name]) for row in rows if row[name] != ""}
        read = {event.step: event.value for event in events.Scalars(name)} if told else {}
        assert read.keys() == told.keys()
        for step, value in told.items():
            assert read[step] == pytest.approx(value, rel=1e-6, abs=1e-30)
    scores = events.Scalars("evaluation/taking/score")
    assert [event.step for event in scores] == [480, 960]
