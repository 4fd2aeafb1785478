"""Axes of actions, the action that does nothing, and mixed actions, in all adapters."""

from __future__ import annotations

import hftsim
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.utils.env_checker import check_env
from hftsim.mixed import joined, parted

SPACES = ("box", "multi_discrete", "discrete", "mixed")
ROLES = ("maker", "executor", "taker", "portfolio")
LENGTH = 8


def config(space: str, seats: str = "maker, executor, taker, portfolio", keys: str = "") -> str:
    kinds = "".join(f"  - {{kind: {kind}{keys}}}\n" for kind in seats.split(", "))
    return (
        f"env_config: {{warmup_s: 1, episode_len: {LENGTH}, action_space: {space}, "
        f"action_choices: 5}}\nreward_config: {{baseline: hold}}\nseats:\n{kinds}"
    )


def test_axes():
    with hftsim.make(None, config_text=config("mixed")) as envs:
        maker, taker = envs.roles["maker"], envs.roles["taker"]
        names = ["bid_offset", "ask_offset", "bid_on", "ask_on"]
        assert [axis.name for axis in maker.axes] == names
        assert maker.axes[0][3:] == (-1.0, 1.0, 0, 0.0, 1.0, None)
        assert maker.axes[0].unit == "spreads" and maker.axes[0].help
        assert maker.axes[2][3:] == (0.0, 1.0, 2, 0.0, 1.0, 0.0)
        assert taker.axes[0][3:] == (0.0, 2.0, 3, -10.0, 10.0, 1.0)
        assert maker.has_choices and not envs.roles["executor"].has_choices
    with hftsim.make(None, config_text=config("box", "maker", ", withdraw: false")) as envs:
        assert envs.roles["maker"].do_nothing is None
        with pytest.raises(ValueError, match="every action of a maker does something"):
            envs.do_nothing()


@pytest.mark.parametrize("space", SPACES)
def test_doing_nothing_earns_nothing(space):
    with hftsim.make(None, 3, config_text=config(space), seed=1) as envs:
        envs.reset()
        actions = envs.do_nothing()
        assert all(actions[role].dtype == view.dtype for role, view in envs._action_views.items())
        for _ in range(LENGTH):
            results = envs.step(actions)
            for role in ("maker", "taker", "portfolio"):
                assert not results.rewards[role].any()
        fills = envs.roles["maker"].total_names.index("fills")
        for role in ("maker", "taker", "portfolio"):
            assert not results.finals.totals[role][..., fills].any()
    env = hftsim.ParallelEnv(config_text=config(space), seed=1)
    env.reset()
    while env.agents:
        actions = {agent: env.do_nothing(agent) for agent in env.agents}
        assert all(env.action_space(agent).contains(action) for agent, action in actions.items())
        _, rewards, *_ = env.step(actions)
        assert all(rewards[agent] == 0 for agent in rewards if agent != "executor_0")
    env.close()


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("role", ROLES)
def test_every_adapter_does_nothing(space, role):
    text = config(space, role)
    env = hftsim.Env(config_text=text)
    env.reset(seed=1)
    assert env.action_space.contains(env.do_nothing())
    env.step(env.do_nothing())
    env.close()
    rows = hftsim.VectorEnv(None, 3, config_text=text)
    rows.reset(seed=1)
    nothing = rows.do_nothing()
    assert rows.action_space.contains(nothing) or space == "discrete"
    *_, info = rows.step(nothing)
    rows.close()
    pytest.importorskip("stable_baselines3")
    if space == "mixed":
        with pytest.raises(ValueError, match="has no mixed actions: set env_config.action_space"):
            hftsim.sb3.VecEnv(None, 3, config_text=text)
        return
    learners = hftsim.sb3.VecEnv(None, 3, config_text=text)
    learners.reset()
    assert learners.action_space.contains(learners.do_nothing()[0])
    learners.step(learners.do_nothing())
    learners.close()


@pytest.mark.parametrize("masks", ["info", "obs"])
def test_mixed_actions_of_an_env(masks):
    env = hftsim.Env(config_text=config("mixed", "maker"), masks=masks)
    check_env(env, skip_render_check=True)
    assert env.action_space == spaces.Dict(
        continuous=spaces.Box(-1, 1, (2,), np.float32), discrete=spaces.MultiDiscrete([2, 2])
    )
    obs, info = env.reset(seed=3)
    mask = (obs if masks == "obs" else info)["action_mask"]
    assert mask.tolist() == [1, 1, 1, 1]
    sampled = env.action_space.sample(mask={"continuous": None, "discrete": mask})
    assert env.action_space.contains(sampled)
    for wrong in ({"continuous": np.zeros(2)}, {**sampled, "discrete": np.zeros(3)}):
        with pytest.raises(ValueError, match="must"):
            env.step(wrong)
    env.close()


def test_masks_of_some_roles_are_shown_where_these_learn():
    """An executor has no choices among mixed actions: it has no masks, and a maker has."""
    text = config("mixed", "maker, executor")
    rest = {"seats": "maker", "others": lambda results: {"executor": 0}, "masks": "obs"}
    for kind in (hftsim.Env, hftsim.VectorEnv, hftsim.ParallelEnv):
        env = kind(config_text=text, **rest)
        obs, _ = env.reset(seed=1)
        masks = obs.get("maker_0", obs)["action_mask"]
        assert masks.reshape(-1, 4).tolist() == [[1, 1, 1, 1]]
        env.close()
        with pytest.raises(ValueError, match="no masks where actions are numbers"):
            kind(config_text=text, masks="obs")


def test_mixed_actions_are_the_rows_of_the_pool():
    """The same seeds and actions through the vector, as parts and as rows, and through the pool."""
    text = config("mixed", "maker")
    parts = hftsim.VectorEnv(None, 3, config_text=text)
    rows = hftsim.VectorEnv(None, 3, config_text=text)
    parts.action_space.seed(1)
    with hftsim.make(None, 3, config_text=text) as pool:
        role = pool.roles["maker"]
        seen = [parts.reset(seed=2)[0], rows.reset(seed=2)[0], pool.reset(2).obs["maker"][:, 0]]
        for _ in range(2 * LENGTH):
            assert np.array_equal(seen[0], seen[1]) and np.array_equal(seen[0], seen[2])
            action = parts.action_space.sample()
            array = joined(role, action)
            again = parted(role, array)
            assert all(np.array_equal(again[name], action[name]) for name in action)
            results = pool.step({"maker": array[:, None]})
            seen = [parts.step(action)[0], rows.step(array)[0], results.obs["maker"][:, 0]]
    parts.close()
    rows.close()


@pytest.mark.parametrize(
    ("value", "where"), [(0.5, 2), (2.0, 3), (-1.0, 2), (np.nan, 2), (np.inf, 0)]
)
def test_choices_that_are_none(server, second_server, value, where):
    ways = [{}, {"endpoint": server.endpoint}]
    ways.append({"endpoint": [server.endpoint, second_server.endpoint]})
    for way in ways:
        with hftsim.make(None, 2, config_text=config("mixed", "maker"), **way) as envs:
            envs.reset(seed=1)
            action = envs.do_nothing()
            action["maker"][1, 0, where] = value
            with pytest.raises(hftsim.RequestError, match=rf"maker\[1, 0, {where}\]"):
                envs.step(action)
            envs.step(envs.do_nothing())


def test_samples():
    with hftsim.make(None, 50, config_text=config("mixed")) as envs:
        drawn = envs.sample_actions(np.random.default_rng(1))
        assert set(np.unique(drawn["maker"][..., 2:])) == {0.0, 1.0}
        assert set(np.unique(drawn["taker"])) == {0.0, 1.0, 2.0}
        assert np.ptp(drawn["maker"][..., :2]) > 1.5
        envs.reset(seed=1)
        envs.step(drawn)
