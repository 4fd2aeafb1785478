"""Copies and pickles of envs: made anew from their arguments, with nothing in common."""

import copy
import multiprocessing
import os
import pickle

import hftsim
import numpy as np
import pytest

from conftest import CONFIG, EPISODE_LEN
from trajectory import run

SEED = 5
SPAWN = multiprocessing.get_context("spawn")


def pace(results):
    """Others that can be pickled: a function of a module."""
    return {"maker": 0}


def make_env(**options):
    return hftsim.Env(**options, seats="executor", others=pace)


def make_vector(**options):
    return hftsim.VectorEnv(None, 3, **options, seats="executor", others=pace)


def make_parallel(**options):
    return hftsim.ParallelEnv(**options)


def make_pool(**options):
    return hftsim.make(None, 3, **options)


def make_sb3(**options):
    pytest.importorskip("stable_baselines3")
    return hftsim.sb3.VecEnv(None, 3, **options, seats="executor", others=pace)


def make_rllib(**options):
    pytest.importorskip("ray.rllib")
    return hftsim.rllib.MultiAgentEnv(options)


class Derived(hftsim.Env):
    """One with arguments of its own."""

    def __init__(self, endpoint, length, *, seed):
        super().__init__(
            config_text=CONFIG,
            endpoint=endpoint,
            seats="executor",
            others=pace,
            overrides={"env_config.episode_len": length},
            seed=seed,
        )
        self.length = length


def make_derived(*, config_text, endpoint, seed):
    return Derived(endpoint, EPISODE_LEN, seed=seed)


MAKE = [make_env, make_vector, make_parallel, make_pool, make_sb3, make_rllib, make_derived]
COPY = {
    "pickle": lambda env: pickle.loads(pickle.dumps(env)),
    "the oldest pickle": lambda env: pickle.loads(pickle.dumps(env, 0)),
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
    "cloudpickle": lambda env: pickle.loads(pytest.importorskip("cloudpickle").dumps(env)),
}


def first(env):
    """What a first reset shows, as one array."""
    shown = env.reset()
    if isinstance(shown, hftsim.Results):
        return shown.state.copy()
    shown = shown[0] if isinstance(shown, tuple) else shown
    return np.concatenate(list(shown.values())) if isinstance(shown, dict) else np.array(shown)


def backend(env):
    return getattr(env, "pool", env).backend


@pytest.mark.parametrize("way", COPY)
@pytest.mark.parametrize("make", MAKE)
def test_a_copy_is_made_anew(make, way, endpoint):
    env = make(config_text=CONFIG, endpoint=endpoint, seed=SEED)
    unused = COPY[way](env)
    wanted = first(env)
    used = COPY[way](env)  # the episode under way is not part of it
    assert type(unused) is type(used) is type(env)
    again = first(env)
    env.close()
    closed = COPY[way](env)
    for each in (unused, used, closed):  # they have not noticed what the others did
        shown = [first(each), first(each)]
        # RLlib's envs have worlds of their own, however they come about.
        assert np.array_equal(shown, [wanted, again]) == (make is not make_rllib)
    if endpoint is not None:
        sessions = {backend(each).session for each in (env, unused, used, closed)}
        assert len(sessions) == 4
    for each in (unused, used, closed):
        each.close()


def test_copies_without_a_seed_have_worlds_of_their_own(endpoint):
    with make_pool(config_text=CONFIG, endpoint=endpoint) as pool, copy.deepcopy(pool) as other:
        assert not (first(pool)[:, None] == first(other)[None]).all(axis=2).any()


@pytest.mark.usefixtures("library")
def test_a_pool_is_copied_with_all_its_options(server, second_server, config_file, monkeypatch):
    given = {"env_config.episode_len": 7}
    options = {"seed": 3, "overrides": given, "autoreset": "manual", "timeout_s": 9.0, "retries": 2}
    endpoints = [server.endpoint, second_server.endpoint]
    with hftsim.make(config_file, 2, endpoint=endpoints, **options) as pool:
        given["env_config.episode_len"] = 9  # what it was made of stays as it was
        monkeypatch.chdir("/")
        config_file.rename(config_file.with_suffix(".gone"))
        try:
            with pickle.loads(pickle.dumps(pool)) as other:
                assert other.spec == pool.spec and other.spec.episode_len == 7
                assert other.spec.autoreset == "manual"
                client = other.backend._parts[1].client
                assert (client.timeout_s, client.retries) == (9.0, 2)
                assert np.array_equal(run(pool, 9, None), run(other, 9, None))
        finally:
            config_file.with_suffix(".gone").rename(config_file)
    with hftsim.make(config_file, threads=2, copy=False) as pool, copy.copy(pool) as other:
        assert other._made_of["threads"] == 2 and other._made_of["copy"] is False


@pytest.mark.usefixtures("library")
def test_a_pool_of_ones_own_backend_is_not_copied(config_file):
    with hftsim.make(config_file) as pool, pytest.raises(TypeError, match=r"hftsim\.make"):
        pickle.dumps(hftsim.Pool(pool.backend))


def play(env, queue):
    """What a child process does with an env that it was given."""
    queue.put((os.getpid(), first(env)))
    env.close()


@pytest.mark.parametrize("make", [make_env, make_vector, make_pool, make_parallel])
def test_a_child_process_is_given_an_env(make, endpoint):
    env = make(config_text=CONFIG, endpoint=endpoint, seed=SEED)
    queue = SPAWN.Queue()
    child = SPAWN.Process(target=play, args=(env, queue))
    child.start()
    pid, shown = queue.get(timeout=60)
    child.join(60)
    assert pid == child.pid and child.exitcode == 0
    assert np.array_equal(shown, first(env))
    env.close()


@pytest.mark.usefixtures("library")
def test_supersuit():
    supersuit = pytest.importorskip("supersuit")
    env = hftsim.ParallelEnv(config_text=CONFIG, seats="maker", others=lambda r: {"executor": 0})
    rows = supersuit.pettingzoo_env_to_vec_env_v1(env)
    envs = supersuit.concat_vec_envs_v1(rows, 2, num_cpus=1, base_class="gymnasium")
    obs, _ = envs.reset(seed=3)
    assert len(obs) == 4
    for _ in range(EPISODE_LEN + 2):
        obs, *_ = envs.step(np.zeros((4, 4), np.float32))
    assert np.isfinite(obs).all() and len(np.unique(obs, axis=0)) == 4
