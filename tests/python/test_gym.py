"""The Gymnasium envs: by Gymnasium's own tests, and against its own vector of single envs."""

import importlib.util

import gymnasium
import hftsim
import hftsim.gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env, data_equivalence
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv
from gymnasium.wrappers import FrameStackObservation
from gymnasium.wrappers.vector import (
    ClipReward,
    DictInfoToList,
    NormalizeObservation,
    NormalizeReward,
    RecordEpisodeStatistics,
    TransformObservation,
)

from conftest import CONFIG, EPISODE_LEN
from trajectory import numbers, world_seed

OTHERS = {"seats": "executor", "others": lambda results: {"maker": 0}}
SPACES = ["box", "multi_discrete", "discrete"]
MODES = {
    AutoresetMode.SAME_STEP: "same_step",
    AutoresetMode.NEXT_STEP: "next_step",
    AutoresetMode.DISABLED: "manual",
}


@pytest.fixture
def options(endpoint):
    return {"config_text": CONFIG, "endpoint": endpoint}


def choices(space):
    """A config whose only seat of a role acts by such a space, and now and then is out."""
    return {
        "env_config.action_space": space,
        "env_config.action_choices": 5,
        "risk_config.max_drawdown": 0.3,
    }


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.filterwarnings("ignore:.*infinity.*")  # observations have no bounds
@pytest.mark.filterwarnings("error::UserWarning")
def test_gymnasium_api(options, space):
    more = {**options, **OTHERS, "overrides": choices(space)}
    env = gymnasium.make(hftsim.gym.ID, render_mode="ansi", **more)
    check_env(env.unwrapped, skip_render_check=importlib.util.find_spec("pygame") is None)
    env.close()


def test_they_are_made_by_name(options):
    env = gymnasium.make("hftsim.gym:hftsim/Market-v0", **options, **OTHERS)
    assert type(env.unwrapped) is hftsim.Env
    assert env.unwrapped.pool.spec.agents == ("maker_0", "maker_1", "executor_0")
    envs = gymnasium.make_vec(hftsim.gym.ID, num_envs=3, **options, **OTHERS)
    assert type(envs.unwrapped) is hftsim.VectorEnv and envs.num_envs == 3
    obs, _ = env.reset(seed=world_seed(3, 1))
    assert np.array_equal(obs, envs.reset(seed=3)[0][1])
    assert np.array_equal(obs, envs.reset(seed=[8, world_seed(3, 1), 0])[0][1])
    env.close()
    envs.close()


def test_render(options):
    env = hftsim.Env(**options, **OTHERS, render_mode="ansi")
    rows = {"num_envs": 2, "seats": "maker", "others": lambda results: {"executor": 0}}
    envs = hftsim.VectorEnv(**options, **rows, render_mode="ansi")
    parallel = hftsim.ParallelEnv(**options, render_mode="ansi")
    for made in (env, envs, parallel):
        made.reset(seed=1)
    text = env.render()
    assert text == parallel.render() == env.pool.render() and "executor_0" in text
    assert len(envs.render()) == 4 and envs.render()[:2] == (text, text)
    assert envs.render()[2] == envs.render()[3] == envs.pool.render(1)
    with hftsim.Env(**options, **OTHERS) as silent:
        silent.reset()
        assert silent.render() is None
    for kind in (hftsim.Env, hftsim.VectorEnv, hftsim.ParallelEnv):
        with pytest.raises(ValueError, match="render_mode must be None or one of"):
            kind(**options, render_mode="video")
    for made in (env, envs, parallel):
        made.close()


def test_a_single_env_is_the_seat_of_the_market(options):
    alone = hftsim.Env(**options, **OTHERS, seed=4)
    together = hftsim.ParallelEnv(**options, seed=4)
    rng = np.random.default_rng(0)
    for seed in (None, 9, None):
        obs, info = alone.reset(seed=seed)
        observations, infos = together.reset(seed)
        over = False
        while not over:
            action = rng.uniform(-1, 1, 2).astype(np.float32)
            actions = {"executor_0": action, **dict.fromkeys(("maker_0", "maker_1"), np.zeros(4))}
            assert np.array_equal(obs, observations["executor_0"])
            obs, reward, terminated, truncated, info = alone.step(action)
            observations, *rest, infos = together.step(actions)
            assert [reward, terminated, truncated] == [part["executor_0"] for part in rest]
            assert info == infos["executor_0"] and type(reward) is float
            over = terminated or truncated
        assert info["length"] == EPISODE_LEN
    alone.close()
    together.close()


def test_a_single_env_must_be_reset(options):
    env = hftsim.Env(**options, **OTHERS)
    with pytest.raises(Exception, match="reset"):
        env.step(np.zeros(2))
    env.close()


def test_seats_and_others(options):
    def refused(words, make, **more):
        with pytest.raises(ValueError, match=words):
            make(**options, **more)

    pace = {"others": lambda results: {"executor": 0.0}}
    refused("choose seats", hftsim.Env)
    refused("one seat, not maker_0, maker_1", hftsim.Env, seats="maker", **pace)
    refused("no actions for executor_0: pass others", hftsim.VectorEnv, seats="maker")
    refused("unknown seat or role 'taker'; known are maker, exec", hftsim.VectorEnv, seats="taker")
    refused("same role, not executor, maker", hftsim.VectorEnv)
    refused("the learner controls all seats", hftsim.ParallelEnv, **pace)
    refused("not {'taker'}", play, seats="maker", others=lambda results: {"taker": 0.0})


def play(**options):
    envs = hftsim.VectorEnv(**options)
    envs.reset()
    envs.step(envs.action_space.sample())


def vectors(options, num_envs, mode, **more):
    """Our vector of envs, and Gymnasium's own of as many single ones."""
    made = hftsim.VectorEnv(
        num_envs=num_envs,
        seed=5,
        autoreset=MODES[mode],
        **options,
        **more,
    )
    alone = [
        lambda i=i: hftsim.Env(**options, **more, seed=world_seed(5, i)) for i in range(num_envs)
    ]
    return made, SyncVectorEnv(alone, autoreset_mode=mode)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("mode", MODES)
def test_the_vector_is_gymnasiums_own_of_single_envs(options, space, mode):
    seat = {"seats": "maker_1", "others": lambda results: {"maker": MID[space], "executor": 0}}
    ours, theirs = vectors(options, 3, mode, **seat, overrides=choices(space))
    assert isinstance(ours, VectorEnv) and ours.num_envs == theirs.num_envs == 3
    for name in ("observation_space", "single_observation_space", "action_space"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert ours.metadata["autoreset_mode"] is ours.autoreset_mode is mode
    ours.action_space.seed(5)
    ends = []
    for seed in (None, [3, 4, 5], [8, 1, 5]):
        assert same(ours.reset(seed=seed), theirs.reset(seed=seed))
        for _ in range(2 * EPISODE_LEN + 5):
            actions = ours.action_space.sample()
            one, other = ours.step(actions), theirs.step(actions)
            assert same(one, other)
            ends.append(np.stack(one[2:4]))
            ended = one[2] | one[3]
            if mode is AutoresetMode.DISABLED and ended.any():
                masks = [{"reset_mask": ended.copy()} for _ in range(2)]
                assert same(ours.reset(options=masks[0]), theirs.reset(options=masks[1]))
    terminated, truncated = np.any(ends, axis=(0, 2))
    assert terminated and truncated
    ours.close()
    theirs.close()


MID = {"box": 0.0, "multi_discrete": [2, 2, 1, 1], "discrete": 51}  # quotes at half the distance


def same(one, other):
    """Whether two returns are equal: but for float32 where Gymnasium keeps another dtype."""
    (*arrays, info), (*others, other_info) = one, other
    return all(map(np.array_equal, arrays, others)) and data_equivalence(
        info, other_info, exact=True
    )


def test_rows_of_several_seats(options):
    """Against a pool: rows are its seats, market by market, until one is out."""
    limit = {"risk_config.max_inventory": 3, "env_config.episode_len": 60}
    pace = np.full(2, 0.5, np.float32)
    envs = hftsim.VectorEnv(
        num_envs=2, seats="maker", others=lambda r: {"executor": pace}, overrides=limit, **options
    )
    pool = hftsim.make(num_envs=2, overrides=limit, **options)
    assert envs.num_envs == 4
    rng = np.random.default_rng(1)
    obs, _ = envs.reset(seed=2)
    results = pool.reset(2)
    steps, returns, cuts = np.zeros(4, int), np.zeros(4), 0
    for _ in range(200):
        assert np.array_equal(obs, results.obs["maker"].reshape(4, -1))
        actions = rng.uniform(-1, 0, (4, 4)).astype(np.float32)
        obs, rewards, terminations, truncations, info = envs.step(actions)
        results = pool.step(
            {"maker": actions.reshape(2, 2, 4), "executor": np.broadcast_to(pace, (2, 1, 2))}
        )
        steps += 1
        returns += rewards
        assert np.array_equal(rewards, results.rewards["maker"].ravel())
        assert np.array_equal(terminations, results.terminated["maker"].ravel())
        ended = terminations | truncations
        by_market = ended.reshape(2, 2)
        assert np.array_equal(by_market.any(axis=1), by_market.all(axis=1))
        last = results.obs["maker"].copy()
        last[results.finals.envs] = results.finals.obs["maker"]
        cut = by_market[:, 0] & ~results.ended
        if cut.any():
            assert (terminations.reshape(2, 2).any(axis=1) | results.truncated)[cut].all()
            results = pool.reset(mask=cut)
            cuts += 1
        for row in np.flatnonzero(ended):
            assert np.array_equal(info["final_obs"][row], last.reshape(4, -1)[row])
            assert info["final_info"]["length"][row] == steps[row]
            assert info["final_info"]["return"][row] == pytest.approx(returns[row])
        steps[ended], returns[ended] = 0, 0.0
    assert cuts > 0
    envs.close()
    pool.close()


def test_reset_masks(options):
    envs = hftsim.VectorEnv(
        num_envs=2, seats="maker", others=lambda r: {"executor": 0}, autoreset="manual", **options
    )
    envs.reset(seed=1)
    for mask, words in (
        ([True], "bool"),
        ([1, 1, 0, 0], "bool"),
        ([False] * 4, "one to reset"),
        ([True, False, False, False], "share"),
    ):
        with pytest.raises(ValueError, match=words):
            envs.reset(options={"reset_mask": np.array(mask)})
    for _ in range(EPISODE_LEN):
        *_, truncations, info = envs.step(envs.action_space.sample())
    assert truncations.all() and info["length"].tolist() == [EPISODE_LEN] * 4
    envs.reset(options={"reset_mask": np.array([True, True, False, False])})
    with pytest.raises(ValueError, match=r"envs \[1\] have ended"):
        envs.step(envs.action_space.sample())
    envs.reset(options={"reset_mask": np.array([False, False, True, True])})
    envs.step(envs.action_space.sample())
    envs.close()


def test_wrong_steps(options):
    envs = hftsim.VectorEnv(num_envs=3, **options, **OTHERS)
    with pytest.raises(ValueError, match="before the first reset"):
        envs.step(envs.action_space.sample())
    envs.reset()
    with pytest.raises(ValueError, match=r"actions must be \(3, 2\), not \(2, 2\)"):
        envs.step(np.zeros((2, 2), np.float32))
    with pytest.raises(hftsim.RequestError, match=r"bad_action.*executor\[1, 0, 0\]"):
        envs.step(np.array([[0, 0], [np.nan, 0], [0, 0]], np.float32))
    envs.step(envs.action_space.sample())
    envs.close()
    envs.close()
    with pytest.raises(hftsim.Error, match="closed"):
        envs.reset()


def test_arrays_are_the_callers_own(options):
    envs = hftsim.VectorEnv(num_envs=2, **options, **OTHERS)
    first, _ = envs.reset()
    before = first.copy()
    second, *_ = envs.step(envs.action_space.sample())
    assert np.array_equal(first, before) and not np.array_equal(first, second)
    second[:] = 0.0  # whoever scales in place harms nobody
    envs.close()


def test_gymnasiums_wrappers(options):
    envs = DictInfoToList(
        RecordEpisodeStatistics(hftsim.VectorEnv(num_envs=2, **options, **OTHERS))
    )
    envs.reset(seed=1)
    for _ in range(EPISODE_LEN):
        *_, infos = envs.step(envs.action_space.sample())
    for info in infos:
        assert info["episode"]["l"] == info["final_info"]["length"] == EPISODE_LEN
        assert info["episode"]["r"] == pytest.approx(info["final_info"]["return"])
    envs.close()


def test_several_servers(server, second_server):
    endpoints = [server.endpoint, second_server.endpoint]
    seen = []
    for endpoint in (endpoints[0], endpoints):
        envs = hftsim.VectorEnv(num_envs=3, config_text=CONFIG, endpoint=endpoint, **OTHERS)
        envs.action_space.seed(1)
        seen.append([envs.reset(seed=3)[0]])
        seen[-1] += [envs.step(envs.action_space.sample())[0] for _ in range(EPISODE_LEN + 2)]
        envs.close()
    assert np.array_equal(*seen)


def rows_seen(envs, steps, row, actions):
    """What one row shows: its observation at each reset, then reward, end and observation of each
    step, whichever step a new episode begins in."""
    seen = [envs.reset(seed=2)[0][row]]
    begins = np.zeros(envs.num_envs, bool)
    for _ in range(steps):
        taken = begins.copy()
        obs, rewards, terminations, truncations, info = envs.step(actions)
        ended = terminations | truncations
        if envs.autoreset_mode is AutoresetMode.NEXT_STEP:
            begins = ended
            assert not rewards[taken].any() and not ended[taken].any()
            told = [mask for name, mask in info.items() if name.startswith("_")]
            assert not any(mask[taken].any() for mask in told)
        last = info["final_obs"] if "final_obs" in info else obs
        if taken[row]:
            seen.append(obs[row])
            continue
        total = info["final_info"] if "final_info" in info else info
        scores = [rewards[row], terminations[row], truncations[row]]
        scores += [total["return"][row], total["length"][row]] if ended[row] else [0, 0]
        seen.append(np.append(last[row] if ended[row] else obs[row], scores))
        if ended[row] and not begins[row]:
            seen.append(obs[row])
    return seen


def test_next_step_is_the_same_episodes(options):
    """Of several seats in a market, of which now and then one alone is out."""
    limit = {"risk_config.max_inventory": 3, "env_config.episode_len": 40}
    more = {"num_envs": 2, "seats": "maker", "others": lambda r: {"executor": 0}, "seed": 1}
    quotes = np.tile(np.array([-0.8, -0.8, 0, 0], np.float32), (4, 1))
    for row in range(4):
        seen = []
        for autoreset in ("same_step", "next_step"):
            envs = hftsim.VectorEnv(**options, **more, overrides=limit, autoreset=autoreset)
            seen.append(rows_seen(envs, 150, row, quotes))
            envs.close()
        same, following = seen
        assert sum(map(len, same)) and len(same) > 150 and len(following) == 151
        for one, other in zip(same, following, strict=False):
            assert np.array_equal(one, other)


@pytest.mark.parametrize("mode", MODES)
def test_gymnasiums_wrappers_of_vectors(options, mode):
    """All that take this mode go through whole episodes; those of observations want NEXT_STEP."""
    envs = hftsim.VectorEnv(num_envs=2, **options, **OTHERS, autoreset=MODES[mode])
    if mode is AutoresetMode.NEXT_STEP:
        envs = NormalizeObservation(envs)
    if mode is not AutoresetMode.SAME_STEP:  # of which they would not scale the final observations
        envs = TransformObservation(envs, np.tanh)
    envs = RecordEpisodeStatistics(NormalizeReward(ClipReward(envs, -1, 1)))
    obs, _ = envs.reset(seed=1)
    ends = 0
    for _ in range(3 * EPISODE_LEN):
        obs, _, terminations, truncations, _ = envs.step(envs.action_space.sample())
        ended = terminations | truncations
        ends += ended.sum()
        if mode is AutoresetMode.DISABLED and ended.any():
            obs, _ = envs.reset(options={"reset_mask": ended})
        assert obs.shape == (2, obs.shape[1]) and np.isfinite(obs).all()
    assert ends >= 4 and envs.metadata["autoreset_mode"] is mode
    envs.close()


def test_next_step_of_a_pool(make_small):
    """The step after an end is the reset that a caller would have made instead, here and there."""
    with (
        make_small(num_envs=3, seed=4, autoreset="next_step") as following,
        make_small(num_envs=3, seed=4, autoreset="manual") as manual,
    ):
        assert following.spec.autoreset == "next_step"
        rng = np.random.default_rng(0)
        assert np.array_equal(numbers(following.reset()), numbers(manual.reset()))
        over = np.zeros(3, bool)
        for step in range(3 * EPISODE_LEN):
            if step == 10:  # so that they end at different times
                mask = [True, False, False]
                assert np.array_equal(
                    numbers(following.reset(mask=mask)), numbers(manual.reset(mask=mask))
                )
            actions = manual.sample_actions(rng)
            one, other = following.step(actions), manual.step(actions)
            assert np.array_equal(one.finals.obs["maker"], other.finals.obs["maker"])
            ended = other.ended.copy() & ~over
            if over.any():
                other = manual.reset(mask=over)
            for role in following.roles:
                for name in ("obs", "rewards", "terms", "terminated"):
                    assert np.array_equal(getattr(one, name)[role], getattr(other, name)[role])
            assert np.array_equal(one.ended, ended) and np.array_equal(one.state, other.state)
            over = ended


@pytest.mark.parametrize("frames", [2, 5])
@pytest.mark.parametrize("latency_us", [0, 70_000, 300_000])
def test_stacks_are_those_of_gymnasium(options, frames, latency_us):
    """`stack: k` observes what Gymnasium's own wrapper makes of an env without it."""
    keys = {"env_config.feed_latency_us": latency_us}
    alone = hftsim.Env(**options, **OTHERS, overrides=keys)
    wrapped = FrameStackObservation(alone, frames, padding_type="reset")
    stacked = hftsim.Env(**options, **OTHERS, overrides={**keys, "env_config.stack": frames})
    (role,) = (role for role in stacked.pool.spec.roles.values() if role.name == "executor")
    names = alone.pool.spec.roles["executor"].obs_names
    assert role.frames == frames and alone.pool.spec.roles["executor"].frames == 1
    assert role.obs_names[-len(names) :] == names
    assert role.obs_names[: len(names)] == tuple(f"past_{frames - 1}_{name}" for name in names)
    draw = np.random.default_rng(frames)
    for episode in range(2):
        seed = 11 if episode == 0 else None
        theirs, ours = wrapped.reset(seed=seed)[0], stacked.reset(seed=seed)[0]
        over = False
        while not over:
            assert stacked.observation_space.contains(ours)
            np.testing.assert_array_equal(ours.reshape(frames, -1), theirs)
            action = draw.uniform(-1, 1, stacked.action_space.shape).astype(np.float32)
            theirs, reward, terminated, truncated, _ = wrapped.step(action)
            ours, *rest = stacked.step(action)
            assert rest[:3] == [reward, terminated, truncated]
            over = terminated or truncated
        np.testing.assert_array_equal(ours.reshape(frames, -1), theirs)
    wrapped.close()
    stacked.close()
