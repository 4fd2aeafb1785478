"""What can go wrong between a caller and its environments.

Arguments that are wrong by themselves (an array of another shape, a missing role) raise
``ValueError`` or ``TypeError`` before anything is done or sent.
"""

from __future__ import annotations

__all__ = [
    "Error",
    "ProtocolError",
    "RequestError",
    "ServerError",
    "ServerUnavailable",
    "SessionLost",
]


class Error(Exception):
    """The base of all errors of this package."""


class RequestError(Error):
    """The environments refused what they were asked for, and nothing has changed.

    Raised as it is where they are in this process (:func:`hftsim.make` without an endpoint), and
    as :class:`ServerError` where they are on a server.

    Attributes:
        code: one of the codes in docs/protocol.md, such as ``"bad_action"``; in this process one
            of the statuses in docs/c_api.md, which have the same names where they mean the same.
        message: what is wrong, and how to mend it.
        where: the key, frame, array or line of the config at fault; may be empty.
        retry_after: seconds after which the same request may succeed, where a server knows; else
            None.
    """

    def __init__(
        self, code: str, message: str, where: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(code, message, where, retry_after)
        self.code = code
        self.message = message
        self.where = where
        self.retry_after = retry_after

    def __str__(self) -> str:
        place = f" (at {self.where})" if self.where else ""
        return f"{self.code}: {self.message}{place}"


class ServerError(RequestError):
    """A server refused a request. A request that fails changes nothing on the server."""


class SessionLost(ServerError):
    """The session is gone: it expired, or its server was started again. ``reset()`` of all envs
    opens a new one. (Of several servers, the others may have done what was asked for.)"""


class ServerUnavailable(Error, TimeoutError):
    """No reply came in time: no server listens there, or it is stuck, or the way to it is cut.

    Attributes:
        refused: nothing listens there, as the machine says.
    """

    refused = False


class ProtocolError(Error):
    """What came back is not as docs/protocol.md promises: no hftsim server, or a newer one."""
