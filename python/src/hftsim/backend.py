"""Where the environments of a vector env are: what :class:`hftsim.VectorEnv` stands on."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from .spec import Spec

__all__ = ["Backend", "Output"]


class Output(NamedTuple):
    """What a reset or a step gives: buffers laid out as the spec says.

    Attributes:
        results: read-only bytes of ``spec.results``.
        ended: E, the episodes that ended.
        finals: read-only bytes of ``spec.finals`` packed for E rows; None where E is 0.
    """

    results: Any
    ended: int = 0
    finals: Any = None


class Backend(Protocol):
    """N environments, on a server or in this process. One thread and one process use it.

    A request that fails with a ``RequestError`` has changed nothing. After any other failure of a
    step it is not known whether it was done.

    Attributes:
        spec: what is exchanged.
        actions: writable bytes of ``spec.actions``, which the next step reads.
    """

    spec: Spec
    actions: Any

    def reset(self, seed: int | None, mask: NDArray[np.bool_] | None) -> Output:
        """Begins episodes: of the envs chosen by ``mask`` [N], or all."""
        ...

    def step(self) -> Output:
        """Moves all envs by a step with what stands in ``actions``."""
        ...

    def ping(self) -> None:
        """Keeps the environments while nothing is stepped."""
        ...

    def close(self) -> None:
        """Frees the environments. Nothing may be called after it."""
        ...
