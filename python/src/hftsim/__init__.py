"""Client of the hftsim market server.

>>> import hftsim
>>> with hftsim.launch() as server, server.connect(num_envs=64) as envs:  # doctest: +SKIP
...     results = envs.reset(seed=1)
...     results.obs["maker"].shape

``connect`` makes N environments on a server and steps them at once; ``launch`` starts a server of
one's own; ``ParallelEnv`` is one environment for PettingZoo (needs ``hftsim[pettingzoo]``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .client import DEFAULT_ENDPOINT, Client, Reply
from .errors import Error, ProtocolError, ServerError, ServerUnavailable
from .launch import Server, launch
from .spec import Array, Layout, Role, Spec
from .vector import Finals, Results, VectorEnv, connect

if TYPE_CHECKING:
    from .parallel import ParallelEnv

__version__ = "0.1.0"

__all__ = [
    "DEFAULT_ENDPOINT",
    "Array",
    "Client",
    "Error",
    "Finals",
    "Layout",
    "ParallelEnv",
    "ProtocolError",
    "Reply",
    "Results",
    "Role",
    "Server",
    "ServerError",
    "ServerUnavailable",
    "Spec",
    "VectorEnv",
    "connect",
    "launch",
]


def __getattr__(name: str) -> Any:
    if name == "ParallelEnv":  # imported when first used: PettingZoo is an extra
        from .parallel import ParallelEnv

        return ParallelEnv
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
