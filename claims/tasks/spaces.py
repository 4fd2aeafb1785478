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
_SCALE = re.compile(r"([0-9.e-]+) (x |ln\(1 \+ lots\))")


def scale_of(unit: str) -> float:
    """What a number is multiplied by, given its unit in the spec: 0.1 for ``0.1 x ticks``, and
    -0.2 for ``0.2 ln(1 + lots)``, whose sign stands for the logarithm."""
    found = _SCALE.match(unit)
    if found is None:
        return 1.0
    return float(found[1]) * (1 if found[2] == "x " else -1)


class Seen:
    """The observations of one role's seats: ``seen["spread"]`` is [N, S] in ticks, and of several
    instruments [N, S, K]. A number that is scaled, or a logarithm of lots, is scaled back.

    Attributes:
        obs: [N, S, D], as they are.
    """

    def __init__(self, role: hftsim.Role, obs: NDArray[np.float32]) -> None:
        self._columns, self._scales = _columns(role)
        self.obs = obs

    def __getitem__(self, name: str) -> Floats:
        columns = self._columns[name]
        column = columns[0] if len(columns) == 1 else columns
        numbers = self.obs[..., column].astype(np.float64) / abs(self._scales[name])
        return np.expm1(numbers) if self._scales[name] < 0 else numbers

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
            scales[base] = scale_of(role.obs_meanings[column].unit)
        _COLUMNS[role.obs_names] = columns, scales
    return _COLUMNS[role.obs_names]


_SWITCHES = {"bid_offset": "bid_on", "ask_offset": "ask_on"}  # the axes that withdraw quotes


class Axes:
    """The axes of one role's actions, in the units of the spec.

    Attributes:
        keys: of the role's first item of ``seats`` in the config.
        nothing: float32 [A], the action that does nothing.
        count: the number of axes of one instrument.
    """

    def __init__(self, role: hftsim.Role, config: Mapping[str, Any]) -> None:
        self.keys = next(seats for seats in config["seats"] if seats["kind"] == role.name)
        self._columns: dict[str, list[int]] = {}
        for column, name in enumerate(role.action_names):
            self._columns.setdefault(_INSTRUMENT.sub("", name, count=1), []).append(column)
        self.count = len(self._columns)
        self._axes = {name: role.axes[columns[0]] for name, columns in self._columns.items()}
        nothing = role.do_nothing or [axis.high for axis in role.axes]  # or as far as possible
        self.nothing = np.array(nothing, np.float32)

    def __contains__(self, name: str) -> bool:
        return name in self._columns

    def unit_of(self, name: str) -> str:
        """The unit of an axis."""
        return self._axes[name].unit

    def range_of(self, name: str) -> tuple[float, float]:
        """The lowest and the highest value of an axis in its unit."""
        axis = self._axes[name]
        if axis.low_value is None or axis.high_value is None:
            raise ValueError(f"the seats have different ranges of {name}")
        return axis.low_value, axis.high_value

    def action(self, shape: tuple[int, ...], **values: Any) -> NDArray[np.float32]:
        """Actions [*shape, A], shape (N, S). Axes that are not named do nothing.

        Args:
            values: by axis, in its unit: numbers that broadcast to the shape, and for several
                instruments to [*shape, K]. NaN: the axis does nothing; a quote is withdrawn.
        """
        action = np.broadcast_to(self.nothing, (*shape, len(self.nothing))).copy()
        for name, value in values.items():
            low, high = self.range_of(name)
            numbers = np.clip(2 * (np.asarray(value, np.float64) - low) / (high - low) - 1, -1, 1)
            self._put(action, name, numbers)
            if (switch := _SWITCHES.get(name)) in self._columns:
                self._put(action, switch, np.where(np.isnan(numbers), np.nan, 1.0))
        return action

    def _put(self, action: NDArray[np.float32], name: str, numbers: Floats) -> None:
        columns = self._columns[name]
        wanted = np.where(np.isnan(numbers), self.nothing[columns[0]], numbers)
        action[..., columns[0] if len(columns) == 1 else columns] = wanted
