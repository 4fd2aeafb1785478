"""SuperSuit over ParallelEnv: vectors of copies, here and in other processes, and wrappers."""

import multiprocessing

import hftsim
import numpy as np
import pytest

supersuit = pytest.importorskip("supersuit", reason="needs SuperSuit")

from conftest import CONFIG, EPISODE_LEN  # noqa: E402

MAKERS = ["maker_0", "maker_1"]


def quiet(results):
    """Acts for the executors; a function that can be pickled."""
    return {"executor": 0}


@pytest.fixture
def env(server):
    made = hftsim.ParallelEnv(
        None, config_text=CONFIG, endpoint=server.endpoint, seats="maker", others=quiet
    )
    yield made
    made.close()


def played(envs, steps):
    """Observations, rewards and ends of random play."""
    rng = np.random.default_rng(1)
    seen = [envs.reset(seed=5)[0]]
    for _ in range(steps):
        actions = rng.uniform(-1, 1, (envs.num_envs, 4)).astype(np.float32)
        obs, rewards, terminations, truncations, _ = envs.step(actions)
        seen += [obs.copy(), rewards.copy(), terminations.copy(), truncations.copy()]
    envs.close()
    return seen


@pytest.mark.parametrize("cpus", [0, 2])
@pytest.mark.slow
def test_copies_are_envs_of_seeds_in_turn(env, server, cpus):
    envs = supersuit.pettingzoo_env_to_vec_env_v1(env)
    assert envs.num_envs == 2
    seen = played(supersuit.concat_vec_envs_v1(envs, 2, num_cpus=cpus), EPISODE_LEN + 3)
    # SuperSuit gives copy i the seed 5 + i, and begins anew in the step that ends.
    for copy in range(2):
        one = hftsim.ParallelEnv(
            None, config_text=CONFIG, endpoint=server.endpoint, seats="maker", others=quiet
        )
        rng = np.random.default_rng(1)
        rows = slice(2 * copy, 2 * copy + 2)
        obs, _ = one.reset(seed=5 + copy)
        assert np.array_equal(seen[0][rows], [obs[agent] for agent in MAKERS])
        for step in range(EPISODE_LEN + 3):
            actions = rng.uniform(-1, 1, (4, 4)).astype(np.float32)[rows]
            obs, rewards, *ends, _ = one.step(dict(zip(MAKERS, actions, strict=True)))
            if not one.agents:
                obs, _ = one.reset()
            at = seen[1 + 4 * step : 5 + 4 * step]
            assert np.array_equal(at[0][rows], [obs[agent] for agent in MAKERS])
            np.testing.assert_array_equal(
                at[1][rows], np.float32([rewards[agent] for agent in MAKERS])
            )
            for found, wanted in zip(at[2:], ends, strict=True):
                assert np.array_equal(found[rows], [wanted[agent] for agent in MAKERS])
        one.close()


def test_copies_without_a_seed_share_no_world(env):
    envs = supersuit.concat_vec_envs_v1(supersuit.pettingzoo_env_to_vec_env_v1(env), 3)
    obs, _ = envs.reset()
    envs.close()
    assert len({row.tobytes() for row in obs[::2]}) == 3  # the two makers of a market see the same


def test_wrappers(env):
    wrapped = supersuit.black_death_v3(env)
    wrapped = supersuit.clip_actions_v0(wrapped)
    wrapped = supersuit.frame_stack_v1(wrapped, 3)
    obs, _ = wrapped.reset(seed=3)
    plain, _ = env.reset(seed=3)
    size = plain["maker_0"].size
    assert obs["maker_0"].shape == (3 * size,)
    assert np.array_equal(obs["maker_0"][-size:], plain["maker_0"])
    assert not obs["maker_0"][:-size].any()
    while wrapped.agents:
        actions = {agent: np.float32([3, -3, 3, 3]) for agent in MAKERS}
        obs, _, _, truncations, _ = wrapped.step(actions)
    assert truncations == dict.fromkeys(MAKERS, True)


def steps_of(env, queue):
    obs, _ = env.reset(seed=4)
    queue.put({agent: array.tolist() for agent, array in obs.items()})
    env.close()


@pytest.mark.slow
def test_an_env_is_an_argument_of_a_process_that_is_spawned(env):
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=steps_of, args=(env, queue))
    process.start()
    there = queue.get(timeout=120)
    process.join(60)
    assert process.exitcode == 0
    here, _ = env.reset(seed=4)
    assert there == {agent: array.tolist() for agent, array in here.items()}
