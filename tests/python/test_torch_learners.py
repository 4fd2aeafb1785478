"""MAPPO and MADDPG in PyTorch: they solve a game whose solution is known, and run as programs."""

import csv
import json
import signal
import subprocess
import sys
from types import SimpleNamespace

import hftsim
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch")

from conftest import REPOSITORY  # noqa: E402

EXAMPLES = REPOSITORY / "python" / "examples"
sys.path.insert(0, str(EXAMPLES))

import maddpg  # noqa: E402
import mappo  # noqa: E402
import scoring  # noqa: E402

torch.set_num_threads(1)  # many small networks beside other tests
BOTH = pytest.mark.parametrize("example", [mappo, maddpg], ids=["mappo", "maddpg"])
ENVS, EPISODE = 32, 4
ROLES = {
    "same": hftsim.Role("same", ("same_0", "same_1"), ("x",), ("a",), ("reward",)),
    "opposite": hftsim.Role("opposite", ("opposite_0",), ("x",), ("a",), ("reward",)),
}
WANTED = {"same": 0.8, "opposite": -0.5}  # action / x


class Game:
    """Each seat sees an x of its own, and loses the square of its action's distance from what is
    wanted of its role. As in hftsim's envs the next episode begins where one ends."""

    num_envs = ENVS
    roles = ROLES
    spec = SimpleNamespace(state_names=("x0", "x1", "x2"))

    def reset(self, seed):
        self.rng, self.steps = np.random.default_rng(seed), 0
        self.draw()
        return self.results({name: np.zeros((ENVS, len(r.agents))) for name, r in ROLES.items()})

    def draw(self):
        self.x = {
            name: self.rng.uniform(-1, 1, (ENVS, len(r.agents), 1)) for name, r in ROLES.items()
        }

    def step(self, actions):
        rewards = {n: -((np.clip(actions[n], -1, 1) - WANTED[n] * x)[..., 0] ** 2)
                   for n, x in self.x.items()}  # fmt: skip
        self.steps += 1
        self.draw()
        final = self.results(rewards)
        if self.steps % EPISODE == 0:
            self.draw()
            return self.results(rewards, final)
        return final

    def results(self, rewards, final=None):
        obs = {name: x.astype(np.float32) for name, x in self.x.items()}
        state = np.concatenate([x[..., 0] for x in obs.values()], axis=1)
        ended = np.full(ENVS, final is not None)
        finals = hftsim.Finals(
            np.flatnonzero(ended).astype(np.int32),
            np.full(ended.sum(), EPISODE, np.int32),
            {},
            final.obs if final else {n: x[:0] for n, x in obs.items()},
            final.state if final else state[:0],
        )
        alive = {name: np.zeros(reward.shape, bool) for name, reward in rewards.items()}
        rewards = {name: reward.astype(np.float32) for name, reward in rewards.items()}
        return hftsim.Results(obs, rewards, {}, alive, {}, ended, ended, state, {}, finals)


def slopes(act):
    """What a role's actions are, as multiples of x."""
    x = np.linspace(-0.9, 0.9, 19, dtype=np.float32)
    return float((act(torch.tensor(x[:, None])).detach().numpy()[:, 0] @ x) / (x @ x))


@pytest.mark.slow
@pytest.mark.parametrize("others", [
    {}, {"critic": "obs", "bootstrap": False}, {"value_clip": 0.5, "target_kl": 0.05},
    {"huber_delta": 0.0, "batch_size": 300, "entropy_coef": 1e-3},
], ids=str)  # fmt: skip
def test_mappo_solves_the_game(others):
    options = mappo.Options(rollout_steps=32, lr_actor=3e-3, lr_critic=3e-3, gamma=0.9, **others)
    trainer = mappo.Trainer(Game(), options, seed=0)
    before = sum(trainer.update().values())
    for _ in range(40):
        after = sum(trainer.update().values())
    assert after > 0.5 * before  # losses that exploring leaves
    for name, wanted in WANTED.items():
        slope = slopes(lambda x, name=name: trainer.learner(name).policy(x).mean)
        assert slope == pytest.approx(wanted, abs=0.15)
    returns = scoring.evaluate(Game(), trainer.act, first=5, worlds=ENVS)
    assert {name: r.shape for name, r in returns.items()} == {
        "same": (ENVS, 2),
        "opposite": (ENVS, 1),
    }
    assert all(-0.1 < r.mean() <= 0 for r in returns.values())


@pytest.mark.slow
def test_maddpg_solves_the_game():
    options = maddpg.Options(warm_up=200, lr=1e-3, gamma=0.5, tau=0.02, batch=128)
    trainer = maddpg.Trainer(Game(), options, seed=0)
    for _ in range(300):
        trainer.step()
    for name, wanted in WANTED.items():
        assert slopes(trainer.learner(name).act) == pytest.approx(wanted, abs=0.15)


def test_advantages_are_the_sums_that_define_them():
    rng = torch.Generator().manual_seed(3)
    rewards, values, next_values = torch.rand(3, 6, 2, generator=rng).unbind(0)
    goes_on = torch.tensor([[1.0, 1], [1, 0], [0, 1], [1, 1], [1, 0], [1, 1]])
    gamma, lam = 0.9, 0.7
    got = mappo.advantages(rewards, values, next_values, goes_on, gamma, lam)
    for seat in range(2):
        for t in range(6):
            wanted, weight = 0.0, 1.0
            for k in range(t, 6):
                wanted += weight * float(
                    rewards[k, seat] + gamma * next_values[k, seat] - values[k, seat]
                )
                weight *= gamma * lam * float(goes_on[k, seat])
            assert float(got[t, seat]) == pytest.approx(wanted, abs=1e-6)


def test_a_scale_knows_the_moments_of_all_it_has_seen():
    rows = torch.randn(7, 30, 3, generator=torch.Generator().manual_seed(1)) * 4 + 2
    scale = mappo.Scale(3)
    for part in rows:
        scale.see(part)
    flat = rows.flatten(0, 1)
    torch.testing.assert_close(scale.mean.float(), flat.mean(0))
    torch.testing.assert_close(scale.deviation.float(), flat.std(0, correction=0))
    torch.testing.assert_close(scale.shrink(flat) * flat.std(0, correction=0) + flat.mean(0), flat)


def test_a_full_memory_forgets_the_oldest():
    memory = maddpg.Memory(capacity=5)
    for first in (0, 3, 6):
        memory.add(x=torch.arange(first, first + 3.0)[:, None])
    assert memory.count == 5
    assert {float(x) for x in memory.draw(500)["x"]} == {4, 5, 6, 7, 8}


def test_a_seat_that_is_out_counts_no_more(server):
    """Limits so tight that seats terminate: then nothing of the wait is learned from."""
    tight = {"risk_config.max_inventory": 1, "env_config.episode_len": 200}
    with server.connect(config="mm_vs_execution", overrides=tight, num_envs=2) as envs:
        trainer = mappo.Trainer(envs, mappo.Options(rollout_steps=100), seed=0)
        states, rollouts = trainer._play()
        _, next_values = trainer._values(trainer.learner("maker"), states, rollouts["maker"])
    counts = torch.stack(rollouts["maker"].counts)
    rewards = torch.stack(rollouts["maker"].rewards)
    assert 0 < counts.mean() < 1
    assert (rewards[counts == 0] == 0).all()
    assert (next_values[:-1][counts[1:] == 0] == 0).all()


def run(example, *arguments):
    command = [sys.executable, str(EXAMPLES / f"{example.__name__}.py"), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


LENGTH = {mappo: ["--updates", 1, "--rollout-steps", 8], maddpg: ["--steps", 600]}
SMALL = {
    mappo: ["--num-envs", 4, "--worlds", 4, "--test-worlds", 4, "--task", "market_making"],
    maddpg: ["--num-envs", 4, "--config", "market_making"],
}
POLICY = {mappo: "policy.pt", maddpg: ""}  # where it is in --out


@pytest.mark.slow
@BOTH
def test_program_learns_from_two_servers_and_goes_on(example, server, second_server, tmp_path):
    endpoints = ["--endpoint", server.endpoint, "--endpoint", second_server.endpoint]
    first, second = (tmp_path / name / POLICY[example] for name in ("first", "second"))
    for arguments in (["--out", tmp_path / "first"],
                      ["--resume", first, "--out", tmp_path / "second"]):  # fmt: skip
        program = run(example, *endpoints, *SMALL[example], *LENGTH[example], *arguments)
        out, err = program.communicate(timeout=600)
        assert program.returncode == 0, err
        assert f"wrote {arguments[-1]}" in out and "maker" in out and "+-" in out
    assert {path.name for path in tmp_path.iterdir()} == {"first", "second"}
    counted = "updates" if example is mappo else "steps"
    first, second = (torch.load(path, weights_only=True)[counted] for path in (first, second))
    assert second == 2 * first


@pytest.mark.slow
@BOTH
def test_program_stops_on_ctrl_c_and_loses_nothing(example, server, tmp_path):
    out = tmp_path / "out"
    where = ["--endpoint", server.endpoint]
    program = run(example, *where, *SMALL[example], "--seconds", 600, "--out", out)
    assert program.stderr.readline()  # it learns
    program.send_signal(signal.SIGINT)
    program.communicate(timeout=600)
    assert program.returncode == 130
    assert torch.load(out / POLICY[example], weights_only=True)["learners"]


@BOTH
def test_program_names_what_is_wrong(example, server):
    what = "--task" if example is mappo else "--config"
    program = run(example, "--endpoint", server.endpoint, what, "nothing")
    _, err = program.communicate(timeout=600)
    assert program.returncode == 1
    assert err.startswith(f"{example.__name__}: ") and "nothing" in err


def test_bootstrapping_is_of_episodes_that_were_cut_off():
    """The value after the last step of an episode is that of its last state, or 0."""
    found = {}
    for bootstrap in (True, False):
        trainer = mappo.Trainer(Game(), mappo.Options(8, bootstrap=bootstrap), seed=0)
        learner = trainer.learner("same")
        learner.return_mean.fill_(3), learner.return_deviation.fill_(2)
        states, rollouts = trainer._play()
        values, found[bootstrap] = trainer._values(learner, states, rollouts["same"])
        _, obs, state = rollouts["same"].finals[EPISODE - 1]
        last = learner.worth(obs, state)
    torch.testing.assert_close(found[True][EPISODE - 1], last)
    assert (found[False][[EPISODE - 1, 2 * EPISODE - 1]] == 0).all()
    torch.testing.assert_close(found[True][:3], found[False][:3])
    torch.testing.assert_close(found[True][0], values[1])


@pytest.mark.slow
@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("others", [(), ("--critic", "obs", "--no-bootstrap")], ids=str)
def test_mappo_writes_a_curve_and_a_policy_that_plays_the_same(others, tmp_path):
    small = [*SMALL[mappo], "--out", tmp_path]
    program = run(mappo, *small, *others, "--updates", 4, "--rollout-steps", 8, "--points", 2)
    out, err = program.communicate(timeout=600)
    assert program.returncode == 0, err
    rows = list(csv.DictReader((tmp_path / "curve.csv").open()))
    assert [(row["updates"], row["role"]) for row in rows] == [(n, "maker") for n in "024"]
    assert int(rows[-1]["steps"]) == 4 * 4 * 8
    reward = json.loads((tmp_path / "test.json").read_text())["maker"]["reward"]
    with hftsim.make("market_making", 4, autoreset="manual") as envs:
        policy = hftsim.Policy.load(tmp_path / "policy.h5")
        returns = scoring.evaluate(
            envs, lambda seen: {"maker": policy.act(seen)}, scoring.TEST_SEED, 4
        )
    assert scoring.score(returns["maker"])[0] == pytest.approx(reward, rel=1e-3)
    told, err = run(mappo, *small, "--play", tmp_path / "policy.h5").communicate(timeout=600)
    assert told.splitlines() and told.splitlines()[0] == out.splitlines()[-2], err
    mean = float(told.split()[-3])
    assert mean == pytest.approx(reward, rel=1e-3)


@pytest.mark.usefixtures("library")
def test_mappo_plays_no_policy_of_other_observations(tmp_path):
    deeper = {"env_config.depth": 7}
    with hftsim.make("market_making", overrides=deeper) as envs:
        hftsim.Policy.create(envs).save(tmp_path / "policy.h5")
    _, err = run(mappo, *SMALL[mappo], "--play", tmp_path / "policy.h5").communicate(timeout=600)
    assert err.startswith("mappo: ") and "observation" in err
