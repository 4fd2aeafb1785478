"""The hftsim program as a user runs it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("HFTSIM_BIN") or str(ROOT / "build" / "release" / "bin" / "hftsim")
SHARED = Path(os.environ.get("HFTSIM_SHARED") or ROOT.parent / "shared")
SECONDS = 120  # for what takes seconds: only what hangs takes as long
LAST_HANDLED = signal.SIGPOLL  # see cli/stop.c

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


def run(*arguments: str, **options) -> subprocess.CompletedProcess:
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.run(
        [PROGRAM, *arguments], stdin=subprocess.DEVNULL, text=True, timeout=SECONDS, check=False,
        **options)


def start(*arguments: str, **options) -> subprocess.Popen:
    return subprocess.Popen(
        [PROGRAM, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, **options)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def handles_signals(pid: int) -> bool:
    """Does a process handle the last of the signals that the program handles?"""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True  # no /proc, or no process
    caught = re.search(r"^SigCgt:\s*([0-9a-f]+)$", status, re.MULTILINE)
    return caught is None or bool(int(caught[1], 16) >> (LAST_HANDLED - 1) & 1)


class Page(HTMLParser):
    """Collects what a page would fetch, and checks that its tags nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag not in ("meta", "br", "path"):
            self.open.append(tag)
        self.fetched += [value for name, value in attrs if name in ("src", "href")]

    def handle_startendtag(self, tag: str, attrs: list) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag


class ProgramTest(unittest.TestCase):
    """Each test has an empty folder of its own, self.folder."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="hftsim-cli-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def left_in_folder(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())

    def refused(self, code: int, *arguments: str, words: tuple[str, ...] = (), **options) -> None:
        """Expects this exit code, nothing on stdout, and the words, in any case, on stderr."""
        done = run(*arguments, **options)
        said = f"{arguments}: exit code {done.returncode}, stdout {done.stdout!r}: {done.stderr}"
        self.assertEqual(done.returncode, code, said)
        self.assertFalse(done.stdout, said)
        self.assertRegex(done.stderr, r"\Ahftsim: ", said)
        self.assertLess(len(done.stderr.splitlines()), 6, said)
        for word in words:
            self.assertRegex(done.stderr, re.compile(re.escape(word), re.IGNORECASE), said)

    def succeeds(self, *arguments: str, **options) -> str:
        done = run(*arguments, **options)
        self.assertEqual(done.returncode, OK, f"{arguments}: {done.stderr}")
        return done.stdout

    def stops(self, process: subprocess.Popen, code: int, number: int = signal.SIGINT) -> str:
        """Sends a signal and expects the exit code; returns what stderr said."""
        process.send_signal(number)
        _, said = process.communicate(timeout=SECONDS)
        self.assertEqual(process.returncode, code, said)
        return said

    def running(self, *arguments: str, until: Path | None = None,
                seconds: float = 0.3) -> subprocess.Popen:
        """A process that handles signals and has run for a while since; if a path is given, since
        something is there."""
        process = start(*arguments)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        deadline = time.monotonic() + SECONDS
        while process.poll() is None and not (
                handles_signals(process.pid) and (until is None or until.exists())):
            self.assertLess(time.monotonic(), deadline, f"{arguments} does not get going")
            time.sleep(0.01)
        time.sleep(seconds)
        if process.poll() is not None:
            _, said = process.communicate()
            self.fail(f"{arguments} ended by itself: {process.returncode}: {said}")
        return process
