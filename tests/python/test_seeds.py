"""Seeds: whose worlds are whose, and what happens where nobody gave one."""

import itertools

import gymnasium
import hftsim
import hftsim.gym
import numpy as np
import pytest

from conftest import CONFIG, EPISODE_LEN
from trajectory import run, world_seed

ALONE = {"seats": "executor", "others": lambda results: {"maker": 0}}
ENVS = 3


def states(envs, episodes=1, **first):
    """The state after each reset of all envs, [E x N, K]: no two worlds have the same."""
    shown = [envs.reset(**first).state]
    shown += [envs.reset().state for _ in range(episodes - 1)]
    return np.concatenate(shown)


def differ(rows):
    return len(np.unique(rows, axis=0)) == len(rows)


def test_pools_of_different_seeds_share_no_world(make_small):
    with make_small(num_envs=ENVS) as envs:
        shown = [states(envs, 3, seed=seed) for seed in (0, 1, 2, 2**64 - 1)]
        assert differ(np.concatenate(shown))
        for seed, rows in zip((0, 1), shown, strict=False):
            with make_small(num_envs=ENVS, seed=seed) as again:
                assert np.array_equal(states(again, 3), rows)


def test_a_list_has_worlds_of_envs_alone(make_small):
    with make_small(num_envs=ENVS) as envs, make_small(num_envs=1) as alone:
        rows = states(envs, 2, seed=[5, 5, 6])
        assert np.array_equal(rows[0], rows[1]) and differ(rows[1:3])
        for i, seed in enumerate((5, 5, 6)):
            assert np.array_equal(states(alone, 2, seed=seed), rows[i::ENVS])
        rows = states(envs, seed=5)
        assert np.array_equal(rows, states(envs, seed=[world_seed(5, i) for i in range(ENVS)]))


def test_without_a_seed_each_pool_has_worlds_of_its_own(make_small):
    shown, seeds = [], []
    for _ in range(2):
        with make_small(num_envs=ENVS) as envs:
            shown.append(states(envs, 3))
            seeds.append(envs.spec.seed)
            first = states(envs, seed=seeds[-1])  # so that it can be told again
            assert np.array_equal(first, shown[-1][:ENVS])
    assert seeds[0] != seeds[1] and differ(np.concatenate(shown))


def test_a_server_draws_a_seed_where_none_came(server):
    shown = []
    for _ in range(2):
        client = hftsim.Client(server.endpoint)
        made = client.request("make", {"num_envs": ENVS}, [CONFIG.encode()], retries=0)
        session = {"session": made.header["session"]}
        shown.append(bytes(client.request("reset", session).buffers[0]))
        client.request("close", session)
        client.close()
    assert shown[0] != shown[1]


def test_later_resets_never_start_over(make_small):
    """Neither where a seed was given at the start, nor at a reset, nor never."""
    for options in ({}, {"seed": 3}):
        with make_small(num_envs=ENVS, **options) as envs:
            assert differ(states(envs, 4))
            assert differ(states(envs, 4, seed=8))


# What a first reset shows, of each adapter.
def by_env(**options):
    return hftsim.Env(**options, **ALONE)


def by_vector(**options):
    return hftsim.VectorEnv(num_envs=ENVS, **options, **ALONE)


def by_gymnasiums_vector(**options):
    kinds = {"vectorization_mode": "sync", "num_envs": ENVS}
    return gymnasium.make_vec(hftsim.gym.ID, **kinds, **options, **ALONE)


@pytest.mark.parametrize("make", [by_env, by_vector, by_gymnasiums_vector])
def test_gymnasium(make, endpoint):
    """As Gymnasium's own: N copies that nobody seeded are N worlds, and so are resets."""
    shown, again = [], []
    for _ in range(2):
        env = make(config_text=CONFIG, endpoint=endpoint)
        shown += [np.atleast_2d(env.reset()[0]) for _ in range(3)]
        again += [env.reset(seed=7)[0], env.reset(seed=7)[0], env.reset()[0]]
        env.close()
    first, same, after, *others = map(np.atleast_2d, again)
    assert differ(np.concatenate([*shown, first, after])) and np.array_equal(first, same)
    assert np.array_equal([first, same, after], others)


def test_gymnasiums_vector_of_envs_goes_on_in_worlds_of_their_own(endpoint):
    envs = by_gymnasiums_vector(config_text=CONFIG, endpoint=endpoint)
    for first in ({}, {"seed": 7}):
        seen = [envs.reset(**first)[0]]
        seen += [envs.step(np.zeros((ENVS, 2), np.float32))[0] for _ in range(2 * EPISODE_LEN)]
        for obs in seen:
            assert differ(obs)
    envs.close()


def test_stable_baselines3(endpoint):
    pytest.importorskip("stable_baselines3")
    options = {"config_text": CONFIG, "endpoint": endpoint, "num_envs": ENVS, **ALONE}
    shown, seeded = [], []
    for _ in range(2):
        env = hftsim.sb3.VecEnv(**options)
        shown += [env.reset(), env.reset()]
        for seed in (0, 1):
            env.seed(seed)
            seeded.append(env.reset())
        seeded.append(env.reset())
        env.close()
    assert differ(np.concatenate(shown + seeded[:3]))
    assert np.array_equal(seeded[:3], seeded[3:])


def test_pettingzoo(endpoint):
    pytest.importorskip("pettingzoo")
    shown = []
    for _ in range(2):
        env = hftsim.ParallelEnv(config_text=CONFIG, endpoint=endpoint)
        for _ in range(2):
            env.reset()
            shown.append(env.state())
        env.close()
    assert differ(np.stack(shown))


def test_parts_of_a_pool_are_the_pool(server, second_server):
    """However many servers share them out, and whichever way the seed came."""
    endpoints = [server.endpoint, second_server.endpoint, server.endpoint]
    whole = hftsim.make(num_envs=4, config_text=CONFIG, endpoint=endpoints[0], seed=2**64 - 1)
    with whole:
        wanted = [run(whole, 5, seed) for seed in (None, 3, 2**64 - 1)]
    for count in (2, 3):
        parts = hftsim.make(
            num_envs=4, config_text=CONFIG, endpoint=endpoints[:count], seed=2**64 - 1
        )
        with parts:
            assert all(
                itertools.starmap(
                    np.array_equal,
                    zip(wanted, [run(parts, 5, s) for s in (None, 3, 2**64 - 1)], strict=True),
                )
            )


@pytest.mark.parametrize("wrong", [1.5, 3.0, "3", np.float64(2), [1.5, 2, 3], ["1", "2", "3"]])
def test_fractions_are_no_seeds(make_small, wrong):
    with make_small(num_envs=ENVS) as envs:
        before = envs.reset(seed=2).state.copy()
        with pytest.raises(ValueError, match="seed must be an integer"):
            envs.reset(seed=wrong)
        if not np.ndim(wrong):
            with pytest.raises(ValueError, match="seed must be an integer"):
                make_small(seed=wrong)
        with pytest.raises(ValueError, match="seed must be"):
            envs.reset(seed=np.atleast_1d(wrong)[:2].tolist(), envs=[0, 2])
        envs.step(envs.sample_actions(np.random.default_rng(0)))  # nothing is lost by it
        assert np.array_equal(envs.reset(seed=np.int16(2)).state, before)
        for alike in (np.full(ENVS, 2, np.uint8), [np.int64(2)] * ENVS, (2,) * ENVS):
            rows = envs.reset(seed=alike).state
            assert np.array_equal(rows, np.repeat(before[:1], ENVS, axis=0))


@pytest.mark.parametrize("wrong", [-1, 2**64, np.int8(-1)])
def test_seeds_out_of_bounds_are_the_same_error_everywhere(make_small, wrong):
    with make_small(num_envs=ENVS) as envs:
        for action in (
            lambda: envs.reset(seed=wrong),
            lambda: envs.reset(seed=[0, 1, wrong]),
            lambda: envs.reset(seed=[wrong], envs=[1]),
            lambda: make_small(seed=wrong),
        ):
            with pytest.raises(hftsim.RequestError) as caught:
                action()
            assert (type(caught.value), caught.value.code) == (hftsim.RequestError, "bad_argument")
            assert caught.value.where == "seed"
