"""The envs of Stable-Baselines3: by its own checker, against its own vector, and trained on."""

import hftsim
import numpy as np
import pytest

pytest.importorskip("stable_baselines3", reason="needs hftsim[sb3]")

import torch
from stable_baselines3 import DQN, PPO
from stable_baselines3.common.env_checker import check_env
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv, VecMonitor, VecNormalize

from conftest import CONFIG, EPISODE_LEN
from trajectory import world_seed

SPACES = ["box", "multi_discrete", "discrete"]
SEAT = {"seats": "maker_1", "others": lambda results: {"maker": 0, "executor": 0}}


def overrides(space):
    return {
        "env_config.action_space": space,
        "env_config.action_choices": 5,
        "risk_config.max_drawdown": 0.3,
    }


@pytest.fixture
def make(server):
    """Makes envs of the small config on a server."""
    made = []

    def make(kind=hftsim.sb3.VecEnv, *args, **options):
        options = {"config_text": CONFIG, "endpoint": server.endpoint, **options}
        made.append(kind(None, *args, **options))
        return made[-1]

    yield make
    for env in made:
        env.close()


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.filterwarnings("error::UserWarning")
def test_the_checker(make, space):
    check_env(make(hftsim.Env, **SEAT, overrides=overrides(space)))


@pytest.mark.parametrize("space", SPACES)
def test_the_vector_is_its_own_of_single_envs(make, space):
    more = {**SEAT, "overrides": overrides(space)}
    ours = make(num_envs=3, seed=6, **more)
    worlds = [world_seed(6, i) for i in range(3)]
    theirs = DummyVecEnv([lambda w=w: make(hftsim.Env, seed=w, **more) for w in worlds])
    assert isinstance(ours, VecEnv) and ours.num_envs == 3
    assert ours.observation_space == theirs.observation_space
    assert ours.action_space == theirs.action_space
    ours.action_space.seed(3)
    seen = []
    for seed in (None, 8, None):
        if seed is not None:
            assert ours.seed(seed) == theirs.seed(seed)
            theirs._seeds = [world_seed(seed, i) for i in range(3)]
        assert np.array_equal(ours.reset(), theirs.reset())
        np.testing.assert_equal(ours.reset_infos, theirs.reset_infos)
        for _ in range(2 * EPISODE_LEN + 3):
            actions = np.array([ours.action_space.sample() for _ in range(3)])
            one, other = ours.step(actions), theirs.step(actions)
            np.testing.assert_equal(one, other)
            assert [array.dtype for array in one[:3]] == [array.dtype for array in other[:3]]
            if space != "box" and not one[2].all():
                masks = np.array([info["action_mask"] for info in one[3] if "return" not in info])
                assert np.array_equal(masks, ours.action_masks()[~one[2]])
                np.testing.assert_equal(ours.reset_infos, theirs.reset_infos)
            seen += [info for info, done in zip(one[3], one[2], strict=True) if done]
    assert {info["TimeLimit.truncated"] for info in seen} == {True, False}
    assert all(info["terminal_observation"].shape == one[0].shape[1:] for info in seen)


def test_action_masks_as_sb3_contrib_asks_for_them(make):
    ours = make(num_envs=2, **SEAT, overrides=overrides("multi_discrete"))
    ours.reset()
    assert ours.has_attr("action_masks")
    masks = np.stack(ours.env_method("action_masks"))
    assert masks.shape == (2, 14) and masks.dtype == np.bool_
    assert np.array_equal(masks, ours.action_masks())
    assert np.array_equal(ours.env_method("action_masks", indices=1)[0], masks[1])
    numbers = make(num_envs=2, **SEAT)
    numbers.reset()
    assert not numbers.has_attr("action_masks")
    with pytest.raises(AttributeError):
        numbers.action_masks()


def test_what_rows_are_not(make):
    ours = make(num_envs=2, **SEAT)
    assert ours.get_attr("render_mode") == [None, None]
    assert ours.env_is_wrapped(VecMonitor, indices=[0]) == [False]
    with pytest.raises(AttributeError, match="nothing"):
        ours.get_attr("nothing")
    with pytest.raises(AttributeError, match="rows have no method 'seed' but action_masks"):
        ours.env_method("seed")
    with pytest.raises(AttributeError, match="rows have no attributes to set"):
        ours.set_attr("anything", 1)
    with pytest.raises(ValueError, match="step_async"):
        ours.step_wait()


def test_rows_of_several_seats_under_its_wrappers(make):
    others = {"seats": "maker", "others": lambda results: {"executor": 0}}
    ours = VecNormalize(VecMonitor(make(num_envs=3, **others)))
    assert ours.num_envs == 6
    ours.seed(1)
    ours.reset()
    for _ in range(EPISODE_LEN):
        actions = np.array([ours.action_space.sample() for _ in range(6)])
        *_, dones, infos = ours.step(actions)
    assert dones.all()
    for info in infos:
        assert info["episode"]["l"] == info["length"] == EPISODE_LEN
        assert info["episode"]["r"] == pytest.approx(info["return"], abs=1e-3)


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.policy.parameters()]).clone()


def trained(model, steps):
    """Trains, and checks that training took place: it moved the net, by finite numbers."""
    before = weights(model)
    model.learn(steps)
    after = weights(model)
    assert torch.isfinite(after).all() and not torch.equal(before, after)
    assert model.num_timesteps >= steps and model._n_updates > 0
    assert len(model.ep_info_buffer) > 0
    means = [info["r"] for info in model.ep_info_buffer]
    assert np.isfinite(means).all() and {info["l"] for info in model.ep_info_buffer} == {100}


@pytest.mark.slow
@pytest.mark.parametrize("space", ["box", "multi_discrete"])
def test_training_by_ppo(server, second_server, space):
    torch.set_num_threads(1)
    env = VecMonitor(
        hftsim.sb3.VecEnv(
            "market_making",
            16,
            endpoint=[server.endpoint, second_server.endpoint],
            overrides={"env_config.episode_len": 100, "env_config.action_space": space},
        )
    )
    model = PPO("MlpPolicy", env, n_steps=100, batch_size=400, n_epochs=3, seed=1, device="cpu")
    trained(model, 16 * 100 * 4)
    mean, _ = evaluate_policy(model, env, n_eval_episodes=16)
    assert np.isfinite(mean)
    env.close()


@pytest.mark.slow
def test_training_by_dqn(server):
    torch.set_num_threads(1)
    env = VecMonitor(
        hftsim.sb3.VecEnv(
            "execution",
            4,
            endpoint=server.endpoint,
            overrides={"env_config.episode_len": 100, "env_config.action_space": "discrete"},
        )
    )
    model = DQN("MlpPolicy", env, learning_starts=400, train_freq=4, seed=1, device="cpu")
    trained(model, 4000)
    actions, _ = model.predict(env.reset(), deterministic=True)
    assert all(env.action_space.contains(action) for action in actions)
    env.close()
