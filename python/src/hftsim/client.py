"""One connection to a server: requests, their replies, and retries of lost ones."""

from __future__ import annotations

import contextlib
import math
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgpack
import zmq

from .connection import Connection
from .curve import CurveKeys
from .errors import ProtocolError, ServerError, ServerUnavailable

__all__ = ["DEFAULT_ENDPOINT", "PROTOCOL", "Client", "Pending", "Reply"]

DEFAULT_ENDPOINT = "tcp://127.0.0.1:5555"
PROTOCOL = (1, 3)
_CLIENT_NAME = "hftsim-python"

# ZeroMQ hands out small messages as slices of its read buffer, at any address. Below this size a
# copy into aligned memory costs less than a microsecond; above it frames are used where they are.
_COPY_BELOW_BYTES = 8192

_RUNNING = "is `hftsim serve` running and bound to that address?"
_REFUSED_S = 1.0  # a session is not on a server that is not there
_MUTE = 10  # times as long a server may be silent that is connected
_LOOK_S = 0.05  # between two looks at a connection
_LEAST_WAIT_S = 0.001  # before a refused request is sent again


class Reply(NamedTuple):
    """A reply: its header and its raw, read-only buffers (objects with the buffer protocol)."""

    header: dict[str, Any]
    buffers: list[Any]


class Client:
    """Speaks docs/protocol.md with one server, one request at a time.

    The socket opens with the first request. In a forked child the client opens its own socket and
    does not touch the parent's. A client belongs to one thread.

    Args:
        endpoint: where the server listens, ``tcp://host:port`` or ``ipc://path``.
        timeout_s: seconds after which an unreachable server, or a lost reply, is an error. The
            client waits without limit for a server that works on the request, and ten times as
            long for one that is connected but answers nothing. Where a server refuses a request
            with ``retry_after``, the client repeats it within this time.
        retries: how many times, within that time, a request whose reply was lost is sent again
            with the same id.
        server_key: for a server with ``--curve-keys``: the file of its public key, or the key
            itself, 40 characters.
        keys: the file of this client's own pair, ``NAME.key_secret`` of ``hftsim keygen``.
    """

    def __init__(
        self,
        endpoint: str = DEFAULT_ENDPOINT,
        *,
        timeout_s: float = 10.0,
        retries: int = 3,
        server_key: str | os.PathLike[str] | None = None,
        keys: str | os.PathLike[str] | None = None,
    ) -> None:
        if not (timeout_s > 0 and math.isfinite(timeout_s)):
            raise ValueError(f"timeout_s must be positive and finite, not {timeout_s}")
        if retries < 0:
            raise ValueError(f"retries must not be negative: {retries}")
        self.endpoint = endpoint
        self.timeout_s = timeout_s
        self.retries = retries
        self._keys = CurveKeys.load(server_key, keys)
        self._last_id = 0
        self._connection: Connection | None = None
        self._lock, self._pid = threading.Lock(), os.getpid()

    def request(
        self,
        kind: str,
        fields: Mapping[str, Any] | None = None,
        buffers: Sequence[Any] = (),
        *,
        timeout_s: float | None = None,
        retries: int | None = None,
        refused_s: float | None = None,
    ) -> Reply:
        """Sends a request and returns its reply.

        Args:
            kind: the kind of the request.
            fields: its other header fields.
            buffers: its frames after the header.
            timeout_s, retries: replace the client's own for this request. Retries are safe for
                all kinds but ``make``, which would create a second session.
            refused_s: seconds for which the connection may be refused. None: 1 s for a request
                of a session, which cannot outlive its server; else ``timeout_s``, since the
                server may be starting.

        Raises:
            ServerError: the server refused the request.
            ServerUnavailable: no reply in time.
            ProtocolError: the reply violates the protocol.
        """
        pending = self.begin(
            kind, fields, buffers, timeout_s=timeout_s, retries=retries, refused_s=refused_s
        )
        return pending.reply()

    def begin(
        self,
        kind: str,
        fields: Mapping[str, Any] | None = None,
        buffers: Sequence[Any] = (),
        *,
        timeout_s: float | None = None,
        retries: int | None = None,
        refused_s: float | None = None,
    ) -> Pending:
        """Sends a request as :meth:`request` does, without waiting for its reply.

        A reply that has not arrived when the next request begins is lost. The buffers may be sent
        again, so they must not change before the reply has arrived.
        """
        fields = fields or {}
        timeout_s = self.timeout_s if timeout_s is None else timeout_s
        if refused_s is None:
            refused_s = _REFUSED_S if "session" in fields else timeout_s
        attempts = 1 + (self.retries if retries is None else retries)
        return Pending(self, kind, fields, buffers, timeout_s, attempts, refused_s)

    def hello(
        self, *, timeout_s: float | None = None, refused_s: float | None = None
    ) -> dict[str, Any]:
        """Information on the server: ``version``, ``revision``, ``configs``, ``limits``,
        ``protocol``."""
        fields = {"protocol": list(PROTOCOL), "client": _CLIENT_NAME}
        reply = self.request("hello", fields, timeout_s=timeout_s, refused_s=refused_s)
        protocol = reply.header.get("protocol")
        if not isinstance(protocol, list) or protocol[:1] != [PROTOCOL[0]]:
            raise ProtocolError(f"{self.endpoint} speaks protocol {protocol}, not {PROTOCOL[0]}.x")
        return reply.header

    def ping(self, session: str | None = None) -> None:
        """Checks that the server answers; with a session, keeps it from expiring."""
        self.request("ping", {} if session is None else {"session": session})

    def stats(self, session: str | None = None) -> dict[str, Any]:
        """Statistics of the server and of a session: docs/protocol.md, "stats"."""
        return self.request("stats", {} if session is None else {"session": session}).header

    def close(self) -> None:
        """Closes the connection at once. The next request opens a new one."""
        self._drop()

    def leave(self, session: str | None) -> Connection | None:
        """Sends the ``close`` of a session, if there is one, waits for nothing, and lets go of the
        connection, over which the reply comes: it is the caller's. None where there is nothing to
        send, or where another thread is using it, which a daemon may at the interpreter's end.
        """
        in_use = self._in_use
        if not in_use.acquire(blocking=False):
            return None
        try:
            if session is None:
                self._drop()
                return None
            header = {"id": self._next_id(), "kind": "close", "session": session}
            connection, self._connection = self._open(), None
            connection.look()
            connection.send([msgpack.packb(header)], wait=False)
            return connection
        finally:
            in_use.release()

    @property
    def _in_use(self) -> threading.Lock:
        """Held by the thread that sends or waits for a reply; free in a forked child."""
        if self._pid != os.getpid():
            self._lock, self._pid = threading.Lock(), os.getpid()
        return self._lock

    def _open(self) -> Connection:
        """The connection; a forked child has its own."""
        if self._connection is None or not self._connection.is_ours:
            self._connection = Connection(self.endpoint, self._keys, self.timeout_s)
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    @contextlib.contextmanager
    def _whole_messages(self) -> Iterator[Connection]:
        """Yields the connection; closes it where an exception may have left half a message in
        it."""
        try:
            yield self._open()
        except BaseException:
            self._drop()
            raise

    def _send(self, frames: Sequence[Any]) -> None:
        with self._whole_messages() as connection:
            connection.send(frames)

    def _receive(self, wait_s: float) -> Reply | None:
        """The next reply to any request, or None where none arrived in time."""
        with self._whole_messages() as connection:
            frames = connection.receive(wait_s)
            if frames is None:
                return None
            header, *rest = frames
            return Reply(_unpacked(header.buffer), [_buffer(frame) for frame in rest])

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id


class Pending:
    """A request that was sent by :meth:`Client.begin`."""

    def __init__(
        self,
        client: Client,
        kind: str,
        fields: Mapping[str, Any],
        buffers: Sequence[Any],
        timeout_s: float,
        attempts: int,
        refused_s: float,
    ) -> None:
        self._client = client
        self._number = client._next_id()
        self._kind = kind
        self._session = fields.get("session")
        header = {"id": self._number, "kind": kind, **fields}
        self._frames = [msgpack.packb(header), *buffers]
        self._timeout_s = timeout_s
        self._end = time.monotonic() + timeout_s  # of asking again where it is refused
        self._interval_s = timeout_s / attempts
        self._left = attempts  # how often it may still be sent
        self._refused_s = refused_s
        self._probe: int | None = None  # the id of a question that is not answered yet
        with client._in_use:
            if attempts == 1 and client._connection is not None and client._connection.is_ours:
                client._connection.look()
                if client._connection.is_lost:
                    client._drop()
            self._send()

    def reply(self) -> Reply:
        """Waits for the reply. Raises the errors of :meth:`Client.request`."""
        with self._client._in_use:
            return self._wait()

    def _wait(self) -> Reply:
        self._down_since = self._heard_at = now = time.monotonic()
        self._was_up = False
        self._probe_at = now + self._interval_s
        while True:
            reply = self._client._receive(min(_LOOK_S, self._interval_s))
            if reply is None:
                self._look()
            elif reply.header["id"] in (self._number, 0):
                wait_s = _retry_after(reply.header)
                if wait_s is None or time.monotonic() + wait_s > self._end:
                    return _checked(reply, self._kind)
                self._ask_later(wait_s)
            elif reply.header["id"] == self._probe:  # others are late answers
                self._hear(reply.header)

    def _send(self) -> None:
        self._left -= 1
        self._client._send(self._frames)

    def _ask_later(self, wait_s: float) -> None:
        """Sends a refused request again; this does not count as a retry."""
        time.sleep(max(wait_s, _LEAST_WAIT_S))
        self._client._send(self._frames)
        self._heard_at = now = time.monotonic()
        self._probe, self._probe_at = None, now + self._interval_s

    def _send_again(self, reason: str) -> None:
        if self._left == 0:
            raise self._lost(reason)
        self._send()
        self._probe, self._probe_at = None, time.monotonic() + self._interval_s

    def _look(self) -> None:
        """Decides, without a reply, whether to wait, to ask, to send again or to give up."""
        now, connection = time.monotonic(), self._client._open()
        connection.look()
        if connection.is_lost:
            self._was_up, self._down_since = True, now
            self._client._drop()
            self._send_again("the connection has ended")
        elif not connection.is_up:
            refused = connection.refused_since
            if refused is not None and now - refused >= self._refused_s:
                raise self._lost(_RUNNING, refused=True)
            patience = self._timeout_s / 4 if self._was_up else self._timeout_s
            if now - self._down_since >= patience:
                ended = "its connection has ended and does not come back"
                hint = connection.hint or (ended if self._was_up else _RUNNING)
                raise self._lost(hint, within_s=patience)
        elif now - self._heard_at >= _MUTE * self._timeout_s:
            limit_s = _MUTE * self._timeout_s
            raise self._lost("it is connected and answers nothing", within_s=limit_s)
        elif self._probe is None and now >= self._probe_at:
            self._ask()

    def _ask(self) -> None:
        """Asks the server whether it works on this request."""
        self._probe = self._client._next_id()
        header: dict[str, Any] = {"id": self._probe, "kind": "stats"}
        if self._session is not None:
            header["session"] = self._session
        self._client._send([msgpack.packb(header)])

    def _hear(self, header: Mapping[str, Any]) -> None:
        """Handles the answer: a reply sent before it would have arrived already."""
        self._probe, self._probe_at = None, time.monotonic() + self._interval_s
        if self._session is not None and _unanswered(header, "session"):
            self._heard_at = time.monotonic()
        elif self._kind != "make" or not _unanswered(header, "server"):
            self._send_again(_RUNNING)

    def _lost(
        self, hint: str, refused: bool = False, within_s: float | None = None
    ) -> ServerUnavailable:
        self._client._drop()
        when = f" within {self._timeout_s if within_s is None else within_s:g} s"
        what = f"no reply to '{self._kind}' from {self._client.endpoint}"
        error = ServerUnavailable(
            f"{what}: nothing listens there; {hint}" if refused else f"{what}{when}; {hint}"
        )
        error.refused = refused
        return error


def _unanswered(header: Mapping[str, Any], whose: str) -> bool:
    """Whether a reply to 'stats' reports unanswered requests."""
    numbers = header.get(whose)
    return isinstance(numbers, dict) and numbers.get("unanswered", 0) != 0


def _buffer(frame: zmq.Frame) -> Any:
    return frame.bytes if len(frame) < _COPY_BELOW_BYTES else frame.buffer


def _unpacked(header: Any) -> dict[str, Any]:
    try:
        fields = msgpack.unpackb(header)
    except (ValueError, msgpack.UnpackException) as error:
        raise ProtocolError(f"the header of the reply is not MessagePack: {error}") from error
    if not isinstance(fields, dict) or type(fields.get("id")) is not int:
        raise ProtocolError("the header of the reply is not a map with an id")
    return fields


def _retry_after(header: Mapping[str, Any]) -> float | None:
    """Seconds after which a refused request may be sent again. New in protocol 1.3."""
    told = header.get("retry_after") if header.get("kind") == "error" else None
    if isinstance(told, (int, float)) and math.isfinite(told) and told >= 0:
        return float(told)
    return None


def _checked(reply: Reply, kind: str) -> Reply:
    header = reply.header
    if header.get("kind") == "error":
        raise ServerError(
            str(header.get("code", "internal")),
            str(header.get("message", "")),
            str(header.get("where", "")),
            _retry_after(header),
        )
    if header.get("kind") != kind:
        raise ProtocolError(f"the reply to '{kind}' is of kind {header.get('kind')!r}")
    return reply
