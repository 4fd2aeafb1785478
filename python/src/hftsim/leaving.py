"""Closes the sessions of pools that are garbage collected.

A pool that is collected, on any thread, sends the ``close`` of its session over its own connection,
which no other object can use any more, and does not wait. Opening the next session, and the end of
the process, wait briefly for the replies, so that the server has room by then.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import time
import weakref
from typing import Any

import zmq

from .client import Client
from .connection import Connection

__all__ = ["Hold", "wait_for_replies"]

_REPLIES_S = 1.0  # a session that is not closed ends after its connection
_LOOK_S = 0.02
_LEAVING_MAX = 16  # connections that wait for a reply

_leaving: list[Connection] = []


class Hold:
    """The session of a backend, which is closed when the backend is garbage collected.

    Attributes:
        client: its connection.
        session: its token; None where there is none, or it is known to be lost.
    """

    def __init__(self, owner: Any, client: Client) -> None:
        self.client = client
        self.session: str | None = None
        self._pid = os.getpid()
        self._finalizer = weakref.finalize(owner, self.leave)
        self._finalizer.atexit = False  # _leave_all does it
        _held.add(self)

    def leave(self) -> None:
        """Closes the session, if there is one, and the connection. In a forked child it does
        nothing."""
        self._finalizer.detach()
        _held.discard(self)
        if self._pid != os.getpid():
            return
        session, self.session = self.session, None
        self.give_back(session)

    def give_back(self, session: str | None) -> None:
        """Sends the ``close`` of a session, without waiting for its reply."""
        try:
            connection = self.client.leave(session)
        except (zmq.ZMQError, ValueError):
            return  # it ends with its connection, or expires
        if connection is None:
            return
        _leaving.append(connection)
        if len(_leaving) > _LEAVING_MAX and (oldest := _next()) is not None:
            oldest.close(deliver=True)


_held: set[Hold] = set()


def wait_for_replies() -> None:
    """Waits up to a second until servers have confirmed the closing of sessions."""
    deadline = time.monotonic() + _REPLIES_S
    while (connection := _next()) is not None:
        with contextlib.suppress(zmq.ZMQError):  # the context was terminated
            while connection.is_ours and time.monotonic() < deadline:
                if connection.receive(_LOOK_S) is not None:
                    break
                connection.look()
                if not connection.is_up:
                    break
            connection.close(deliver=True)


def _next() -> Connection | None:
    try:
        return _leaving.pop(0)
    except IndexError:  # perhaps another thread has just had the last one
        return None


def _leave_all() -> None:
    for hold in list(_held):  # not by their finalizers, which may have been shut down by then
        hold.leave()
    wait_for_replies()


atexit.register(_leave_all)
