"""What the server refuses comes out as an exception with the protocol's code."""

import functools

import hftsim
import msgpack
import numpy as np
import pytest

from conftest import CONFIG
from peers import Impostor
from trajectory import run


def refused(action, code):
    """Runs an action that the server must refuse with that code; the error."""
    with pytest.raises(hftsim.ServerError) as caught:
        action()
    assert caught.value.code == code
    assert caught.value.message
    assert caught.value.code in str(caught.value) and caught.value.message in str(caught.value)
    return caught.value


@pytest.fixture
def client(server):
    made = hftsim.Client(server.endpoint)
    yield made
    made.close()


def test_hello_and_ping(client):
    hello = client.hello()
    assert hello["protocol"] == [1, 3]
    assert hello["version"] and "default" in hello["configs"]
    assert hello["limits"]["envs"] >= 1
    client.ping()


def test_config(server):
    error = refused(lambda: server.connect(config_text="market_config: {tick_sice: 1}"), "config")
    assert "tick_size" in error.message
    refused(lambda: server.connect(config_text="market_config: ["), "config")
    refused(lambda: server.connect(overrides={"market_config.tick_sice": 1}), "config")
    refused(lambda: server.connect(overrides={"market_config.tick_size": "big"}), "config")
    refused(lambda: server.connect(config="no_such_preset"), "config")


def test_limit_and_bad_field(server):
    limit = hftsim.Client(server.endpoint).hello()["limits"]["envs"]
    error = refused(lambda: server.connect(num_envs=limit + 1), "limit")
    assert str(limit) in error.message
    make = functools.partial(hftsim.Client(server.endpoint).request, "make")
    assert refused(lambda: make({"num_envs": 0}), "bad_field").where == "num_envs"
    refused(lambda: make({"num_envs": -1}), "bad_field")
    for wrong in (2**32, -1, 1.5):
        refused(lambda wrong=wrong: make({"num_envs": 1, "first_env": wrong}), "bad_field")


def test_version(client):
    refused(lambda: client.request("hello", {"protocol": [2, 0], "client": "test"}), "version")


def test_unknown_kind_and_session(client):
    refused(lambda: client.request("dance"), "unknown_kind")
    refused(lambda: client.request("reset", {"session": "0" * 32}), "unknown_session")


def test_session_that_was_closed_elsewhere(envs, client):
    envs.reset()
    client._last_id = 1000  # ids rise within a session, whoever asks
    client.request("close", {"session": envs.backend.session})
    actions = envs.sample_actions(np.random.default_rng(0))
    refused(lambda: envs.step(actions), "unknown_session")
    refused(lambda: envs.reset(envs=[1]), "unknown_session")
    envs.reset()
    envs.step(actions)


def test_step_before_reset(envs):
    actions = envs.sample_actions(np.random.default_rng(0))
    refused(lambda: envs.step(actions), "not_reset")
    envs.reset()
    envs.step(actions)


def test_bad_buffer(envs, client):
    envs.reset()
    client._last_id = 1000
    fields = {"session": envs.backend.session}
    refused(lambda: client.request("step", fields, [b"\0" * 7]), "bad_buffer")
    refused(lambda: client.request("step", fields), "bad_buffer")
    refused(lambda: client.request("reset", {**fields, "mask": True}), "bad_buffer")


def test_stale_id(envs, client):
    envs.reset()
    envs.reset()
    refused(lambda: client.request("reset", {"session": envs.backend.session}), "stale_id")


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
def test_bad_action_changes_nothing(envs, poison):
    def poisoned(step):
        if step % 7 == 0:
            actions = envs.sample_actions(np.random.default_rng(step))
            actions["maker"][2, 1, 0] = poison
            error = refused(lambda: envs.step(actions), "bad_action")
            assert "action/maker" in error.where

    expected = run(envs, 30)
    assert np.array_equal(expected, run(envs, 30, before_step=poisoned))


def test_a_refused_make_leaves_nothing_behind(server):
    for _ in range(200):  # more than the sessions a server holds
        refused(lambda: server.connect(config_text="seats: [{kind: nobody}]"), "config")
    server.connect(config_text=CONFIG).close()


@pytest.mark.parametrize(
    "answer",
    [
        lambda header: [b"\xc1"],
        lambda header: [b""],
        lambda header: [msgpack.packb([1, 2])],
        lambda header: [msgpack.packb({"kind": "hello"})],
        lambda header: [msgpack.packb({"id": header["id"], "kind": "step"})],
        lambda header: [msgpack.packb({"id": header["id"], "kind": "hello"})],
        lambda header: [msgpack.packb({"id": header["id"], "kind": "hello", "protocol": [9, 0]})],
    ],
)
def test_nonsense_from_the_other_side(answer):
    with Impostor(answer) as peer, pytest.raises(hftsim.ProtocolError):
        hftsim.connect(peer.endpoint, timeout_s=2)


@pytest.mark.parametrize("buffers", [[], [b"\xc1"], [msgpack.packb({"num_envs": 1})]])
def test_nonsense_for_a_spec(buffers):
    def answer(header):
        fields = {"id": header["id"], "kind": header["kind"], "protocol": [1, 0], "session": "x"}
        return [msgpack.packb(fields), *(buffers if header["kind"] == "make" else [])]

    with Impostor(answer) as peer, pytest.raises(hftsim.ProtocolError):
        hftsim.connect(peer.endpoint, timeout_s=2)


@pytest.mark.parametrize("arguments", [{"timeout_s": 0}, {"timeout_s": np.nan}, {"retries": -1}])
def test_client_arguments(arguments):
    with pytest.raises(ValueError):
        hftsim.Client(**arguments)


def test_endpoint_that_is_none():
    with pytest.raises(ValueError, match="nonsense"):
        hftsim.connect("nonsense")
