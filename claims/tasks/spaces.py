"""Observations and actions of a role by name, in the units of the spec."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import hftsim
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_INSTRUMENT = re.compile(r"i\d+_")  # before the names of one of several instruments
_SCALE = re.compile(r"([0-9.]+) x ")


class Seen:
    """The observations of one role's seats: ``seen["spread"]`` is [N, S] in ticks, and of several
    instruments [N, S, K]. A number that is scaled is scaled back.

    Attributes:
        obs: [N, S, D], as they are.
    """

    def __init__(self, role: hftsim.Role, obs: NDArray[np.float32]) -> None:
        self._columns, self._scales = _columns(role)
        self.obs = obs

    def __getitem__(self, name: str) -> Floats:
        columns = self._columns[name]
        column = columns[0] if len(columns) == 1 else columns
        return self.obs[..., column].astype(np.float64) / self._scales[name]

    def __contains__(self, name: str) -> bool:
        return name in self._columns


_COLUMNS: dict[tuple[str, ...], tuple[dict[str, list[int]], dict[str, float]]] = {}


def _columns(role: hftsim.Role) -> tuple[dict[str, list[int]], dict[str, float]]:
    """By name without instrument: where it stands in an observation, and its scale."""
    if role.obs_names not in _COLUMNS:
        columns: dict[str, list[int]] = {}
        scales: dict[str, float] = {}
        for column, name in enumerate(role.obs_names):
            base = _INSTRUMENT.sub("", name, count=1)
            columns.setdefault(base, []).append(column)
            found = _SCALE.match(role.obs_meanings[column].unit)
            scales[base] = float(found[1]) if found else 1.0
        _COLUMNS[role.obs_names] = columns, scales
    return _COLUMNS[role.obs_names]


class Axes:
    """The axes of one role's actions in their units, from ``low`` at -1 to ``high`` at 1.

    Attributes:
        nothing: float32 [A], the action that does nothing.
    """

    def __init__(self, role: hftsim.Role, config: Mapping[str, Any]) -> None:
        self.role = role
        (seats,) = [seats for seats in config["seats"] if seats["kind"] == role.name][:1]
        self.keys = seats
        ranges = {
            "bid_offset": (seats.get("offset_min"), seats.get("offset_max")),
            "ask_offset": (seats.get("offset_min"), seats.get("offset_max")),
            "pace": (0.0, 2.0),
            "offset": (0.0, seats.get("offset_max")),
            "direction": (-1.0, 1.0),
            "count": (-1.0, 1.0),
            "bid_price": (-seats.get("price_range", 0), seats.get("price_range", 0)),
            "offer_price": (-seats.get("price_range", 0), seats.get("price_range", 0)),
        }
        idle = {"bid_offset": 1.0, "ask_offset": 1.0, "pace": -1.0}
        self._columns: dict[str, list[int]] = {}
        self._low, self._high, self.nothing = [], [], np.zeros(0, np.float32)
        nothing = []
        for column, name in enumerate(role.action_names):
            base = _INSTRUMENT.sub("", name, count=1)
            self._columns.setdefault(base, []).append(column)
            low, high = ranges.get(base, (-1.0, 1.0))
            self._low.append(float(low))
            self._high.append(float(high))
            nothing.append(idle.get(base, 0.0))
        self.nothing = np.array(nothing, np.float32)

    def __contains__(self, name: str) -> bool:
        return name in self._columns

    def range_of(self, name: str) -> tuple[float, float]:
        """The lowest and the highest value of an axis in its unit."""
        column = self._columns[name][0]
        return self._low[column], self._high[column]

    @property
    def count(self) -> int:
        """The number of axes of one instrument."""
        return len(self._columns)

    def action(self, shape: tuple[int, ...], **values: Any) -> NDArray[np.float32]:
        """Actions [*shape, A], shape (N, S). Axes that are not named do nothing.

        Args:
            values: by axis, in its unit: numbers that broadcast to the shape, and for several
                instruments to [*shape, K]. NaN: the axis does nothing.
        """
        action = np.broadcast_to(self.nothing, (*shape, len(self.nothing))).copy()
        for name, value in values.items():
            columns = self._columns[name]
            low, high = self.range_of(name)
            idle = self.nothing[columns[0]]
            top = np.nextafter(np.float32(1), np.float32(0)) if idle == 1 else 1.0
            scaled = 2 * (np.asarray(value, np.float64) - low) / (high - low) - 1
            wanted = np.where(np.isnan(scaled), idle, np.clip(scaled, -1, top))
            if len(columns) == 1:
                action[..., columns[0]] = wanted
            else:
                action[..., columns] = wanted
        return action
