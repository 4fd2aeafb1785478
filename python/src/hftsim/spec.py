"""The spec of a session: agents, the meaning of each array index, and the layout of buffers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .errors import ProtocolError

__all__ = ["Array", "Axis", "Layout", "Meaning", "Role", "Spec"]

_DTYPES: dict[str, np.dtype[Any]] = {
    "f4": np.dtype("<f4"),
    "u1": np.dtype("u1"),
    "i4": np.dtype("<i4"),
}
_PAST = re.compile(r"past_(\d+)_")  # names of the numbers of older frames begin with it
_ALIGNMENT = 64  # bytes; every array of a buffer starts at a multiple of it


@dataclass(frozen=True)
class Array:
    """One array of a buffer: little-endian, C order, ``offset`` bytes from the buffer's start."""

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    offset: int

    @property
    def nbytes(self) -> int:
        """Size of the array in bytes, without padding."""
        return prod(self.shape) * self.dtype.itemsize

    def view(self, buffer: Any) -> NDArray[Any]:
        """Views the array in a buffer, without a copy. The view keeps the buffer alive."""
        return np.ndarray(self.shape, self.dtype, buffer, self.offset)


@dataclass(frozen=True)
class Layout:
    """The arrays of one buffer of ``nbytes`` bytes."""

    nbytes: int
    arrays: tuple[Array, ...]

    def views(self, buffer: Any) -> dict[str, NDArray[Any]]:
        """Views of all arrays of a buffer by name. ``ProtocolError``: the buffer is too small."""
        size = memoryview(buffer).nbytes
        if size < self.nbytes:
            raise ProtocolError(f"a buffer has {size} bytes; the spec requires {self.nbytes}")
        return {array.name: array.view(buffer) for array in self.arrays}

    @classmethod
    def packed(cls, arrays: Iterable[Array], rows: int) -> Layout:
        """The layout of these arrays with ``rows`` as first dimension, each aligned."""
        end, placed = 0, []
        for array in arrays:
            offset = -(-end // _ALIGNMENT) * _ALIGNMENT
            placed.append(Array(array.name, array.dtype, (rows, *array.shape[1:]), offset))
            end = offset + placed[-1].nbytes
        return cls(-(-end // _ALIGNMENT) * _ALIGNMENT, tuple(placed))

    def gather(self, buffer: Any, rows: NDArray[np.int32]) -> NDArray[np.uint8]:
        """Packs these rows of all arrays of a buffer into a new buffer."""
        packed = Layout.packed(self.arrays, len(rows))
        gathered = np.zeros(packed.nbytes, np.uint8)
        for source, target in zip(self.arrays, packed.arrays, strict=True):
            np.take(source.view(buffer), rows, axis=0, out=target.view(gathered), mode="clip")
        return gathered


Bounds = NDArray[np.float32]


def _not_told() -> Bounds:
    return np.zeros(0, np.float32)


class Meaning(NamedTuple):
    """The meaning of a number.

    Attributes:
        unit: its unit with the scale: ``"0.1 x ticks"`` is a distance in ticks times 0.1.
        help: its description.
    """

    unit: str
    help: str


class Axis(NamedTuple):
    """One axis of an action.

    Attributes:
        name, unit, help: its name, the unit of ``low_value`` and ``high_value``, and what it is.
        low, high: bounds of the number or choice that is sent.
        choices: the number of choices; 0: it is a number.
        low_value, high_value: what ``low`` and ``high`` mean, in the unit; values between are
            evenly spaced. None where the role's seats differ.
        idle: the number or choice with which the axis does nothing, whatever the others say; None:
            there is none.
    """

    name: str
    unit: str
    help: str
    low: float
    high: float
    choices: int
    low_value: float | None
    high_value: float | None
    idle: float | None


@dataclass(frozen=True)
class Role:
    """The seats of one role.

    Attributes:
        name: of the role.
        agents: the names of its S seats.
        obs_names: of the D numbers of an observation.
        action_names: of the axes of an action.
        term_names: of the T parts of a reward.
        total_names: of the W totals of an episode; empty with a server before protocol 1.3.
        actions: ``"box"``, A numbers in [-1, 1], one for each axis; ``"multi_discrete"``, A
            choices, one for each axis; ``"discrete"``, one choice for all axes together; or
            ``"mixed"``, for each axis a number or a choice, all float32.
        choices: of each axis, the last one changing fastest in a ``"discrete"`` choice; 0 of a
            number; empty for a ``"box"``.
        obs_meanings, action_meanings, term_meanings, total_meanings: of these numbers, in the order
            of their names; empty where a server of protocol 1.1 does not tell.
        obs_low, obs_high: float32 [D], the bounds of each number of an observation, infinite where
            there is none; so are all of a server of protocol 1.2.
        action_low, action_high: float32, those of the axes: [-1, 1] of a number, else 0 and the
            last choice.
        action_from, action_to, action_idle: of the axes, see :class:`Axis`.
        do_nothing: the A numbers of the action that does nothing; None: every action does
            something.
    """

    name: str
    agents: tuple[str, ...]
    obs_names: tuple[str, ...]
    action_names: tuple[str, ...]
    term_names: tuple[str, ...]
    actions: str = "box"
    choices: tuple[int, ...] = ()
    obs_meanings: tuple[Meaning, ...] = ()
    action_meanings: tuple[Meaning, ...] = ()
    term_meanings: tuple[Meaning, ...] = ()
    total_names: tuple[str, ...] = ()
    total_meanings: tuple[Meaning, ...] = ()
    obs_low: Bounds = field(default_factory=_not_told, compare=False, repr=False)
    obs_high: Bounds = field(default_factory=_not_told, compare=False, repr=False)
    action_low: Bounds = field(default_factory=_not_told, compare=False, repr=False)
    action_high: Bounds = field(default_factory=_not_told, compare=False, repr=False)
    action_from: tuple[float | None, ...] = ()
    action_to: tuple[float | None, ...] = ()
    action_idle: tuple[float | None, ...] = ()
    do_nothing: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        unbounded = {"obs": np.inf, "action": np.inf if self.choices else 1.0}
        for key, high in unbounded.items():
            count = len(getattr(self, f"{key}_names"))
            for side, bound in (("low", -high), ("high", high)):
                if len(getattr(self, f"{key}_{side}")) != count:
                    bounds = np.full(count, bound, np.float32)
                    object.__setattr__(self, f"{key}_{side}", bounds)

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The axes of an action."""
        untold = (None,) * len(self.action_names)
        columns = zip(
            self.action_names,
            self.action_meanings or (Meaning("", ""),) * len(untold),
            self.action_low.tolist(),
            self.action_high.tolist(),
            self.choices or (0,) * len(untold),
            self.action_from or untold,
            self.action_to or untold,
            self.action_idle or untold,
            strict=True,
        )
        return tuple(Axis(name, *meaning, *rest) for name, meaning, *rest in columns)

    @property
    def has_choices(self) -> bool:
        """Whether a number of an action is a choice, so that there are masks."""
        return any(self.choices)

    @property
    def frames(self) -> int:
        """The frames of an observation (``env_config.stack``), the oldest first, of equal size.

        ``obs.reshape(*obs.shape[:-1], role.frames, -1)`` takes them apart.
        """
        past = (_PAST.match(name) for name in self.obs_names)
        return 1 + max((int(match[1]) for match in past if match), default=0)

    @property
    def action_choices(self) -> tuple[int, ...]:
        """The number of choices of each of the A numbers of an action, 0 of one that is none; empty
        for a ``"box"``."""
        return (prod(self.choices),) if self.actions == "discrete" else self.choices


@dataclass(frozen=True)
class Spec:
    """The interface of a session. Two sessions with the same ``hash`` exchange the same bytes.

    Attributes:
        num_envs: N, the number of envs.
        episode_len: steps after which an episode is truncated.
        decision_ms: market time of a step, milliseconds.
        autoreset: ``"same_step"``, ``"next_step"`` or ``"manual"``: what happens after the end of
            an episode.
        agents: the seats of one env in order, such as ``("maker_0", "executor_0")``.
        roles: the roles that have seats, by name.
        state_names: the names of the K numbers of ``state``.
        state_meanings: of these; empty where a server of protocol 1.1 does not tell.
        state_low, state_high: float32 [K], their bounds, as of a role's observations.
        drawn_names: the keys that the config's list ``randomise`` draws; empty without one.
        drawn_meanings, drawn_low, drawn_high: of these, as of the state.
        actions, results: layouts of the buffers of a step.
        finals: the arrays of the finals, for N rows, without offsets.
        config: the effective config, YAML.
        seed: the seed in force.
        hash: the digest of all of this.
        spaces_hash: a digest of the spaces alone: of the roles, their seats, the kind of actions
            and the names, units and bounds of all numbers, whatever N, the seed and the market. A
            policy fits where it is that with which it was trained. Empty of a server of protocol
            1.2.
    """

    num_envs: int
    episode_len: int
    decision_ms: float
    autoreset: str
    agents: tuple[str, ...]
    roles: Mapping[str, Role]
    state_names: tuple[str, ...]
    state_meanings: tuple[Meaning, ...]
    actions: Layout
    results: Layout
    finals: tuple[Array, ...]
    config: str
    seed: int
    hash: str
    spaces_hash: str = ""
    state_low: Bounds = field(default_factory=_not_told, compare=False, repr=False)
    state_high: Bounds = field(default_factory=_not_told, compare=False, repr=False)
    drawn_names: tuple[str, ...] = ()
    drawn_meanings: tuple[Meaning, ...] = ()
    drawn_low: Bounds = field(default_factory=_not_told, compare=False, repr=False)
    drawn_high: Bounds = field(default_factory=_not_told, compare=False, repr=False)

    @classmethod
    def parse(cls, fields: Mapping[str, Any], digest: str, spaces_digest: str = "") -> Spec:
        """Parses the unpacked spec of a ``make`` reply. ``ProtocolError``: it is invalid."""
        try:
            told = fields.get("meanings", ())  # new in protocol 1.2
            meanings = [Meaning(str(each["unit"]), str(each["help"])) for each in told]
            roles = [_role(role, meanings) for role in fields["roles"]]
            return cls(
                num_envs=int(fields["num_envs"]),
                episode_len=int(fields["episode_len"]),
                decision_ms=float(fields["decision_ms"]),
                autoreset=str(fields.get("autoreset", "same_step")),  # new in protocol 1.1
                agents=_names(fields["agents"]),
                roles={role.name: role for role in roles},
                state_names=_names(fields["state_names"]),
                state_meanings=_meanings(fields, "state", meanings),
                actions=_layout(fields["actions"]),
                results=_layout(fields["results"]),
                finals=tuple(_array(array) for array in fields["finals"]),
                config=str(fields["config"]),
                seed=int(fields["seed"]),
                hash=digest,
                spaces_hash=spaces_digest,
                state_low=_bounds(fields, "state", "low"),
                state_high=_bounds(fields, "state", "high"),
                drawn_names=_names(fields.get("drawn_names", ())),
                drawn_meanings=_meanings(fields, "drawn", meanings),
                drawn_low=_bounds(fields, "drawn", "low"),
                drawn_high=_bounds(fields, "drawn", "high"),
            )
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise ProtocolError(f"the server sent a spec that cannot be read: {error!r}") from error


def _names(names: Iterable[Any]) -> tuple[str, ...]:
    return tuple(str(name) for name in names)


def _meanings(
    fields: Mapping[str, Any], key: str, meanings: Sequence[Meaning]
) -> tuple[Meaning, ...]:
    return tuple(meanings[int(which)] for which in fields.get(f"{key}_meanings", ()))


def _bounds(fields: Mapping[str, Any], key: str, side: str) -> Bounds:
    """Bounds of numbers; infinite where there is none. New in protocol 1.3."""
    nowhere = -np.inf if side == "low" else np.inf
    names = fields.get(f"{key}_names", ())
    told = fields.get(f"{key}_{side}", [None] * len(names))
    bounds = np.array([nowhere if bound is None else bound for bound in told], np.float32)
    if bounds.shape != (len(names),):
        raise ValueError(f"{key}_{side} has another length than {key}_names")
    bounds.flags.writeable = False
    return bounds


def _ends(fields: Mapping[str, Any], key: str) -> tuple[float | None, ...]:
    """New in protocol 1.3."""
    return tuple(None if end is None else float(end) for end in fields.get(key, ()))


def _role(fields: Mapping[str, Any], meanings: Sequence[Meaning]) -> Role:
    return Role(
        name=str(fields["role"]),
        agents=_names(fields["agents"]),
        obs_names=_names(fields["obs_names"]),
        action_names=_names(fields["action_names"]),
        term_names=_names(fields["term_names"]),
        actions=str(fields.get("actions", "box")),
        choices=tuple(int(count) for count in fields.get("choices", ())),
        obs_meanings=_meanings(fields, "obs", meanings),
        action_meanings=_meanings(fields, "action", meanings),
        term_meanings=_meanings(fields, "term", meanings),
        obs_low=_bounds(fields, "obs", "low"),
        obs_high=_bounds(fields, "obs", "high"),
        action_low=_bounds(fields, "action", "low"),
        action_high=_bounds(fields, "action", "high"),
        total_names=_names(fields.get("total_names", ())),
        total_meanings=_meanings(fields, "total", meanings),
        action_from=_ends(fields, "action_from"),
        action_to=_ends(fields, "action_to"),
        action_idle=_ends(fields, "action_idle"),
        do_nothing=tuple(map(float, fields.get("do_nothing", ()))) or None,
    )


def _array(fields: Mapping[str, Any]) -> Array:
    shape = tuple(int(size) for size in fields["shape"])
    return Array(str(fields["name"]), _DTYPES[fields["dtype"]], shape, int(fields.get("offset", 0)))


def _layout(fields: Mapping[str, Any]) -> Layout:
    layout = Layout(int(fields["bytes"]), tuple(_array(array) for array in fields["arrays"]))
    for array in layout.arrays:
        if array.offset < 0 or array.offset + array.nbytes > layout.nbytes:
            raise ValueError(f"array {array.name} passes the end of its buffer")
    return layout
