"""A server of one's own: started as a child process, stopped with its owner."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from .client import Client
from .errors import Error, ServerUnavailable
from .installed import find_program
from .opening import connect
from .vector import VectorEnv

__all__ = ["Server", "launch"]

_ANNOUNCEMENT = re.compile(r'(?:serving on |"endpoint": ")([^\s"]+)')
_POLL_S = 0.05
_STOP_TIMEOUT_S = 10.0


class Server:
    """A running ``hftsim serve`` that this process owns. Made by :func:`launch`.

    Attributes:
        endpoint: where it listens.
        pid: its process id.
    """

    def __init__(self, arguments: Sequence[str], endpoint: str, directory: Path) -> None:
        self.endpoint = endpoint
        self._log: BinaryIO = tempfile.TemporaryFile(dir=directory)  # _stop closes it
        # In a process group of its own, for a Ctrl-C is its owner's to handle.
        self._process = subprocess.Popen(
            list(arguments),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        self.pid = self._process.pid
        self._finalizer = weakref.finalize(
            self, _stop, self._process, self._log, directory, os.getpid()
        )

    @property
    def running(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def log(self) -> str:
        """What the server has printed so far."""
        if self._log.closed:
            return ""
        descriptor = self._log.fileno()  # pread: the offset is the server's, which writes there
        return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode(errors="replace")

    def connect(
        self,
        *,
        config: str | None = None,
        config_text: str | None = None,
        overrides: Mapping[str, Any] | None = None,
        num_envs: int = 1,
        seed: int = 0,
        timeout_s: float = 10.0,
        retries: int = 3,
    ) -> VectorEnv:
        """As :func:`hftsim.connect`, to this server."""
        return connect(
            self.endpoint,
            config=config,
            config_text=config_text,
            overrides=overrides,
            num_envs=num_envs,
            seed=seed,
            timeout_s=timeout_s,
            retries=retries,
        )

    def close(self) -> None:
        """Stops the server and waits for its end. May be called again."""
        self._finalizer()

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def launch(
    config: str | os.PathLike[str] | None = None,
    *,
    endpoint: str | None = None,
    threads: int | None = None,
    arguments: Sequence[str] = (),
    program: str | os.PathLike[str] | None = None,
    timeout_s: float = 10.0,
) -> Server:
    """Starts ``hftsim serve`` and waits until it answers.

    The server is stopped by ``close()``, at the end of a ``with`` block, when the object is no
    longer referred to, and at the latest when this process exits.

    Args:
        config: a YAML file or the name of a preset; None is the default config.
        endpoint: where to bind, ``tcp://127.0.0.1:*`` for any free port; None is a fresh
            ``ipc://`` path that only this user can reach.
        threads: how many step the envs; None leaves it to the server.
        arguments: more options of ``hftsim serve``.
        program: the program; None takes ``$HFTSIM_BIN``, or ``hftsim`` from the PATH, or that of
            a release build of the repository around this package or the working directory.
        timeout_s: seconds until it must answer.

    Raises:
        Error: the program cannot be found, or it ended; the message has its last words.
        ServerUnavailable: it runs, but did not answer in time.
    """
    path = find_program() if program is None else Path(program)
    directory = Path(tempfile.mkdtemp(prefix="hftsim-"))
    endpoint = endpoint or f"ipc://{directory}/socket"
    command = [os.fspath(path), "serve", "--bind", endpoint]
    if config is not None:
        command += ["--config", os.fspath(config)]
    if threads is not None:
        command += ["--threads", str(threads)]
    try:
        server = Server([*command, *arguments], endpoint, directory)
    except OSError as error:
        shutil.rmtree(directory, ignore_errors=True)
        raise Error(f"cannot start {path}: {error.strerror}") from error
    try:
        _wait_until_ready(server, timeout_s)
    except BaseException:
        server.close()
        raise
    return server


def _wait_until_ready(server: Server, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while not _is_ready(server):
        if not server.running:
            raise Error(f"the server ended at once: {server.log().strip()}")
        if time.monotonic() > deadline:
            raise ServerUnavailable(
                f"the server does not answer at {server.endpoint} after {timeout_s:g} s: "
                f"{server.log().strip()}"
            )


def _is_ready(server: Server) -> bool:
    """Whether it answers within a moment; learns the port where the server chose it."""
    if server.endpoint.endswith(":*"):
        announced = _ANNOUNCEMENT.search(server.log())
        if announced is None:
            time.sleep(_POLL_S)
            return False
        server.endpoint = announced[1]
    client = Client(server.endpoint, timeout_s=_POLL_S, retries=0)
    try:
        client.ping()
    except ServerUnavailable:
        return False
    finally:
        client.close()
    return True


def _stop(process: subprocess.Popen[bytes], log: BinaryIO, directory: Path, owner: int) -> None:
    if owner != os.getpid():
        return  # a forked child does not own it
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    log.close()
    shutil.rmtree(directory, ignore_errors=True)
