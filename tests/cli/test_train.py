#!/usr/bin/env python3
"""hftsim train: runs, their folders, and that a run goes on bit for bit however it was stopped."""

import csv
import json
import signal
import time
import unittest
from pathlib import Path

from program import FAILED, INTERRUPTED, USAGE, ProgramTest, run, start

SMALL = ["--config", "taking", "--set", "training.num_envs=8", "--set", "training.rollout_steps=20",
         "--set", "training.evaluate_episodes=4", "--set", "training.evaluate_every=8",
         "--set", "network.hidden=[16]"]
UPDATE = 160  # agent steps


def rows(path: Path) -> list[dict]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def timeless(path: Path) -> list[dict]:
    """The rows without what depends on the clock."""
    clock = {"seconds", "agent_steps_per_s"}
    return [{key: value for key, value in row.items() if key not in clock} for row in rows(path)]


class Train(ProgramTest):
    def train(self, *arguments: str) -> dict:
        return json.loads(self.succeeds("train", *arguments, "--json", "--quiet"))

    def fails(self, code: int, *arguments: str) -> str:
        done = run(*arguments, cwd=self.folder)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr

    def assert_same_run(self, one: Path, other: Path, threads: bool = True) -> None:
        """`threads`: the same number, which a checkpoint tells."""
        for name in ("metrics.csv", "evaluations.csv"):
            self.assertEqual(timeless(one / name), timeless(other / name), name)
        if not threads:
            return
        best = "checkpoints/best.h5"
        self.assertEqual((one / best).read_bytes(), (other / best).read_bytes())

    def test_run_folder(self):
        """Rows, checkpoints, summary; the same with another number of threads."""
        one, two = self.folder / "one", self.folder / "two"
        shown = self.train(*SMALL, "--steps", str(20 * UPDATE), "--out", str(one), "--threads", "1")
        self.train(*SMALL, "--steps", str(20 * UPDATE), "--out", str(two), "--threads", "3")
        self.assert_same_run(one, two, threads=False)
        self.assertLessEqual({"checkpoint", "steps", "seconds", "agent_steps_per_s", "best"},
                             shown.keys())
        self.assertEqual(shown["steps"], 20 * UPDATE)
        self.assertEqual(shown["checkpoint"], str(one / "checkpoints/best.h5"))
        metrics = rows(one / "metrics.csv")
        self.assertEqual([int(row["update"]) for row in metrics], list(range(1, 21)))
        self.assertEqual([int(row["steps"]) for row in metrics],
                         [i * UPDATE for i in range(1, 21)])
        scores = rows(one / "evaluations.csv")
        policy = [row for row in scores if row["contestant"] == "policy"]
        self.assertEqual([int(row["update"]) for row in policy], [8, 16, 20])
        self.assertEqual({row["contestant"] for row in scores}, {"policy", "bayes", "do-nothing"})
        best = max(float(row["score"]) for row in policy)
        self.assertAlmostEqual(best, shown["best"], places=9)
        summary = json.loads((one / "summary.json").read_text())
        self.assertEqual(summary["end"], "steps")
        self.assertEqual(summary["seeds"]["training"], 0)
        self.assertEqual(summary["seeds"]["validation_first"], 10**9)
        for file in ("config.yaml", "training.yaml", "checkpoints/latest.h5"):
            self.assertTrue((one / file).exists(), file)
        self.assertEqual(len(list(one.glob("events.out.tfevents.*"))), 1)
        self.succeeds("config", "check", str(one / "config.yaml"))

    def test_best_is_what_evaluate_finds(self):
        """The scores of a run are those of its checkpoint in the same worlds."""
        out = self.folder / "run"
        shown = self.train(*SMALL, "--steps", str(8 * UPDATE), "--out", str(out))
        again = json.loads(self.succeeds(
            "evaluate", shown["checkpoint"], "--task", "taking", "--split", "validation",
            "--episodes", "4", "--json"))
        self.assertAlmostEqual(again["score"], shown["best"], delta=1e-9 * abs(shown["best"]))

    def interrupted(self, out: Path, number: int, rows_before: int) -> int:
        """Starts a run and ends it once its metrics have so many rows."""
        process = start("train", *SMALL, "--steps", str(40 * UPDATE), "--out", str(out))
        try:
            deadline = time.monotonic() + 60
            metrics = out / "metrics.csv"
            while time.monotonic() < deadline and process.poll() is None:
                if metrics.exists() and metrics.read_text().count("\n") > rows_before:
                    break
                time.sleep(0.005)
            process.send_signal(number)
            process.communicate(timeout=60)
        finally:
            process.kill()
            process.wait()
        return process.returncode

    def test_resume(self):
        """Stopped by SIGINT or killed at several times, a run ends as one that was not."""
        whole = self.folder / "whole"
        self.train(*SMALL, "--steps", str(40 * UPDATE), "--out", str(whole))
        for number, when in ((signal.SIGINT, 3), (signal.SIGKILL, 5), (signal.SIGKILL, 20)):
            with self.subTest(signal=number, when=when):
                out = self.folder / f"part{number}-{when}"
                code = self.interrupted(out, number, when)
                if number == signal.SIGINT and code != 0:
                    self.assertEqual(code, INTERRUPTED)
                    summary = json.loads((out / "summary.json").read_text())
                    self.assertEqual(summary["end"], "stopped")
                with (out / "metrics.csv").open("a") as file:
                    file.write("99")  # a row that was cut off
                self.train("--resume", str(out))
                self.assert_same_run(whole, out)
                self.assertGreaterEqual(len(list(out.glob("events.out.tfevents.*"))), 2)
                self.train("--resume", str(out))  # has nothing left to do
                self.assert_same_run(whole, out)

    def test_resume_with_other_keys(self):
        out = self.folder / "run"
        self.train(*SMALL, "--steps", str(4 * UPDATE), "--out", str(out))
        for setting, word in (("mappo.gamma=.9", "mappo.gamma"), ("training.seed=2", "seed"),
                              ("training.num_envs=16", "num_envs"),
                              ("env_config.depth=3", "env's config")):
            error = self.fails(USAGE, "train", "--resume", str(out), "--set", setting)
            self.assertIn(word, error)
        self.fails(USAGE, "train", "--resume", str(out), "--config", "taking")
        more = self.train("--resume", str(out), "--steps", str(6 * UPDATE))
        self.assertEqual(more["steps"], 6 * UPDATE)

    def test_seeds(self):
        out = self.folder / "runs"
        shown = self.train(*SMALL, "--steps", str(2 * UPDATE), "--seed", "7", "--seeds", "2",
                           "--out", str(out))
        self.assertEqual([one["seed"] for one in shown["runs"]], [7, 8])
        self.assertEqual(shown["best"], max(one["best"] for one in shown["runs"]))
        first, second = (rows(out / f"seed{seed}" / "metrics.csv") for seed in (7, 8))
        self.assertNotEqual(first[0], second[0])

    def test_mistakes(self):
        """Each is refused before anything is written."""
        for arguments, code, words in (
            (["--algorithm", "ppo"], USAGE, "did you mean 'ippo'"),
            (["--config", "takin"], FAILED, "did you mean 'taking'"),
            (["--set", "mapo.gamma=1"], USAGE, "did you mean 'mappo'"),
            (["--set", "mappo.gama=1"], USAGE, "did you mean 'gamma'"),
            (["--set", "mappo.gamma=2"], USAGE, "gamma"),
            (["--set", "env_config.dept=2"], USAGE, "did you mean 'depth'"),
            (["--set", "seats.0.controller=glft"], FAILED, "external"),
            (["--steps", "0"], USAGE, "--steps"),
            (["--seed", "1000000000"], USAGE, "--seed"),
            (["--seed", "999999999", "--seeds", "2"], USAGE, "--seeds"),
            (["--resume", "nowhere"], FAILED, "nowhere"),
            (["--config", "portfolio", "--set", "training.num_envs=65536", "--set",
              "market_config.window_ticks=1048576"], FAILED, "this machine has"),  # 16 TiB
            (["--out", ""], FAILED, "--out"),
            (["--out", "a,b"], FAILED, "name another"),
            (["--out", "x" * 4000], FAILED, "name another"),
        ):
            with self.subTest(arguments=arguments):
                done = run("train", *arguments, cwd=self.folder)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn(words, done.stderr)
                self.assertEqual(list(self.folder.iterdir()), [])
        taken = self.folder / "taken"
        taken.mkdir()
        (taken / "file").write_text("")
        self.assertIn("taken", self.fails(FAILED, "train", *SMALL, "--out", str(taken)))
        other = self.folder / "config.yaml"
        other.write_text("seats: []\n")
        self.assertIn("no seat", self.fails(FAILED, "train", "--config", str(other)))

    def test_training_file(self):
        """A training file of one's own, with its config beside it."""
        (self.folder / "mine.yaml").write_text(
            "env_config: {episode_len: 20}\nseats:\n  - {kind: taker}\n")
        (self.folder / "recipe.yaml").write_text(
            "training: {config: mine.yaml, num_envs: 4, rollout_steps: 20, steps: 160, "
            "evaluate_episodes: 2}\nmappo: {epochs: 1}\n"
            "baselines:\n  - {kind: strategy, name: do-nothing}\n")
        shown = self.train("--config", str(self.folder / "recipe.yaml"), "--out",
                           str(self.folder / "run"))
        self.assertEqual(shown["steps"], 160)
        self.assertEqual(shown["boards"][0]["metric"], "return")


if __name__ == "__main__":
    unittest.main()
