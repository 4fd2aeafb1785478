"""Environments in this process, through libhftsim."""

from __future__ import annotations

import ctypes
import weakref
from collections.abc import Mapping
from typing import Any

import msgpack
import numpy as np
from numpy.typing import NDArray

from .backend import Output, Overrides, Seeds
from .errors import RequestError
from .library import ACTIONS, AUTORESETS, FINALS, RESULTS, failure, load_library
from .spec import Layout, Spec
from .values import value_text

__all__ = ["LocalBackend"]


class LocalBackend:
    """N environments in this process. See :class:`hftsim.backend.Backend`.

    Args:
        config: the name of a preset; None means ``"default"``.
        config_text: a config in YAML, instead of a name.
        overrides: values by path, applied to the config.
        num_envs: N.
        seed: env i begins in the world (seed, i).
        threads: number of threads; None or 0 means one per core.
        copy: True copies each result; False returns views of the envs' memory, which the next call
            overwrites.
        autoreset: one of ``AUTORESETS``.

    Raises:
        RequestError: the config or a number is invalid.
        Error: the library is not found.
    """

    def __init__(
        self,
        *,
        config: str | None,
        config_text: str | None,
        overrides: Mapping[str, Any] | None,
        num_envs: int,
        seed: int,
        threads: int | None,
        copy: bool,
        autoreset: str = "same_step",
    ) -> None:
        self._handle = handle = _Handle()
        if config is not None:
            handle.call("load", config.encode())
        if config_text is not None:
            text = config_text.encode()
            handle.call("load_text", text, len(text), None)
        for path, value in (overrides or {}).items():
            handle.call("set", path.encode(), value_text(value).encode())
        handle.call("set_autoreset", AUTORESETS[autoreset])
        handle.call("start", num_envs, threads or 0, seed)
        self._copy = copy
        self.place = "in this process"
        self.spec = handle.spec()
        self.actions = handle.slab(ACTIONS)
        self._results = _read_only(handle.slab(RESULTS))
        self._saves: dict[int, NDArray[np.uint8]] = {}
        self._last_save = 0

    def reset(
        self, seed: Seeds, mask: NDArray[np.bool_] | None, overrides: Overrides = None
    ) -> Output:
        under_way = self._handle.count("under_way_count")
        if mask is None and under_way:
            self._receive(under_way, under_way)
        self._begin(seed, mask, overrides)
        return self._output()

    def reset_some(
        self, envs: NDArray[np.int32], seed: Seeds, overrides: Overrides = None
    ) -> Output:
        mask = np.zeros(self.spec.num_envs, np.bool_)
        mask[envs] = True
        if isinstance(seed, np.ndarray):
            seeds = np.zeros(self.spec.num_envs, np.uint64)
            seeds[envs] = seed
            seed = seeds
        self._begin(seed, mask, overrides)
        return self._rows(envs)

    def step(self) -> Output:
        self._handle.call("step")
        return self._output()

    def step_some(self, envs: NDArray[np.int32]) -> Output:
        self.send(envs)
        self._receive(len(envs), len(envs))
        return self._rows_and_finals(envs)

    def send(self, envs: NDArray[np.int32]) -> None:
        self._handle.call("send", envs.ctypes.data, len(envs))

    def recv(self, least: int, room: int) -> Output:
        envs = self._receive(least, room)
        return self._rows_and_finals(envs)._replace(envs=envs)

    def save(self, env: int) -> int:
        save = np.empty(self._handle.count("env_bytes"), np.uint8)
        self._handle.call("save_env", env, save.ctypes.data, save.nbytes)
        return self._keep(save)

    def load(self, env: int, save: int) -> Output:
        saved = self._saved(save)
        self._handle.call("load_env", env, saved.ctypes.data, saved.nbytes)
        return self._rows(np.array([env], np.int32))

    def fork(self, source: int, targets: NDArray[np.int32]) -> Output:
        self._handle.call("fork_env", source, targets.ctypes.data, len(targets))
        return self._rows(targets)

    def drop(self, save: int) -> None:
        self._saved(save)
        del self._saves[save]

    def export_save(self, save: int) -> bytes:
        return self._saved(save).tobytes()

    def import_save(self, data: bytes) -> int:
        save = np.frombuffer(data, np.uint8).copy()
        try:
            self._handle.call("check_save", save.ctypes.data, save.nbytes)
        except RequestError as error:
            raise RequestError("bad_save", error.message, "save") from error
        return self._keep(save)

    def picture(self, env: int, levels: int) -> dict[str, Any]:
        return self._handle.picture(env, levels)

    def ping(self) -> None:
        pass  # envs in this process do not expire

    def close(self) -> None:
        # The memory is freed with the last array that views it.
        del self._handle, self.actions, self._results, self._saves

    def _begin(
        self, seed: Seeds, mask: NDArray[np.bool_] | None, overrides: Overrides
    ) -> None:
        chosen = None if mask is None else mask.tobytes()
        if overrides is not None:
            texts = ctypes.c_char_p * len(overrides)
            keys = texts(*(path.encode() for path in overrides))
            values = texts(*(value_text(value).encode() for value in overrides.values()))
            self._handle.call("override", keys, values, len(overrides), chosen)
        if seed is None:
            self._handle.call("reset", chosen)
        elif isinstance(seed, np.ndarray):
            self._handle.call("reset_seeds", np.ascontiguousarray(seed).ctypes.data, chosen)
        else:
            self._handle.call("reset_seed", seed, chosen)

    def _receive(self, least: int, room: int) -> NDArray[np.int32]:
        envs = np.empty(room, np.int32)
        return envs[: self._handle.call("recv", envs.ctypes.data, least, room)]

    def _keep(self, save: NDArray[np.uint8]) -> int:
        self._last_save += 1
        self._saves[self._last_save] = save
        return self._last_save

    def _saved(self, save: int) -> NDArray[np.uint8]:
        try:
            return self._saves[save]
        except KeyError:
            raise RequestError("unknown_save", f"unknown save {save}", "save") from None

    def _rows(self, envs: NDArray[np.int32]) -> Output:
        return Output(_read_only(self.spec.results.gather(self._results, envs)))

    def _rows_and_finals(self, envs: NDArray[np.int32]) -> Output:
        """The output of envs that have just been received, with rows in the order of ``envs``."""
        ended = self._handle.ended_count()
        if not ended:
            return self._rows(envs)
        finals = self._handle.slab(FINALS)
        layout = Layout.packed(self.spec.finals, ended)
        place = {int(env): row for row, env in enumerate(layout.views(finals)["env"])}
        order = np.array([place[env] for env in envs.tolist() if env in place], np.int32)
        return self._rows(envs)._replace(
            ended=ended, finals=_read_only(layout.gather(finals, order))
        )

    def _output(self) -> Output:
        ended = self._handle.ended_count()
        finals = _read_only(self._handle.slab(FINALS).copy()) if ended else None
        results = _read_only(self._results.copy()) if self._copy else self._results
        return Output(results, ended, finals)


class _Handle:
    """A handle of the library; freed with this object."""

    def __init__(self) -> None:
        self._library = load_library()
        self._pointer = self._library.hftsim_create()
        if not self._pointer:
            raise MemoryError("hftsim_create")
        # Not at exit: arrays may still be in use then, and the process frees the memory.
        weakref.finalize(self, self._library.hftsim_free, self._pointer).atexit = False

    def call(self, name: str, *arguments: Any) -> int:
        """Calls hftsim_<name>, which returns 0 or a count. ``RequestError``: it failed."""
        status = getattr(self._library, f"hftsim_{name}")(self._pointer, *arguments)
        if status < 0:
            raise failure(self._library, self._pointer, status)
        return int(status)

    def count(self, name: str) -> int:
        """hftsim_<name>, which cannot fail."""
        return int(getattr(self._library, f"hftsim_{name}")(self._pointer))

    def ended_count(self) -> int:
        return self.count("ended_count")

    def slab(self, slab: int) -> NDArray[np.uint8]:
        """Returns the bytes of a slab, without a copy."""
        size = ctypes.c_size_t()
        address = self._library.hftsim_slab(self._pointer, slab, size)
        return np.asarray(_Memory(self, address, size.value))

    def spec(self) -> Spec:
        size = ctypes.c_size_t()
        address = self._library.hftsim_spec(self._pointer, size)
        fields = msgpack.unpackb(ctypes.string_at(address, size.value))
        digests = (
            getattr(self._library, f"hftsim_{what}_hash")(self._pointer).decode()
            for what in ("spec", "spaces")
        )
        return Spec.parse(fields, *digests)

    def picture(self, env: int, levels: int) -> dict[str, Any]:
        address, size = ctypes.c_void_p(), ctypes.c_size_t()
        self.call("render", env, levels, ctypes.byref(address), ctypes.byref(size))
        assert address.value is not None
        fields: dict[str, Any] = msgpack.unpackb(ctypes.string_at(address.value, size.value))
        return fields


class _Memory:
    """Memory of a handle for NumPy's array interface: arrays keep a reference to the handle."""

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
