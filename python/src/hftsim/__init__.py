"""Order-book environments of hftsim, in this process or on a server.

>>> import hftsim
>>> with hftsim.make("market_making", num_envs=64) as envs:  # doctest: +SKIP
...     results = envs.reset(seed=1)
...     results.obs["maker"].shape

``make`` makes N environments here, or with an ``endpoint`` on a server, and steps them at once;
``connect`` does so on a server alone, with all its options; ``launch`` starts a server of one's
own; ``ParallelEnv`` is one environment for PettingZoo (needs ``hftsim[pettingzoo]``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .client import DEFAULT_ENDPOINT, Client, Reply
from .errors import Error, ProtocolError, RequestError, ServerError, ServerUnavailable
from .launch import Server, launch
from .opening import connect, make
from .spec import Array, Layout, Meaning, Role, Spec
from .pool import Finals, Results, Pool

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
    "Meaning",
    "ParallelEnv",
    "Pool",
    "ProtocolError",
    "Reply",
    "RequestError",
    "Results",
    "Role",
    "Server",
    "ServerError",
    "ServerUnavailable",
    "Spec",
    "connect",
    "launch",
    "make",
]


def __getattr__(name: str) -> Any:
    if name == "ParallelEnv":  # imported when first used: PettingZoo is an extra
        from .parallel import ParallelEnv

        return ParallelEnv
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
