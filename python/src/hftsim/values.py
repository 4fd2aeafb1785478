"""What callers give: Python's and NumPy's numbers alike, and no fraction where one is counted."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from typing import Any

import numpy as np

from .errors import RequestError

__all__ = ["SEEDS", "counted", "plain", "seed_of", "whole", "world_seed"]

SEEDS = 2**64  # so many there are
_WIRE_INTS = range(-(2**63), 2**64)  # what MessagePack holds
_COUNT_MAX = 2**31 - 1  # what C holds; the library and servers know the real limits


def whole(name: str, value: Any) -> int:
    """An integer of Python's or NumPy's; ``ValueError`` for anything else, fractions too."""
    try:
        return operator.index(value)
    except TypeError:
        raise ValueError(f"{name} must be an integer, not {value!r}") from None


def counted(name: str, value: Any, low: int) -> int:
    """How many, from ``low``: ``RequestError`` where no env could have so many."""
    count = whole(name, value)
    if not low <= count <= _COUNT_MAX:
        raise RequestError("bad_argument", f"{count} is out of bounds", name)
    return count


def seed_of(value: Any) -> int:
    """A seed, 0 .. 2^64 - 1: ``RequestError`` where it is out of bounds."""
    seed = whole("seed", value)
    if not 0 <= seed < SEEDS:
        raise RequestError("bad_argument", f"{seed} is out of bounds: 0 .. 2^64 - 1", "seed")
    return seed


def plain(overrides: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Overrides of a config as numbers, texts and lists of Python's own.

    Raises:
        TypeError: one is something else, or no finite number; or a path is no text.
    """
    if overrides is None:
        return None
    for path in overrides:
        if not isinstance(path, str):
            raise TypeError(f"overrides go by the path of a key, a text, not {path!r}")
    return {str(path): _plain(path, value) for path, value in overrides.items()}


def _plain(path: str, value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int):  # one beyond what goes over the wire is a text that says so
        return int(value) if value in _WIRE_INTS else str(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if isinstance(value, (list, tuple)):
        return [_plain(path, item) for item in value]
    raise TypeError(f"the override of {path} must be a number, a text or a list, not {value!r}")


def world_seed(seed: int, env: int) -> int:
    """The seed with which an env alone is in the world (seed, env): docs/environment.md, Seeds."""
    return seed if env == 0 else _mixed(_mixed(seed) + env)


def _mixed(x: int) -> int:
    """SplitMix64 (Steele, Lea, Flood 2014): a step and its finaliser."""
    x = (x + 0x9E3779B97F4A7C15) % SEEDS
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 % SEEDS
    x = (x ^ x >> 27) * 0x94D049BB133111EB % SEEDS
    return x ^ x >> 31
