"""The rule of docs/strategies.md in a seat over the client: within its limit in any market, flat at
the end, and no worse off for fees than by them; the program's strategies are scored beside it.
"""

from __future__ import annotations

import sys

import hftsim
import numpy as np
import pytest
from conftest import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "python" / "examples"))
import imbalance_rule

MARKETS = {
    "plain": {},
    "latency": {"exchange_config.latency_us": 120000},
    "late": {"exchange_config.latency_us": 1200000},
    "fees": {"exchange_config.taker_fee_bps": 2},
    "halts": {"exchange_config.halt_band_bps": 3, "exchange_config.halt_s": 2},
    "late halts": {"exchange_config.latency_us": 300000, "exchange_config.halt_band_bps": 3,
                   "exchange_config.halt_s": 2},
    "calls": {"exchange_config.opening_auction_s": 12},
}
WAIT = {"late": 6, "late halts": 2}  # steps of half a second
WORLDS = 6
SHORT = {"env_config.episode_len": 120}

pytestmark = pytest.mark.usefixtures("library")


@pytest.mark.parametrize("market", MARKETS)
def test_the_position_stays_within_an_order_and_ends_flat(market: str) -> None:
    overrides = {**MARKETS[market], **SHORT}
    with hftsim.make(
        config_text=imbalance_rule.SEAT, num_envs=WORLDS, overrides=overrides, autoreset="manual"
    ) as envs:
        role = envs.spec.roles["taker"]
        steps, wait = envs.spec.episode_len, WAIT.get(market, 1)
        rule = imbalance_rule.ImbalanceRule(role, steps, 0.2, 0.1, wait)
        inventory = role.obs_names.index("inventory")
        results = envs.reset(seed=hftsim.seeds.TEST[:WORLDS])
        traded = 0
        while not results.ended.all():
            held = 100 * results.obs["taker"][:, 0, inventory]
            traded += np.count_nonzero(held)
            assert np.abs(held).max() < 10.5
            results = envs.step({"taker": rule.act(results.obs["taker"])})
        held = 100 * results.obs["taker"][:, 0, inventory]
        assert traded > 0
        totals = dict(zip(role.total_names, results.finals.totals["taker"][:, 0].T, strict=True))
        if "halts" not in market:  # a halt may last to the end
            assert np.abs(held).max() == 0
        np.testing.assert_allclose(totals["bought"] - totals["sold"], held, atol=1e-3)


def test_fees_are_all_that_fees_cost() -> None:
    free = imbalance_rule.play(WORLDS, SHORT, 0.2, 0.1)
    charged = imbalance_rule.play(WORLDS, {**SHORT, **MARKETS["fees"]}, 0.2, 0.1)
    assert (charged["fees"] > 0).any()
    np.testing.assert_array_equal(free["traded"], charged["traded"])
    np.testing.assert_allclose(free["pnl"] - charged["pnl"], charged["fees"], rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("market", MARKETS)
def test_the_metrics_of_its_fills_are_those_of_its_account(market: str) -> None:
    logs = [imbalance_rule.Log() for _ in range(WORLDS)]
    overrides = {**MARKETS[market], **SHORT, "exchange_config.taker_fee_bps": 1}
    scores = imbalance_rule.play(WORLDS, overrides, 0.2, 0.1, WAIT.get(market, 1), logs)
    values = [log.score(imbalance_rule.TICK) for log in logs]
    tick = imbalance_rule.TICK
    same = {"pnl": ("pnl", tick), "fees": ("fees", tick), "traded_lots": ("traded", 1),
            "max_drawdown": ("max_drawdown", tick)}
    # A position that a halt has kept open is valued by reward_config.end, not at the mid.
    flat = np.array([log.position == 0 for log in logs])
    assert flat.any()
    for name, (of, unit) in same.items():
        mine = np.array([value[name] for value in values])
        np.testing.assert_allclose(mine[flat], scores[of][flat] * unit, rtol=1e-4, atol=1e-3)
    assert any(value["fees"] > 0 for value in values)
    for value in values:
        parts = value["spread_captured"] + value["inventory_pnl"] - value["fees"]
        assert value["pnl"] == pytest.approx(parts, abs=1e-9)


def test_a_strategy_of_the_program_is_scored_by_the_same_code() -> None:
    idle = imbalance_rule.play_strategy(WORLDS, SHORT, "do-nothing")
    assert all(not sample.any() for sample in idle.values())
    for strategy in ("momentum", "mean-reversion", "rsi", "sma", "ofi"):
        scores = imbalance_rule.play_strategy(
            WORLDS, {**SHORT, "seats.taker.params": {"sample_ms": 500}}, strategy)
        assert scores["reward"].shape == (WORLDS,)
        assert (scores["reward"] <= scores["pnl"] + 1e-3).all()  # less the penalty on the position
