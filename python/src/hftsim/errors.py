"""The exceptions of this package.

Arguments that are invalid by themselves (an array of the wrong shape, a missing role) raise
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
    """The base class of all errors of this package."""


class RequestError(Error):
    """A request was refused, and nothing has changed.

    Raised by environments in this process (:func:`hftsim.make` without an endpoint); those on a
    server raise its subclass :class:`ServerError`.

    Attributes:
        code: one of the codes of docs/protocol.md, such as ``"bad_action"``; in this process one of
            the status names of docs/c_api.md. Equal names mean the same.
        message: what is wrong, what is allowed, and how to fix it.
        where: the key, frame, array or line of the config at fault; may be empty.
        retry_after: seconds after which the same request may succeed; None where unknown.
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
    """The session is lost: it expired, or its server was restarted. ``reset()`` of all envs opens a
    new one. (With several servers, the others may have carried out the request.)"""


class ServerUnavailable(Error, TimeoutError):
    """No reply in time: no server listens at the endpoint, it hangs, or the network is down.

    Attributes:
        refused: the machine refused the connection: nothing listens at the endpoint.
    """

    refused = False


class ProtocolError(Error):
    """A reply violates docs/protocol.md: not an hftsim server, or one of another version."""
