"""What the tests of the Python client share: program, library, a server, a small config."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hftsim
import hftsim.local
import pytest

os.environ.setdefault("SDL_VIDEODRIVER", "dummy")  # windows are opened on no screen
REPOSITORY = Path(__file__).resolve().parents[2]
EPISODE_LEN = 25
# Two kinds of seats, two of one kind, and episodes short enough to run whole.
CONFIG = f"""
market_config: {{decision_ms: 200, volatility: 0.02, volatility_of_volatility: 0}}
populations: [{{kind: noise}}, {{kind: value}}, {{kind: maker}}]
env_config: {{warmup_s: 2, episode_len: {EPISODE_LEN}}}
seats:
  - {{kind: maker, count: 2}}
  - {{kind: executor, side: sell, parent_qty: 50}}
"""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: left out where the program has a sanitizer")


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


@pytest.fixture(scope="session")
def library(program: Path) -> Path:
    """The C library of the same build."""
    path = Path(hftsim.installed.find_library("libhftsim.so.1"))
    if not path.is_file():
        pytest.fail(f"there is no library at {path}: build it, or name it in HFTSIM_LIB")
    skip_sanitizers(path)
    return path


@functools.cache
def has_sanitizer(path: Path) -> bool:
    return path.is_file() and b"__asan_init" in path.read_bytes()


def skip_sanitizers(path: Path) -> None:
    if has_sanitizer(path):
        pytest.skip("a library with a sanitizer runs only in a program with the same sanitizer")


@pytest.fixture(autouse=True)
def _no_sanitizer_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skips a test that loads a library with a sanitizer, which would end all of pytest here."""
    load = hftsim.local.load_library

    def load_or_skip() -> Any:
        skip_sanitizers(Path(hftsim.installed.find_library("libhftsim.so.1")))
        return load()

    monkeypatch.setattr(hftsim.local, "load_library", load_or_skip)


@pytest.fixture(scope="session")
def config_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("config") / "small.yaml"
    path.write_text(CONFIG)
    return path


@pytest.fixture(scope="session")
def second_server(program: Path) -> Iterator[hftsim.Server]:
    with hftsim.launch(program=program) as running:
        yield running
    assert running._process.returncode == 0


@pytest.fixture(params=["on a server", "in this process"])
def endpoint(request: pytest.FixtureRequest) -> str | None:
    """Where envs are: a test that asks for it runs for both places."""
    if request.param == "on a server":
        return str(request.getfixturevalue("server").endpoint)
    request.getfixturevalue("library")
    return None


@pytest.fixture(params=["on a server", "in this process", "on two servers"])
def make_small(request: pytest.FixtureRequest, config_file: Path) -> Callable[..., hftsim.Pool]:
    """Makes envs of the small config: a test that asks for it runs for all places."""
    if request.param == "in this process":
        request.getfixturevalue("library")
        return functools.partial(hftsim.make, config_file)
    endpoints = [request.getfixturevalue("server").endpoint]
    if request.param == "on two servers":
        endpoints.append(request.getfixturevalue("second_server").endpoint)

    def make(num_envs: int = 1, **options: Any) -> hftsim.Pool:
        return hftsim.make(config_file, num_envs, endpoint=endpoints[:num_envs], **options)

    return make


@pytest.fixture
def envs(server: hftsim.Server) -> Iterator[hftsim.Pool]:
    """Three envs of the small config on a server, seed 7."""
    with server.connect(config_text=CONFIG, num_envs=3, seed=7) as made:
        yield made
