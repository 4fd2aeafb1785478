#!/usr/bin/env python3
"""hftsim tasks as its users meet it: the built-in tasks, tasks in files, scores, mistakes."""

import json
import unittest

from program import FAILED, OK, ROOT, USAGE, ProgramTest, run

RUN = {"task", "task_version", "preset", "config_hash", "seat", "strategy", "params", "metric",
       "unit", "episodes", "score", "ci_low", "ci_high", "sd", "terminated", "split", "seeds",
       "resampling_seed", "totals", "estimated", "scores", "rewards", "reward", "reward_ci_low",
       "reward_ci_high", "version", "revision"}
KEYS = {"k": "fill_k", "A": "fill_a", "a": "fill_a"}  # a strategy's key, and the estimate's name
RANGES = {"train": 0, "validation": 1_000_000_000, "test": 2_000_000_000}
PRESETS = {"market_making", "execution", "taking", "portfolio", "mm_vs_execution", "many_makers",
           "avellaneda_stoikov"}
TASK = """
task:
  version: 4
  preset: market.yaml
  config_hash: "{hash}"
  role: executor
  metric: shortfall_per_lot
  reward: false
  episodes: 5
strategies:
  - {{kind: strategy, name: twap, params: {{slices: 4, style: aggressive}}}}
"""
MARKET = """
env_config: {warmup_s: 2, episode_len: 30}
seats: [{kind: executor, side: sell, parent_qty: 20}]
"""


class Tasks(ProgramTest):
    def json_of(self, *arguments: str) -> dict:
        return json.loads(self.succeeds("tasks", *arguments, "--json"))

    def test_the_built_in_tasks(self):
        listed = self.json_of("list")
        self.assertEqual({task["preset"] for task in listed}, PRESETS)
        self.assertEqual({task["name"] for task in listed},
                         {path.stem for path in (ROOT / "configs" / "tasks").glob("*.yaml")})
        text = self.succeeds("tasks", "list")
        for task in listed:
            with self.subTest(task=task["name"]):
                self.assertTrue(task["purpose"])
                self.assertGreaterEqual(task["version"], 1)
                self.assertEqual(task["episodes"], 500)
                self.assertIn(task["name"], text)
                shown = self.json_of("show", task["name"])
                self.assertEqual({key: shown[key] for key in task}, task)
                self.assertIn("do-nothing", shown["strategies"])
                self.assertGreater(len(shown["strategies"]), 1)
                for split, first in RANGES.items():
                    self.assertEqual(shown["seeds"][split][0], first)
                checked = json.loads(self.succeeds("config", "check", task["preset"], "--json"))
                self.assertEqual(checked["config_hash"], task["config_hash"])
                self.assertIn(task["config_hash"], self.succeeds("tasks", "show", task["name"]))

    def test_a_run(self):
        arguments = ["run", "execution", "--strategy", "vwap", "--episodes", "6"]
        told = self.json_of(*arguments, "--threads", "1")
        self.assertEqual(set(told), RUN)
        self.assertEqual(self.json_of(*arguments, "--threads", "3"), told)
        self.assertEqual(told["seeds"], [RANGES["test"] + i for i in range(6)])
        self.assertEqual([told["task"], told["seat"], told["unit"]],
                         ["execution", "executor", "ticks"])
        self.assertAlmostEqual(told["score"], sum(told["scores"]) / 6, places=9)
        self.assertAlmostEqual(told["reward"], sum(told["rewards"]) / 6, places=9)
        self.assertLess(told["ci_low"], told["score"])
        self.assertLess(told["score"], told["ci_high"])
        self.assertAlmostEqual(told["score"], -told["totals"]["shortfall"] / 400, places=6)
        # Fewer worlds are the first ones.
        self.assertEqual(self.json_of(*arguments[:-1], "3")["scores"], told["scores"][:3])
        text = self.succeeds("tasks", *arguments)
        for word in ("shortfall_per_lot", "reward", f"{told['score']:.4f}", "vwap"):
            self.assertIn(word, text)

    def test_splits_are_other_worlds(self):
        scores = []
        for split, first in RANGES.items():
            told = self.json_of("run", "taking", "--strategy", "bayes", "--episodes", "2",
                                "--split", split)
            self.assertEqual(told["seeds"], [first, first + 1])
            self.assertEqual(told["split"], split)
            scores += told["scores"]
        self.assertEqual(len(set(scores)), 6)

    def test_keys_of_a_strategy(self):
        run_of = ["run", "execution", "--episodes", "3", "--strategy", "twap"]
        plain = self.json_of(*run_of)
        same = self.json_of(*run_of, "--param", "slices=20")
        other = self.json_of(*run_of, "--param", "slices=2", "--param", "style=aggressive")
        self.assertEqual(same["scores"], plain["scores"])
        self.assertNotEqual(other["scores"], plain["scores"])
        self.assertIn("slices: 2", other["params"])

    def test_keys_are_estimated_in_training_worlds(self):
        run_of = ["run", "market_making", "--episodes", "3", "--strategy", "avellaneda-stoikov"]
        plain = self.json_of(*run_of)
        self.assertIsNone(plain["estimated"])
        told = self.json_of(*run_of, "--estimate", "2", "--threads", "1")
        self.assertEqual(self.json_of(*run_of, "--estimate", "2", "--threads", "2"), told)
        keys = told["estimated"]["keys"]
        self.assertTrue(keys)
        for key in keys:
            self.assertIn(f"{key}: ", told["params"])
        self.assertNotEqual(told["scores"], plain["scores"])
        # The same keys by hand; and what is given is not estimated.
        given = [word for key in keys for word in
                 ("--param", f"{key}={told['estimated'][KEYS.get(key, key)]!r}")]
        self.assertEqual(self.json_of(*run_of, *given)["scores"], told["scores"])
        kept = self.json_of(*run_of, "--estimate", "2", "--param", f"{keys[0]}=0.5")
        self.assertNotIn(keys[0], kept["estimated"]["keys"])
        # The task's own parameters are given, too.
        fixed = self.json_of("run", "avellaneda_stoikov", "--episodes", "2", "--strategy",
                             "avellaneda-stoikov", "--estimate", "2")
        self.assertFalse({"sigma", "k"} & set(fixed["estimated"]["keys"]))

    def write(self, hash_: str | None = None, **replaced: str):
        (self.folder / "market.yaml").write_text(MARKET)
        if hash_ is None:
            checked = self.succeeds("config", "check", str(self.folder / "market.yaml"), "--json")
            hash_ = json.loads(checked)["config_hash"]
        text = TASK.format(hash=hash_)
        for old, new in replaced.items():
            self.assertIn(old, text)
            text = text.replace(old, new, 1)
        path = self.folder / "mine.yaml"
        path.write_text(text)
        return str(path)

    def test_a_task_in_a_file(self):
        path = self.write()
        told = self.json_of("run", path, "--strategy", "twap")
        self.assertEqual([told["task"], told["task_version"], told["episodes"]], ["mine", 4, 5])
        self.assertIn("slices: 4", told["params"])
        self.assertEqual(set(told), RUN - {"reward", "reward_ci_low", "reward_ci_high", "rewards"})
        self.assertEqual(told["totals"]["sold"], 20)
        over = self.json_of("run", path, "--strategy", "twap", "--param", "slices=1")
        self.assertNotEqual(over["scores"], told["scores"])
        self.assertIn("style: aggressive", over["params"])
        self.assertEqual(self.json_of("show", path)["params"].keys(), {"twap"})

    def test_a_changed_preset_is_noticed(self):
        path = self.write("00000000deadbeef")
        for action in (["run", path, "--strategy", "twap"], ["show", path]):
            self.refused(FAILED, "tasks", *action, words=(
                "mine.yaml", "config_hash", "00000000deadbeef", "raise task.version"))

    def test_mistakes_in_files(self):
        cases = {
            "version: 4": ("versoin: 4", ("mine.yaml:3", "version")),
            "role: executor": ("role: broker", ("mine.yaml:6", "maker|executor")),
            "episodes: 5": ("episodes: many", ("mine.yaml:9", "episodes")),
            "slices: 4": ("slice: 4", ("slice", "slices")),
            "kind: strategy": ("kind: agent", ("mine.yaml:11", "agent")),
        }
        for old, (new, words) in cases.items():
            with self.subTest(new=new):
                path = self.write(**{old: new})
                done = run("tasks", "run", path, "--strategy", "twap")
                self.assertIn(done.returncode, (FAILED, USAGE))
                self.assertEqual(done.stdout, "")
                for word in words:
                    self.assertIn(word, done.stderr)
        gone = self.write(**{"market.yaml": "gone.yaml"})
        self.refused(FAILED, "tasks", "run", gone, "--strategy", "twap", words=("gone.yaml",))

    def test_mistakes_on_the_command_line(self):
        cases = [
            (USAGE, ["play"], "choose list, show or run"),
            (USAGE, ["run"], "name a task"),
            (USAGE, ["show"], "name a task"),
            (USAGE, ["run", "execution"], "--strategy is required"),
            (FAILED, ["run", "exection", "--strategy", "twap"], "did you mean 'execution'?"),
            (FAILED, ["run", "mm_vs_execution", "--strategy", "twap"], "mm_vs_execution_maker"),
            (FAILED, ["run", "", "--strategy", "twap"], "no such task"),
            (FAILED, ["run", "/", "--strategy", "twap"], "/"),
            (USAGE, ["run", "execution", "--strategy", "random"],
             "those that can: twap, vwap"),
            (USAGE, ["run", "market_making", "--strategy", "nobody"], "avellaneda-stoikov"),
            (USAGE, ["run", "execution", "--strategy", "twap", "--split", "holdout"],
             "train, validation or test"),
            (USAGE, ["run", "execution", "--strategy", "twap", "--param", "slices"], "KEY=VALUE"),
            (USAGE, ["run", "execution", "--strategy", "twap", "--param", "slice=3"], "slices"),
            (USAGE, ["run", "execution", "--strategy", "twap", "--episodes", "0"], "episodes"),
            (FAILED, ["run", "execution", "--strategy", "twap", "--param", "side=buy"],
             "seat's own keys"),
        ]
        self.assertEqual(run("tasks").returncode, USAGE)
        for code, arguments, words in cases:
            with self.subTest(arguments=arguments):
                done = run("tasks", *arguments)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertEqual(done.stdout, "")
                self.assertIn(words, done.stderr)

    def test_one_episode_has_no_interval(self):
        told = self.json_of("run", "execution", "--strategy", "twap", "--episodes", "1")
        self.assertIsNone(told["ci_low"])
        self.assertEqual(run("tasks", "run", "execution", "--strategy", "twap", "--episodes",
                             "1").returncode, OK)


if __name__ == "__main__":
    unittest.main()
