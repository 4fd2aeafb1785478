"""Metrics of trading, computed by the code that scores the strategies of hftsim (docs/metrics.md).

>>> from hftsim import metrics
>>> values = metrics.score(  # doctest: +SKIP
...     metrics.Fills(time=[2, 7], lots=[10, -4], price=[99, 102], fee=[-0.75, -0.25]),
...     mid_time=[0, 2.5, 12], mid=[100, 101, 98], end=20, step=5, tick_size=0.5)
>>> values["spread_captured"], values["inventory_pnl"], values["fees"]  # doctest: +SKIP
(7.0, -4.0, -1.0)

Times are seconds in any one clock that is not negative. Prices and mids are ticks, lots are signed:
above 0 bought, below 0 sold. Money is in currency. A metric for which the episode is too short, or
has too little in it, is NaN.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Iterator, Mapping, Sequence
from ctypes import (
    POINTER,
    c_char_p,
    c_double,
    c_int,
    c_int64,
    c_size_t,
    c_uint8,
    c_uint64,
    c_void_p,
)
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import RequestError
from .library import declare, load_library

__all__ = ["ROLES", "Estimate", "Fills", "Metric", "Parent", "aggregate", "score", "table"]

Numbers = Sequence[float] | npt.NDArray[Any]

ROLES = {"maker": 0, "taker": 1, "auction": 2, "transfer": 3}
_FEE_UNIT = 1e-4  # ticks x lots
_MEMBERS = [
    ("bytes", c_size_t),
    ("tick_size", c_double),
    ("start", c_int64),
    ("end", c_int64),
    ("step", c_int64),
    ("fill_count", c_int64),
    *((f"fill_{name}", POINTER(c_int64))
      for name in ("time", "lots", "price", "fee", "mid2", "queue_time")),
    ("fill_role", POINTER(c_uint8)),
    ("fill_closing", POINTER(c_uint8)),
    ("mid_count", c_int64),
    ("mid_time", POINTER(c_int64)),
    ("mid2", POINTER(c_int64)),
    *((name, c_int64)
      for name in ("arrival_mid2", "release_mid2", "end_mid2", "parent_side", "parent_lots",
                   "market_lots", "market_notional", "orders", "unfilled_lots")),
]


class _Trading(ctypes.Structure):
    """``hftsim_trading`` of include/hftsim_metrics.h."""

    _fields_ = _MEMBERS


# name: (result, arguments...)
_FUNCTIONS: dict[str, tuple[Any, ...]] = {
    "hftsim_metric_count": (c_int,),
    "hftsim_metric_name": (c_char_p, c_int),
    "hftsim_metric_unit": (c_char_p, c_int),
    "hftsim_metric_help": (c_char_p, c_int),
    "hftsim_metric_direction": (c_int, c_int),
    "hftsim_metrics": (c_int, POINTER(_Trading), POINTER(c_double), c_int, c_char_p, c_size_t),
    "hftsim_aggregate_count": (c_int,),
    "hftsim_aggregate_name": (c_char_p, c_int),
    "hftsim_aggregates": (c_int, c_void_p, c_size_t, c_uint64, POINTER(c_double), c_int),
}


@functools.cache
def _functions() -> ctypes.CDLL:
    library = load_library()
    declare(library, _FUNCTIONS)
    return library


@dataclass(frozen=True)
class Fills:
    """The fills of an agent in an episode, n of them in the order of time.

    Attributes:
        time: [n] seconds.
        lots: [n] whole lots, above 0 bought, below 0 sold.
        price: [n] whole ticks.
        fee: [n] currency paid, negative for rebates; kept to 1/10000 of ticks x lots. None: no
            fees.
        mid: [n] the mid just before each fill, ticks, a multiple of 1/2. None: the last one of the
            path before its time.
        role: [n] names of ``ROLES`` or their numbers. None: all are makers'.
        queue_time: [n] seconds that a maker's order had been in its queue. None: 0.
        closing: [n] whether a fill closes what was left at the end. None: none does.
    """

    time: Numbers = ()
    lots: Numbers = ()
    price: Numbers = ()
    fee: Numbers | None = None
    mid: Numbers | None = None
    role: Sequence[str | int] | npt.NDArray[Any] | None = None
    queue_time: Numbers | None = None
    closing: Sequence[bool] | npt.NDArray[Any] | None = None


@dataclass(frozen=True)
class Parent:
    """A parent order: ``side`` is "buy" or "sell", ``lots`` its size. ``arrival_mid`` and
    ``release_mid`` are the mid, in ticks, just before the start and just before the first order
    arrived; None: the path's, and that before the first fill."""

    side: str
    lots: int
    arrival_mid: float | None = None
    release_mid: float | None = None


@dataclass(frozen=True)
class Metric:
    """A metric: its ``direction`` is +1 if a higher value is better, -1 if a lower is, else 0."""

    name: str
    unit: str
    help: str
    direction: int


@dataclass(frozen=True)
class Estimate:
    """A figure of values over episodes with its 95% interval; NaN where there are too few."""

    value: float
    low: float
    high: float


@functools.cache
def table() -> Mapping[str, Metric]:
    """Returns all metrics by their names."""
    library = _functions()
    metrics = (
        Metric(
            library.hftsim_metric_name(m).decode(),
            library.hftsim_metric_unit(m).decode(),
            library.hftsim_metric_help(m).decode(),
            library.hftsim_metric_direction(m),
        )
        for m in range(library.hftsim_metric_count())
    )
    return {metric.name: metric for metric in metrics}


def _wrong(where: str, rule: str) -> ValueError:
    return ValueError(f"{where}: {rule}")


def _whole(where: str, values: Any, scale: float, exact: bool) -> npt.NDArray[np.int64]:
    """The values in units of 1/scale; with ``exact`` each must be one of these."""
    array = np.atleast_1d(np.asarray(values, dtype=np.float64))
    if array.ndim != 1:
        raise _wrong(where, f"must have one dimension, not {array.ndim}")
    scaled = array * scale
    units = np.rint(scaled)
    wrong = ~(np.abs(scaled) < 2**62)
    if exact:
        wrong |= ~(np.abs(scaled - units) <= 1e-6)
    if wrong.any():
        i = int(np.argmax(wrong))
        rule = f"must be a multiple of {1 / scale:g}" if exact else "is not finite, or too large"
        raise _wrong(f"{where}[{i}]", f"{array[i]:.12g} {rule}")
    return units.astype(np.int64)


def _one(where: str, value: float, scale: float, exact: bool = False) -> int:
    return int(_whole(where, value, scale, exact)[0])


def _roles(roles: Any) -> npt.NDArray[np.uint8]:
    numbers = []
    for i, role in enumerate(roles):
        number = ROLES.get(role, -1) if isinstance(role, str) else role
        if np.ndim(number) != 0 or number not in ROLES.values():
            raise _wrong(f"fill_role[{i}]", f"{role!r} is not one of {', '.join(ROLES)}")
        numbers.append(int(number))
    return np.array(numbers, dtype=np.uint8)


def _fill_arrays(fills: Fills, tick_size: float) -> Iterator[tuple[str, npt.NDArray[Any] | None]]:
    yield "time", _whole("fill_time", fills.time, 1e9, False)
    yield "lots", _whole("fill_lots", fills.lots, 1, True)
    yield "price", _whole("fill_price", fills.price, 1, True)
    units = 1 / (_FEE_UNIT * tick_size)
    yield "fee", None if fills.fee is None else _whole("fill_fee", fills.fee, units, False)
    yield "mid2", None if fills.mid is None else _whole("fill_mid", fills.mid, 2, True)
    waited = fills.queue_time
    yield "queue_time", None if waited is None else _whole("fill_queue_time", waited, 1e9, False)
    yield "role", None if fills.role is None else _roles(fills.role)
    closing = None if fills.closing is None else np.asarray(fills.closing, dtype=bool)
    if closing is not None and closing.ndim != 1:
        raise _wrong("fill_closing", f"must have one dimension, not {closing.ndim}")
    yield "closing", None if closing is None else closing.astype(np.uint8)


class _Episode:
    """The C struct of an episode, and the arrays to which it points."""

    def __init__(self, tick_size: float) -> None:
        if not (np.isfinite(tick_size) and tick_size * _FEE_UNIT > 0):
            raise _wrong("tick_size", "must be above 0")
        self.trading = _Trading(bytes=ctypes.sizeof(_Trading), tick_size=tick_size)
        self.kept: list[npt.NDArray[Any]] = []

    def point(self, member: str, array: npt.NDArray[Any]) -> None:
        array = np.ascontiguousarray(array)
        self.kept.append(array)
        kind = c_uint8 if array.dtype == np.uint8 else c_int64
        setattr(self.trading, member, array.ctypes.data_as(POINTER(kind)))

    def set_fills(self, fills: Fills) -> None:
        arrays = dict(_fill_arrays(fills, self.trading.tick_size))
        count = len(np.atleast_1d(np.asarray(fills.time)))
        self.trading.fill_count = count
        for name, array in arrays.items():
            if array is None:
                continue
            if len(array) != count:
                raise _wrong(f"fill_{name}", f"has {len(array)} elements, and fill_time {count}")
            self.point(f"fill_{name}", array)

    def set_mids(self, mid_time: Numbers, mid: Numbers) -> None:
        times, mids = _whole("mid_time", mid_time, 1e9, False), _whole("mid", mid, 2, True)
        if len(times) != len(mids):
            raise _wrong("mid", f"has {len(mids)} elements, and mid_time {len(times)}")
        self.trading.mid_count = len(times)
        self.point("mid_time", times)
        self.point("mid2", mids)

    def set_parent(self, parent: Parent) -> None:
        if parent.side not in ("buy", "sell"):
            raise _wrong("parent", f"the side {parent.side!r} is not buy or sell")
        self.trading.parent_side = 1 if parent.side == "buy" else -1
        self.trading.parent_lots = _one("parent", parent.lots, 1, True)
        for name in ("arrival_mid", "release_mid"):
            mid = getattr(parent, name)
            if mid is not None:
                setattr(self.trading, f"{name}2", _one(name, mid, 2, True))


def score(
    fills: Fills,
    *,
    mid_time: Numbers,
    mid: Numbers,
    end: float,
    step: float,
    tick_size: float,
    start: float = 0,
    end_mid: float | None = None,
    parent: Parent | None = None,
    market_lots: int = 0,
    market_notional: float = 0,
    orders: int = 0,
    unfilled_lots: int = 0,
) -> dict[str, float]:
    """Scores one episode of an agent at one instrument. The account starts at 0.

    Args:
        fills: what the agent traded, from ``start`` to ``end``.
        mid_time: [m] seconds, ascending; the first at or before ``start``.
        mid: [m] ticks, multiples of 1/2: the mid from each time on.
        end: of the episode, seconds.
        step: seconds between two looks at the account, for the figures of the equity curve.
        tick_size: currency per tick; a lot is one unit.
        start: of the episode, seconds.
        end_mid: ticks, at the end and before any closing; None: the path's.
        parent: the parent order, if the agent executes one. Lots of it that are neither traded nor
            closed cost what the mid of the end does.
        market_lots: that all participants traded in the episode, for ``vwap_slippage_bps``.
        market_notional: of these, ticks x lots.
        orders: that the agent sent.
        unfilled_lots: of the closing, beyond the last level of the book.

    Returns:
        The value of each metric by its name; NaN where the episode has none. With a ``parent`` they
        are the metrics of an execution, else those of a market maker or directional strategy.

    Raises:
        ValueError: an array or a number that is invalid by itself; the text names it.
        RequestError: what contradicts others, such as times that do not ascend; ``where`` names the
            argument and the first element that is wrong.
    """
    episode = _Episode(tick_size)
    trading = episode.trading
    trading.start, trading.end = _one("start", start, 1e9), _one("end", end, 1e9)
    trading.step = _one("step", step, 1e9)
    episode.set_fills(fills)
    episode.set_mids(mid_time, mid)
    if end_mid is not None:
        trading.end_mid2 = _one("end_mid", end_mid, 2, True)
    if parent is not None:
        episode.set_parent(parent)
    trading.market_lots = _one("market_lots", market_lots, 1, True)
    trading.market_notional = _one("market_notional", market_notional, 1, True)
    trading.orders = _one("orders", orders, 1, True)
    trading.unfilled_lots = _one("unfilled_lots", unfilled_lots, 1, True)
    library, names = _functions(), list(table())
    values = (c_double * len(names))()
    text = ctypes.create_string_buffer(512)
    status = library.hftsim_metrics(trading, values, len(names), text, len(text))
    if status != 0:
        where, _, rule = text.value.decode().partition(": ")
        raise RequestError(library.hftsim_status_name(status).decode(), rule, where)
    return dict(zip(names, values, strict=True))


def aggregate(values: Numbers, seed: int = 0) -> dict[str, Estimate]:
    """Computes figures of the values that a metric has over episodes, as the P&L.

    Args:
        values: [episodes]; NaN are left out.
        seed: chooses the 2000 resamples of the intervals.

    Returns:
        Each figure by its name, ``sharpe_ratio``, ``cvar_95``, ..., with its 95% interval.
    """
    library = _functions()
    array = np.ascontiguousarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise _wrong("values", f"must have one dimension, not {array.ndim}")
    count = library.hftsim_aggregate_count()
    out = (c_double * (3 * count))()
    status = library.hftsim_aggregates(array.ctypes.data, len(array), seed, out, count)
    if status != 0:
        code = library.hftsim_status_name(status).decode()
        raise RequestError(code, "cannot be computed", "values")
    return {
        library.hftsim_aggregate_name(a).decode(): Estimate(*out[3 * a : 3 * a + 3])
        for a in range(count)
    }
