"""The built-in tables of the population `reactive` are what configs/tables/make.py writes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import REPOSITORY

FOLDER = REPOSITORY / "configs/tables"
NAMES = sorted(path.name for path in FOLDER.glob("*.yaml"))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    subprocess.run([sys.executable, FOLDER / "make.py", folder], check=True)
    return folder


def test_files(written: Path) -> None:
    assert sorted(path.name for path in written.iterdir()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_text(written: Path, name: str) -> None:
    assert (written / name).read_text() == (FOLDER / name).read_text()


@pytest.mark.parametrize("name", NAMES)
def test_file_is_the_builtin(program: Path, written: Path, name: str) -> None:
    """A market with the file is the one with the built-in tables."""
    facts = []
    for tables in (written / name, name.removesuffix(".yaml")):
        command = [program, "validate", "--duration", "300s", "--claim", "none", "--json", "--set"]
        command.append(f"populations.reactive.tables={tables}")
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        facts.append(json.loads(done.stdout)["facts"])
    assert facts[0] == facts[1]
