"""A pipe whose end of file tells another program that this process has ended, however it did."""

from __future__ import annotations

import os
import threading

__all__ = ["Tether"]

# Held during forks, so that a child knows each end that it has inherited. A garbage collection may
# cut a tether in a thread that holds it already.
_lock = threading.RLock()
_near_ends: set[int] = set()


class Tether:
    """A pipe. This process alone holds the near end: programs that it executes and children that it
    forks do not, so that the far end sees the end of file once this process is gone.

    Attributes:
        far_end: the descriptor to hand over, as a program's standard input.
    """

    def __init__(self) -> None:
        with _lock:
            self.far_end, self._near_end = os.pipe()  # closed where another program is executed
            _near_ends.add(self._near_end)

    def hand_over(self) -> None:
        """Closes the far end here, once another program has it."""
        os.close(self.far_end)

    def cut(self) -> None:
        """Closes the near end. May be called again, but not in a forked child."""
        with _lock:
            if self._near_end in _near_ends:
                _near_ends.remove(self._near_end)
                os.close(self._near_end)
            self._near_end = -1


def _let_go() -> None:
    """In a forked child: closes all that it has inherited."""
    for descriptor in _near_ends:
        os.close(descriptor)
    _near_ends.clear()
    _lock.release()


os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_let_go)
