"""The cross-entropy market maker: learns, saves, and stops when asked."""

import contextlib
import os
import pty
import signal
import subprocess
import sys

import numpy as np
import pytest

from conftest import REPOSITORY

EXAMPLE = REPOSITORY / "python" / "examples" / "cem_maker.py"
WAIT_S = 300  # for what takes seconds: only what hangs takes as long
sys.path.insert(0, str(EXAMPLE.parent))

import cem_maker  # noqa: E402


def start(server, *arguments, stderr=subprocess.PIPE):
    return subprocess.Popen(
        [sys.executable, str(EXAMPLE), "--endpoint", server.endpoint, *arguments],
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )


def test_learns(server):
    with server.connect(config="classic", num_envs=256) as envs:
        # A seed that is not among the few that stay where makers quote too far off to trade.
        trainer = cem_maker.Trainer(envs, worlds=8, seed=3)
        untrained = cem_maker.evaluate(envs, trainer.policy, cem_maker.HELD_OUT_SEED, 128)
        assert cem_maker.train(trainer, seconds=120, generations=24)
        trained = cem_maker.evaluate(envs, trainer.policy, cem_maker.HELD_OUT_SEED, 128)
    assert len(trainer.history) == 24
    gain = trained - untrained  # world by world
    assert cem_maker.bootstrap_interval(gain)[0] > 0


def test_evaluation_does_not_depend_on_how_many_envs_do_it(server):
    with server.connect(num_envs=5) as few, server.connect(num_envs=12) as many:
        policy = cem_maker.Trainer(few, worlds=1).policy
        policy.weights[:] = np.random.default_rng(0).normal(0, 0.1, policy.weights.shape)
        one = cem_maker.evaluate(few, policy, seed=3, episodes=12)
        other = cem_maker.evaluate(many, policy, seed=3, episodes=12)
    assert one.shape == (12,)
    np.testing.assert_allclose(one, other)


def test_candidates_meet_the_same_worlds(server):
    with server.connect(num_envs=6) as envs:
        obs = cem_maker.Trainer(envs, worlds=2)._reset_to_common_worlds().obs["maker"]
    assert np.array_equal(obs[0], obs[2]) and np.array_equal(obs[1], obs[5])
    assert not np.array_equal(obs[0], obs[1])


def test_policy_file(tmp_path):
    rng = np.random.default_rng(0)
    policy = cem_maker.Policy(
        np.array([0, 2, 3]), np.array([1.0, -1.0, -1.0]), rng.normal(size=3), rng.random(3) + 1,
        rng.normal(size=4),
    )  # fmt: skip
    policy.save(tmp_path / "policy.npz")
    obs = rng.normal(size=(3, 1, 4)).astype(np.float32)
    loaded = cem_maker.Policy.load(tmp_path / "policy.npz")
    assert np.array_equal(loaded.act(obs), policy.act(obs))
    assert policy.act(obs).shape == (3, 1, 2)
    assert [path.name for path in tmp_path.iterdir()] == ["policy.npz"]


def test_policy_mirrors():
    mirror = np.array([1.0, -1.0])
    policy = cem_maker.Policy(
        np.array([1, 2]), mirror, np.zeros(2), np.ones(2), np.array([0.1, 0.2, -0.3])
    )
    obs = np.array([9.0, 0.5, 0.25], dtype=np.float32)
    mirrored = np.array([9.0, 0.5, -0.25], dtype=np.float32)
    np.testing.assert_allclose(policy.act(obs), [0.1 + 0.1 - 0.075, 0.1 + 0.1 + 0.075])
    np.testing.assert_allclose(policy.act(mirrored), policy.act(obs)[::-1])


@pytest.mark.parametrize(
    ("text", "tick"),
    [("market_config:\n  tick_size: 0.05  # currency\n", 0.05), ("  tick_size: 1e-2\n", 0.01)],
)
def test_tick_size(text, tick):
    assert cem_maker.tick_size(text) == tick


def test_interval_of_the_mean():
    values = np.random.default_rng(0).normal(5, 2, 400)
    low, high = cem_maker.bootstrap_interval(values)
    half = 1.96 * 2 / np.sqrt(400)
    assert low == pytest.approx(values.mean() - half, abs=0.05)
    assert high == pytest.approx(values.mean() + half, abs=0.05)


def test_program(server, tmp_path):
    out = tmp_path / "policy.npz"
    options = ["--generations", "2", "--candidates", "4", "--worlds", "2", "--episodes", "8"]
    child = start(server, *options, "--out", str(out))
    output, errors = child.communicate(timeout=WAIT_S)
    assert child.returncode == 0, errors
    assert f"wrote {out} after 2 generations" in output
    assert "P&L of 8 held-out episodes" in output
    assert cem_maker.Policy.load(out).weights.any()


def test_ctrl_c_saves_the_best_so_far(server, tmp_path):
    out = tmp_path / "policy.npz"
    terminal, end = pty.openpty()  # on a terminal each generation is shown at once
    options = ["--candidates", "4", "--worlds", "1", "--seconds", "10000", "--out", str(out)]
    child = start(server, *options, stderr=end)
    os.close(end)
    said = b""
    while b"generation" not in said:
        said += os.read(terminal, 4096)
    child.send_signal(signal.SIGINT)
    output, _ = child.communicate(timeout=WAIT_S)
    with contextlib.suppress(OSError):  # its end
        while piece := os.read(terminal, 4096):
            said += piece
    os.close(terminal)
    assert child.returncode == 130, said
    assert "wrote" in output and b"Traceback" not in said
    cem_maker.Policy.load(out)


def test_no_server(tmp_path):
    child = subprocess.run(
        [sys.executable, str(EXAMPLE), "--endpoint", "ipc:///nonexistent/hftsim"],
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        cwd=tmp_path,
    )
    assert child.returncode == 1
    assert "is `hftsim serve` running" in child.stderr and "Traceback" not in child.stderr
