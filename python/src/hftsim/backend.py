"""Where the environments of a vector env are: what :class:`hftsim.Pool` stands on."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from .spec import Spec

__all__ = ["Backend", "Output", "Seeds"]

Seeds = int | NDArray[np.uint64] | None


class Output(NamedTuple):
    """What a reset or a step gives: buffers laid out as the spec says.

    Attributes:
        results: read-only bytes of ``spec.results``; of K envs, packed for K rows.
        ended: E, the episodes that ended.
        finals: read-only bytes of ``spec.finals`` packed for E rows; None where E is 0.
        envs: which envs the rows are of, where the backend has chosen them.
    """

    results: Any
    ended: int = 0
    finals: Any = None
    envs: NDArray[np.int32] | None = None


class Backend(Protocol):
    """N environments, on a server or in this process. One thread and one process use it.

    A request that fails with a ``RequestError`` has changed nothing. After any other failure of a
    step it is not known whether it was done.

    Attributes:
        spec: what is exchanged.
        actions: writable bytes of ``spec.actions``, which the next step reads.
        place: where the envs are, in words.
    """

    spec: Spec
    actions: Any
    place: str

    def reset(self, seed: Seeds, mask: NDArray[np.bool_] | None) -> Output:
        """Begins episodes: of the envs chosen by ``mask`` [N], or all, which ends what is under
        way. A seed is the first one's, or there are N of them."""
        ...

    def reset_some(self, envs: NDArray[np.int32], seed: Seeds) -> Output:
        """The same of these K envs, with K seeds; their rows."""
        ...

    def step(self) -> Output:
        """Moves all envs by a step with what stands in ``actions``."""
        ...

    def step_some(self, envs: NDArray[np.int32]) -> Output:
        """Moves these envs with their rows of ``actions``; their rows, in this order."""
        ...

    def send(self, envs: NDArray[np.int32]) -> None:
        """Has these envs moved with their rows of ``actions``, without waiting."""
        ...

    def recv(self, least: int, room: int) -> Output:
        """Waits for ``least`` envs that were sent, and takes at most ``room``."""
        ...

    def save(self, env: int) -> int:
        """Keeps all of an env; the handle of it."""
        ...

    def load(self, env: int, save: int) -> Output:
        """Puts what was saved in the place of an env; its row."""
        ...

    def fork(self, source: int, target: int) -> Output:
        """Copies an env over another; the row of the other."""
        ...

    def drop(self, save: int) -> None:
        """Forgets a save."""
        ...

    def export_save(self, save: int) -> bytes:
        """A save as bytes."""
        ...

    def import_save(self, data: bytes) -> int:
        """Keeps a save that was exported; the handle of it."""
        ...

    def picture(self, env: int, levels: int) -> dict[str, Any]:
        """What an env looks like: docs/protocol.md, "render"."""
        ...

    def ping(self) -> None:
        """Keeps the environments while nothing is stepped."""
        ...

    def close(self) -> None:
        """Frees the environments. Nothing may be called after it."""
        ...
