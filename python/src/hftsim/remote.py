"""Environments on a server."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeGuard

import msgpack
import numpy as np
from numpy.typing import NDArray

from .backend import Output, Overrides, Seeds
from .client import Client, Reply
from .errors import Error, ProtocolError, ServerError, ServerUnavailable, SessionLost
from .leaving import Hold, wait_for_replies
from .spec import Spec
from .values import SEEDS

__all__ = ["Later", "RemoteBackend"]

Later = Callable[[], Output]

_FIRST_ENV_SINCE = [1, 2]
_OVERRIDES_SINCE = [1, 3]  # of resets
_REFUSED_S = 1.0  # before another server is tried
_REOPENS = "reset() opens a new one"
_FULL = ("limit", "stopping")  # codes after which another server is tried

_log = logging.getLogger("hftsim")


class RemoteBackend:
    """A session of a server with N environments. See :class:`hftsim.backend.Backend`.

    Where the session is lost (it expired, or its server ended or was restarted), a reset of all
    envs opens a new one with the same arguments: on the same server, or on another one where that
    cannot be reached.

    Args:
        connect: opens a connection to an endpoint.
        endpoints: gives the endpoints to try, in order, the first being where the envs belong.
        config: the name of one of the server's configs; None is the one it was started with.
        config_text: a config in YAML, instead of a name.
        overrides: laid over the config, such as ``{"market_config.volatility": 0.03}``.
        num_envs: N.
        seed: of all the envs, which env i of them begins with in the world (seed, i).
        first_env: which of all env 0 of this session is.
        autoreset: ``"same_step"``, ``"next_step"`` or ``"manual"``.

    Attributes:
        client: the connection in use.

    Raises:
        ServerError: the server refused it; ``ServerUnavailable``: no server there.
    """

    def __init__(
        self,
        connect: Callable[[str], Client],
        endpoints: Callable[[], Sequence[str]],
        *,
        config: str | None,
        config_text: str | None,
        overrides: Mapping[str, Any] | None,
        num_envs: int,
        seed: int,
        first_env: int = 0,
        autoreset: str = "same_step",
    ) -> None:
        self._connect = connect
        self._endpoints = endpoints
        self._fields: dict[str, Any] = {"num_envs": num_envs, "seed": seed}
        if first_env:
            self._fields["first_env"] = first_env
        if autoreset != "same_step":
            self._fields["autoreset"] = autoreset
        if config is not None:
            self._fields["config"] = config
        if overrides:
            self._fields["overrides"] = dict(overrides)
        self._buffers = [] if config_text is None else [config_text.encode()]
        self._is_in_doubt = False  # the server was unreachable
        self._was_reset = self._is_anew = False  # ever; not since the session was reopened
        self._held: Overrides = None  # by all envs, of the last reset of all that named any
        self._is_held_by_some = False  # some envs have been reset with others since
        self._saves_before = 0  # handles of lost sessions
        self._last_save = 0
        self.client = connect(endpoints()[0])
        self._hold = Hold(self, self.client)
        try:
            self.spec = self._open()
        except BaseException:
            self._hold.leave()
            raise
        self.actions = bytearray(self.spec.actions.nbytes)

    @property
    def place(self) -> str:
        """Where the envs run, as text."""
        return f"on {self.client.endpoint}"

    @property
    def session(self) -> str:
        """The token of the session; empty after its loss."""
        return self._hold.session or ""

    def reset(
        self, seed: Seeds, mask: NDArray[np.bool_] | None, overrides: Overrides = None
    ) -> Output:
        return self.begin_reset(seed, mask, overrides)()

    def reset_some(
        self, envs: NDArray[np.int32], seed: Seeds, overrides: Overrides = None
    ) -> Output:
        return self.begin_reset_some(envs, seed, overrides)()

    def step(self) -> Output:
        return self.begin_step()()

    def step_some(self, envs: NDArray[np.int32]) -> Output:
        return self.begin_step_some(envs)()

    def send(self, envs: NDArray[np.int32]) -> None:
        self.begin_send(envs)()

    def recv(self, least: int, room: int) -> Output:
        return self.begin_recv(least, room)()

    # Each of these sends a request and returns a function that waits for the reply.

    def begin_reset(
        self, seed: Seeds, mask: NDArray[np.bool_] | None, overrides: Overrides = None
    ) -> Later:
        if mask is not None:
            self._was_reset = True
            fields, buffers = self._begun(seed, overrides)
            self._is_held_by_some |= overrides is not None
            return self._begin("reset", {**fields, "mask": True}, [mask.tobytes(), *buffers])
        if self._is_in_doubt and self.session and not self._answers():
            self._forget()
            self._open_again(here_last=True)
        elif not self.session:
            self._open_again()
        later = self._begin_reset_of_all(seed, overrides)
        return lambda: self._end_reset(later, seed, overrides)

    def _begin_reset_of_all(self, seed: Seeds, overrides: Overrides) -> Later:
        if seed is None and self._is_anew and self._was_reset:
            seed = secrets.randbelow(SEEDS)  # else earlier worlds would repeat
            _log.warning("%s: the envs continue in worlds of seed %d", self.client.endpoint, seed)
        if overrides is None and self._is_anew:
            if self._is_held_by_some:
                raise Error("some envs had overrides in the lost session; name them in reset()")
            overrides = self._held
        fields, buffers = self._begun(seed, overrides)
        return self._begin("reset", fields, buffers)

    def _end_reset(self, later: Later, seed: Seeds, overrides: Overrides) -> Output:
        try:
            output = later()
        except ServerUnavailable as error:
            if not error.refused and len(self._endpoints()) == 1:
                raise
            self._forget()
            self._open_again(here_last=True)
            output = self._begin_reset_of_all(seed, overrides)()
        except SessionLost:
            self._open_again()
            output = self._begin_reset_of_all(seed, overrides)()
        self._was_reset, self._is_anew = True, False
        if overrides is not None:
            self._held, self._is_held_by_some = overrides, False
        return output

    def _begun(self, seed: Seeds, overrides: Overrides) -> tuple[dict[str, Any], list[bytes]]:
        """The fields of a reset besides its envs, and its seeds."""
        fields, buffers = _seeds(seed)
        if overrides is None:
            return fields, buffers
        if overrides and self._protocol < _OVERRIDES_SINCE:
            raise ProtocolError(
                f"{self.client.endpoint} does not support protocol 1.3 (overrides of a reset)"
            )
        return {**fields, "overrides": dict(overrides)}, buffers

    def begin_reset_some(
        self, envs: NDArray[np.int32], seed: Seeds, overrides: Overrides = None
    ) -> Later:
        self._was_reset = True
        fields, buffers = self._begun(seed, overrides)
        self._is_held_by_some |= overrides is not None
        return self._begin("reset", {**fields, "envs": True}, [envs.tobytes(), *buffers])

    def begin_step(self) -> Later:
        return self._begin("step", buffers=[self.actions])

    def begin_step_some(self, envs: NDArray[np.int32]) -> Later:
        return self._begin("step", {"envs": True}, self._rows(envs))

    def begin_send(self, envs: NDArray[np.int32]) -> Later:
        return self._begin("send", buffers=self._rows(envs), read=lambda reply: Output(b""))

    def begin_recv(self, least: int, room: int) -> Later:
        return self._begin("recv", {"least": least, "room": room}, read=_received)

    # Handles of a lost session are never reused.

    def save(self, env: int) -> int:
        return self._given(self._request("save", {"env": env}))

    def load(self, env: int, save: int) -> Output:
        return _output(self._request("load", {"env": env, "save": self._handle(save)}))

    def fork(self, source: int, targets: NDArray[np.int32]) -> Output:
        if len(targets) == 1:  # all that an older server understands
            return _output(self._request("fork", {"from": source, "to": int(targets[0])}))
        fields = {"from": source, "envs": True}
        return _output(self._request("fork", fields, [targets.tobytes()]))

    def drop(self, save: int) -> None:
        self._request("drop", {"save": self._handle(save)})

    def export_save(self, save: int) -> bytes:
        reply = self._request("export", {"save": self._handle(save)})
        if len(reply.buffers) != 1:
            raise ProtocolError("the reply to 'export' has no save")
        return bytes(reply.buffers[0])

    def import_save(self, data: bytes) -> int:
        return self._given(self._request("import", buffers=[data]))

    def picture(self, env: int, levels: int) -> dict[str, Any]:
        reply = self._request("render", {"env": env, "levels": levels})
        if len(reply.buffers) != 1:
            raise ProtocolError("the reply to 'render' has no picture")
        return _map(reply.buffers[0], "picture")

    def ping(self) -> None:
        self._request("ping")

    def close(self) -> None:
        self._hold.leave()
        wait_for_replies()

    def _given(self, reply: Reply) -> int:
        """The pool's handle for a save of the current session."""
        self._last_save = self._saves_before + int(reply.header["save"])
        return self._last_save

    def _handle(self, save: int) -> int:
        """The session's handle for a handle of the pool."""
        if save < 1:
            raise ServerError("unknown_save", f"unknown save {save}", "save")
        if save <= self._saves_before:
            raise ServerError("unknown_save", f"save {save} was lost with a session", "save")
        return save - self._saves_before

    def _request(
        self, kind: str, fields: Mapping[str, Any] | None = None, buffers: Sequence[Any] = ()
    ) -> Reply:
        with self._telling():
            return self.client.request(kind, self._of_session(fields), buffers)

    def _begin(
        self,
        kind: str,
        fields: Mapping[str, Any] | None = None,
        buffers: Sequence[Any] = (),
        read: Callable[[Reply], Output] | None = None,
    ) -> Later:
        pending = self.client.begin(kind, self._of_session(fields), buffers)

        def later() -> Output:
            with self._telling():
                return (read or _output)(pending.reply())

        return later

    def _of_session(self, fields: Mapping[str, Any] | None) -> dict[str, Any]:
        if not self.session:
            raise self._lost()
        return {"session": self.session, **(fields or {})}

    @contextlib.contextmanager
    def _telling(self) -> Iterator[None]:
        """Records a lost or possibly lost session, and adds advice to the error."""
        try:
            yield
        except ServerUnavailable as error:
            self._is_in_doubt = True
            told = ServerUnavailable(f"{error}; if the session is lost, {_REOPENS}")
            told.refused = error.refused
            raise told from error
        except ServerError as error:
            if error.code != "unknown_session":
                raise
            self._forget()
            raise self._lost() from error

    def _lost(self) -> SessionLost:
        text = f"the session on {self.client.endpoint} is lost; {_REOPENS}"
        return SessionLost("unknown_session", text, "session")

    def _forget(self) -> None:
        self._hold.session = None

    def _answers(self) -> bool:
        """Whether the server answers; waits for it in full only where there is no other server."""
        try:
            self._greet(self.client, len(self._endpoints()))
        except ServerUnavailable:
            if len(self._endpoints()) == 1:
                raise
            return False
        self._is_in_doubt = False
        return True

    def _greet(self, client: Client, servers: int) -> list[int]:
        """Contacts a server; returns its protocol version."""
        if servers == 1:
            return list(client.hello()["protocol"])
        shared_s = client.timeout_s / servers  # so that all together take no longer than one
        return list(client.hello(timeout_s=shared_s, refused_s=_REFUSED_S)["protocol"])

    def _open_again(self, here_last: bool = False) -> None:
        before = self.client.endpoint
        spec = self._open(here_last)
        if spec.hash != self.spec.hash:
            self._hold.give_back(self.session)
            self._forget()
            raise Error(
                f"{self.client.endpoint} has another config than {before}: "
                f"{_difference(self.spec, spec)}; make new envs"
            )
        self._saves_before = self._last_save
        self._is_anew = True
        where = "" if self.client.endpoint == before else f" on {self.client.endpoint}"
        _log.warning("%s: the session was lost; there is a new one%s", before, where)

    def _open(self, here_last: bool = False) -> Spec:
        """Opens a session on the first server that is reachable and has room."""
        endpoints = list(self._endpoints())
        if here_last:
            here = self.client.endpoint
            endpoints = [*(place for place in endpoints if place != here), here]
        wait_for_replies()
        failures: list[Error] = []
        for endpoint in endpoints:
            is_here = endpoint == self.client.endpoint
            client = self.client if is_here else self._connect(endpoint)
            try:
                spec, session = self._make(client, len(endpoints))
            except BaseException as error:
                client.close()
                if not _may_be_passed_over(error):
                    raise
                failures.append(error)
                if len(endpoints) > 1:
                    _log.warning("%s is passed over: %s", endpoint, error)
                continue
            if not is_here:
                self.client.close()
            self.client = self._hold.client = client
            self._hold.session = session
            self._is_in_doubt = False
            return spec
        raise failures[0]

    def _make(self, client: Client, servers: int) -> tuple[Spec, str]:
        self._protocol = protocol = self._greet(client, servers)
        if "first_env" in self._fields and protocol < _FIRST_ENV_SINCE:
            raise ProtocolError(f"{client.endpoint} does not support protocol 1.2 (parts of pools)")
        reply = client.request("make", self._fields, self._buffers, retries=0)
        spec = _spec(reply)
        autoreset = self._fields.get("autoreset", "same_step")
        if spec.autoreset != autoreset:
            raise ProtocolError(f"{client.endpoint} does not support autoreset {autoreset!r}")
        return spec, str(reply.header.get("session", ""))

    def _rows(self, envs: NDArray[np.int32]) -> list[Any]:
        """The frames of a request that steps these envs."""
        return [envs.tobytes(), self.spec.actions.gather(self.actions, envs)]


def _may_be_passed_over(error: BaseException) -> TypeGuard[Error]:
    """Whether another server may succeed."""
    if isinstance(error, ServerError):
        return error.code in _FULL
    return isinstance(error, ServerUnavailable)


def _difference(one: Spec, other: Spec) -> str:
    """The fields in which two specs differ."""
    fields = [field.name for field in dataclasses.fields(Spec) if field.compare]
    names = [name for name in fields if getattr(one, name) != getattr(other, name)]
    told = [name for name in names if name not in ("hash", "spaces_hash")]
    return f"{', '.join(told) or 'the contents of files'} differ"


def _seeds(seed: Seeds) -> tuple[dict[str, Any], list[bytes]]:
    if seed is None:
        return {}, []
    if isinstance(seed, np.ndarray):
        return {"seeds": True}, [seed.astype("<u8").tobytes()]
    return {"seed": seed}, []


def _spec(reply: Reply) -> Spec:
    if len(reply.buffers) != 1:
        raise ProtocolError("the reply to 'make' has no spec")
    digests = (str(reply.header.get(key, "")) for key in ("spec_hash", "spaces_hash"))
    return Spec.parse(_map(reply.buffers[0], "spec"), *digests)


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
        raise ProtocolError(f"{len(reply.buffers)} buffers with {ended} ended episodes")
    return Output(reply.buffers[0], ended, reply.buffers[1] if ended else None)


def _received(reply: Reply) -> Output:
    if not reply.buffers:
        raise ProtocolError("the reply to 'recv' has no indices")
    envs = np.frombuffer(reply.buffers[0], "<i4")
    return _output(reply._replace(buffers=reply.buffers[1:]))._replace(envs=envs)
