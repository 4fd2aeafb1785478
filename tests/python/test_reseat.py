"""Who controls a seat may change at a reset: by overrides of its controller, env by env."""

import hftsim
import numpy as np
import pytest

from trajectory import numbers

EPISODE = 20
CONFIG = f"""
market_config: {{decision_ms: 200, volatility: 0.02}}
populations: [{{kind: noise}}, {{kind: value}}, {{kind: maker}}]
env_config: {{warmup_s: 2, episode_len: {EPISODE}, reseat: true}}
seats: [{{kind: maker, count: 2}}, {{kind: executor, parent_qty: 100}}, {{kind: taker, CONTROLLER}}]
"""
EXTERNAL = CONFIG.replace("CONTROLLER", "order_qty: 5")
RULES = ["twap", "vwap", "avellaneda-stoikov", "random", "momentum", "mean-reversion", "rsi", "sma",
         "ofi", "do-nothing"]
ENVS = 4


@pytest.fixture(params=["in this process", "on a server", "on two servers"])
def make(request):
    endpoint = None
    if request.param == "in this process":
        request.getfixturevalue("library")
    else:
        endpoint = [request.getfixturevalue("server").endpoint]
    if request.param == "on two servers":
        endpoint.append(request.getfixturevalue("second_server").endpoint)
    return lambda text=EXTERNAL, **options: hftsim.make(
        config_text=text, endpoint=endpoint and endpoint[: options["num_envs"]], **options
    )


def play(envs, results, seed=0):
    """Plays the episodes to their end; the rows of controlled seats hold what no action is."""
    rng = np.random.default_rng(seed)
    while not results.ended.all():
        actions = envs.sample_actions(rng)
        for role, held in results.controlled.items():
            actions[role][held] = np.nan
        results = envs.step(actions)
    return results


def test_a_league_draws_its_controllers_anew(make):
    with make(num_envs=ENVS, seed=3, autoreset="manual") as envs:
        results = envs.reset()
        assert not any(held.any() for held in results.controlled.values())
        rng = np.random.default_rng(0)
        for _ in range(4):
            league = rng.integers(len(RULES) + 1, size=ENVS)
            for rule in np.unique(league):
                overrides = {} if rule == len(RULES) else {"seats[1].controller": RULES[rule]}
                results = envs.reset(mask=league == rule, overrides=overrides)
            held = league < len(RULES)
            assert np.array_equal(results.controlled["executor"][:, 0], held)
            assert not results.controlled["maker"].any()
            results = play(envs, results)
            assert np.array_equal(results.controlled["executor"][:, 0], held)
            assert (results.finals.returns["executor"] < 0).all()  # it pays for its parent order


@pytest.mark.parametrize("rule", RULES)
def test_a_strategy_in_a_learners_seat_is_scored_as_in_its_own(make, rule):
    own = CONFIG.replace("CONTROLLER", f"order_qty: 5, controller: {rule}")
    with make(num_envs=2, seed=3, autoreset="manual") as envs:
        results = play(envs, envs.reset(overrides={"seats[2].controller": rule}))
        here = results.finals.returns["taker"], results.finals.totals["taker"]
        with make(own, num_envs=2, seed=3, autoreset="manual") as alone:
            assert "taker" not in alone.spec.roles
            results = alone.reset()
            rng = np.random.default_rng(0)
            while not results.ended.all():
                actions = envs.sample_actions(rng)
                del actions["taker"]
                results = alone.step(actions)
            finals = results.finals
        assert np.array_equal(here[0], finals.strategy_returns["taker"])
        assert np.array_equal(here[1], finals.strategy_totals["taker"])


def test_both_places_give_the_same(server, library):
    def run(make):
        with make(num_envs=ENVS, seed=3) as envs:
            params = {"seats[0].controller": "avellaneda-stoikov", "seats[0].params.quote_qty": 3}
            seen = [envs.reset(), envs.reset(envs=[1, 3], overrides=params)]
            rng = np.random.default_rng(0)
            seen += [envs.step(envs.sample_actions(rng)) for _ in range(EPISODE + 5)]
            save = envs.save(1)
            seen += [envs.fork(3, [0, 2]), envs.load(3, save)]
            assert seen[-2].controlled["maker"].all()
            seen += [envs.step(envs.sample_actions(rng)) for _ in range(EPISODE)]
            held = [results.controlled["maker"].ravel() for results in seen]
            return np.concatenate([numbers(results) for results in seen] + held)

    here = run(lambda **options: hftsim.make(config_text=EXTERNAL, **options))
    there = run(lambda **options: server.connect(config_text=EXTERNAL, **options))
    assert np.array_equal(here, there)


@pytest.mark.parametrize(
    ("text", "overrides", "words"),
    [
        (EXTERNAL, {"seats[1].controller": "nobody"}, "known are external, twap"),
        (EXTERNAL, {"seats[7].controller": "twap"}, "seats"),
        (EXTERNAL, {"seats[1].controller": "twap", "seats[1].params": {"slices": -1}}, "slices"),
        (EXTERNAL, {"env_config.reseat": False}, "reseat"),
        (EXTERNAL.replace("true", "false"), {"seats[1].controller": "twap"}, "reseat: true"),
        (CONFIG.replace("CONTROLLER", "controller: random"), {"seats[2].controller": "external"},
         "no arrays for a learner"),
    ],
)  # fmt: skip
def test_what_may_not_be(make, text, overrides, words):
    with make(text, num_envs=2, seed=1) as envs:
        before = numbers(envs.reset())
        with pytest.raises(hftsim.RequestError, match=words) as caught:
            envs.reset(overrides=overrides)
        assert caught.value.code == "config"
        assert np.array_equal(numbers(envs.reset(seed=1)), before)


def test_actions_of_controlled_seats_alone_may_be_anything(make):
    """Also after saves, forks and a return to learners, and where only some envs are stepped."""
    with make(num_envs=ENVS, seed=3) as envs:
        rng = np.random.default_rng(0)

        def check(held):
            for some in ([3, 0], [1, 2], None):
                rows = list(range(ENVS)) if some is None else some
                actions = envs.sample_actions(rng, None if some is None else len(some))
                actions["executor"][[row for row, env in enumerate(rows) if env in held]] = np.nan
                results = envs.step(actions, envs=some)
                assert np.flatnonzero(results.controlled["executor"]).tolist() == [
                    row for row, env in enumerate(rows) if env in held
                ]
                for row, env in enumerate(rows):
                    if env not in held:
                        wrong = {role: array.copy() for role, array in actions.items()}
                        wrong["executor"][row] = np.inf
                        with pytest.raises(hftsim.RequestError, match="bad_action"):
                            envs.step(wrong, envs=some)

        envs.reset()
        check([])
        save = envs.save(1)
        envs.reset(envs=[3, 1], overrides={"seats[1].controller": "twap"})
        check([1, 3])
        envs.fork(1, 0)
        check([0, 1, 3])
        envs.load(1, save)
        check([0, 3])
        envs.send(envs.sample_actions(rng, 2), [0, 2])
        envs.recv(least=2)
        check([0, 3])
        envs.reset(mask=[True, False, False, False], overrides={})
        check([3])
        envs.reset(9, overrides={"seats[1].controller": "momentum"})
        check([0, 1, 2, 3])


def test_without_the_key_nothing_tells_of_it(make):
    with make(EXTERNAL.replace("true", "false"), num_envs=1) as envs:
        assert envs.reset().controlled == {}
        assert not any("controlled" in array.name for array in envs.spec.results.arrays)


def test_a_policy_in_a_learners_seat_acts_as_in_its_own(make, library):
    text = EXTERNAL.replace("kind: taker", "kind: taker, forecast_r2: 0.9, forecast_s: 2")
    with make(text, num_envs=2, seed=3, autoreset="manual") as envs:
        params = {"band": 0.1, "horizon_s": 2}
        held = {"seats[2].controller": "bayes", "seats[2].params": params}
        results = envs.reset(overrides=held)
        assert results.controlled["taker"].all()
        results = play(envs, results)
        assert np.abs(results.finals.totals["taker"][:, 0, 3]).all()  # it trades
        told = "controller: bayes, params: {band: 0.1, horizon_s: 2}"
        own = text.replace("order_qty: 5", f"order_qty: 5, {told}")
        with make(own, num_envs=2, seed=3, autoreset="manual") as alone:
            there = alone.reset()
            rng = np.random.default_rng(0)
            while not there.ended.all():
                actions = envs.sample_actions(rng)
                del actions["taker"]
                there = alone.step(actions)
        assert np.array_equal(results.finals.returns["taker"], there.finals.policy_returns["taker"])
        assert np.array_equal(results.state, there.state)
