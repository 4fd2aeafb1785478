"""Envs in this process: a server's own bits and errors, memory that nobody loses."""

import gc
import os
import threading
import weakref

import hftsim
import numpy as np
import pytest

from conftest import CONFIG, EPISODE_LEN
from trajectory import numbers, run

pytestmark = pytest.mark.usefixtures("library")


def test_the_same_bits_as_a_server(server, config_file):
    overrides = {
        "market_config.volatility": 0.031,
        "seats.maker.quote_qty": 3,
        "env_config.warmup_s": 1e-05,
        "reward_config.scale": 1 / 3,
    }
    chosen = {"num_envs": 4, "seed": 2**64 - 3, "overrides": overrides}
    with (
        hftsim.make(config_file, **chosen) as here,
        hftsim.make(config_file, **chosen, endpoint=server.endpoint) as there,
    ):
        assert here.spec == there.spec  # to the digest of all that is exchanged
        for seed in (None, 5):
            one, other = (run(envs, 3 * EPISODE_LEN + 2, seed) for envs in (here, there))
            assert np.array_equal(one, other)
        mask = [True, False, False, True]
        one, other = (numbers(envs.reset(seed=9, mask=mask)) for envs in (here, there))
        assert np.array_equal(one, other)


def test_every_preset_is_the_servers(server):
    client = hftsim.Client(server.endpoint)
    for name in client.hello()["configs"]:
        specs = []
        for endpoint in (None, server.endpoint):
            try:
                with hftsim.make(name, endpoint=endpoint, seed=0) as envs:
                    specs.append(envs.spec)
            except hftsim.RequestError as error:  # a market without seats
                specs.append((error.code, error.message))
        assert specs[0] == specs[1]
    client.close()


def test_results_do_not_depend_on_threads(config_file):
    runs = []
    for threads in (1, 3):
        with hftsim.make(config_file, 5, threads=threads, seed=2) as envs:
            runs.append(run(envs, EPISODE_LEN + 5))
    assert np.array_equal(*runs)


def test_without_copies(config_file):
    with hftsim.make(config_file, 3) as copied, hftsim.make(config_file, 3, copy=False) as viewed:
        assert np.array_equal(run(copied, 2 * EPISODE_LEN), run(viewed, 2 * EPISODE_LEN))
        first = viewed.reset(seed=1)
        before = first.state.copy()
        second = viewed.step(viewed.sample_actions(np.random.default_rng(0)))
        assert np.shares_memory(first.state, second.state)
        assert np.array_equal(first.state, second.state) and not np.array_equal(before, first.state)
        assert not second.state.flags.writeable and not second.obs["maker"].flags.writeable


def thread_count():
    return len(os.listdir("/proc/self/task"))


def test_memory_goes_with_the_last_view(config_file):
    gc.collect()
    threads = thread_count()
    envs = hftsim.make(config_file, 4, threads=4, copy=False)
    handle = weakref.ref(envs.backend._handle)
    assert thread_count() == threads + 3
    results = envs.reset(seed=1)
    row, before = results.obs["maker"][1], results.obs["maker"][1].copy()
    envs.close()
    del envs, results
    gc.collect()
    assert handle() is not None and np.array_equal(row, before)  # still there
    del row
    assert handle() is None and thread_count() == threads


@pytest.mark.parametrize("close", [True, False])
def test_memory_goes_with_the_env(config_file, close):
    threads = thread_count()
    envs = hftsim.make(config_file, 4, threads=4)
    results = envs.reset(seed=1)
    before = results.state.copy()
    if close:
        envs.close()
    else:
        del envs
        gc.collect()
    assert thread_count() == threads
    assert np.array_equal(results.state, before)  # of its own


def refused(action, code, where=None):
    with pytest.raises(hftsim.RequestError) as caught:
        action()
    error = caught.value
    assert error.code == code and error.message
    assert where is None or error.where == where
    return error


def test_configs_are_refused_alike(endpoint, tmp_path):
    def make(config, **more):
        return hftsim.make(config, endpoint=endpoint, **more)

    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("market_config:\n  tick_sice: 1\n")
    assert "tick_size" in refused(lambda: make(wrong), "config", "config:2").message
    assert "market_making" in refused(lambda: make("market_makin"), "config").message
    refused(lambda: make("default", overrides={"market_config.tick_size": "big"}), "config")
    refused(lambda: make("default", overrides={"market_config.tick_sice": 1}), "config")


def test_steps_are_refused_alike(make_small):
    with make_small(num_envs=2) as envs:
        actions = envs.sample_actions(np.random.default_rng(0))
        refused(lambda: envs.step(actions), "not_reset")
        envs.reset(mask=[True, False])
        assert "1 of 2" in refused(lambda: envs.step(actions), "not_reset").message
        envs.reset(seed=1)
        actions["maker"][1, 0, 1] = np.nan
        refused(lambda: envs.step(actions), "bad_action", "action/maker[1, 0, 1]")
        actions["maker"][1, 0, 1] = 0
        envs.step(actions)  # the refused one has changed nothing, and none is lost


@pytest.mark.parametrize(
    ("name", "value"),
    [("num_envs", count) for count in (0, -1, 2**31 - 1, 2**31, 2**40)]
    + [("threads", count) for count in (-1, 2**32 + 1)]
    + [("seed", seed) for seed in (-1, 2**64)],
)
def test_numbers_out_of_bounds(config_file, name, value):
    refused(lambda: hftsim.make(config_file, **{name: value}), "bad_argument", name)


def test_seeds_out_of_bounds(config_file):
    with hftsim.make(config_file) as envs:
        refused(lambda: envs.reset(seed=-1), "bad_argument", "seed")
        refused(lambda: envs.reset(seed=[2**64]), "bad_argument", "seed")
        envs.reset(seed=2**64 - 1)


def test_what_only_one_place_knows(server):
    with pytest.raises(ValueError, match="--threads"):
        hftsim.make(endpoint=server.endpoint, threads=2)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        hftsim.make(tmp_path / "nothing.yaml")
    with pytest.raises(FileNotFoundError):
        hftsim.make("nothing.yaml")


def test_the_library_is_looked_for(library, monkeypatch, tmp_path):
    monkeypatch.setenv("HFTSIM_LIB", str(tmp_path / "none.so"))
    with pytest.raises(hftsim.Error, match=r"make build.*HFTSIM_LIB"):
        hftsim.make()
    monkeypatch.setenv("HFTSIM_LIB", str(library))
    hftsim.make().close()
    # Beside an installed program.
    monkeypatch.delenv("HFTSIM_LIB")
    monkeypatch.delenv("HFTSIM_BIN", raising=False)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "hftsim").write_text("#!/bin/sh\n")
    (tmp_path / "bin" / "hftsim").chmod(0o755)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / library.name).symlink_to(library)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert hftsim.installed.find_library(library.name) == str(tmp_path / "lib" / library.name)
    hftsim.make().close()


def test_another_library_is_refused(monkeypatch):
    monkeypatch.setenv("HFTSIM_LIB", "libc.so.6")
    with pytest.raises(hftsim.Error, match="no libhftsim"):
        hftsim.make()


def test_two_threads_at_one_env(config_file):
    """Each call is done whole or refused, and the env goes on."""
    with hftsim.make(config_file, 64) as envs:
        backend, seen = envs.backend, []
        envs.reset()

        def hammer():
            for _ in range(100):
                try:
                    backend.step()
                except hftsim.RequestError as error:
                    seen.append(error.code)

        threads = [threading.Thread(target=hammer) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(seen) <= {"busy"}
        envs.step(envs.sample_actions(np.random.default_rng(0)))


def test_parallel_env(server):
    pytest.importorskip("pettingzoo")
    from pettingzoo.test import parallel_api_test

    from test_parallel import episode

    here = hftsim.ParallelEnv(config_text=CONFIG)
    there = hftsim.ParallelEnv(endpoint=server.endpoint, config_text=CONFIG)
    assert np.array_equal(episode(here, 3)[0], episode(there, 3)[0])
    parallel_api_test(here, num_cycles=2 * EPISODE_LEN)
    here.close()
    there.close()
