"""Saves as bytes, bounds and digests of spaces, and requests that may be asked again later."""

import contextlib
import subprocess
import time

import hftsim
import numpy as np
import pytest

from conftest import CONFIG


def numbers(results):
    return np.concatenate([array.ravel() for array in (*results.obs.values(), results.state)])


def follow(envs, env, steps=30):
    rng = np.random.default_rng(3)
    return np.concatenate(
        [numbers(envs.step(envs.sample_actions(rng, 1), envs=[env])) for _ in range(steps)]
    )


def test_a_save_goes_out_and_comes_back(make_small):
    with make_small(num_envs=2, seed=5) as envs:
        envs.reset()
        rng = np.random.default_rng(0)
        for _ in range(4):
            envs.step(envs.sample_actions(rng))
        data = [envs.export_save(envs.save(env)) for env in (0, 1)]
        wanted = [follow(envs, env) for env in (0, 1)]
    assert all(isinstance(each, bytes) for each in data)
    with make_small(num_envs=2, seed=77) as envs:
        envs.reset()
        for env in (0, 1):
            save = envs.import_save(data[env])
            envs.load(env, save)
            assert np.array_equal(follow(envs, env), wanted[env])
            assert envs.export_save(save) == data[env]
            envs.drop(save)
            with pytest.raises(hftsim.RequestError, match="unknown_save"):
                envs.export_save(save)


def test_other_bytes_are_refused(make_small):
    with make_small(num_envs=1) as envs:
        envs.reset()
        data = envs.export_save(envs.save(0))
        rng = np.random.default_rng(1)
        wrong = [b"", b"x", data[:-1], data + b"x", bytes(len(data)), data[64:] + data[:64]]
        for place in rng.integers(0, len(data), 50):
            wrong.append(data[:place] + bytes([data[place] ^ 1 << int(rng.integers(8))]))
            wrong[-1] += data[place + 1 :]
        for each in wrong:
            with pytest.raises(hftsim.RequestError) as caught:
                envs.import_save(each)
            assert (caught.value.code, caught.value.where) == ("bad_save", "save")
        envs.load(0, envs.import_save(memoryview(data)))


def test_servers_that_share_a_key(program, tmp_path):
    key = tmp_path / "saves.key"
    subprocess.run([program, "keygen", "--save-key", key], check=True, capture_output=True)
    assert key.stat().st_mode & 0o777 == 0o600
    with (
        hftsim.launch(arguments=["--save-key", str(key)], program=program) as first,
        hftsim.launch(arguments=["--save-key", str(key)], program=program) as second,
        hftsim.launch(program=program) as stranger,
    ):
        servers = [first, second, stranger]
        pools = [server.connect(config_text=CONFIG) for server in servers]
        for pool in pools:
            pool.reset(seed=1)
        data = pools[0].export_save(pools[0].save(0))
        pools[1].load(0, pools[1].import_save(data))
        with pytest.raises(hftsim.ServerError, match="bad_save"):
            pools[2].import_save(data)
        both = [first.endpoint, second.endpoint]
        with hftsim.make(None, 2, config_text=CONFIG, endpoint=both) as split:
            split.reset()
            save = split.import_save(data)
            split.load(0, save)
            split.load(1, save)
            assert np.array_equal(follow(split, 0), follow(split, 1))
        apart = [stranger.endpoint, first.endpoint]
        with hftsim.make(None, 2, config_text=CONFIG, endpoint=apart) as split:
            split.reset()
            save = split.import_save(data)
            split.load(1, save)
            with pytest.raises(hftsim.RequestError, match="other_server"):
                split.load(0, save)
        for pool in pools:
            pool.close()


def test_saves_go_with_a_session_and_exports_do_not(server):
    with server.connect(config_text=CONFIG, num_envs=1, seed=1) as envs:
        envs.reset()
        saves = [envs.save(0), envs.save(0)]
        data = envs.export_save(saves[0])
        wanted = follow(envs, 0)
        hftsim.Client(server.endpoint).request("close", {"session": envs.backend.session})
        with pytest.raises(hftsim.SessionLost):
            envs.save(0)
        envs.reset()
        with pytest.raises(hftsim.RequestError, match="unknown_save"):
            envs.export_save(saves[0])
        save = envs.import_save(data)
        assert save not in saves and envs.export_save(save) == data
        envs.load(0, save)
        assert np.array_equal(follow(envs, 0), wanted)


def test_a_request_is_asked_again_when_the_server_says(program):
    with hftsim.launch(arguments=["--rate-max", "20"], program=program) as server:
        with server.connect(config_text=CONFIG) as envs:
            envs.reset()
            actions = envs.sample_actions(np.random.default_rng(0))
            start = time.monotonic()
            for _ in range(40):
                envs.step(actions)
            assert time.monotonic() - start > 0.9  # 41 requests, 20 of them at once
        client = hftsim.Client(server.endpoint, timeout_s=0.02)
        patient = hftsim.Client(server.endpoint)
        text = CONFIG.encode()
        session = patient.request("make", {"num_envs": 1}, [text]).header["session"]
        with pytest.raises(hftsim.ServerError) as caught:
            while True:
                client.request("ping", {"session": session})
        assert caught.value.code == "limit" and 0 < caught.value.retry_after <= 0.06


def test_bounds_and_the_digest_of_spaces(make_small):
    with make_small(num_envs=1, seed=1) as envs, make_small(num_envs=2, seed=2) as others:
        spec, other = envs.spec, others.spec
        assert len(spec.spaces_hash) == 16 and spec.spaces_hash == other.spaces_hash
        assert spec.hash != other.hash
        results = envs.reset()
        for name, role in spec.roles.items():
            assert role.obs_low.shape == role.obs_high.shape == (len(role.obs_names),)
            assert (role.action_low == -1).all() and (role.action_high == 1).all()
            assert (results.obs[name] >= role.obs_low).all()
            assert (results.obs[name] <= role.obs_high).all()
            at = role.obs_names.index("imbalance")
            assert (role.obs_low[at], role.obs_high[at]) == (-1, 1)
        assert np.isinf(spec.state_high[spec.state_names.index("fundamental")])


def test_spaces_have_the_bounds(endpoint):
    with hftsim.Env("market_making", endpoint=endpoint) as env:
        space = env.observation_space
        assert np.isfinite(space.low).sum() > 25 and (space.low <= 0).all()
        obs, _ = env.reset(seed=1)
        for _ in range(50):
            assert space.contains(obs)
            obs, *_ = env.step(env.action_space.sample())
    with contextlib.closing(hftsim.ParallelEnv("mm_vs_execution", endpoint=endpoint)) as env:
        assert np.isfinite(env.state_space.low).any() and np.isinf(env.state_space.low).any()
        env.reset(seed=1)
        assert env.state_space.contains(env.state())
