"""Runs what stands on a page, in an empty folder, as a reader would.

Nothing is changed but what makes runs possible beside each other, and short: port 5555 and 9090 are
free ports instead, `hftsim serve` runs beside what follows until the next server or the end of the
page, and `hftsim bench env`, `market`, `server` and `learn` measure for a tenth of a second. Files
that readers bring, LOBSTER's tapes and workloads of the order book, are stand-ins.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import re
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("HFTSIM_SHARED") or ROOT.parent / "shared")
SAMPLE = "data/sample/SYMA_2026-01-02_34200000_34800000_{}_5.csv"
TAPE = re.compile(r"\b[A-Z]+(?:_[\d-]+_\d+_\d+)?_(message|orderbook)_(\d+)\.csv")
WORKLOAD = re.compile(r"\b(?:shallow|deep)\.bin\b")
SERVE = re.compile(r"^hftsim serve\b(?!.*--help)")
READY = re.compile(r'serving on|"event": "start"')
SECONDS = 600
READY_SECONDS = 60

WRAPPER = """#!/bin/sh
case "$1 $2" in
  *--help*) ;;
  serve*)
    case " $* " in *" --bind"*) ;; *)
      shift
      set -- serve --bind tcp://127.0.0.1:{port} "$@" ;;
    esac ;;
  "bench env" | "bench market" | "bench server" | "bench learn")
    case " $* " in *" --help "*) ;; *) set -- "$@" --seconds 0.1 ;; esac ;;
esac
exec {program} "$@"
"""

# Executes the blocks that it reads, one after the other, in one module.
SESSION = """
def _run_blocks():
    import json, sys, traceback
    results = open(int(sys.argv[1]), "w")
    sys.argv = [""]
    for line in sys.stdin:
        block = json.loads(line)
        failed = ""
        try:
            text = "\\n" * (block["line"] - 1) + block["text"]
            exec(compile(text, block["page"], "exec"), globals())
        except BaseException:
            failed = traceback.format_exc()
        sys.stdout.flush()
        print(json.dumps(failed), file=results, flush=True)
_run_blocks()
"""


class Failed(Exception):
    """A command that ended otherwise than it should."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def workload() -> bytes:
    """Two thousand orders, each cancelled by the next message, in a book of a hundred."""
    prefill = [struct.pack("<BBHIII", 0, i % 2, 110 - 20 * (i % 2 == 0), 5, i + 1, 0)
               for i in range(100)]
    timed = []
    for i in range(2000):
        timed.append(struct.pack("<BBHIII", 0, i % 2, 108 - 16 * (i % 2 == 0), 5, 101 + i, 0))
        timed.append(struct.pack("<BBHIII", 1, i % 2, 1, 1, 101 + i, 0))
    head = b"OBMSG01\0" + struct.pack("<IIII", len(prefill), len(timed), 2100, 200)
    return head + b"".join(prefill + timed)


def tail(text: str) -> str:
    lines = text.strip().splitlines()
    return "\n".join(lines[-15:])


class Reader:
    """One reader of one page: a folder, a server at most, a Python session at most."""

    def __init__(self, program: Path) -> None:
        self.program = program
        self.ports = {"5555": str(free_port()), "9090": str(free_port())}
        self.server: subprocess.Popen | None = None
        self.session: tuple[subprocess.Popen, Any, Any] | None = None
        self.base = Path(tempfile.mkdtemp(prefix="hftsim-docs-"))
        self.folder = self.base / "folder"
        self.repository = self.base / "repository"
        self.log = self.base / "server.log"
        for folder in (self.folder, self.repository, self.base / "bin"):
            folder.mkdir()
        for entry in ROOT.iterdir():
            if entry.name not in (".git", "build", ".venv", "demo", "results"):
                (self.repository / entry.name).symlink_to(entry)
        wrapper = WRAPPER.format(port=self.ports["5555"], program=shlex.quote(str(program)))
        self.install("hftsim", wrapper)
        for name in ("python", "python3"):
            self.install(name, f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
        path = f"{self.base / 'bin'}{os.pathsep}{os.environ['PATH']}"
        source = ROOT / "python" / "src"
        paths = [os.environ["PYTHONPATH"]] if os.environ.get("PYTHONPATH") else []
        self.environment = os.environ | {
            "PATH": path, "HFTSIM_BIN": str(program), "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join([str(source), *paths]),
            "HFTSIM_SHARED": str(SHARED),
            "RAY_USAGE_STATS_ENABLED": "0", "RAY_raylet_start_wait_time_s": "300",
        }

    def install(self, name: str, script: str) -> None:
        path = self.base / "bin" / name
        path.write_text(script)
        path.chmod(0o755)

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *raised: object) -> None:
        try:
            self.end_session()
            self.stop_server()
        finally:
            shutil.rmtree(self.base, ignore_errors=True)

    # ---- what is changed and brought ---------------------------------------------------------

    def adapted(self, text: str, where: Path) -> str:
        for port, free in self.ports.items():
            text = re.sub(rf"(?<=:){port}\b", free, text)
        self.bring(text, where)
        return text.replace("ipc:///tmp/", f"ipc://{self.base}/")

    def bring(self, text: str, where: Path) -> None:
        for found in TAPE.finditer(text):
            target = where / found[0]
            if text[: found.start()].endswith("/") or target.exists():
                continue
            lines = (ROOT / SAMPLE.format(found[1])).read_text().splitlines()
            if found[1] == "orderbook":
                lines = [",".join(line.split(",")[: 4 * int(found[2])]) for line in lines]
            target.write_text("\n".join(lines) + "\n")
        for name in WORKLOAD.findall(text):
            if not (where / name).exists():
                (where / name).write_bytes(workload())

    # ---- commands ----------------------------------------------------------------------------

    def sh(self, text: str, code: int = 0, in_repository: bool = False) -> str:
        """What the commands print, as a terminal shows it."""
        where = self.repository if in_repository else self.folder
        output = ""
        for part in self.parts(self.adapted(text, where)):
            if SERVE.match(part) and code == 0:
                self.serve(part, where)
                continue
            command = ["bash", "-e", "-o", "pipefail", "-c", part]
            try:
                done = subprocess.run(
                    command, cwd=where, env=self.environment, stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS,
                    check=False)
            except subprocess.TimeoutExpired as late:
                raise Failed(f"{part.strip()}\nhas not ended after {SECONDS} s") from late
            output += done.stdout
            if done.returncode != code:
                raise Failed(f"{part.strip()}\nends with exit code {done.returncode}, not {code}; "
                             f"it printed\n{tail(done.stdout)}")
        return output

    @staticmethod
    def parts(text: str) -> list[str]:
        """The text cut before and after each command that starts a server."""
        parts = [""]
        continued = serving = False
        for line in text.splitlines(keepends=True):
            if not continued:
                if serving or SERVE.match(line):
                    parts.append("")
                serving = bool(SERVE.match(line))
            parts[-1] += line
            continued = line.rstrip().endswith("\\")
        return [part for part in parts if part.strip()]

    def serve(self, command: str, where: Path) -> None:
        self.stop_server()
        command = re.sub(r"\s&\s*$", "", command)
        with self.log.open("wb") as log:
            self.server = subprocess.Popen(
                ["bash", "-c", f"exec {command}"], cwd=where, env=self.environment,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + READY_SECONDS
        while not READY.search(self.log.read_text()) and time.monotonic() < end:
            if self.server.poll() is not None:
                said, self.server = self.log.read_text(), None
                raise Failed(f"{command.strip()}\nended at once:\n{tail(said)}")
            time.sleep(0.01)

    def stop_server(self) -> None:
        if self.server is None:
            return
        server, self.server = self.server, None
        server.send_signal(signal.SIGTERM)
        try:
            code = server.wait(READY_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()
            code = server.wait()
        if code != 0:
            raise Failed(f"the server ended with exit code {code}:\n{tail(self.log.read_text())}")

    # ---- programs ----------------------------------------------------------------------------

    def python(self, text: str, page: str, line: int) -> str:
        """A block that begins with an import begins a program; others go on with it."""
        if re.match(r"(import|from) ", text):
            self.end_session()
        if self.session is None:
            self.begin_session()
        assert self.session is not None
        process, results, output = self.session
        start = output.tell()
        block = {"text": self.adapted(text, self.folder), "page": page, "line": line}
        print(json.dumps(block), file=process.stdin, flush=True)
        answer = results.readline()
        output.seek(start)
        printed = output.read().decode(errors="replace")
        failed = json.loads(answer) if answer else f"the program ended:\n{printed}"
        if failed:
            self.end_session()
            raise Failed(tail(failed))
        return printed

    def begin_session(self) -> None:
        read, write = os.pipe()
        output = (self.base / "output").open("w+b")
        ray = {"RAY_TMPDIR": str(self.base)}
        process = subprocess.Popen(
            [sys.executable, "-c", SESSION, str(write)], cwd=self.folder,
            env=self.environment | ray, stdin=subprocess.PIPE, stdout=output,
            stderr=subprocess.STDOUT, text=True, pass_fds=(write,))
        os.close(write)
        self.session = process, os.fdopen(read), output

    def end_session(self) -> None:
        if self.session is None:
            return
        (process, results, output), self.session = self.session, None
        process.stdin.close()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        results.close()
        output.close()

    def c(self, text: str) -> str:
        """A whole program, or what a main() would hold; built without a warning."""
        if not re.search(r"\bmain\(", text):
            headers = ("hftsim.h", "hftsim_policy.h", "stdio.h", "string.h")
            text = ("".join(f"#include <{name}>\n" for name in headers) +
                    f"int main(void) {{\n{text}return 0;\n}}\n")
        source, program = self.base / "program.c", self.base / "program"
        source.write_text(text)
        library = Path(os.environ.get("HFTSIM_LIB")
                       or self.program.parents[1] / "lib" / "libhftsim.so.1")
        command = ["cc", "-std=c99", "-Wall", "-Wextra", "-Wno-unused", "-Werror",
                   f"-I{ROOT / 'include'}", str(source), str(library),
                   f"-Wl,-rpath,{library.parent}", "-o", str(program)]
        for arguments in (command, [str(program)]):
            done = subprocess.run(
                arguments, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS,
                check=False)
            if done.returncode != 0:
                raise Failed(f"{arguments[0]} ends with exit code {done.returncode}:\n"
                             f"{tail(done.stdout)}")
        return done.stdout

    def yaml(self, text: str, name: str | None, in_repository: bool) -> str:
        where = self.repository if in_repository else self.folder
        text = self.adapted(text, where)
        path = where / (name or "block.yaml")
        path.write_text(text)
        return self.sh(f"hftsim config check {shlex.quote(path.name)}\n", 0, in_repository)


# ---- numbers -----------------------------------------------------------------------------------


def named(value: Any) -> Any:
    """JSON with its keys as attributes."""
    if isinstance(value, dict):
        return SimpleNamespace(**{key: named(item) for key, item in value.items()})
    if isinstance(value, list):
        return [named(item) for item in value]
    return value


def evaluated(output: str, expression: str, form: str) -> str:
    """An expression over what a command printed: the keys of JSON by name, the whole as `data`;
    or of text `out`, `row(WORD)`, the numbers of the line that begins with WORD, and `after(TEXT)`,
    the first number after each TEXT."""

    def row(word: str) -> list[float]:
        for line in output.splitlines():
            if line.split()[:1] == [word]:
                return [float(x) for x in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?\b", line)]
        raise Failed(f"no line begins with '{word}'")

    def after(text: str) -> list[float]:
        found = re.findall(re.escape(text) + r"\D*?(-?\d+(?:\.\d+)?)", output)
        return [float(number) for number in found]

    names: dict[str, Any] = {
        "after": after, "round": round, "out": output, "row": row, "sqrt": math.sqrt, "min": min,
        "max": max, "sum": sum, "len": len, "abs": abs, "list": list, "float": float, "int": int,
    }
    try:
        data = named(json.loads(output))
    except ValueError:
        data = None
    names["data"] = data
    if isinstance(data, SimpleNamespace):
        names |= vars(data)
    try:
        return format(eval(expression, {"__builtins__": {}} | names), form)
    except Failed:
        raise
    except Exception as error:
        raise Failed(f"'{expression}' has no value as '{form}': {error!r}") from error


def lacks(module: str) -> bool:
    return importlib.util.find_spec(module) is None
