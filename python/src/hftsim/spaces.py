"""Gymnasium spaces of a seat's observations and actions, and of the global state."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete, Space
from numpy.typing import NDArray

from .showing import Showing
from .spec import Role, Spec

__all__ = ["Choices", "action_space", "observation_space", "state_space"]


class Choices(MultiDiscrete):
    """A choice on each axis. Samples may be masked by ``action_mask`` in the form of infos and
    observations: the flags of all axes in one array."""

    def sample(self, mask: Any = None, probability: Any = None) -> NDArray[np.integer[Any]]:
        """As ``MultiDiscrete.sample``; ``mask`` may also be int8 [M]."""
        if isinstance(mask, np.ndarray):
            mask = tuple(np.split(mask, np.cumsum(self.nvec)[:-1]))
        return super().sample(mask) if probability is None else super().sample(mask, probability)


def observation_space(role: Role, showing: Showing, spec: Spec) -> Space[Any]:
    """A box, float32 [D], with the bounds of each number, infinite where there is none; or a
    dictionary of that box and of the mask and state that observations include."""
    seen = Box(role.obs_low, role.obs_high, dtype=np.float32)
    if not showing.parts:
        return seen
    spaces: dict[str, Space[Any]] = {showing.parts[0]: seen}
    if "action_mask" in showing.parts:
        spaces["action_mask"] = Box(0, 1, (_mask_size(role),), np.int8)
    if "state" in showing.parts:
        spaces["state"] = state_space(spec)
    return Dict(spaces)


def state_space(spec: Spec) -> Box:
    """The space of the global state, float32 [K]."""
    return Box(spec.state_low, spec.state_high, dtype=np.float32)


def action_space(role: Role) -> Space[Any]:
    """A box in [-1, 1], float32 [A]; where actions are choices, the space of these; where they are
    mixed, a dictionary of ``continuous``, a box, and ``discrete``, choices, without a part that has
    no axes."""
    if role.actions == "mixed":
        counts = [count for count in role.choices if count > 0]
        numbers = len(role.choices) - len(counts)
        parts: dict[str, Space[Any]] = {}
        if numbers:
            parts["continuous"] = Box(-1.0, 1.0, (numbers,), np.float32)
        if counts:
            parts["discrete"] = Choices(counts)
        return Dict(parts)
    if role.actions == "discrete":
        return Discrete(role.action_choices[0])
    if role.actions == "multi_discrete":
        return Choices(list(role.action_choices))
    return Box(-1.0, 1.0, (len(role.action_names),), np.float32)


def _mask_size(role: Role) -> int:
    """M, the number of flags of a mask."""
    return prod(role.choices) if role.actions == "discrete" else sum(role.choices)
