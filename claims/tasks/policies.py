"""Policies of few parameters for each role: constants and simple rules, over names of the spec.

A family is evaluated for many parameters at once: row n of the parameters [N, P] acts in env n.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from spaces import Axes, Floats, Seen

Actions = NDArray[np.float32]


@dataclass(frozen=True)
class Moment:
    """What a policy sees: a role's observations at the start of a step.

    Attributes:
        step, last: this step and the last one of the episode, from 0.
        episode_s: market time of an episode.
        memory: what the policy keeps during an episode, empty at its start.
    """

    seen: Seen
    axes: Axes
    step: int
    last: int
    episode_s: float
    memory: dict[str, Floats]

    @property
    def shape(self) -> tuple[int, int]:
        """N envs and S seats."""
        envs, seats = self.seen["time_left"].shape[:2]
        return envs, seats


@dataclass(frozen=True)
class Knob:
    """A parameter: its name, where a search starts, and its bounds.

    One whose bounds are both positive is searched, and varied, by factors; another by sums.
    """

    name: str
    start: float
    low: float
    high: float

    @property
    def by_factors(self) -> bool:
        """Whether its logarithm is what is searched."""
        return self.low > 0


@dataclass(frozen=True)
class Family:
    """Policies that differ in parameters.

    Attributes:
        name: for people.
        role: whose seats it moves.
        knobs: the P parameters.
        act: the actions [N, S, A] for a moment and parameters, of which each is [N, 1].
    """

    name: str
    role: str
    knobs: tuple[Knob, ...]
    act: Callable[..., Actions]

    def __call__(self, moment: Moment, parameters: Floats) -> Actions:
        """The actions [N, S, A], for parameters [N, P] or [P]."""
        rows = np.broadcast_to(parameters, (moment.shape[0], len(self.knobs)))
        return self.act(moment, *(rows[:, i, None] for i in range(len(self.knobs))))

    def told(self, parameters: Floats) -> str:
        """The parameters as text."""
        pairs = zip(self.knobs, parameters, strict=True)
        return ", ".join(f"{knob.name} {value:.3g}" for knob, value in pairs)


# ---- makers ------------------------------------------------------------------------------------
def _maker_constant(moment: Moment, bid: Floats, ask: Floats) -> Actions:
    return moment.axes.action(moment.shape, bid_offset=bid, ask_offset=ask)


def _maker_rule(moment: Moment, distance: Floats, lean: Floats, follow: Floats) -> Actions:
    """Quotes at a distance from a centre, which is the reference price moved against the position,
    and towards the microprice."""
    seen = moment.seen
    in_ticks = moment.axes.unit_of("bid_offset") == "ticks"
    ahead = seen["microprice"] / (1 if in_ticks else np.maximum(seen["spread"], 1))
    centre = follow * ahead - lean * seen["inventory"]
    return moment.axes.action(
        moment.shape, bid_offset=distance - centre, ask_offset=distance + centre
    )


def maker_families(distance: float, lean: float) -> tuple[Family, Family]:
    """Constant distances and the inventory rule, searched from these: a distance, and how far the
    quotes move for each quote held, in the unit of the axes."""

    def away(name: str) -> Knob:
        return Knob(name, distance, distance / 20, distance * 10)

    return (
        Family("constant", "maker", (away("bid"), away("ask")), _maker_constant),
        Family("rule", "maker", (
            away("distance"), Knob("lean", lean, lean / 50, lean * 50),
            Knob("follow", 0.5, 0.01, 5.0),
        ), _maker_rule),
    )  # fmt: skip


def _avellaneda_stoikov(moment: Moment, distance: Floats, risk: Floats) -> Actions:
    """Equations 29 and 30 of the paper with its sigma^2 gamma in `risk` and the rest of the spread
    in `distance`: ticks."""
    held, left = moment.seen["inventory"], moment.seen["time_left"]
    half, centre = distance + risk * left / 2, risk * left * held
    return moment.axes.action(moment.shape, bid_offset=half + centre, ask_offset=half - centre)


AVELLANEDA_STOIKOV = (
    Family("constant", "maker", (Knob("bid", 667, 50, 5000), Knob("ask", 667, 50, 5000)),
           _maker_constant),
    Family("rule", "maker", (Knob("distance", 650, 50, 5000), Knob("risk", 300, 5, 5000)),
           _avellaneda_stoikov),
)  # fmt: skip


# ---- executors ---------------------------------------------------------------------------------
def _executor_constant(moment: Moment, pace: Floats, behind: Floats) -> Actions:
    return moment.axes.action(moment.shape, pace=pace, offset=behind)


def _executor_rule(
    moment: Moment, pace: Floats, behind: Floats, slope: Floats, threshold: Floats, urgent: Floats
) -> Actions:
    """Offers what is due behind its own best price, and faster the more the price is expected to
    move away; crosses the spread where that passes a threshold (ticks), and in the last share of
    the time. The expected move is the forecast, or 10 ticks x the imbalance at the best prices."""
    seen = moment.seen
    move = seen["forecast"] if "forecast" in seen else 10 * seen["imbalance"]
    away = seen["side"] * move  # positive: the price moves away from the order
    cross = (away > threshold) | (seen["time_left"] < urgent)
    offset = np.where(cross, 0.0, seen["spread"] + behind)
    return moment.axes.action(
        moment.shape, pace=np.clip(pace + slope * away, 0, 2), offset=offset
    )


EXECUTOR = (
    Family("constant", "executor", (Knob("pace", 1.0, 0.2, 2.0), Knob("behind", 2.0, 0.1, 10.0)),
           _executor_constant),
    Family("rule", "executor", (
        Knob("pace", 1.5, 0.2, 3.0), Knob("behind", 0.5, 0.05, 10.0),
        Knob("slope", 0.2, 0.01, 3.0), Knob("threshold", 10.0, 0.5, 100.0),
        Knob("urgent", 0.02, 0.002, 0.9),
    ), _executor_rule),
)  # fmt: skip


def twap(moment: Moment) -> Actions:
    """An equal part of the parent order in each step, at the opposite best price."""
    return moment.axes.action(moment.shape, pace=1.0, offset=0.0)


# ---- takers ------------------------------------------------------------------------------------
def _taker_constant(moment: Moment, direction: Floats) -> Actions:
    return moment.axes.action(moment.shape, direction=direction)


def _taker_rule(
    moment: Moment, band: Floats, per_tick: Floats, cap: Floats, past: Floats, past_steps: Floats
) -> Actions:
    """The policy `bayes` (baselines/directional/bayes.c): a position on the expected move of the
    price, which changes only where it is outside of a band for the costs. The move is the forecast
    and a mean of the recent ones, which the mid has still to catch up with."""
    seen, keys = moment.seen, moment.axes.keys
    forecast = seen["forecast"]
    mean = moment.memory.get("mean", forecast)
    mean = mean + (forecast - mean) / np.maximum(past_steps, 1)
    moment.memory["mean"] = mean
    left = seen["time_left"] * moment.episode_s / keys["forecast_s"]
    move = np.minimum(left, 1) * (forecast + past * mean)
    low, high = (np.clip(per_tick * (move + side * band), -cap, cap) for side in (-1, 1))
    held, most = seen["inventory"], moment.axes.range_of("direction")[1]
    return moment.axes.action(moment.shape, direction=(np.clip(held, low, high) - held) * most)


TAKER = (
    Family("constant", "taker", (Knob("direction", 0.0, -5.0, 5.0),), _taker_constant),
    Family("rule", "taker", (
        Knob("band", 8.0, 0.5, 100.0), Knob("per_tick", 1.0, 0.01, 10.0),
        Knob("cap", 9.0, 0.5, 40.0), Knob("past", 0.5, 0.01, 5.0),
        Knob("past_steps", 4.0, 1.0, 100.0),
    ), _taker_rule),
)  # fmt: skip


# ---- portfolios --------------------------------------------------------------------------------
def _portfolio_constant(moment: Moment, count: Floats, bid: Floats, offer: Floats) -> Actions:
    return moment.axes.action(
        moment.shape, count=count[..., None], bid_price=bid[..., None], offer_price=offer[..., None]
    )


def _portfolio_rule(
    moment: Moment, threshold: Floats, size: Floats, reach: Floats, home: Floats
) -> Actions:
    """Buys instruments whose signal is above a threshold (ticks), and sells those below minus it,
    at a price `reach` ticks beyond the mid. The signal is the forecast, of which the share counts
    that comes true before the episode's end, or else the microprice; `home` pulls the holding to
    that of the start (ticks for each count_max of distance)."""
    seen, keys = moment.seen, moment.axes.keys
    if "forecast" in seen:
        left = seen["time_left"] * moment.episode_s / keys["forecast_s"]
        signal = seen["forecast"] * np.minimum(left, 1)[..., None]
    else:
        signal = seen["microprice"]
    signal = signal - home[..., None] * (seen["holding"] - keys["holding"] / keys["count_max"])
    side = np.where(np.abs(signal) > threshold[..., None], np.sign(signal), 0)
    count = side * size[..., None] * moment.axes.range_of("count")[1]
    return moment.axes.action(
        moment.shape, count=count, bid_price=reach[..., None], offer_price=-reach[..., None]
    )


PORTFOLIO = (
    Family("constant", "portfolio", (
        Knob("count", 0.0, -10.0, 10.0), Knob("bid", 0.0, -10.0, 10.0),
        Knob("offer", 0.0, -10.0, 10.0),
    ), _portfolio_constant),
    Family("rule", "portfolio", (
        Knob("threshold", 8.0, 0.01, 100.0), Knob("size", 0.3, 0.05, 1.0),
        Knob("reach", 5.0, -10.0, 10.0), Knob("home", 0.1, 0.01, 10.0),
    ), _portfolio_rule),
)  # fmt: skip


# ---- all ---------------------------------------------------------------------------------------
def nothing(moment: Moment) -> Actions:
    """Does nothing."""
    return moment.axes.action(moment.shape)


def randomly(rng: np.random.Generator) -> Callable[[Moment], Actions]:
    """Uniform actions."""

    def act(moment: Moment) -> Actions:
        size = (*moment.shape, len(moment.axes.nothing))
        return rng.uniform(-1, 1, size).astype(np.float32)

    return act
