"""`hftsim baseline`: several strategies, sides, run folders."""

import json
import statistics
import unittest

from program import FAILED, INTERRUPTED, ROOT, USAGE, ProgramTest, run

SHORT = ("--episodes", "6", "--horizon", "20s")
TAPE = ROOT / "data/sample/SYMA_2026-01-02_34200000_34800000_message_5.csv"


class Baseline(ProgramTest):
    def report(self, *arguments: str) -> dict:
        return json.loads(self.succeeds("baseline", *arguments, "--json"))

    def test_each_alone_is_as_in_a_run_of_its_own(self):
        names = ("twap", "random", "vwap")
        several = self.report("--strategy", ",".join(names), *SHORT, "--seed", "4")
        self.assertEqual([s["name"] for s in several["strategies"]], list(names))
        for strategy in several["strategies"]:
            alone = self.report("--strategy", strategy["name"], *SHORT, "--seed", "4")
            for key in strategy:
                self.assertEqual(strategy[key], alone[key], key)
            for key in set(several) - {"strategies"}:
                self.assertEqual(several[key], alone[key], key)

    def test_threads_do_not_matter(self):
        for more in ((), ("--together",), ("--side", "both"), ("--together", "--side", "both")):
            with self.subTest(more=more):
                said = [self.succeeds("baseline", "--strategy", "twap,twap,random", *SHORT, *more,
                                      "--json", "--threads", threads) for threads in "135"]
                self.assertEqual(said[0], said[1])
                self.assertEqual(said[0], said[2])

    def test_together_is_not_alone(self):
        alone = self.report("--strategy", "twap,vwap", *SHORT)
        together = self.report("--strategy", "twap,vwap", *SHORT, "--together")
        idle = self.report("--strategy", "twap,do-nothing", *SHORT, "--together")
        self.assertTrue(together["together"] and not alone["together"])
        self.assertNotEqual(alone["strategies"][0]["metrics"],
                            together["strategies"][0]["metrics"])
        self.assertEqual(alone["strategies"][0]["metrics"], idle["strategies"][0]["metrics"])

    def test_keys_of_all_and_of_one(self):
        report = self.report(
            "--strategy", "twap,twap,random", *SHORT, "--quantity", "50", "--param", "slices=5",
            "--param", "twap-2.slices=7", "--param", "random:offset_max=4", "--side", "sell")
        params = [s["params"] for s in report["strategies"]]
        self.assertEqual([p.get("slices") for p in params], [5, 7, None])
        self.assertEqual([p.get("quantity") for p in params], [50, 50, None])
        self.assertEqual([p.get("side") for p in params], ["sell", "sell", None])
        self.assertEqual(params[2]["offset_max"], 4)
        self.assertEqual([p["horizon_s"] for p in params], [20, 20, 20])

    def test_pairs_are_the_mean_of_both_sides(self):
        both = self.report("--strategy", "twap,random", *SHORT, "--side", "both")["strategies"]
        sides = [self.report("--strategy", "twap", *SHORT, "--side", side)["metrics"]
                 for side in ("buy", "sell")]
        for metric in ("pnl", "shortfall_bps", "fees", "traded_lots"):
            mean = sum(side[metric]["mean"] for side in sides) / 2
            self.assertAlmostEqual(both[0]["metrics"][metric]["mean"], mean, places=9)
        self.assertEqual(both[0]["params"]["side"], "both")
        self.assertLess(both[0]["pairs"]["shortfall_bps"]["correlation"], 0)
        self.assertGreater(both[0]["pairs"]["shortfall_bps"]["variance_saved"], 0)
        self.assertIsNone(both[1]["pairs"])
        self.assertIn("pairs save",
                      self.succeeds("baseline", "--strategy", "twap", *SHORT, "--side", "both"))

    def test_aggregates_are_of_the_episodes(self):
        """Against the P&L of single episodes."""
        episodes = 21
        short = [*SHORT[2:], "--episodes"]
        pnl = sorted(self.report("--strategy", "symmetric", *short, "1", "--seed",
                                 str(seed))["metrics"]["pnl"]["mean"] for seed in range(episodes))
        shown = self.report("--strategy", "symmetric", *short, str(episodes))["aggregates"]
        falls = [min(x, 0) ** 2 for x in pnl]
        expected = {
            "sharpe_ratio": statistics.mean(pnl) / statistics.stdev(pnl),
            "sortino_ratio": statistics.mean(pnl) / statistics.mean(falls) ** 0.5,
            "hit_rate": sum(x > 0 for x in pnl) / sum(x != 0 for x in pnl),
            "var_95": -pnl[1],
            "cvar_95": -statistics.mean(pnl[:2]),
        }
        self.assertEqual(set(shown), {"metric", *expected})
        for name, value in expected.items():
            self.assertAlmostEqual(shown[name]["value"], value)
            self.assertEqual(shown[name]["episodes"], episodes)
            self.assertLessEqual(shown[name]["ci_low"], shown[name]["ci_high"])
        said = self.succeeds("baseline", "--strategy", "symmetric", *short, str(episodes))
        self.assertRegex(said, rf"  hit_rate +{expected['hit_rate']:.4f} ")

    def test_who_trades_with_whom(self):
        names = ["twap", "symmetric", "twap-2", "do-nothing"]
        run = ["--strategy", "twap,symmetric,twap,do-nothing", *SHORT[2:], "--param",
               "twap-2.side=sell", "--together"]
        run[2:2] = ["--episodes", "1"]
        group = self.report(*run)
        lots = group["group"]["lots"]
        traded = {s["name"]: s["metrics"]["traded_lots"]["mean"] for s in group["strategies"]}
        self.assertEqual(list(lots), names)
        for name in names:
            self.assertEqual(list(lots[name]), [*names, "others", "exchange"])
            self.assertEqual(sum(lots[name].values()) - lots[name]["exchange"], traded[name])
            for other in names:
                self.assertEqual(lots[name][other], lots[other][name])
        within = sum(lots[a][b] for a in names for b in names)
        self.assertGreater(within, 0)
        every = sum(sum(row.values()) for row in lots.values())
        self.assertAlmostEqual(group["group"]["coordination_efficiency"]["mean"],
                               1 - within / every)
        self.assertGreater(group["group"]["behavioural_diversity"]["mean"], 0)
        self.assertIsNone(self.report(*run[:-1])["group"])
        self.assertIn("coordination_efficiency", self.succeeds("baseline", *run))

    def test_tables_fit_a_terminal(self):
        said = self.succeeds("baseline", "--strategy", "twap,avellaneda-stoikov,do-nothing", *SHORT)
        lines = said.splitlines()
        table = lines[lines.index("each strategy alone in the same worlds") + 1:]
        self.assertTrue(all(len(line) <= 100 for line in table), table)
        report = self.report("--strategy", "twap,avellaneda-stoikov,do-nothing", *SHORT)
        for strategy in report["strategies"]:
            for name, metric in strategy["metrics"].items():
                self.assertIn(name, said)
                if metric["mean"] is not None:
                    self.assertIn(f"{metric['mean']:.4f}", said)

    def test_the_list_has_two_names(self):
        self.assertEqual(self.succeeds("baseline", "--list"),
                         self.succeeds("baseline", "--strategy", "list"))
        self.assertEqual(self.succeeds("baseline", "--list", "--json"),
                         self.succeeds("baseline", "--strategy", "list", "--json"))

    def test_mistakes_are_explained(self):
        for words, *arguments in (
                (("empty item",), "--strategy", "twap,,vwap"),
                (("empty item",), "--strategy", "twap,"),
                (("'twpa'", "did you mean 'twap'"), "--strategy", "vwap,twpa"),
                (("more than 16",), "--strategy", ",".join(["twap"] * 17)),
                (("of all", "'gama'"), "--strategy", "twap,random", "--param", "gama=1"),
                (("twap", "random"), "--strategy", "twap,random", "--param", "vwap.slices=1"),
                (("of random", "slices"), "--strategy", "twap,random", "--param",
                 "random.slices=1"),
                (("KEY=VALUE",), "--strategy", "twap", "--param", "twap.=1"),
                (("KEY=VALUE",), "--strategy", "twap", "--param", "=1"),
                (("buy|sell|both",), "--strategy", "twap", "--side", "up"),
                (("side",), "--strategy", "random,do-nothing", "--side", "both"),
                (("side=buy", "--side both"), "--strategy", "twap", "--side", "both", "--param",
                 "twap.side=buy"),
                (("--horizon",), "--strategy", "twap", "--horizon", "0"),
                (("--name", "contradicts --out"), "--strategy", "twap", "--out", "a", "--name",
                 "b"),
                (("--name", "is empty"), "--strategy", "twap", "--name", ""),
                (("--series", "--instrument"), "--strategy", "twap", "--series", "--instrument",
                 "all", "--set", "market_config.instruments=2")):
            with self.subTest(arguments=arguments):
                self.refused(USAGE, "baseline", *arguments, words=words)
        self.refused(FAILED, "baseline", "--strategy", "twap,do-nothing", "--together", "--param",
                     "horizon_s=20", words=("horizon_s", "do-nothing"))
        self.refused(FAILED, "baseline", "--strategy", "twap", "--horizon", "20h",
                     words=("market_config.duration_s",))
        self.assertEqual(self.left_in_folder(), [])


class Bench(ProgramTest):
    def test_bench_eval_prints_json(self):
        shown = json.loads(self.succeeds(
            "bench", "eval", "--seconds", "400ms", "--envs", "4", "--threads", "1", "--set",
            "env_config.episode_len=50", "--json"))
        self.assertEqual(shown["bench"], "eval")
        self.assertEqual(shown["episode_len"], 50)
        ratios = []
        for strategy in shown["strategies"]:
            self.assertAlmostEqual(strategy["steps_per_s"], 50 * strategy["episodes_per_s"])
            ratios.append(strategy["steps_per_s"] / shown["env_steps_per_s"])
            self.assertAlmostEqual(strategy["ratio"], ratios[-1])
        self.assertEqual([s["strategy"] for s in shown["strategies"]],
                         ["do-nothing", "twap", "avellaneda-stoikov"])
        self.assertAlmostEqual(shown["ratio"], min(ratios))
        self.assertEqual(shown["statistics"]["episodes"], 10000)
        self.assertEqual(shown["statistics"]["resamples"], 2000)
        self.assertGreater(shown["statistics"]["seconds"], 0)


class Folders(ProgramTest):
    def test_the_summary_is_what_is_printed(self):
        for strategies in ("twap", "twap,random"):
            with self.subTest(strategies=strategies):
                out = self.folder / strategies
                said = self.succeeds("baseline", "--strategy", strategies, *SHORT, "--json",
                                     "--out", str(out), "--series")
                self.assertEqual((out / "summary.json").read_text(), said)
                self.assertEqual(sorted(p.name for p in out.iterdir()),
                                 ["config.yaml", "episodes.h5", "log.txt", "summary.json"])

    def test_a_folder_is_not_replaced(self):
        out = self.folder / "mine"
        out.mkdir()
        (out / "kept").write_text("kept")
        self.refused(FAILED, "baseline", "--strategy", "twap", *SHORT, "--out", str(out),
                     words=(str(out),))
        self.assertEqual((out / "kept").read_text(), "kept")
        self.assertEqual(self.left_in_folder(), ["mine"])


class Interrupts(ProgramTest):
    def test_what_is_complete_is_kept_or_nothing(self):
        """A whole JSON and a whole folder of the complete episodes, or no folder."""
        out = self.folder / "run"
        process = self.running("baseline", "--strategy", "twap,random", "--side", "both",
                               "--episodes", "100000", "--json", "--out", str(out))
        process.terminate()
        said, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, INTERRUPTED)
        self.assertEqual(self.left_in_folder(), ["run"] if said else [])
        if said:
            report = json.loads(said)
            self.assertTrue(report["interrupted"])
            self.assertLess(report["episodes"], 100000)
            self.assertEqual((out / "summary.json").read_text(), said)


class Tapes(ProgramTest):
    def test_windows_are_drawn_unless_the_config_says_where(self):
        for window, worlds in (("", 5), ("    window: random\n", 5), ("    window: fixed\n", 1)):
            with self.subTest(window=window):
                config = self.folder / "tape.yaml"
                config.write_text(
                    "market_config: {volatility_of_volatility: 0, fundamental: constant,"
                    " duration_s: 120}\n"
                    "env_config: {episode_len: 200}\npopulations:\n"
                    f"  - kind: replay\n    messages: {TAPE}\n{window}")
                done = run("baseline", "--config", str(config), "--strategy", "twap", "--episodes",
                           "3", "--json")
                self.assertEqual(done.returncode, 0, done.stderr)
                report = json.loads(done.stdout)
                self.assertAlmostEqual(report["worlds"], worlds, delta=0.01)
                self.assertEqual(report["metrics"]["pnl"]["sd"] > 0, worlds > 1)


if __name__ == "__main__":
    unittest.main()
