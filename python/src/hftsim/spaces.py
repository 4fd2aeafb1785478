"""The spaces of seats and the ways to look at them, as Gymnasium has them."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete, MultiDiscrete, Space

from .spec import Role

__all__ = ["RENDER_MODES", "action_space", "checked_render_mode", "observation_space"]

RENDER_MODES = ["ansi"]  # text


def observation_space(role: Role) -> Box:
    """A box, float32 [D], in the bounds of its numbers, infinite where there are none."""
    return Box(role.obs_low, role.obs_high, dtype=np.float32)


def action_space(role: Role) -> Space[Any]:
    """A box in [-1, 1], float32 [A]; or where actions are choices those."""
    if role.actions == "discrete":
        return Discrete(role.action_choices[0])
    if role.actions == "multi_discrete":
        return MultiDiscrete(list(role.action_choices))
    return Box(-1.0, 1.0, (len(role.action_names),), np.float32)


def checked_render_mode(mode: str | None) -> str | None:
    """The mode where there is such a one; ``ValueError`` else."""
    if mode is not None and mode not in RENDER_MODES:
        raise ValueError(f"render_mode must be None or one of {RENDER_MODES}, not {mode!r}")
    return mode
