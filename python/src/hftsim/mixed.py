"""Mixed actions: numbers and choices in one array, or as the parts of a dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .spec import Role

__all__ = ["joined", "nothing_of", "parted"]


def joined(role: Role, action: Mapping[str, Any]) -> NDArray[np.float32]:
    """The array [..., A] of a mixed action given in parts.

    Args:
        role: whose ``actions`` are ``"mixed"``.
        action: ``continuous``, [..., C], the numbers, and ``discrete``, [..., K], the choices, in
            the order of the axes. A part without axes is absent.

    Raises:
        ValueError: a part is missing or unknown, or has another shape.
    """
    parts = _parts(role)
    if action.keys() != parts.keys():
        raise ValueError(f"an action must have the parts {', '.join(parts)}, not {list(action)}")
    arrays = {name: np.asarray(action[name]) for name in parts}
    rows = next(iter(arrays.values())).shape[:-1]
    array = np.zeros((*rows, len(role.action_names)), np.float32)
    for name, axes in parts.items():
        if arrays[name].shape != (*rows, len(axes)):
            raise ValueError(f"{name} must be {(*rows, len(axes))}, not {arrays[name].shape}")
        array[..., axes] = arrays[name]
    return array


def parted(role: Role, action: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """The parts of a mixed action [..., A], as :func:`joined` takes them: float32 and int64."""
    dtypes = {"continuous": np.float32, "discrete": np.int64}
    return {name: action[..., axes].astype(dtypes[name]) for name, axes in _parts(role).items()}


def nothing_of(role: Role, rows: tuple[int, ...] = ()) -> Any:
    """The action that does nothing, an element of the action space; with ``rows`` so many of them.

    Raises:
        ValueError: every action does something.
    """
    if role.do_nothing is None:
        raise ValueError(f"every action of a {role.name} does something: its config withdraws none")
    row = np.array(role.do_nothing, np.float32 if role.actions in ("box", "mixed") else np.int64)
    if role.actions == "discrete":
        return np.full(rows, row[0]) if rows else row[0]
    action = np.tile(row, (*rows, 1)) if rows else row
    return parted(role, action) if role.actions == "mixed" else action


def _parts(role: Role) -> dict[str, list[int]]:
    """The axes of each part that has any."""
    parts = {
        "continuous": [axis for axis, count in enumerate(role.choices) if count == 0],
        "discrete": [axis for axis, count in enumerate(role.choices) if count > 0],
    }
    return {name: axes for name, axes in parts.items() if axes}
