"""N environments with all their seats, stepped at once over NumPy arrays."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import msgpack
import numpy as np
from numpy.typing import ArrayLike, NDArray

from .client import DEFAULT_ENDPOINT, Client, Reply
from .errors import Error, ProtocolError, ServerError, ServerUnavailable
from .spec import Layout, Role, Spec

__all__ = ["Finals", "Results", "VectorEnv", "connect"]

Float32 = NDArray[np.float32]
Int32 = NDArray[np.int32]
Bool = NDArray[np.bool_]

_CLOSE_TIMEOUT_S = 1.0  # a session that is not closed expires by itself


@dataclass(frozen=True)
class Finals:
    """How E episodes ended: one row for each env whose episode ended in the last step.

    Attributes:
        envs: int32 [E], which envs, rising.
        lengths: int32 [E], steps of the episode.
        returns: by role, float32 [E, S], sum of the rewards.
        obs: by role, float32 [E, S, D], the last observation.
        state: float32 [E, K], the last state.
    """

    envs: Int32
    lengths: Int32
    returns: dict[str, Float32]
    obs: dict[str, Float32]
    state: Float32

    def __len__(self) -> int:
        return len(self.envs)


@dataclass(frozen=True)
class Results:
    """What a reset or a step gives, for N envs with S seats of each role.

    All arrays are read-only views of the received bytes: nothing is copied, and each stays valid
    for as long as it is referred to. After a reset all but ``obs`` and ``state`` are zero.

    Attributes:
        obs: by role, float32 [N, S, D]. Where an episode ended, the next one's first.
        rewards: by role, float32 [N, S].
        terms: by role, float32 [N, S, T], the parts of the reward, named in the spec.
        terminated: by role, bool [N, S], a risk limit ended the seat's episode in this step.
        truncated: bool [N], the env reached ``spec.episode_len``.
        ended: bool [N], the episode is over and the next one has begun.
        state: float32 [N, K], the global state, for centralised critics.
        finals: the episodes that ended in this step.
    """

    obs: dict[str, Float32]
    rewards: dict[str, Float32]
    terms: dict[str, Float32]
    terminated: dict[str, Bool]
    truncated: Bool
    ended: Bool
    state: Float32
    finals: Finals


class VectorEnv:
    """N environments of one session of a server, with same-step autoreset.

    Use :func:`connect` to make one, and close it, or use it in a ``with`` statement. The session
    belongs to the process that made it: after a fork, the child makes its own.

    Args:
        client: a connection of its own for this env, which closes it.
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
        config: str | None = None,
        config_text: str | None = None,
        overrides: Mapping[str, Any] | None = None,
        num_envs: int = 1,
        seed: int = 0,
    ) -> None:
        self.client = client
        fields: dict[str, Any] = {"num_envs": int(num_envs), "seed": int(seed)}
        if config is not None and config_text is not None:
            raise ValueError("give config or config_text, not both")
        if config is not None:
            fields["config"] = config
        if overrides:
            fields["overrides"] = dict(overrides)
        buffers = [] if config_text is None else [config_text.encode()]
        client.hello()  # finds out whether there is a server, which may be asked again and again
        reply = client.request("make", fields, buffers, retries=0)
        self._pid = os.getpid()
        self._session = str(reply.header.get("session", ""))
        self._closed = False
        self._behind = False  # a step was sent whose reply never came

        self.spec = _spec(reply)
        self._actions = bytearray(self.spec.actions.nbytes)
        self._action_views = {
            name.removeprefix("action/"): view
            for name, view in self.spec.actions.views(self._actions).items()
        }
        none_ended = Layout.packed(self.spec.finals, 0)
        self._no_finals = _finals(none_ended.views(bytes(none_ended.nbytes)))

    @property
    def num_envs(self) -> int:
        """N, the envs stepped at once."""
        return self.spec.num_envs

    @property
    def roles(self) -> Mapping[str, Role]:
        """The roles that have seats, by name."""
        return self.spec.roles

    def reset(self, seed: int | None = None, mask: ArrayLike | None = None) -> Results:
        """Begins new episodes and returns their first observations and states.

        Args:
            seed: env i begins in the world of seed + i; None goes on to each env's next episode.
            mask: bool [N], the envs to reset; the others are left alone. None: all.
        """
        fields = self._fields()
        buffers = []
        if seed is not None:
            fields["seed"] = int(seed)
        if mask is not None:
            chosen = np.asarray(mask, dtype=np.bool_)
            if chosen.shape != (self.num_envs,):
                raise ValueError(f"mask must have the shape {(self.num_envs,)}, not {chosen.shape}")
            fields["mask"] = True
            buffers.append(chosen.tobytes())
        reply = self.client.request("reset", fields, buffers)
        if mask is None:
            self._behind = False
        return self._results(reply)

    def step(self, actions: Mapping[str, ArrayLike]) -> Results:
        """Moves all envs by ``spec.decision_ms``.

        Args:
            actions: by role, [N, S, A], each in [-1, 1]; what is outside is clipped.

        Raises:
            ValueError: a role is missing or unknown, or an array has another shape.
            ServerError: ``bad_action`` for NaN and infinity, ``not_reset`` before the first reset.
            ServerUnavailable: no reply in time. Whether the step was done is then not known: only
                ``reset()`` goes on from there. The same holds after a Ctrl-C during a step.
        """
        fields = self._fields()
        if self._behind:
            raise Error("the reply to the last step was lost: reset() before the next one")
        self._set_actions(actions)
        self._behind = True
        try:
            reply = self.client.request("step", fields, [self._actions])
        except ServerError:
            self._behind = False  # a request that fails changes nothing
            raise
        results = self._results(reply)
        self._behind = False
        return results

    def sample_actions(self, rng: np.random.Generator) -> dict[str, Float32]:
        """Uniform random actions for :meth:`step`."""
        return {
            role: rng.uniform(-1.0, 1.0, view.shape).astype(np.float32)
            for role, view in self._action_views.items()
        }

    def ping(self) -> None:
        """Keeps the session from expiring while nothing is stepped."""
        self.client.ping(self._fields()["session"])

    def close(self) -> None:
        """Frees the envs on the server and closes the connection. May be called again."""
        if self._closed:
            return
        self._closed = True
        try:
            if self._pid == os.getpid():
                fields = {"session": self._session}
                self.client.request("close", fields, timeout_s=_CLOSE_TIMEOUT_S)
        except (ServerError, ServerUnavailable):
            pass  # it is gone already, or expires by itself
        finally:
            self.client.close()

    def __enter__(self) -> VectorEnv:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _fields(self) -> dict[str, Any]:
        if self._closed:
            raise Error("this env is closed")
        if self._pid != os.getpid():
            raise Error("this env belongs to the parent process: connect() again after a fork")
        return {"session": self._session}

    def _set_actions(self, actions: Mapping[str, ArrayLike]) -> None:
        if actions.keys() != self._action_views.keys():
            raise ValueError(f"actions for {set(self._action_views)} needed, not {set(actions)}")
        for role, view in self._action_views.items():
            given = np.asarray(actions[role])
            if given.shape != view.shape:
                raise ValueError(f"actions['{role}'] must be {view.shape}, not {given.shape}")
            np.copyto(view, given, casting="same_kind")

    def _results(self, reply: Reply) -> Results:
        ended = int(reply.header.get("ended", 0))
        if len(reply.buffers) != (2 if ended else 1):
            raise ProtocolError(f"{len(reply.buffers)} buffers came with {ended} ended episodes")
        arrays = _views(self.spec.results, reply.buffers[0], "results")
        finals = self._no_finals
        if ended:
            layout = Layout.packed(self.spec.finals, ended)
            finals = _finals(_views(layout, reply.buffers[1], "finals"))
        flags = _by_role(arrays, "terminated/")
        return Results(
            obs=_by_role(arrays, "obs/"),
            rewards=_by_role(arrays, "reward/"),
            terms=_by_role(arrays, "term/"),
            terminated={role: flag.view(np.bool_) for role, flag in flags.items()},
            truncated=arrays["truncated"].view(np.bool_),
            ended=arrays["ended"].view(np.bool_),
            state=arrays["state"],
            finals=finals,
        )


def connect(
    endpoint: str = DEFAULT_ENDPOINT,
    *,
    config: str | None = None,
    config_text: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    num_envs: int = 1,
    seed: int = 0,
    timeout_s: float = 10.0,
    retries: int = 3,
) -> VectorEnv:
    """Connects to a server and makes N envs there. See :class:`VectorEnv` and :class:`Client`."""
    client = Client(endpoint, timeout_s=timeout_s, retries=retries)
    try:
        return VectorEnv(
            client,
            config=config,
            config_text=config_text,
            overrides=overrides,
            num_envs=num_envs,
            seed=seed,
        )
    except BaseException:
        client.close()
        raise


def _spec(reply: Reply) -> Spec:
    if len(reply.buffers) != 1:
        raise ProtocolError("the reply to 'make' has no spec")
    try:
        fields = msgpack.unpackb(reply.buffers[0])
    except (ValueError, msgpack.UnpackException) as error:
        raise ProtocolError(f"the spec is not MessagePack: {error}") from error
    return Spec.parse(fields, str(reply.header.get("spec_hash", "")))


def _views(layout: Layout, buffer: Any, what: str) -> dict[str, NDArray[Any]]:
    size = memoryview(buffer).nbytes
    if size < layout.nbytes:
        raise ProtocolError(f"the {what} have {size} bytes, not the {layout.nbytes} of the spec")
    return layout.views(buffer)


def _by_role(arrays: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }


def _finals(arrays: Mapping[str, NDArray[Any]]) -> Finals:
    return Finals(
        envs=arrays["env"],
        lengths=arrays["length"],
        returns=_by_role(arrays, "return/"),
        obs=_by_role(arrays, "final_obs/"),
        state=arrays["final_state"],
    )
