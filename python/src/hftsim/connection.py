"""One ZeroMQ connection to a server: whole messages, and the state of the connection."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from typing import Any

import zmq
from zmq.utils.monitor import recv_monitor_message

from .curve import CurveKeys

__all__ = ["Connection"]

_REFUSED_KEY = zmq.Event.HANDSHAKE_FAILED_AUTH
_HANDSHAKE_FAILED = (
    _REFUSED_KEY | zmq.Event.HANDSHAKE_FAILED_PROTOCOL | zmq.Event.HANDSHAKE_FAILED_NO_DETAIL
)
_EVENTS = (
    zmq.Event.CONNECTED
    | zmq.Event.CONNECT_RETRIED
    | zmq.Event.HANDSHAKE_SUCCEEDED
    | zmq.Event.DISCONNECTED
    | _HANDSHAKE_FAILED
)
_NOT_ADMITTED = (
    "the server does not admit this client's key: put the public key into the folder `clients` of "
    "its --curve-keys, and send it a SIGHUP"
)
_WANTS_KEYS = (
    "the connection is closed during the handshake: a server with --curve-keys does so to "
    "clients without server_key and keys"
)
_WRONG_KEYS = (
    "the encrypted connection is closed during the handshake: server_key may not be the key of "
    "this server, or the server runs without --curve-keys"
)

# After a quarter of the time without traffic ZeroMQ sends a heartbeat; without an answer for half
# of the time the connection ends. ZeroMQ answers on its own thread, however busy a server is.
_ASKED_AFTER, _GIVEN_UP_AFTER = 1 / 4, 1 / 2
_SILENCE_MIN_S = 4.0  # with less, a busy machine would count as dead
_LINGER_MS = 1000

_contexts: dict[int, zmq.Context[zmq.Socket[bytes]]] = {}  # by process


def _context() -> zmq.Context[zmq.Socket[bytes]]:
    """The ZeroMQ context of this process; a forked child gets its own.

    ``Context.instance()`` takes a lock that is not reentrant, and a garbage collection inside it
    may need it; so it is called once, before there is anything to collect.
    """
    context = _contexts.get(os.getpid())
    if context is None or context.closed:
        context = _contexts[os.getpid()] = zmq.Context.instance()
    return context


class Connection:
    """A socket of this process, which the constructor opens.

    Args:
        endpoint: where to connect.
        keys: of an encrypted connection.
        silence_s: seconds without a sign of life after which the connection counts as lost, about.

    Attributes:
        is_up: whether the connection is established, as far as known.
        is_lost: whether it was established and has ended.
        refused_since: the ``time.monotonic()`` of the first refused attempt; None where none was
            refused, or a later one succeeded.
        hint: the likely reason of failed handshakes; None where none failed.

    Raises:
        ValueError: not an endpoint.
    """

    def __init__(self, endpoint: str, keys: CurveKeys | None, silence_s: float) -> None:
        self._pid = os.getpid()
        self.is_up = self.is_lost = False
        self.refused_since: float | None = None
        self.hint: str | None = None
        self._has_keys = keys is not None
        self._socket: zmq.Socket[bytes] = _context().socket(zmq.DEALER)
        self._socket.linger = 0
        self._socket.ipv6 = True  # IPv4 still works
        silence_ms = math.ceil(min(max(silence_s, _SILENCE_MIN_S), 86400.0) * 1000)
        self._socket.heartbeat_ivl = math.ceil(silence_ms * _ASKED_AFTER)
        self._socket.heartbeat_timeout = math.ceil(silence_ms * _GIVEN_UP_AFTER)
        self._monitor = self._socket.get_monitor_socket(_EVENTS)
        if keys is not None:
            keys.apply(self._socket)
        try:
            self._socket.connect(endpoint)
        except zmq.ZMQError as error:
            self.close()
            raise ValueError(f"not an endpoint: {endpoint!r} ({error})") from None

    @property
    def is_ours(self) -> bool:
        """Whether this process opened it, not a process that it was forked from."""
        return self._pid == os.getpid()

    def send(self, frames: Sequence[Any], wait: bool = True) -> None:
        """Sends a message, or queues it until the connection is established. Blocks where the queue
        is full; without ``wait`` raises ``zmq.Again``."""
        self._socket.send_multipart(frames, 0 if wait else zmq.NOBLOCK)

    def receive(self, wait_s: float) -> list[zmq.Frame] | None:
        """The next message; None where none arrives within ``wait_s``."""
        if not self._socket.poll(max(0, math.ceil(wait_s * 1000))):
            return None
        return self._socket.recv_multipart(copy=False)

    def look(self) -> None:
        """Updates the attributes from the events of the socket."""
        while self._monitor.poll(0):
            event = recv_monitor_message(self._monitor)["event"]
            if event == zmq.Event.CONNECTED:
                self.refused_since = None
            elif event == zmq.Event.HANDSHAKE_SUCCEEDED:
                self.is_up, self.hint = True, None
            elif event == zmq.Event.DISCONNECTED:
                self.is_lost = self.is_lost or self.is_up
                self.is_up = False
            elif event == zmq.Event.CONNECT_RETRIED:
                if self.refused_since is None and self.hint is None:
                    self.refused_since = time.monotonic()
            elif event == _REFUSED_KEY:
                self.hint = _NOT_ADMITTED
            elif self.hint is None:
                self.hint = _WRONG_KEYS if self._has_keys else _WANTS_KEYS

    def close(self, deliver: bool = False) -> None:
        """Closes it at once and drops unsent messages; with ``deliver``, tries for up to a
        second."""
        if self.is_ours and not self._socket.closed:
            self._socket.disable_monitor()
            self._socket.close(linger=_LINGER_MS if deliver else 0)
