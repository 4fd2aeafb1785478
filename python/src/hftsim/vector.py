"""N environments with all their seats, stepped at once over NumPy arrays."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .backend import Backend, Output
from .errors import Error, ProtocolError, RequestError
from .spec import Layout, Role

__all__ = ["Finals", "Results", "VectorEnv"]

Float32 = NDArray[np.float32]
Int32 = NDArray[np.int32]
Bool = NDArray[np.bool_]


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

    All arrays are read-only views of one piece of memory, and stay valid for as long as they are
    referred to. After a reset all but ``obs``, ``state`` and ``masks`` are zero.

    Attributes:
        obs: by role, float32 [N, S, D]. Where an episode ended, the next one's first.
        rewards: by role, float32 [N, S].
        terms: by role, float32 [N, S, T], the parts of the reward, named in the spec.
        terminated: by role, bool [N, S], a risk limit ended the seat's episode in this step.
        truncated: bool [N], the env reached ``spec.episode_len``.
        ended: bool [N], the episode is over and the next one has begun.
        state: float32 [N, K], the global state, for centralised critics.
        masks: by role, bool [N, S, M], the choices that may be made now: of each number of an
            action in turn (see ``Role.action_choices``). Empty where actions are no choices.
        finals: the episodes that ended in this step.
    """

    obs: dict[str, Float32]
    rewards: dict[str, Float32]
    terms: dict[str, Float32]
    terminated: dict[str, Bool]
    truncated: Bool
    ended: Bool
    state: Float32
    masks: dict[str, Bool]
    finals: Finals


class VectorEnv:
    """N environments, on a server or in this process, with same-step autoreset.

    Made by :func:`hftsim.make` or :func:`hftsim.connect`. Close it, or use it in a ``with``
    statement. It belongs to the process and the thread that made it: after a fork, the child makes
    its own.

    Attributes:
        backend: where the environments are.
        spec: what is exchanged with them.
    """

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.spec = backend.spec
        self._pid = os.getpid()
        self._closed = False
        self._behind = False  # a step was begun whose results never came
        self._action_views = {
            name.removeprefix("action/"): view
            for name, view in self.spec.actions.views(backend.actions).items()
        }
        self._seen: tuple[Any, dict[str, Any]] = (None, {})  # the last results and their arrays
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
        self._check_open()
        chosen = None
        if mask is not None:
            chosen = np.asarray(mask, dtype=np.bool_)
            if chosen.shape != (self.num_envs,):
                raise ValueError(f"mask must have the shape {(self.num_envs,)}, not {chosen.shape}")
        output = self.backend.reset(seed, chosen)
        if mask is None:
            self._behind = False
        return self._results(output)

    def step(self, actions: Mapping[str, ArrayLike]) -> Results:
        """Moves all envs by ``spec.decision_ms``.

        Args:
            actions: by role, [N, S, A], each in [-1, 1]; what is outside is clipped. Where
                actions are choices, integers from 0; one that the mask forbids does nothing.

        Raises:
            ValueError: a role is missing or unknown, or an array has another shape.
            RequestError: ``bad_action`` for NaN, infinity and choices that there are not,
                ``not_reset`` before the first reset.
            ServerUnavailable: no reply in time. Whether the step was done is then not known: only
                ``reset()`` goes on from there. The same holds after a Ctrl-C during a step.
        """
        self._check_open()
        if self._behind:
            raise Error("the results of the last step were lost: reset() before the next one")
        self._set_actions(actions)
        self._behind = True
        try:
            output = self.backend.step()
        except RequestError:
            self._behind = False  # a request that fails changes nothing
            raise
        results = self._results(output)
        self._behind = False
        return results

    def sample_actions(self, rng: np.random.Generator) -> dict[str, NDArray[Any]]:
        """Uniform random actions for :meth:`step`; masks are not looked at."""
        return {
            role: rng.integers(0, self.roles[role].action_choices, view.shape, view.dtype.type)
            if self.roles[role].choices
            else rng.uniform(-1.0, 1.0, view.shape).astype(np.float32)
            for role, view in self._action_views.items()
        }

    def ping(self) -> None:
        """Keeps the session of a server from expiring while nothing is stepped."""
        self._check_open()
        self.backend.ping()

    def close(self) -> None:
        """Frees the envs. May be called again."""
        if self._closed:
            return
        self._closed = True
        self._action_views = {}
        self._seen = (None, {})
        if self._pid == os.getpid():
            self.backend.close()

    def __enter__(self) -> VectorEnv:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _check_open(self) -> None:
        if self._closed:
            raise Error("this env is closed")
        if self._pid != os.getpid():
            raise Error("this env belongs to the parent process: make your own after a fork")

    def _set_actions(self, actions: Mapping[str, ArrayLike]) -> None:
        if actions.keys() != self._action_views.keys():
            raise ValueError(f"actions for {set(self._action_views)} needed, not {set(actions)}")
        for role, view in self._action_views.items():
            given = np.asarray(actions[role])
            if given.shape != view.shape:
                raise ValueError(f"actions['{role}'] must be {view.shape}, not {given.shape}")
            np.copyto(view, given, casting="same_kind")

    def _results(self, output: Output) -> Results:
        if output.results is not self._seen[0]:  # else they stand where they stood
            self._seen = (output.results, self._arrays(output.results))
        finals = self._no_finals
        if output.ended:
            layout = Layout.packed(self.spec.finals, output.ended)
            finals = _finals(_views(layout, output.finals, "finals"))
        return Results(**self._seen[1], finals=finals)

    def _arrays(self, buffer: Any) -> dict[str, Any]:
        """The arrays of :class:`Results` that stand in a buffer."""
        arrays = _views(self.spec.results, buffer, "results")
        return {
            "obs": _by_role(arrays, "obs/"),
            "rewards": _by_role(arrays, "reward/"),
            "terms": _by_role(arrays, "term/"),
            "terminated": _flags(arrays, "terminated/"),
            "truncated": arrays["truncated"].view(np.bool_),
            "ended": arrays["ended"].view(np.bool_),
            "state": arrays["state"],
            "masks": _flags(arrays, "mask/"),
        }


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


def _flags(arrays: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, Bool]:
    return {role: array.view(np.bool_) for role, array in _by_role(arrays, prefix).items()}


def _finals(arrays: Mapping[str, NDArray[Any]]) -> Finals:
    return Finals(
        envs=arrays["env"],
        lengths=arrays["length"],
        returns=_by_role(arrays, "return/"),
        obs=_by_role(arrays, "final_obs/"),
        state=arrays["final_state"],
    )
