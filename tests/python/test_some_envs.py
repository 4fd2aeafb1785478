"""Some envs at a time, on a server and in this process: against envs that are stepped together."""

import hftsim
import numpy as np
import pytest

from conftest import CONFIG, EPISODE_LEN
from peers import Relay
from trajectory import numbers, run

ENVS = 4


@pytest.fixture
def envs(make_small):
    with make_small(num_envs=ENVS, seed=7) as made:
        yield made


def rows(results, envs):
    """The rows of some envs, as results of their own have them."""
    ended = [row for env in envs for row in np.flatnonzero(results.finals.envs == env)]
    finals = results.finals
    return hftsim.Results(
        *({role: array[envs] for role, array in getattr(results, name).items()}
          for name in ("obs", "rewards", "terms", "terminated", "unfilled")),
        results.truncated[envs],
        results.ended[envs],
        results.state[envs],
        {role: array[envs] for role, array in results.masks.items()},
        hftsim.Finals(
            finals.envs[ended],
            finals.lengths[ended],
            {role: array[ended] for role, array in finals.returns.items()},
            {role: array[ended] for role, array in finals.obs.items()},
            finals.state[ended],
            {role: array[ended] for role, array in finals.totals.items()},
            {role: array[ended] for role, array in finals.masks.items()},
        ),
    )  # fmt: skip


def of(actions, envs):
    return {role: array[envs] for role, array in actions.items()}


def same(one, other):
    return np.array_equal(numbers(one), numbers(other))


def test_two_halves_are_the_whole(envs, make_small):
    rng = np.random.default_rng(3)
    with make_small(num_envs=ENVS, seed=7) as whole:
        assert same(envs.reset(), whole.reset())
        for step in range(2 * EPISODE_LEN + 3):
            actions = envs.sample_actions(rng)
            expected = whole.step(actions)
            order = rng.permutation(ENVS)
            for half in (order[: 1 + step % 3], order[1 + step % 3 :]):
                assert same(envs.step(of(actions, half), envs=half), rows(expected, half))


def test_sends_and_receipts(envs, make_small):
    """Each env shows what it would alone, in whatever order they are done."""
    rng = np.random.default_rng(3)
    plan = [envs.sample_actions(rng) for _ in range(2 * EPISODE_LEN)]
    with make_small(num_envs=ENVS, seed=7) as whole:
        whole.reset()
        expected = [whole.step(actions) for actions in plan]
    envs.reset()
    done = np.zeros(ENVS, int)
    envs.send(plan[0], np.arange(ENVS))
    assert envs.under_way == ENVS
    while envs.under_way:
        received, results = envs.recv(least=min(2, envs.under_way), room=3)
        assert 1 <= len(received) <= 3
        for row, env in enumerate(received):
            one = rows(expected[done[env]], [env])
            assert np.array_equal(results.obs["maker"][row], one.obs["maker"][0])
            assert np.array_equal(results.state[row], one.state[0])
            assert results.ended[row] == one.ended[0]
            done[env] += 1
        ended = [env for env in received if (done[env] % EPISODE_LEN) == 0]
        assert results.finals.envs.tolist() == ended
        again = received[done[received] < len(plan)]
        if len(again):
            actions = {
                role: np.stack([plan[done[env]][role][env] for env in again]) for role in envs.roles
            }
            envs.send(actions, again)
    assert (done == len(plan)).all()


def test_a_seed_for_each(envs, make_small):
    seeds = [11, 2**64 - 1, 11, 5]
    first = envs.reset(seeds)
    assert np.array_equal(first.state[0], first.state[2])
    assert not np.array_equal(first.state[0], first.state[1])
    for env, seed in enumerate(seeds):
        with make_small(num_envs=1) as alone:
            assert same(alone.reset(seed), rows(first, [env]))
    actions = envs.sample_actions(np.random.default_rng(0))
    stepped = envs.step(actions)
    masked = envs.reset([0, 0, 11, 0], mask=[False, False, True, False])
    assert np.array_equal(masked.state[2], first.state[2])
    assert np.array_equal(masked.state[0], stepped.state[0])
    some = envs.reset(np.array([5, 11]), envs=[1, 3])
    assert np.array_equal(some.state, first.state[[3, 0]])
    assert np.array_equal(envs.reset(5, envs=[0]).state[0], first.state[3])


def test_manual_reset(make_small):
    with make_small(num_envs=2, seed=1, autoreset="manual") as envs:
        assert envs.spec.autoreset == "manual"
        envs.reset()
        rng = np.random.default_rng(0)
        for _ in range(EPISODE_LEN):
            last = envs.step(envs.sample_actions(rng))
        assert last.ended.all() and len(last.finals) == 2
        assert np.array_equal(last.state, last.finals.state)
        resting = envs.step(envs.sample_actions(rng))
        assert resting.ended.all() and not len(resting.finals)
        assert np.array_equal(resting.state, last.state)
        assert not resting.rewards["maker"].any()
        envs.reset(envs=[1])
        results = envs.step(envs.sample_actions(rng))
        assert results.ended.tolist() == [True, False]


def test_saves_and_forks(envs):
    rng = np.random.default_rng(1)
    envs.reset()
    for _ in range(5):
        before = envs.step(envs.sample_actions(rng))
    save = envs.save(2)
    assert save == 1 and envs.save(0) == 2
    plan = [envs.sample_actions(rng, 1) for _ in range(EPISODE_LEN)]
    expected = [envs.step(actions, envs=[2]) for actions in plan]
    assert same(envs.load(3, save), rows(before, [2]))
    for step, actions in enumerate(plan):
        if step == 7:
            forked = envs.fork(3, 2)
            assert np.array_equal(forked.state, expected[6].state)
        result = envs.step(actions, envs=[3])
        assert np.array_equal(result.state, expected[step].state)
        assert np.array_equal(result.rewards["maker"], expected[step].rewards["maker"])
        if step >= 7:
            other = envs.step(actions, envs=[2])
            assert np.array_equal(other.obs["executor"], expected[step].obs["executor"])
    envs.drop(save)
    for action in (lambda: envs.drop(save), lambda: envs.load(0, save), lambda: envs.load(0, 99)):
        with pytest.raises(hftsim.RequestError) as caught:
            action()
        assert caught.value.code == "unknown_save" and caught.value.where == "save"
    envs.load(0, 2)


@pytest.mark.parametrize("wrong", [[], [ENVS], [-1], [1, 1], [0.5], [[0]], 1])
def test_lists_that_are_wrong(envs, wrong):
    envs.reset()
    actions = envs.sample_actions(np.random.default_rng(0), 1)
    for action in (envs.step, envs.send):
        with pytest.raises(ValueError, match="envs"):
            action(actions, wrong)
    with pytest.raises(ValueError, match="envs"):
        envs.reset(envs=wrong)


def test_what_is_wrong_otherwise(envs):
    rng = np.random.default_rng(0)
    envs.reset()
    with pytest.raises(ValueError, match="must be"):
        envs.step(envs.sample_actions(rng), envs=[0, 1])
    with pytest.raises(ValueError, match="least"):
        envs.recv()
    with pytest.raises(ValueError, match="mask or envs"):
        envs.reset(mask=[True] * ENVS, envs=[0])
    with pytest.raises(ValueError, match="seed"):
        envs.reset([1])
    with pytest.raises(ValueError, match="autoreset"):
        hftsim.make(autoreset="tomorrow")


def test_envs_under_way_are_left_alone(envs):
    rng = np.random.default_rng(0)
    first = envs.reset(seed=3)
    envs.send(envs.sample_actions(rng, 2), [3, 1])
    for action in (
        lambda: envs.step(envs.sample_actions(rng)),
        lambda: envs.send(envs.sample_actions(rng, 1), [3]),
        lambda: envs.reset(mask=[True, False, False, False]),
        lambda: envs.reset(envs=[1]),
        lambda: envs.save(1),
        lambda: envs.fork(0, 3),
    ):
        with pytest.raises(hftsim.RequestError) as caught:
            action()
        assert caught.value.code == "under_way"
    with pytest.raises(ValueError, match="least"):
        envs.recv(least=3)
    envs.reset(envs=[0])
    assert same(envs.reset(seed=3), first)  # their steps are lost
    assert envs.under_way == 0
    envs.step(envs.sample_actions(rng))


def test_both_places_give_the_same(server, config_file, library):
    def play(endpoint):
        with hftsim.make(config_file, ENVS, endpoint=endpoint, seed=2) as envs:
            rng = np.random.default_rng(5)
            seen = [envs.reset([4, 3, 2, 1])]
            for _ in range(EPISODE_LEN + 3):
                order = rng.permutation(ENVS)[:3]
                seen.append(envs.step(envs.sample_actions(rng, 3), envs=order))
            save = envs.save(1)
            seen += [envs.fork(0, 1), envs.load(2, save), envs.reset(envs=[3, 0])]
            envs.send(envs.sample_actions(rng, 2), [3, 0])
            received, results = envs.recv(least=2)
            seen.append(results if received.tolist() == [3, 0] else rows(results, [1, 0]))
            return np.concatenate([numbers(results) for results in seen])

    assert np.array_equal(play(None), play(server.endpoint))


@pytest.mark.parametrize("kind", ["step", "send", "recv", "save", "load", "fork", "drop", "reset"])
def test_lost_replies_are_asked_for_again_and_nothing_is_done_twice(server, kind):
    def play(envs):
        rng = np.random.default_rng(5)
        seen = [envs.reset([4, 3, 2, 1])]
        for _ in range(3):
            seen.append(envs.step(envs.sample_actions(rng, 2), envs=[2, 0]))
            envs.send(envs.sample_actions(rng, 1), [1])
            seen.append(envs.recv()[1])
            save = envs.save(2)
            seen += [envs.fork(2, 1), envs.load(3, save)]
            envs.drop(save)
            seen += [envs.reset(envs=[0])]
        return np.concatenate([numbers(results) for results in seen] + [[save]])

    with server.connect(config_text=CONFIG, num_envs=ENVS) as envs:
        expected = play(envs)
    with Relay(server.endpoint, kind) as relay:
        options = {"config_text": CONFIG, "num_envs": ENVS, "timeout_s": 2.0, "retries": 9}
        with hftsim.connect(relay.endpoint, **options) as envs:
            relay.lose_replies = 4
            assert np.array_equal(play(envs), expected)
        assert relay.lose_replies == 0


def test_a_receipt_that_never_comes(server):
    with (
        Relay(server.endpoint, "recv") as relay,
        hftsim.connect(relay.endpoint, config_text=CONFIG, timeout_s=0.4, retries=1) as envs,
    ):
        expected = run(envs, 3)
        envs.send(envs.sample_actions(np.random.default_rng(0)), [0])
        relay.lose_replies = 2
        with pytest.raises(hftsim.ServerUnavailable):
            envs.recv()
        with pytest.raises(hftsim.Error, match="reset"):
            envs.recv()
        assert np.array_equal(run(envs, 3), expected)
