"""Sessions that are given back when whoever used them is gone.

A pool that is collected, in whichever thread, sends the ``close`` of its session over its own
connection, which nobody else can use any more, and waits for nothing. The next session to be made,
and the end of the process, wait briefly for the replies, so that a server has room by then.
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

_REPLIES_S = 1.0  # a session that is not closed ends with its connection
_LOOK_S = 0.02
_LEAVING_MAX = 16  # connections that are kept for a reply

_leaving: list[Connection] = []


class Hold:
    """What a backend holds on to: a session of a server, given back when the backend is collected.

    Attributes:
        client: over whose connection.
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
        """Gives the session back, if there is one, and closes the connection. A forked child leaves
        its parent's alone."""
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
    """Waits, not for long, until servers have closed what was given back to them."""
    deadline = time.monotonic() + _REPLIES_S
    while (connection := _next()) is not None:
        with contextlib.suppress(zmq.ZMQError):  # somebody has ended the context
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
