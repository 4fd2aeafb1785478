"""Servers that are killed, stopped, started again or just slow, and sessions that expire."""

import os
import signal
import time

import hftsim
import numpy as np
import pytest

from conftest import CONFIG, EPISODE_LEN
from peers import Relay
from trajectory import numbers, run

ENVS = 4
LONG_S = 120.0  # a timeout that no test waits for
BOUND_S = 60.0  # what a busy machine may take where nothing is waited for
# Steps that take a part of a second an env: the market of a whole hour, with many orders.
BUSY = {
    "market_config.decision_ms": 360000,
    "market_config.duration_s": 86400,
    "env_config.episode_len": 3,
    "env_config.warmup_s": 0,
    "populations.noise.market_rate": 1000,
}


@pytest.fixture
def start(program, tmp_path):
    """Starts servers, each time on the same path or another, and kills what is left of them."""
    servers = []

    def start(name="a", config=None, arguments=()):
        endpoint = f"ipc://{tmp_path}/{name}" if not name.startswith("tcp:") else name
        made = hftsim.launch(
            config, program=program, endpoint=endpoint, threads=1, arguments=arguments
        )
        servers.append(made)
        return made

    yield start
    for server in servers:
        kill(server)


def kill(server, how=signal.SIGKILL):
    if server.running:
        os.kill(server.pid, how)
        if how == signal.SIGKILL:
            server._process.wait()
    if how == signal.SIGKILL:
        server.close()


def connect(server, num_envs=ENVS, **options):
    endpoint = server if isinstance(server, list) else server.endpoint
    return hftsim.connect(endpoint, config_text=CONFIG, num_envs=num_envs, **options)


def sampled(envs):
    return envs.sample_actions(np.random.default_rng(0))


def worlds(envs):
    pictures = [envs.picture(env) for env in range(envs.num_envs)]
    return [(picture["seed"], picture["episode"]) for picture in pictures]


# ---- dead, silent, slow --------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["ipc", "tcp://127.0.0.1:*"])
@pytest.mark.parametrize("in_flight", [False, True])
@pytest.mark.parametrize("retries", [0, 3])
def test_a_killed_server_is_noticed_at_once(start, kind, in_flight, retries):
    """Long before the timeout: nothing listens there any more."""
    server = start("a" if kind == "ipc" else kind)
    overrides = BUSY if in_flight else {}
    envs = connect(server, 16, overrides=overrides, timeout_s=LONG_S, retries=retries)
    envs.reset()
    later = envs.backend.begin_step() if in_flight else None
    time.sleep(0.2)
    kill(server)
    began = time.monotonic()
    with pytest.raises(hftsim.ServerUnavailable, match=r"'step'.*reset\(\) opens a new one"):
        later() if in_flight else envs.step(sampled(envs))
    assert time.monotonic() - began < BOUND_S
    envs.close()
    assert time.monotonic() - began < 2 * BOUND_S


@pytest.mark.parametrize("kind", ["ipc", "tcp://127.0.0.1:*"])
@pytest.mark.parametrize("request_", ["step", "reset", "ping", "close"])
def test_a_server_that_falls_silent_is_noticed_in_time(start, kind, request_):
    """Its connections stand, and the kernel takes new ones: but nobody answers heartbeats."""
    server = start("a" if kind == "ipc" else kind)
    envs = connect(server, timeout_s=4.0)
    envs.reset()
    kill(server, signal.SIGSTOP)
    began = time.monotonic()
    actions = sampled(envs)
    if request_ == "close":
        envs.close()
    else:
        with pytest.raises(hftsim.ServerUnavailable):
            envs.step(actions) if request_ == "step" else getattr(envs, request_)()
    assert time.monotonic() - began < BOUND_S
    kill(server, signal.SIGCONT)
    if request_ != "close":
        envs.reset()  # it was not dead: the session is the same
        envs.close()


def test_a_server_that_works_is_waited_for(start):
    """However small the timeout is; and the step is done once."""
    server = start()
    with connect(server, 48, overrides=BUSY, timeout_s=LONG_S, seed=3) as envs:
        expected = run(envs, 1, 3)
    with connect(server, 48, overrides=BUSY, timeout_s=0.25, seed=3) as envs:
        assert np.array_equal(run(envs, 1, 3), expected)
        stats = envs.backend.client.stats(envs.backend.session)["session"]
        assert stats["requests"]["step"]["count"] == 1


def test_a_connected_peer_that_is_slow_is_waited_for(server):
    with Relay(server.endpoint) as relay:
        relay.on_request = lambda kind: time.sleep(1.5 if kind == "step" else 0)
        with hftsim.connect(relay.endpoint, timeout_s=0.5) as envs:
            envs.reset()
            envs.step(sampled(envs))
        assert [kind for _, kind in relay.requests].count("step") == 1


def test_a_connected_peer_that_is_mute_is_given_up(server):
    with Relay(server.endpoint) as relay, hftsim.connect(relay.endpoint, timeout_s=0.3) as envs:
        envs.reset()
        relay._passes_request = lambda header: False
        with pytest.raises(hftsim.ServerUnavailable, match=r"within 3 s; it is connected"):
            envs.step(sampled(envs))


def test_a_server_that_is_late_is_waited_for(program, tmp_path):
    """A client may come before its server has started."""
    import threading

    path, servers = f"ipc://{tmp_path}/late", []

    def later():
        time.sleep(1.5)
        servers.append(hftsim.launch(program=program, endpoint=path))

    thread = threading.Thread(target=later)
    thread.start()
    with hftsim.connect(path, timeout_s=BOUND_S) as envs:
        envs.reset()
    thread.join()
    servers[0].close()


# ---- sessions that are opened again --------------------------------------------------------------
def lose_by_restart(start, server, envs):
    kill(server)
    actions = sampled(envs)
    with pytest.raises(hftsim.ServerUnavailable, match=r"reset\(\) opens a new one"):
        envs.step(actions)
    with pytest.raises(hftsim.Error, match=r"reset\(\)"):
        envs.step(actions)
    return start()


def lose_unnoticed(start, server, envs):
    kill(server)
    return start()


def lose_session(start, server, envs):
    client = hftsim.Client(server.endpoint)
    client.request("close", {"session": envs.backend.session})
    client.close()
    return server


def lose_by_expiry(start, server, envs):
    actions = sampled(envs)
    deadline = time.monotonic() + BOUND_S
    while "session_expired" not in server.log() and time.monotonic() < deadline:
        time.sleep(0.05)
    for _ in range(2):
        with pytest.raises(hftsim.ServerError, match=r"reset\(\) opens a new one") as caught:
            envs.step(actions)
        assert caught.value.code == "unknown_session"
    return server


LOSSES = [lose_by_restart, lose_unnoticed, lose_session, lose_by_expiry]


@pytest.fixture(params=LOSSES)
def lose(request, start):
    arguments = ["--idle-timeout", "4s", "--log", "json"] if request.param is lose_by_expiry else []
    server = start(arguments=arguments)
    return server, lambda envs: request.param(start, server, envs)


def test_a_reset_opens_a_new_session(lose):
    server, lose = lose
    with connect(server, seed=5) as envs:
        expected = run(envs, 5, 5)
        before = {world for _ in range(3) if envs.reset() for world in worlds(envs)}
        spec, session, save = envs.spec, envs.backend.session, envs.save(0)
        lose(envs)
        first = envs.reset()  # in worlds that nobody has been in
        after = worlds(envs)
        assert envs.backend.session not in ("", session) and envs.spec is spec
        assert len({seed for seed, _ in after}) == ENVS and not before & set(after)
        assert not {seed for seed, _ in before} & {seed for seed, _ in after}
        envs.reset()
        assert not set(after) & set(worlds(envs))
        with pytest.raises(hftsim.RequestError, match="unknown_save"):
            envs.load(0, save)
        assert envs.save(1) > save
        assert not np.array_equal(numbers(first), numbers(envs.reset()))
        assert np.array_equal(run(envs, 5, 5), expected)


def test_a_lost_session_is_opened_again_with_a_seed(lose):
    server, lose = lose
    with connect(server, seed=5) as envs:
        expected = run(envs, 2 * EPISODE_LEN, 8)
        lose(envs)
        assert np.array_equal(run(envs, 2 * EPISODE_LEN, 8), expected)


def test_a_session_lost_before_its_first_reset_begins_as_it_would_have(start):
    server = start()
    with connect(server, seed=5) as envs, connect(server, seed=5) as other:
        expected = run(other, 3, None)
        server = lose_session(start, server, envs)
        assert np.array_equal(run(envs, 3, None), expected)


@pytest.mark.parametrize("how", ["mask", "envs"])
def test_a_reset_of_some_does_not_open_a_session(start, how):
    server = start()
    with connect(server) as envs:
        envs.reset()
        lose_session(start, server, envs)
        some = {"mask": [True, False, False, False]} if how == "mask" else {"envs": [0]}
        with pytest.raises(hftsim.ServerError, match=r"reset\(\) opens a new one"):
            envs.reset(**some)
        envs.reset()
        envs.reset(**some)


def test_envs_under_way_are_lost_with_their_session(start):
    server = start()
    with connect(server) as envs:
        envs.reset()
        envs.send(sampled(envs), np.arange(ENVS))
        lose_session(start, server, envs)
        with pytest.raises(hftsim.ServerError, match="unknown_session"):
            envs.recv()
        envs.reset()
        assert envs.under_way == 0
        envs.step(sampled(envs))


def test_another_config_is_told(start, tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    server = start(config=path)
    envs = hftsim.connect(server.endpoint, seed=1)
    envs.reset()
    kill(server)
    path.write_text(CONFIG.replace("qty: 50", "qty: 60"))
    server = start(config=path)
    for _ in range(2):
        with pytest.raises(hftsim.Error, match=r"another config.*: config differ"):
            envs.reset()
    kill(server)
    path.write_text(CONFIG)
    start(config=path)
    envs.reset()
    envs.close()


def test_learners_interfaces_go_on_after_a_reset(start):
    """What trains by them catches the error, and resets."""
    others = {"seats": "executor", "others": lambda results: {"maker": 0}}
    for make in (hftsim.Env, hftsim.VectorEnv, hftsim.ParallelEnv):
        server = start()
        chosen = {} if make is hftsim.ParallelEnv else others
        env = make(config_text=CONFIG, endpoint=server.endpoint, **chosen)
        env.reset()
        kill(server)
        if make is hftsim.ParallelEnv:
            actions = {agent: env.action_space(agent).sample() for agent in env.agents}
        else:
            actions = env.action_space.sample()
        with pytest.raises(hftsim.ServerUnavailable):
            env.step(actions)
        server = start()
        env.reset()
        env.step(actions)
        env.close()
        kill(server)


# ---- several servers -----------------------------------------------------------------------------
@pytest.mark.parametrize("dead", [0, 1, 2])
def test_envs_of_a_dead_server_go_to_the_others(start, dead):
    servers = [start(name) for name in "abc"]
    endpoints = [server.endpoint for server in servers]
    with connect(endpoints, 6, seed=5) as envs:
        expected = run(envs, 2 * EPISODE_LEN, 5)
        before = {world for _ in range(3) if envs.reset() for world in worlds(envs)}
        kill(servers[dead])
        with pytest.raises(hftsim.ServerUnavailable, match=endpoints[dead]):
            while True:
                envs.step(sampled(envs))
        with pytest.raises(hftsim.Error, match=r"reset\(\)"):
            envs.step(sampled(envs))
        envs.reset()
        after = worlds(envs)
        assert len({seed for seed, _ in after}) == 6 and not before & set(after)
        used = [part.client.endpoint for part in envs.backend._parts]
        assert endpoints[dead] not in used and endpoints[dead] not in repr(envs)
        for _ in range(EPISODE_LEN + 2):
            envs.step(sampled(envs))
        assert np.array_equal(run(envs, 2 * EPISODE_LEN, 5), expected)  # wherever they are
        # The second of them goes: all are on the third.
        second = (dead + 1) % 3
        kill(servers[second])
        assert np.array_equal(run(envs, 2 * EPISODE_LEN, 5), expected)
        assert {part.client.endpoint for part in envs.backend._parts} == {endpoints[(dead + 2) % 3]}
        kill(servers[(dead + 2) % 3])
        for part in envs.backend._parts:
            part.client.timeout_s = 2.0
        with pytest.raises(hftsim.ServerUnavailable):
            envs.reset()
        start("abc"[dead])
        assert np.array_equal(run(envs, 2 * EPISODE_LEN, 5), expected)


def test_a_server_in_reserve(start):
    first, second = start("a"), start("b")
    with connect([first.endpoint, second.endpoint], 1, seed=5) as envs:
        expected = run(envs, 3, 5)
        assert envs.backend.client.endpoint == first.endpoint
        kill(first)
        assert np.array_equal(run(envs, 3, 5), expected)
        assert envs.backend.client.endpoint == second.endpoint


def test_a_server_that_is_not_there_at_the_start_is_passed_over(start, caplog):
    first, second = start("a"), start("b")
    endpoints = [first.endpoint, second.endpoint]
    with connect(endpoints, seed=5) as envs:
        expected = run(envs, 3, 5)
    kill(first)
    with connect(endpoints, seed=5) as envs:
        assert np.array_equal(run(envs, 3, 5), expected)
    assert f"{first.endpoint} is passed over" in caplog.text
    kill(second)
    with pytest.raises(hftsim.ServerUnavailable, match=first.endpoint):
        connect(endpoints, timeout_s=1.0)


def test_a_server_that_is_full_is_passed_over(start):
    servers = [start("a", arguments=["--envs-max", "2"]), start("b")]
    with connect([server.endpoint for server in servers], 6) as envs:
        assert [part.client.endpoint for part in envs.backend._parts] == [servers[1].endpoint] * 2
        envs.reset()
