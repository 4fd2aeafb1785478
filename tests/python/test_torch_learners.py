"""MAPPO and MADDPG in PyTorch: they solve a game whose solution is known, and run as programs."""

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
def test_mappo_solves_the_game():
    options = mappo.Options(steps=32, lr=3e-3, gamma=0.9, entropy=0.0)
    trainer = mappo.Trainer(Game(), options, seed=0)
    before = sum(trainer.update().values())
    for _ in range(40):
        after = sum(trainer.update().values())
    assert after > 0.5 * before  # losses that exploring leaves
    for name, wanted in WANTED.items():
        slope = slopes(lambda x, name=name: trainer.learner(name).policy(x).mean)
        assert slope == pytest.approx(wanted, abs=0.15)
    returns = trainer.evaluate(seed=5)
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
    torch.testing.assert_close(scale.restore(scale.shrink(flat)), flat)


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
        trainer = mappo.Trainer(envs, mappo.Options(steps=100), seed=0)
        _, rollouts = trainer._play()
    counts = torch.stack(rollouts["maker"].counts)
    rewards = torch.stack(rollouts["maker"].rewards)
    assert 0 < counts.mean() < 1
    assert (rewards[counts == 0] == 0).all()
    next_values = torch.stack(rollouts["maker"].next_values)
    assert (next_values[:-1][counts[1:] == 0] == 0).all()


def run(example, *arguments):
    command = [sys.executable, str(EXAMPLES / f"{example.__name__}.py"), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


LENGTH = {mappo: ["--updates", 1, "--steps", 8], maddpg: ["--steps", 600]}
SMALL = ["--num-envs", 4, "--config", "market_making"]


@pytest.mark.slow
@BOTH
def test_program_learns_from_two_servers_and_goes_on(example, server, second_server, tmp_path):
    endpoints = ["--endpoint", server.endpoint, "--endpoint", second_server.endpoint]
    first, second = tmp_path / "first.pt", tmp_path / "second.pt"
    for arguments in (["--out", first], ["--resume", first, "--out", second]):
        program = run(example, *endpoints, *SMALL, *LENGTH[example], *arguments)
        out, err = program.communicate(timeout=600)
        assert program.returncode == 0, err
        assert f"wrote {arguments[-1]}" in out and "maker" in out and "+-" in out
    assert {path.name for path in tmp_path.iterdir()} == {"first.pt", "second.pt"}
    counted = "updates" if example is mappo else "steps"
    first, second = (torch.load(path, weights_only=True)[counted] for path in (first, second))
    assert second == 2 * first


@pytest.mark.slow
@BOTH
def test_program_stops_on_ctrl_c_and_loses_nothing(example, server, tmp_path):
    out = tmp_path / "policy.pt"
    program = run(example, "--endpoint", server.endpoint, *SMALL, "--seconds", 600, "--out", out)
    assert program.stderr.readline()  # it learns
    program.send_signal(signal.SIGINT)
    program.communicate(timeout=600)
    assert program.returncode == 130
    assert torch.load(out, weights_only=True)["learners"]


@BOTH
def test_program_names_what_is_wrong(example, server):
    program = run(example, "--endpoint", server.endpoint, "--config", "nothing")
    _, err = program.communicate(timeout=600)
    assert program.returncode == 1
    assert err.startswith(f"{example.__name__}: ") and "nothing" in err
