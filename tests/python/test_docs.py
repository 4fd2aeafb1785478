"""The guide's examples run as they stand there, but shorter."""

import importlib.util
import os
import re
import subprocess
import sys
import tempfile

import pytest

from conftest import REPOSITORY

GUIDE = (REPOSITORY / "docs" / "python.md").read_text(encoding="utf-8")
# Whole programs are those that import what they use.
EXAMPLES = re.findall(r"```python\n(import hftsim\n.*?)```", GUIDE, re.DOTALL)
SHORTER = {
    "num_envs=64, overrides": "num_envs=4, overrides",
    "learn(200_000)": "learn(800)",
    "range(10)": "range(1)",
    ".env_runners(num_env_runners=2)": (
        ".env_runners(num_env_runners=1, sample_timeout_s=600)"
        ".training(train_batch_size=700, minibatch_size=350, num_epochs=1)"
    ),
}
PACKAGES = ("stable_baselines3", "ray")


def of_package(example):
    return next((name for name in PACKAGES if f"from {name}" in example), None)


def test_all_are_found():
    assert len(EXAMPLES) == 6 and {*map(of_package, EXAMPLES)} == {None, *PACKAGES}
    assert all(any(long in example for example in EXAMPLES) for long in SHORTER)


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    "example",
    [
        pytest.param(example, marks=[pytest.mark.slow] if of_package(example) else [])
        for example in EXAMPLES
    ],
    ids=[re.search(r"hftsim\.((?:sb3\.|rllib\.)?\w+)", example)[1] for example in EXAMPLES],
)
def test_example(example, program, tmp_path):
    package = of_package(example)
    if package is not None and importlib.util.find_spec(package) is None:
        pytest.skip(f"needs {package}")
    for long, short in SHORTER.items():
        example = example.replace(long, short)
    environment = {
        **os.environ,
        "HFTSIM_BIN": str(program),
        "OMP_NUM_THREADS": "1",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_raylet_start_wait_time_s": "300",
    }
    command = [sys.executable, "-c", example]
    with tempfile.TemporaryDirectory(prefix="ray-") as folder:
        environment["RAY_TMPDIR"] = folder
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
    assert done.returncode == 0, done.stderr
