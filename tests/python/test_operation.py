"""A server as those who run it see it: its pages over HTTP and its log."""

import json
import re
import socket
import time
import urllib.error
import urllib.request

import hftsim
import numpy as np
import pytest

from conftest import CONFIG

STEPS = 7
ENVS = 3
WAIT_S = 120  # for what takes seconds: only what hangs takes as long


@pytest.fixture
def watched(program):
    arguments = ["--http", "127.0.0.1:0", "--log", "json", "--envs-max", "100"]
    with hftsim.launch(program=program, arguments=arguments) as server:
        yield server


def events(server, kind):
    lines = [json.loads(line) for line in server.log().splitlines()]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", e["time"]) for e in lines)
    return [event for event in lines if event["event"] == kind]


def page(server, path):
    url = events(server, "http")[0]["url"]
    with urllib.request.urlopen(url + path, timeout=WAIT_S) as reply:
        return reply.read().decode()


def metrics(server):
    lines = page(server, "/metrics").splitlines()
    return {
        name: float(value)
        for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    }


def test_metrics_count_what_was_done(watched):
    before, rng = metrics(watched), np.random.default_rng(0)
    with watched.connect(config_text=CONFIG, num_envs=ENVS) as envs:
        envs.reset(seed=1)
        for _ in range(STEPS):
            envs.step(envs.sample_actions(rng))
        held = metrics(watched)
        with pytest.raises(hftsim.ServerError):
            watched.connect(num_envs=1000)
    after = metrics(watched)

    def grown(name):
        return after[name] - before[name]

    count = "hftsim_request_seconds_count"
    assert grown("hftsim_env_steps_total") == STEPS * ENVS
    assert grown(f'{count}{{kind="step"}}') == STEPS
    assert grown(f'{count}{{kind="make"}}') == 2
    assert grown(f'{count}{{kind="reset"}}') == grown(f'{count}{{kind="close"}}') == 1
    assert grown('hftsim_request_seconds_bucket{kind="step",le="+Inf"}') == STEPS
    assert grown('hftsim_request_seconds_sum{kind="step"}') > 0
    assert grown('hftsim_errors_total{code="limit"}') == 1
    assert (held["hftsim_sessions"], held["hftsim_envs"]) == (1, ENVS)
    assert held["hftsim_memory_bytes"] > 0
    assert after["hftsim_sessions"] == after["hftsim_envs"] == after["hftsim_memory_bytes"] == 0
    assert after["hftsim_uptime_seconds"] > before["hftsim_uptime_seconds"] > 0


def test_a_reply_that_came_is_counted(watched):
    with watched.connect(config_text=CONFIG, num_envs=1) as envs:
        for _ in range(50):
            before = metrics(watched)["hftsim_env_steps_total"]
            envs.reset(seed=1)
            envs.step(envs.sample_actions(np.random.default_rng(0)))
            assert metrics(watched)["hftsim_env_steps_total"] == before + 1


def test_health(watched):
    assert page(watched, "/healthz") == "ok\n"
    with pytest.raises(urllib.error.HTTPError, match="404"):
        page(watched, "/")


def test_the_log_tells_the_start_in_json(watched):
    (start,) = events(watched, "start")
    assert start["endpoint"] == watched.endpoint
    assert start["pid"] == watched.pid
    assert start["envs_max"] == 100


def test_the_log_tells_of_sessions_but_not_of_steps(program):
    arguments = ["--log", "json", "--envs-max", "5", "--idle-timeout", "4s"]
    with hftsim.launch(program=program, arguments=arguments) as server:
        envs = server.connect(config_text=CONFIG, num_envs=ENVS)
        envs.reset(seed=1)
        before = server.log()
        for _ in range(STEPS):
            envs.step(envs.sample_actions(np.random.default_rng(0)))
        assert server.log() == before
        token = envs.backend.session
        envs.close()
        began = time.monotonic()
        for _ in range(3):
            with pytest.raises(hftsim.ServerError):
                server.connect(num_envs=6)
        seconds = time.monotonic() - began
        abandoned = server.connect(config_text=CONFIG, num_envs=2)
        deadline = time.monotonic() + WAIT_S
        while not events(server, "session_expired"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        (closed,), (expired,) = events(server, "session_closed"), events(server, "session_expired")
        opened = events(server, "session_opened")
        assert [event["session"] for event in opened] == [1, 2]
        assert [event["envs"] for event in opened] == [ENVS, 2]
        assert opened[0]["bytes"] > 0
        assert (closed["session"], closed["env_steps"]) == (1, STEPS * ENVS)
        assert (expired["session"], expired["env_steps"]) == (2, 0)
        refused = events(server, "request_refused")
        assert 1 <= len(refused) <= min(3, 2 + seconds)  # one a second
        assert (refused[0]["kind"], refused[0]["code"]) == ("make", "limit")
        assert refused[0]["where"] == "num_envs" and "limit is 5" in refused[0]["reason"]
        assert token not in server.log()
        abandoned.close()


def test_the_end_is_told(program):
    with hftsim.launch(program=program, arguments=["--log", "json"]) as server:
        envs = server.connect(config_text=CONFIG, num_envs=ENVS)
        server._process.terminate()
        assert server._process.wait(WAIT_S) == 0
        (drain,), (stop,) = events(server, "drain"), events(server, "stop")
        assert (drain["sessions"], drain["envs"]) == (1, ENVS)
        assert stop["requests"] >= 2 and stop["undelivered"] == 0
        envs.backend.client.timeout_s = 0.1
        envs.close()


def test_a_json_log_names_the_port_that_was_chosen(program):
    with hftsim.launch(
        program=program, endpoint="tcp://127.0.0.1:*", arguments=["--log", "json"]
    ) as server:
        assert re.fullmatch(r"tcp://127\.0\.0\.1:\d+", server.endpoint)


@pytest.mark.parametrize("host", ["[::1]", "localhost", "127.0.0.1"])
def test_addresses_of_this_machine(program, host):
    if host == "[::1]":
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            pytest.skip("needs IPv6")
    with hftsim.launch(program=program, endpoint=f"tcp://{host}:*") as server:
        with server.connect(config_text=CONFIG, num_envs=1) as envs:
            envs.reset(seed=1)


def test_pages_stay_on_this_machine(program):
    with pytest.raises(hftsim.Error, match="--insecure"):
        hftsim.launch(program=program, arguments=["--http", "0.0.0.0:0"])
