"""Where adapters put action masks and the global state: into observations or into infos."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from .spec import Role, Spec

__all__ = ["Showing", "Shown", "drawn_named", "overrides_of", "totals_named", "totals_of"]

Bool = NDArray[np.bool_]
Float32 = NDArray[np.float32]


class Shown(TypedDict, total=False):
    """Keyword arguments of all adapters besides those of :func:`hftsim.make`."""

    masks: str
    state: str | None


class Showing:
    """Puts masks and the state into observations or infos.

    Args:
        roles: those of the learner's seats.
        masks: ``"info"`` or ``"obs"``: where ``action_mask`` is, if actions are choices.
        state: ``"info"``, ``"obs"`` or None: where ``state`` is; None: nowhere.
        key: the key of the observation array where observations are dictionaries.

    Attributes:
        parts: the names of the parts of an observation; empty where it is but an array.

    Raises:
        ValueError: there is no such place, or there are no masks to show in it.
    """

    def __init__(
        self,
        roles: Iterable[Role],
        masks: str = "info",
        state: str | None = None,
        key: str = "observation",
    ) -> None:
        if masks not in ("info", "obs"):
            raise ValueError(f"masks must be 'info' or 'obs', not {masks!r}")
        if state not in ("info", "obs", None):
            raise ValueError(f"state must be 'info', 'obs' or None, not {state!r}")
        if masks == "obs" and any(not role.has_choices for role in roles):
            raise ValueError(
                "masks='obs': there are no masks where actions are numbers; set "
                "env_config.action_space to 'discrete', 'multi_discrete' or, for roles with axes "
                "that are choices, 'mixed'"
            )
        self._masks = masks
        self._state = state
        self._key = key
        self.parts: tuple[str, ...] = ()
        if "obs" in (masks, state):
            named = [(key, True), ("action_mask", masks == "obs"), ("state", state == "obs")]
            self.parts = tuple(name for name, shown in named if shown)

    @property
    def tells_state(self) -> bool:
        """Whether observations or infos contain the state."""
        return self._state is not None

    def observed(self, obs: Float32, mask: Bool | None, state: Float32 | None) -> Any:
        """The observation of a seat or of rows: the array, or a dictionary of its parts."""
        if not self.parts:
            return obs
        every = {self._key: obs, "action_mask": _as_int8(mask), "state": state}
        return {name: every[name] for name in self.parts}

    def told(self, mask: Bool | None, state: Float32 | None) -> dict[str, NDArray[Any]]:
        """The part of these that infos contain."""
        info: dict[str, NDArray[Any]] = {}
        if mask is not None and self._masks == "info":
            info["action_mask"] = mask.view(np.int8)
        if state is not None and self._state == "info":
            info["state"] = state
        return info


def drawn_named(spec: Spec, drawn: Any) -> dict[str, Any]:
    """Values [..., R] of drawn keys by their paths, float64 [...].

    They have six significant digits, so that as overrides they give the same episode.
    """
    digits = [_six_digits(value) for value in np.ravel(drawn).tolist()]
    columns = np.moveaxis(np.array(digits, np.float64).reshape(np.shape(drawn)), -1, 0)
    return dict(zip(spec.drawn_names, columns, strict=True))


@functools.lru_cache(maxsize=2**16)  # there are few variants, and infos have them in each step
def _six_digits(value: float) -> float:
    return float(f"{value:.6g}")


def overrides_of(options: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The overrides that the options of a reset name; None: none, those in force hold."""
    overrides = (options or {}).get("overrides")
    if overrides is None or isinstance(overrides, Mapping):
        return overrides
    raise ValueError(f"options['overrides'] must be values by path, not {overrides!r}")


def totals_named(role: Role, totals: Any) -> dict[str, Any]:
    """Totals [..., W] of an episode by their names in infos: ``episode_pnl``, ..., float64 [...].

    The prefix keeps them apart from reward terms of the same name.
    """
    columns = np.moveaxis(np.asarray(totals, np.float64), -1, 0)
    return {f"episode_{name}": total for name, total in zip(role.total_names, columns, strict=True)}


def totals_of(role: Role, seat: Mapping[str, Any]) -> NDArray[np.float64]:
    """The totals [W] of a seat in a picture."""
    return np.array([seat["totals"][name] for name in role.total_names], np.float64)


def _as_int8(mask: Bool | None) -> NDArray[np.int8] | None:
    return None if mask is None else mask.view(np.int8)
