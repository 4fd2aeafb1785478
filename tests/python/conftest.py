"""What the tests of the Python client share: the program, a server, a small config."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hftsim
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
EPISODE_LEN = 25
# Two kinds of seats, two of one kind, and episodes short enough to run whole.
CONFIG = f"""
market_config: {{decision_ms: 200}}
env_config: {{warmup_s: 2, episode_len: {EPISODE_LEN}}}
seats:
  - {{kind: maker, count: 2}}
  - {{kind: executor, side: sell, parent_qty: 50}}
"""


@pytest.fixture(scope="session")
def program() -> Path:
    """The hftsim program. Without it these tests fail: they test nothing."""
    path = Path(os.environ.get("HFTSIM_BIN") or REPOSITORY / "build/release/bin/hftsim")
    if not path.is_file():
        pytest.fail(f"there is no program at {path}: build it, or name it in HFTSIM_BIN")
    return path


@pytest.fixture(scope="session")
def server(program: Path) -> Iterator[hftsim.Server]:
    with hftsim.launch(program=program) as running:
        yield running
    assert running._process.returncode == 0  # it neither crashed nor leaked


@pytest.fixture
def envs(server: hftsim.Server) -> Iterator[hftsim.VectorEnv]:
    """Three envs of the small config, seed 7."""
    with server.connect(config_text=CONFIG, num_envs=3, seed=7) as made:
        yield made
