#!/usr/bin/env python3
"""Runs the cells of cells.toml whose results are missing, stale or failed, one after the other.

A cell is a command that takes too long, or needs too many packages, for the tests: a training run,
a storm, a framework. Its result is a small file in claims/results, which is committed. An
interrupted run continues with the first unfinished cell. A failed cell is reported and does not
stop the others; the exit code is then 1.

The figures of a result are the last line of the command's standard output if that is a JSON object;
otherwise the result keeps the last lines. A long command may keep checkpoints in the folder
CLAIMS_FOLDER, which is kept until the cell is done. Logs, environments and these folders are in
build/claims.
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
LIMIT = 10  # a cell may take this many times its estimate


class NotInstallable(Exception):
    """pip could not create an environment."""


class Failed(Exception):
    """A command failed."""


def say(text: str) -> None:
    print(text, flush=True)


# ---- commands ----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Run:
    """An exclusive run of this program in this tree.

    Attributes:
        table: the cells.
        held: the lock of the tree. Child processes inherit it, so a second run never starts while
            processes of a killed run are alive.
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
        """Runs a command and kills its remaining children. ``Failed`` unless it exits with 0."""
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
            raise Failed("another run, or a process left by one, is active in this tree") from None
        yield Run(table, held)


def clean(text: str) -> str:
    """Removes paths of this machine and hosts of its registries from a text."""
    text = text.replace(f"{ROOT}/", "").replace(str(ROOT), ".")
    text = re.sub(r"\w+://\S+", "URL", text)
    return re.sub(r"(?<![\w.])/(?:[\w.+-]+/)+", ".../", text)


# ---- environments ------------------------------------------------------------------------------
def make_environment(run: Run, name: str, requirements: list[str], log: IO[bytes]) -> Path:
    """Creates a fresh virtual environment with these packages; returns its python."""
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
    """Creates the locked environment if it does not exist; returns its python."""
    python, stamp = VENVS / name / "bin" / "python", VENVS / name / "made"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != made_of(name):
        make_environment(run, name, ["--requirement", str(lock_of(name))], log)
        stamp.write_text(made_of(name), encoding="utf-8")
    return python


def made_of(name: str) -> str:
    """The content of the stamp of a complete environment."""
    return f"{platform.python_version()}\n{lock_of(name).read_text(encoding='utf-8')}"


def lock(run: Run, name: str) -> None:
    """Writes the exact versions of an environment's packages and their dependencies."""
    packages = run.table.environments[name]
    with open(BUILD / f"lock_{name}.log", "wb") as log:
        python = make_environment(run, name, [*run.table.base, *packages], log)
    listed = [str(python), "-m", "pip", "freeze"]
    frozen = subprocess.run(listed, check=True, stdout=subprocess.PIPE, text=True).stdout
    # +cpu and the like depend on the build that pip has found on this machine.
    lines = [re.sub(r"\+.*", "", line) for line in frozen.splitlines()]
    if odd := [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.!]+", line)]:
        raise Failed(f"{name}: no exact versions: {', '.join(odd)}")
    text = f"# claims.py --lock {name}: {', '.join(packages)} and their dependencies\n"
    lock_of(name).parent.mkdir(exist_ok=True)
    lock_of(name).write_text(text + "\n".join(lines) + "\n", encoding="utf-8")
    (VENVS / name / "made").write_text(made_of(name), encoding="utf-8")


def versions(table: Table, cell: Cell) -> dict[str, str]:
    """The versions of Python and of the packages that the cell's environment names."""
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
    """The program's version; "" without a program, which some cells do not need."""
    try:
        said = subprocess.run([program(), "--version"], stdout=subprocess.PIPE, text=True)
    except OSError:
        return ""
    return said.stdout.strip()


def surroundings(python: Path, folder: Path) -> dict[str, str]:
    """The environment variables of a command: its python and hftsim on the PATH, this client."""
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
    """The figures in the output of a command, or its last lines."""
    lines = output.strip().splitlines()
    try:
        figures = json.loads(lines[-1] if lines else "")
    except json.JSONDecodeError:
        figures = None
    if isinstance(figures, dict):
        return {"figures": figures}
    return {"output": [clean(line) for line in lines[-OUTPUT_LINES:]]}


def check(cell: Cell, outcome: dict[str, Any]) -> None:
    """Raises ``Failed`` if the figures do not satisfy the cell's condition."""
    if not cell.holds:
        return
    try:
        true = eval(cell.holds, {"__builtins__": {}}, outcome.get("figures", {}))
    except Exception as error:
        raise Failed(f"{cell.holds}: {error}") from None
    if not true:
        raise Failed(f"condition is false: {cell.holds}")


def run_command(run: Run, cell: Cell, logs: Path, folder: Path) -> dict[str, Any]:
    """Runs a cell's command; returns status, reason and seconds."""
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
    """Runs a cell and writes its result; returns the status."""
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
    """Runs the unfinished cells, or all with force; returns how many did not pass."""
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
    parser.add_argument("--force", action="store_true", help="also run cells that are done")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="print the state of cells and exit")
    what.add_argument("--lock", metavar="ENVIRONMENT", action="append", default=[],
                      help="update claims/environments/ENVIRONMENT.txt")  # fmt: skip
    what.add_argument("--write-docs", action="store_true",
                      help="update the documents' regions from results and files")  # fmt: skip
    what.add_argument("--check-docs", action="store_true", help="exit 1 if they are out of date")
    return parser.parse_args()


def act(arguments: argparse.Namespace) -> int:
    """Executes the command line; returns the number of problems."""
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
            raise ValueError(f"no environment has the name {name}")
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
        print("claims.py: interrupted; finished results are kept", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
