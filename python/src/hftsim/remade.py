"""Copies and pickles of objects that hold envs: constructed anew from the original arguments."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

__all__ = ["Remade", "remake"]

T = TypeVar("T")


class Remade:
    """An object whose copies and pickles are constructed anew by its class, from its own arguments.

    A copy has its own envs (on a server its own session), which have not been reset. A derived
    class is called with its own arguments, whatever it passes to its base.
    """

    _made_of: tuple[tuple[Any, ...], dict[str, Any]]

    def __new__(cls, *args: Any, **options: Any) -> Any:
        """Records the arguments; dictionaries, which may change, are copied."""
        made = super().__new__(cls)
        made._made_of = (
            tuple(map(_kept, args)),
            {name: _kept(value) for name, value in options.items()},
        )
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """How ``pickle`` and ``copy`` reconstruct the object."""
        return remake, (type(self), *self._made_of)


def remake(make: Callable[..., T], args: tuple[Any, ...], options: Mapping[str, Any]) -> T:
    """Calls a class or function with recorded arguments."""
    return make(*args, **options)


def _kept(value: Any) -> Any:
    return copy.copy(value) if isinstance(value, dict) else value
