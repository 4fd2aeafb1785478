"""Environments on a server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgpack
import numpy as np
from numpy.typing import NDArray

from .backend import Output
from .client import Client, Reply
from .errors import ProtocolError, ServerError, ServerUnavailable
from .spec import Spec

__all__ = ["RemoteBackend"]

_CLOSE_TIMEOUT_S = 1.0  # a session that is not closed expires by itself


class RemoteBackend:
    """A session of a server with N environments. See :class:`hftsim.backend.Backend`.

    Args:
        client: a connection of its own, which :meth:`close` closes.
        config: the name of one of the server's configs; None is the one it was started with.
        config_text: a config in YAML, instead of a name.
        overrides: laid over the config, such as ``{"market_config.volatility": 0.03}``.
        num_envs: N.
        seed: env i begins in the world of seed + i; 0 .. 2^64 - 1.

    Raises:
        ServerError: the server refused it; ``ServerUnavailable``: no server there.
    """

    def __init__(
        self,
        client: Client,
        *,
        config: str | None,
        config_text: str | None,
        overrides: Mapping[str, Any] | None,
        num_envs: int,
        seed: int,
    ) -> None:
        self.client = client
        fields: dict[str, Any] = {"num_envs": int(num_envs), "seed": int(seed)}
        if config is not None:
            fields["config"] = config
        if overrides:
            fields["overrides"] = dict(overrides)
        buffers = [] if config_text is None else [config_text.encode()]
        client.hello()  # finds out whether there is a server, which may be asked again and again
        reply = client.request("make", fields, buffers, retries=0)
        self.session = str(reply.header.get("session", ""))
        self.spec = _spec(reply)
        self.actions = bytearray(self.spec.actions.nbytes)

    def reset(self, seed: int | None, mask: NDArray[np.bool_] | None) -> Output:
        fields: dict[str, Any] = {"session": self.session}
        if seed is not None:
            fields["seed"] = int(seed)
        if mask is None:
            return _output(self.client.request("reset", fields))
        return _output(self.client.request("reset", {**fields, "mask": True}, [mask.tobytes()]))

    def step(self) -> Output:
        return _output(self.client.request("step", {"session": self.session}, [self.actions]))

    def ping(self) -> None:
        self.client.ping(self.session)

    def close(self) -> None:
        try:
            self.client.request("close", {"session": self.session}, timeout_s=_CLOSE_TIMEOUT_S)
        except (ServerError, ServerUnavailable):
            pass  # it is gone already, or expires by itself
        finally:
            self.client.close()


def _spec(reply: Reply) -> Spec:
    if len(reply.buffers) != 1:
        raise ProtocolError("the reply to 'make' has no spec")
    try:
        fields = msgpack.unpackb(reply.buffers[0])
    except (ValueError, msgpack.UnpackException) as error:
        raise ProtocolError(f"the spec is not MessagePack: {error}") from error
    return Spec.parse(fields, str(reply.header.get("spec_hash", "")))


def _output(reply: Reply) -> Output:
    ended = int(reply.header.get("ended", 0))
    if len(reply.buffers) != (2 if ended else 1):
        raise ProtocolError(f"{len(reply.buffers)} buffers came with {ended} ended episodes")
    return Output(reply.buffers[0], ended, reply.buffers[1] if ended else None)
