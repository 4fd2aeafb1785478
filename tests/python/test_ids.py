"""The names by which Gymnasium makes envs: one a preset, as soon as hftsim is imported."""

import subprocess
import sys

import gymnasium
import hftsim
import hftsim.ids
import numpy as np
import pytest

from conftest import CONFIG

SHORT = {"env_config.warmup_s": 0, "env_config.episode_len": 3}


def presets(server):
    """Those with seats, whose envs can be made."""
    client = hftsim.Client(server.endpoint)
    names = client.hello()["configs"]
    client.close()
    for name in names:
        try:
            with hftsim.make(name, endpoint=server.endpoint, overrides=SHORT) as envs:
                yield name, envs.spec
        except hftsim.RequestError:
            pass


def test_each_preset_has_an_id(server):
    assert sorted(name for name, _ in presets(server)) == list(hftsim.ids.PRESETS)
    assert hftsim.ids.id_of("market_making") == "hftsim/MarketMaking-v0"
    known = [name for name in gymnasium.registry if name.startswith("hftsim/")]
    assert set(known) == {hftsim.ids.ID, *map(hftsim.ids.id_of, hftsim.ids.PRESETS)}


def test_each_id_makes_its_preset(server):
    for name, spec in presets(server):
        agent = spec.agents[0]
        rest = {role.name: 0 for role in spec.roles.values() if set(role.agents) - {agent}}
        options = {"endpoint": server.endpoint, "overrides": SHORT, "seats": agent}
        options["others"] = (lambda results, rest=rest: rest) if rest else None
        env = gymnasium.make(hftsim.ids.id_of(name), **options)
        assert env.unwrapped.pool.spec.config == spec.config
        env.reset(seed=1)
        env.step(env.action_space.sample())
        rows = gymnasium.make_vec(hftsim.ids.id_of(name), num_envs=2, **options)
        assert rows.reset(seed=1)[0].shape == (2, *env.observation_space.shape)
        env.close()
        rows.close()


@pytest.mark.parametrize(
    ("first", "name"),
    [
        ("import gymnasium, hftsim", "hftsim/MarketMaking-v0"),
        ("import hftsim, gymnasium", "hftsim/MarketMaking-v0"),
        ("import gymnasium", "hftsim:hftsim/MarketMaking-v0"),
        ("import gymnasium", "hftsim.gym:hftsim/Market-v0"),
        ("import gymnasium, hftsim, importlib; importlib.reload(hftsim)", "hftsim/Market-v0"),
    ],
)
def test_in_a_new_process(library, first, name):
    script = f"{first}\nenv = gymnasium.make({name!r})\nprint(env.reset(seed=1)[0].shape)"
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", script], capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stdout.startswith("("), done.stderr
    assert "Overriding" not in done.stderr


def test_what_envs_call_themselves(endpoint):
    options = {"config_text": CONFIG, "endpoint": endpoint}
    others = {"seats": "executor", "others": lambda results: {"maker": 0}}
    place = "in this process" if endpoint is None else f"on {endpoint}"
    pool = hftsim.make(num_envs=3, **options)
    text = f"<Pool of 3 envs with maker_0, maker_1, executor_0, {place}>"
    assert repr(pool) == str(pool) == text
    pool.close()
    assert str(pool) == text.replace(">", ", closed>")
    env = hftsim.Env(**options, **others)
    assert str(env) == f"<Env executor_0 of {env.pool}>" and "1 env with" in str(env)
    made = gymnasium.make(hftsim.ids.ID, **options, **others)
    assert hftsim.ids.ID in str(made) and hftsim.ids.ID in str(made.unwrapped)
    rows = hftsim.VectorEnv(None, 2, **options, **others)
    assert str(rows) == repr(rows) == f"<VectorEnv of 2 rows of {rows.pool}>"
    named = gymnasium.make_vec(hftsim.ids.ID, 2, **options, **others)
    assert hftsim.ids.ID in str(named)
    parallel = hftsim.ParallelEnv(**options)
    agents = "maker_0, maker_1, executor_0"
    assert str(parallel) == f"<ParallelEnv {agents} of {parallel.pool}>"
    for each in (env, made, rows, named, parallel):
        each.close()


def test_what_envs_of_learners_call_themselves(endpoint):
    pytest.importorskip("stable_baselines3")
    pytest.importorskip("ray")
    options = {"config_text": CONFIG, "endpoint": endpoint}
    rows = hftsim.sb3.VecEnv(None, 2, **options, seats="maker", others=lambda r: {"executor": 0})
    assert str(rows) == f"<VecEnv of 4 rows of {rows.pool}>"
    agents = hftsim.rllib.MultiAgentEnv(options)
    assert str(agents) == f"<MultiAgentEnv maker_0, maker_1, executor_0 of {agents.pool}>"
    for each in (rows, agents):
        each.close()


def test_spaces_of_all_agents(endpoint):
    pytest.importorskip("pettingzoo")
    env = hftsim.ParallelEnv(config_text=CONFIG, endpoint=endpoint)
    for spaces, space in (
        (env.observation_spaces, env.observation_space),
        (env.action_spaces, env.action_space),
    ):
        assert list(spaces) == env.possible_agents
        assert all(spaces[agent] is space(agent) for agent in spaces)
    observations, _ = env.reset(seed=1)
    assert all(env.observation_spaces[agent].contains(obs) for agent, obs in observations.items())
    assert np.all([env.action_spaces[a].contains(env.action_space(a).sample()) for a in env.agents])
    env.close()
