#!/usr/bin/env python3
"""Writes the tables of the population `reactive` that the presets use: small_tick.yaml and
large_tick.yaml, in the form of sim/flow/tables.h, which docs/reactive.md describes.

    python configs/tables/make.py [FOLDER]      # configs/tables by default

Every table follows from the numbers of COMMON, SMALL and LARGE by a formula below. The numbers are
rounded and our own: they describe the character of a stock whose spread has many ticks and of one
whose spread is nearly always one tick. No table is fitted to a recorded tape.
"""
import math
import pathlib
import sys

import numpy as np

EVENTS = ["improve", "join", "behind", "cancel_best", "cancel_behind", "market"]
RANKS = np.array([0, 1, 2.5, 5.5, 11.5, 23.5, 47.5, 95.5, 160])  # middles of the classes
DISTANCES = np.array([1, 2.5, 5, 9, 15.5, 27, 47, 79.5, 129.5, 200])

# `previous` lists effects of the event before on the logarithm of an event's weight: (event, event
# before, its side, at once, after a long wait, fade in classes of the wait). A cancelled order is
# often replaced on its side; market orders come in runs. `before` lists those of the event before
# that: (event, event before, its side, effect).
COMMON = dict(
    wait_edges=[2e-6, 2e-5, 2e-4, 2e-3, 5e-2],
    activity_gain=0.1,
    # The next event comes at once, after a reaction, after a while or after a pause: normal laws
    # of log10 of seconds, as (mean, standard deviation).
    wait_laws=[(-5.6, 0.45), (-4.1, 0.35), (-2.8, 0.5), (-0.7, 0.45)],
    wait_points=33,
    place_points=33,
    size_points=129,
)

SMALL = dict(
    COMMON,
    comment="A stock with a small tick: the spread has about five ticks, best queues are thin.",
    spread_mean=5.0,
    spread_cap=30,
    spread_edges=[2, 3, 4, 5, 7, 9, 12, 16, 22],
    wait_spread_edges=[6, 10],
    # Logarithms of the laws' weights after each event; the last ones gain `wait_activity` for each
    # class of activity above the middle, and lose `wait_spread` for each group of the spread.
    wait_weights=dict(
        improve=[-1.0, 0.8, 0.0, -0.35],
        join=[-1.0, 0.6, 0.2, -0.35],
        behind=[-1.0, 0.5, 0.2, -0.05],
        cancel_best=[0.3, 0.4, 0.3, -0.55],
        cancel_behind=[0.5, 0.5, 0.1, -0.35],
        market=[-1.0, 1.6, 0.2, -0.95],
    ),
    wait_activity=0.5,
    wait_spread=0.1,
    activity_mean=-3.4,
    activity_sd=0.9,
    base=dict(improve=-0.4, join=-0.55, behind=1.1, cancel_best=-0.4, cancel_behind=1.15,
              market=-0.85),
    # Slope in ln(spread / mean), held beyond a factor of 8; for market orders a step down.
    spread_slope=dict(improve=0.9, join=0.0, behind=0.1, cancel_best=0.25, cancel_behind=0.0),
    spread_market=dict(height=1.0, middle=0.8, width=0.5),
    # Weight at the largest own queue less that at the smallest, over 2.
    imbalance=dict(improve=-0.15, join=-0.1, behind=0.0, cancel_best=-0.3, cancel_behind=0.0,
                   market=-0.2),
    previous=[
        ("improve", "market", "other", 2.0, 0.5, 2.5),
        ("improve", "market", "same", -0.4, -0.4, 1.0),
        ("improve", "cancel_best", "same", 2.0, 0.0, 2.0),
        ("improve", "cancel_behind", "same", 1.0, 0.0, 1.5),
        ("improve", "cancel_best", "other", -1.4, 0.0, 2.5),
        ("improve", "cancel_behind", "other", -1.2, 0.0, 2.0),
        ("improve", "improve", "same", -0.6, 0.0, 4.0),
        ("improve", "improve", "other", -0.8, 0.0, 4.0),
        ("join", "improve", "same", 2.0, -0.3, 1.5),
        ("join", "join", "same", 1.0, 0.0, 2.0),
        ("join", "cancel_best", "same", 1.2, 0.0, 2.0),
        ("join", "cancel_behind", "same", 0.8, 0.0, 1.0),
        ("join", "market", "same", -0.6, -0.4, 2.0),
        ("behind", "cancel_behind", "same", 2.8, 0.0, 2.0),
        ("behind", "behind", "same", 1.3, 0.0, 2.5),
        ("behind", "cancel_best", "same", 0.8, 0.0, 2.0),
        ("behind", "cancel_best", "other", -1.5, 0.0, 1.0),
        ("behind", "cancel_behind", "other", -1.5, 0.0, 1.0),
        ("cancel_best", "cancel_best", "same", 2.5, -0.3, 1.5),
        ("cancel_best", "cancel_behind", "same", 1.8, 0.0, 2.0),
        ("cancel_best", "improve", "same", 0.6, 0.0, 3.0),
        ("cancel_best", "market", "same", 1.0, 0.0, 2.0),
        ("cancel_best", "market", "other", -1.0, -0.2, 3.0),
        ("cancel_behind", "improve", "same", 1.6, 0.0, 2.0),
        ("cancel_behind", "behind", "same", 1.6, 0.0, 2.0),
        ("cancel_behind", "cancel_behind", "same", 2.0, 0.0, 1.5),
        ("market", "market", "same", 0.0, 1.7, 1.0),
        ("market", "market", "other", -0.5, 0.0, 2.0),
        ("market", "improve", "other", -0.4, 0.8, 2.0),
        ("market", "cancel_best", "same", -0.6, 0.0, 4.0),
        ("market", "cancel_behind", "same", -1.0, 0.0, 2.0),
        ("market", "behind", "same", -0.8, 0.0, 3.0),
    ],
    before=[
        ("improve", "market", "same", 0.4), ("improve", "cancel_best", "same", 0.4),
        ("cancel_best", "improve", "same", 0.7), ("cancel_best", "cancel_best", "same", 0.8),
        ("market", "market", "same", 1.2), ("market", "market", "other", -0.9),
        ("market", "cancel_best", "same", -0.7),
    ],
    # After a move of the mid: on the side that it moved towards, and on the other one; the fourth
    # number is the fade in classes of the events since.
    move=dict(improve=(0.6, 0.4, 1.5), join=(-0.4, 0.2, 1.5), behind=(-0.2, 0.0, 2.0),
              cancel_best=(-0.2, 0.2, 4.0), cancel_behind=(0.0, 0.0, 1.0), market=(0.3, -0.3, 8.0)),
    queue_exponent=dict(improve=0.1, join=0.0, behind=0.0, cancel_best=0.3, cancel_behind=0.0,
                        market=0.0),
    queue_mean=15,
    orders_exponent=dict(improve=-0.2, join=-0.1, behind=-0.4, cancel_best=0.0, cancel_behind=1.3,
                         market=0.1),
    orders_mean=70,
    cancel_rank=(5.0, 2.0),
    cancel_distance=(15.0, 0.7),
    cancel_best_rank=(1.0, 2.0),
    # Mean of the geometric distance of an improvement: 1 + this share of (spread - 2).
    improve_share=0.15,
    # Distance behind the best: 1 + scale (mean spread / spread)^0.3 of a Pareto law.
    behind_scale=9.0,
    behind_exponent=1.5,
    behind_max=150,
    # Sizes: (weight, mean) of geometric laws of single lots, and round lots of `round_lot` k with
    # probability ~ k^-exponent.
    sizes=dict(small=0.35, small_mean=5.0, round_lot=10, round_exponent=2.6, round_max=40),
    market_split=dict(middle=1.5, slope=1.2, more=0.01),
    market_size=10,
    open_scale=20.0,
    open_exponent=1.0,
    volatility=1.4,
)

LARGE = dict(
    COMMON,
    comment="A stock with a large tick: the spread is nearly always one tick, queues are deep.",
    spread_mean=1.2,
    spread_cap=5,
    spread_edges=[2, 3, 4, 5, 6, 7, 8, 9, 10],
    wait_spread_edges=[2, 3],
    wait_weights=dict(
        improve=[0.5, 0.5, 0.0, -2.25],
        join=[0.3, 0.3, 0.2, -0.85],
        behind=[0.0, 0.3, 0.1, -0.75],
        cancel_best=[0.3, 0.3, 0.3, -0.85],
        cancel_behind=[0.8, 0.2, 0.0, -0.85],
        market=[-0.5, 1.2, 0.3, -1.25],
    ),
    wait_activity=0.45,
    wait_spread=0.5,
    activity_mean=-3.5,
    activity_sd=0.9,
    base=dict(improve=0.8, join=0.65, behind=0.2, cancel_best=0.85, cancel_behind=0.2, market=-2.7),
    spread_slope=dict(improve=0.3, join=0.0, behind=0.0, cancel_best=0.3, cancel_behind=0.0),
    spread_market=dict(height=1.2, middle=1.2, width=0.3),
    imbalance=dict(improve=0.3, join=-0.1, behind=-0.1, cancel_best=-0.2, cancel_behind=-0.1,
                   market=-1.0),
    previous=[
        ("join", "join", "same", 1.2, 0.0, 1.5),
        ("join", "cancel_best", "same", 1.6, 0.0, 1.5),
        ("join", "cancel_behind", "same", 1.6, 0.0, 1.5),
        ("join", "behind", "same", 0.6, -0.2, 1.5),
        ("join", "behind", "other", -0.3, 0.0, 3.0),
        ("improve", "market", "other", 1.2, 0.3, 2.5),
        ("improve", "market", "same", -0.4, -0.4, 1.0),
        ("join", "market", "same", -0.6, -0.3, 2.0),
        ("cancel_best", "market", "other", -0.5, -0.2, 3.0),
        ("behind", "cancel_behind", "same", 2.5, 0.0, 1.5),
        ("behind", "cancel_best", "same", 0.8, 0.0, 1.0),
        ("behind", "cancel_best", "other", -1.0, 0.0, 1.5),
        ("behind", "cancel_behind", "other", -1.2, 0.0, 1.5),
        ("behind", "join", "other", -0.6, 0.0, 2.0),
        ("behind", "behind", "same", 0.5, 0.0, 2.5),
        ("cancel_best", "join", "same", 1.1, 0.0, 2.0),
        ("cancel_best", "cancel_best", "same", 0.7, 0.0, 3.0),
        ("cancel_best", "cancel_behind", "other", -0.8, 0.0, 2.0),
        ("cancel_behind", "cancel_behind", "same", 0.9, 0.0, 2.5),
        ("cancel_behind", "behind", "same", 0.6, 0.0, 2.0),
        ("cancel_behind", "cancel_best", "other", -1.0, 0.0, 1.0),
        ("market", "market", "same", 0.0, 3.2, 1.0),
        ("market", "join", "same", -0.8, 0.2, 1.5),
        ("market", "join", "other", -0.7, 0.2, 1.5),
    ],
    before=[
        ("join", "improve", "same", 0.4), ("join", "join", "same", 0.7),
        ("join", "join", "other", -0.4),
        ("cancel_best", "join", "same", 0.3), ("cancel_best", "cancel_best", "same", 0.5),
        ("cancel_behind", "cancel_behind", "same", 0.6), ("behind", "behind", "same", 0.4),
        ("market", "market", "same", 2.2),
    ],
    move=dict(improve=(-0.2, 0.7, 2.0), join=(-0.8, 1.2, 2.5), behind=(0.0, 0.0, 1.0),
              cancel_best=(0.6, -0.6, 1.5), cancel_behind=(-0.7, 0.8, 2.0),
              market=(-0.1, 0.1, 2.0)),
    queue_exponent=dict(improve=0.1, join=0.1, behind=0.0, cancel_best=0.4, cancel_behind=0.0,
                        market=-0.1),
    queue_mean=150,
    orders_exponent=dict(improve=0.0, join=-0.2, behind=-1.0, cancel_best=0.3, cancel_behind=1.5,
                         market=0.3),
    orders_mean=150,
    cancel_rank=(10.0, 1.8),
    cancel_distance=(6.0, 1.5),
    cancel_best_rank=(8.0, 2.0),
    improve_share=0.0,
    behind_scale=2.5,
    behind_exponent=2.0,
    behind_max=40,
    sizes=dict(small=0.2, small_mean=5.0, round_lot=10, round_exponent=2.4, round_max=60),
    market_split=dict(middle=0.1, slope=0.8, more=0.0),
    market_size=15,
    open_scale=4.0,
    open_exponent=1.5,
    volatility=0.35,
)


def by_event(numbers):
    return np.array([numbers.get(e, 0.0) for e in EVENTS])


def probabilities(points):
    """Probabilities of a table's points; the first and last point stand for half a step."""
    p = np.linspace(0, 1, points)
    p[0], p[-1] = p[1] / 4, 1 - p[1] / 4
    return p


def discrete_quantiles(values, weights, points):
    cumulative = np.cumsum(weights) / np.sum(weights)
    index = np.searchsorted(cumulative, probabilities(points))
    return np.asarray(values)[np.minimum(index, len(values) - 1)]


def spread_middles(p):
    edges = np.array([1] + p["spread_edges"], float)
    last = np.append(edges[1:] - 1, edges[-1] * 1.25)
    return np.sqrt(edges * last)


def waits(p):
    """Quantiles of a mixture of normal laws, whose weights depend on what happened and when."""
    mean, sd = np.array(p["wait_laws"]).T
    x = np.linspace(-7, 2, 4001)
    law = 0.5 * (1 + np.vectorize(math.erf)((x[:, None] - mean) / (sd * math.sqrt(2))))
    slow = np.array([-1.0, -0.3, 0.3, 1.0])
    rows = []
    for group in range(3):
        for event in EVENTS:
            for activity in range(6):
                shift = p["wait_activity"] * (activity - 2.5) - p["wait_spread"] * (group - 1)
                weight = np.exp(np.array(p["wait_weights"][event]) + shift * slow)
                mixture = law @ (weight / weight.sum())
                rows.append(np.interp(probabilities(p["wait_points"]), mixture, x))
    return np.array(rows)


def spread_effect(p):
    x = np.log(spread_middles(p) / p["spread_mean"])
    rows = np.outer(by_event(p["spread_slope"]), np.clip(x, -math.log(8), math.log(8)))
    m = p["spread_market"]
    rows[-1] = -m["height"] * np.tanh((x - math.log(m["middle"])) / m["width"])
    return rows


def previous_effect(p):
    rows = np.zeros((6, 12, 6))
    for event, last, side, at_once, later, fade in p["previous"]:
        row = rows[EVENTS.index(event), 2 * EVENTS.index(last) + (side == "same")]
        row += later + (at_once - later) * np.exp(-np.arange(6) / fade)
    return rows.reshape(72, 6)


def before_effect(p):
    rows = np.zeros((6, 12))
    for event, last, side, effect in p["before"]:
        rows[EVENTS.index(event), 2 * EVENTS.index(last) + (side == "same")] = effect
    return rows


def move_effect(p):
    rows = np.zeros((6, 2, 2, 4))
    for i, event in enumerate(EVENTS):
        along, against, fade = p["move"][event]
        decay = np.exp(-np.arange(4) / fade)
        rows[i, 1], rows[i, 0] = along * decay, against * decay
    return rows.reshape(6, 16)


def power_law(x, scale, exponent):
    return (1 + np.asarray(x) / scale) ** -exponent


def improvements(p):
    rows = []
    for spread in spread_middles(p):
        mean = 1 + p["improve_share"] * max(spread - 2, 0)
        k = np.arange(1, max(2, round(spread)))
        rows.append(discrete_quantiles(k, (1 - 1 / mean) ** (k - 1), p["place_points"]))
    return np.array(rows)


def behinds(p):
    rows = []
    u = probabilities(p["place_points"])
    for spread in spread_middles(p):
        scale = p["behind_scale"] * (p["spread_mean"] / spread) ** 0.3
        far = scale * ((1 - u) ** (-1 / p["behind_exponent"]) - 1)
        rows.append(np.minimum(1 + np.floor(far), p["behind_max"]))
    return np.array(rows)


def sizes(p):
    """Single lots, geometric, mixed with round lots of power-law multiples."""
    s = p["sizes"]
    lots = np.arange(1, s["round_lot"] * s["round_max"] + 1)
    single = (1 - 1 / s["small_mean"]) ** lots
    multiple = lots / s["round_lot"]
    round_lots = np.where(lots % s["round_lot"] == 0, multiple ** -s["round_exponent"], 0)
    weights = s["small"] * single / single.sum() + (1 - s["small"]) * round_lots / round_lots.sum()
    return discrete_quantiles(lots, weights, p["size_points"])


def market_split(p):
    """Less than the best queue, all of it, or more: logistic in the logarithm of the queue."""
    m = p["market_split"]
    queue = p["queue_mean"] * np.array([0.2, 0.5, 0.9, 1.3, 2.2, 5])
    less = 1 / (1 + (queue / (m["middle"] * p["queue_mean"])) ** -m["slope"])
    more = (1 - less) * m["more"]
    return np.column_stack([less, 1 - less - more, more])


def tables(p):
    open_distance = p["open_scale"] * (
        (1 - probabilities(p["size_points"])) ** (-1 / p["open_exponent"]) - 1)
    rank = power_law(RANKS, *p["cancel_rank"])
    best_rank = power_law(RANKS, *p["cancel_best_rank"])
    return dict(
        schema=1,
        spread_edges=p["spread_edges"],
        spread_mean=p["spread_mean"],
        spread_cap=p["spread_cap"],
        wait_spread_edges=p["wait_spread_edges"],
        activity_edges=p["activity_mean"] + p["activity_sd"] * np.array([-1.3, -0.5, 0, 0.5, 1.3]),
        activity_start=p["activity_mean"],
        activity_gain=p["activity_gain"],
        wait=waits(p),
        wait_edges=p["wait_edges"],
        base=by_event(p["base"]),
        spread=spread_effect(p),
        imbalance=np.outer(by_event(p["imbalance"]), np.linspace(-1, 1, 7)),
        previous=previous_effect(p),
        before=before_effect(p),
        move=move_effect(p),
        move_spread=p["spread_mean"],
        queue_exponent=by_event(p["queue_exponent"]),
        queue_mean=p["queue_mean"],
        orders_exponent=by_event(p["orders_exponent"]),
        orders_mean=p["orders_mean"],
        cancel_rank=np.array([rank, rank]),
        cancel_distance=power_law(DISTANCES, *p["cancel_distance"]),
        cancel_best_rank=np.array([best_rank, best_rank]),
        improve=improvements(p),
        behind=behinds(p),
        size_improve=sizes(p),
        size_join=sizes(p),
        size_behind=sizes(p),
        size_partial=sizes(p),
        size_beyond=sizes(p),
        queue_edges=p["queue_mean"] * np.array([0.35, 0.7, 1.1, 1.6, 3]),
        market_split=market_split(p),
        market_size=p["market_size"],
        open_distance=np.minimum(np.floor(open_distance), 2 * p["behind_max"]),
        open_size=sizes(p),
        volatility=p["volatility"],
    )


def number(x):
    text = f"{float(x):.4g}"
    return "0" if float(text) == 0 else text


def write(path, name, p):
    lines = [f"# {p['comment']}",
             f"# Written by make.py of this folder from the parameters {name}: change those."]
    for key, value in tables(p).items():
        value = np.asarray(value, float)
        if value.ndim == 0:
            lines.append(f"{key}: {number(value)}")
        elif value.ndim == 1:
            lines.append(f"{key}: [{', '.join(map(number, value))}]")
        else:
            lines.append(f"{key}:")
            lines += [f"  - [{', '.join(map(number, row))}]" for row in value]
    path.write_text("\n".join(lines) + "\n")


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "small_tick.yaml", "SMALL", SMALL)
    write(folder / "large_tick.yaml", "LARGE", LARGE)


if __name__ == "__main__":
    main()
