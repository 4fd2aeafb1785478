"""How a vector env comes about: in this process or on a server."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .client import DEFAULT_ENDPOINT, Client
from .library import AUTORESETS
from .local import LocalBackend
from .remote import RemoteBackend
from .vector import VectorEnv

__all__ = ["connect", "make"]


def make(
    config: str | os.PathLike[str] = "default",
    num_envs: int = 1,
    *,
    endpoint: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    seed: int = 0,
    autoreset: str = "same_step",
    threads: int | None = None,
    copy: bool = True,
    server_key: str | os.PathLike[str] | None = None,
    keys: str | os.PathLike[str] | None = None,
) -> VectorEnv:
    """Makes N environments: in this process, or with an ``endpoint`` on the server there.

    Both give the same numbers, bit for bit.

    Args:
        config: the name of a preset, or a YAML file of this machine: a path, or a text with a
            slash or an ending ``.yaml``.
        num_envs: N.
        endpoint: where a server listens, ``tcp://host:port`` or ``ipc://path``; None is this
            process, which needs libhftsim (:func:`hftsim.installed.find_library`).
        overrides: laid over the config, such as ``{"market_config.volatility": 0.03}``.
        seed: env i begins in the world of seed + i; 0 .. 2^64 - 1.
        autoreset: what happens where an episode ends: ``"same_step"``, the same step begins the
            next one; or ``"manual"``, the env rests until it is reset.
        threads: how many step the envs in this process; None is one per core. With an
            ``endpoint`` that is the server's to say.
        copy: without, the arrays of a result are good until the next call, which may overwrite
            them. That spares the envs in this process a copy of all results each step; what a
            server sends is never overwritten.
        server_key, keys: for a server with encryption, as of :class:`Client`.

    Raises:
        RequestError: the config or a number is refused; of a server, ``ServerError``.
        Error: libhftsim is not there; ``ServerUnavailable``: no server is.
        OSError: the file cannot be read.
    """
    _check_autoreset(autoreset)
    name, text = _read(config)
    if endpoint is not None:
        if threads is not None:
            raise ValueError("threads are the server's to choose: hftsim serve --threads")
        return connect(
            endpoint,
            config=name,
            config_text=text,
            overrides=overrides,
            num_envs=num_envs,
            seed=seed,
            autoreset=autoreset,
            server_key=server_key,
            keys=keys,
        )
    if server_key is not None or keys is not None:
        raise ValueError("server_key and keys are for a server: give its endpoint")
    return VectorEnv(
        LocalBackend(
            config=name,
            config_text=text,
            overrides=overrides,
            num_envs=num_envs,
            seed=seed,
            autoreset=autoreset,
            threads=0 if threads is None else threads,
            copy=copy,
        )
    )


def connect(
    endpoint: str = DEFAULT_ENDPOINT,
    *,
    config: str | None = None,
    config_text: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    num_envs: int = 1,
    seed: int = 0,
    autoreset: str = "same_step",
    timeout_s: float = 10.0,
    retries: int = 3,
    server_key: str | os.PathLike[str] | None = None,
    keys: str | os.PathLike[str] | None = None,
) -> VectorEnv:
    """Makes N environments on a server, as :func:`make` does, with all that a server allows.

    Args:
        endpoint: where the server listens.
        config: the name of one of the server's configs; None is the one it was started with.
        config_text: a config in YAML, instead of a name.
        overrides, num_envs, seed, autoreset: as of :func:`make`.
        timeout_s, retries, server_key, keys: as of :class:`Client`.
    """
    _check_autoreset(autoreset)
    if config is not None and config_text is not None:
        raise ValueError("give config or config_text, not both")
    client = Client(
        endpoint, timeout_s=timeout_s, retries=retries, server_key=server_key, keys=keys
    )
    try:
        backend = RemoteBackend(
            client,
            config=config,
            config_text=config_text,
            overrides=overrides,
            num_envs=num_envs,
            seed=seed,
            autoreset=autoreset,
        )
        return VectorEnv(backend)
    except BaseException:
        client.close()
        raise


def _check_autoreset(autoreset: str) -> None:
    if autoreset not in AUTORESETS:
        raise ValueError(f"autoreset must be one of {sorted(AUTORESETS)}, not {autoreset!r}")


def _read(config: str | os.PathLike[str]) -> tuple[str | None, str | None]:
    """A config's name, or its text where it is a file."""
    if isinstance(config, str) and "/" not in config and not config.endswith((".yaml", ".yml")):
        return config, None
    return None, Path(config).read_text(encoding="utf-8")
