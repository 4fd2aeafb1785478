"""The vector env, on a server and in this process: shapes, views, seeds, episodes."""

import hftsim
import numpy as np
import pytest

from conftest import EPISODE_LEN
from trajectory import run, world_seed


@pytest.fixture
def envs(make_small):
    with make_small(num_envs=3, seed=7) as made:
        yield made


def test_spec_names_every_index(envs):
    spec = envs.spec
    assert spec.num_envs == 3 and spec.seed == 7
    assert spec.episode_len == EPISODE_LEN and spec.decision_ms == 200
    assert spec.agents == ("maker_0", "maker_1", "executor_0")
    assert list(envs.roles) == ["maker", "executor"]
    assert envs.roles["maker"].agents == ("maker_0", "maker_1")
    assert "pnl" in envs.roles["maker"].term_names
    results = envs.reset()
    for name, role in envs.roles.items():
        seats = len(role.agents)
        assert results.obs[name].shape == (3, seats, len(role.obs_names))
        assert results.rewards[name].shape == (3, seats)
        assert results.terms[name].shape == (3, seats, len(role.term_names))
        assert results.terminated[name].shape == (3, seats)
        assert len(set(role.obs_names)) == len(role.obs_names)
    assert results.state.shape == (3, len(spec.state_names))
    assert results.truncated.shape == results.ended.shape == (3,)


def test_dtypes_and_finite_numbers(envs):
    results = envs.reset()
    rng = np.random.default_rng(0)
    for _ in range(3 * EPISODE_LEN):
        for name in envs.roles:
            assert results.obs[name].dtype == np.float32
            assert np.isfinite(results.obs[name]).all()
            assert np.isfinite(results.rewards[name]).all()
            assert results.terminated[name].dtype == np.bool_
        assert np.isfinite(results.state).all()
        results = envs.step(envs.sample_actions(rng))


def test_results_are_views_that_stay_valid(envs):
    first = envs.reset()
    assert not first.obs["maker"].flags.owndata and not first.obs["maker"].flags.writeable
    before = first.obs["maker"].copy(), first.state.copy()
    for _ in range(5):
        later = envs.step(envs.sample_actions(np.random.default_rng(0)))
    assert np.array_equal(first.obs["maker"], before[0])
    assert np.array_equal(first.state, before[1])
    assert not np.array_equal(first.state, later.state)


def test_reset_gives_zeros_but_for_what_is_seen(envs):
    envs.reset()
    envs.step(envs.sample_actions(np.random.default_rng(0)))
    results = envs.reset()
    assert not any(reward.any() for reward in results.rewards.values())
    assert not results.ended.any() and len(results.finals) == 0
    assert results.state.any()


def test_episode_ends_and_the_next_begins_in_the_same_step(envs, make_small):
    results = envs.reset(seed=1)
    rng = np.random.default_rng(0)
    returns = {name: reward.copy() for name, reward in results.rewards.items()}
    for step in range(1, EPISODE_LEN + 1):
        results = envs.step(envs.sample_actions(rng))
        for name in returns:
            returns[name] += results.rewards[name]
        assert results.ended.all() == results.truncated.all() == (step == EPISODE_LEN)
    finals = results.finals
    assert finals.envs.tolist() == [0, 1, 2] and finals.lengths.tolist() == [EPISODE_LEN] * 3
    for name in returns:
        np.testing.assert_allclose(finals.returns[name], returns[name], rtol=1e-4, atol=1e-3)
        assert finals.obs[name].shape == results.obs[name].shape
        assert not np.array_equal(finals.obs[name], results.obs[name])
    assert not np.array_equal(finals.state, results.state)
    with make_small(num_envs=3, seed=1) as others:
        others.reset()
        second = others.reset()
    assert np.array_equal(results.obs["maker"], second.obs["maker"])


def test_terms_sum_to_the_reward(make_small):
    with make_small(overrides={"reward_config.scale": 0.5}, num_envs=2) as envs:
        results = envs.reset()
        rng = np.random.default_rng(0)
        for _ in range(EPISODE_LEN - 1):
            results = envs.step(envs.sample_actions(rng))
            for name in envs.roles:
                total = results.terms[name].sum(axis=-1) * 0.5
                np.testing.assert_allclose(results.rewards[name], total, rtol=1e-5, atol=1e-4)


def test_same_seed_same_bits_over_episodes(envs, make_small):
    steps = 3 * EPISODE_LEN + 5
    one = run(envs, steps, seed=11)
    assert np.array_equal(one, run(envs, steps, seed=11))
    assert not np.array_equal(one, run(envs, steps, seed=12))
    with make_small(num_envs=3, seed=11) as others:
        assert np.array_equal(one, run(others, steps, seed=None))


def test_env_i_of_a_pool_is_alone_in_its_world(make_small):
    with (
        make_small(num_envs=4, seed=20) as four,
        make_small(num_envs=1, seed=world_seed(20, 2)) as one,
    ):
        together, alone = four.reset(), one.reset()
        rng = np.random.default_rng(0)
        for _ in range(2 * EPISODE_LEN + 3):
            actions = four.sample_actions(rng)
            together = four.step(actions)
            alone = one.step({role: action[2:3] for role, action in actions.items()})
            for role in four.roles:
                assert np.array_equal(together.obs[role][2], alone.obs[role][0])
                assert np.array_equal(together.rewards[role][2], alone.rewards[role][0])
            assert np.array_equal(together.state[2], alone.state[0])


def test_mask_resets_only_the_chosen(envs):
    envs.reset(seed=1)
    stepped = envs.step(envs.sample_actions(np.random.default_rng(0)))
    results = envs.reset(seed=1, mask=[False, True, False])
    fresh = envs.reset(seed=1)
    for role in envs.roles:
        assert np.array_equal(results.obs[role][[0, 2]], stepped.obs[role][[0, 2]])
        assert np.array_equal(results.obs[role][1], fresh.obs[role][1])


def test_config_and_overrides_are_in_force(make_small):
    overrides = {"env_config.episode_len": 4, "seats.maker.quote_qty": 3}
    with make_small(overrides=overrides) as envs:
        assert envs.spec.episode_len == 4
        assert "quote_qty: 3" in envs.spec.config
        envs.reset()
        ends = [envs.step(envs.sample_actions(np.random.default_rng(0))).ended[0] for _ in range(8)]
        assert ends == [False, False, False, True] * 2


def test_wrong_arguments_are_refused_before_anything_is_done(envs):
    envs.reset()
    actions = envs.sample_actions(np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"actions\['maker'\] must be \(3, 2, "):
        envs.step({**actions, "maker": actions["maker"][:2]})
    with pytest.raises(ValueError, match="executor"):
        envs.step({"maker": actions["maker"]})
    with pytest.raises(ValueError, match="taker"):
        envs.step({**actions, "taker": actions["maker"]})
    with pytest.raises(ValueError, match="mask must have the shape"):
        envs.reset(mask=[True])
    envs.step(actions)


def test_closed_env_says_so(make_small):
    envs = make_small()
    envs.close()
    envs.close()
    with pytest.raises(hftsim.Error, match="closed"):
        envs.reset()


def test_two_with_envs_of_their_own(make_small):
    steps = 2 * EPISODE_LEN
    with make_small(num_envs=2, seed=5) as alone:
        expected = run(alone, steps, seed=5)
    with (
        make_small(num_envs=2, seed=5) as one,
        make_small(num_envs=5, seed=9) as other,
    ):
        other.reset()
        rng = np.random.default_rng(3)

        def disturb(step):
            other.step(other.sample_actions(rng))
            if step % 10 == 0:
                other.reset(seed=step)

        assert np.array_equal(expected, run(one, steps, 5, disturb))


@pytest.mark.parametrize(
    ("space", "numbers", "choices"), [("multi_discrete", 4, 14), ("discrete", 1, 100)]
)
def test_actions_that_are_choices(make_small, space, numbers, choices):
    overrides = {"env_config.action_space": space, "env_config.action_choices": 5}
    with make_small(num_envs=3, overrides=overrides) as envs:
        maker = envs.roles["maker"]
        assert maker.actions == space and maker.choices == (5, 5, 2, 2)
        assert maker.action_choices == ((5, 5, 2, 2) if numbers == 4 else (100,))
        results = envs.reset(seed=1)
        assert results.masks["maker"].shape == (3, 2, choices)
        assert results.masks["maker"].dtype == np.bool_ and results.masks["maker"].any(-1).all()
        rng = np.random.default_rng(0)
        drawn = [envs.sample_actions(rng) for _ in range(200)]
        every = np.concatenate([actions["maker"].ravel() for actions in drawn])
        assert set(every) == set(range(maker.action_choices[0]))
        for actions in drawn[: 2 * EPISODE_LEN]:
            assert actions["maker"].shape == (3, 2, numbers)
            results = envs.step(actions)
        with pytest.raises(hftsim.RequestError, match=r"bad_action.*maker\[0, 0, 0\]"):
            envs.step({**actions, "maker": actions["maker"] + maker.action_choices[0]})
        with pytest.raises(TypeError):
            envs.step({**actions, "maker": actions["maker"] + 0.5})
        envs.step({role: action.astype(np.int64) for role, action in actions.items()})


def test_no_masks_where_actions_are_numbers(envs):
    assert envs.reset().masks == {} and envs.roles["maker"].action_choices == ()
