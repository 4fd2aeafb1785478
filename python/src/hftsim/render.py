"""A picture of one env as text: the ladder of each book, with the orders of its seats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["ladder", "money", "orders_of"]

_BAR = 20  # characters of the longest bar


def ladder(picture: Mapping[str, Any]) -> str:
    """Formats the result of :meth:`hftsim.Pool.picture` as text.

    A line for each level, asks above bids, best ones in the middle: the seats' orders with the lots
    ahead of them, lots and orders of the level, its price, and a bar.
    """
    lines = [
        f"env {picture['env']}   seed {picture['seed']}, episode {picture['episode']}, "
        f"step {picture['step']}   {picture['time_ns'] / 1e9:.3f} s"
    ]
    for index, instrument in enumerate(picture["instruments"]):
        lines += ["", *_book(instrument, orders_of(picture, index))]
    lines.append("")
    for agent in picture["agents"]:
        lines += _accounts(agent, picture["instruments"])
    return "\n".join(lines) + "\n"


def orders_of(
    picture: Mapping[str, Any], instrument: int
) -> dict[tuple[str, int], list[dict[str, Any]]]:
    """The seats' orders by side and price, each with its ``agent``."""
    found: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for agent in picture["agents"]:
        for order in agent["orders"]:
            if order["instrument"] == instrument:
                place = (order["side"], order["price"])
                found.setdefault(place, []).append({**order, "agent": agent["agent"]})
    return found


def _told(order: Mapping[str, Any]) -> str:
    """An order: ``maker_0 10 (+25)``, with 25 lots ahead."""
    place = f"+{order['ahead']}" if order["ahead"] >= 0 else "on its way"
    return f"{order['agent']} {order['qty']} ({place})"


def _book(
    instrument: Mapping[str, Any], found: Mapping[tuple[str, int], list[dict[str, Any]]]
) -> list[str]:
    orders = {place: [_told(order) for order in at] for place, at in found.items()}
    told = money(instrument["tick_size"])
    bids, asks = instrument["bids"], instrument["asks"]
    last = f"last {told(instrument['last_price'])}" if instrument["last_price"] else "no trade"
    lines = [
        f"{instrument['symbol']}   {instrument['phase']}   mid {told(instrument['mid'])}   "
        f"{last}   {instrument['trades']} trades, {instrument['bought']} lots bought, "
        f"{instrument['sold']} sold"
    ]
    most = max((qty for _, qty, _ in [*bids, *asks]), default=1)
    shown = {("ask", price) for price, _, _ in asks} | {("bid", price) for price, _, _ in bids}
    for side, levels in (("ask", asks[::-1]), ("bid", bids)):
        for price, qty, count in levels:
            bar = "#" * -(-qty * _BAR // most)
            own = ", ".join(orders.get((side, price), []))
            lines.append(f"  {side} {told(price):>12} {qty:>9} {count:>5}  {bar:<{_BAR}}  {own}")
        if side == "ask":
            lines.append("  " + "-" * 32)
    for (side, price), texts in sorted(orders.items()):
        if (side, price) not in shown:
            lines.append(f"  {side} {told(price):>12} further away: {', '.join(texts)}")
    return [line.rstrip() for line in lines]


def money(tick_size: float) -> Callable[[float], str]:
    """Formats prices in ticks with the digits of a tick; half ticks have one more."""
    digits = len(f"{tick_size:.9f}".rstrip("0").partition(".")[2])
    return lambda ticks: f"{ticks * tick_size:.{digits + (ticks % 1 != 0)}f}"


def _accounts(agent: Mapping[str, Any], instruments: list[Mapping[str, Any]]) -> list[str]:
    """A line for each account of a seat; money in currency x lots."""
    lines = []
    for account in agent["accounts"]:
        instrument = instruments[account["instrument"]]
        name = f" {instrument['symbol']}" if len(instruments) > 1 else ""
        profit = account["profit"] * instrument["tick_size"]
        lines.append(
            f"{agent['agent']:<14}{name} position {account['position']:>8}   "
            f"profit {profit:>12.4f}   return {agent['return']:.6g}"
            f"{'   over' if agent['done'] else ''}"
        )
    return lines
