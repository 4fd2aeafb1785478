#!/usr/bin/env python3
"""Runs the cells of cells.toml whose results are missing, stale or bad, one after the other.

A cell is a command that takes too long, or packages too many, for the tests: a training run, a
storm, a framework. Its result is a small file in claims/results, which is committed. A run that was
cut short goes on with the first cell that is not done. A cell that fails is named and does not stop
the others; the exit code is then 1.

The figures of a result are the last line of the command's standard output where that is a JSON
object; else the result keeps the last lines as they are. A command that takes long may keep
checkpoints in the folder CLAIMS_FOLDER, which stays until the cell is done. Logs, environments and
these folders are in build/claims.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import documents
from cells import (
    FAILED,
    NOT_INSTALLABLE,
    PASSED,
    ROOT,
    Cell,
    Table,
    digest,
    lock_of,
    read_table,
    revision,
    state_of,
    write_result,
)

BUILD = ROOT / "build" / "claims"
VENVS = BUILD / "venvs"
OUTPUT_LINES = 20
LIMIT = 10  # times the estimate is how long a cell may take


class NotInstallable(Exception):
    """pip could not make an environment."""


class Failed(Exception):
    """A command did not end as it should."""


def say(text: str) -> None:
    print(text, flush=True)


# ---- commands ----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Run:
    """A run of this program, alone in this tree.

    Attributes:
        table: what there is to run.
        held: the lock of the tree. All that a run starts holds it too: a second run never begins
            beside what a killed one has left.
    """

    table: Table
    held: IO[bytes]

    def command(
        self,
        command: list[str],
        out: IO[bytes],
        err: IO[bytes],
        minutes: float = 60,
        **options: Any,
    ) -> None:
        """Runs a command to its end, and ends all that it started. ``Failed`` but for exit 0."""
        child = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,
            pass_fds=[self.held.fileno()],
            **options,
        )
        try:
            code = child.wait(60 * minutes)
        except subprocess.TimeoutExpired:
            raise Failed(f"still running after {minutes:g} minutes") from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        if code != 0:
            raise Failed(f"exit code {code}" if code > 0 else f"ended by signal {-code}")


@contextlib.contextmanager
def alone(table: Table) -> Iterator[Run]:
    BUILD.mkdir(parents=True, exist_ok=True)
    with open(BUILD / "lock", "wb") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failed("another run, or what one has left, is at work in this tree") from None
        yield Run(table, held)


def clean(text: str) -> str:
    """Text for the record: without paths of this machine and hosts of its registries."""
    text = text.replace(f"{ROOT}/", "").replace(str(ROOT), ".")
    text = re.sub(r"\w+://\S+", "URL", text)
    return re.sub(r"(?<![\w.])/(?:[\w.+-]+/)+", ".../", text)


# ---- environments ------------------------------------------------------------------------------
def make_environment(run: Run, name: str, requirements: list[str], log: IO[bytes]) -> Path:
    """A fresh virtual environment with these packages: its python."""
    folder = VENVS / name
    python = folder / "bin" / "python"
    quiet = ["--quiet", "--disable-pip-version-check"]
    say(f"  making environment {name}")
    try:
        run.command([sys.executable, "-m", "venv", "--clear", str(folder)], log, log)
        run.command([str(python), "-m", "pip", "install", *quiet, *requirements], log, log)
    except Failed as failure:
        lines = Path(log.name).read_text("utf-8", "replace").splitlines()
        errors = [line for line in lines if line.startswith("ERROR: ")]
        reason = errors[-1].removeprefix("ERROR: ") if errors else str(failure)
        raise NotInstallable(reason) from None
    return python


def environment(run: Run, name: str, log: IO[bytes]) -> Path:
    """The locked environment, made where it is not there yet: its python."""
    python, stamp = VENVS / name / "bin" / "python", VENVS / name / "made"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != made_of(name):
        make_environment(run, name, ["--requirement", str(lock_of(name))], log)
        stamp.write_text(made_of(name), encoding="utf-8")
    return python


def made_of(name: str) -> str:
    """What the stamp of an environment that is complete says."""
    return f"{platform.python_version()}\n{lock_of(name).read_text(encoding='utf-8')}"


def lock(run: Run, name: str) -> None:
    """Writes down the exact version of all that the packages of an environment bring."""
    packages = run.table.environments[name]
    with open(BUILD / f"lock_{name}.log", "wb") as log:
        python = make_environment(run, name, [*run.table.base, *packages], log)
    listed = [str(python), "-m", "pip", "freeze"]
    frozen = subprocess.run(listed, check=True, stdout=subprocess.PIPE, text=True).stdout
    # +cpu and the like tell which build of a version pip has found: each machine has its own.
    lines = [re.sub(r"\+.*", "", line) for line in frozen.splitlines()]
    if odd := [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.!]+", line)]:
        raise Failed(f"{name}: no exact versions: {', '.join(odd)}")
    text = f"# claims.py --lock {name}: all that {', '.join(packages)} bring\n"
    lock_of(name).parent.mkdir(exist_ok=True)
    lock_of(name).write_text(text + "\n".join(lines) + "\n", encoding="utf-8")
    (VENVS / name / "made").write_text(made_of(name), encoding="utf-8")


def versions(table: Table, cell: Cell) -> dict[str, str]:
    """Python's, and those of the packages that the cell's environment is about."""
    found = {"python": platform.python_version()}
    if cell.environment:
        locked = dict(
            line.split("==")
            for line in lock_of(cell.environment).read_text(encoding="utf-8").splitlines()
            if not line.startswith("#")
        )
        exact = {name.lower().replace("_", "-"): version for name, version in locked.items()}
        for package in table.environments[cell.environment]:
            name = re.split(r"[\[=<>!~]", package)[0]
            found[name] = exact[name.lower().replace("_", "-")]
    return found


# ---- cells -------------------------------------------------------------------------------------
def program() -> Path:
    return Path(os.environ.get("HFTSIM_BIN") or ROOT / "build" / "release" / "bin" / "hftsim")


def program_version() -> str:
    """What the program says that it is; "" where there is none, as some cells need none."""
    try:
        said = subprocess.run([program(), "--version"], stdout=subprocess.PIPE, text=True)
    except OSError:
        return ""
    return said.stdout.strip()


def surroundings(python: Path, folder: Path) -> dict[str, str]:
    """What a command sees: its python and hftsim on the PATH, this tree's client."""
    path = [str(python.parent), str(program().parent), os.environ.get("PATH", os.defpath)]
    return {
        **os.environ,
        "PATH": os.pathsep.join(path),
        "PYTHONPATH": str(ROOT / "python" / "src"),
        "PYTHONUNBUFFERED": "1",
        "HFTSIM_BIN": str(program()),
        "CLAIMS_FOLDER": str(folder),
    }


def found(output: str) -> dict[str, Any]:
    """What a command has said: its figures, or its last lines."""
    lines = output.strip().splitlines()
    try:
        figures = json.loads(lines[-1] if lines else "")
    except json.JSONDecodeError:
        figures = None
    if isinstance(figures, dict):
        return {"figures": figures}
    return {"output": [clean(line) for line in lines[-OUTPUT_LINES:]]}


def check(cell: Cell, outcome: dict[str, Any]) -> None:
    """``Failed`` where the figures are not as the cell says."""
    if not cell.holds:
        return
    try:
        true = eval(cell.holds, {"__builtins__": {}}, outcome.get("figures", {}))
    except Exception as error:
        raise Failed(f"{cell.holds}: {error}") from None
    if not true:
        raise Failed(f"not so: {cell.holds}")


def run_command(run: Run, cell: Cell, logs: Path, folder: Path) -> dict[str, Any]:
    """Runs a cell's command: status, reason and seconds."""
    outcome: dict[str, Any] = {"status": PASSED}
    begun = time.monotonic()
    with open(logs / "stdout", "wb") as out, open(logs / "stderr", "wb") as err:
        try:
            python = Path(sys.executable)
            if cell.environment:
                python = environment(run, cell.environment, err)
            begun = time.monotonic()
            limit = LIMIT * max(cell.minutes, 1)
            run.command([*cell.command], out, err, limit, env=surroundings(python, folder))
        except NotInstallable as failure:
            outcome = {"status": NOT_INSTALLABLE, "reason": clean(str(failure))}
        except (Failed, OSError) as failure:
            outcome = {"status": FAILED, "reason": clean(str(failure))}
    return {**outcome, "seconds": round(time.monotonic() - begun, 1)}


def run_cell(run: Run, cell: Cell) -> str:
    """Runs a cell and writes its result: what became of it."""
    logs, folder = BUILD / "logs" / cell.name, BUILD / "folders" / cell.name
    for needed in (logs, folder):
        needed.mkdir(parents=True, exist_ok=True)
    result: dict[str, Any] = {
        "cell": cell.name,
        "command": list(cell.command),
        "revision": revision(),
        "inputs": digest(cell),
        "program": program_version(),
        "versions": versions(run.table, cell),
        "cores": os.cpu_count(),
    }
    result |= run_command(run, cell, logs, folder)
    outcome = found((logs / "stdout").read_text(encoding="utf-8", errors="replace"))
    if result["status"] == PASSED:
        try:
            check(cell, outcome)
            shutil.rmtree(folder)
        except Failed as failure:
            result |= {"status": FAILED, "reason": str(failure)}
    write_result(cell, result | outcome)
    return str(result["status"])


def run_cells(run: Run, cells: list[Cell], force: bool) -> int:
    """Runs those that are not done, or all: how many are not as they should be."""
    bad = []
    for number, cell in enumerate(cells, 1):
        state = state_of(cell)
        if state == PASSED and not force:
            continue
        if force or state == "stale":
            shutil.rmtree(BUILD / "folders" / cell.name, ignore_errors=True)
        say(f"{cell.name} ({number} of {len(cells)}, {state}, about {cell.minutes:g} min)")
        status = run_cell(run, cell)
        say(f"{cell.name}: {status}")
        if status != PASSED:
            bad.append(f"{cell.name}: {status}, see build/claims/logs/{cell.name}")
    for line in bad:
        say(line)
    say(f"{len(cells) - len(bad)} of {len(cells)} cells passed")
    return len(bad)


# ---- the program -------------------------------------------------------------------------------
def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", metavar="PATTERN", action="append", default=[],
                        help="cells whose names match, such as 'frameworks/*'")  # fmt: skip
    parser.add_argument("--force", action="store_true", help="run those that are done, too")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="tell the state of cells, run none")
    what.add_argument("--lock", metavar="ENVIRONMENT", action="append", default=[],
                      help="renew claims/environments/ENVIRONMENT.txt")  # fmt: skip
    what.add_argument("--write-docs", action="store_true",
                      help="renew what the documents take from results and files")  # fmt: skip
    what.add_argument("--check-docs", action="store_true", help="exit 1 where they differ")
    return parser.parse_args()


def act(arguments: argparse.Namespace) -> int:
    """Does what is asked: how many things are not as they should be."""
    table = read_table()
    cells = table.chosen(arguments.only)
    if arguments.write_docs or arguments.check_docs:
        return documents.renew(table, write=arguments.write_docs)
    if arguments.list:
        for cell in cells:
            say(f"{state_of(cell):15} {cell.minutes:6g} min  {cell.name}")
        return 0
    for name in arguments.lock:
        if name not in table.environments:
            raise ValueError(f"no environment is named {name}")
    with alone(table) as run:
        if not arguments.lock:
            try:
                return run_cells(run, cells, arguments.force)
            finally:
                documents.renew(table, write=True)
        for name in arguments.lock:
            lock(run, name)
    return 0


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    arguments = parse()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    try:
        return min(1, act(arguments))
    except (ValueError, KeyError, Failed, NotInstallable, OSError) as error:
        print(f"claims.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("claims.py: interrupted; what was done is kept", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
