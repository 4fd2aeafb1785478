#!/usr/bin/env python3
"""hftsim impact as its users meet it: one quantity and several, both sides, threads, mistakes."""

import json
import math
import unittest

from program import FAILED, INTERRUPTED, OK, USAGE, ProgramTest, run

# Orders of 20 s in a small market: a world takes some milliseconds.
SHORT = ["--set", "env_config.warmup_s=2", "--param", "horizon_s=20", "--param", "slices=40",
         "--param", "style=aggressive", "--episodes", "12"]
ESTIMATE = {"value", "ci_low", "ci_high"}
ONE = {"strategy", "side", "quantity", "horizon_s", "fill_ratio", "unfilled_lots", "episodes",
       "version", "revision", "path"}
SEVERAL = {"strategy", "side", "horizon_s", "after_s", "episodes", "seed", "version", "revision",
           "exponent", "left_after_one_duration", "sigma_bps", "volume_lots", "quantities", "notes"}
QUANTITY = {"quantity", "fill_ratio", "unfilled_lots", "impact_end_bps", "impact_later_bps",
            "left_after_one_duration", "normalised", "path"}


class Impact(ProgramTest):
    def measured(self, *arguments: str) -> dict:
        return json.loads(self.succeeds("impact", *SHORT, *arguments, "--json"))

    def test_one_quantity_keeps_its_json(self):
        short = self.measured("--quantity", "900", "--after", "10s")
        self.assertEqual(set(short), ONE)
        self.assertEqual([short["quantity"], short["side"]], [900, "buy"])
        point = short["path"][-1]
        self.assertEqual(set(point), {"time_s", "executed", "impact_bps", "ci_low", "ci_high"})
        self.assertEqual([point["time_s"], point["executed"]], [30, 1])
        # A path that reaches one duration after the end has the decay, too.
        decay = self.measured("--quantity", "900", "--after", "20s", "--points", "4")
        self.assertEqual(set(decay), ONE | {"left_after_one_duration"})
        self.assertEqual(set(decay["left_after_one_duration"]), ESTIMATE)
        end, later = decay["path"][2], decay["path"][4]
        self.assertEqual([end["time_s"], later["time_s"]], [20, 40])
        self.assertAlmostEqual(decay["left_after_one_duration"]["value"],
                               later["impact_bps"] / end["impact_bps"], places=9)

    def test_several_quantities(self):
        """The numbers of the JSON agree with each other and with runs of one quantity."""
        lots = [400, 900, 1800]
        shown = self.measured("--quantity", "400,900,1800", "--points", "4")
        self.assertEqual(set(shown), SEVERAL)
        self.assertEqual(shown["after_s"], 20)  # by default the order's duration
        self.assertEqual([item["quantity"] for item in shown["quantities"]], lots)
        sigma, volume = shown["sigma_bps"]["value"], shown["volume_lots"]["value"]
        ends, laters = [], []
        for item in shown["quantities"]:
            self.assertEqual(set(item), QUANTITY)
            alone = self.measured("--quantity", str(item["quantity"]), "--points", "4",
                                  "--after", "20s")
            self.assertEqual(item["path"], alone["path"])
            self.assertEqual(item["fill_ratio"], alone["fill_ratio"])
            end, later = item["impact_end_bps"], item["impact_later_bps"]
            self.assertAlmostEqual(end["value"], item["path"][2]["impact_bps"], places=12)
            self.assertAlmostEqual(later["value"], item["path"][4]["impact_bps"], places=12)
            self.assertLessEqual(end["ci_low"], end["value"])
            self.assertLessEqual(end["value"], end["ci_high"])
            self.assertAlmostEqual(
                item["normalised"]["value"],
                end["value"] / (sigma * math.sqrt(item["quantity"] / volume)), places=9)
            self.assertAlmostEqual(item["left_after_one_duration"]["value"],
                                   later["value"] / end["value"], places=9)
            ends.append(end["value"])
            laters.append(later["value"])
        self.assertAlmostEqual(shown["left_after_one_duration"]["value"], sum(laters) / sum(ends),
                               places=9)
        x = [math.log(q) for q in lots]
        y = [math.log(value) for value in ends]
        mean_x, mean_y = sum(x) / 3, sum(y) / 3
        slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / sum(
            (a - mean_x) ** 2 for a in x)
        exponent = shown["exponent"]
        self.assertAlmostEqual(exponent["value"], slope, places=9)
        self.assertLess(exponent["ci_low"], slope)
        self.assertGreater(exponent["ci_high"], slope)

    def test_the_number_of_threads_does_not_matter(self):
        for several in (("--quantity", "400"), ("--quantity", "200,400", "--side", "both")):
            told = [self.succeeds("impact", *SHORT, *several, "--json", "--threads", threads)
                    for threads in ("1", "2", "4", "0")]
            self.assertEqual(len(set(told)), 1)

    def test_both_sides_are_averaged(self):
        side = {name: self.measured("--quantity", "200,400", "--side", name)
                for name in ("buy", "sell", "both")}
        for name, shown in side.items():
            self.assertEqual(shown["side"], name)
            self.assertEqual(shown["sigma_bps"], side["buy"]["sigma_bps"])
        for q in range(2):
            buy, sell, both = (side[name]["quantities"][q]["impact_end_bps"]["value"]
                               for name in ("buy", "sell", "both"))
            self.assertNotEqual(buy, sell)
            self.assertAlmostEqual(both, (buy + sell) / 2, places=12)
        one = self.measured("--quantity", "400", "--side", "both", "--after", "20s")
        self.assertEqual(one["side"], "both")
        self.assertEqual(one["path"], side["both"]["quantities"][1]["path"])

    def test_an_impact_that_is_not_positive_has_no_exponent(self):
        shown = run("impact", "--config", "classic", *SHORT, "--quantity", "1,400", "--episodes",
                    "1", "--json")
        self.assertEqual(shown.returncode, OK)
        told = json.loads(shown.stdout)
        self.assertEqual(told["quantities"][0]["impact_end_bps"]["value"], 0)
        nothing = {"value": None, "ci_low": None, "ci_high": None}
        self.assertEqual(told["exponent"], nothing)
        self.assertEqual(told["quantities"][0]["left_after_one_duration"], nothing)
        self.assertTrue(any("no exponent" in note for note in told["notes"]))
        self.assertIn("note: no exponent: the mean impact of 1 lots", shown.stderr)

    def test_what_is_closed_at_the_end_is_noted(self):
        shown = run("impact", *SHORT, "--quantity", "100,100000", "--after", "1s", "--json")
        told = json.loads(shown.stdout)
        fill = [item["fill_ratio"] for item in told["quantities"]]
        self.assertEqual(fill[0], 1)
        self.assertLess(fill[1], 0.95)
        self.assertEqual([note for note in told["notes"] if "of 100 lots the" in note], [])
        self.assertTrue(any("of 100000 lots the strategy traded" in note for note in told["notes"]))
        # --after is too short for the decay.
        self.assertIsNone(told["left_after_one_duration"]["value"])
        self.assertIsNone(told["quantities"][0]["impact_later_bps"]["value"])
        self.assertIn("left_after_one_duration is not measured", shown.stderr)
        self.assertIn("of 100000 lots", run("impact", *SHORT, "--quantity", "100000").stderr)

    def test_tables(self):
        text = self.succeeds("impact", *SHORT, "--quantity", "200,400", "--side", "both")
        for words in ("twap, both, 2 quantities in 20 s; 12 worlds", "exponent of the impact",
                      "left one duration after the end, all quantities", "sqrt(Q / V)"):
            self.assertIn(words, text)
        one = self.succeeds("impact", *SHORT, "--quantity", "400", "--after", "20s")
        self.assertIn("left one duration after the end: ", one)
        self.assertNotIn("left", self.succeeds("impact", *SHORT, "--after", "19s"))
        self.assertNotIn("nan", self.succeeds("impact", *SHORT, "--episodes", "1"))

    def test_quantities_that_are_none(self):
        for text, words in (
            ("", "empty item"), (",", "empty item"), ("100,", "empty item"),
            (",100", "empty item"), ("100,,400", "empty item"),
            ("0", "'0' is not a whole number from 1 to 1000000000"),
            ("100,0", "'0' is not"), ("-5", "'-5' is not"), ("100,-4", "'-4' is not"),
            ("100,1e3", "'1e3' is not"), ("ten", "'ten' is not"), ("100 ,400", "'100 ' is not"),
            ("1000000001", "'1000000001' is not"), ("5," + 60 * "9", "is not a whole number"),
            ("100,400,100", "100 is given twice"),
            (",".join(map(str, range(1, 14))), "more than 12 quantities"),
        ):
            with self.subTest(text=text):
                self.refused(USAGE, "impact", "--quantity", text, words=("--quantity", words))

    def test_contradictions(self):
        several = ("impact", "--quantity", "100,400")
        self.refused(USAGE, *several, "--param", "quantity=5", words=("quantity=5", "one of them"))
        self.refused(USAGE, "impact", "--side", "both", "--param", "side=sell",
                     words=("side=sell", "one of them"))
        self.refused(USAGE, "impact", "--side", "up", words=("buy|sell|both",))
        self.refused(FAILED, *several, "--param", "horizon_s=15000",
                     words=("market_config.duration_s",))
        self.refused(FAILED, *several, "--episodes", "100000", "--points", "1000", "--set",
                     "env_config.episode_len=10", "--quantity", "1,2,3,4,5", words=("lower one",))

    def test_an_interrupt_ends_it(self):
        for threads in ("1", "3"):
            process = self.running("impact", "--quantity", "100,400", "--side", "both",
                                   "--episodes", "100000", "--threads", threads)
            self.assertIn("interrupted", self.stops(process, INTERRUPTED))


if __name__ == "__main__":
    unittest.main(verbosity=2)
