"""The cells of cells.toml and their results."""

from __future__ import annotations

import fnmatch
import hashlib
import itertools
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

try:
    import tomllib
except ImportError:
    sys.exit("claims.py needs Python 3.11 or newer")

ROOT = Path(__file__).resolve().parents[1]
CLAIMS = ROOT / "claims"
RESULTS = CLAIMS / "results"
CELL_KEYS = {"name", "what", "command", "minutes", "environment", "inputs", "holds", "matrix"}
RESULT_KEYS = {"cell", "command", "revision", "inputs", "versions", "status", "seconds"}
NAME = re.compile(r"[a-z0-9_]+(/[a-z0-9_]+)+")

PASSED, FAILED, NOT_INSTALLABLE = "passed", "failed", "not installable"


@dataclass(frozen=True)
class Cell:
    """One row of the table: a command whose outcome is recorded.

    Attributes:
        name: ``group/name``, which is also the path of its result.
        what: a phrase for the documents.
        command: run from the root of the repository.
        minutes: an estimate; the limit is ten times as long.
        environment: a name in ``[environments]``; "" for the Python that runs this.
        inputs: tracked paths. If their content changes, the result is stale.
        holds: an expression over the figures that must be true; "" for no condition.
    """

    name: str
    what: str
    command: tuple[str, ...]
    minutes: float
    environment: str = ""
    inputs: tuple[str, ...] = ()
    holds: str = ""

    @property
    def result(self) -> Path:
        return RESULTS / f"{self.name}.json"


@dataclass(frozen=True)
class Table:
    """The content of cells.toml.

    Attributes:
        base: the packages of every environment.
        environments: the further packages of each environment.
        documents: the documents that show results.
    """

    cells: tuple[Cell, ...]
    base: tuple[str, ...]
    environments: dict[str, tuple[str, ...]]
    documents: tuple[Path, ...]

    def chosen(self, patterns: list[str]) -> list[Cell]:
        """The cells whose names match a pattern; all cells without patterns."""
        for pattern in patterns:
            if not any(fnmatch.fnmatchcase(cell.name, pattern) for cell in self.cells):
                raise ValueError(f"no cell matches {pattern}")
        return [
            cell
            for cell in self.cells
            if not patterns or any(fnmatch.fnmatchcase(cell.name, p) for p in patterns)
        ]


def read_table() -> Table:
    """Reads cells.toml. Raises ``ValueError`` if it is invalid."""
    data = tomllib.loads((CLAIMS / "cells.toml").read_text(encoding="utf-8"))
    environments = {name: tuple(packages) for name, packages in data["environments"].items()}
    base = environments.pop("base")
    cells = [cell for row in data["cells"] for cell in _expanded(row)]
    names = [cell.name for cell in cells]
    for cell in cells:
        if not NAME.fullmatch(cell.name) or names.count(cell.name) > 1:
            raise ValueError(f"{cell.name}: a name is unique, group/name in a-z, 0-9 and _")
        if cell.environment and cell.environment not in environments:
            raise ValueError(f"{cell.name}: unknown environment {cell.environment}")
        if cell.holds:
            compile(cell.holds, cell.name, "eval")
    return Table(tuple(cells), base, environments, tuple(ROOT / d for d in data["documents"]))


def _expanded(row: dict[str, Any]) -> list[Cell]:
    """A row is one cell or, with ``matrix = {seed = [1, 2]}``, one cell per combination."""
    if unknown := row.keys() - CELL_KEYS:
        raise ValueError(f"{row.get('name')}: unknown keys {', '.join(sorted(unknown))}")
    matrix = row.get("matrix", {})
    cells = []
    for values in itertools.product(*matrix.values()):
        named = dict(zip(matrix, values, strict=True))

        def filled(text: str, named: dict[str, Any] = named) -> str:
            for key, value in named.items():
                text = text.replace(f"{{{key}}}", str(value))
            return text

        cells.append(
            Cell(
                name=filled(row["name"]),
                what=filled(row["what"]),
                command=tuple(map(filled, row["command"])),
                minutes=float(row["minutes"]),
                environment=row.get("environment", ""),
                inputs=tuple(map(filled, row.get("inputs", ()))),
                holds=row.get("holds", ""),
            )
        )
    return cells


def lock_of(environment: str) -> Path:
    """The file with the exact package versions of an environment."""
    return CLAIMS / "environments" / f"{environment}.txt"


def git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def revision() -> str:
    """The current commit, marked if files other than results and docs differ from it."""
    changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!claims/results",
                  ":!docs")  # fmt: skip
    return git("rev-parse", "--short=12", "HEAD").strip() + ("+changes" if changed else "")


def digest(cell: Cell) -> str:
    """A digest of what makes a result stale: command, environment and content of inputs."""
    sha = hashlib.sha256(repr((cell.command, cell.holds)).encode())
    if cell.environment:
        sha.update(lock_of(cell.environment).read_bytes())
    for wanted in cell.inputs:
        paths = git("ls-files", "-z", "--", wanted).split("\0")[:-1]
        if not paths:
            raise ValueError(f"{cell.name}: no tracked file at {wanted}")
        for path in paths:
            file = ROOT / path
            sha.update(f"\0{path}\0".encode() + (file.read_bytes() if file.is_file() else b""))
    return sha.hexdigest()[:16]


def read_result(cell: Cell) -> dict[str, Any] | None:
    """The committed result; None if the cell was never run. Raises ``ValueError`` if invalid."""
    try:
        result = json.loads(cell.result.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ValueError(f"{cell.result.relative_to(ROOT)}: {error}") from None
    if not isinstance(result, dict) or not RESULT_KEYS <= result.keys():
        raise ValueError(f"{cell.result.relative_to(ROOT)} is not a valid result")
    return result


def write_result(cell: Cell, result: dict[str, Any]) -> None:
    """Replaces the result atomically."""
    cell.result.parent.mkdir(parents=True, exist_ok=True)
    part = cell.result.with_suffix(".part")
    part.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(cell.result)


def state_of(cell: Cell) -> str:
    """``passed``, ``failed``, ``not installable``, ``stale`` or ``never run``."""
    result = read_result(cell)
    if result is None:
        return "never run"
    return str(result["status"]) if result["inputs"] == digest(cell) else "stale"
