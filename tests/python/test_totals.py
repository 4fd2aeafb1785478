"""What infos tell of an episode at its end: the same by every adapter, in every mode, here and
there, against sums of terms and against accounts."""

import gymnasium
import hftsim
import numpy as np
import pytest

from conftest import CONFIG, EPISODE_LEN
from trajectory import world_seed

TOTALS = ("pnl", "shortfall", "fees", "fills", "bought", "sold", "max_drawdown", "unfilled",
          "baseline")
NAMES = {f"episode_{name}" for name in TOTALS}
ENDS = {"return", "length", "unfilled", *NAMES}
MODES = ("same_step", "next_step", "manual")
# Fees and latency; makers that now and then are out.
EXCHANGES = {
    "free": {},
    "fees": {"exchange_config.taker_fee_bps": 2.0, "exchange_config.maker_fee_bps": -0.5},
    "late": {
        "exchange_config.latency_us": 150_000,
        "exchange_config.taker_fee_per_lot": 0.5,
        "exchange_config.maker_fee_per_lot": 0.25,
    },
}
LIMIT = {"risk_config.max_inventory": 25, "env_config.episode_len": 40}
QUOTES = np.array([-0.8, -0.6], np.float32)
MAKES = np.array([-0.8, -0.6, 1.0, 1.0], np.float32)


@pytest.fixture(params=EXCHANGES)
def options(request, endpoint):
    overrides = {**LIMIT, **EXCHANGES[request.param]}
    return {"config_text": CONFIG, "endpoint": endpoint, "overrides": overrides}


def check_numpy(info):
    """Numbers of infos are NumPy's."""
    for name, value in info.items():
        assert isinstance(value, (np.generic, np.ndarray)), (name, type(value))


def played(options):
    """Of each agent its infos of an episode, played with close quotes; and the last picture."""
    env = hftsim.ParallelEnv(**options)
    env.reset(seed=world_seed(3, 0))
    infos = {agent: [] for agent in env.agents}
    pictures = {}
    while env.agents:
        agents = env.agents
        _, _, _, _, told = env.step({a: MAKES if "maker" in a else QUOTES for a in agents})
        for agent in agents:
            infos[agent].append(told[agent])
        for seat in env.pool.picture()["agents"]:
            if seat["agent"] in set(agents) - set(env.agents):
                pictures[seat["agent"]] = seat
    env.close()
    return infos, pictures


def test_against_accounts_and_sums(options):
    infos, pictures = played(options)
    with_fees = any(name.endswith(("bps", "lot")) for name in options["overrides"])
    for agent, steps in infos.items():
        last = steps[-1]
        assert all(ENDS.isdisjoint(info) for info in steps[:-1]) and set(last) > ENDS
        for info in steps:
            check_numpy(info)
        pnl = sum(info["pnl"] for info in steps)
        size = sum(abs(info["pnl"]) for info in steps)
        assert last["episode_pnl"] == pytest.approx(pnl, abs=1e-5 * size)
        (account,) = pictures[agent]["accounts"]
        assert last["episode_fees"] == pytest.approx(account["fees"], rel=1e-6)
        assert last["episode_bought"] - last["episode_sold"] == account["position"]
        assert (last["episode_fees"] != 0) == (with_fees and last["episode_fills"] > 0)
        if agent.startswith("maker"):  # what it holds is worth the mid
            assert last["episode_pnl"] == pytest.approx(account["profit"], rel=1e-6)
            assert last["episode_shortfall"] == 0
        else:
            assert last["episode_shortfall"] == -last["episode_pnl"]
            assert last["episode_bought"] == 0 and last["episode_sold"] == 50
        falls = np.maximum.accumulate(np.append(0, np.cumsum([i["pnl"] for i in steps])))
        fall = (falls[1:] - np.cumsum([i["pnl"] for i in steps])).max()
        assert last["episode_max_drawdown"] >= fall - 1e-5 * size
        assert last["episode_unfilled"] == last["unfilled"]
        assert last["length"] == len(steps)
    assert max(len(steps) for steps in infos.values()) == 40
    assert {steps[-1]["length"] for steps in infos.values()} != {40}  # one was out before


def of_row(info, row):
    """What a vector's info has for a row."""
    return {
        name: value[row]
        for name, value in info.items()
        if not name.startswith(("_", "final_")) and info[f"_{name}"][row]
    }


@pytest.mark.parametrize("mode", MODES)
def test_every_row_of_vectors(options, mode):
    """Rows of two seats a market, which end together, also where but one is out."""
    rest = {"seats": "maker", "others": lambda results: {"executor": QUOTES}}
    envs = hftsim.VectorEnv(None, 3, seed=3, autoreset=mode, **rest, **options)
    envs.reset()
    sums, sizes, ends = np.zeros(6), np.zeros(6), []
    for _ in range(150):
        _, _, terminations, truncations, info = envs.step(np.tile(MAKES, (6, 1)))
        ended = terminations | truncations
        for row in range(6):
            final = of_row(info, row)
            if "final_info" in info and info["_final_info"][row]:
                final = of_row(info["final_info"], row)
            sums[row] += final.get("pnl", 0)
            sizes[row] += abs(final.get("pnl", 0))
            assert ended[row] == ("length" in final)
            if ended[row]:
                assert set(final) > ENDS
                assert final["episode_pnl"] == pytest.approx(sums[row], abs=1e-5 * sizes[row])
                ends.append((row, {name: final[name] for name in ENDS}))
                sums[row] = sizes[row] = 0
        if mode == "manual" and ended.any():
            envs.reset(options={"reset_mask": ended})
    envs.close()
    lengths = {end["length"] for _, end in ends}
    assert 40 in lengths and len(lengths) > 3
    # The first episode of the first market is that of the seats by name, while both are in.
    infos, _ = played(options)
    first = dict(reversed([(row, end) for row, end in ends if row < 2]))
    out = [agent for agent in ("maker_0", "maker_1") if len(infos[agent]) == first[0]["length"]]
    assert out
    for agent in out:
        last = infos[agent][-1]
        assert first[int(agent[-1])] == {name: last[name] for name in ENDS}


@pytest.mark.parametrize("mode", MODES)
def test_modes_agree(options, mode):
    rest = {"seats": "maker", "others": lambda results: {"executor": QUOTES}}
    ends = []
    for autoreset in ("same_step", mode):
        envs = hftsim.VectorEnv(None, 2, seed=5, autoreset=autoreset, **rest, **options)
        envs.reset()
        found = {row: [] for row in range(4)}
        for _ in range(140):
            _, _, terminations, truncations, info = envs.step(np.tile(MAKES, (4, 1)))
            ended = terminations | truncations
            final = info.get("final_info", info)
            for row in np.flatnonzero(ended):
                found[row].append({name: final[name][row] for name in sorted(ENDS)})
            if autoreset == "manual" and ended.any():
                envs.reset(options={"reset_mask": ended})
        envs.close()
        ends.append(found)
    for row, found in ends[1].items():
        assert len(found) >= 2 and found == ends[0][row][: len(found)]


def test_every_adapter_has_the_same(options):
    pytest.importorskip("stable_baselines3")
    pytest.importorskip("ray")
    seat = {"seats": "executor", "others": lambda results: {"maker": MAKES}}
    world = world_seed(3, 0)
    found = {}

    env = hftsim.Env(**seat, **options)
    env.reset(seed=world)
    over = False
    while not over:
        *_, terminated, truncated, info = env.step(QUOTES)
        check_numpy(info)
        over = terminated or truncated
    found["Env"] = info
    env.close()

    rows = hftsim.sb3.VecEnv(None, 2, **seat, **options)
    rows.seed(3)
    rows.reset()
    done = [False]
    while not done[0]:
        _, _, done, infos = rows.step(np.tile(QUOTES, (2, 1)))
        told = {name: infos[0][name] for name in infos[0] if name != "TimeLimit.truncated"}
        check_numpy(told)
    found["VecEnv"] = told
    rows.close()

    envs = hftsim.VectorEnv(None, 2, **seat, **options)
    envs.reset(seed=3)
    info = {}
    while "final_info" not in info:
        *_, info = envs.step(np.tile(QUOTES, (2, 1)))
    found["VectorEnv"] = of_row(info["final_info"], 0)
    envs.close()

    agents = hftsim.rllib.MultiAgentEnv({**seat, **options})
    agents.reset(seed=world)
    while agents.agents:
        *_, infos = agents.step({"executor_0": QUOTES})
        check_numpy(infos["executor_0"])
    found["MultiAgentEnv"] = infos["executor_0"]
    agents.close()

    parallel = hftsim.ParallelEnv(**seat, **options)
    parallel.reset(seed=world)
    while parallel.agents:
        *_, infos = parallel.step({"executor_0": QUOTES})
    found["ParallelEnv"] = infos["executor_0"]
    parallel.close()

    wanted = {name: found["Env"][name] for name in ENDS}
    for name, info in found.items():
        assert {end: info[end] for end in ENDS} == wanted, name


def test_they_count_fills(endpoint):
    """A taker that buys 3 lots in each of its steps, of which the first two may be one fill."""
    options = {
        "config_text": CONFIG.replace("{kind: maker, count: 2}", "{kind: taker, order_qty: 3}"),
        "endpoint": endpoint,
        "seats": "taker",
        "others": lambda results: {"executor": -1.0},
    }
    env = hftsim.Env(**options)
    env.reset(seed=1)
    for _ in range(EPISODE_LEN):
        *_, info = env.step(np.ones(1, np.float32))
    assert info["episode_bought"] == 3 * EPISODE_LEN and info["episode_sold"] == 0
    assert EPISODE_LEN <= info["episode_fills"] <= 3 * EPISODE_LEN
    env.close()


def test_finals_of_a_pool(make_small):
    with make_small(num_envs=3, seed=4) as pool:
        role = pool.roles["maker"]
        assert role.total_names == TOTALS
        assert [meaning.unit for meaning in role.total_meanings][:3] == ["ticks x lots"] * 3
        rng = np.random.default_rng(1)
        sums = {name: 0.0 for name in pool.roles}
        results = pool.reset()
        for _ in range(EPISODE_LEN):
            assert len(results.finals) == 0
            results = pool.step(pool.sample_actions(rng))
            for name in pool.roles:
                sums[name] += results.terms[name][..., role.term_names.index("pnl")]
        assert results.finals.envs.tolist() == [0, 1, 2] and not results.finals.masks
        for name, totals in results.finals.totals.items():
            assert totals.shape == (3, len(pool.roles[name].agents), len(TOTALS))
            np.testing.assert_allclose(totals[..., 0], sums[name], rtol=1e-4, atol=1e-3)


def test_saves_have_all_that_totals_are_made_of(make_small):
    found = []
    for detour in (0, 9):
        with make_small(num_envs=1, seed=4) as pool:
            rng = np.random.default_rng(1)
            last = pool.sample_actions(np.random.default_rng(2))
            pool.reset()
            for step in range(EPISODE_LEN):
                if step == 10:
                    save = pool.save(0)
                    for _ in range(detour):
                        pool.step({name: np.full_like(array, -0.9) for name, array in last.items()})
                    pool.load(0, save)
                last = pool.sample_actions(rng)
                results = pool.step(last)
            found.append(results.finals.totals)
    for name, totals in found[0].items():
        assert np.array_equal(totals, found[1][name]) and totals.any()


def test_monitors_keep_them(endpoint):
    stable = pytest.importorskip("stable_baselines3.common.vec_env")
    rows = hftsim.sb3.VecEnv(
        None,
        2,
        config_text=CONFIG,
        endpoint=endpoint,
        seats="executor",
        others=lambda results: {"maker": 0},
    )
    envs = stable.VecMonitor(rows, info_keywords=("episode_shortfall", "episode_fees"))
    envs.reset()
    for _ in range(EPISODE_LEN):
        *_, infos = envs.step(np.zeros((2, 2), np.float32))
    assert all(info["episode"]["episode_shortfall"] == info["episode_shortfall"] for info in infos)
    envs.close()
    env = gymnasium.wrappers.RecordEpisodeStatistics(
        hftsim.Env(
            config_text=CONFIG,
            endpoint=endpoint,
            seats="executor",
            others=lambda results: {"maker": 0},
        )
    )
    env.reset()
    for _ in range(EPISODE_LEN):
        *_, info = env.step(np.zeros(2, np.float32))
    assert info["episode"]["l"] == info["length"] == EPISODE_LEN
    env.close()
