"""The functions of libhftsim, the C library (docs/c_api.md)."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Mapping, Sequence
from ctypes import POINTER, c_char_p, c_int, c_size_t, c_uint64, c_void_p
from typing import Any

from .errors import Error, RequestError
from .installed import find_library

__all__ = [
    "ABI",
    "ACTIONS",
    "AUTORESETS",
    "FINALS",
    "RESULTS",
    "declare",
    "failure",
    "load_library",
]

ABI = 1  # HFTSIM_ABI of the header
ACTIONS, RESULTS, FINALS = 0, 1, 2  # slabs
AUTORESETS = {"same_step": 0, "manual": 1, "next_step": 2}

_NAME = f"libhftsim.so.{ABI}"
# name: (result, arguments...)
_FUNCTIONS = {
    "hftsim_abi": (c_int,),
    "hftsim_version": (c_char_p,),
    "hftsim_status_name": (c_char_p, c_int),
    "hftsim_status_text": (c_char_p, c_int),
    "hftsim_error_text": (c_char_p, c_void_p),
    "hftsim_error_where": (c_char_p, c_void_p),
    "hftsim_create": (c_void_p,),
    "hftsim_free": (None, c_void_p),
    "hftsim_load": (c_int, c_void_p, c_char_p),
    "hftsim_load_text": (c_int, c_void_p, c_char_p, c_size_t, c_char_p),
    "hftsim_set": (c_int, c_void_p, c_char_p, c_char_p),
    "hftsim_set_autoreset": (c_int, c_void_p, c_int),
    "hftsim_start": (c_int, c_void_p, c_int, c_int, c_uint64),
    "hftsim_reset": (c_int, c_void_p, c_char_p),
    "hftsim_reset_seed": (c_int, c_void_p, c_uint64, c_char_p),
    "hftsim_reset_seeds": (c_int, c_void_p, c_void_p, c_char_p),
    "hftsim_override": (c_int, c_void_p, c_void_p, c_void_p, c_int, c_char_p),
    "hftsim_step": (c_int, c_void_p),
    "hftsim_send": (c_int, c_void_p, c_void_p, c_int),
    "hftsim_recv": (c_int, c_void_p, c_void_p, c_int, c_int),
    "hftsim_under_way_count": (c_int, c_void_p),
    "hftsim_env_bytes": (c_size_t, c_void_p),
    "hftsim_save_env": (c_int, c_void_p, c_int, c_void_p, c_size_t),
    "hftsim_load_env": (c_int, c_void_p, c_int, c_void_p, c_size_t),
    "hftsim_check_save": (c_int, c_void_p, c_void_p, c_size_t),
    "hftsim_fork_env": (c_int, c_void_p, c_int, c_void_p, c_int),
    "hftsim_ended_count": (c_int, c_void_p),
    "hftsim_render": (c_int, c_void_p, c_int, c_int, POINTER(c_void_p), POINTER(c_size_t)),
    "hftsim_render_json": (c_int, c_void_p, c_int, c_int, POINTER(c_char_p), POINTER(c_size_t)),
    "hftsim_slab": (c_void_p, c_void_p, c_int, POINTER(c_size_t)),
    "hftsim_spec": (c_void_p, c_void_p, POINTER(c_size_t)),
    "hftsim_spec_hash": (c_char_p, c_void_p),
    "hftsim_spaces_hash": (c_char_p, c_void_p),
}


def declare(library: ctypes.CDLL, functions: Mapping[str, Sequence[Any]]) -> None:
    """Declares functions: by name, the types of the result and of the arguments."""
    for name, (result, *arguments) in functions.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments


def load_library() -> ctypes.CDLL:
    """Loads the library and declares its functions. ``Error``: not found, or of another ABI."""
    return _load(find_library(_NAME))


@functools.cache
def _load(path: str) -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        raise Error(
            f"cannot load {path}: {error}. Build it in the repository (make build), install it "
            "(cmake --install build/release), or name it in HFTSIM_LIB; or use a server: "
            "hftsim.make(..., endpoint=...)"
        ) from error
    try:
        declare(library, _FUNCTIONS)
    except AttributeError as error:
        raise Error(f"{path} is no libhftsim or an older version: {error}") from error
    if library.hftsim_abi() != ABI:
        raise Error(f"{path} has ABI {library.hftsim_abi()}; this client needs {ABI}")
    return library


def failure(library: ctypes.CDLL, handle: int, status: int) -> RequestError:
    """Returns the exception for a function that returned this status."""
    code = library.hftsim_status_name(status).decode()
    if code in ("busy", "forked"):  # these do not set the handle's error
        return RequestError(code, library.hftsim_status_text(status).decode())
    text = library.hftsim_error_text(handle).decode(errors="replace")
    return RequestError(code, text, library.hftsim_error_where(handle).decode(errors="replace"))
