"""The PettingZoo env, by PettingZoo's own tests and over whole episodes."""

import hftsim
import numpy as np
import pytest
from pettingzoo.test import parallel_api_test, parallel_seed_test
from pettingzoo.utils import parallel_to_aec

from conftest import CONFIG, EPISODE_LEN


@pytest.fixture
def env(server):
    made = hftsim.ParallelEnv(endpoint=server.endpoint, config_text=CONFIG)
    yield made
    made.close()


def episode(env, seed, rng_seed=0):
    """All that one whole episode gives, as a flat list of numbers, and the last step's outcome."""
    rng = np.random.default_rng(rng_seed)
    observations, _ = env.reset(seed)
    trace = [np.concatenate([*observations.values(), env.state()])]
    outcome = None
    while env.agents:
        actions = {
            agent: rng.uniform(-1, 1, env.action_space(agent).shape).astype(np.float32)
            for agent in env.agents
        }
        outcome = env.step(actions)
        observations, rewards, terminations, truncations, _ = outcome
        trace += [np.concatenate(list(observations.values())), env.state()]
        trace += [list(rewards.values()), list(terminations.values()), list(truncations.values())]
    return np.concatenate([np.asarray(part, np.float64).ravel() for part in trace]), outcome


def test_pettingzoo_api(env):
    parallel_api_test(env, num_cycles=3 * EPISODE_LEN)


def test_pettingzoo_seed(server):
    def make():
        return hftsim.ParallelEnv(endpoint=server.endpoint, config_text=CONFIG)

    parallel_seed_test(make, num_cycles=2 * EPISODE_LEN)


def test_default_config(server):
    env = hftsim.ParallelEnv(endpoint=server.endpoint)
    parallel_api_test(env, num_cycles=20)
    env.close()


def test_agents_and_spaces(env):
    assert env.possible_agents == ["maker_0", "maker_1", "executor_0"]
    assert env.agents == []
    env.reset(seed=1)
    assert env.agents == env.possible_agents
    for agent in env.agents:
        assert env.action_space(agent) is env.action_space(agent)
        assert env.observation_space(agent) is env.observation_space(agent)
        assert env.action_space(agent).low.min() == -1 and env.action_space(agent).high.max() == 1
    assert env.action_space("maker_0") is not env.action_space("maker_1")
    assert env.state_space.contains(env.state())


@pytest.mark.parametrize(("space", "choices"), [("multi_discrete", 14), ("discrete", 100)])
def test_actions_that_are_choices(server, space, choices):
    overrides = {"env_config.action_space": space, "env_config.action_choices": 5}
    env = hftsim.ParallelEnv(endpoint=server.endpoint, config_text=CONFIG, overrides=overrides)
    parallel_api_test(env, num_cycles=2 * EPISODE_LEN)
    _, infos = env.reset(seed=1)
    while env.agents:
        for agent in env.agents:
            mask = infos[agent]["action_mask"]
            own = choices if agent.startswith("maker") else 10 if choices == 14 else 25
            assert mask.shape == (own,) and mask.dtype == np.int8 and mask.any()
        if space == "discrete":  # masks are as Gymnasium's spaces take them
            mask = infos["maker_0"]["action_mask"]
            assert mask[env.action_space("maker_0").sample(mask)]
        actions = {agent: env.action_space(agent).sample() for agent in env.agents}
        with pytest.raises(TypeError):
            env.step({**actions, env.agents[0]: actions[env.agents[0]] + 0.5})
        _, _, _, _, infos = env.step(actions)
    assert all("action_mask" not in info for info in infos.values())
    env.close()


def test_whole_episodes_repeat_with_the_seed(env, server):
    first, outcome = episode(env, seed=42)
    assert all(outcome[3].values()) and len(outcome[3]) == 3
    second, _ = episode(env, seed=None)  # the next episode of the same world line
    other, _ = episode(env, seed=43)
    assert not np.array_equal(first, second) and not np.array_equal(first, other)
    assert np.array_equal(first, episode(env, seed=42)[0])
    assert np.array_equal(second, episode(env, seed=None)[0])
    fresh = hftsim.ParallelEnv(endpoint=server.endpoint, config_text=CONFIG, seed=42)
    assert np.array_equal(first, episode(fresh, seed=None)[0])
    fresh.close()


def test_last_observation_is_the_ended_episodes(env, server):
    _, outcome = episode(env, seed=5)
    last, state = outcome[0], env.state()
    with server.connect(config_text=CONFIG, seed=5) as envs:
        rng = np.random.default_rng(0)
        envs.reset()
        results = None
        for _ in range(EPISODE_LEN):
            flat = [
                rng.uniform(-1, 1, env.action_space(agent).shape).astype(np.float32)
                for agent in env.possible_agents
            ]
            results = envs.step(
                {"maker": np.stack(flat[:2])[None], "executor": flat[2][None, None]}
            )
    assert np.array_equal(last["maker_1"], results.finals.obs["maker"][0, 1])
    assert np.array_equal(last["executor_0"], results.finals.obs["executor"][0, 0])
    assert np.array_equal(state, results.finals.state[0])
    observations, infos = env.reset()
    assert np.array_equal(observations["maker_0"], results.obs["maker"][0, 0])
    assert np.array_equal(env.state(), results.state[0])
    assert infos == {agent: {} for agent in env.possible_agents}


def test_infos(env):
    env.reset(seed=1)
    total = dict.fromkeys(env.agents, 0.0)
    while env.agents:
        actions = {agent: env.action_space(agent).sample() for agent in env.agents}
        _, rewards, _, _, infos = env.step(actions)
        for agent, info in infos.items():
            total[agent] += rewards[agent]
            assert "pnl" in info
    for agent, info in infos.items():
        assert info["length"] == EPISODE_LEN
        assert info["return"] == pytest.approx(total[agent])
    assert env.step({}) == ({}, {}, {}, {}, {})


def test_an_agent_that_breaks_its_limit_leaves_the_others(server):
    env = hftsim.ParallelEnv(
        endpoint=server.endpoint,
        config_text=CONFIG,
        overrides={"risk_config.max_inventory": 1, "env_config.episode_len": 300},
    )
    env.reset(seed=1)
    left_at = {}
    step = 0
    while env.agents:
        before = set(env.agents)
        close = {"maker": np.array([-0.9, -0.9, 1, 1]), "executor": np.array([-0.9, -0.9])}
        actions = {agent: close[agent.split("_")[0]].astype(np.float32) for agent in env.agents}
        _, rewards, terminations, truncations, infos = env.step(actions)
        step += 1
        assert set(rewards) == set(terminations) == set(infos) == before
        for agent in before - set(env.agents):
            assert terminations[agent] or truncations[agent]
            assert infos[agent]["length"] == step
            left_at[agent] = step
    env.close()
    assert set(left_at) == {"maker_0", "maker_1", "executor_0"}
    assert min(left_at.values()) < 300


def test_wrong_actions(env):
    env.reset()
    actions = {agent: env.action_space(agent).sample() for agent in env.agents}
    with pytest.raises(ValueError, match="no action for maker_1"):
        env.step({agent: action for agent, action in actions.items() if agent != "maker_1"})
    with pytest.raises(ValueError, match="the action of executor_0 must be"):
        env.step({**actions, "executor_0": np.zeros(99)})
    with pytest.raises(hftsim.ServerError, match="bad_action"):
        env.step({**actions, "maker_0": np.full_like(actions["maker_0"], np.nan)})
    env.step(actions)


def test_aec_wrapper_runs_whole_episodes(env):
    aec = parallel_to_aec(env)
    aec.reset(seed=3)
    ended = 0
    for agent in aec.agent_iter(max_iter=10 * EPISODE_LEN):
        *_, termination, truncation, _ = aec.last()
        over = termination or truncation
        ended += over
        aec.step(None if over else aec.action_space(agent).sample())
    assert ended == 3
