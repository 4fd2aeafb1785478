"""A pipe whose end of file tells another program that this process has ended, for any reason."""

from __future__ import annotations

import os
import threading

__all__ = ["Tether"]

# Held during forks, so that a child knows all inherited ends. Reentrant: a garbage collection may
# cut a tether in a thread that already holds the lock.
_lock = threading.RLock()
_near_ends: set[int] = set()


class Tether:
    """A pipe whose near end only this process holds, not the programs that it executes nor its
    forked children. So the far end reads the end of file once this process has ended.

    Attributes:
        far_end: the descriptor to pass on, as a program's standard input.
    """

    def __init__(self) -> None:
        with _lock:
            self.far_end, self._near_end = os.pipe()  # both are closed on exec
            _near_ends.add(self._near_end)

    def hand_over(self) -> None:
        """Closes the far end in this process, once another program has it."""
        os.close(self.far_end)

    def cut(self) -> None:
        """Closes the near end. May be called again, but not in a forked child."""
        with _lock:
            if self._near_end in _near_ends:
                _near_ends.remove(self._near_end)
                os.close(self._near_end)
            self._near_end = -1


def _let_go() -> None:
    """In a forked child: closes all inherited ends."""
    for descriptor in _near_ends:
        os.close(descriptor)
    _near_ends.clear()
    _lock.release()


os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_let_go)
