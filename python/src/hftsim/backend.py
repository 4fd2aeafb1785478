"""The interface of :class:`hftsim.Pool` to its environments, wherever they run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from .spec import Spec

__all__ = ["Backend", "Output", "Overrides", "Seeds"]

Seeds = int | NDArray[np.uint64] | None
Overrides = Mapping[str, Any] | None  # of a reset; None: those in force hold


class Output(NamedTuple):
    """The output of a reset or a step: buffers in the layout of the spec.

    Attributes:
        results: read-only bytes of ``spec.results``; for K envs, packed for K rows.
        ended: E, the number of episodes that ended.
        finals: read-only bytes of ``spec.finals`` packed for E rows; None where E is 0.
        envs: int32 [K], the env of each row, where the backend has chosen them; else None.
    """

    results: Any
    ended: int = 0
    finals: Any = None
    envs: NDArray[np.int32] | None = None


class Backend(Protocol):
    """N environments, on a server or in this process. One thread and one process use it.

    A request that fails with a ``RequestError`` has changed nothing. After any other failure of a
    step its outcome is unknown.

    Attributes:
        spec: the names, shapes and layout of all arrays.
        actions: writable bytes of ``spec.actions``, which the next step reads.
        place: where the envs run, as text.
    """

    spec: Spec
    actions: Any
    place: str

    def reset(
        self, seed: Seeds, mask: NDArray[np.bool_] | None, overrides: Overrides = None
    ) -> Output:
        """Begins episodes: of the envs of ``mask`` [N], or of all, which drops the results of envs
        under way. ``seed`` is one of the whole pool, or N seeds. ``overrides`` of the config hold
        until a reset names others."""
        ...

    def reset_some(
        self, envs: NDArray[np.int32], seed: Seeds, overrides: Overrides = None
    ) -> Output:
        """Begins episodes of K envs, with one seed or K seeds. Returns their rows."""
        ...

    def step(self) -> Output:
        """Steps all envs with ``actions``."""
        ...

    def step_some(self, envs: NDArray[np.int32]) -> Output:
        """Steps K envs with their rows of ``actions``. Returns their rows, in this order."""
        ...

    def send(self, envs: NDArray[np.int32]) -> None:
        """Starts a step of K envs with their rows of ``actions``; does not wait."""
        ...

    def recv(self, least: int, room: int) -> Output:
        """Waits for at least ``least`` envs under way and returns at most ``room``."""
        ...

    def save(self, env: int) -> int:
        """Saves an env. Returns a handle."""
        ...

    def load(self, env: int, save: int) -> Output:
        """Replaces an env by a save. Returns its row."""
        ...

    def fork(self, source: int, targets: NDArray[np.int32]) -> Output:
        """Copies env ``source`` over K other envs. Returns their rows."""
        ...

    def drop(self, save: int) -> None:
        """Deletes a save."""
        ...

    def export_save(self, save: int) -> bytes:
        """Returns a save as bytes."""
        ...

    def import_save(self, data: bytes) -> int:
        """Imports an exported save. Returns a handle."""
        ...

    def picture(self, env: int, levels: int) -> dict[str, Any]:
        """Returns the picture of an env: docs/protocol.md, "render"."""
        ...

    def ping(self) -> None:
        """Keeps a session alive while nothing is stepped."""
        ...

    def close(self) -> None:
        """Frees the environments. No method may be called afterwards."""
        ...
