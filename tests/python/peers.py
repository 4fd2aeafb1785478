"""Peers that misbehave: a relay that loses messages, and a server that answers nonsense."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from types import TracebackType

import msgpack
import zmq

_POLL_MS = 20


class _Peer:
    """A ROUTER socket on a free port with a thread that serves it, for a ``with`` statement."""

    def __init__(self) -> None:
        self._context = zmq.Context()
        self._front = self._context.socket(zmq.ROUTER)
        self._front.linger = 0
        port = self._front.bind_to_random_port("tcp://127.0.0.1")
        self.endpoint = f"tcp://127.0.0.1:{port}"
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        raise NotImplementedError

    def __enter__(self):
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._thread.join()
        self._context.destroy(linger=0)


class Relay(_Peer):
    """Stands between clients and a server, and loses what it is told to lose.

    Attributes:
        lose_requests, lose_replies: of the next messages of kind ``lose_kind``, how many.
        requests: (id, kind) of every request that came, lost or not.
        on_request: is called with the kind of each before it is passed on.
    """

    def __init__(self, upstream: str, lose_kind: str = "step") -> None:
        self.upstream = upstream
        self.lose_kind = lose_kind
        self.lose_requests = 0
        self.lose_replies = 0
        self.requests: list[tuple[int, str]] = []
        self.on_request: Callable[[str], None] = lambda kind: None
        super().__init__()

    def _run(self) -> None:
        backs: dict[bytes, zmq.Socket] = {}  # a connection to the server for each client's
        poller = zmq.Poller()
        poller.register(self._front, zmq.POLLIN)
        while not self._stopping.is_set():
            ready = dict(poller.poll(_POLL_MS))
            if self._front in ready:
                client, *frames = self._front.recv_multipart()
                if client not in backs:
                    backs[client] = self._context.socket(zmq.DEALER)
                    backs[client].connect(self.upstream)
                    poller.register(backs[client], zmq.POLLIN)
                if self._passes_request(frames[0]):
                    backs[client].send_multipart(frames)
            for client, back in list(backs.items()):
                if back in ready:
                    frames = back.recv_multipart()
                    if self._passes_reply(frames[0]):
                        self._front.send_multipart([client, *frames])

    def _passes_request(self, header: bytes) -> bool:
        fields = msgpack.unpackb(header)
        self.requests.append((fields["id"], fields["kind"]))
        self.on_request(fields["kind"])
        if fields["kind"] == self.lose_kind and self.lose_requests > 0:
            self.lose_requests -= 1
            return False
        return True

    def _passes_reply(self, header: bytes) -> bool:
        if msgpack.unpackb(header)["kind"] == self.lose_kind and self.lose_replies > 0:
            self.lose_replies -= 1
            return False
        return True


class Impostor(_Peer):
    """Answers each request with the frames that ``answer(header)`` makes."""

    def __init__(self, answer: Callable[[dict], Sequence[bytes]]) -> None:
        self.answer = answer
        super().__init__()

    def _run(self) -> None:
        while not self._stopping.is_set():
            if self._front.poll(_POLL_MS):
                client, header, *_ = self._front.recv_multipart()
                self._front.send_multipart([client, *self.answer(msgpack.unpackb(header))])
