"""Order-book environments of hftsim, in this process or on a server.

>>> import hftsim
>>> with hftsim.make("market_making", num_envs=64) as envs:  # doctest: +SKIP
...     results = envs.reset(seed=1)
...     results.obs["maker"].shape

``make`` creates N environments in this process, or with an ``endpoint`` on one or several servers,
and steps them together; ``connect`` is ``make`` with the endpoint first; ``launch`` starts a server
that this process owns. ``Policy`` acts with a checkpoint of ``hftsim train``.

Adapters for learning frameworks: ``Env`` and ``VectorEnv`` (Gymnasium),
``ParallelEnv`` (PettingZoo), ``hftsim.sb3.VecEnv`` (Stable-Baselines3) and
``hftsim.rllib.MultiAgentEnv`` (RLlib). Each needs the extra of that framework, such
as ``hftsim[gymnasium]``. Gymnasium also creates them by id:
``gymnasium.make("hftsim/Execution-v0")``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from . import ids, metrics, seeds
from .client import DEFAULT_ENDPOINT, Client, Reply
from .errors import (
    Error,
    ProtocolError,
    RequestError,
    ServerError,
    ServerUnavailable,
    SessionLost,
)
from .launch import Server, launch
from .opening import connect, make
from .pool import Finals, Pool, Results
from .spec import Array, Layout, Meaning, Role, Spec

if TYPE_CHECKING:
    from . import rllib as rllib
    from . import sb3 as sb3
    from .gym import Env as Env
    from .gym import VectorEnv as VectorEnv
    from .parallel import ParallelEnv as ParallelEnv
    from .policy import Policy as Policy

__version__ = "0.1.0"

__all__ = [
    "DEFAULT_ENDPOINT",
    "Array",
    "Client",
    "Error",
    "Finals",
    "Layout",
    "Meaning",
    "Pool",
    "ProtocolError",
    "Reply",
    "RequestError",
    "Results",
    "Role",
    "Server",
    "ServerError",
    "ServerUnavailable",
    "SessionLost",
    "Spec",
    "connect",
    "launch",
    "make",
    "metrics",
    "seeds",
]

# Imported on first use: the dependencies of adapters are extras, and `policy` is also a program.
_LATER = {"Env": "gym", "VectorEnv": "gym", "ParallelEnv": "parallel", "Policy": "policy"}
_MODULES = ("rllib", "sb3")


ids.register()


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f".{name}", __name__)
    if name in _LATER:
        return getattr(importlib.import_module(f".{_LATER[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
