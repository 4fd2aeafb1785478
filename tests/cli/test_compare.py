#!/usr/bin/env python3
"""hftsim compare as its users meet it: JSON, CSV, table, keys of contestants, threads, mistakes."""

import csv
import io
import itertools
import json
import unittest

from program import FAILED, INTERRUPTED, OK, USAGE, ProgramTest, run

# Episodes of 20 s in a small market: each takes some milliseconds.
SHORT = ["--set", "env_config.warmup_s=2", "--set", "env_config.episode_len=40", "--episodes",
         "40"]
RESULT = {"metric", "unit", "direction", "test", "alpha", "episodes", "seed", "episode_s",
          "resamples", "version", "revision", "ranking", "pairs", "notes", "task", "interrupted"}
RANK = {"name", "strategy", "kind", "params", "episodes", "mean", "ci_low", "ci_high", "sd",
        "group", "estimated"}
PAIR = {"a", "b", "episodes", "difference", "ci_low", "ci_high", "p", "p_adjusted", "effect",
        "rank_effect", "episodes_needed", "variance_left"}
FOUR = ["twap", "vwap", "twap:style=aggressive", "twap:slices=2"]


class Compare(ProgramTest):
    def compared(self, *arguments: str) -> dict:
        return json.loads(self.succeeds("compare", *SHORT, *arguments, "--json"))

    def check(self, shown: dict) -> None:
        """The parts of a result agree with each other."""
        self.assertEqual(set(shown), RESULT)
        ranking, pairs = shown["ranking"], shown["pairs"]
        means = {}
        for rank in ranking:
            self.assertEqual(set(rank), RANK)
            means[rank["name"]] = rank["mean"]
            if rank["ci_low"] is not None:
                self.assertLessEqual(rank["ci_low"], rank["mean"])
                self.assertLessEqual(rank["mean"], rank["ci_high"])
        self.assertEqual(len(means), len(ranking))  # no name twice
        order = sorted(means.values(), reverse=shown["direction"] >= 0)
        self.assertEqual(list(means.values()), order)
        self.assertEqual([(pair["a"], pair["b"]) for pair in pairs],
                         list(itertools.combinations(means, 2)))
        group = {rank["name"]: set(rank["group"]) for rank in ranking}
        for pair in pairs:
            self.assertEqual(set(pair), PAIR)
            if pair["episodes"] == shown["episodes"]:
                self.assertAlmostEqual(pair["difference"], means[pair["a"]] - means[pair["b"]])
            together = pair["p_adjusted"] is None or pair["p_adjusted"] >= shown["alpha"]
            self.assertEqual(bool(group[pair["a"]] & group[pair["b"]]), together)
        known = sorted(pair["p"] for pair in pairs if pair["p"] is not None)
        adjusted = sorted(pair["p_adjusted"] for pair in pairs if pair["p"] is not None)
        highest = 0.0
        for i, p in enumerate(known):
            highest = max(highest, min(1, (len(known) - i) * p))
            self.assertAlmostEqual(adjusted[i], highest)

    def test_executions(self):
        shown = self.compared(*FOUR, "--quantity", "50", "--side", "buy")
        self.check(shown)
        self.assertEqual([shown["metric"], shown["direction"]], ["shortfall_bps", -1])
        self.assertEqual([shown["test"], shown["alpha"], shown["episode_s"]], ["t", 0.05, 20])
        self.assertEqual({rank["name"] for rank in shown["ranking"]}, set(FOUR))
        for rank in shown["ranking"]:
            self.assertEqual(rank["params"]["quantity"], 50)
            self.assertEqual(rank["kind"], "execution")
            self.assertEqual(rank["params"]["slices"] == 2, "slices=2" in rank["name"])
        # Its mean is that of `hftsim baseline`, whose interval is from other resamples.
        alone = json.loads(self.succeeds("baseline", "--strategy", "vwap", *SHORT, "--quantity",
                                         "50", "--json"))["metrics"]["shortfall_bps"]
        vwap = next(rank for rank in shown["ranking"] if rank["name"] == "vwap")
        self.assertAlmostEqual(vwap["mean"], alone["mean"])
        self.assertAlmostEqual(vwap["sd"], alone["sd"])

    def test_both_sides(self):
        """By default an execution without a side runs on both, and has the mean of both."""
        side = {name: self.compared("twap", "twap:side=sell", "do-nothing", "--metric", "pnl",
                                    "--side", name) for name in ("buy", "sell", "both")}
        mean = {name: {rank["name"]: rank["mean"] for rank in shown["ranking"]}
                for name, shown in side.items()}
        params = {name: {rank["name"]: rank["params"].get("side") for rank in shown["ranking"]}
                  for name, shown in side.items()}
        for name in side:
            self.assertEqual(params[name],
                             {"twap": name, "twap:side=sell": "sell", "do-nothing": None})
        self.assertNotEqual(mean["buy"]["twap"], mean["sell"]["twap"])
        self.assertAlmostEqual(mean["both"]["twap"],
                               (mean["buy"]["twap"] + mean["sell"]["twap"]) / 2)
        self.assertEqual(mean["sell"]["twap"], mean["both"]["twap:side=sell"])
        by_default = self.compared("twap", "twap:side=sell", "do-nothing", "--metric", "pnl")
        self.assertEqual(by_default, side["both"])
        noted = {name: any(note.startswith("antithetic sides: ") for note in shown["notes"])
                 for name, shown in side.items()}
        self.assertEqual(noted, {"buy": False, "sell": False, "both": True})
        set_by_key = self.compared("twap", "vwap", "--param", "side=buy")
        self.assertEqual({rank["params"]["side"] for rank in set_by_key["ranking"]}, {"buy"})

    def test_every_test_and_kind(self):
        contestants = ("avellaneda-stoikov", "random", "momentum", "do-nothing")
        seen = []
        for test in ("t", "wilcoxon", "permutation"):
            shown = self.compared(*contestants, "--test", test)
            self.check(shown)
            self.assertEqual([shown["metric"], shown["direction"]], ["pnl", 1])
            nothing = next(r for r in shown["ranking"] if r["name"] == "do-nothing")
            self.assertEqual([nothing["mean"], nothing["ci_low"], nothing["ci_high"]], [0, 0, 0])
            seen.append([pair["p"] for pair in shown["pairs"]])
        self.assertNotEqual(seen[0], seen[1])
        self.assertNotEqual(seen[0], seen[2])
        mixed = self.compared("twap", "do-nothing")  # of two kinds: pnl
        self.assertEqual(mixed["metric"], "pnl")

    def test_the_same_twice(self):
        for test in ("t", "wilcoxon", "permutation"):
            shown = self.compared("twap", "twap", "--test", test)
            self.check(shown)
            self.assertEqual([r["name"] for r in shown["ranking"]], ["twap", "twap-2"])
            self.assertEqual([r["group"] for r in shown["ranking"]], ["a", "a"])
            pair = shown["pairs"][0]
            self.assertEqual([pair[key] for key in ("difference", "ci_low", "ci_high", "p",
                                                    "p_adjusted", "effect", "rank_effect")],
                             [0, 0, 0, 1, 1, 0, 0])
            self.assertIsNone(pair["episodes_needed"])

    def test_one_contestant(self):
        shown = self.compared("momentum")
        self.check(shown)
        self.assertEqual(shown["pairs"], [])
        self.assertEqual(shown["ranking"][0]["group"], "a")

    def test_keys(self):
        """--param of all, of one, and a contestant's own, which holds; lists have commas."""
        shown = self.compared("twap", "vwap:profile=[2, 1],slices=4", "do-nothing", "--param",
                              "slices=5", "--param", "twap.style=aggressive", "--metric", "pnl")
        params = {rank["strategy"]: rank["params"] for rank in shown["ranking"]}
        self.assertEqual([params["twap"]["slices"], params["twap"]["style"]], [5, "aggressive"])
        self.assertEqual([params["vwap"]["slices"], params["vwap"]["style"]], [4, "passive"])
        self.assertEqual(params["vwap"]["profile"], [2, 1])
        self.assertEqual(params["do-nothing"], {})

    def test_long_names_stay_apart(self):
        profile = "vwap:profile=[" + ",".join(["1.125"] * 30) + "]"
        shown = self.compared(profile, profile + ",slices=3", profile)
        self.assertEqual(len({rank["name"] for rank in shown["ranking"]}), 3)

    def test_csv(self):
        shown = self.compared(*FOUR)
        rows = list(csv.DictReader(io.StringIO(
            self.succeeds("compare", *SHORT, *FOUR, "--csv"))))
        self.assertEqual([row["name"] for row in rows], [r["name"] for r in shown["ranking"]])
        for place, (row, rank) in enumerate(zip(rows, shown["ranking"]), 1):
            self.assertEqual(row["rank"], str(place))
            self.assertEqual([row["group"], row["metric"], row["unit"]],
                             [rank["group"], shown["metric"], shown["unit"]])
            for key in ("mean", "ci_low", "ci_high", "sd"):
                self.assertAlmostEqual(float(row[key]), rank[key])
            self.assertEqual(row[f"p_adjusted {row['name']}"], "")
            for pair in shown["pairs"]:
                if row["name"] in (pair["a"], pair["b"]):
                    other = pair["b"] if row["name"] == pair["a"] else pair["a"]
                    self.assertAlmostEqual(float(row[f"p_adjusted {other}"]), pair["p_adjusted"])
        listed = self.succeeds("compare", *SHORT, "vwap:profile=[2, 1]", "twap", "--csv")
        names = {row["name"] for row in csv.DictReader(io.StringIO(listed))}
        self.assertEqual(names, {"vwap:profile=[2, 1]", "twap"})

    def test_table(self):
        text = self.succeeds("compare", *SHORT, *FOUR, "--alpha", "0.1")
        for words in ("shortfall_bps, bps (lower is better)", "90% low", "p adjusted by Holm for 6",
                      "40 episodes of 20 s, seeds from 0", "2000 resamples, seed 0"):
            self.assertIn(words, text)
        ranked = [line.split()[1] for line in text.splitlines() if line[:4].strip().isdigit()]
        self.assertEqual(set(ranked), set(FOUR))
        self.assertNotIn("nan", self.succeeds("compare", "twap", "vwap", *SHORT, "--episodes", "1"))

    def test_notes(self):
        done = run("compare", "twap", "vwap", *SHORT, "--episodes", "3", "--test", "wilcoxon",
                   "--json")
        self.assertEqual(done.returncode, OK)
        notes = json.loads(done.stdout)["notes"]
        self.assertTrue(any("too few episodes" in note for note in notes))
        self.assertTrue(any("smallest p-value of this test is 0.25" in note for note in notes))
        for note in notes:
            self.assertIn(f"note: {note}", done.stderr)
        saved = self.compared("twap", "twap:style=aggressive")["notes"]
        self.assertTrue(any(note.startswith("common worlds: ") for note in saved))

    def test_the_number_of_threads_does_not_matter(self):
        told = [self.succeeds("compare", *FOUR, *SHORT, "--json", "--test", "permutation",
                              "--threads", threads) for threads in ("1", "2", "3", "0")]
        self.assertEqual(len(set(told)), 1)
        other = self.succeeds("compare", *FOUR, *SHORT, "--json", "--seed", "test:7")
        self.assertNotEqual(other, told[0])
        self.assertEqual(json.loads(other)["seed"], 2000000007)

    def test_several_instruments(self):
        shown = self.compared("momentum", "do-nothing", "--set", "market_config.instruments=2",
                              "--instrument", "all")
        self.check(shown)
        total = json.loads(self.succeeds(
            "baseline", "--strategy", "momentum", *SHORT, "--set", "market_config.instruments=2",
            "--instrument", "all", "--json"))["metrics"]["pnl"]["mean"]
        self.assertAlmostEqual(next(r["mean"] for r in shown["ranking"]
                                    if r["name"] == "momentum"), total)

    def test_mistakes(self):
        for arguments, words in (
            ([], "one or more contestants"),
            (["twp"], "did you mean 'twap'?"),
            ([":slices=3"], "unknown strategy ''"),
            (["twap"] * 17, "more than 16"),
            (["twap"] * 70, "more than 64 arguments"),
            (["twap:"], "is not KEY=VALUE"),
            (["twap:slices"], "'slices' is not KEY=VALUE"),
            (["twap:slice=3"], "did you mean 'slices'?"),
            (["twap:slices=0"], "out of range"),
            (["twap", "--param", "slices"], "'slices' is not KEY=VALUE, nor NAME.KEY=VALUE"),
            (["twap", "--param", "=3"], "'=3' is not"),
            (["twap", "--param", "gamma=3"], "unknown key 'gamma'"),
            (["twap", "--param", "vwap.slices=3"], "no strategy of the run is 'vwap'"),
            (["random", "--quantity", "5"], "unknown key 'quantity'"),
            (["random", "--side", "buy"], "unknown key 'side'"),
            (["twap", "--side", "up"], "buy|sell|both"),
            (["twap", "--metric", "max_drawdown"], "not all contestants have"),
            (["twap", "random", "--metric", "shortfall_bps"], "all of them have: pnl"),
            (["twap", "--metric", "pln"], "unknown metric 'pln'"),
            (["twap", "--test", "u"], "t, wilcoxon or permutation"),
            (["twap", "--alpha", "0"], "--alpha"),
            (["twap", "--alpha", "1"], "--alpha"),
            (["twap", "--alpha", "1e-300"], "--alpha"),
            (["twap", "--alpha", "1.2e-16"], "--alpha"),
            (["twap", "--json", "--csv"], "not both"),
            (["twap", "--episodes", "0"], "--episodes"),
            (["twap", "--instrument", "7"], "out of range"),
            (["twap:twap.slices=3"], "is not KEY=VALUE"),
            (["twap", "--seed", "1", "--seeds", "1:5"], "contradicts --seed"),
            (["twap", "--seeds", "5:5"], "is empty"),
            (["twap", "--out", "a", "--name", "b"], "contradicts --out"),
            (["twap", "--name", ""], "is empty"),
            (["twap", "--split", "test"], "is for --task"),
            (["random", "--task", "market_making", "--split", "best"], "train, validation or test"),
            (["random", "--task", "market_making", "--seeds", "1:5"], "contradicts --task"),
            (["random", "--task", "market_making", "--metric", "pnl"], "contradicts --task"),
            (["random", "--task", "market_making", "--side", "buy"], "contradicts --task"),
            (["random", "--task", "market_making", "--series"], "contradicts --task"),
            (["twap", "--task", "market_making"], "cannot hold the seat of a maker"),
            (["random:offset_maxx=1", "--task", "market_making"], "did you mean 'offset_max'?"),
        ):
            with self.subTest(arguments=arguments):
                self.refused(USAGE, "compare", *arguments, words=(words,))
        self.refused(FAILED, "compare", "twap", "--config", "nothing")

    def test_options_are_those_of_baseline(self):
        """--seeds, --horizon, --estimate and --param of a numbered contestant."""
        options = ["--seeds", "7:47", "--horizon", "10", "--estimate", "2"]
        short = SHORT[:-2]
        shown = json.loads(self.succeeds("compare", "glft", "glft", *short, *options, "--param",
                                         "glft-2.quote_qty=20", "--json"))
        self.check(shown)
        self.assertEqual([shown["seed"], shown["episodes"], shown["episode_s"]], [7, 40, 10])
        alone = json.loads(self.succeeds("baseline", "--strategy", "glft,glft", *short, *options,
                                         "--param", "glft-2.quote_qty=20", "--json"))
        for strategy in alone["strategies"]:
            rank = next(r for r in shown["ranking"] if r["name"] == strategy["name"])
            self.assertEqual(rank["params"], strategy["params"])
            self.assertEqual(rank["estimated"], strategy["estimated"])
            self.assertEqual(rank["estimated"]["episodes"], 2)
            self.assertAlmostEqual(rank["mean"], strategy["metrics"]["pnl"]["mean"])

    def test_task(self):
        """On a task the values are the scores of `hftsim tasks run`."""
        task = ["market_making", "--episodes", "3"]
        contestants = {"random": [], "random-2": ["--param", "offset_max=3"],
                       "symmetric:half_spread=4": ["--param", "half_spread=4"]}
        shown = json.loads(self.succeeds(
            "compare", "random", "random", "symmetric:half_spread=4", "--param",
            "random-2.offset_max=3", "--task", *task, "--split", "validation", "--json"))
        self.check(shown)
        self.assertEqual(shown["task"]["name"], "market_making")
        self.assertEqual([shown["metric"], shown["direction"], shown["seed"], shown["episodes"]],
                         ["pnl_less_risk", 1, 1000000000, 3])
        self.assertEqual({rank["name"] for rank in shown["ranking"]}, set(contestants))
        for rank in shown["ranking"]:
            alone = json.loads(self.succeeds(
                "tasks", "run", *task, "--split", "validation", "--strategy", rank["strategy"],
                *contestants[rank["name"]], "--json"))
            self.assertAlmostEqual(rank["mean"], alone["score"])
            self.assertAlmostEqual(rank["sd"], alone["sd"])

    def test_run_folder(self):
        """The folder has the summary that --json prints, and hftsim report draws it."""
        where = self.folder
        for name, options in (("market", ["twap", "vwap:slices=5", *SHORT]),
                              ("task", ["random", "symmetric", "--task", "market_making",
                                        "--episodes", "2"])):
            with self.subTest(name=name):
                told = self.succeeds("compare", *options, "--json", "--out", str(where / name))
                self.assertEqual((where / name / "summary.json").read_text(), told)
                self.succeeds("report", str(where / name), "--out", str(where / f"{name}.html"))
                self.assertIn("vwap:slices=5" if name == "market" else "symmetric",
                              (where / f"{name}.html").read_text())
                self.refused(FAILED, "compare", *options, "--out", str(where / name),
                             words=("taken",))

    def test_an_interrupt_keeps_what_is_complete(self):
        """A whole JSON and a whole folder of the complete episodes, or no folder."""
        for name, options in (("market", ["twap", "vwap"]),
                              ("task", ["random", "symmetric", "--task", "market_making"])):
            with self.subTest(name=name):
                out = self.folder / name
                process = self.running("compare", *options, "--episodes", "100000", "--json",
                                       "--out", str(out))
                process.terminate()
                said, _ = process.communicate(timeout=60)
                self.assertEqual(process.returncode, INTERRUPTED)
                self.assertEqual(out.exists(), bool(said))
                if said:
                    shown = json.loads(said)
                    self.assertTrue(shown["interrupted"])
                    self.assertLess(shown["episodes"], 100000)
                    self.assertEqual((out / "summary.json").read_text(), said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
