"""Features of environments together: random sets of them, in one config each, must keep what each
promises alone. Numbers are the same in every place, saves and forks go on bit for bit, frames of a
stack are earlier observations, messages are in the newest one, drawn values are overrides."""

import hftsim
import numpy as np
import pytest
from hftsim.showing import drawn_named

from trajectory import numbers

SETS = 20
ENVS, EPISODE, STEPS, FRAMES = 3, 12, 27, 3
DRAWN = """
randomise:
  - {kind: log_uniform, key: market_config.volatility, low: 0.01, high: 0.04}
  - {kind: uniform, key: seats.0.quote_qty, low: 3, high: 8}
  - {kind: uniform, key: seats.1.parent_qty, low: 30, high: 90}
"""
SHORTER = "  - {kind: uniform, key: env_config.episode_len, low: 6, high: 12, from_episode: 1}\n"
ZERO_INTELLIGENCE = "populations: [{kind: noise}, {kind: value}, {kind: maker}]"
# Of each feature its choices, of which a set has one; sections of the config, or flags.
FEATURES = {
    "market": [{}, {"instruments": 2}],
    "flow": ["", ZERO_INTELLIGENCE],
    "exchange": [{}, {"latency_us": 150000}, {"halt_band_bps": 30}, {"opening_auction_s": 3}],
    "limit": [{}, {"max_inventory": 15}],
    "space": ["box", "box", "mixed", "multi_discrete"],
    "stack": [{}, {"stack": FRAMES}],
    "feed": [{}, {"feed_latency_us": 350000}, {"feed_latency_us": 2500000}, {"feed": "level3"}],
    "reference": [{}, {"reference": "fundamental"}],
    "see": [{}, {"see_actions": "true"}],
    "messages": [{}, {"message_dim": 2}],
    "reseat": ["", "avellaneda-stoikov", "random", "momentum"],
    "baseline": ["none", "fundamental", "hold", "twin"],
    "end": ["depth", "close", "reference"],
    "mark": [{}, {"mark": "fundamental"}, {"team": "all", "team_weight": 0.5}],
    "quoting": ["", ", quoting: centre", ", offset_unit: ticks", ", sizes: true"],
    "forecast": ["", ", forecast_r2: 0.6, forecast_s: 3"],
    "strategy": ["", ", {kind: executor, parent_qty: 20, controller: twap}"],
    "randomise": ["", DRAWN, DRAWN + SHORTER],
    "autoreset": ["same_step", "next_step", "manual"],
}


def section(name, *parts):
    keys = {key: value for part in parts for key, value in part.items()}
    return f"{name}: {{{', '.join(f'{key}: {value}' for key, value in keys.items())}}}\n"


def text_of(one):
    """The config of a set of features."""
    env = {"warmup_s": 2, "episode_len": EPISODE, "depth": 3, "action_space": one["space"]}
    env["reseat"] = str(bool(one["reseat"])).lower()
    return (
        section("market_config", {"decision_ms": 200, "volatility": 0.02}, one["market"])
        + section("exchange_config", one["exchange"])
        + section("risk_config", one["limit"])
        + section("reward_config", {"baseline": one["baseline"], "end": one["end"]}, one["mark"])
        + section("env_config", env, *(one[key] for key in ("stack", "feed", "reference")),
                  one["see"], one["messages"])
        + f"{one['flow']}\n"
        + f"seats: [{{kind: maker, count: 2, quote_qty: 5{one['quoting']}}}, "
        + f"{{kind: executor, parent_qty: 60}}, {{kind: taker, order_qty: 3{one['forecast']}}}, "
        + f"{{kind: portfolio, count_max: 4}}{one['strategy']}]\n"
        + one["randomise"]
    )  # fmt: skip


def rows(results):
    """All numbers of each env, [N, ...], without the finals."""
    groups = (results.obs, results.rewards, results.terms, results.terminated, results.unfilled,
              results.masks, results.controlled, results.strategy_rewards)  # fmt: skip
    arrays = [array for group in groups for array in group.values()]
    arrays += [results.state, results.ended, results.truncated, results.drawn]
    count = len(results.ended)
    return np.concatenate([np.asarray(a, np.float64).reshape(count, -1) for a in arrays], axis=1)


def begin(envs, one):
    """Resets; with `reseat` a strategy holds the makers of envs 0 and 1, but not those of 2."""
    overrides = {"seats[0].controller": one["reseat"]} if one["reseat"] else {}
    envs.reset(5, overrides=overrides)
    envs.reset(5, envs=[2], overrides={})
    return envs.reset(6)


def played(envs, results, seed=0, copy=None):
    """Steps with random actions: of each step the actions, the results and, by env, whether their
    observation is an episode's first. With `copy` = (a, b) env b acts as env a does."""
    rng = np.random.default_rng(seed)
    steps, ended = [(None, results, np.ones(ENVS, bool))], np.zeros(ENVS, bool)
    for _ in range(STEPS):
        actions = envs.sample_actions(rng)
        for array in actions.values() if copy else ():
            array[copy[1]] = array[copy[0]]
        results = envs.step(actions)
        mode, before, ended = envs.spec.autoreset, ended, results.ended.copy()
        first = {"same_step": ended, "next_step": before, "manual": np.zeros(ENVS, bool)}[mode]
        steps.append((actions, results, first))
        if mode == "manual" and ended.any():
            steps.append((None, envs.reset(), np.ones(ENVS, bool)))
    return steps


def trajectory(steps):
    seen = [results for _, results, _ in steps]
    return np.concatenate([numbers(each) for each in seen] + [rows(each).ravel() for each in seen])


def alone(envs, env):
    """The rows of one env that is stepped without the others."""
    rng, seen = np.random.default_rng(3), []
    for _ in range(STEPS):
        results = envs.step(envs.sample_actions(rng, 1), [env])
        seen.append(rows(results)[0])
        if envs.spec.autoreset == "manual" and results.ended[0]:
            seen.append(rows(envs.reset(envs=[env]))[0])
    return np.array(seen)


def check_numbers(envs, steps):
    """All are finite and within the bounds of the spec."""
    assert np.isfinite(trajectory(steps)).all()
    spec = envs.spec
    for _, results, _ in steps:
        shown = [(results.state, spec.state_low, spec.state_high)]
        shown += [(results.obs[r.name], r.obs_low, r.obs_high) for r in envs.roles.values()]
        for seen, low, high in shown:
            assert (seen >= low - 1e-5 * (1 + abs(low))).all()
            assert (seen <= high + 1e-5 * (1 + abs(high))).all()


def check_copies(envs, one):
    results = begin(envs, one)
    for _ in range(5):
        results = envs.step(envs.sample_actions(np.random.default_rng(9)))
    forked = envs.fork(0, [2])
    assert all(np.array_equal(forked.obs[role][0], results.obs[role][0]) for role in envs.roles)
    assert np.array_equal(forked.state[0], results.state[0])
    for _, results, _ in played(envs, forked, 1, copy=(0, 2))[1:]:
        assert np.array_equal(rows(results)[0], rows(results)[2])
    begin(envs, one)
    envs.step(envs.sample_actions(np.random.default_rng(9)))
    save = envs.save(1)
    expected = alone(envs, 1)
    envs.load(1, save)
    assert np.array_equal(alone(envs, 1), expected)
    return envs.export_save(save), expected


def check_frames(steps, newest):
    """Frames are the last observations of envs of one frame, and nothing else differs."""
    frames = {}
    for (_, results, first), (_, single, _) in zip(steps, newest, strict=True):
        for role, obs in single.obs.items():
            past = frames.get(role, [obs] * FRAMES)[1:]
            frames[role] = [np.where(first[:, None, None], obs, each) for each in [*past, obs]]
            assert np.array_equal(results.obs[role], np.concatenate(frames[role], axis=-1))
        assert np.array_equal(results.state, single.state)
        assert all(np.array_equal(results.rewards[r], single.rewards[r]) for r in single.rewards)


def check_messages(envs, steps, one):
    """The taker hears the first maker in its newest frame; a strategy in its seat says 0."""
    role = envs.roles["taker"]
    heard = [role.obs_names.index(f"other_0_maker_message_{k}") for k in (1, 2)]
    out = np.zeros(ENVS, bool)
    for actions, results, first in steps[1:]:
        if first.any():
            return  # the episode is over
        said = actions["maker"][:, 0, -2:].copy()
        if one["reseat"]:
            said[:2] = 0
        seen = results.obs["taker"][:, 0, heard]
        if one["space"] in ("box", "mixed"):
            assert np.allclose(seen[~out], said[~out], atol=1e-6)
        out |= results.terminated["maker"][:, 0]


def check_drawn(envs, one, make):
    """Drawn values as overrides give the same episode where nothing is drawn."""
    first = begin(envs, {**one, "reseat": ""})
    drawn = {path: values[1] for path, values in drawn_named(envs.spec, first.drawn).items()}
    whole = {path: int(value) for path, value in drawn.items() if not path.endswith("volatility")}
    with make(text_of({**one, "randomise": ""})) as plain:
        plain.reset(6, overrides={**drawn, **whole})
        rng = np.random.default_rng(2)
        for _ in range(EPISODE // 2 - 1):
            actions = envs.sample_actions(rng)
            results, others = envs.step(actions), plain.step(actions)
            assert np.array_equal(results.state[1], others.state[1])
            for role, rewards in results.rewards.items():
                assert np.array_equal(rewards[1], others.rewards[role][1])


@pytest.mark.parametrize("which", range(SETS))
def test_features_together(which, server, library):
    rng = np.random.default_rng(which)
    one = {key: choices[rng.integers(len(choices))] for key, choices in FEATURES.items()}

    def make(text=text_of(one), **options):
        options = {"num_envs": ENVS, "seed": 5, "autoreset": one["autoreset"], **options}
        return hftsim.make(config_text=text, **options)

    with make() as envs:
        steps = played(envs, begin(envs, one))
        seen = trajectory(steps)
        check_numbers(envs, steps)
        for place in ({"threads": 2}, {"endpoint": server.endpoint}):
            with make(**place) as others:
                assert np.array_equal(trajectory(played(others, begin(others, one))), seen)
        save, expected = check_copies(envs, one)
        with make(seed=77) as others:
            begin(others, one)
            others.load(1, others.import_save(save))
            assert np.array_equal(alone(others, 1), expected)
        if one["stack"]:
            with make(overrides={"env_config.stack": 1}) as single:
                check_frames(steps, played(single, begin(single, one)))
        if one["messages"]:
            check_messages(envs, steps, one)
        if one["randomise"]:
            check_drawn(envs, one, make)


BAYES = {"band": 0.05, "per_tick": 2.0, "cap": 4.0, "past": 0.5, "past_s": 1.0, "horizon_s": 2.0}
KNOWS = f"""
market_config: {{decision_ms: 200, volatility: 0.02}}
{ZERO_INTELLIGENCE}
risk_config: {{max_inventory: 10000}}
env_config: {{warmup_s: 2, episode_len: 30, reseat: true, ENV}}
seats: [{{kind: taker, order_qty: 5, forecast_r2: 0.9, forecast_s: 2}}, {{kind: maker}}]
"""


def bayes(role, obs, step_s, length, state):
    """The order of the policy `bayes` (docs/strategies_directional.md), from observations [D]."""
    told = {}
    for name in ("forecast", "inventory", "time_left"):
        k = role.obs_names.index(name)
        scale = role.obs_meanings[k].unit.split(" x ")
        told[name] = float(obs[k]) * (1 / float(scale[0]) if len(scale) > 1 else 1.0)
    mean = state.get("mean", told["forecast"])
    state["mean"] = mean + step_s / BAYES["past_s"] * (told["forecast"] - mean)
    share = min(1.0, told["time_left"] * length * step_s / BAYES["horizon_s"])
    move = share * (told["forecast"] + BAYES["past"] * state["mean"])
    edges = [BAYES["per_tick"] * (move + sign * BAYES["band"]) for sign in (-1, 1)]
    low, high = np.clip(edges, -BAYES["cap"], BAYES["cap"])
    held = told["inventory"]
    return np.clip(low - held if held < low else high - held if held > high else 0.0, -1.0, 1.0)


@pytest.mark.parametrize(
    "env",
    [
        "stack: 1",
        "feed_latency_us: 350000",
        "stack: 3, message_dim: 1",
        "stack: 2, feed_latency_us: 1000000, see_actions: true",
    ],
)
@pytest.mark.parametrize(
    "overrides",
    [
        {},
        {"market_config.volatility": 0.2},
        {"market_config.volatility": 0.002},
        {"env_config.episode_len": 13},
    ],
)
def test_a_policy_acts_by_what_its_seat_observes(library, env, overrides):
    """A learner that computes its actions from the same observations makes the same market."""
    text = KNOWS.replace("ENV", env)
    held = {"seats[0].controller": "bayes"}
    held |= {f"seats[0].params.{key}": value for key, value in BAYES.items()}
    options = {"config_text": text, "num_envs": 4, "seed": 3, "autoreset": "manual"}
    with hftsim.make(**options) as policies, hftsim.make(**options) as learners:
        role = learners.roles["taker"]
        length = overrides.get("env_config.episode_len", 30)
        results = policies.reset(3, overrides={**overrides, **held})
        others = learners.reset(3, overrides=overrides)
        states, traded = [{} for _ in range(4)], 0
        for _ in range(length):
            assert np.array_equal(results.obs["taker"], others.obs["taker"])
            actions = policies.do_nothing()
            quotes = actions["maker"]
            quotes[..., 2:4] = 1.0
            mine = learners.do_nothing()
            mine["maker"][:] = quotes
            for k, state in enumerate(states):
                order = bayes(role, others.obs["taker"][k, 0], 0.2, length, state)
                mine["taker"][k, 0, 0] = order
                traded += abs(order) > 0.1
            results, others = policies.step(actions), learners.step(mine)
            assert np.array_equal(results.rewards["taker"], others.rewards["taker"])
            assert np.array_equal(results.state, others.state)
        assert results.ended.all() and traded > 4
