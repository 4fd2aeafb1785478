#!/usr/bin/env python3
"""Checkpoints on the command line: hftsim evaluate, compare, tasks run, and as controllers."""

import json
import subprocess
import unittest
from pathlib import Path

from program import FAILED, PROGRAM, ROOT, USAGE, ProgramTest, run

MAKER = Path(PROGRAM).parents[1] / "tests" / "make_checkpoint"
KEYS = {"checkpoint", "algorithm", "steps", "explore", "metric", "unit", "episodes", "score",
        "ci_low", "ci_high", "sd", "metrics", "roles", "seeds", "scores", "version", "revision"}


@unittest.skipUnless(MAKER.exists(), f"{MAKER} is not built")
class Evaluate(ProgramTest):
    def checkpoint(self, name: str, preset: str, *arguments: str) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([MAKER, path, ROOT / "configs" / f"{preset}.yaml", *arguments], check=True)
        return str(path)

    def evaluate(self, *arguments: str) -> dict:
        return json.loads(self.succeeds("evaluate", *arguments, "--json"))

    def test_task(self):
        """As `tasks run` with the controller `policy`, on any number of threads."""
        path = self.checkpoint("a.h5", "market_making")
        run_ = ["--task", "market_making", "--episodes", "4"]
        shown = self.evaluate(path, *run_)
        self.assertEqual(set(shown), KEYS | {"task", "task_version"})
        self.assertEqual(shown["checkpoint"], path)
        self.assertEqual(shown["task"], "market_making")
        self.assertEqual(shown["seeds"], [2_000_000_000 + i for i in range(4)])
        self.assertAlmostEqual(shown["score"], sum(shown["scores"]) / 4, delta=1e-6)
        self.assertLessEqual(shown["ci_low"], shown["score"])
        self.assertGreaterEqual(shown["ci_high"], shown["score"])
        self.assertIn("pnl", shown["metrics"])
        self.assertIn("terminated", shown["metrics"])
        self.assertEqual(self.evaluate(path, *run_, "--threads", "3"), shown)
        ran = json.loads(self.succeeds("tasks", "run", "market_making", "--strategy", path,
                                       "--episodes", "4", "--json"))
        self.assertEqual([ran[key] for key in ("score", "ci_low", "ci_high", "scores", "seeds")],
                         [shown[key] for key in ("score", "ci_low", "ci_high", "scores", "seeds")])
        named = json.loads(self.succeeds(
            "tasks", "run", "market_making", "--strategy", "policy", "--param",
            f"checkpoint={path}", "--episodes", "4", "--json"))
        self.assertEqual(named["scores"], shown["scores"])
        explored = self.evaluate(path, *run_, "--explore")
        self.assertNotEqual(explored["scores"], shown["scores"])
        self.assertEqual(self.evaluate(path, *run_, "--explore"), explored)
        self.assertIn("pnl_less_risk", self.succeeds("evaluate", path, *run_))

    def test_config(self):
        """Its own config, another one, keys of it, and seeds."""
        path = self.checkpoint("a.h5", "market_making", "3", "5")
        own = self.evaluate(path, "--episodes", "3")
        self.assertEqual(own["metric"], "return")
        task = self.evaluate(path, "--episodes", "3", "--task", "market_making")
        self.assertEqual(own["metrics"], task["metrics"])
        self.assertAlmostEqual(own["score"], own["metrics"]["reward"], delta=1e-6)
        named = self.evaluate(path, "--episodes", "3", "--config", "market_making")
        self.assertEqual(named["scores"], own["scores"])
        self.assertEqual(set(named), KEYS | {"config"})
        other = self.evaluate(path, "--episodes", "3", "--seed", "5")
        self.assertEqual(other["seeds"], [5, 6, 7])
        self.assertNotEqual(other["scores"], own["scores"])
        valid = self.evaluate(path, "--episodes", "3", "--split", "validation")
        self.assertEqual(valid["seeds"][0], 1_000_000_000)
        dear = self.evaluate(path, "--episodes", "3", "--set",
                             "exchange_config.taker_fee_bps=5", "--set",
                             "exchange_config.maker_fee_bps=5")
        self.assertGreater(dear["metrics"]["fees"], own["metrics"]["fees"])

    def test_several_roles(self):
        """The score is the mean over all seats; each actor has its role's seats."""
        path = self.checkpoint("a.h5", "mm_vs_execution", "1", "0", "1")
        shown = self.evaluate(path, "--episodes", "2")
        roles = shown["roles"]
        self.assertEqual(set(roles), {"maker", "executor"})
        seats = sum(role["seats"] for role in roles.values())
        mean = sum(role["seats"] * role["score"] for role in roles.values()) / seats
        self.assertAlmostEqual(shown["score"], mean, delta=1e-9 * abs(mean))
        self.assertIn("maker/pnl", shown["metrics"])
        text = self.succeeds("evaluate", path, "--episodes", "2")
        self.assertIn("executor", text)
        alone = self.checkpoint("b.h5", "market_making")
        self.refused(USAGE, "evaluate", alone, "--config", "mm_vs_execution", words=(
            "executor", "controller=do-nothing"))
        held = self.evaluate(path, "--episodes", "2", "--set", "seats.0.controller=do-nothing",
                             "--set", "seats.1.controller=do-nothing")
        self.assertEqual(set(held["roles"]), {"executor"})

    def test_a_tape(self):
        """On recorded data: the preset replay, from the root, where its tape is."""
        path = str(self.folder / "a.h5")
        subprocess.run([MAKER, path, "configs/replay.yaml"], check=True, cwd=ROOT)
        done = run("evaluate", path, "--config", "replay", "--episodes", "2", "--json", cwd=ROOT)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["episodes"], 2)

    def test_contestants(self):
        """compare ranks checkpoints beside strategies, with keys, under their paths."""
        path = self.checkpoint("runs/x/checkpoints/best.h5", "market_making")
        shown = json.loads(self.succeeds(
            "compare", path, f"{path}:explore=true", "random", "--task", "market_making",
            "--episodes", "3", "--json"))
        names = {entry["name"]: entry for entry in shown["ranking"]}
        self.assertEqual(set(names), {path, f"{path}:explore=true", "random"})
        self.assertEqual(names[path]["kind"], "policy")
        self.assertEqual(names[path]["params"]["checkpoint"], path)
        score = self.evaluate(path, "--task", "market_making", "--episodes", "3")["score"]
        self.assertAlmostEqual(names[path]["mean"], score, delta=1e-6)

    def test_controllers(self):
        """A config names a checkpoint beside it."""
        path = self.checkpoint("a.h5", "market_making")
        market = (ROOT / "configs" / "market_making.yaml").read_text()
        head = market[:market.index("seats:")]
        config = self.folder / "c.yaml"
        config.write_text(head + "seats:\n  - {kind: maker, controller: policy, params: "
                          "{checkpoint: a.h5}}\n  - {kind: taker}\n")
        shown = self.succeeds("config", "show", str(config), cwd="/")
        self.assertIn(f"checkpoint: {path}", shown)
        self.succeeds("config", "check", str(config))
        Path(path).unlink()
        self.refused(FAILED, "config", "check", str(config), words=("a.h5", "No such file"))

    def test_mistakes(self):
        path = self.checkpoint("a.h5", "market_making")
        text = str(self.folder / "b.h5")
        Path(text).write_text("text")
        for code, arguments, words in (
            (USAGE, [], "name a checkpoint"),
            (FAILED, ["no.h5"], "No such file"),
            (FAILED, [text], "not a checkpoint"),
            (FAILED, [str(ROOT)], "not a regular file"),
            (USAGE, [path, "--task", "market_making", "--config", "default"], "contradicts --task"),
            (USAGE, [path, "--task", "market_making", "--set", "a=1"], "contradicts --task"),
            (USAGE, [path, "--seed", "1", "--split", "test"], "contradicts --seed"),
            (USAGE, [path, "--split", "best"], "train, validation or test"),
            (USAGE, [path, "--episodes", "0"], "--episodes"),
            (USAGE, [path, "--task", "execution"], "acts for the role maker"),
            (FAILED, [path, "--task", "nothing"], "no such task"),
            (FAILED, [path, "--config", "nothing"], "no such file or preset"),
            (USAGE, [path, "--set", "env_config.depth=3"], "depth"),
            (USAGE, [path, "--set", "seats.0.controller=do-nothing"], "no external seat"),
        ):
            with self.subTest(arguments=arguments):
                self.refused(code, "evaluate", *arguments, words=(words,))
        self.refused(USAGE, "compare", path, "random", words=("--task",))
        self.refused(USAGE, "compare", "bayes", words=("--task",))
        self.refused(USAGE, "compare", path, "--task", "execution", words=("acts for the role",))
        self.refused(FAILED, "tasks", "run", "execution", "--strategy", path,
                     words=("acts for the role",))


if __name__ == "__main__":
    unittest.main()
