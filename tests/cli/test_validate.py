#!/usr/bin/env python3
"""hftsim validate as its users meet it: what the default market claims, datasets, a real tape, the
page, and mistakes."""

import json
import os
import re
import unittest
from random import Random
from xml.etree import ElementTree

from program import FAILED, INTERRUPTED, OK, ROOT, SHARED, USAGE, Page, ProgramTest, run

NUMBERS = ("value", "ci_low", "ci_high", "existing", "low", "high", "observations",
           "observations_min")
WORDS = ("verdict", "help", "source", "unit")
SHORT = ["--duration", "300s", "--warmup-s", "10"]


class Validate(ProgramTest):
    def measured(self, *arguments: str, code: int = OK) -> dict:
        done = run("validate", *arguments, "--json")
        self.assertEqual(done.returncode, code, done.stderr)
        found = json.loads(done.stdout)
        facts = {fact["name"]: fact for fact in found["facts"]}
        self.assertEqual(len(facts), len(found["facts"]))  # each once
        return {**found, "facts": facts}


class Claims(Validate):
    def test_the_default_market_passes_what_it_claims(self):
        for seed in ("0", "1", "2"):
            with self.subTest(seed=seed):
                found = self.measured("--seed", seed)
                claimed = {name: fact["verdict"] for name, fact in found["facts"].items()
                           if fact["claimed"]}
                self.assertGreaterEqual(len(claimed), 30)
                self.assertEqual(set(claimed.values()), {"pass"}, claimed)
                self.assertEqual(found["claimed_pass"], len(claimed))
                self.assertTrue(found["ok"])

    def test_leverage_is_there_on_request(self):
        found = self.measured("--set", "market_config.leverage=1", "--claim", "none")["facts"]
        self.assertEqual(found["leverage"]["verdict"], "pass")

    def test_presets_on_the_same_flow_pass_most_of_it(self):
        for preset in ("ou", "jump", "large_tick"):
            with self.subTest(preset=preset):
                found = self.measured("--config", preset, "--claim", "none")["facts"]
                claims = {name for name, fact in self.measured(*SHORT)["facts"].items()
                          if fact["claimed"]}
                bad = {name for name in claims if found[name]["verdict"] == "fail"}
                # A mid of half ticks has no power law in its tails.
                self.assertLessEqual(bad, {"tail_index"} if preset == "large_tick" else set())

    def test_the_documentation_says_what_is_claimed(self):
        page = (ROOT / "docs" / "validation.md").read_text()
        rows = dict(re.findall(r"(?m)^\| `(\w+)` (\|.*)$", page))
        facts = self.measured(*SHORT)["facts"]
        self.assertEqual(rows.keys(), facts.keys())
        for name, fact in facts.items():
            with self.subTest(fact=name):
                expected = "-" if fact["low"] is None else f"{fact['low']:g} .. {fact['high']:g}"
                self.assertIn(f"| {expected} |", rows[name])
                if fact["sample"] is not None:
                    self.assertEqual("| claimed |" in rows[name], fact["claimed"])
                if fact["sample"] is not None:
                    self.assertEqual("not claimed" in rows[name], not fact["claimed"])
                else:
                    self.assertIn(f"| {fact['source']} |", rows[name])

    def test_a_claim_that_fails_is_a_failure(self):
        # Poisson clocks have a Fano factor of 1, far below what real markets show.
        clocks = ["--config", "classic", "--set", "populations.noise.market_rate=2",
                  "--set", "populations.value.rate=0.001"]
        found = self.measured(*clocks, "--claim", "fano_factor", code=FAILED)
        self.assertEqual(found["facts"]["fano_factor"]["verdict"], "fail")
        self.assertLess(abs(found["facts"]["fano_factor"]["value"] - 1), 0.05)
        self.assertEqual([found[f"claimed_{v}"] for v in ("pass", "fail", "undecided")], [0, 1, 0])
        self.assertFalse(found["ok"])
        # Nor do messages come in answer to trades: the dynamics can be claimed, too.
        found = self.measured(*clocks, "--claim", "reaction_1ms", code=FAILED)
        self.assertEqual(found["facts"]["reaction_1ms"]["verdict"], "fail")
        self.assertTrue(self.measured(*clocks, "--claim", "none")["ok"])
        self.measured(*clocks, "--claim", "all", code=FAILED)
        both = self.measured("--claim", "spread", "--claim", "excess_kurtosis")
        self.assertEqual({name for name, fact in both["facts"].items() if fact["claimed"]},
                         {"spread", "excess_kurtosis"})

    def test_too_few_data_are_said_to_be(self):
        facts = self.measured("--duration", "70s", "--claim", "all")["facts"]
        self.assertEqual(facts["excess_kurtosis"]["verdict"], "undecided")
        self.assertLess(facts["excess_kurtosis"]["observations"], 20)


class Results(Validate):
    def test_json_has_every_number(self):
        found = self.measured(*SHORT, "--seed", "18446744073709551615")
        self.assertEqual(found["seed"], "18446744073709551615")
        self.assertEqual(found["interval_s"], 1)
        self.assertEqual(found["market"]["samples"], 291)
        for name, fact in found["facts"].items():
            with self.subTest(fact=name):
                for key in NUMBERS:
                    self.assertIsInstance(fact[key], (int, float, type(None)))
                self.assertGreater(fact["observations"], 0)
                for key in WORDS:
                    self.assertTrue(fact[key])
                if fact["ci_low"] is not None:
                    self.assertLessEqual(fact["ci_low"], fact["ci_high"])
        self.assertIsNone(found["tape"])

    def test_the_same_seed_gives_the_same_numbers(self):
        self.assertEqual(self.measured(*SHORT, "--seed", "5"), self.measured(*SHORT, "--seed", "5"))
        self.assertNotEqual(self.measured(*SHORT, "--seed", "5")["facts"],
                            self.measured(*SHORT, "--seed", "6")["facts"])

    def test_text_tells_the_verdicts(self):
        text = self.succeeds("validate", *SHORT)
        for name, fact in self.measured(*SHORT)["facts"].items():
            mark = r"\*" if fact["claimed"] else " "
            self.assertRegex(text, rf"(?m)^{mark} {name} .* {fact['verdict']} ")
        self.assertRegex(text, r"(?m)^\* claimed: \d+ pass, 0 fail")

    @unittest.skipUnless(os.path.exists("/dev/full"), "there is no /dev/full here")
    def test_a_full_disk_is_a_failure(self):
        for more in ([], ["--json"]):
            with open("/dev/full", "w") as full:
                done = run("validate", *SHORT, *more, stdout=full)
            self.assertEqual(done.returncode, FAILED)
            self.assertIn("stdout", done.stderr)


class Datasets(Validate):
    def test_a_dataset_is_the_market_that_it_records(self):
        config = ["--seed", "3", "--set", "market_config.instruments=2",
                  "--set", "exchange_config.opening_auction_s=5",
                  "--set", "exchange_config.halt_band_bps=8", "--set", "exchange_config.halt_s=5"]
        path = str(self.folder / "a.h5")
        self.succeeds("gen", "--out", path, "--duration", "300s", *config)
        self.refused(FAILED, "validate", "--data", path, words=(path, "SYMA1", "--session"))
        for index in (0, 1):
            run_here = self.measured(*SHORT, *config, "--instrument", str(index))
            recorded = self.measured("--data", path, "--session", f"SYMA{index + 1}/2026-01-02",
                                     "--seed", "3", "--warmup-s", "10")
            self.assertEqual(run_here["facts"], recorded["facts"])
        first = self.measured(*SHORT, *config)
        self.assertIn("SYMA1", first["market"]["name"])
        self.assertNotEqual(first["facts"], run_here["facts"])
        self.refused(USAGE, "validate", *SHORT, *config, "--instrument", "2",
                     words=("--instrument", "2 out of range [0, 1]"))

    def test_files_that_are_none(self):
        path = self.folder / "a.h5"
        self.refused(FAILED, "validate", "--data", str(path), words=(str(path),))
        path.write_text("no dataset")
        self.refused(FAILED, "validate", "--data", str(path), words=(str(path), "hftsim gen"))
        self.succeeds("gen", "--out", str(path), "--duration", "100s", "--force")
        whole = path.read_bytes()
        path.write_bytes(whole[:-1])
        self.refused(FAILED, "validate", "--data", str(path), words=(str(path), "truncated"))
        path.write_bytes(whole)
        self.succeeds("validate", "--data", str(path))
        self.refused(FAILED, "validate", "--data", str(path), "--warmup-s", "100",
                     words=("too short",))


class Tape(Validate):
    MESSAGES = "".join(f"{34200 + i}.5,1,{i + 1},10,{999900 - 100 * (i % 5)},1\n"
                       f"{34200 + i}.75,1,{i + 1001},10,{1000100 + 100 * (i % 7)},-1\n"
                       for i in range(200))

    def test_a_tape_is_compared(self):
        path = self.folder / "messages.csv"
        path.write_text(self.MESSAGES)
        found = self.measured(*SHORT, "--against", str(path))
        self.assertEqual(found["tape"]["events"], 400)
        spread = found["facts"]["spread"]
        self.assertAlmostEqual(spread["tape"]["value"], 2.0, places=2)
        self.assertGreater(spread["wasserstein"], 0)
        self.assertLessEqual(spread["l1"], 2 + 1e-9)
        self.assertEqual(found["facts"]["order_size"]["tape"]["verdict"], "undecided")
        self.assertIsNone(found["facts"]["order_size"]["wasserstein"])

    def test_a_malformed_tape_is_told_with_its_line(self):
        path = self.folder / "messages.csv"
        self.refused(FAILED, "validate", *SHORT, "--against", str(path), words=(str(path),))
        path.write_text(self.MESSAGES + "34500.5,9,1,1,1,1\n")
        self.refused(FAILED, "validate", *SHORT, "--against", str(path), words=(f"{path}:401",))
        path.write_text(self.MESSAGES)
        book = str(self.folder / "none.csv")
        self.refused(FAILED, "validate", *SHORT, "--against", str(path), "--book0", book,
                     words=(book,))

    @unittest.skipUnless((SHARED / "lobster").is_dir(), "the sample of LOBSTER is not here")
    def test_the_real_market_fails_no_fact(self):
        folder = SHARED / "lobster"
        found = self.measured("--against", str(next(folder.glob("*message*.csv"))),
                              "--book0", str(next(folder.glob("*orderbook_50.csv"))))
        verdicts = {name: fact["tape"]["verdict"] for name, fact in found["facts"].items()}
        self.assertNotIn("fail", verdicts.values(), verdicts)
        for name in ("sign_lag_1", "sign_lag_4", "ofi_r2_10s", "message_fano_1s", "reaction_1ms",
                     "maker_keeps_10s", "kurtosis_1s", "excess_kurtosis", "tail_index",
                     "volatility_clustering", "volume_volatility", "fano_factor", "sign_memory",
                     "spread", "depth_profile", "inter_arrival", "order_size", "time_to_cancel",
                     "return_autocorrelation"):
            self.assertEqual(verdicts[name], "pass")
        for fact in found["facts"].values():
            if fact["sample"] is not None:
                self.assertGreater(fact["wasserstein"], 0)
                self.assertGreater(fact["l1"], 0)


class Scores(Validate):
    """LOB-Bench's scores of two markets; tests/data/test_judge.c checks their values."""

    def tape(self, name: str, seed: int, seconds: int = 700) -> str:
        """A tape of two sides that trades, from a small random market."""
        random, path = Random(seed), self.folder / name
        lines, live = [], []
        for tenth in range(10 * seconds):
            side = random.choice((1, -1))
            price = 1000000 - side * 100 * random.randint(1, 12)
            order = (tenth + 1, random.randint(1, 100), price, side)
            for kind in (1, random.choice((3, 4))):
                if kind != 1:
                    if len(live) < 12:
                        continue
                    order = live.pop(random.randrange(len(live)))
                else:
                    live.append(order)
                words = ",".join(str(number) for number in (kind, *order))
                lines.append(f"{34200 + tenth / 10 + random.random() / 50 * (kind != 1):.6f},"
                             f"{words}\n")
        path.write_text("".join(lines))
        return str(path)

    def test_a_tape_is_itself(self):
        path = self.tape("a.csv", 1)
        found = self.measured("--data", path, "--against", path, "--claim", "none")
        self.assertEqual(sum(score["weight"] for score in found["scores"]), 16)
        for score in found["scores"]:
            with self.subTest(score=score["name"]):
                self.assertAlmostEqual(score["l1"], 0, places=12)
                self.assertAlmostEqual(score["w1"], 0, places=12)
                self.assertGreater(score["floor_l1"], 0)
        self.assertAlmostEqual(found["mean_l1"], 0, places=12)
        self.assertGreater(found["floor"]["mean_l1"], 0)
        for fact in found["facts"].values():
            self.assertEqual(fact["value"], fact["tape"]["value"])
            if fact["sample"] is None and fact["value"] is not None:
                self.assertIsNotNone(fact["low"])
                if fact["source"] == "the tape":
                    self.assertAlmostEqual(fact["high"] - fact["low"], 2 * fact["allowed"])
                    self.assertEqual(fact["verdict"], fact["agrees"])
            if fact["sample"] is None and fact["value"] is not None and fact["value"] != 0:
                self.assertEqual(fact["agrees"], "pass" if fact["ci_low"] is not None
                                 else "undecided", fact["name"])

    def test_tapes_and_markets_are_scored(self):
        one, two = self.tape("a.csv", 1), self.tape("b.csv", 2)
        for market in (["--data", one], ["--duration", "10m"]):
            found = self.measured(*market, "--against", two, "--claim", "none")
            self.assertEqual((found["blocks"], found["block_s"]), ("all", 300))
            for score in found["scores"]:
                for kind, most in (("l1", 1 + 1e-9), ("w1", 100)):
                    self.assertLessEqual(score[f"{kind}_ci_low"], score[kind] + 1e-12)
                    self.assertGreaterEqual(score[f"{kind}_ci_high"], score[kind] - 1e-12)
                    self.assertLessEqual(score[kind], most)
            weighted = sum(score["weight"] * score["l1"] for score in found["scores"]) / 16
            self.assertAlmostEqual(found["mean_l1"], weighted)
            self.assertLess(found["mean_l1_ci_low"], found["mean_l1_ci_high"])
        # The simulated market is further away than another tape of the same kind.
        near = self.measured("--data", one, "--against", two, "--claim", "none")
        self.assertLess(near["mean_l1"], 0.2)
        self.assertGreater(found["mean_l1"], 2 * near["mean_l1"])

    def test_blocks_and_seeds(self):
        tape = self.tape("a.csv", 1)
        options = ["--duration", "5m", "--against", tape, "--claim", "none"]
        whole, odd, even = (self.measured(*options, "--blocks", blocks, "--block", "100s")
                            for blocks in ("all", "odd", "even"))
        for one, other in ((whole, odd), (odd, even), (whole, even)):
            self.assertNotEqual(one["mean_l1"], other["mean_l1"])
            self.assertEqual(one["floor"], other["floor"])
        several = self.measured(*options, "--seeds", "3")
        alone = self.measured(*options)
        self.assertEqual(several["seeds"], 3)
        self.assertGreater(several["market"]["messages"], 2 * alone["market"]["messages"])
        self.assertEqual(several["facts"]["spread"], alone["facts"]["spread"])
        self.assertNotEqual(several["facts"]["spread_time"]["value"],
                            alone["facts"]["spread_time"]["value"])
        without = self.measured("--duration", "5m", "--claim", "none")
        self.assertNotIn("scores", without)

    def test_options_that_do_not_fit(self):
        tape = self.tape("a.csv", 1, 100)
        for words, options in (
            ("--blocks", ["--blocks", "odd"]),
            ("--blocks", ["--blocks", "some", "--against", tape]),
            ("--block", ["--block", "1ms", "--against", tape]),
            ("--seeds", ["--seeds", "2", "--data", tape]),
            ("--seeds", ["--seeds", "0"]),
            ("--session", ["--session", "A/B", "--data", tape]),
            ("--data-book0", ["--data-book0", tape]),
        ):
            with self.subTest(options=options):
                self.refused(USAGE, "validate", *options, words=(words,))
        none = str(self.folder / "none.csv")
        self.refused(FAILED, "validate", "--data", none, words=(none,))

    @unittest.skipUnless((SHARED / "lobster").is_dir(), "the sample of LOBSTER is not here")
    def test_a_market_without_clustering_is_far_from_the_real_one(self):
        folder = SHARED / "lobster"
        found = self.measured("--config", "classic", "--duration", "30m", "--claim", "none",
                              "--blocks", "even",
                              "--against", str(next(folder.glob("AAPL*message*.csv"))),
                              "--book0", str(next(folder.glob("AAPL*orderbook_50.csv"))))
        self.assertGreater(found["mean_l1"], found["floor"]["mean_l1"] + 0.04)
        for name in ("message_fano_1s", "reaction_1ms", "response_1s", "volatility_1s",
                     "spread_time"):
            self.assertEqual(found["facts"][name]["agrees"], "fail", name)
            self.assertEqual(found["facts"][name]["verdict"], "fail", name)


class Html(Validate):
    def test_the_page_needs_nothing_but_itself(self):
        path, tape = self.folder / "facts.html", self.folder / "a<b&c.csv"
        tape.write_text(Tape.MESSAGES)
        path.write_text("replaced")
        self.succeeds("validate", *SHORT, "--html", str(path), "--against", str(tape))
        text = path.read_text()
        page = Page()
        page.feed(text)
        self.assertEqual(page.open, [])
        self.assertEqual(page.fetched, [])
        self.assertIn("a&lt;b&amp;c.csv", text)
        found = self.measured(*SHORT, "--against", str(tape))
        for name in [*found["facts"], *(score["name"] for score in found["scores"])]:
            self.assertIn(name, text)
        plots = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
        self.assertGreaterEqual(len(plots), 10)
        for plot in plots:
            curves = ElementTree.fromstring(plot)
            for curve in curves.iter("path"):
                self.assertNotRegex(curve.attrib["d"], "nan|inf")
        self.assertGreater(text.count('stroke="#2364c4"'), 10)  # the market's curves
        self.assertEqual(self.left_in_folder(), sorted([tape.name, path.name]))

    def test_a_page_that_cannot_be_written(self):
        for path in ("/no/such/folder/x.html", str(self.folder)):
            self.refused(FAILED, "validate", *SHORT, "--html", path, words=(path,))
        self.assertEqual(self.left_in_folder(), [])


class Mistakes(Validate):
    def test_options_that_do_not_go_together(self):
        for arguments, word in (
            (["--data", "a.h5", "--config", "ou"], "--config"),
            (["--data", "a.h5", "--set", "market_config.volatility=1"], "--set"),
            (["--data", "a.h5", "--instrument", "0"], "--session"),
            (["--session", "SYMA/2026-01-02"], "--data"),
            (["--book0", "b.csv"], "--against"),
            (["--duration", "60s"], "--warmup-s"),
            (["--duration", "25h"], "duration_s"),
            (["--claim", "kurtosis"], "excess_kurtosis"),
            (["--claim", "all", "--claim", "spread"], "alone"),
            (["--interval", "0s"], "interval"),
        ):
            with self.subTest(arguments=arguments):
                self.refused(USAGE, "validate", *arguments, words=(word,))

    def test_configs_are_checked(self):
        self.refused(FAILED, "validate", "--config", "defalt", words=("'default'",))
        self.refused(FAILED, "validate", "--set", "market_config.volatilty=1",
                     words=("volatility",))

    def test_ctrl_c_leaves_no_page(self):
        process = self.running("validate", "--html", str(self.folder / "x.html"), "--set",
                               "populations.reactive.pace=500")
        self.assertIn("interrupted", self.stops(process, INTERRUPTED))
        self.assertEqual(self.left_in_folder(), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
