"""Messages get lost; steps do not, and none is done twice."""

import time
from collections import Counter

import hftsim
import msgpack
import numpy as np
import pytest
import zmq

from conftest import CONFIG
from peers import Impostor, Relay
from trajectory import run

STEPS = 40
WAIT_S = 4.0  # four times as long as a busy machine may take for a reply


@pytest.fixture
def expected(server):
    with server.connect(config_text=CONFIG, num_envs=2, seed=3) as envs:
        return run(envs, STEPS, seed=3)


@pytest.fixture
def relay(server):
    with Relay(server.endpoint) as made:
        yield made


def connect(relay, **options):
    options = {"timeout_s": WAIT_S, "retries": 3, **options}
    return hftsim.connect(relay.endpoint, config_text=CONFIG, num_envs=2, **options)


@pytest.mark.parametrize("loss", ["lose_replies", "lose_requests"])
@pytest.mark.parametrize("times", [1, 3])
def test_lost_steps_are_asked_for_again_and_done_once(relay, expected, loss, times):
    def lose(step):
        if step in (5, 25):
            setattr(relay, loss, times)

    with connect(relay) as envs:
        assert np.array_equal(expected, run(envs, STEPS, 3, lose))
    sent = Counter(number for number, kind in relay.requests if kind == "step")
    assert len(sent) == STEPS
    assert sorted(sent.values()) == [1] * (STEPS - 2) + [1 + times] * 2


def test_lost_reset_is_done_once(relay, expected):
    relay.lose_kind = "reset"
    with connect(relay) as envs:
        envs.reset(seed=2)
        relay.lose_replies = 1
        assert np.array_equal(expected, run(envs, STEPS, seed=3))
        second = envs.reset(seed=3), envs.reset()
        envs.reset(seed=3)
        relay.lose_replies = 1
        again = envs.reset()
        assert np.array_equal(second[1].obs["maker"], again.obs["maker"])


def test_lost_hello_is_repeated(relay):
    relay.lose_kind, relay.lose_replies = "hello", 2
    with connect(relay) as envs:
        envs.reset()
    assert Counter(kind for _, kind in relay.requests)["hello"] == 3


def test_lost_make_is_not_repeated(relay):
    relay.lose_kind, relay.lose_replies = "make", 1
    with pytest.raises(hftsim.ServerUnavailable, match="make"):
        connect(relay)
    assert Counter(kind for _, kind in relay.requests)["make"] == 1


def test_all_lost(relay, expected):
    with connect(relay) as envs:
        actions = envs.sample_actions(np.random.default_rng(0))
        envs.reset(seed=3)
        relay.lose_replies = 4
        began = time.monotonic()
        with pytest.raises(hftsim.ServerUnavailable, match=f"'step' from .* within {WAIT_S:g} s"):
            envs.step(actions)
        assert time.monotonic() - began > 0.9 * WAIT_S
        with pytest.raises(hftsim.Error, match="reset"):
            envs.step(actions)
        assert np.array_equal(expected, run(envs, STEPS, seed=3))


def test_large_results_are_the_message_itself(server):
    with server.connect("market_making", num_envs=64) as envs:
        memory = envs.reset().obs["maker"]
        while isinstance(memory, np.ndarray):
            memory = memory.base
        assert isinstance(memory, zmq.Frame)  # nobody has copied it


def test_a_reply_that_is_not_waited_for_disturbs_nobody(server, expected):
    with server.connect(config_text=CONFIG, num_envs=2, seed=3) as envs:

        def forget(step):
            if step % 10 == 0:
                envs.backend.client.begin("ping")

        assert np.array_equal(expected, run(envs, STEPS, 3, forget))


def test_only_the_reply_to_the_request_counts():
    def answer(header):
        return [msgpack.packb({"id": header["id"] + 1, "kind": "hello", "protocol": [1, 0]})]

    with Impostor(answer) as peer, pytest.raises(hftsim.ServerUnavailable):
        hftsim.connect(peer.endpoint, timeout_s=0.4, retries=1)


def test_nobody_there():
    with pytest.raises(hftsim.ServerUnavailable, match="is `hftsim serve` running") as caught:
        hftsim.connect("tcp://127.0.0.1:9", timeout_s=0.6)
    assert "tcp://127.0.0.1:9" in str(caught.value)
    assert isinstance(caught.value, TimeoutError) and isinstance(caught.value, hftsim.Error)


def test_server_that_dies(program):
    with hftsim.launch(program=program) as server:
        envs = server.connect(config_text=CONFIG, retries=1)
        envs.reset()
        server.close()
        envs.backend.client.timeout_s = 0.5
        with pytest.raises(hftsim.ServerUnavailable):
            envs.step(envs.sample_actions(np.random.default_rng(0)))
        envs.close()
