"""The spaces of seats, as Gymnasium has them."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete, MultiDiscrete, Space

from .spec import Role

__all__ = ["action_space", "observation_space"]


def observation_space(role: Role) -> Box:
    """An unbounded box, float32 [D]."""
    return Box(-np.inf, np.inf, (len(role.obs_names),), np.float32)


def action_space(role: Role) -> Space[Any]:
    """A box in [-1, 1], float32 [A]; or where actions are choices those."""
    if role.actions == "discrete":
        return Discrete(role.action_choices[0])
    if role.actions == "multi_discrete":
        return MultiDiscrete(list(role.action_choices))
    return Box(-1.0, 1.0, (len(role.action_names),), np.float32)
