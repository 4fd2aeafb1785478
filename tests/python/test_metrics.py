"""Metrics of plain arrays: against naive sums, NumPy, SciPy and empyrical."""

import math

import hftsim
import numpy as np
import pytest
from hftsim import metrics

pytestmark = pytest.mark.usefixtures("library")

YEAR_S = 252 * 23400
TICK = 0.01


def random_episode(seed, fills=60, steps=200):
    """A random walk of the mid and random fills around it, in an episode of ``steps`` seconds."""
    rng = np.random.default_rng(seed)
    mid_time = np.concatenate([[0], np.sort(rng.uniform(0, steps, 300)).round(6)])
    mid = 10_000 + np.cumsum(rng.integers(-3, 4, 301)) / 2
    time = np.sort(rng.uniform(0, steps, fills)).round(6)
    before = mid[np.searchsorted(mid_time, time, side="left") - 1]
    lots = rng.integers(1, 20, fills) * rng.choice([-1, 1], fills)
    price = np.rint(before - np.sign(lots) * rng.integers(-2, 4, fills))
    fee = rng.uniform(-1, 2, fills).round(4) * TICK
    role = rng.integers(0, 3, fills)
    waited = np.where(role == 0, rng.uniform(0, 5, fills).round(6), 0)
    return metrics.Fills(time, lots, price, fee, role=role, queue_time=waited), mid_time, mid


def mid_at(mid_time, mid, times):
    return mid[np.searchsorted(mid_time, times, side="right") - 1]


def equity(fills, mid_time, mid, steps):
    """The account's value at the ends of steps of 1 s, in currency."""
    ends = np.arange(1, steps + 1)
    done = np.asarray(fills.time)[None, :] <= ends[:, None]
    cash = done @ (-fills.lots * fills.price) * TICK - done @ fills.fee
    position = done @ fills.lots
    return cash + position * mid_at(mid_time, mid, ends) * TICK, position


def score(fills, mid_time, mid, steps=200, **more):
    more |= {"end": steps, "step": 1, "tick_size": TICK}
    return metrics.score(fills, mid_time=mid_time, mid=mid, **more)


@pytest.mark.parametrize("seed", range(20))
def test_pnl_against_naive_sums(seed):
    fills, mid_time, mid = random_episode(seed)
    values = score(fills, mid_time, mid)
    before = mid[np.searchsorted(mid_time, fills.time, side="left") - 1]
    curve, position = equity(fills, mid_time, mid, 200)
    expected = {
        "pnl": curve[-1],
        "spread_captured": np.sum(fills.lots * (before - fills.price)) * TICK,
        "inventory_pnl": np.sum(fills.lots * (mid[-1] - before)) * TICK,
        "fees": np.sum(fills.fee),
        "turnover": np.sum(np.abs(fills.lots) * fills.price) * TICK,
        "traded_lots": np.sum(np.abs(fills.lots)),
        "inventory_max_lots": np.max(np.abs(position)),
        "inventory_mean_lots": np.mean(np.abs(position)),
        "inventory_sd_lots": np.std(position),
        "inventory_flat_ratio": np.mean(position == 0),
        "inventory_long_ratio": np.mean(position > 0),
        "maker_ratio": np.sum(np.abs(fills.lots)[fills.role != 1]) / np.sum(np.abs(fills.lots)),
        "queue_time_s": np.average(
            fills.queue_time, weights=np.abs(fills.lots) * (fills.role == 0)
        ),
    }
    for name, after in {"100ms": 0.1, "1s": 1, "10s": 10, "60s": 60}.items():
        known = np.asarray(fills.time) + after <= 200
        move = mid_at(mid_time, mid, np.asarray(fills.time) + after) - before
        expected[f"adverse_selection_{name}"] = -np.sum((fills.lots * move)[known]) * TICK
    for name, value in expected.items():
        assert values[name] == pytest.approx(value, rel=1e-9, abs=1e-9), name
    parts = values["spread_captured"] + values["inventory_pnl"] - values["fees"]
    assert values["pnl"] == pytest.approx(parts, abs=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_curve_against_empyrical(seed):
    empyrical = pytest.importorskip("empyrical", reason="needs empyrical-reloaded (hftsim[test])")
    fills, mid_time, mid = random_episode(seed)
    values = score(fills, mid_time, mid)
    curve, _ = equity(fills, mid_time, mid, 200)
    changes = np.diff(curve, prepend=0)
    year = {"annualization": YEAR_S}
    assert values["sharpe_ratio"] == pytest.approx(empyrical.sharpe_ratio(changes, **year))
    assert values["sortino_ratio"] == pytest.approx(empyrical.sortino_ratio(changes, **year))
    assert values["var_95"] == pytest.approx(-empyrical.value_at_risk(changes, 0.05))
    assert values["cvar_95"] == pytest.approx(-empyrical.conditional_value_at_risk(changes, 0.05))


@pytest.mark.parametrize("seed", range(20))
def test_curve_against_numpy(seed):
    fills, mid_time, mid = random_episode(seed)
    values = score(fills, mid_time, mid)
    curve, _ = equity(fills, mid_time, mid, 200)
    changes, from_0 = np.diff(curve, prepend=0), np.concatenate([[0], curve])
    scale = math.sqrt(YEAR_S)
    assert values["sharpe_ratio"] == pytest.approx(changes.mean() / changes.std(ddof=1) * scale)
    downside = np.sqrt(np.mean(np.minimum(changes, 0) ** 2))
    assert values["sortino_ratio"] == pytest.approx(changes.mean() / downside * scale)
    assert values["var_95"] == pytest.approx(-np.quantile(changes, 0.05))
    assert values["cvar_95"] == pytest.approx(-np.sort(changes)[:10].mean())
    falls = np.maximum.accumulate(from_0) - from_0
    assert values["max_drawdown"] == pytest.approx(falls.max())
    assert values["calmar_ratio"] == pytest.approx(curve[-1] / 200 * YEAR_S / falls.max())
    bottom = int(falls.argmax())
    peak = int(np.flatnonzero(falls[: bottom + 1] < 1e-9)[-1])
    later = np.flatnonzero(from_0[bottom:] >= from_0[peak] - 1e-12)
    back = bottom + int(later[0]) if len(later) else 200
    assert values["drawdown_s"] == back - peak
    rose, fell = np.sum(changes > 1e-12), np.sum(changes < -1e-12)
    assert values["hit_rate"] == pytest.approx(rose / (rose + fell), abs=0.02)


@pytest.mark.parametrize("side", ["buy", "sell"])
@pytest.mark.parametrize("seed", range(10))
def test_the_parts_of_the_shortfall(seed, side):
    fills, mid_time, mid = random_episode(seed)
    sign = 1 if side == "buy" else -1
    lots = sign * np.abs(fills.lots)
    total = int(np.abs(lots).sum()) + 50  # of which 50 are never traded
    one_way = metrics.Fills(fills.time, lots, fills.price, fills.fee, role=fills.role)
    values = score(
        one_way, mid_time, mid, parent=metrics.Parent(side, total), market_lots=5000,
        market_notional=5000 * 10_001,
    )
    arrival, close = mid[0], mid[-1]
    paid, fees = np.sum(lots * fills.price), np.sum(fills.fee) / TICK
    notional = total * arrival
    cost = paid - np.sum(lots) * arrival + fees + sign * 50 * (close - arrival)
    assert values["shortfall_bps"] == pytest.approx(cost / notional * 1e4, abs=1e-9)
    parts = ("delay", "spread", "impact", "timing", "opportunity", "fees")
    assert sum(values[f"{part}_bps"] for part in parts) == pytest.approx(values["shortfall_bps"])
    assert values["fees_bps"] == pytest.approx(fees / notional * 1e4)
    unfilled = sign * 50 * (close - arrival)
    assert values["opportunity_bps"] == pytest.approx(unfilled / notional * 1e4, abs=1e-9)
    before = mid[np.searchsorted(mid_time, fills.time, side="left") - 1]
    delay = np.sum(lots) * (before[0] - arrival)
    assert values["delay_bps"] == pytest.approx(delay / notional * 1e4, abs=1e-9)
    spread = np.sum(lots * (fills.price - before))
    assert values["spread_bps"] == pytest.approx(spread / notional * 1e4, abs=1e-9)
    assert values["fill_ratio"] == pytest.approx(1 - 50 / total)
    vwap = paid + sign * 50 * close + fees - sign * total * 10_001
    assert values["vwap_slippage_bps"] == pytest.approx(vwap / (total * 10_001) * 1e4, abs=1e-9)
    assert math.isnan(values["sharpe_ratio"])


def test_short_episodes_have_no_figures():
    values = metrics.score(
        metrics.Fills([1], [3], [100]), mid_time=[0], mid=[100.5], end=5, step=1, tick_size=TICK
    )
    for name in ("adverse_selection_10s", "adverse_selection_60s", "var_95", "cvar_95"):
        assert math.isnan(values[name]), name
    assert values["adverse_selection_1s"] == 0
    assert values["pnl"] == pytest.approx(1.5 * TICK)
    nothing = metrics.score(metrics.Fills(), mid_time=[0], mid=[1], end=1, step=1, tick_size=TICK)
    assert nothing["pnl"] == 0 and math.isnan(nothing["sharpe_ratio"])


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"fills": metrics.Fills([1], [0.5], [100])}, r"fill_lots\[0\]: 0\.5 must be a multiple"),
        ({"fills": metrics.Fills([1], [1, 2], [100])}, "fill_lots: has 2 elements"),
        ({"fills": metrics.Fills([1], [1], [float("nan")])}, r"fill_price\[0\]"),
        ({"fills": metrics.Fills([1], [1], [100], role=["makr"])}, r"fill_role\[0\]: 'makr'"),
        ({"fills": metrics.Fills([1], [1], [100], role=[0.5])}, r"fill_role\[0\]: 0\.5"),
        ({"fills": metrics.Fills([1], [1], [100], role=[float("nan")])}, r"fill_role\[0\]: nan"),
        ({"fills": metrics.Fills([1], [1], [100], role=[[0]])}, r"fill_role\[0\]"),
        ({"fills": metrics.Fills([1], [1], [100], closing=[[0, 1]])}, "fill_closing: .* one dim"),
        ({"fills": metrics.Fills([1], [1], [100], closing=1)}, "fill_closing: .* one dim"),
        ({"tick_size": 5e-324}, "tick_size"),
        ({"mid": [100.25]}, r"mid\[0\]: 100\.25 must be a multiple of 0\.5"),
        ({"mid": [[100]]}, "must have one dimension"),
        ({"tick_size": 0}, "tick_size"),
        ({"parent": metrics.Parent("up", 3)}, "parent: the side 'up'"),
        ({"end": float("inf")}, "end"),
    ],
)
def test_wrong_arguments(change, text):
    episode = {"fills": metrics.Fills([1], [1], [100]), "mid_time": [0], "mid": [100], "end": 5,
               "step": 1, "tick_size": TICK}
    with pytest.raises(ValueError, match=text):
        metrics.score(**(episode | change))


def test_what_the_library_refuses():
    with pytest.raises(hftsim.RequestError) as caught:
        metrics.score(
            metrics.Fills([2, 1], [1, 1], [9, 9]), mid_time=[0], mid=[9], end=5, step=1,
            tick_size=TICK,
        )
    assert (caught.value.code, caught.value.where) == ("bad_argument", "fill_time[1]")


def test_aggregates_against_scipy():
    stats = pytest.importorskip("scipy.stats", reason="needs SciPy")
    values = np.random.default_rng(3).normal(1, 2, 400).round(3)
    found = metrics.aggregate(np.append(values, np.nan), seed=5)
    figures = {
        "sharpe_ratio": lambda x, axis=-1: np.mean(x, axis) / np.std(x, axis, ddof=1),
        "sortino_ratio": lambda x, axis=-1: np.mean(x, axis)
        / np.sqrt(np.mean(np.minimum(x, 0) ** 2, axis)),
        "hit_rate": lambda x, axis=-1: np.mean(x > 0, axis),
        "var_95": lambda x, axis=-1: -np.quantile(x, 0.05, axis),
        "cvar_95": lambda x, axis=-1: -np.mean(np.sort(x, axis)[..., : 399 // 20 + 1], axis),
    }
    for name, figure in figures.items():
        value, low, high = found[name].value, found[name].low, found[name].high
        assert value == pytest.approx(figure(values)), name
        other = stats.bootstrap((values,), figure, n_resamples=4000, method="percentile",
                                rng=np.random.default_rng(1)).confidence_interval
        width = other.high - other.low
        assert abs(low - other.low) < 0.15 * width and abs(high - other.high) < 0.15 * width, name
    few = metrics.aggregate([1.0, 2.0])
    assert math.isnan(few["var_95"].value) and few["hit_rate"].value == 1
    assert math.isnan(metrics.aggregate([])["sharpe_ratio"].value)
    with pytest.raises(ValueError):
        metrics.aggregate([[1.0]])


def test_the_table():
    table = metrics.table()
    assert table["pnl"].direction == 1 and table["shortfall_bps"].unit == "bps"
    assert all(metric.help and metric.unit for metric in table.values())
    assert {metric.direction for metric in table.values()} == {-1, 0, 1}
