"""The env of RLlib: its contract, who uses which server, and multi-agent training on Ray."""

import os
import signal
import tempfile
from collections import Counter

import hftsim
import hftsim.values
import numpy as np
import pytest

pytest.importorskip("ray", reason="needs hftsim[rllib]")

import ray
from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.core.rl_module.multi_rl_module import MultiRLModuleSpec
from ray.rllib.core.rl_module.rl_module import RLModuleSpec
from ray.rllib.env.env_context import EnvContext
from ray.rllib.env.env_runner import EnvRunner
from ray.rllib.env.multi_agent_env import MultiAgentEnv
from ray.rllib.examples.rl_modules.classes.action_masking_rlm import ActionMaskingTorchRLModule
from ray.rllib.utils.pre_checks.env import check_multiagent_environments

from conftest import CONFIG, EPISODE_LEN
from trajectory import world_seed


@pytest.fixture
def make(server):
    """Makes an env of the small config on a server."""
    made = []

    def make(runner=0, **config):
        config = {"config_text": CONFIG, "endpoint": server.endpoint, **config}
        context = EnvContext(config, worker_index=runner)
        made.append(hftsim.rllib.MultiAgentEnv(context))
        return made[-1]

    yield make
    for env in made:
        env.close()


def test_agents_and_spaces(make):
    env = make()
    assert isinstance(env, MultiAgentEnv)
    agents = ["maker_0", "maker_1", "executor_0"]
    assert env.possible_agents == agents and env.agents == []
    assert set(env.observation_spaces) == set(env.action_spaces) == set(agents)
    observations, infos = env.reset(seed=1)
    assert env.agents == agents and set(observations) == set(infos) == set(agents)
    for agent, observation in observations.items():
        assert env.get_observation_space(agent).contains(observation)
        assert env.get_action_space(agent).contains(env.action_spaces[agent].sample())


def test_the_numbers_are_the_parallel_envs(make, server):
    env, other = make(), hftsim.ParallelEnv(config_text=CONFIG, endpoint=server.endpoint)
    np.testing.assert_equal(env.reset(seed=5), other.reset(seed=5))
    while env.agents:
        actions = {agent: env.action_spaces[agent].sample() for agent in env.agents}
        observations, rewards, terminateds, truncateds, infos = env.step(actions)
        assert not terminateds.pop("__all__")
        assert truncateds.pop("__all__") == (not env.agents)
        found = (observations, rewards, terminateds, truncateds, infos)
        np.testing.assert_equal(found, other.step(actions))
        assert np.array_equal(env.state(), other.state())
    assert infos["executor_0"]["length"] == EPISODE_LEN
    other.close()


def test_agents_leave_and_the_last_one_ends_the_episode(make):
    env = make(overrides={"risk_config.max_inventory": 1}, seats="maker", others=keep_pace)
    env.reset(seed=1)
    ends = {}
    for step in range(EPISODE_LEN):
        actions = {agent: np.float32([-0.9, -0.9, 1, 1]) for agent in env.agents}
        observations, _, terminateds, truncateds, _ = env.step(actions)
        over = terminateds.pop("__all__"), truncateds.pop("__all__")
        assert set(observations) == set(terminateds) == set(actions)
        ends |= {agent: step for agent in actions if terminateds[agent]}
        assert set(env.agents) == set(actions) - set(ends)
        if any(over):
            break
    assert set(ends) == {"maker_0", "maker_1"} and over == (True, False)
    env.reset()
    assert env.agents == ["maker_0", "maker_1"]


def keep_pace(results):
    return {"executor": 0.0}


def test_each_runner_has_its_server_and_its_worlds(make, server, second_server):
    endpoints = [server.endpoint, second_server.endpoint]
    runners = [0, 1, 1, 2, 3]  # 0 is the learner's own; runner 1 has two envs
    envs = [make(runner, endpoint=endpoints, seed=7) for runner in runners]
    used = [endpoints.index(env.pool.backend.client.endpoint) for env in envs]
    assert used == [0, 0, 0, 1, 0]
    assert len({env.reset()[0]["maker_0"].tobytes() for env in envs}) == len(envs)
    own, _ = make(0).reset(seed=world_seed(5, 2))
    assert np.array_equal(envs[3].reset(seed=5)[0]["maker_0"], own["maker_0"])


def test_without_a_seed_all_have_worlds_of_their_own(make):
    """Evaluation's runner 1, and one that was started again, look just like the first runner 1."""
    envs = [make(runner) for runner in (0, 0, 1, 1, 1, 2)]
    shown = {env.reset()[0]["maker_0"].tobytes() for env in envs for _ in range(3)}
    assert len(shown) == 3 * len(envs)


def test_rllibs_check_of_an_env_gives_no_seed(make):
    envs = [make(1) for _ in range(3)]
    for env in envs:
        check_multiagent_environments(env)  # which resets it with seed 42
    shown = {env.reset()[0]["maker_0"].tobytes() for env in envs}
    assert len(shown) == len(envs)
    own = make(1).reset(seed=42)[0]["maker_0"]
    assert own.tobytes() not in shown
    assert np.array_equal(own, envs[0].reset(seed=42)[0]["maker_0"])


def test_seeds_of_runners(make):
    """RLlib gives a runner a seed that is its index more, and env i of it one that is i more."""
    envs = [(make(runner), runner + i) for runner in range(4) for i in range(3)]
    first = [env.reset(seed=seed)[0]["maker_0"].tobytes() for env, seed in envs]
    assert len(set(first)) == len(envs)
    assert first == [env.reset(seed=seed)[0]["maker_0"].tobytes() for env, seed in envs]


def test_the_worlds_of_seeds_are_the_librarys(library):
    for seed in (0, 3, 2**64 - 1):
        with hftsim.make(num_envs=5, seed=seed, config_text=CONFIG) as envs:
            envs.reset()
            worlds = [envs.picture(env)["seed"] for env in range(5)]
        assert worlds == [hftsim.values.world_seed(seed, env) for env in range(5)]
        assert worlds == [world_seed(seed, env) for env in range(5)]


def test_in_this_process(library):
    env = hftsim.rllib.MultiAgentEnv({"config": "default"})
    env.reset()
    env.close()


@pytest.fixture
def cluster(monkeypatch):
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("RAY_raylet_start_wait_time_s", "300")
    folder = tempfile.TemporaryDirectory(prefix="ray-")  # pytest's own is too long for its sockets
    ray.init(
        num_cpus=3,
        object_store_memory=100_000_000,
        include_dashboard=False,
        log_to_driver=False,
        _temp_dir=folder.name,
    )
    yield
    ray.shutdown()
    folder.cleanup()


def ppo(env, length, **env_config):
    """PPO of two policies, of few and short episodes."""
    overrides = {"env_config.episode_len": length}
    return (
        PPOConfig()
        .environment(
            env, env_config={"config": "mm_vs_execution", "overrides": overrides, **env_config}
        )
        .multi_agent(
            policies={"maker", "executor"},
            policy_mapping_fn=lambda agent, episode, **kwargs: agent.rsplit("_", 1)[0],
        )
        .rl_module(
            rl_module_spec=MultiRLModuleSpec(
                rl_module_specs={"maker": RLModuleSpec(), "executor": RLModuleSpec()}
            )
        )
        .training(train_batch_size=4 * length, minibatch_size=2 * length, num_epochs=2)
    )


@pytest.mark.slow
def test_multi_agent_training_by_ppo(server, second_server, cluster):
    config = ppo(
        hftsim.rllib.MultiAgentEnv, 50, endpoint=[server.endpoint, second_server.endpoint]
    ).env_runners(
        num_env_runners=2,
        num_envs_per_env_runner=2,
        rollout_fragment_length=50,
        sample_timeout_s=600,
    )
    algorithm = config.build_algo()
    before = algorithm.get_module("maker").get_state()
    for _ in range(2):
        found = algorithm.train()
    runners = found["env_runners"]
    assert found["num_env_steps_sampled_lifetime"] >= 400
    assert runners["num_episodes_lifetime"] >= 4 and runners["episode_len_mean"] == 50
    assert set(runners["agent_episode_returns_mean"]) == set(AGENTS)
    assert all(map(np.isfinite, runners["agent_episode_returns_mean"].values()))
    for module in ("maker", "executor"):
        assert np.isfinite(found["learners"][module]["total_loss"])
    after = algorithm.get_module("maker").get_state()
    assert any(not np.array_equal(before[name], after[name]) for name in before)
    algorithm.stop()


def recorder(path):
    """An env that notes its process, which of the envs there it is, and each world it is in."""

    class Recorder(hftsim.rllib.MultiAgentEnv):
        def reset(self, *, seed=None, options=None):
            shown = super().reset(seed=seed, options=options)
            picture = self.pool.picture()
            with open(path, "a") as file:
                print(os.getpid(), id(self), picture["seed"], picture["episode"], file=file)
            return shown

    return Recorder


class Runner(EnvRunner):
    """Makes envs as RLlib's runners do, whose config alone tells of evaluation."""

    def __init__(self, make, in_evaluation, index):
        self.make, self.index = make, index
        self.config = PPOConfig().copy(copy_frozen=False)
        self.config.in_evaluation = in_evaluation

    def make_env(self):
        return self.make(self.index, seed=7)

    sample = assert_healthy = get_spaces = make_module = make_env


def test_evaluation_has_worlds_of_its_own_with_a_seed_of_the_env_config(make, monkeypatch):
    shown = []
    for _ in range(2):  # in each process the same
        monkeypatch.setattr(hftsim.rllib.MultiAgentEnv, "_made", Counter())
        runners = [Runner(make, evaluation, index) for evaluation in (0, 1) for index in (0, 1, 2)]
        envs = [runner.make_env() for runner in runners for _ in range(2)]
        shown.append([env.reset()[0]["maker_0"].tobytes() for env in envs])
    assert shown[0] == shown[1] and len(set(shown[0])) == 12


def test_a_runner_whose_server_is_gone_uses_another(make, program, server):
    with hftsim.launch(program=program) as other:
        env = make(1, endpoint=[other.endpoint, server.endpoint])
        env.reset()
    env.reset()
    assert env.pool.backend.client.endpoint == server.endpoint
    again = make(1, endpoint=[other.endpoint, server.endpoint])
    assert again.pool.backend.client.endpoint == server.endpoint


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "env_seed"), [(None, None), (7, None), (None, 7)])
def test_every_env_of_an_algorithm_has_worlds_of_its_own(server, cluster, tmp_path, seed, env_seed):
    """Those of evaluation, and of runners that were started again, too."""
    path = tmp_path / "worlds"
    given = {} if env_seed is None else {"seed": env_seed}
    config = (
        ppo(recorder(path), 20, endpoint=server.endpoint, **given)
        .env_runners(num_env_runners=1, num_envs_per_env_runner=2, sample_timeout_s=600)
        .evaluation(evaluation_num_env_runners=1, evaluation_interval=1, evaluation_duration=2)
    )
    if seed is not None:
        config = config.debugging(seed=seed)
    algorithm = config.build_algo()
    algorithm.train()
    killed = {int(line.split()[0]) for line in path.read_text().splitlines()} - {os.getpid()}
    assert len(killed) == 2  # one that trains and one that evaluates
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    for _ in range(20):
        algorithm.train()
        rows = [tuple(map(int, line.split())) for line in path.read_text().splitlines()]
        if len({row[0] for row in rows} - killed) == 2:
            break
    algorithm.stop()
    assert len({pid for pid, *_ in rows}) == 4
    envs = {row[:2] for row in rows}
    assert len({row[2:] for row in rows}) == len(rows)  # no world twice
    assert len({row[2] for row in rows}) >= len(envs) >= 5


def checker(path):
    """An env that notes how many of the actions it is given its masks forbid."""

    class Checker(hftsim.rllib.MultiAgentEnv):
        def step(self, action_dict):
            masks = {agent: self._market.mask(agent) for agent in action_dict}
            allowed = [masks[agent][action] for agent, action in action_dict.items()]
            forbidden = sum(int((~mask).sum()) for mask in masks.values())
            with open(path, "a") as file:
                print(len(allowed), int(sum(allowed)), forbidden, file=file)
            return super().step(action_dict)

    return Checker


@pytest.mark.slow
def test_rllibs_own_module_that_masks_actions(server, cluster, tmp_path):
    """It finds observations and masks under the names that it knows."""
    path = tmp_path / "actions"
    config = ppo(checker(path), 40, endpoint=server.endpoint, masks="obs")
    overrides = {
        "env_config.episode_len": 40,
        "env_config.action_space": "discrete",
        "env_config.action_choices": 5,
        "risk_config.max_inventory": 12,
    }
    config.environment(env_config={**config.env_config, "overrides": overrides})
    modules = {
        name: RLModuleSpec(module_class=ActionMaskingTorchRLModule)
        for name in ("maker", "executor")
    }
    config.rl_module(rl_module_spec=MultiRLModuleSpec(rl_module_specs=modules))
    algorithm = config.env_runners(num_env_runners=1, sample_timeout_s=600).build_algo()
    found = algorithm.train()
    algorithm.stop()
    for module in ("maker", "executor"):
        assert np.isfinite(found["learners"][module]["total_loss"])
    rows = np.array([list(map(int, line.split())) for line in path.read_text().splitlines()])
    given, allowed, forbidden = rows.sum(axis=0)
    assert given >= 4 * 160 and allowed == given and forbidden > 100


AGENTS = ("maker_0", "maker_1", "executor_0", "executor_1")
