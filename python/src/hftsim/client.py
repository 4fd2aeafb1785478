"""One connection to a server: requests, their replies, and what happens where one gets lost."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgpack
import zmq
from zmq.utils.monitor import recv_monitor_message

from .curve import CurveKeys
from .errors import ProtocolError, ServerError, ServerUnavailable

__all__ = ["DEFAULT_ENDPOINT", "PROTOCOL", "Client", "Reply"]

DEFAULT_ENDPOINT = "tcp://127.0.0.1:5555"
PROTOCOL = (1, 1)
_CLIENT_NAME = "hftsim-python"

# ZeroMQ hands out small messages as slices of its read buffer, at any address. Below this size a
# copy into aligned memory costs less than a microsecond; above it frames are used where they are.
_COPY_BELOW_BYTES = 8192

_REFUSED_EVENT = zmq.Event.HANDSHAKE_FAILED_AUTH
_HANDSHAKE_FAILED = (
    _REFUSED_EVENT | zmq.Event.HANDSHAKE_FAILED_PROTOCOL | zmq.Event.HANDSHAKE_FAILED_NO_DETAIL
)
_RUNNING = "is `hftsim serve` running and bound to that address?"
_REFUSED = (
    "the server does not admit this client's key: put the public key into the folder `clients` of "
    "its --curve-keys, and send it a SIGHUP"
)
_WANTS_KEYS = (
    "something there ends connections before they begin: a server with --curve-keys does so to "
    "clients without server_key and keys"
)
_WRONG_KEYS = (
    "something there ends encrypted connections before they begin: server_key may not be the key "
    "of that server, or it may run without --curve-keys"
)


class Reply(NamedTuple):
    """A reply: its header, and its raw buffers (objects with the buffer protocol, read-only)."""

    header: dict[str, Any]
    buffers: list[Any]


class Client:
    """Speaks docs/protocol.md with one server, one request at a time.

    The socket opens with the first request. In a forked child the client opens its own one and
    leaves the parent's alone. A client belongs to one thread.

    Args:
        endpoint: where the server listens, ``tcp://host:port`` or ``ipc://path``.
        timeout_s: seconds that a request may take in all.
        retries: how often within that time a request without a reply is sent again, with the same
            id, over a new connection.
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
            raise ValueError(f"timeout_s must be above 0 and finite, not {timeout_s}")
        if retries < 0:
            raise ValueError(f"retries must be 0 or more, not {retries}")
        self.endpoint = endpoint
        self.timeout_s = timeout_s
        self.retries = retries
        self._keys = CurveKeys.load(server_key, keys)
        self._last_id = 0
        self._failed_handshakes: zmq.Socket[bytes] | None = None
        self._socket: zmq.Socket[bytes] | None = None
        self._pid = 0

    def request(
        self,
        kind: str,
        fields: Mapping[str, Any] | None = None,
        buffers: Sequence[Any] = (),
        *,
        timeout_s: float | None = None,
        retries: int | None = None,
    ) -> Reply:
        """Sends a request and returns its reply.

        ``timeout_s`` and ``retries`` replace the client's own for this request. Retries are safe
        for all kinds but ``make``, which would make a second session.

        Raises:
            ServerError: the server refused it.
            ServerUnavailable: no reply in time.
            ProtocolError: the reply makes no sense.
        """
        timeout_s = self.timeout_s if timeout_s is None else timeout_s
        attempts = 1 + (self.retries if retries is None else retries)
        self._last_id += 1
        header = {"id": self._last_id, "kind": kind, **(fields or {})}
        frames = [msgpack.packb(header), *buffers]
        hint = _RUNNING
        for _ in range(attempts):
            try:
                reply = self._attempt(frames, timeout_s / attempts)
            except BaseException:  # a Ctrl-C may leave half a message in the socket
                self._drop_socket()
                raise
            if reply is not None:
                return _checked(reply, kind)
            hint = self._hint() or hint
            self._drop_socket()
        raise ServerUnavailable(
            f"no reply to '{kind}' from {self.endpoint} within {timeout_s:g} s; {hint}"
        )

    def hello(self) -> dict[str, Any]:
        """What the server is: ``version``, ``revision``, ``configs``, ``limits``, ``protocol``."""
        reply = self.request("hello", {"protocol": list(PROTOCOL), "client": _CLIENT_NAME})
        protocol = reply.header.get("protocol")
        if not isinstance(protocol, list) or protocol[:1] != [PROTOCOL[0]]:
            raise ProtocolError(f"{self.endpoint} speaks protocol {protocol}, not {PROTOCOL[0]}.x")
        return reply.header

    def ping(self, session: str | None = None) -> None:
        """Asks for a sign of life; with a session, keeps it from expiring."""
        self.request("ping", {} if session is None else {"session": session})

    def close(self) -> None:
        """Closes the connection at once. The next request would open a new one."""
        self._drop_socket()

    def _attempt(self, frames: Sequence[Any], wait_s: float) -> Reply | None:
        """One sending of a request: its reply, or None where none came in time."""
        socket = self._open_socket()
        deadline = time.monotonic() + wait_s
        socket.send_multipart(frames)
        while (left_s := deadline - time.monotonic()) > 0:
            if not socket.poll(math.ceil(left_s * 1000)):
                return None
            header, *rest = socket.recv_multipart(copy=False)
            reply = Reply(_unpacked(header.buffer), [_buffer(frame) for frame in rest])
            if reply.header["id"] in (self._last_id, 0):  # any other answers nobody's question
                return reply
        return None

    def _open_socket(self) -> zmq.Socket[bytes]:
        if self._socket is None or self._pid != os.getpid():
            # Context.instance() is one context for each process: a forked child gets its own.
            socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.DEALER)
            socket.linger = 0
            self._failed_handshakes = socket.get_monitor_socket(_HANDSHAKE_FAILED)
            if self._keys is not None:
                self._keys.apply(socket)
            try:
                socket.connect(self.endpoint)
            except zmq.ZMQError as error:
                _close(socket)
                raise ValueError(f"not an endpoint: {self.endpoint!r} ({error})") from None
            self._socket, self._pid = socket, os.getpid()
        return self._socket

    def _drop_socket(self) -> None:
        if self._socket is not None and self._pid == os.getpid():
            _close(self._socket)
        self._socket = self._failed_handshakes = None

    def _hint(self) -> str | None:
        """Why there is no connection, as far as the handshakes that failed tell."""
        hint = None
        while self._failed_handshakes is not None and self._failed_handshakes.poll(0):
            if recv_monitor_message(self._failed_handshakes)["event"] == _REFUSED_EVENT:
                return _REFUSED
            hint = _WANTS_KEYS if self._keys is None else _WRONG_KEYS
        return hint


def _close(socket: zmq.Socket[bytes]) -> None:
    socket.disable_monitor()
    socket.close()


def _buffer(frame: zmq.Frame) -> Any:
    return frame.bytes if len(frame) < _COPY_BELOW_BYTES else frame.buffer


def _unpacked(header: Any) -> dict[str, Any]:
    try:
        fields = msgpack.unpackb(header)
    except (ValueError, msgpack.UnpackException) as error:
        raise ProtocolError(f"the reply's header is not MessagePack: {error}") from error
    if not isinstance(fields, dict) or type(fields.get("id")) is not int:
        raise ProtocolError("the reply's header is not a map with an id")
    return fields


def _checked(reply: Reply, kind: str) -> Reply:
    header = reply.header
    if header.get("kind") == "error":
        raise ServerError(
            str(header.get("code", "internal")),
            str(header.get("message", "")),
            str(header.get("where", "")),
        )
    if header.get("kind") != kind:
        raise ProtocolError(f"asked '{kind}', the reply is of kind {header.get('kind')!r}")
    return reply
