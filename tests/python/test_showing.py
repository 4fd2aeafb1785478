"""Masks and the global state as parts of observations or in infos, by every adapter."""

import copy
import pickle

import gymnasium
import hftsim
import numpy as np
import pytest
from gymnasium.spaces import Box, Dict
from gymnasium.utils.env_checker import check_env, data_equivalence
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from pettingzoo.test import parallel_api_test

from conftest import CONFIG, EPISODE_LEN
from trajectory import world_seed

SPACES = ["box", "multi_discrete", "discrete"]
MODES = {
    AutoresetMode.SAME_STEP: "same_step",
    AutoresetMode.NEXT_STEP: "next_step",
    AutoresetMode.DISABLED: "manual",
}
IDLE = {"box": 0.0, "multi_discrete": 2, "discrete": 12}
# Of masks and states where they are shown; None: by default.
WAYS = [
    {},
    {"state": "info"},
    {"state": "obs"},
    {"masks": "obs"},
    {"masks": "obs", "state": "info"},
    {"masks": "obs", "state": "obs"},
]


def others(results):
    """Keeps all still: a function that can be pickled."""
    space = "box" if not results.masks else "multi_discrete"
    if results.masks and results.masks["maker"].shape[-1] == 100:
        space = "discrete"
    maker = [2, 2, 1, 1] if space == "multi_discrete" else IDLE[space]
    return {"maker": maker, "executor": IDLE[space]}


def ways(space):
    return [way for way in WAYS if space != "box" or way.get("masks") != "obs"]


CASES = [(space, way) for space in SPACES for way in ways(space)]
NAMED = [f"{space}-{way.get('masks', 'info')}-{way.get('state')}" for space, way in CASES]


@pytest.fixture
def options(endpoint):
    return {"config_text": CONFIG, "endpoint": endpoint}


def seat(space, **more):
    overrides = {
        "env_config.action_space": space,
        "env_config.action_choices": 5,
        "risk_config.max_drawdown": 0.3,
        "risk_config.max_inventory": 20,
    }
    return {"seats": "maker_1", "others": others, "overrides": overrides, **more}


def parts(space, way, name="observation"):
    """The parts of an observation; empty where it is but an array."""
    shown = [name] if "obs" in way.values() else []
    return shown + [
        part
        for part, key in (("action_mask", "masks"), ("state", "state"))
        if way.get(key) == "obs"
    ]


def check_shown(env, space, way, obs, info, last=False):
    """One observation and info of the only row of a market, as its pool has them."""
    pool = env.pool
    results = env._market._results
    named = parts(space, way)
    assert (list(obs) if named else []) == named
    assert env.observation_space.contains(obs)
    seen = obs["observation"] if named else obs
    assert np.array_equal(seen, results.obs["maker"][0, 1])
    mask = results.masks["maker"][0, 1] if results.masks else None
    if "action_mask" in named:
        assert np.array_equal(obs["action_mask"], mask) and obs["action_mask"].dtype == np.int8
    if "state" in named:
        assert np.array_equal(obs["state"], results.state[0])
    assert ("action_mask" in info) == (space != "box" and way.get("masks") != "obs" and not last)
    if "action_mask" in info:
        assert np.array_equal(info["action_mask"], mask) and info["action_mask"].dtype == np.int8
    assert ("state" in info) == (way.get("state") == "info")
    if "state" in info:
        assert np.array_equal(info["state"], results.state[0])
    assert np.array_equal(env.state(), results.state[0]) and env.state().dtype == np.float32
    assert env.state().shape == (len(pool.spec.state_names),)
    assert hasattr(env, "action_masks") == (space != "box")
    if mask is not None:
        assert np.array_equal(env.action_masks(), mask) and env.action_masks().dtype == np.bool_


@pytest.mark.parametrize(("space", "way"), CASES, ids=NAMED)
def test_a_single_env(options, space, way):
    env = hftsim.Env(**options, **seat(space), **way)
    with pytest.raises(hftsim.Error, match="before the first reset"):
        env.state()
    obs, info = env.reset(seed=1)
    env.action_space.seed(1)
    first = copy.deepcopy(obs)
    check_shown(env, space, way, obs, info)
    ends = 0
    for _ in range(3 * EPISODE_LEN):
        obs, _, terminated, truncated, info = env.step(env.action_space.sample())
        over = terminated or truncated
        check_shown(env, space, way, obs, info, over)
        ends += over
        if over:
            check_shown(env, space, way, *env.reset())
    assert ends >= 3
    again = pickle.loads(pickle.dumps(env))  # with its options
    assert again.observation_space == env.observation_space
    assert data_equivalence(again.reset(seed=1)[0], first, exact=True)
    for each in (env, again):
        each.close()


@pytest.mark.parametrize(("space", "way"), CASES, ids=NAMED)
@pytest.mark.filterwarnings("ignore:.*infinity.*")
def test_gymnasiums_checker(options, space, way):
    env = gymnasium.make("hftsim/Market-v0", **options, **seat(space), **way)
    check_env(env.unwrapped, skip_render_check=True)
    env.close()


@pytest.mark.parametrize(("space", "way"), CASES, ids=NAMED)
@pytest.mark.parametrize("mode", MODES)
def test_the_vector_is_gymnasiums_own_of_single_envs(options, space, way, mode):
    more = {**options, **seat(space), **way}
    ours = hftsim.VectorEnv(num_envs=3, seed=5, autoreset=MODES[mode], **more)
    alone = [lambda i=i: hftsim.Env(seed=world_seed(5, i), **more) for i in range(3)]
    theirs = SyncVectorEnv(alone, autoreset_mode=mode)
    for name in ("observation_space", "single_observation_space", "action_space"):
        assert getattr(ours, name) == getattr(theirs, name)
    ours.action_space.seed(5)
    assert data_equivalence(ours.reset(), theirs.reset(), exact=True)
    ends = np.zeros(2, bool)
    for _ in range(3 * EPISODE_LEN):
        actions = ours.action_space.sample()
        one, other = ours.step(actions), theirs.step(actions)
        for mine, its in zip(one, other, strict=True):
            assert data_equivalence(mine, its, exact=True)
        assert ours.observation_space.contains(one[0])
        assert np.array_equal(ours.state(), np.stack(theirs.call("state")))
        if space != "box" and mode is AutoresetMode.DISABLED:
            assert np.array_equal(ours.action_masks(), np.stack(theirs.call("action_masks")))
        ended = one[2] | one[3]
        ends |= [one[2].any(), one[3].any()]
        if mode is AutoresetMode.DISABLED and ended.any():
            masks = [{"reset_mask": ended.copy()} for _ in range(2)]
            begun = ours.reset(options=masks[0]), theirs.reset(options=masks[1])
            assert data_equivalence(*begun, exact=True)
    assert ends.all()
    assert hasattr(ours, "action_masks") == (space != "box")
    ours.close()
    theirs.close()


@pytest.mark.parametrize(("space", "way"), CASES, ids=NAMED)
@pytest.mark.filterwarnings("error::UserWarning")
def test_stable_baselines(options, space, way):
    pytest.importorskip("stable_baselines3")
    from stable_baselines3.common.env_checker import check_env
    from stable_baselines3.common.vec_env import DummyVecEnv

    more = {**options, **seat(space), **way}
    env = hftsim.Env(**more)
    if space != "multi_discrete" or way.get("masks") != "obs":
        check_env(env)
    env.close()
    ours = hftsim.sb3.VecEnv(None, 3, seed=6, **more)
    worlds = [world_seed(6, i) for i in range(3)]
    theirs = DummyVecEnv([lambda w=w: hftsim.Env(seed=w, **more) for w in worlds])
    assert ours.observation_space == theirs.observation_space
    ours.action_space.seed(3)
    np.testing.assert_equal(ours.reset(), theirs.reset())
    np.testing.assert_equal(ours.reset_infos, theirs.reset_infos)
    ended = 0
    for _ in range(2 * EPISODE_LEN):
        actions = np.array([ours.action_space.sample() for _ in range(3)])
        one, other = ours.step(actions), theirs.step(actions)
        np.testing.assert_equal(one, other)
        np.testing.assert_equal(ours.reset_infos, theirs.reset_infos)
        np.testing.assert_equal(ours.env_method("state"), theirs.env_method("state"))
        assert np.array_equal(ours.state(), np.stack(ours.env_method("state", indices=range(3))))
        if space != "box":
            masks = ours.env_method("action_masks"), theirs.env_method("action_masks")
            np.testing.assert_equal(*masks)
        ended += one[2].sum()
    assert ended >= 6 and ours.has_attr("state")
    ours.close()
    theirs.close()


@pytest.mark.parametrize(("space", "way"), CASES, ids=NAMED)
def test_agents_by_name(options, space, way):
    overrides = seat(space)["overrides"]
    env = hftsim.ParallelEnv(**options, overrides=overrides, **way)
    parallel_api_test(env, num_cycles=2 * EPISODE_LEN)
    makers = [env]
    if hasattr(hftsim, "rllib") or pytest.importorskip("ray"):
        makers.append(hftsim.rllib.MultiAgentEnv({**options, "overrides": overrides, **way}))
    for made, name in zip(makers, ("observation", "observations"), strict=True):
        observations, infos = made.reset(seed=1)
        for _ in range(5):
            for agent in made.agents:
                shown = observations[agent]
                assert made.observation_spaces[agent].contains(shown)
                assert (list(shown) if isinstance(shown, dict) else []) == parts(space, way, name)
                assert ("state" in infos[agent]) == (way.get("state") == "info")
                if "state" in parts(space, way):
                    assert np.array_equal(shown["state"], made.state())
            arrays = [obs["state"] for obs in observations.values() if "state" in parts(space, way)]
            for array in arrays:  # the caller's own: whoever scales in place harms nobody
                array[:] = 0
            actions = {agent: made.action_spaces[agent].sample() for agent in made.agents}
            observations, *_, infos = made.step(actions)
        made.close()


def test_spaces(options):
    env = hftsim.Env(**options, **seat("multi_discrete"), masks="obs", state="obs")
    role, spec = env.pool.roles["maker"], env.pool.spec
    assert env.observation_space == Dict(
        observation=Box(role.obs_low, role.obs_high, dtype=np.float32),
        action_mask=Box(0, 1, (14,), np.int8),
        state=Box(spec.state_low, spec.state_high, dtype=np.float32),
    )
    env.close()
    assert env.action_space == gymnasium.spaces.MultiDiscrete([5, 5, 2, 2])
    only = np.zeros(14, np.int8)
    only[[2, 8, 10, 13]] = 1
    assert {tuple(env.action_space.sample(only).tolist()) for _ in range(9)} == {(2, 3, 0, 1)}
    assert pickle.loads(pickle.dumps(env.action_space)) == env.action_space
    joint = hftsim.Env(**options, **seat("discrete"), masks="obs")
    obs, _ = joint.reset(seed=1)
    assert joint.observation_space["action_mask"].shape == (100,)
    assert obs["action_mask"][joint.action_space.sample(obs["action_mask"])]
    joint.close()


def test_the_last_mask_is_of_the_last_observation(options):
    """The market is the same with masks in infos and without autoreset, where the pool shows it."""
    more = {**options, **seat("multi_discrete")}
    envs = hftsim.VectorEnv(None, 2, seed=1, masks="obs", state="obs", **more)
    envs.action_space.seed(1)
    envs.reset()
    alone = hftsim.Env(seed=world_seed(1, 1), **more)
    alone.reset()
    ends = 0
    while ends < 4:
        actions = envs.action_space.sample()
        _, _, terminations, truncations, info = envs.step(actions)
        alone.step(actions[1])
        if terminations[1] or truncations[1]:
            last = info["final_obs"][1]
            assert np.array_equal(last["action_mask"], alone.action_masks())
            assert np.array_equal(last["state"], alone.state())
            alone.reset()
            ends += 1
    envs.close()
    alone.close()


@pytest.mark.parametrize("kind", ["Env", "VectorEnv", "ParallelEnv"])
def test_what_cannot_be_shown(options, kind):
    make = getattr(hftsim, kind)
    for words, more in (
        ("masks must be 'info' or 'obs', not 'maybe'", {"masks": "maybe"}),
        ("state must be 'info', 'obs' or None, not True", {"state": True}),
        ("no masks where actions are numbers", {"masks": "obs"}),
    ):
        with pytest.raises(ValueError, match=words):
            make(**options, **more)


def test_maskable_ppo(options):
    contrib = pytest.importorskip("sb3_contrib", reason="needs sb3-contrib")
    from sb3_contrib.common.maskable.utils import get_action_masks, is_masking_supported
    from stable_baselines3.common.env_util import make_vec_env

    # Masks that matter, by hundreds of steps: none of the actions is one that they forbid.
    kwargs = {**options, **seat("discrete"), "masks": "obs"}
    rows = hftsim.sb3.VecEnv(None, 4, **kwargs)
    made = make_vec_env("hftsim/Market-v0", n_envs=2, env_kwargs=kwargs)
    for envs in (rows, made):
        assert is_masking_supported(envs)
        model = contrib.MaskablePPO("MultiInputPolicy", envs, n_steps=32, batch_size=32, seed=1)
        model.learn(256)
        obs = envs.reset()
        for _ in range(2 * EPISODE_LEN):
            masks = get_action_masks(envs)
            assert np.array_equal(masks, obs["action_mask"])
            actions, _ = model.predict(obs, action_masks=masks)
            assert masks[np.arange(envs.num_envs), actions].all()
            obs, *_ = envs.step(actions)
        envs.close()
