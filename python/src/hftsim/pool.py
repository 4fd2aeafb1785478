"""N environments with all their seats, stepped together on NumPy arrays."""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .backend import Backend, Output, Seeds
from .errors import Error, ProtocolError, RequestError
from .remade import remake
from .render import ladder
from .spec import Layout, Role
from .values import counted, plain, seed_of, whole

__all__ = ["Finals", "Pool", "Results"]

Float32 = NDArray[np.float32]
Int32 = NDArray[np.int32]
Bool = NDArray[np.bool_]


def _none_drawn() -> Float32:
    return np.zeros((0, 0), np.float32)


@dataclass(frozen=True)
class Finals:
    """How E episodes ended: one row for each env whose episode ended in the last step.

    Attributes:
        envs: int32 [E], the envs, in the order of their rows in the results.
        lengths: int32 [E], episode lengths in steps.
        returns: by role, float32 [E, S], sums of the rewards.
        obs: by role, float32 [E, S, D], the last observation.
        state: float32 [E, K], the last state.
        totals: by role, float32 [E, S, W], totals of the episode, named by ``Role.total_names``.
            Empty with a server before protocol 1.3.
        masks: by role, bool [E, S, M], action masks of the last observation. Empty where actions
            are not choices.
        drawn: float32 [E, R], values of the keys that the config's list ``randomise`` draws, named
            by ``spec.drawn_names``. Empty where it draws none.
        strategy_returns: as ``returns``, of the seats that strategies hold. Empty without such.
        strategy_totals: as ``totals``, of these seats.
        policy_returns: as ``returns``, of the seats for which policies in the market's process act.
        policy_totals: as ``totals``, of these seats.
    """

    envs: Int32
    lengths: Int32
    returns: dict[str, Float32]
    obs: dict[str, Float32]
    state: Float32
    totals: dict[str, Float32] = field(default_factory=dict)
    masks: dict[str, Bool] = field(default_factory=dict)
    drawn: Float32 = field(default_factory=_none_drawn)
    strategy_returns: dict[str, Float32] = field(default_factory=dict)
    strategy_totals: dict[str, Float32] = field(default_factory=dict)
    policy_returns: dict[str, Float32] = field(default_factory=dict)
    policy_totals: dict[str, Float32] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.envs)


@dataclass(frozen=True)
class Results:
    """The results of a reset or a step, for N envs with S seats of each role.

    For K chosen envs the first dimension is K, in their order. All arrays are read-only views of
    one buffer and stay valid while they are referenced. After a reset all but ``obs``, ``state``
    and ``masks`` are zero.

    Attributes:
        obs: by role, float32 [N, S, D]. Where an episode ended: with ``"same_step"`` the first of
            the next episode, else the last of the ended one. The same holds for ``state`` and
            ``masks``.
        rewards: by role, float32 [N, S].
        terms: by role, float32 [N, S, T], the parts of the reward, named by ``Role.term_names``.
        terminated: by role, bool [N, S], whether a risk limit ended the seat's episode in this
            step.
        unfilled: by role, float32 [N, S], lots of a position closed in this step (the rest of an
            executor, or of a seat that a risk limit ended) that the book could not fill.
        truncated: bool [N], whether the env reached ``spec.episode_len``.
        ended: bool [N], whether the episode ended; with ``"same_step"`` the next one has begun.
        state: float32 [N, K], the global state, for centralized critics.
        masks: by role, bool [N, S, M], the allowed choices of each number of an action in turn (see
            ``Role.action_choices``). Empty where actions are not choices.
        finals: the episodes that ended in this step.
        drawn: float32 [N, R], values of the keys that the config's list ``randomise`` draws, named
            by ``spec.drawn_names``, in each env's current episode. Empty where it draws none.
        strategy_rewards, strategy_terms, strategy_terminated, strategy_unfilled: as ``rewards``,
            ``terms``, ``terminated`` and ``unfilled``, of the seats that strategies hold. Empty
            without such seats.
        policy_rewards, policy_terms, policy_terminated, policy_unfilled: the same of the seats for
            which policies in the market's process act.
        controlled: by role, bool [N, S], whether a strategy or policy holds the seat and its
            actions are ignored; of the next episode where ``obs`` are. Empty without
            ``env_config.reseat``.
    """

    obs: dict[str, Float32]
    rewards: dict[str, Float32]
    terms: dict[str, Float32]
    terminated: dict[str, Bool]
    unfilled: dict[str, Float32]
    truncated: Bool
    ended: Bool
    state: Float32
    masks: dict[str, Bool]
    finals: Finals
    drawn: Float32 = field(default_factory=_none_drawn)
    strategy_rewards: dict[str, Float32] = field(default_factory=dict)
    strategy_terms: dict[str, Float32] = field(default_factory=dict)
    strategy_terminated: dict[str, Bool] = field(default_factory=dict)
    strategy_unfilled: dict[str, Float32] = field(default_factory=dict)
    policy_rewards: dict[str, Float32] = field(default_factory=dict)
    policy_terms: dict[str, Float32] = field(default_factory=dict)
    policy_terminated: dict[str, Bool] = field(default_factory=dict)
    policy_unfilled: dict[str, Float32] = field(default_factory=dict)
    controlled: dict[str, Bool] = field(default_factory=dict)


class Pool:
    """N environments, on a server or in this process.

    :meth:`step` steps all envs, or those in ``envs``. :meth:`send` starts a step of some envs, and
    :meth:`recv` returns those that are done, without waiting for slow ones. Lists of envs are
    distinct indices in any order, which is also the order of the rows.

    Created by :func:`hftsim.make` or :func:`hftsim.connect`. Close it, or use it in a ``with``
    statement. It belongs to the process and the thread that created it: after a fork the child has
    to create its own. A copy or a pickle is a new pool with the same arguments, which has not been
    reset; on a server it has its own session.

    Attributes:
        backend: runs the environments.
        spec: names, units, bounds and shapes of all arrays.
    """

    def __init__(self, backend: Backend, made_of: Mapping[str, Any] | None = None) -> None:
        self.backend = backend
        self._made_of = made_of  # the arguments of hftsim.make
        self.spec = backend.spec
        self._pid = os.getpid()
        self._closed = False
        self._behind = False  # the results of a step were lost
        self._is_under_way = np.zeros(self.spec.num_envs, np.bool_)
        self._action_views = {
            name.removeprefix("action/"): view
            for name, view in self.spec.actions.views(backend.actions).items()
        }
        self._seen: tuple[Any, dict[str, Any]] = (None, {})  # the last results and their arrays
        none_ended = Layout.packed(self.spec.finals, 0)
        self._no_finals = _finals(none_ended.views(bytes(none_ended.nbytes)))

    @property
    def num_envs(self) -> int:
        """N, the number of envs."""
        return self.spec.num_envs

    @property
    def roles(self) -> Mapping[str, Role]:
        """The roles that have seats, by name."""
        return self.spec.roles

    @property
    def under_way(self) -> int:
        """The number of envs that were sent and not yet received."""
        return int(self._is_under_way.sum())

    def reset(
        self,
        seed: int | Sequence[int] | NDArray[np.integer[Any]] | None = None,
        mask: ArrayLike | None = None,
        envs: ArrayLike | None = None,
        overrides: Mapping[str, Any] | None = None,
    ) -> Results:
        """Begins new episodes and returns their first observations and states.

        Without ``mask`` and ``envs`` all envs are reset, and the results of steps under way are
        lost.

        Args:
            seed: one seed: env i begins in the world (seed, i). A seed for each env, [N], or for
                each of ``envs``, [K]: the env begins in the world (its seed, 0), that of a single
                env.
                None: each env begins its next episode; worlds are not repeated.
            mask: bool [N], the envs to reset; the others are unchanged. None: all.
            envs: [K], the envs to reset, instead of ``mask``; only their rows are returned.
            overrides: values by path, as of :func:`hftsim.make`, for the envs that are reset; they
                hold until a reset names others, ``{}`` for none. The arrays keep their shapes,
                names and bounds. Keys that the list ``randomise`` draws are drawn no longer.

        Raises:
            RequestError: ``config`` for a wrong key or value, ``limit`` where envs use 64 different
                sets of overrides; nothing has changed.
        """
        self._check_open()
        overrides = plain(overrides)
        if mask is not None and envs is not None:
            raise ValueError("give mask or envs, not both")
        if envs is not None:
            some = self._some(envs)
            seeds = _seeds(seed, len(some))
            with self._exchange():
                output = self.backend.reset_some(some, seeds, overrides)
            return self._results(output, len(some))
        chosen = None
        if mask is not None:
            chosen = np.asarray(mask, dtype=np.bool_)
            if chosen.shape != (self.num_envs,):
                raise ValueError(f"mask must have the shape {(self.num_envs,)}, not {chosen.shape}")
            self._check_none_under_way()
        seeds = _seeds(seed, self.num_envs)
        if mask is not None:
            with self._exchange():
                return self._results(self.backend.reset(seeds, chosen, overrides))
        was_behind, self._behind = self._behind, True
        try:
            output = self.backend.reset(seeds, None, overrides)
        except RequestError:  # a request that fails changes nothing
            self._behind = was_behind
            raise
        self._behind = False
        self._is_under_way[:] = False
        return self._results(output)

    def step(self, actions: Mapping[str, ArrayLike], envs: ArrayLike | None = None) -> Results:
        """Steps all envs, or those in ``envs``, by ``spec.decision_ms`` of market time.

        Args:
            actions: by role, [N, S, A], in [-1, 1]; values outside are clipped. Where actions are
                choices, integers from 0; a choice that the mask forbids does nothing. With
                ``envs``, [K, S, A].
            envs: [K], the envs to step; only their rows are returned.

        Raises:
            ValueError: a role is missing or unknown, or an array has another shape.
            RequestError: ``bad_action`` for NaN, infinity and choices out of range, ``not_reset``
                before the first reset, ``under_way`` after a :meth:`send`.
            ServerUnavailable: no reply in time. The outcome of the step is then unknown, and only
                ``reset()`` continues. The same holds after a Ctrl-C during a step.
        """
        self._check_open()
        self._check_none_under_way()
        some = None if envs is None else self._some(envs)
        self._set_actions(actions, some)
        with self._exchange():
            output = self.backend.step() if some is None else self.backend.step_some(some)
            return self._results(output, None if some is None else len(some))

    def send(self, actions: Mapping[str, ArrayLike], envs: ArrayLike) -> None:
        """Starts a step of some envs without waiting; :meth:`recv` returns them.

        The envs run in parallel to the caller: in this process with ``threads`` above 1, on a
        server with ``--threads`` above 1.

        Args:
            actions: by role, [K, S, A].
            envs: [K], none of them under way.
        """
        self._check_open()
        some = self._some(envs)
        self._set_actions(actions, some)
        with self._exchange():
            self.backend.send(some)
        self._is_under_way[some] = True

    def recv(self, least: int = 1, room: int | None = None) -> tuple[Int32, Results]:
        """Waits until at least ``least`` of the envs under way are done.

        Returns:
            The envs, int32 [K], at most ``room``, in the order in which they finished, and their
            rows. On one thread that is the order in which they were sent.
        """
        self._check_open()
        room = self.num_envs if room is None else min(whole("room", room), self.num_envs)
        least = whole("least", least)
        if not 1 <= least <= min(room, self.under_way):
            raise ValueError(
                f"least {least} out of range [1, {min(room, self.under_way)}]: room is {room}, and "
                f"{self.under_way} envs are under way"
            )
        with self._exchange():
            output = self.backend.recv(least, room)
            if output.envs is None:
                raise ProtocolError("the reply does not name the received envs")
            self._is_under_way[output.envs] = False
            return output.envs, self._results(output, len(output.envs))

    def save(self, env: int) -> int:
        """Saves an env with its market and seed; returns a handle for :meth:`load`.

        Handles are valid for this pool only. A server keeps at most ``limits.saves`` (of
        ``Client.hello()``) for a session: :meth:`drop` those that are no longer needed.
        """
        self._check_open()
        self._check_behind()
        return self.backend.save(self._one(env))

    def load(self, env: int, save: int) -> Results:
        """Replaces an env by a save; returns its row, [1, ...].

        Later results are bit for bit those that would have followed where it was saved.
        """
        self._check_open()
        target, handle = self._one(env), counted("save", save, 0)
        with self._exchange():
            return self._results(self.backend.load(target, handle), 1)

    def fork(self, source: int, targets: int | ArrayLike) -> Results:
        """Copies env ``source`` over one env or several; returns the rows of these, [K, ...].

        Args:
            source: the env to copy, which stays as it is.
            targets: the env, or the K envs, to replace; ``source`` is none of them.
        """
        self._check_open()
        one = self._one(source)
        some = self._some([targets] if np.ndim(targets) == 0 else targets)
        if one in some:
            raise ValueError(f"env {one} cannot be forked to itself: targets {targets!r}")
        with self._exchange():
            return self._results(self.backend.fork(one, some), len(some))

    def drop(self, save: int) -> None:
        """Deletes a save."""
        self._check_open()
        self.backend.drop(counted("save", save, 0))

    def export_save(self, save: int) -> bytes:
        """Returns a save as bytes, for a file or for other envs of the same config.

        A server seals the bytes with its key and accepts only those; so do other servers with the
        same ``--save-key``. Bytes of envs in this process are not sealed: like a program, load them
        only from a source that you trust.
        """
        self._check_open()
        return self.backend.export_save(counted("save", save, 0))

    def import_save(self, data: bytes) -> int:
        """Imports the bytes of :meth:`export_save`; returns a handle for :meth:`load`.

        Raises:
            RequestError: ``bad_save``: the bytes are of another config or of another version of the
                program, damaged, or not sealed with the server's key.
        """
        self._check_open()
        return self.backend.import_save(bytes(memoryview(data)))

    def picture(self, env: int = 0, levels: int = 10) -> dict[str, Any]:
        """Returns a description of one env: its books, trades, accounts and orders.

        Args:
            env: index of the env.
            levels: levels of the book a side, 1 to 100.

        Returns:
            The picture of docs/protocol.md, "render". The env does not change.
        """
        self._check_open()
        self._check_behind()
        return self.backend.picture(self._one(env), counted("levels", levels, 0))

    def render(self, env: int = 0, levels: int = 10) -> str:
        """The :meth:`picture` as text: a ladder of each book with the seats' orders."""
        return ladder(self.picture(env, levels))

    def sample_actions(
        self, rng: np.random.Generator, rows: int | None = None
    ) -> dict[str, NDArray[Any]]:
        """Uniform random actions by role, [N, S, A], or [rows, S, A]; masks are ignored."""
        sampled: dict[str, NDArray[Any]] = {}
        for role, view in self._action_views.items():
            shape = view.shape if rows is None else (rows, *view.shape[1:])
            choices = np.array(self.roles[role].action_choices)
            if self.roles[role].actions in ("box", "mixed"):
                sampled[role] = rng.uniform(-1.0, 1.0, shape).astype(np.float32)
            else:
                sampled[role] = rng.integers(0, choices, shape, view.dtype.type)
            if self.roles[role].actions == "mixed":
                drawn = rng.integers(0, np.maximum(choices, 1), shape)
                sampled[role] = np.where(choices > 0, drawn, sampled[role]).astype(np.float32)
        return sampled

    def do_nothing(self, rows: int | None = None) -> dict[str, NDArray[Any]]:
        """The actions that do nothing by role, [N, S, A], or [rows, S, A]. A maker has no quotes
        then, a taker does not trade, an executor has nothing due, a portfolio holds.

        Raises:
            ValueError: every action of a role does something.
        """
        actions: dict[str, NDArray[Any]] = {}
        for role, view in self._action_views.items():
            row = self.roles[role].do_nothing
            if row is None:
                raise ValueError(f"every action of a {role} does something")
            shape = view.shape if rows is None else (rows, *view.shape[1:])
            actions[role] = np.broadcast_to(np.array(row, view.dtype), shape).copy()
        return actions

    def ping(self) -> None:
        """Keeps a session on a server from expiring while nothing is stepped."""
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

    def __reduce__(self) -> tuple[Any, ...]:
        """How ``pickle`` and ``copy`` reconstruct the pool."""
        from .opening import make  # which makes pools

        if self._made_of is None:
            raise TypeError("only pools of hftsim.make can be copied and pickled")
        return remake, (make, (), self._made_of)

    def __repr__(self) -> str:
        """``<Pool of 64 envs with maker_0, in this process>``."""
        envs = "1 env" if self.num_envs == 1 else f"{self.num_envs} envs"
        state = ", closed" if self._closed else ""
        return f"<Pool of {envs} with {', '.join(self.spec.agents)}, {self.backend.place}{state}>"

    def __enter__(self) -> Pool:
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
            raise Error("this pool is closed")
        if self._pid != os.getpid():
            raise Error("this pool belongs to the parent process; create another one after a fork")

    def _check_behind(self) -> None:
        if self._behind:
            raise Error("the results of the last step were lost; call reset() first")

    def _check_none_under_way(self) -> None:
        if self.under_way:
            raise RequestError("under_way", f"{self.under_way} envs are under way; recv() them")

    @contextlib.contextmanager
    def _exchange(self) -> Iterator[None]:
        """Wraps a request that steps envs: where its outcome is unknown, only a reset continues."""
        self._check_behind()
        self._behind = True
        try:
            yield
        except RequestError:  # a request that fails changes nothing
            self._behind = False
            raise
        self._behind = False

    def _some(self, envs: ArrayLike) -> Int32:
        """Validates distinct indices of envs that are not under way."""
        given = np.asarray(envs)
        if given.ndim != 1 or not given.size or not np.issubdtype(given.dtype, np.integer):
            raise ValueError(f"envs must be indices [K], at least one, not {envs!r}")
        if given.min() < 0 or given.max() >= self.num_envs:
            raise ValueError(f"envs {envs!r} out of range [0, {self.num_envs - 1}]")
        if len(np.unique(given)) != len(given):
            raise ValueError(f"envs must be distinct, not {envs!r}")
        if self._is_under_way[given].any():
            raise RequestError("under_way", "some of these envs are under way; recv() them", "envs")
        return np.ascontiguousarray(given, "<i4")

    def _one(self, env: int) -> int:
        return int(self._some([env])[0])

    def _set_actions(self, actions: Mapping[str, ArrayLike], envs: Int32 | None) -> None:
        if actions.keys() != self._action_views.keys():
            raise ValueError(f"actions for {set(self._action_views)} needed, not {set(actions)}")
        for role, view in self._action_views.items():
            given = np.asarray(actions[role])
            shape = view.shape if envs is None else (len(envs), *view.shape[1:])
            if given.shape != shape:
                raise ValueError(f"actions['{role}'] must be {shape}, not {given.shape}")
            if envs is None:
                np.copyto(view, given, casting="same_kind")
            else:
                view[envs] = given.astype(view.dtype, casting="same_kind")

    def _results(self, output: Output, rows: int | None = None) -> Results:
        if rows is not None:
            arrays = self._arrays(output.results, Layout.packed(self.spec.results.arrays, rows))
        else:
            if output.results is not self._seen[0]:  # else the arrays are the same
                arrays = self._arrays(output.results, self.spec.results)
                self._seen = (output.results, arrays)
            arrays = self._seen[1]
        finals = self._no_finals
        if output.ended:
            layout = Layout.packed(self.spec.finals, output.ended)
            finals = _finals(layout.views(output.finals))
        return Results(**arrays, finals=finals)

    def _arrays(self, buffer: Any, layout: Layout) -> dict[str, Any]:
        """Views of a buffer as the arrays of :class:`Results`."""
        arrays = layout.views(buffer)
        of = _by_kind(arrays)
        made: dict[str, Any] = {
            "obs": of["obs"],
            "truncated": arrays["truncated"].view(np.bool_),
            "ended": arrays["ended"].view(np.bool_),
            "state": arrays["state"],
            "masks": _flags(of["mask"]),
            "controlled": _flags(of["controlled"]),
        }
        if "drawn" in arrays:
            made["drawn"] = arrays["drawn"]
        for by in _CONTROLS:
            made[f"{by}rewards"] = of[f"{by}reward"]
            made[f"{by}terms"] = of[f"{by}term"]
            made[f"{by}terminated"] = _flags(of[f"{by}terminated"])
            made[f"{by}unfilled"] = of[f"{by}unfilled"]
        return made


def _seeds(seed: int | Sequence[int] | NDArray[np.integer[Any]] | None, count: int) -> Seeds:
    if seed is None:
        return None
    if not np.ndim(seed):
        return seed_of(seed)
    seeds = [seed_of(each) for each in seed]  # type: ignore[union-attr]  # it has a length
    if len(seeds) != count:
        raise ValueError(f"seed must be one integer or {count} of them, not {seed!r}")
    return np.array(seeds, np.uint64)


# Who controls a seat, as arrays are named: a learner, a strategy or a policy.
_CONTROLS = ("", "strategy_", "policy_")


def _by_kind(arrays: Mapping[str, NDArray[Any]]) -> defaultdict[str, dict[str, NDArray[Any]]]:
    """Arrays by kind and role, of names such as ``"reward/maker"``."""
    kinds: defaultdict[str, dict[str, NDArray[Any]]] = defaultdict(dict)
    for name, array in arrays.items():
        kind, _, role = name.partition("/")
        kinds[kind][role] = array
    return kinds


def _flags(by_role: Mapping[str, NDArray[Any]]) -> dict[str, Bool]:
    return {role: array.view(np.bool_) for role, array in by_role.items()}


def _finals(arrays: Mapping[str, NDArray[Any]]) -> Finals:
    of = _by_kind(arrays)
    return Finals(
        envs=arrays["env"],
        lengths=arrays["length"],
        returns=of["return"],
        obs=of["final_obs"],
        state=arrays["final_state"],
        totals=of["total"],
        masks=_flags(of["final_mask"]),
        drawn=arrays["final_drawn"] if "final_drawn" in arrays else _none_drawn(),
        strategy_returns=of["strategy_return"],
        strategy_totals=of["strategy_total"],
        policy_returns=of["policy_return"],
        policy_totals=of["policy_total"],
    )
