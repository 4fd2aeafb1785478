"""Validates arguments: accepts numbers of Python and NumPy, and refuses fractions as counts."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from typing import Any

import numpy as np

from .errors import RequestError

__all__ = ["SEEDS", "counted", "plain", "seed_of", "value_text", "whole", "world_seed"]

SEEDS = 2**64  # number of seeds
_FORMATS = (".15g", ".16g", ".17g")  # of a number: the first one that reads back equal
_WIRE_INTS = range(-(2**63), 2**64)  # the integers of MessagePack
_COUNT_MAX = 2**31 - 1  # of a C int; the library and servers have tighter limits


def whole(name: str, value: Any) -> int:
    """Returns an integer of Python or NumPy as int; ``ValueError`` for anything else."""
    try:
        return operator.index(value)
    except TypeError:
        raise ValueError(f"{name} must be an integer, not {value!r}") from None


def counted(name: str, value: Any, low: int) -> int:
    """Returns a count in [low, 2^31 - 1]; ``RequestError`` where it is out of range."""
    count = whole(name, value)
    if not low <= count <= _COUNT_MAX:
        raise RequestError("bad_argument", f"{count} out of range [{low}, {_COUNT_MAX}]", name)
    return count


def seed_of(value: Any) -> int:
    """Returns a seed in [0, 2^64 - 1]; ``RequestError`` where it is out of range."""
    seed = whole("seed", value)
    if not 0 <= seed < SEEDS:
        raise RequestError("bad_argument", f"{seed} out of range [0, 2^64 - 1]", "seed")
    return seed


def plain(overrides: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Returns overrides of a config with values of Python's own types: numbers, str and lists.

    A dict for the ``params`` of seats becomes the text that a config has.

    Raises:
        TypeError: a value has another type or is not finite, or a path is not a str.
    """
    if overrides is None:
        return None
    for path in overrides:
        if not isinstance(path, str):
            raise TypeError(f"the path of an override must be a str, not {path!r}")
    return {
        str(path): _params(path, value) if _is_params(path, value) else _plain(path, value)
        for path, value in overrides.items()
    }


def _is_params(path: str, value: Any) -> bool:
    return path.endswith(".params") and isinstance(value, Mapping)


def _params(path: str, params: Mapping[Any, Any]) -> str:
    pairs = []
    for name, value in params.items():
        if not isinstance(name, str):
            raise TypeError(f"a key in the override of {path} must be a str, not {name!r}")
        pairs.append(f"{name}: {value_text(_plain(f'{path}.{name}', value))}")
    return f"{{{', '.join(pairs)}}}"


def _plain(path: str, value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int):  # beyond MessagePack: as text
        return int(value) if value in _WIRE_INTS else str(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if isinstance(value, (list, tuple)):
        return [_plain(path, item) for item in value]
    raise TypeError(
        f"the override of {path} must be a finite number, a str or a list of these, not {value!r}"
    )


def value_text(value: Any) -> str:
    """Returns the value of an override as it is written in a config."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(value_text, value))}]"
    if isinstance(value, float):
        return next(text for text in map(value.__format__, _FORMATS) if float(text) == value)
    return str(value)


def world_seed(seed: int, env: int) -> int:
    """The seed of a single env in the world (seed, env): docs/environment.md, Seeds."""
    return seed if env == 0 else _mixed(_mixed(seed) + env)


def _mixed(x: int) -> int:
    """SplitMix64 (Steele, Lea, Flood 2014): one step and its finalizer."""
    x = (x + 0x9E3779B97F4A7C15) % SEEDS
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 % SEEDS
    x = (x ^ x >> 27) * 0x94D049BB133111EB % SEEDS
    return x ^ x >> 31
