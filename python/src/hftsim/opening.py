"""Creates envs: in this process, on a server, or on several."""

from __future__ import annotations

import functools
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from .backend import Backend
from .client import DEFAULT_ENDPOINT, Client
from .library import AUTORESETS
from .local import LocalBackend
from .pool import Pool
from .remote import RemoteBackend
from .split import SplitBackend
from .values import SEEDS, counted, plain, seed_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["ConnectOptions", "Options", "connect", "make"]


class ConnectOptions(TypedDict, total=False):
    """Keyword arguments of :func:`connect` and :func:`make`, which documents them."""

    config_text: str | None
    overrides: Mapping[str, Any] | None
    seed: int | None
    threads: int | None
    timeout_s: float | None
    retries: int | None
    server_key: str | os.PathLike[str] | None
    keys: str | os.PathLike[str] | None


class Options(ConnectOptions, total=False):
    """Keyword arguments that all adapters pass to :func:`make`."""

    endpoint: str | Sequence[str] | None


def make(
    config: str | os.PathLike[str] | None = None,
    num_envs: int = 1,
    *,
    endpoint: str | Sequence[str] | None = None,
    config_text: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    seed: int | None = None,
    autoreset: str = "same_step",
    threads: int | None = None,
    copy: bool = True,
    timeout_s: float | None = None,
    retries: int | None = None,
    server_key: str | os.PathLike[str] | None = None,
    keys: str | os.PathLike[str] | None = None,
) -> Pool:
    """Creates N environments: in this process, or with an ``endpoint`` on a server.

    The results are bit for bit the same everywhere.

    Args:
        config: the name of a preset, or a YAML file on this machine: a ``Path``, or a str with a
            slash or the ending ``.yaml``. None: the config that the server was started with; in
            this process the preset ``default``.
        num_envs: N.
        endpoint: where a server listens, ``tcp://host:port`` or ``ipc://path``. With several
            endpoints the envs are divided evenly, in order, and stepped in parallel; endpoints
            beyond the number of envs are in reserve. None: this process, which needs libhftsim
            (:func:`hftsim.installed.find_library`).
        config_text: a config in YAML, instead of ``config``.
        overrides: values by path, applied to the config, such as ``{"market_config.volatility":
            0.03}``: numbers (NumPy's, too), str and lists; a dict for the params of seats,
            ``{"seats.maker.params": {"quote_qty": 3}}``.
        seed: 0 .. 2^64 - 1. Env i begins in the world (seed, i). Different seeds share no world.
            None draws a seed from the system's entropy; ``spec.seed`` has it.
        autoreset: what happens after the end of an episode. ``"same_step"``: the same step begins
            the next one. ``"next_step"``: the next step begins it, and its row is that of a reset.
            ``"manual"``: the env stays as it is until it is reset.
        threads: number of threads in this process; None means one per core. With an ``endpoint``
            it must be None: the server decides.
        copy: False: the arrays of a result are valid until the next call, which may overwrite them.
            This saves envs in this process a copy of all results per step. Results from a server
            are never overwritten.
        timeout_s, retries, server_key, keys: of connections to servers; see :class:`Client`.

    Raises:
        RequestError: the config or a number is invalid; from a server, ``ServerError``.
        ServerUnavailable: no server answers.
        Error: libhftsim is not found, or several servers differ.
        OSError: the file cannot be read.
    """
    if autoreset not in AUTORESETS:
        raise ValueError(f"autoreset must be one of {sorted(AUTORESETS)}, not {autoreset!r}")
    if config is not None and config_text is not None:
        raise ValueError("give config or config_text, not both")
    name, text = (None, config_text) if config is None else _read(config)
    link = {"timeout_s": timeout_s, "retries": retries, "server_key": server_key, "keys": keys}
    made_of: dict[str, Any] = {
        "config": name,
        "config_text": text,
        "num_envs": num_envs,
        "endpoint": endpoint if endpoint is None or isinstance(endpoint, str) else [*endpoint],
        "overrides": plain(overrides),
        "seed": seed,
        "autoreset": autoreset,
        "threads": threads,
        "copy": copy,
        **{name: value for name, value in link.items() if value is not None},
    }
    return Pool(_backend(**made_of), made_of)


def connect(
    endpoint: str | Sequence[str] = DEFAULT_ENDPOINT,
    config: str | os.PathLike[str] | None = None,
    num_envs: int = 1,
    *,
    autoreset: str = "same_step",
    **options: Unpack[ConnectOptions],
) -> Pool:
    """:func:`make` with the endpoint first: by default of a server on this machine."""
    return make(config, num_envs, endpoint=endpoint, autoreset=autoreset, **options)


def _backend(
    endpoint: str | list[str] | None,
    num_envs: int,
    seed: int | None,
    threads: int | None,
    copy: bool,
    config: str | None,
    config_text: str | None,
    overrides: Mapping[str, Any] | None,
    autoreset: str,
    **link: Any,
) -> Backend:
    """Creates the backend that the arguments select."""
    num_envs = counted("num_envs", num_envs, 1)
    chosen: dict[str, Any] = {
        "config": config,
        "config_text": config_text,
        "overrides": overrides,
        "autoreset": autoreset,
        "seed": secrets.randbelow(SEEDS) if seed is None else seed_of(seed),
    }
    if endpoint is None:
        if link:
            raise ValueError(f"{', '.join(link)} need an endpoint")
        threads = None if threads is None else counted("threads", threads, 0)
        return LocalBackend(**chosen, num_envs=num_envs, threads=threads, copy=copy)
    if threads is not None:
        raise ValueError("threads must be None with an endpoint: hftsim serve --threads")
    endpoints = [endpoint] if isinstance(endpoint, str) else endpoint
    if not endpoints:
        raise ValueError(f"endpoint must name a server: {num_envs} envs cannot run on 0 servers")
    connect = functools.partial(Client, **link)
    if min(len(endpoints), num_envs) == 1:
        return RemoteBackend(connect, lambda: endpoints, **chosen, num_envs=num_envs)
    begin = functools.partial(RemoteBackend, connect, **chosen)
    return SplitBackend.open(endpoints, num_envs, begin)


def _read(config: str | os.PathLike[str]) -> tuple[str | None, str | None]:
    """Returns the name of a config, or the text of a config file."""
    if isinstance(config, str) and "/" not in config and not config.endswith((".yaml", ".yml")):
        return config, None
    return None, Path(config).read_text(encoding="utf-8")
