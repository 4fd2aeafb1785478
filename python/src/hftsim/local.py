"""Environments in this process, by libhftsim."""

from __future__ import annotations

import ctypes
import math
import weakref
from collections.abc import Mapping
from typing import Any

import msgpack
import numpy as np
from numpy.typing import NDArray

from .backend import Output
from .errors import RequestError
from .library import ACTIONS, FINALS, RESULTS, failure, load_library
from .spec import Spec

__all__ = ["LocalBackend"]

_INT_MAX = 2**31 - 1  # what C holds; the library knows the real limits
_SEED_MAX = 2**64 - 1
_FORMATS = (".15g", ".16g", ".17g")  # of a number; the first that gives it back is taken


class LocalBackend:
    """N environments in this process. See :class:`hftsim.backend.Backend`.

    Args:
        config: the name of a preset; None is ``"default"``.
        config_text: a config in YAML, instead of a name.
        overrides: laid over the config.
        num_envs: N.
        seed: env i begins in the world of seed + i; 0 .. 2^64 - 1.
        threads: how many step the envs; 0 is one per core.
        copy: gives each result in memory of its own. Without, results are views of the envs'
            memory, which the next call overwrites.

    Raises:
        RequestError: the config or a number is refused; ``Error``: the library is not there.
    """

    def __init__(
        self,
        *,
        config: str | None,
        config_text: str | None,
        overrides: Mapping[str, Any] | None,
        num_envs: int,
        seed: int,
        threads: int,
        copy: bool,
    ) -> None:
        num_envs = _checked("num_envs", num_envs, _INT_MAX)
        threads = _checked("threads", threads, _INT_MAX)
        seed = _checked("seed", seed, _SEED_MAX)
        self._handle = handle = _Handle()
        if config is not None:
            handle.call("load", config.encode())
        if config_text is not None:
            text = config_text.encode()
            handle.call("load_text", text, len(text), None)
        for path, value in (overrides or {}).items():
            handle.call("set", path.encode(), _value_text(path, value).encode())
        handle.call("start", num_envs, threads, seed)
        self._copy = copy
        self.spec = handle.spec()
        self.actions = handle.slab(ACTIONS)
        self._results = _read_only(handle.slab(RESULTS))

    def reset(self, seed: int | None, mask: NDArray[np.bool_] | None) -> Output:
        chosen = None if mask is None else mask.tobytes()
        if seed is None:
            self._handle.call("reset", chosen)
        else:
            self._handle.call("reset_seed", _checked("seed", seed, _SEED_MAX), chosen)
        return self._output()

    def step(self) -> Output:
        self._handle.call("step")
        return self._output()

    def ping(self) -> None:
        pass  # they stay for as long as this process does

    def close(self) -> None:
        # The memory goes with the last array that looks at it.
        del self._handle, self.actions, self._results

    def _output(self) -> Output:
        ended = self._handle.ended_count()
        finals = _read_only(self._handle.slab(FINALS).copy()) if ended else None
        results = _read_only(self._results.copy()) if self._copy else self._results
        return Output(results, ended, finals)


class _Handle:
    """A handle of the library, which is freed with this object."""

    def __init__(self) -> None:
        self._library = load_library()
        self._pointer = self._library.hftsim_create()
        if not self._pointer:
            raise MemoryError("hftsim_create")
        # Not at exit: arrays may still be looked at then, and the memory goes with the process.
        weakref.finalize(self, self._library.hftsim_free, self._pointer).atexit = False

    def call(self, name: str, *arguments: Any) -> None:
        """Calls hftsim_<name>; ``RequestError`` where it fails."""
        status = getattr(self._library, f"hftsim_{name}")(self._pointer, *arguments)
        if status != 0:
            raise failure(self._library, self._pointer, status)

    def ended_count(self) -> int:
        return int(self._library.hftsim_ended_count(self._pointer))

    def slab(self, slab: int) -> NDArray[np.uint8]:
        """The bytes of a slab, without a copy."""
        size = ctypes.c_size_t()
        address = self._library.hftsim_slab(self._pointer, slab, size)
        return np.asarray(_Memory(self, address, size.value))

    def spec(self) -> Spec:
        size = ctypes.c_size_t()
        address = self._library.hftsim_spec(self._pointer, size)
        fields = msgpack.unpackb(ctypes.string_at(address, size.value))
        return Spec.parse(fields, self._library.hftsim_spec_hash(self._pointer).decode())


class _Memory:
    """Memory of a handle as NumPy wraps it: arrays over it keep the handle."""

    def __init__(self, owner: _Handle, address: int, size: int) -> None:
        self._owner = owner
        self.__array_interface__ = {
            "version": 3,
            "typestr": "|u1",
            "shape": (size,),
            "data": (address, False),
        }


def _read_only(array: NDArray[np.uint8]) -> NDArray[np.uint8]:
    array.flags.writeable = False
    return array


def _checked(name: str, value: int, high: int) -> int:
    """A number that C's type for it can hold: ctypes would cut it to size."""
    if not 0 <= int(value) <= high:
        raise RequestError("bad_argument", f"{value} is out of bounds", name)
    return int(value)


def _value_text(path: str, value: Any) -> str:
    """The value of an override as a config would have it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return next(text for text in map(value.__format__, _FORMATS) if float(text) == value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_value_text(path, item) for item in value)}]"
    raise TypeError(f"the override of {path} must be a number, a text or a list, not {value!r}")
