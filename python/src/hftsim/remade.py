"""Copies and pickles of what holds envs: made anew, from the arguments of the first."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

__all__ = ["Remade", "remake"]

T = TypeVar("T")


class Remade:
    """An object whose copies and pickles are made anew by its class, from its own arguments.

    So they have envs, and on a server a session, of their own, that nobody has reset yet. A class
    derived from one of these is called with its own arguments, whatever it hands on.
    """

    _made_of: tuple[tuple[Any, ...], dict[str, Any]]

    def __new__(cls, *args: Any, **options: Any) -> Any:
        """Keeps the arguments: of dictionaries, which may change, what they say now."""
        made = super().__new__(cls)
        made._made_of = (
            tuple(map(_kept, args)),
            {name: _kept(value) for name, value in options.items()},
        )
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """What ``pickle`` and ``copy`` go by."""
        return remake, (type(self), *self._made_of)


def remake(make: Callable[..., T], args: tuple[Any, ...], options: Mapping[str, Any]) -> T:
    """Calls a class or function once more."""
    return make(*args, **options)


def _kept(value: Any) -> Any:
    return copy.copy(value) if isinstance(value, dict) else value
