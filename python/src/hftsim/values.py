"""Numbers that callers give: Python's and NumPy's alike, and no fraction where one is counted."""

from __future__ import annotations

import operator
from typing import Any

from .errors import RequestError

__all__ = ["SEEDS", "counted", "seed_of", "whole"]

SEEDS = 2**64  # so many there are
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
