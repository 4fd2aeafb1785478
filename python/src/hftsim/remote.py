"""Environments on a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgpack
import numpy as np
from numpy.typing import NDArray

from .backend import Output, Seeds
from .client import Client, Reply
from .errors import ProtocolError, ServerError, ServerUnavailable
from .spec import Spec

__all__ = ["Later", "RemoteBackend"]

Later = Callable[[], Output]

_FIRST_ENV_SINCE = [1, 2]
_CLOSE_TIMEOUT_S = 1.0  # a session that is not closed expires by itself


class RemoteBackend:
    """A session of a server with N environments. See :class:`hftsim.backend.Backend`.

    Args:
        client: a connection of its own, which :meth:`close` closes.
        config: the name of one of the server's configs; None is the one it was started with.
        config_text: a config in YAML, instead of a name.
        overrides: laid over the config, such as ``{"market_config.volatility": 0.03}``.
        num_envs: N.
        seed: of all the envs, which env i of them begins with in the world (seed, i).
        first_env: which of all env 0 of this session is.
        autoreset: ``"same_step"``, ``"next_step"`` or ``"manual"``.

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
        first_env: int = 0,
        autoreset: str = "same_step",
    ) -> None:
        self.client = client
        self.place = f"on {client.endpoint}"
        fields: dict[str, Any] = {"num_envs": num_envs, "seed": seed}
        if first_env:
            fields["first_env"] = first_env
        if autoreset != "same_step":
            fields["autoreset"] = autoreset
        if config is not None:
            fields["config"] = config
        if overrides:
            fields["overrides"] = dict(overrides)
        buffers = [] if config_text is None else [config_text.encode()]
        # Finds out whether there is a server, which may be asked again and again.
        protocol = client.hello()["protocol"]
        if first_env and protocol < _FIRST_ENV_SINCE:
            raise ProtocolError(f"{client.endpoint} speaks no protocol 1.2, with parts of pools")
        reply = client.request("make", fields, buffers, retries=0)
        self.session = str(reply.header.get("session", ""))
        self.spec = _spec(reply)
        if self.spec.autoreset != autoreset:
            raise ProtocolError(f"{client.endpoint} speaks no protocol with {autoreset} reset")
        self.actions = bytearray(self.spec.actions.nbytes)

    def reset(self, seed: Seeds, mask: NDArray[np.bool_] | None) -> Output:
        return self.begin_reset(seed, mask)()

    def reset_some(self, envs: NDArray[np.int32], seed: Seeds) -> Output:
        return self.begin_reset_some(envs, seed)()

    def step(self) -> Output:
        return self.begin_step()()

    def step_some(self, envs: NDArray[np.int32]) -> Output:
        return self.begin_step_some(envs)()

    def send(self, envs: NDArray[np.int32]) -> None:
        self.begin_send(envs)()

    def recv(self, least: int, room: int) -> Output:
        return self.begin_recv(least, room)()

    # Each of these sends the request; what it returns waits for the reply.

    def begin_reset(self, seed: Seeds, mask: NDArray[np.bool_] | None) -> Later:
        fields, buffers = _seeds(seed)
        if mask is not None:
            fields, buffers = {**fields, "mask": True}, [mask.tobytes(), *buffers]
        return self._begin("reset", fields, buffers)

    def begin_reset_some(self, envs: NDArray[np.int32], seed: Seeds) -> Later:
        fields, buffers = _seeds(seed)
        return self._begin("reset", {**fields, "envs": True}, [envs.tobytes(), *buffers])

    def begin_step(self) -> Later:
        return self._begin("step", buffers=[self.actions])

    def begin_step_some(self, envs: NDArray[np.int32]) -> Later:
        return self._begin("step", {"envs": True}, self._rows(envs))

    def begin_send(self, envs: NDArray[np.int32]) -> Later:
        return self._begin("send", buffers=self._rows(envs), read=lambda reply: Output(b""))

    def begin_recv(self, least: int, room: int) -> Later:
        return self._begin("recv", {"least": least, "room": room}, read=_received)

    def save(self, env: int) -> int:
        return int(self._request("save", {"env": env}).header["save"])

    def load(self, env: int, save: int) -> Output:
        return _output(self._request("load", {"env": env, "save": save}))

    def fork(self, source: int, target: int) -> Output:
        return _output(self._request("fork", {"from": source, "to": target}))

    def drop(self, save: int) -> None:
        self._request("drop", {"save": save})

    def picture(self, env: int, levels: int) -> dict[str, Any]:
        reply = self._request("render", {"env": env, "levels": levels})
        if len(reply.buffers) != 1:
            raise ProtocolError("the reply to 'render' has no picture")
        return _map(reply.buffers[0], "picture")

    def ping(self) -> None:
        self.client.ping(self.session)

    def close(self) -> None:
        try:
            self.client.request("close", {"session": self.session}, timeout_s=_CLOSE_TIMEOUT_S)
        except (ServerError, ServerUnavailable):
            pass  # it is gone already, or expires by itself
        finally:
            self.client.close()

    def _request(
        self, kind: str, fields: Mapping[str, Any] | None = None, buffers: Sequence[Any] = ()
    ) -> Reply:
        return self.client.request(kind, {"session": self.session, **(fields or {})}, buffers)

    def _begin(
        self,
        kind: str,
        fields: Mapping[str, Any] | None = None,
        buffers: Sequence[Any] = (),
        read: Callable[[Reply], Output] | None = None,
    ) -> Later:
        pending = self.client.begin(kind, {"session": self.session, **(fields or {})}, buffers)
        return lambda: (read or _output)(pending.reply())

    def _rows(self, envs: NDArray[np.int32]) -> list[Any]:
        """The frames that have these envs move."""
        return [envs.tobytes(), self.spec.actions.gather(self.actions, envs)]


def _seeds(seed: Seeds) -> tuple[dict[str, Any], list[bytes]]:
    if seed is None:
        return {}, []
    if isinstance(seed, np.ndarray):
        return {"seeds": True}, [seed.astype("<u8").tobytes()]
    return {"seed": seed}, []


def _spec(reply: Reply) -> Spec:
    if len(reply.buffers) != 1:
        raise ProtocolError("the reply to 'make' has no spec")
    return Spec.parse(_map(reply.buffers[0], "spec"), str(reply.header.get("spec_hash", "")))


def _map(buffer: Any, name: str) -> dict[str, Any]:
    try:
        fields = msgpack.unpackb(buffer)
    except (ValueError, msgpack.UnpackException) as error:
        raise ProtocolError(f"the {name} is not MessagePack: {error}") from error
    if not isinstance(fields, dict):
        raise ProtocolError(f"the {name} is not a map")
    return fields


def _output(reply: Reply) -> Output:
    ended = int(reply.header.get("ended", 0))
    if len(reply.buffers) != (2 if ended else 1):
        raise ProtocolError(f"{len(reply.buffers)} buffers came with {ended} ended episodes")
    return Output(reply.buffers[0], ended, reply.buffers[1] if ended else None)


def _received(reply: Reply) -> Output:
    if not reply.buffers:
        raise ProtocolError("the reply to 'recv' has no indices")
    envs = np.frombuffer(reply.buffers[0], "<i4")
    return _output(reply._replace(buffers=reply.buffers[1:]))._replace(envs=envs)
