"""The render modes of adapters: ``ansi``, ``rgb_array`` and ``human``."""

from __future__ import annotations

from typing import Any

from .frames import LEVELS, Window, frame
from .pool import Pool

__all__ = ["RENDER_MODES", "View", "checked_render_mode"]

RENDER_MODES = ["human", "rgb_array", "ansi"]
_FRAMES_PER_S = (1.0, 60.0)


class View:
    """Implements ``render()`` of the adapters.

    Args:
        pool: the envs.
        mode: one of :data:`RENDER_MODES`, or None.
    """

    def __init__(self, pool: Pool, mode: str | None) -> None:
        self._pool, self._mode = pool, mode
        self._window: Window | None = None

    @property
    def metadata(self) -> dict[str, Any]:
        """Metadata of an adapter: the render modes, and the frame rate of market time, limited to 1
        to 60 frames per second."""
        slowest, fastest = _FRAMES_PER_S
        per_s = min(max(1000.0 / self._pool.spec.decision_ms, slowest), fastest)
        return {"render_modes": list(RENDER_MODES), "render_fps": per_s}

    def render(self, env: int = 0) -> Any:
        """An env as text or pixels; None with ``"human"`` or without a mode."""
        if self._mode == "ansi":
            return self._pool.render(env)
        if self._mode == "rgb_array":
            return frame(self._pool.picture(env, LEVELS))
        self.moved()
        return None

    def moved(self) -> None:
        """Updates the window, if any, with the first env; called after each reset and step."""
        if self._mode != "human":
            return
        if self._window is None:
            self._window = Window(f"hftsim: {self._pool}", self.metadata["render_fps"])
        self._window.show(frame(self._pool.picture(0, LEVELS)))

    def close(self) -> None:
        """Closes the window."""
        if self._window is not None:
            self._window.close()
            self._window = None


def checked_render_mode(mode: str | None) -> str | None:
    """Validates a render mode. ``ValueError``: unknown."""
    if mode is not None and mode not in RENDER_MODES:
        raise ValueError(f"render_mode must be None or one of {RENDER_MODES}, not {mode!r}")
    return mode
