"""Keys of encrypted connections, as ``hftsim keygen`` writes them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import zmq
from zmq.auth import load_certificate

__all__ = ["CurveKeys"]

_KEY_CHARACTERS = 40  # of Z85, for 32 bytes


class CurveKeys(NamedTuple):
    """The three keys of a client: the server's public key and its own key pair."""

    server: bytes
    public: bytes
    secret: bytes

    @classmethod
    def load(
        cls, server_key: str | os.PathLike[str] | None, keys: str | os.PathLike[str] | None
    ) -> CurveKeys | None:
        """Reads the keys; returns None where neither is given.

        Args:
            server_key: the file of the server's public key, or the key itself.
            keys: the file of the client's pair, ``NAME.key_secret``.

        Raises:
            ValueError: one is missing, or a file holds no such key.
            OSError: a file cannot be read.
        """
        if server_key is None and keys is None:
            return None
        if server_key is None or keys is None:
            raise ValueError("an encrypted connection needs both server_key and keys")
        public, secret = _read(Path(keys))
        if secret is None:
            raise ValueError(f"{os.fspath(keys)} has no secret key: pass the file NAME.key_secret")
        return cls(_server_key(server_key), public, secret)

    def apply(self, socket: zmq.Socket[bytes]) -> None:
        """Makes a socket that is not yet connected encrypt its connections."""
        socket.curve_serverkey = self.server
        socket.curve_publickey = self.public
        socket.curve_secretkey = self.secret


def _server_key(given: str | os.PathLike[str]) -> bytes:
    if isinstance(given, str) and len(given) == _KEY_CHARACTERS and not Path(given).exists():
        return given.encode()
    return _read(Path(given))[0]


def _read(path: Path) -> tuple[bytes, bytes | None]:
    path.stat()  # else load_certificate says "invalid" of a file that is not there
    try:
        public, secret = load_certificate(path)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} is not a file of hftsim keygen: {error}") from None
    for key in (public, secret):
        if key is not None and len(key) != _KEY_CHARACTERS:
            raise ValueError(f"{path}: a key has {_KEY_CHARACTERS} characters, not {len(key)}")
    return public, secret
