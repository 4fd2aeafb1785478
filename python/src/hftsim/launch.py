"""Starts a server as a child process, which ends with this process."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import time
import weakref
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO

from .client import Client
from .errors import Error, ServerUnavailable
from .installed import find_program
from .opening import ConnectOptions, Options, make
from .pool import Pool
from .tether import Tether

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["Server", "launch"]

_ANNOUNCEMENT = re.compile(r'(?:serving on |"endpoint": ")([^\s"]+)')
_ANY_PATH = "ipc://*"
_POLL_S = 0.05
_STOP_TIMEOUT_S = 10.0


class Server:
    """A running ``hftsim serve`` that this process owns. Created by :func:`launch`.

    Attributes:
        endpoint: where it listens.
        pid: its process id.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        endpoint: str,
        server_key: Path | None,
        keys: str | os.PathLike[str] | None,
    ) -> None:
        self.endpoint = endpoint
        self._server_key = server_key
        self._keys = keys
        self._log: BinaryIO = tempfile.TemporaryFile()  # _stop closes it
        self._tether = Tether()
        # In its own process group: the owner handles Ctrl-C.
        try:
            self._process = subprocess.Popen(
                list(arguments),
                stdin=self._tether.far_end,
                stdout=self._log,
                stderr=self._log,
                start_new_session=True,
            )
        except BaseException:
            self._tether.cut()
            self._log.close()
            raise
        finally:
            self._tether.hand_over()
        self.pid = self._process.pid
        self._sockets: list[Path] = []  # whose folder the server has made, and removes
        self._finalizer = weakref.finalize(
            self, _stop, self._process, self._log, self._tether, self._sockets, os.getpid()
        )

    @property
    def access(self) -> Options:
        """The arguments of :func:`hftsim.make` and the adapters for this server: ``**access``."""
        return {
            "endpoint": self.endpoint,
            "server_key": self._server_key,
            "keys": self._keys,
        }

    @property
    def running(self) -> bool:
        """Whether the process is running."""
        return self._process.poll() is None

    def log(self) -> str:
        """The output of the server so far."""
        if self._log.closed:
            return ""
        descriptor = self._log.fileno()  # pread: the offset is the server's, which writes there
        return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode(errors="replace")

    def connect(
        self,
        config: str | os.PathLike[str] | None = None,
        num_envs: int = 1,
        *,
        autoreset: str = "same_step",
        **options: Unpack[ConnectOptions],
    ) -> Pool:
        """Calls :func:`hftsim.connect` for this server, with the keys of :func:`launch`."""
        options.setdefault("server_key", self._server_key)
        options.setdefault("keys", self._keys)
        return make(config, num_envs, endpoint=self.endpoint, autoreset=autoreset, **options)

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
    curve_keys: str | os.PathLike[str] | None = None,
    keys: str | os.PathLike[str] | None = None,
    arguments: Sequence[str] = (),
    program: str | os.PathLike[str] | None = None,
    timeout_s: float = 10.0,
) -> Server:
    """Starts ``hftsim serve`` and waits until it answers.

    The server is stopped by ``close()``, at the end of a ``with`` block, when the object is garbage
    collected, and at the latest when this process ends, for any reason: the server reads a pipe
    (``hftsim serve --exit-with-stdin``) whose other end forked children do not hold.

    Args:
        config: a YAML file or the name of a preset; None: the default config.
        endpoint: where to bind, ``tcp://127.0.0.1:*`` for any free port; None: a new
            ``ipc://`` path that only this user can access.
        threads: number of threads that step envs; None: the server decides.
        curve_keys: turns on encryption: the folder of ``hftsim serve --curve-keys``, with the
            server's key pair and the public keys of its clients.
        keys: with ``curve_keys``, the file of this client's key pair, ``NAME.key_secret``.
        arguments: further options of ``hftsim serve``.
        program: path of the program; None: see :func:`hftsim.installed.find_program`.
        timeout_s: seconds within which it must answer.

    Raises:
        Error: the program is not found, or it ended; the message has its output.
        ServerUnavailable: it is running but did not answer in time.
    """
    if (curve_keys is None) != (keys is None):
        raise ValueError("an encrypted server needs both curve_keys and keys")
    path = find_program() if program is None else Path(program)
    endpoint = endpoint or _ANY_PATH
    command = [os.fspath(path), "serve", "--exit-with-stdin", "--bind", endpoint]
    if config is not None:
        command += ["--config", os.fspath(config)]
    if threads is not None:
        command += ["--threads", str(threads)]
    server_key = None
    if curve_keys is not None:
        command += ["--curve-keys", os.fspath(curve_keys)]
        server_key = Path(curve_keys) / "server.key_secret"  # it has the public key, too
    try:
        server = Server([*command, *arguments], endpoint, server_key, keys)
    except OSError as error:
        raise Error(f"cannot start {path}: {error.strerror}") from error
    try:
        _wait_until_ready(server, timeout_s)
    except BaseException:
        server.close()
        raise
    return server


def _wait_until_ready(server: Server, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    wait_s = _POLL_S
    while not _is_ready(server, wait_s):
        wait_s = min(2 * wait_s, 1.0)  # a busy machine may need longer for a handshake
        if not server.running:
            raise Error(f"the server ended at once: {server.log().strip()}")
        if time.monotonic() > deadline:
            raise ServerUnavailable(
                f"the server does not answer at {server.endpoint} after {timeout_s:g} s: "
                f"{server.log().strip()}"
            )


def _is_ready(server: Server, wait_s: float) -> bool:
    """Whether it answers within that time; reads the endpoint where the server chose it."""
    if server.endpoint == _ANY_PATH or server.endpoint.endswith(":*"):
        announced = _ANNOUNCEMENT.search(server.log())
        if announced is None:
            time.sleep(_POLL_S)
            return False
        if server.endpoint == _ANY_PATH:
            server._sockets.append(Path(announced[1].removeprefix("ipc://")))
        server.endpoint = announced[1]
    client = Client(
        server.endpoint,
        timeout_s=wait_s,
        retries=0,
        server_key=server._server_key,
        keys=server._keys,
    )
    try:
        client.ping()
    except ServerUnavailable:
        return False
    finally:
        client.close()
    return True


def _stop(
    process: subprocess.Popen[bytes],
    log: BinaryIO,
    tether: Tether,
    sockets: Sequence[Path],
    owner: int,
) -> None:
    if owner != os.getpid():
        return  # a forked child does not own it
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    tether.cut()
    log.close()
    for path in sockets:  # left behind where the server was killed
        with contextlib.suppress(OSError):
            for left in (path, path.with_name(path.name + ".hftsim-lock")):
                left.unlink(missing_ok=True)
            path.parent.rmdir()
