"""The golden transcript (docs/protocol.md, "A transcript"), as any client may read it."""

from __future__ import annotations

import json
from typing import Any

import msgpack
import numpy as np
import zmq

from conftest import REPOSITORY

TRANSCRIPT = REPOSITORY / "tests" / "golden" / "transcript.jsonl"
_DTYPES = {"f4": "<f4", "i4": "<i4", "u1": "u1", "u8": "<u8"}
_ALIGNMENT = 64


def exchanges() -> list[dict[str, Any]]:
    with TRANSCRIPT.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


class Player:
    """Sends the requests of a transcript, and compares the replies."""

    def __init__(self, endpoint: str) -> None:
        self._socket = zmq.Context.instance().socket(zmq.DEALER)
        self._socket.linger = 0
        self._socket.connect(endpoint)
        self._tokens: dict[str, str] = {}
        self._kept = b""

    def close(self) -> None:
        self._socket.close()

    def play(self, exchange: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
        """The header of the reply, which is as it was, and its frames."""
        request = {
            key: self._tokens.get(value, value) if isinstance(value, str) else value
            for key, value in exchange["request"].items()
        }
        frames = [self._bytes(frame) for frame in exchange.get("frames", ())]
        self._socket.send_multipart([msgpack.packb(request), *frames])
        assert self._socket.poll(20_000), f"no reply to {request}"
        head, *frames = self._socket.recv_multipart()
        header = msgpack.unpackb(head)
        if header["kind"] == "make":
            self._tokens[f"$session{len(self._tokens) + 1}"] = header["session"]
        self.compare(exchange["reply"], header, "reply")
        told = exchange.get("reply_frames", [])
        assert len(told) == len(frames)
        for wanted, frame in zip(told, frames, strict=True):
            self._compare_frame(wanted, frame)
        return header, frames

    def compare(self, wanted: Any, found: Any, where: str) -> None:
        """Equal, but for what is another in each run."""
        if wanted == "$any":
            return
        if isinstance(wanted, dict):
            assert isinstance(found, dict) and wanted.keys() == found.keys(), where
            for key, value in wanted.items():
                self.compare(value, found[key], f"{where}.{key}")
        elif isinstance(wanted, list):
            assert len(wanted) == len(found), where
            for i, pair in enumerate(zip(wanted, found, strict=True)):
                self.compare(*pair, f"{where}[{i}]")
        else:
            wanted = self._tokens.get(wanted, wanted) if isinstance(wanted, str) else wanted
            assert type(wanted) is type(found) and wanted == found, (where, wanted, found)

    def _bytes(self, frame: dict[str, Any]) -> bytes:
        if "text" in frame:
            return frame["text"].encode()
        if "kept" in frame:
            return self._kept
        if "raw" in frame:
            return _values(frame["raw"]).tobytes()
        return b"".join(_padded(_values(array).tobytes()) for array in frame["buffer"])

    def _compare_frame(self, wanted: dict[str, Any], frame: bytes) -> None:
        if "map" in wanted:
            self.compare(wanted["map"], msgpack.unpackb(frame), "map")
        elif "kept" in wanted:
            self._kept = frame
        else:
            assert frame == self._bytes(wanted)


def _values(array: dict[str, Any]) -> np.ndarray:
    return np.array(array["values"], _DTYPES[array["dtype"]]).reshape(array["shape"])


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _ALIGNMENT)
