"""The page of the demo: plots of the learner, the scoreboard and the dataset in one HTML file."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import h5py
import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, MUTED, GRID = "#1f2933", "#66727f", "#e4e8ec"
BLUE, ORANGE, GREY = "#2364c4", "#d9661f", "#9aa5b1"
WIDTH_IN = 9.2
ZOOM_S = 120.0  # seconds shown in the plot of the book

matplotlib.rcParams.update(
    {
        "font.family": "sans-serif",
        "font.size": 10,
        "text.color": INK,
        "axes.labelcolor": MUTED,
        "axes.edgecolor": GRID,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "grid.color": GRID,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
        "legend.frameon": False,
        "svg.fonttype": "none",
        "svg.hashsalt": "hftsim",
    }
)


@dataclass(frozen=True)
class Score:
    """The mean P&L per episode in currency, with its 95% confidence interval."""

    name: str
    mean: float
    low: float
    high: float


class Generation(Protocol):
    """One generation of the learner; P&L in currency."""

    pnl: float
    elite_pnl: float
    elapsed_s: float


@dataclass(frozen=True)
class Market:
    """A recorded market: M snapshots of L levels and T trades. Times in s, prices in currency."""

    symbol: str
    time: np.ndarray  # [M]
    mid: np.ndarray  # [M]
    fundamental: np.ndarray  # [M]
    price: tuple[np.ndarray, np.ndarray]  # bid, ask: [M, L], 0: no such level
    qty: tuple[np.ndarray, np.ndarray]  # bid, ask: [M, L], lots
    trade_time: np.ndarray  # [T]
    trade_price: np.ndarray  # [T]
    trade_buys: np.ndarray  # [T], True if the incoming order bought
    tick_size: float
    event_count: int
    made_by: str  # version and revision of the program


def read_market(path: Path) -> Market:
    """Reads the first day of the first instrument of a dataset."""
    with h5py.File(path) as file:
        symbol, instrument = next(iter(file.items()))
        day = next(iter(instrument.values()))
        tick = float(instrument.attrs["tick_size"])
        snapshots, trades = day["snapshots"], day["trades"]
        aggressor = trades["aggressor"]
        return Market(
            symbol=symbol,
            time=snapshots["time"][:] * 1e-9,
            mid=snapshots["mid"][:] * tick,
            fundamental=snapshots["fundamental"][:] * tick,
            price=(snapshots["bid_price"][:] * tick, snapshots["ask_price"][:] * tick),
            qty=(snapshots["bid_qty"][:], snapshots["ask_qty"][:]),
            trade_time=trades["time"][:] * 1e-9,
            trade_price=trades["price"][:] * tick,
            trade_buys=aggressor[:] == h5py.check_enum_dtype(aggressor.dtype)["BUY"],
            tick_size=tick,
            event_count=len(day["events"]["time"]),
            made_by=f"hftsim {file.attrs['hftsim_version']}, {file.attrs['git_revision']}",
        )


def plot_learning(history: Sequence[Generation]) -> Figure:
    figure, axes = _figure(3.2)
    seconds = [generation.elapsed_s for generation in history]
    best = [generation.elite_pnl for generation in history]
    axes.plot(seconds, best, color=ORANGE, linewidth=1.4, label="best quarter")
    axes.plot(seconds, [g.pnl for g in history], color=BLUE, linewidth=2, label="all candidates")
    axes.axhline(0, color=GREY, linewidth=1)
    axes.set(xlabel="training, s", ylabel="mean P&L per episode, currency", xlim=(0, None))
    figure.legend(loc="outside upper right", ncols=2)
    return figure


def plot_scores(scores: Sequence[Score]) -> Figure:
    figure, axes = _figure(0.9 + 0.5 * len(scores))
    rows = np.arange(len(scores))[::-1]
    for row, score in zip(rows, scores, strict=True):
        color = BLUE if score.name == "learner" else GREY
        axes.barh(row, score.mean, height=0.55, color=color)
        axes.plot([score.low, score.high], [row, row], color=INK, linewidth=1.4)
    axes.axvline(0, color=INK, linewidth=1)
    axes.set_yticks(rows, [score.name for score in scores], color=INK)
    axes.grid(visible=False, axis="y")
    axes.set(xlabel="mean P&L per episode, currency; line: 95% confidence")
    return figure


def plot_prices(market: Market) -> Figure:
    figure, axes = _figure(4.0)
    buys = market.trade_buys
    for chosen, color, label in ((buys, BLUE, "buys"), (~buys, ORANGE, "sells")):
        axes.scatter(
            market.trade_time[chosen] / 60,
            market.trade_price[chosen],
            s=3,
            color=color,
            alpha=0.35,
            linewidths=0,
            rasterized=True,
            label=label,
        )
    axes.plot(market.time / 60, market.mid, color=INK, linewidth=0.9, label="mid")
    axes.plot(
        market.time / 60, market.fundamental, color="#2a8c5a", linewidth=1.6, label="fundamental"
    )
    axes.set(xlabel="time, min", ylabel="price, currency", xlim=(0, market.time[-1] / 60))
    axes.ticklabel_format(axis="y", useOffset=False)
    legend = figure.legend(loc="outside upper right", ncols=4, markerscale=3)
    for handle in legend.legend_handles:
        handle.set_alpha(1)
    return figure


def plot_book(market: Market) -> Figure:
    """Resting lots by price and time on a diverging scale: bids positive, asks negative."""
    figure, axes = _figure(4.0)
    shown = market.time >= market.time[-1] - ZOOM_S
    ticks = [np.rint(price[shown] / market.tick_size).astype(int) for price in market.price]
    lots = [qty[shown] for qty in market.qty]
    there = np.concatenate([tick[tick > 0] for tick in ticks])
    low, high = int(there.min()), int(there.max())
    grid = np.zeros((high - low + 1, int(shown.sum())))
    columns = np.broadcast_to(np.arange(grid.shape[1])[:, None], ticks[0].shape)
    for tick, lot, sign in zip(ticks, lots, (1, -1), strict=True):
        rest = tick > 0
        grid[tick[rest] - low, columns[rest]] = sign * lot[rest]
    bound = float(np.quantile(np.abs(grid[grid != 0]), 0.98))
    time = market.time[shown] / 60
    half = market.tick_size / 2
    image = axes.imshow(
        grid,
        cmap=_book_colors(),
        vmin=-bound,
        vmax=bound,
        aspect="auto",
        origin="lower",
        interpolation="nearest",
        extent=(
            time[0],
            time[-1],
            low * market.tick_size - half,
            high * market.tick_size + half,
        ),
    )
    axes.plot(time, market.mid[shown], color=INK, linewidth=0.9)
    axes.grid(visible=False)
    axes.set(xlabel="time, min", ylabel="price, currency")
    axes.ticklabel_format(axis="y", useOffset=False)
    bar = figure.colorbar(image, ax=axes, pad=0.02, aspect=30)
    bar.outline.set_visible(False)
    bar.set_label("resting lots: bids (+), asks (-)")
    return figure


def plot_depth(market: Market) -> Figure:
    """The average book: lots per level on both sides."""
    figure, axes = _figure(2.8)
    levels = np.arange(1, market.qty[0].shape[1] + 1)
    for qty, sign, color, label in zip(
        market.qty, (-1, 1), (BLUE, ORANGE), ("bids", "asks"), strict=True
    ):
        axes.bar(sign * levels, qty.mean(axis=0), width=0.8, color=color, label=label)
    axes.set(xlabel="level, best at the centre", ylabel="mean lots")
    axes.set_xticks([*-levels[::-1], *levels], [*levels[::-1], *levels])
    axes.grid(visible=False, axis="x")
    figure.legend(loc="outside upper right", ncols=2)
    return figure


def _book_colors() -> Any:
    return matplotlib.colors.LinearSegmentedColormap.from_list(
        "book", ["#a8430a", "#f2b48c", "#ffffff", "#9dbdf0", "#123f8a"]
    )


def _figure(height_in: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH_IN, height_in), layout="constrained")
    return figure, figure.subplots()


def _image(figure: Figure, alt: str) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", dpi=160, transparent=True, metadata={"Date": None})
    data = base64.b64encode(buffer.getvalue()).decode()
    return f'<img alt="{html.escape(alt)}" src="data:image/svg+xml;base64,{data}">'


def _section(title: str, caption: str, figure: Figure, table: str = "") -> str:
    return (
        f"<section><h2>{html.escape(title)}</h2><p>{html.escape(caption)}</p>"
        f"{table}{_image(figure, title)}</section>"
    )


def _table(scores: Sequence[Score]) -> str:
    rows = "".join(
        f'<tr class="{"learner" if score.name == "learner" else ""}">'
        f"<td>{place}</td><td>{html.escape(score.name)}</td><td>{score.mean:,.2f}</td>"
        f"<td>{score.low:,.2f}</td><td>{score.high:,.2f}</td></tr>"
        for place, score in enumerate(scores, start=1)
    )
    heads = "".join(f"<th>{head}</th>" for head in ("", "strategy", "mean P&amp;L", "low", "high"))
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


_STYLE = """
:root { color-scheme: light; }
body { margin: 0; background: #f4f6f8; color: #1f2933; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 920px; margin: 0 auto; padding: 40px 20px 60px; }
h1 { font-size: 28px; margin: 0 0 4px; letter-spacing: -0.01em; }
h2 { font-size: 18px; margin: 0 0 2px; }
p { margin: 0 0 14px; color: #52606d; }
section { background: #fff; border: 1px solid #e4e8ec; border-radius: 10px;
  padding: 20px 24px; margin-top: 20px; }
img { display: block; width: 100%; height: auto; }
table { border-collapse: collapse; width: 100%; margin: 4px 0 16px;
  font-variant-numeric: tabular-nums; }
th, td { padding: 6px 10px; text-align: right; border-bottom: 1px solid #e4e8ec; }
th { font-weight: 500; font-size: 14px; color: #66727f; }
th:nth-child(2), td:nth-child(2) { text-align: left; }
td:first-child { color: #66727f; width: 1.5em; }
footer { margin-top: 16px; font-size: 14px; color: #66727f; }
tr.learner td { font-weight: 600; color: #2364c4; }
code { background: #eef1f4; border-radius: 4px; padding: 1px 5px; font-size: 14px; }
"""


def write_page(
    path: Path,
    history: Sequence[Generation],
    scores: Sequence[Score],
    episodes: int,
    dataset: Path,
) -> None:
    """Writes the page as one self-contained file."""
    market = read_market(dataset)
    minutes = market.time[-1] / 60
    sections = [
        _section(
            "Scoreboard",
            f"P&L in currency over {episodes} held-out episodes in the same worlds; "
            "means with 95% bootstrap confidence intervals.",
            plot_scores(scores),
            _table(scores),
        ),
        _section(
            "Learning",
            f"{len(history)} generations of the cross-entropy method over linear policies, in "
            f"{history[-1].elapsed_s:.0f} s, through the server's socket.",
            plot_learning(history),
        ),
        _section(
            "Price",
            f"{minutes:.0f} minutes of {market.symbol}: {len(market.trade_time):,} trades around "
            "the mid, which follows a fundamental value that no participant knows exactly.",
            plot_prices(market),
        ),
        _section(
            "Book",
            f"The last {ZOOM_S:.0f} s: resting lots by price, and the mid.",
            plot_book(market),
        ),
        _section(
            "Depth",
            "The average book over the whole recording.",
            plot_depth(market),
        ),
    ]
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>hftsim demo</title><style>{_STYLE}</style></head><body><main>"
        "<h1>hftsim demo</h1>"
        "<p>A market maker trained from scratch in a simulated market, compared with baselines "
        f"that do not learn, and a dataset of {market.event_count:,} events: "
        f"<code>{html.escape(dataset.name)}</code>.</p>"
        f"{''.join(sections)}<footer>{html.escape(market.made_by)}</footer>"
        "</main></body></html>\n"
    )
    path.write_text(text, encoding="utf-8")
