"""Seats that a strategy holds are no agents: learners beside them see and step only their own."""

import hftsim
import numpy as np
import pytest

CONFIG = """
market_config: {decision_ms: 200}
env_config: {warmup_s: 2, episode_len: 25}
seats:
  - {kind: maker, count: 2}
  - {kind: maker, controller: avellaneda-stoikov, params: {quote_qty: 5}}
  - {kind: executor, side: sell, parent_qty: 50, controller: twap, params: {slices: 5}}
"""


def test_agents_are_the_external_seats(endpoint):
    env = hftsim.ParallelEnv(config_text=CONFIG, endpoint=endpoint)
    env.reset(seed=3)
    assert env.possible_agents == ["maker_0", "maker_1"]
    steps = 0
    while env.agents:
        _, rewards, _, _, _ = env.step(dict.fromkeys(env.agents, np.zeros(4, np.float32)))
        assert set(rewards) == {"maker_0", "maker_1"}
        steps += 1
    assert steps == 25
    assert {seat["agent"] for seat in env.pool.picture()["agents"]} == {"maker_0", "maker_1"}
    env.close()


def test_their_numbers_have_names_of_their_own(endpoint):
    with hftsim.make(config_text=CONFIG, num_envs=3, endpoint=endpoint) as pool:
        assert set(pool.roles) == {"maker"}
        names = {array.name for array in pool.spec.results.arrays}
        for what in ("reward", "term", "terminated", "unfilled"):
            assert {f"strategy_{what}/maker", f"strategy_{what}/executor"} <= names
        finals = {array.name for array in pool.spec.finals}
        assert {"strategy_return/executor", "strategy_total/executor"} <= finals


def test_results_have_their_numbers(endpoint):
    with hftsim.make(config_text=CONFIG, num_envs=3, endpoint=endpoint) as pool:
        results = pool.reset(seed=1)
        terms = len(pool.spec.roles["maker"].term_names)
        total_names = pool.spec.roles["maker"].total_names
        sums = {"maker": 0, "executor": 0}
        while not results.ended.any():
            results = pool.step({"maker": np.zeros((3, 2, 4), np.float32)})
            assert set(results.rewards) == {"maker"}
            for role in sums:
                reward = results.strategy_rewards[role]
                assert reward.shape == results.strategy_unfilled[role].shape == (3, 1)
                assert results.strategy_terms[role].shape == (3, 1, terms)
                assert results.strategy_terms[role].sum(axis=-1) == pytest.approx(reward, abs=1e-3)
                assert results.strategy_terminated[role].dtype == np.bool_
                assert not results.strategy_terminated[role].any()
                sums[role] = sums[role] + reward
            assert results.policy_rewards == results.policy_terms == {}
            assert results.policy_terminated == results.policy_unfilled == {}
        finals = results.finals
        assert len(finals) == 3
        assert set(finals.returns) == {"maker"}
        for role, total in sums.items():
            assert finals.strategy_returns[role] == pytest.approx(total, abs=1e-2)
            assert finals.strategy_totals[role].shape == (3, 1, len(total_names))
        sold = finals.strategy_totals["executor"][..., total_names.index("sold")]
        assert (sold == 50).all()
        assert finals.policy_returns == finals.policy_totals == {}


def test_results_of_learners_alone_have_none(endpoint):
    with hftsim.make("market_making", num_envs=2, endpoint=endpoint) as pool:
        results = pool.reset(seed=1)
        assert results.strategy_rewards == results.finals.strategy_returns == {}


def test_one_learner_beside_a_strategy(endpoint):
    one = CONFIG.replace("count: 2", "count: 1")
    env = hftsim.VectorEnv(config_text=one, num_envs=2, endpoint=endpoint)
    env.reset(seed=3)
    for _ in range(30):
        env.step(env.action_space.sample())
    env.close()


def test_a_market_without_learners(endpoint):
    alone = CONFIG.replace("  - {kind: maker, count: 2}\n", "")
    with hftsim.make(config_text=alone, num_envs=2, endpoint=endpoint) as pool:
        assert not pool.roles
        pool.reset(seed=1)
        ended = [pool.step({}).ended.all() for _ in range(25)]
        assert ended == [False] * 24 + [True]


def test_an_unknown_controller_is_refused(endpoint):
    with pytest.raises(hftsim.Error, match="known are external, twap"):
        hftsim.make(config_text=CONFIG.replace("twap", "twapp"), num_envs=1, endpoint=endpoint)
