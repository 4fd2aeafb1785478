"""A picture of one env as pixels, and a window that shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .render import money, orders_of

__all__ = ["LEVELS", "Window", "frame"]

Frame = NDArray[np.uint8]
Box = tuple[int, int, int, int]  # left, top, right, bottom

LEVELS = 10  # a side
_WIDTH = 560  # of the panel of one instrument
_ROW = 20
_FONT = 13
_PAD = 10
_PANELS = 4  # instruments that are drawn
_PER_LINE = 2
_SEATS = 8  # accounts shown per instrument

_PAPER = (255, 255, 255)
_INK = (32, 32, 36)
_FAINT = (128, 128, 136)
_LINE = (214, 214, 220)
_DEPTH = {"bid": (178, 206, 240), "ask": (244, 190, 184)}
_OWN = {"bid": (22, 92, 176), "ask": (190, 44, 32)}


class Drawing(Protocol):
    """The part of Pillow's ImageDraw that is used here."""

    def rectangle(self, box: Box, fill: Any) -> None: ...
    def text(
        self, at: tuple[int, int], text: str, fill: Any, font: Any, anchor: str = "lt"
    ) -> None: ...


def frame(picture: Mapping[str, Any]) -> Frame:
    """Draws the result of :meth:`hftsim.Pool.picture` as pixels, uint8 [H, W, 3].

    A row for each level, asks above bids, best ones in the middle: bars of the resting lots,
    those of the seats in a stronger color with their names, and the accounts below. All frames of
    envs of one config have the same size; width and height are even, as video codecs require.

    Raises:
        ImportError: Pillow is not installed.
    """
    try:
        from PIL import Image, ImageDraw, ImageFont
    except ImportError as error:
        raise ImportError("pictures need Pillow: pip install 'hftsim[render]'") from error
    shown = picture["instruments"][:_PANELS]
    seats = min(_SEATS, len(picture["agents"]))
    height = _PAD + _ROW * (2 * LEVELS + 4 + seats)
    lines = -(-len(shown) // _PER_LINE)
    width = _WIDTH * min(len(shown), _PER_LINE)
    image = Image.new("RGB", (width, _ROW + 2 * _PAD + lines * height), _PAPER)
    draw: Any = ImageDraw.Draw(image)
    pen = _Pen(draw, ImageFont.load_default(_FONT))
    pen.text(_PAD, _PAD, _title(picture), _INK)
    for index in range(len(shown)):
        left = index % _PER_LINE * _WIDTH
        top = _ROW + _PAD + index // _PER_LINE * height
        _panel(pen, picture, index, left, top)
    return np.array(image)


def _title(picture: Mapping[str, Any]) -> str:
    more = len(picture["instruments"]) - _PANELS
    text = (
        f"env {picture['env']}   seed {picture['seed']}, episode {picture['episode']}, "
        f"step {picture['step']}   {picture['time_ns'] / 1e9:.3f} s"
    )
    return f"{text}   and {more} instruments more" if more > 0 else text


class _Pen:
    """Draws text and bars in one font."""

    def __init__(self, draw: Drawing, font: Any) -> None:
        self._draw, self._font = draw, font

    def text(self, x: int, y: int, text: str, fill: Any, right: bool = False) -> None:
        """Draws a line of text with its upper left, or upper right, corner at (x, y)."""
        self._draw.text((x, y), text, fill, self._font, anchor="ra" if right else "la")

    def bar(self, x: int, y: int, width: int, height: int, fill: Any) -> None:
        """Draws a rectangle to the right of x, or to the left where the width is negative."""
        if width != 0:
            left, right = sorted((x, x + width))
            self._draw.rectangle((left, y, right - 1, y + height - 1), fill)


def _panel(pen: _Pen, picture: Mapping[str, Any], index: int, left: int, top: int) -> None:
    book = picture["instruments"][index]
    told = money(book["tick_size"])
    last = f"last {told(book['last_price'])}" if book["last_price"] else "no trade"
    head = f"{book['symbol']}   {book['phase']}   mid {told(book['mid'])}   {last}"
    pen.text(left + _PAD, top, head, _INK)
    traded = f"{book['trades']} trades, {book['bought']} lots bought, {book['sold']} sold"
    pen.text(left + _PAD, top + _ROW, traded, _FAINT)
    y = top + 2 * _ROW
    asks = [*[None] * (LEVELS - len(book["asks"])), *book["asks"][LEVELS - 1 :: -1]]
    bids = [*book["bids"][:LEVELS], *[None] * (LEVELS - len(book["bids"]))]
    most = max((level[1] for level in [*asks, *bids] if level), default=1)
    own = orders_of(picture, index)
    for side, levels in (("ask", asks), ("bid", bids)):
        for level in levels:
            if level is not None:
                _level(pen, left, y, side, level, most, own.get((side, level[0]), []), told)
            y += _ROW
        if side == "ask":
            pen.bar(left + _PAD, y + _ROW // 2, _WIDTH - 2 * _PAD, 1, _LINE)
            y += _ROW
    _accounts(pen, picture, index, own, [*asks, *bids], left, y)


def _level(
    pen: _Pen,
    left: int,
    y: int,
    side: str,
    level: Sequence[int],
    most: int,
    own: Sequence[Mapping[str, Any]],
    told: Any,
) -> None:
    """Draws price, lots and a bar; a stronger bar for the seats' lots, with their names."""
    price, lots, _ = level
    start, room = left + 150, 200
    width = max(1, round(room * lots / most))
    mine = sum(order["qty"] for order in own if order["ahead"] >= 0)
    pen.text(left + 75, y + 2, told(price), _INK, right=True)
    pen.text(left + 140, y + 2, str(lots), _FAINT, right=True)
    pen.bar(start, y + 2, width, _ROW - 4, _DEPTH[side])
    if mine > 0:
        pen.bar(start, y + 2, max(3, round(room * min(mine, lots) / most)), _ROW - 4, _OWN[side])
    text = ", ".join(f"{order['agent']} {order['qty']}" for order in own)
    pen.text(start + room + 8, y + 2, _cut(text, 26), _OWN[side])


def _accounts(
    pen: _Pen,
    picture: Mapping[str, Any],
    index: int,
    own: Mapping[tuple[str, int], Sequence[Mapping[str, Any]]],
    levels: Sequence[Sequence[int] | None],
    left: int,
    y: int,
) -> None:
    book = picture["instruments"][index]
    shown = {level[0] for level in levels if level}
    away = sum(len(orders) for (_, price), orders in own.items() if price not in shown)
    seats = [
        (agent, account)
        for agent in picture["agents"]
        for account in agent["accounts"]
        if account["instrument"] == index
    ]
    pen.bar(left + _PAD, y + _ROW // 2, _WIDTH - 2 * _PAD, 1, _LINE)
    if away or len(seats) > _SEATS:
        notes = [f"{away} orders further away"] if away else []
        notes += [f"{len(seats) - _SEATS} seats more"] if len(seats) > _SEATS else []
        pen.text(left + _WIDTH - _PAD, y - 4, ", ".join(notes), _FAINT, right=True)
    for agent, account in seats[:_SEATS]:
        y += _ROW
        fill = _FAINT if agent["done"] else _INK
        pen.text(left + _PAD, y, _cut(agent["agent"], 18), fill)
        pen.text(left + 230, y, f"position {account['position']}", fill, right=True)
        profit = account["profit"] * book["tick_size"]
        pen.text(left + 380, y, f"profit {profit:.2f}", fill, right=True)
        end = "  over" if agent["done"] else ""
        pen.text(left + _WIDTH - _PAD, y, f"return {agent['return']:.5g}{end}", fill, right=True)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 2]}.."


class Window:
    """Shows frames on the screen, at a limited frame rate.

    Raises:
        ImportError: pygame is not there.
    """

    def __init__(self, title: str, per_s: float) -> None:
        try:
            import pygame
        except ImportError as error:
            raise ImportError(
                "render_mode='human' needs pygame: pip install 'hftsim[human]'"
            ) from error
        self._pygame = pygame
        self._title, self._per_s = title, per_s
        self._clock = pygame.time.Clock()
        self._screen: Any = None

    def show(self, pixels: Frame) -> None:
        """Shows a frame, uint8 [H, W, 3]."""
        pygame = self._pygame
        if self._screen is None:
            pygame.display.init()
            self._screen = pygame.display.set_mode(pixels.shape[1::-1])
            pygame.display.set_caption(self._title)
        surface = pygame.surfarray.make_surface(pixels.swapaxes(0, 1))
        self._screen.blit(surface, (0, 0))
        pygame.event.pump()
        pygame.display.flip()
        self._clock.tick(self._per_s)

    def close(self) -> None:
        """Closes the window. May be called again."""
        if self._screen is not None:
            self._screen = None
            self._pygame.display.quit()
