"""Several servers as one: the same bits as one server, and what happens where they differ."""

import threading
from collections import Counter
from dataclasses import replace

import hftsim
import numpy as np
import pytest

from conftest import CONFIG, EPISODE_LEN
from peers import Relay
from trajectory import numbers, run

ENVS = 5
STEPS = 2 * EPISODE_LEN + 3
WAIT_S = 120


@pytest.fixture
def endpoints(server, second_server):
    return [server.endpoint, second_server.endpoint]


def connect(endpoints, num_envs=ENVS, **options):
    return hftsim.connect(endpoints, num_envs=num_envs, config_text=CONFIG, **options)


def test_the_same_bits_as_one_server(server, endpoints):
    seed = 2**64 - 3  # env 3 begins in the world of seed 0
    three = [*endpoints, endpoints[0]]
    with connect(server.endpoint, seed=seed) as one, connect(three, seed=seed) as split:
        assert [part.spec.num_envs for part in split.backend._parts] == [1, 2, 2]
        assert replace(split.spec, hash=one.spec.hash) == one.spec
        for begin in (None, 8):
            assert np.array_equal(run(split, STEPS, begin), run(one, STEPS, begin))

        def play(envs):
            rng = np.random.default_rng(3)
            seen = [envs.reset(seed=9, mask=[True, False, False, True, False])]
            seen += [envs.reset([4, 8, 1, 3, 3]), envs.reset(6, envs=[4, 0])]
            for _ in range(EPISODE_LEN + 2):  # envs end in the middle of other rows
                order = rng.permutation(ENVS)
                for some in (order[:2], order[2:]):
                    seen.append(envs.step(envs.sample_actions(rng, len(some)), envs=some))
            seen += [envs.fork(1, 2), envs.load(2, envs.save(1))]
            return np.concatenate([numbers(results) for results in seen])

        assert np.array_equal(play(split), play(one))


def test_all_are_asked_before_one_is_waited_for(endpoints):
    asked = threading.Event()

    def wait(kind):
        if kind == "step":
            assert asked.wait(WAIT_S)

    with Relay(endpoints[0]) as first, Relay(endpoints[1]) as last:
        first.on_request = wait
        last.on_request = lambda kind: asked.set() if kind == "step" else None
        with connect([first.endpoint, last.endpoint], timeout_s=WAIT_S, retries=0) as envs:
            run(envs, 2)


def test_lost_replies_of_one_are_asked_for_again(server, endpoints):
    with connect(server.endpoint, seed=3) as envs:
        expected = run(envs, STEPS, 3)
    with Relay(endpoints[1]) as relay:

        def lose(step):
            relay.lose_replies = int(step in (4, 30))

        with connect([endpoints[0], relay.endpoint], timeout_s=20, retries=9) as envs:
            assert np.array_equal(run(envs, STEPS, 3, lose), expected)
        sent = Counter(number for number, kind in relay.requests if kind == "step")
        assert len(sent) == STEPS and sum(sent.values()) >= STEPS + 2


def test_one_that_dies_is_named(program, server):
    with hftsim.launch(program=program) as other:
        envs = connect([server.endpoint, other.endpoint])
        run(envs, 3)
        other.close()
        actions = envs.sample_actions(np.random.default_rng(0))
        with pytest.raises(hftsim.ServerUnavailable, match=other.endpoint):
            envs.step(actions)
        with pytest.raises(hftsim.Error, match="reset"):  # the others have done the step
            envs.step(actions)
        envs.close()


def test_one_that_has_lost_its_session_and_others_did_the_step(endpoints):
    with connect(endpoints) as envs:
        expected = run(envs, 3, 4)
        part = envs.backend._parts[1]
        part.client.request("close", {"session": part.session})
        actions = envs.sample_actions(np.random.default_rng(0))
        for _ in range(2):
            with pytest.raises(hftsim.SessionLost, match=rf"{endpoints[1]} is lost; reset\(\)"):
                envs.step(actions)
        assert np.array_equal(run(envs, 3, 4), expected)


def test_one_that_refuses_what_others_did(endpoints, monkeypatch):
    with connect(endpoints) as envs:
        run(envs, 3)
        refused = hftsim.ServerError("limit", "too many requests")
        monkeypatch.setattr(envs.backend._parts[1], "begin_step", lambda: raising(refused))
        actions = envs.sample_actions(np.random.default_rng(0))
        with pytest.raises(hftsim.Error, match=f"{endpoints[1]} refused.*limit") as caught:
            envs.step(actions)
        assert not isinstance(caught.value, hftsim.RequestError)  # for something has changed
        with pytest.raises(hftsim.Error, match="reset"):
            envs.step(actions)


def raising(error):
    def later():
        raise error

    return later


@pytest.mark.parametrize("space", ["box", "multi_discrete", "discrete", "mixed"])
def test_bad_actions_change_nothing_on_any(server, endpoints, space):
    overrides = {"env_config.action_space": space, "env_config.action_choices": 3}
    bad = {"box": np.inf, "mixed": 0.5}.get(space, 99)
    with (
        connect(server.endpoint, overrides=overrides) as one,
        connect(endpoints, overrides=overrides) as split,
    ):
        errors = []
        for envs in (one, split):

            def poison(step, envs=envs):
                actions = envs.sample_actions(np.random.default_rng(step))
                actions["maker"][4, 1, -1] = bad
                for some in (None, [0, 4]):
                    rows = slice(None) if some is None else some
                    with pytest.raises(hftsim.RequestError) as caught:
                        envs.step({role: array[rows] for role, array in actions.items()}, some)
                    errors.append((envs, caught.value.args))

            run(envs, 3, before_step=poison)
        assert [args for envs, args in errors if envs is one] == [
            args for envs, args in errors if envs is split
        ]
        assert np.array_equal(run(one, 3, None), run(split, 3, None))


def test_servers_with_different_configs(program, server, tmp_path):
    path = tmp_path / "other.yaml"
    path.write_text(CONFIG.replace("decision_ms: 200", "decision_ms: 300"))
    with hftsim.launch(path, program=program) as other:
        with pytest.raises(hftsim.Error, match=rf"{other.endpoint}.* differ"):
            hftsim.connect([server.endpoint, other.endpoint], num_envs=2)


def test_more_servers_than_envs(endpoints):
    with connect(endpoints, 1) as envs:  # the others are in reserve
        assert envs.backend.client.endpoint == endpoints[0]
    with connect([*endpoints, *endpoints], 3) as envs:
        assert len(envs.backend._parts) == 3
    with pytest.raises(ValueError, match="0 servers"):
        connect([], 1)
    with pytest.raises(hftsim.RequestError, match="seed"):
        connect(endpoints, seed=-1)


def test_saves_stay_on_their_server(endpoints):
    with connect(endpoints) as envs:
        envs.reset()
        save = envs.save(0)
        for action in (lambda: envs.load(4, save), lambda: envs.fork(0, 4)):
            with pytest.raises(hftsim.RequestError, match=f"other_server.*{endpoints[1]}"):
                action()
        envs.load(1, save)
        envs.drop(save)
        with pytest.raises(hftsim.RequestError, match="unknown_save"):
            envs.load(1, save)


def test_all_servers_take_turns_in_being_received(endpoints):
    with connect(endpoints, 6) as envs:
        envs.reset()
        rng = np.random.default_rng(0)
        envs.send(envs.sample_actions(rng), np.arange(6))
        counts = np.zeros(6, int)
        for _ in range(60):
            received, _ = envs.recv(least=1, room=1)
            counts[received] += 1
            envs.send(envs.sample_actions(rng, len(received)), received)
        assert counts[:3].sum() == counts[3:].sum() == 30
        received, _ = envs.recv(least=6)
        assert sorted(received) == list(range(6)) and envs.under_way == 0
