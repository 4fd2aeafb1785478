"""Drawn keys and overrides of resets, in this process, on a server, on two, and in each adapter."""

import contextlib

import gymnasium
import hftsim
import hftsim.gym
import numpy as np
import pytest
from hftsim import seeds

from conftest import CONFIG, EPISODE_LEN

VOLATILITY = "market_config.volatility"
DRAWN = (
    CONFIG
    + f"""
randomise:
  - {{kind: log_uniform, key: {VOLATILITY}, low: 0.01, high: 0.04}}
  - {{kind: uniform, key: seats.0.quote_qty, low: 10, high: 20}}
"""
)
ENVS = 5


@pytest.fixture(params=["local", "server", "split"])
def make(request, server, library, program):
    """Makes pools in each place."""
    with contextlib.ExitStack() as stack:
        places = {"local": lambda: None, "server": lambda: server.endpoint}
        if request.param == "split":
            other = stack.enter_context(hftsim.launch(program=program))
            places["split"] = lambda: [server.endpoint, other.endpoint]
        endpoint = places[request.param]()

        def made(text=CONFIG, **options):
            options.setdefault("num_envs", ENVS)
            options.setdefault("seed", 3)
            pool = hftsim.make(config_text=text, endpoint=endpoint, **options)
            return stack.enter_context(pool)

        yield made


def played(envs, steps=2 * EPISODE_LEN, **first):
    """What a reset and the steps after it show."""
    shown = [envs.reset(**first)]
    rng = np.random.default_rng(5)
    shown += [envs.step(envs.sample_actions(rng)) for _ in range(steps)]
    return [np.concatenate([r.state.ravel(), *map(np.ravel, r.rewards.values())]) for r in shown]


def same(some, others):
    return all(np.array_equal(a, b) for a, b in zip(some, others, strict=True))


def test_an_override_is_that_of_a_make(make):
    envs = make()
    expected = played(make(overrides={VOLATILITY: 0.04}), seed=3)
    plain = played(envs, seed=3)
    assert not same(plain, expected)
    assert same(played(envs, seed=3, overrides={VOLATILITY: np.float64(0.04)}), expected)
    assert same(played(envs, seed=3), expected)  # they hold
    assert same(played(envs, seed=3, overrides={}), plain)


def test_overrides_of_some(make):
    envs = make()
    states = [envs.reset(3, overrides=o).state for o in ({}, {VOLATILITY: 0.04})]
    envs.reset(3, overrides={})
    some = envs.reset(3, envs=[4, 1], overrides={VOLATILITY: 0.04}).state
    assert np.array_equal(some, states[1][[4, 1]])
    mask = np.array([False, True, False, True, False])
    envs.reset(3, overrides={})
    assert np.array_equal(
        envs.reset(3, mask, overrides={VOLATILITY: 0.04}).state,
        np.where(mask[:, None], states[1], states[0]),
    )


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"market_config.volatilty": 1}, "did you mean 'volatility'"),
        ({VOLATILITY: -1}, "out of range"),
        ({"seats[0].count": 3}, "reward/maker would be of 3 seats instead of 2"),
        ({"env_config.depth": 4}, "obs/maker would have"),
    ],
)
def test_wrong_overrides_change_nothing(make, overrides, words):
    envs, twin = make(), make()
    for pool in (envs, twin):
        pool.reset(overrides={VOLATILITY: 0.03})
    with pytest.raises(hftsim.RequestError, match=words) as refusal:
        envs.reset(overrides=overrides)
    assert refusal.value.code == "config"
    assert refusal.value.where == next(iter(overrides))
    assert same(played(envs), played(twin))
    for wrong in ({VOLATILITY: float("nan")}, {VOLATILITY: None}, {3: 1}):
        with pytest.raises(TypeError):
            envs.reset(overrides=wrong)


def test_drawn_values_are_of_the_world(make):
    envs = make(DRAWN)
    assert envs.spec.drawn_names == (VOLATILITY, "seats.0.quote_qty")
    assert envs.spec.drawn_low.tolist() == pytest.approx([0.01, 10])
    assert envs.spec.drawn_high.tolist() == pytest.approx([0.04, 20])
    results = envs.reset(7)
    assert results.drawn.shape == (ENVS, 2) and len(np.unique(results.drawn[:, 0])) > 1
    first = results.drawn.copy()
    rng = np.random.default_rng(0)
    ended = 0
    before = first
    for _ in range(3 * EPISODE_LEN):
        results = envs.step(envs.sample_actions(rng))
        finals = results.finals
        assert np.array_equal(finals.drawn, before[finals.envs] if len(finals) else finals.drawn)
        ended += len(finals)
        before = results.drawn.copy()
    assert ended >= 2 * ENVS
    assert not np.array_equal(before, first)
    assert np.array_equal(envs.reset(7).drawn, first)


def test_other_pools_have_no_drawn_values(make):
    envs = make()
    assert envs.spec.drawn_names == ()
    assert envs.reset().drawn.size == 0 == envs.reset().finals.drawn.size


def test_the_values_as_overrides_give_the_episode(library):
    """What infos show suffices to run an episode again without the list."""
    drawn = hftsim.gym.Env(config_text=DRAWN, seats="executor", others=still)
    plain = hftsim.gym.Env(config_text=CONFIG, seats="executor", others=still)
    with contextlib.closing(drawn), contextlib.closing(plain):
        for seed in seeds.TEST[:4]:
            obs, info = drawn.reset(seed=seed)
            again, _ = plain.reset(seed=seed, options={"overrides": info["drawn"]})
            assert np.array_equal(obs, again)
            for _ in range(5):
                action = drawn.action_space.sample()
                step, other = drawn.step(action), plain.step(action)
                assert np.array_equal(step[0], other[0]) and step[1] == other[1]
                assert step[4]["drawn"] == info["drawn"]


def still(results):
    return {"maker": 0}


def test_single_and_parallel_envs_show_them(library):
    alone = hftsim.gym.Env(config_text=DRAWN, seats="executor", others=still)
    with contextlib.closing(alone):
        _, info = alone.reset(seed=1)
        assert set(info["drawn"]) == {VOLATILITY, "seats.0.quote_qty"}
        _, info = alone.reset(seed=1, options={"overrides": {VOLATILITY: 0.025}})
        assert info["drawn"][VOLATILITY] == 0.025
        over = False
        while not over:
            _, _, terminated, truncated, info = alone.step(alone.action_space.sample())
            over = terminated or truncated
        assert info["drawn"][VOLATILITY] == 0.025
        with pytest.raises(ValueError, match="values by path"):
            alone.reset(options={"overrides": [1]})
    hftsim_parallel = pytest.importorskip("hftsim.parallel")
    several = hftsim_parallel.ParallelEnv(config_text=DRAWN)
    with contextlib.closing(several):
        _, infos = several.reset(seed=1, options={"overrides": {VOLATILITY: 0.025}})
        assert all(info["drawn"][VOLATILITY] == 0.025 for info in infos.values())
        infos = several.step({a: several.action_space(a).sample() for a in several.agents})[4]
        assert len(infos) == 3
        assert all(info["drawn"][VOLATILITY] == 0.025 for info in infos.values())


@pytest.mark.parametrize("autoreset", ["same_step", "next_step", "manual"])
def test_vector_envs_show_them(library, autoreset):
    rows = hftsim.gym.VectorEnv(
        config_text=DRAWN,
        num_envs=3,
        seats="maker",
        autoreset=autoreset,
        others=lambda results: {"executor": -1},
    )
    with contextlib.closing(rows):
        _, info = rows.reset(seed=1)
        values = info["drawn"][VOLATILITY]
        assert values.shape == (6,) and info["_drawn"].all()
        assert np.array_equal(values[0::2], values[1::2])  # of one market
        assert info["drawn"][f"_{VOLATILITY}"].all()
        last = values
        for _ in range(EPISODE_LEN):
            _, _, terminated, truncated, info = rows.step(rows.action_space.sample())
            ended = terminated | truncated
            if ended.all():
                break
            assert not ended.any()
        assert ended.all()
        ends = info["final_info"] if autoreset == "same_step" else info
        assert np.array_equal(ends["drawn"][VOLATILITY], last)
        if autoreset == "same_step":
            assert not np.array_equal(info["drawn"][VOLATILITY], last)
        elif autoreset == "manual":
            some = np.repeat([True, False, True], 2)
            options = {"reset_mask": some, "overrides": {VOLATILITY: 0.033}}
            _, info = rows.reset(options=options)
            assert info["_drawn"].tolist() == some.tolist()
            assert (info["drawn"][VOLATILITY][some] == 0.033).all()


def test_sb3_rows_show_them(library):
    sb3 = pytest.importorskip("hftsim.sb3")
    rows = sb3.VecEnv(config_text=DRAWN, num_envs=2, seats="executor", others=still)
    with contextlib.closing(rows):
        rows.set_options({"overrides": {VOLATILITY: 0.022}})
        rows.seed(1)
        rows.reset()
        assert [info["drawn"][VOLATILITY] for info in rows.reset_infos] == [0.022] * 2
        before = [info["drawn"] for info in rows.reset_infos]
        for _ in range(EPISODE_LEN):
            actions = np.stack([rows.action_space.sample() for _ in range(2)])
            _, _, dones, infos = rows.step(actions)
        assert dones.all()
        assert [info["drawn"] for info in infos] == before
        assert [info["drawn"][VOLATILITY] for info in rows.reset_infos] == [0.022] * 2


def test_a_lost_session_keeps_its_overrides(program):
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(hftsim.launch(program=program))
        second = stack.enter_context(hftsim.launch(program=program))
        envs = stack.enter_context(
            hftsim.make(
                config_text=CONFIG,
                seed=1,
                endpoint=[first.endpoint, second.endpoint],
                timeout_s=2,
            )
        )
        expected = envs.reset(5, overrides={VOLATILITY: 0.04}).state
        first.close()
        with pytest.raises(hftsim.Error):
            envs.step(envs.sample_actions(np.random.default_rng(0)))
        assert np.array_equal(envs.reset(5).state, expected)


def test_the_ranges_of_seeds():
    assert seeds.SPLITS["test"] is seeds.TEST
    ranges = list(seeds.SPLITS.values())
    for one, other in zip(ranges, ranges[1:], strict=False):
        assert one.stop <= other.start
    assert [len(each) for each in ranges] == [10**9, 10**8, 10**8]
    assert seeds.TEST[:500][0] == 2 * 10**9
    with hftsim.make("execution", num_envs=2, overrides={"env_config.warmup_s": 0}) as envs:
        states = envs.reset(seed=seeds.TEST[5:7]).state
        assert np.array_equal(envs.reset(seed=[2 * 10**9 + 5, 2 * 10**9 + 6]).state, states)


def test_gymnasium_accepts_them(library):
    env = gymnasium.make("hftsim/Execution-v0", overrides={"env_config.episode_len": 20})
    with contextlib.closing(env):
        _, info = env.reset(seed=1, options={"overrides": {"seats[0].side": "sell"}})
        assert "drawn" not in info
