"""Finds the program and the library of hftsim on this machine."""

from __future__ import annotations

import os
import shutil
import sysconfig
from pathlib import Path

from .errors import Error

__all__ = ["find_library", "find_program"]

_IN_REPOSITORY = Path("build/release/bin/hftsim")


def find_program() -> Path:
    """Returns the path of the ``hftsim`` program: ``$HFTSIM_BIN``, else on the PATH, else in a
    release build of the repository around this package or the working directory.

    Raises:
        Error: not found.
    """
    named = os.environ.get("HFTSIM_BIN")
    if named:
        return Path(named)
    on_path = shutil.which("hftsim")
    if on_path:
        return Path(on_path)
    here = Path(__file__).resolve()
    for folder in (*here.parents, Path.cwd(), *Path.cwd().parents):
        if (folder / _IN_REPOSITORY).is_file():
            return folder / _IN_REPOSITORY
    raise Error(
        "cannot find the hftsim program: build it (make), put it on the PATH, or name it in "
        "HFTSIM_BIN"
    )


def find_library(name: str) -> str:
    """Returns the path of the C library: ``$HFTSIM_LIB``, else the file ``name`` in the prefix
    of the program that :func:`find_program` finds, else ``name`` itself, for the system's
    loader."""
    named = os.environ.get("HFTSIM_LIB")
    if named:
        return named
    try:
        prefix = find_program().resolve().parent.parent
    except Error:
        return name
    folders = ("lib", "lib64", f"lib/{sysconfig.get_config_var('MULTIARCH')}")
    found = (prefix / folder / name for folder in folders)
    return next((str(path) for path in found if path.is_file()), name)
