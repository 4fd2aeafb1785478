"""One connection to a server: requests, their replies, and what happens where one gets lost."""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgpack
import zmq
from zmq.utils.monitor import recv_monitor_message

from .curve import CurveKeys
from .errors import ProtocolError, ServerError, ServerUnavailable

__all__ = ["DEFAULT_ENDPOINT", "PROTOCOL", "Client", "Pending", "Reply"]

DEFAULT_ENDPOINT = "tcp://127.0.0.1:5555"
PROTOCOL = (1, 2)
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
        return self.begin(kind, fields, buffers, timeout_s=timeout_s, retries=retries).reply()

    def begin(
        self,
        kind: str,
        fields: Mapping[str, Any] | None = None,
        buffers: Sequence[Any] = (),
        *,
        timeout_s: float | None = None,
        retries: int | None = None,
    ) -> Pending:
        """Sends a request as :meth:`request` does, without waiting for its reply.

        A reply that has not come when the next request begins is lost. The buffers may be sent
        again, so they must stand until the reply is there.
        """
        self._last_id += 1
        header = {"id": self._last_id, "kind": kind, **(fields or {})}
        return Pending(
            self,
            self._last_id,
            kind,
            [msgpack.packb(header), *buffers],
            self.timeout_s if timeout_s is None else timeout_s,
            1 + (self.retries if retries is None else retries),
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

    def stats(self, session: str | None = None) -> dict[str, Any]:
        """The numbers of a session and of the server: docs/protocol.md, "stats"."""
        return self.request("stats", {} if session is None else {"session": session}).header

    def close(self) -> None:
        """Closes the connection at once. The next request would open a new one."""
        self._drop_socket()

    @contextlib.contextmanager
    def _whole_messages(self) -> Iterator[zmq.Socket[bytes]]:
        """The socket for whole messages: a Ctrl-C may leave half of one in it."""
        try:
            yield self._open_socket()
        except BaseException:
            self._drop_socket()
            raise

    def _send(self, frames: Sequence[Any]) -> None:
        with self._whole_messages() as socket:
            socket.send_multipart(frames)

    def _receive(self, request: int, deadline: float) -> Reply | None:
        """The reply to this request, or None where it has not come by then."""
        with self._whole_messages() as socket:
            while socket.poll(max(0, math.ceil((deadline - time.monotonic()) * 1000))):
                header, *rest = socket.recv_multipart(copy=False)
                reply = Reply(_unpacked(header.buffer), [_buffer(frame) for frame in rest])
                if reply.header["id"] in (request, 0):  # any other answers nobody's question
                    return reply
        return None

    def _open_socket(self) -> zmq.Socket[bytes]:
        if self._socket is None or self._pid != os.getpid():
            # Context.instance() is one context for each process: a forked child gets its own.
            socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.DEALER)
            socket.linger = 0
            socket.ipv6 = True  # IPv4 goes on to work
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


class Pending:
    """A request on its way, made by :meth:`Client.begin`."""

    def __init__(
        self,
        client: Client,
        number: int,
        kind: str,
        frames: Sequence[Any],
        timeout_s: float,
        attempts: int,
    ) -> None:
        self._client = client
        self._number = number
        self._kind = kind
        self._frames = frames
        self._timeout_s = timeout_s
        self._attempts = attempts
        self._send()

    def reply(self) -> Reply:
        """Waits for the reply; :meth:`Client.request` tells what it raises."""
        client, hint = self._client, _RUNNING
        for left in reversed(range(self._attempts)):
            reply = client._receive(self._number, self._deadline)
            if reply is not None:
                return _checked(reply, self._kind)
            hint = client._hint() or hint
            client._drop_socket()
            if left:
                self._send()
        raise ServerUnavailable(
            f"no reply to '{self._kind}' from {client.endpoint} within {self._timeout_s:g} s; "
            f"{hint}"
        )

    def _send(self) -> None:
        self._deadline = time.monotonic() + self._timeout_s / self._attempts
        self._client._send(self._frames)


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
