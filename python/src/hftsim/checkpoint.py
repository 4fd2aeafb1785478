"""Checkpoints through libhftsim: the functions of include/hftsim_policy.h."""

from __future__ import annotations

import ctypes
import functools
import os
import tempfile
import weakref
from collections.abc import Callable, Mapping
from ctypes import (
    POINTER,
    byref,
    c_char_p,
    c_double,
    c_float,
    c_int,
    c_int64,
    c_size_t,
    c_uint64,
    c_void_p,
)
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import RequestError
from .library import declare, load_library
from .nets import Net

__all__ = ["Checkpoint"]

Floats = NDArray[np.float32]

ERROR_BYTES = 512
# PyTorch's names of tensors of the C API whose names differ.
_NAMES = {
    "gru.input_weight": "gru.weight_ih_l0",
    "gru.state_weight": "gru.weight_hh_l0",
    "gru.input_bias": "gru.bias_ih_l0",
    "gru.state_bias": "gru.bias_hh_l0",
    "head.params": "log_std",
    "obs.shift": "obs_shift",
    "obs.factor": "obs_factor",
}


class _Network(ctypes.Structure):
    _fields_ = (
        ("bytes", c_size_t),
        ("hidden_count", c_int),
        ("hidden", c_int * 8),
        ("gru", c_int),
        ("layer_norm", c_int),
        ("activation", c_char_p),
        ("density", c_char_p),
        ("deviation", c_double),
    )


class _Actor(ctypes.Structure):
    _fields_ = (
        ("bytes", c_size_t),
        ("role", c_char_p),
        *((name, c_int) for name in ("seat", "obs_dim", "axis_count", "action_dim",
                                     "action_is_float", "mask_dim", "state_dim", "tensor_count")),
        ("space", c_char_p),
        ("network", _Network),
    )  # fmt: skip


class _Tensor(ctypes.Structure):
    _fields_ = (
        ("bytes", c_size_t),
        ("name", c_char_p),
        ("rows", c_int64),
        ("cols", c_int64),
        ("values", POINTER(c_float)),
    )


_ERROR = (c_char_p, c_size_t)
# name: (result, arguments...)
_FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "hftsim_policy_open": (c_int, c_char_p, POINTER(c_void_p), *_ERROR),
    "hftsim_policy_create": (c_int, c_char_p, c_size_t, POINTER(_Network), c_uint64,
                             POINTER(c_void_p), *_ERROR),
    "hftsim_policy_close": (None, c_void_p),
    "hftsim_policy_write": (c_int, c_void_p, c_char_p, *_ERROR),
    "hftsim_policy_text": (c_char_p, c_void_p, c_char_p),
    "hftsim_policy_actor_count": (c_int, c_void_p),
    "hftsim_policy_find": (c_int, c_void_p, c_char_p, c_int),
    "hftsim_policy_actor": (c_int, c_void_p, c_int, POINTER(_Actor)),
    "hftsim_policy_obs_name": (c_char_p, c_void_p, c_int, c_int),
    "hftsim_policy_axis_name": (c_char_p, c_void_p, c_int, c_int),
    "hftsim_policy_choices": (c_int, c_void_p, c_int, c_int),
    "hftsim_policy_act": (c_int, c_void_p, c_int, c_int64, c_void_p, c_void_p, c_void_p, c_void_p,
                          c_void_p, *_ERROR),
    "hftsim_policy_tensor": (c_int, c_void_p, c_int, c_int, POINTER(_Tensor)),
    "hftsim_policy_set_tensor": (c_int, c_void_p, c_int, c_char_p, c_void_p, c_int64, *_ERROR),
}  # fmt: skip


@functools.cache
def _functions() -> ctypes.CDLL:
    library = load_library()
    declare(library, _FUNCTIONS)
    return library


def _call(name: str, *arguments: Any) -> None:
    """Calls hftsim_policy_<name>, which also takes room for an error. ``RequestError``."""
    library, text = _functions(), ctypes.create_string_buffer(ERROR_BYTES)
    status = getattr(library, f"hftsim_policy_{name}")(*arguments, text, ERROR_BYTES)
    if status < 0:
        code = library.hftsim_status_name(status).decode()
        told = text.value.decode(errors="replace") or library.hftsim_status_text(status).decode()
        raise RequestError(code, told)


class Checkpoint:
    """A policy of the C API; closed with this object.

    Attributes:
        place: for messages: the file, or where else it is from.
    """

    def __init__(self, make: Callable[[Any], None], place: str) -> None:
        pointer = c_void_p()
        make(byref(pointer))
        self.place = place
        self._pointer, self._library = pointer, _functions()
        weakref.finalize(self, self._library.hftsim_policy_close, pointer).atexit = False

    @classmethod
    def open(cls, path: str) -> Checkpoint:
        """Opens a file. ``RequestError``: ``bad_file``."""
        return cls(lambda out: _call("open", os.fsencode(path), out), path)

    @classmethod
    def create(cls, config: str, hidden: tuple[int, ...], activation: str, layer_norm: bool,
               gru: int, density: str, deviation: float, seed: int) -> Checkpoint:  # fmt: skip
        """Untrained policies for a config. ``RequestError``: ``bad_argument``, ``config``."""
        network = _Network(
            bytes=ctypes.sizeof(_Network), hidden_count=len(hidden), gru=gru,
            layer_norm=layer_norm, activation=activation.encode(), density=density.encode(),
            deviation=deviation,
        )  # fmt: skip
        for i, units in enumerate(hidden[:8]):
            network.hidden[i] = units
        text = config.encode()
        return cls(lambda out: _call("create", text, len(text), byref(network), seed, out),
                   "the config")  # fmt: skip

    def copy(self) -> Checkpoint:
        """A policy of its own with the same weights."""
        return Checkpoint._read(*self.__reduce__()[1])

    @staticmethod
    def _read(data: bytes, place: str) -> Checkpoint:
        """Opens the bytes of a file."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "policy.h5")
            Path(path).write_bytes(data)
            made = Checkpoint.open(path)
        made.place = place
        return made

    def __reduce__(self) -> tuple[Callable[[bytes, str], Checkpoint], tuple[bytes, str]]:
        """For copy and pickle: the bytes of a file."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "policy.h5")
            self.write(path)
            return Checkpoint._read, (Path(path).read_bytes(), self.place)

    def write(self, path: str) -> None:
        """Writes a checkpoint. ``RequestError``: ``bad_file``."""
        _call("write", self._pointer, os.fsencode(path))

    def text(self, name: str) -> str:
        """Its algorithm, config or training."""
        text: bytes = self._library.hftsim_policy_text(self._pointer, name.encode())
        return text.decode(errors="replace")

    @property
    def _count(self) -> int:
        return int(self._library.hftsim_policy_actor_count(self._pointer))

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles of its actors."""
        names = (self._actor(k).role.decode() for k in range(self._count))
        return tuple(dict.fromkeys(names))

    def find(self, role: str, seat: int) -> int | None:
        """The actor of a seat; -1: of the role's first one. None: there is none."""
        actor = int(self._library.hftsim_policy_find(self._pointer, role.encode(), seat))
        return None if actor < 0 else actor

    def _actor(self, actor: int) -> _Actor:
        told = _Actor(bytes=ctypes.sizeof(_Actor))
        if self._library.hftsim_policy_actor(self._pointer, actor, byref(told)) < 0:
            raise IndexError(f"no actor {actor}")
        return told

    def net(self, actor: int) -> Net:
        """The names and the shape of an actor."""
        told, library = self._actor(actor), self._library
        network = told.network

        def names(what: str, count: int) -> tuple[str, ...]:
            name = getattr(library, f"hftsim_policy_{what}_name")
            return tuple(name(self._pointer, actor, i).decode() for i in range(count))

        return Net(
            role=told.role.decode(),
            seat=told.seat,
            space=told.space.decode(),
            obs_names=names("obs", told.obs_dim),
            axis_names=names("axis", told.axis_count),
            choices=tuple(
                library.hftsim_policy_choices(self._pointer, actor, i)
                for i in range(told.action_dim)
            ),
            density=network.density.decode(),
            activation=network.activation.decode(),
            hidden=tuple(network.hidden[: network.hidden_count]),
            gru=network.gru,
            layer_norm=bool(network.layer_norm),
        )

    def tensors(self, actor: int) -> dict[str, Floats]:
        """Copies of the tensors, by PyTorch's names and in its layouts."""
        arrays = {}
        for k in range(self._actor(actor).tensor_count):
            told = _Tensor(bytes=ctypes.sizeof(_Tensor))
            self._library.hftsim_policy_tensor(self._pointer, actor, k, byref(told))
            array = np.ctypeslib.as_array(told.values, (told.rows, told.cols))
            name = told.name.decode()
            weight = name.endswith("weight") and not name.startswith("norm")
            arrays[_NAMES.get(name, name)] = array.T.copy() if weight else array[0].copy()
        return arrays

    def set(self, actor: int, tensors: Mapping[str, Floats]) -> None:
        """Replaces tensors, of PyTorch's names and layouts. ``RequestError``: not finite, ..."""
        own = {theirs: name for name, theirs in _NAMES.items()}
        for name, array in tensors.items():
            values = np.ascontiguousarray(array.T, np.float32)
            _call("set_tensor", self._pointer, actor, own.get(name, name).encode(),
                  values.ctypes.data, values.size)  # fmt: skip

    def act(self, actor: int, net: Net, obs: Floats, mask: NDArray[np.bool_] | None,
            state: Floats, seed: int | None) -> tuple[NDArray[Any], Floats]:  # fmt: skip
        """Actions [N, A] and the next states [N, H] for observations [N, D]."""
        following = np.array(state, np.float32, order="C")
        actions = np.empty((len(obs), len(net.choices)), net.dtype)
        drawn = None if seed is None else byref(c_uint64(seed))
        _call("act", self._pointer, actor, len(obs), obs.ctypes.data,
              None if mask is None else mask.ctypes.data, following.ctypes.data, drawn,
              actions.ctypes.data)  # fmt: skip
        return actions, following
