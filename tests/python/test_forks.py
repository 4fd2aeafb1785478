"""Forks of one env to several, and what they are for: the credit of one action of one seat."""

import hftsim
import numpy as np
import pytest

from conftest import EPISODE_LEN
from trajectory import numbers

ENVS = 6  # on two servers: three each
COPIES = [2, 1]


def of_each(results):
    """All numbers of each env, [N, ...], without the finals."""
    count = len(results.ended)
    parts = [results.state, results.ended[:, None], results.truncated[:, None]]
    for name in ("obs", "rewards", "terms", "terminated", "unfilled", "masks"):
        parts += [array.reshape(count, -1) for array in getattr(results, name).values()]
    return np.concatenate([part.astype(np.float64) for part in parts], axis=1)


def test_copies_that_act_alike_stay_alike(make_small):
    with make_small(num_envs=ENVS, seed=7) as envs:
        rng = np.random.default_rng(1)
        envs.reset()
        for _ in range(5):
            before = envs.step(envs.sample_actions(rng))
        forked = envs.fork(0, COPIES)
        assert np.array_equal(forked.state, before.state[[0, 0]])
        ended = 0
        for step in range(2 * EPISODE_LEN):  # over the ends of two episodes
            actions = envs.sample_actions(rng)
            for array in actions.values():
                array[COPIES] = array[0]
            results = envs.step(actions)
            rows = of_each(results)
            assert np.array_equal(rows[1], rows[0]) and np.array_equal(rows[2], rows[0])
            assert not np.array_equal(rows[3], rows[0])
            finals = results.finals
            ended += len(finals)
            for returns in finals.returns.values():
                mine = returns[np.isin(finals.envs, [0, *COPIES])]
                assert np.array_equal(mine, np.broadcast_to(mine[:1], mine.shape))
        assert ended >= 2 * ENVS
        actions["maker"][1, 0] = [-1.0, 0.3, 1.0, 1.0]  # one that acts otherwise goes elsewhere
        rows = of_each(envs.step(actions))
        assert np.array_equal(rows[2], rows[0]) and not np.array_equal(rows[1], rows[0])


def test_what_a_fork_refuses(make_small):
    with make_small(num_envs=ENVS, seed=7) as envs:
        with pytest.raises(hftsim.RequestError) as caught:
            envs.fork(0, COPIES)
        assert caught.value.code in ("not_reset", "bad_argument")
        envs.reset()
        for wrong in ([], [1, 0], [1, 1], [1, ENVS], [-1], [0.5], [[1]], 0, ENVS, "1", None):
            with pytest.raises((ValueError, TypeError)):
                envs.fork(0, wrong)
        rng = np.random.default_rng(2)
        envs.send(envs.sample_actions(rng, 1), [2])
        for source, targets in ((0, [1, 2]), (2, [0, 1]), (0, 2)):
            with pytest.raises(hftsim.RequestError) as caught:
                envs.fork(source, targets)
            assert caught.value.code == "under_way"
        received, _ = envs.recv()
        assert received.tolist() == [2]
        assert np.array_equal(numbers(envs.fork(0, [1])), numbers(envs.fork(1, [0])))
        others = [3, 4, 5]
        envs.load(3, envs.save(3))
        actions = envs.sample_actions(rng)
        results = of_each(envs.step(actions))
        with make_small(num_envs=ENVS, seed=7) as alone:
            alone.reset()
            expected = of_each(alone.step(actions))
            assert np.array_equal(results[others], expected[others])


DUEL = """
market_config: {decision_ms: 200, volatility: 0.02, duration_s: 60}
populations: [{kind: noise}, {kind: value}, {kind: maker}]
env_config: {warmup_s: 2, episode_len: 40}
reward_config: {per_lot: true, lambda_inventory: 0}
seats: [{kind: executor, parent_qty: 400, offset_max: 2}, {kind: maker}, {kind: taker}]
"""


def returns_of(envs, of_seat, start):
    """Returns [N] of the executor, whose pace in the first step is of_seat [N]; all else that is
    done is 0: by rule in every env."""
    actions = {role: np.zeros_like(a) for role, a in envs.sample_actions(start).items()}
    actions["executor"][:, 0, 0] = of_seat
    results = envs.step(actions)
    total = results.rewards["executor"][:, 0].astype(np.float64)
    actions["executor"][:] = 0.0
    while not results.ended.all():
        results = envs.step(actions)
        total += results.rewards["executor"][:, 0]
    return total


def test_credit_by_forks_is_exact_where_nothing_differs_and_less_noisy_elsewhere(library):
    paces = np.array([0.0, 1.0, -1.0, 0.0])
    worlds = 40
    forked, apart = [], []
    for seed in range(worlds):
        with hftsim.make(config_text=DUEL, num_envs=4, autoreset="manual", seed=seed) as envs:
            envs.reset()
            envs.fork(0, [1, 2, 3])
            total = returns_of(envs, paces, np.random.default_rng(0))
            assert total[3] == total[0]  # to the bit
            forked.append(total[1:3] - total[0])
            envs.reset(seed=seed)
            total = returns_of(envs, paces, np.random.default_rng(0))
            apart.append(total[1:3] - total[0])
    forked, apart = np.array(forked), np.array(apart)
    assert (np.abs(forked) > 0).all(axis=1).mean() > 0.9  # an action of the size of a lot counts
    # The same mean within its error, from less noise.
    noise = forked.std(axis=0, ddof=1), apart.std(axis=0, ddof=1)
    assert (noise[0] < 0.8 * noise[1]).all(), noise
    error = np.sqrt((noise[0] ** 2 + noise[1] ** 2) / worlds)
    assert (np.abs(forked.mean(axis=0) - apart.mean(axis=0)) < 4 * error).all()
