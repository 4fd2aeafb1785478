"""How envs come about: in this process, on a server, or on several."""

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
    """What :func:`connect` and :func:`make` take by name alike. ``make`` tells what it means."""

    config_text: str | None
    overrides: Mapping[str, Any] | None
    seed: int | None
    threads: int | None
    timeout_s: float | None
    retries: int | None
    server_key: str | os.PathLike[str] | None
    keys: str | os.PathLike[str] | None


class Options(ConnectOptions, total=False):
    """What all adapters take by name, as :func:`make` does."""

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
    """Makes N environments: in this process, or with an ``endpoint`` on the server there.

    All places give the same numbers, bit for bit.

    Args:
        config: the name of a preset, or a YAML file of this machine: a path, or a text with a
            slash or an ending ``.yaml``. None is the config that the server was started with; in
            this process the preset ``default``.
        num_envs: N.
        endpoint: where a server listens, ``tcp://host:port`` or ``ipc://path``; or several of
            them, which share the envs out evenly, in order, and step them at the same time, those
            beyond the number of envs being in reserve. None is this process, which needs libhftsim
            (:func:`hftsim.installed.find_library`).
        config_text: a config in YAML, instead of ``config``.
        overrides: laid over the config, such as ``{"market_config.volatility": 0.03}``: numbers,
            NumPy's too, texts and lists.
        seed: 0 .. 2^64 - 1: env i begins in the world (seed, i). Different seeds have no world in
            common. None draws one from the system's entropy, which ``spec.seed`` tells.
        autoreset: what happens where an episode ends: ``"same_step"``, the same step begins the
            next one; ``"next_step"``, the next step does, whose row is then that of a reset; or
            ``"manual"``, the env rests until it is reset.
        threads: how many step the envs in this process; None is one per core. With an
            ``endpoint`` that is the server's to say.
        copy: without, the arrays of a result are good until the next call, which may overwrite
            them. That spares the envs in this process a copy of all results each step; what a
            server sends is never overwritten.
        timeout_s, retries, server_key, keys: of the connections to servers, as of
            :class:`Client`.

    Raises:
        RequestError: the config or a number is refused; of a server, ``ServerError``.
        Error: libhftsim is not there, or several servers differ; ``ServerUnavailable``: no server
            is there.
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
    """Makes the envs where they are to be."""
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
            raise ValueError(f"{', '.join(link)}: for a server; give its endpoint")
        threads = None if threads is None else counted("threads", threads, 0)
        return LocalBackend(**chosen, num_envs=num_envs, threads=threads, copy=copy)
    if threads is not None:
        raise ValueError("threads are the server's to choose: hftsim serve --threads")
    endpoints = [endpoint] if isinstance(endpoint, str) else endpoint
    if not endpoints:
        raise ValueError(f"{num_envs} envs cannot be shared out over 0 servers")
    connect = functools.partial(Client, **link)
    if min(len(endpoints), num_envs) == 1:
        return RemoteBackend(connect, lambda: endpoints, **chosen, num_envs=num_envs)
    begin = functools.partial(RemoteBackend, connect, **chosen)
    return SplitBackend.open(endpoints, num_envs, begin)


def _read(config: str | os.PathLike[str]) -> tuple[str | None, str | None]:
    """A config's name, or its text where it is a file."""
    if isinstance(config, str) and "/" not in config and not config.endswith((".yaml", ".yml")):
        return config, None
    return None, Path(config).read_text(encoding="utf-8")
