#!/usr/bin/env python3
"""hftsim calibrate as its users meet it: what it prints and writes, several files, lots, bad tapes,
and mistakes. The tapes are those of scripts/sample_tape.py, at a faster pace."""

import importlib.util
import json
import math
import os
import re
import unittest
from functools import cache

from program import FAILED, INTERRUPTED, OK, ROOT, SHARED, USAGE, Page, ProgramTest, run

QUICK = ["--warmup-s", "30", "--seeds", "1"]
SCORES = ("spread", "imbalance", "log_iat", "log_ttc", "vol_touch", "vol10", "limit_depth",
          "cancel_depth", "limit_level", "cancel_level")
KINDS = ("improve", "join", "behind", "cancel_best", "cancel_behind", "market")


@cache
def tape(seed: int = 1, seconds: int = 900, rate: float = 6.0) -> tuple[list[str], list[str]]:
    """The lines of a message file and of its orderbook file."""
    path = ROOT / "scripts" / "sample_tape.py"
    spec = importlib.util.spec_from_file_location("sample_tape", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.RATE, module.END_S = rate, module.OPEN_S + seconds
    made = module.Tape(seed)
    made.run()
    return made.messages, made.books


class Calibrate(ProgramTest):
    def write(self, lines: list[str], name: str = "messages.csv") -> str:
        path = self.folder / name
        path.write_text("".join(lines), encoding="ascii")
        return str(path)

    def sample(self, **options) -> list[str]:
        """Both files as options."""
        messages, books = tape(**options)
        return ["--messages", self.write(messages), "--book", self.write(books, "books.csv")]

    def fitted(self, *arguments: str) -> dict:
        return json.loads(self.succeeds("calibrate", *arguments, *QUICK, "--json"))


class Results(Calibrate):
    def test_the_scoreboard(self):
        found = self.fitted(*self.sample())
        for board in ("scores", "floor", "zero_intelligence"):
            each = found[board]["each"]
            for distance in ("l1", "w1"):
                with self.subTest(board=board, distance=distance):
                    values = [each[name][distance] for name in SCORES]
                    weights = [1 if name in SCORES[:4] else 2 for name in SCORES]
                    mean = sum(v * w for v, w in zip(values, weights)) / sum(weights)
                    self.assertAlmostEqual(found[board][f"mean_{distance}"], mean, places=9)
                    self.assertTrue(all(v >= 0 and math.isfinite(v) for v in values))
        self.assertGreater(found["seconds"], 0)
        self.assertEqual(found["messages"], len(tape()[0]))
        self.assertTrue(found["dynamics"])

    def test_what_was_fitted_is_what_the_tape_has(self):
        found = self.fitted(*self.sample(), "--holdout", "none")
        kinds = [line.split(",")[1] for line in tape()[0]]
        self.assertEqual(found["dropped"]["hidden"], kinds.count("5"))
        self.assertAlmostEqual(found["dropped"]["hidden_share"],
                               kinds.count("5") / (kinds.count("5") + kinds.count("4")), places=9)
        # The first half minute is left out, and executions of one order are one event.
        late = [line.split(",") for line in tape()[0] if float(line.split(",")[0]) >= 34230.004]
        events = found["fit"]["events"]
        self.assertEqual(set(events), set(KINDS))
        self.assertEqual(sum(events[k] for k in KINDS[:3]), sum(m[1] == "1" for m in late))
        self.assertEqual(events["cancel_best"] + events["cancel_behind"],
                         sum(m[1] in "23" for m in late))
        self.assertEqual(events["market"], len({(m[0], m[5]) for m in late if m[1] == "4"}))
        self.assertAlmostEqual(found["fit"]["tick"], 0.01)

    def test_the_parts_of_a_tape(self):
        whole = self.fitted(*self.sample(), "--holdout", "none")
        odd = self.fitted(*self.sample())
        third = self.fitted(*self.sample(), "--holdout", "last-third")
        end = float(tape()[0][-1].split(",")[0]) - 34230.004
        self.assertAlmostEqual(whole["fitted_s"], end, delta=0.01)
        self.assertEqual(whole["held_out_s"], 0)
        self.assertAlmostEqual(odd["fitted_s"], 300 + end - 600, delta=0.01)
        self.assertAlmostEqual(odd["held_out_s"], 300, delta=0.01)
        self.assertAlmostEqual(third["held_out_s"], end / 3, delta=0.01)
        for part in (odd, third):
            share = part["fitted_s"] / end
            for kind in ("behind", "cancel_behind"):
                expected = share * whole["fit"]["events"][kind]
                self.assertAlmostEqual(part["fit"]["events"][kind], expected,
                                       delta=5 * math.sqrt(expected))

    def test_several_days(self):
        files = []
        for seed in (1, 2):
            messages, books = tape(seed=seed)
            files.append((self.write(messages, f"m{seed}.csv"), self.write(books, f"b{seed}.csv")))
        both = self.fitted("--messages", f"{files[0][0]},{files[1][0]}", "--book",
                           f"{files[0][1]},{files[1][1]}")
        single = [self.fitted("--messages", m, "--book", b) for m, b in files]
        for kind in KINDS:
            self.assertEqual(both["fit"]["events"][kind],
                             sum(one["fit"]["events"][kind] for one in single))
        self.assertAlmostEqual(both["fitted_s"], sum(one["fitted_s"] for one in single))
        self.assertEqual(both["messages"], sum(one["messages"] for one in single))

    def test_lots(self):
        shares = self.fitted(*self.sample())
        lots = self.fitted(*self.sample(), "--lot-size", "10")
        self.assertEqual(lots["fit"]["events"], shares["fit"]["events"])
        self.assertAlmostEqual(lots["fit"]["market_size"],
                               math.ceil(shares["fit"]["market_size"] / 10), delta=1)

    def test_text(self):
        said = self.succeeds("calibrate", *self.sample(), *QUICK)
        for words in ("hidden executions", "mean of 16", "zero-int", "floor", "sign_lag_1"):
            self.assertIn(words, said)

    def test_a_real_tape_meets_the_gates(self):
        folder = SHARED / "lobster"
        if not folder.is_dir():
            self.skipTest(f"there is no {folder}")
        tapes = {
            "AAPL": ["AAPL_2012-06-21_34200000_37800000_message_50.csv",
                     "AAPL_2012-06-21_34200000_34210047_orderbook_50.csv"],
            "MSFT": ["MSFT_2012-06-21_34200000_36000000_message_50.csv"],
        }
        for name, files in tapes.items():
            with self.subTest(tape=name):
                arguments = ["--messages", str(folder / files[0])]
                arguments += ["--book", str(folder / files[1])] if len(files) > 1 else []
                found = json.loads(self.succeeds("calibrate", *arguments, "--json"))
                self.assertLessEqual(found["scores"]["mean_l1"], found["floor"]["mean_l1"] + 0.04)
                self.assertLessEqual(found["scores"]["mean_w1"], found["floor"]["mean_w1"] + 0.07)
                self.assertLess(found["scores"]["mean_l1"],
                                0.6 * found["zero_intelligence"]["mean_l1"])


class Files(Calibrate):
    def test_a_config_and_its_tables(self):
        sample = self.sample()
        out = self.folder / "market.yaml"
        self.fitted(*sample, "--out", str(out))
        self.assertEqual(self.left_in_folder(), ["books.csv", "market.tables.yaml", "market.yaml",
                                                 "messages.csv"])
        self.assertLess((self.folder / "market.tables.yaml").stat().st_size, 65536)
        self.assertIn("kind: reactive", out.read_text())
        self.succeeds("config", "check", "market.yaml", cwd=self.folder)
        self.succeeds("gen", "--out", "day.h5", "--config", "market.yaml", "--duration", "60s",
                      cwd=self.folder)
        # The same tape gives the same files.
        again = self.folder / "again.yaml"
        self.fitted(*sample, "--out", str(again))
        self.assertEqual((self.folder / "market.tables.yaml").read_bytes(),
                         (self.folder / "again.tables.yaml").read_bytes())

    def test_existing_files_are_kept(self):
        sample = self.sample()
        for name in ("market.yaml", "market.tables.yaml"):
            with self.subTest(name=name):
                there = self.folder / name
                there.write_text("mine")
                out = str(self.folder / "market.yaml")
                arguments = ["calibrate", *sample, *QUICK, "--out", out]
                self.refused(FAILED, *arguments, words=(name, "exists"))
                self.assertEqual(there.read_text(), "mine")
                self.assertEqual(self.left_in_folder(), sorted(["books.csv", "messages.csv", name]))
                there.unlink()
        (self.folder / "market.yaml").write_text("mine")
        self.succeeds(*arguments, "--force")
        self.assertNotEqual((self.folder / "market.yaml").read_text(), "mine")

    def test_a_page(self):
        page = self.folder / "fit.html"
        self.fitted(*self.sample(), "--html", str(page))
        read = Page()
        read.feed(page.read_text())
        self.assertEqual(read.open, [])
        self.assertEqual(read.fetched, [])
        for name in SCORES:
            self.assertIn(name, page.read_text())

    def test_an_interrupt_leaves_nothing(self):
        sample = self.sample()
        temporary = self.folder / "temporary"
        temporary.mkdir()
        os.environ["TMPDIR"] = str(temporary)
        self.addCleanup(os.environ.pop, "TMPDIR")
        process = self.running("calibrate", *sample, "--warmup-s", "30", "--seeds", "1000", "--out",
                               str(self.folder / "market.yaml"), "--html",
                               str(self.folder / "fit.html"))
        self.stops(process, INTERRUPTED)
        self.assertEqual(self.left_in_folder(), ["books.csv", "messages.csv", "temporary"])
        self.assertEqual(list(temporary.iterdir()), [])


def without(lines: list[str], *unwanted) -> list[str]:
    return [line for line in lines if not any(drop(line.split(",")) for drop in unwanted)]


class BadTapes(Calibrate):
    def test_each_has_its_error(self):
        messages, _ = tape()
        cut = messages[:4000] + [messages[4000][:20]]
        moved = [re.sub(r"^(\S+?,\S+?,(\S+?),\S+?),(\d+),",
                        lambda m: f"{m[1]},{int(m[3]) + int(m[2]) % 37},", line)
                 for line in messages]
        bad = {
            "empty": ([], ("messages.csv",)),
            "not LOBSTER": (["a tape?\n"], ("messages.csv:1",)),
            "a header": (["time,type,id,size,price,side\n", *messages], ("messages.csv:1",)),
            "an orderbook file": (tape()[1], ("messages.csv:1",)),
            "cut": (cut, (f"messages.csv:{len(cut)}",)),
            "backwards": (messages[::-1], ("messages.csv:2", "time")),
            "a minute": ([m for m in messages if float(m.split(",")[0]) < 34260],
                         ("messages.csv", "too short")),
            "few events": (tape(rate=0.5)[0], ("events to fit", "at least")),
            "no trades": (without(messages, lambda m: m[1] in "45"), ("0 executions", "type 4")),
            "one side": (without(messages, lambda m: m[5][0] == "-"), ("type 1", "0 of asks")),
            "one side, nearly": (without(messages[200:], lambda m: m[5].strip() == "-1" and
                                         m[2] not in {x.split(",")[2] for x in messages[:40]}),
                                 ("both sides",)),
            "no cancellations": (without(messages, lambda m: m[1] in "23"), ("0 cancellations",)),
            "a wrong tick": (moved, ("messages.csv", "tick", "USD x 10,000")),
        }
        for name, (lines, words) in bad.items():
            with self.subTest(tape=name):
                path = self.write(lines)
                self.refused(FAILED, "calibrate", "--messages", path, *QUICK, words=words)

    def test_files_that_do_not_belong_together(self):
        messages, books = tape()
        path = self.write(messages)
        with self.subTest("another day's book"):
            other = self.write(tape(seed=2)[1], "books.csv")
            self.refused(FAILED, "calibrate", "--messages", path, "--book", other, *QUICK,
                         words=("csv",))
        with self.subTest("another tick"):
            other = self.write([re.sub(r"^((?:\S+?,){4})(\d+)", lambda m: f"{m[1]}{int(m[2]) * 5}",
                                       line) for line in messages], "five.csv")
            self.refused(FAILED, "calibrate", "--messages", f"{path},{other}", *QUICK,
                         words=("five.csv", "tick"))
        with self.subTest("no file"):
            self.refused(FAILED, "calibrate", "--messages", str(self.folder / "none.csv"),
                         words=("none.csv",))
        with self.subTest("a folder that cannot be written"):
            self.refused(FAILED, "calibrate", "--messages", path, "--out",
                         str(self.folder / "none" / "market.yaml"), words=("none",))
        del books

    def test_usage(self):
        path = self.write(tape()[0])
        mistakes = [
            ([], "--messages"),
            (["--messages", ""], "--messages"),
            (["--messages", f"{path},"], "--messages"),
            (["--messages", path, "--holdout", "half"], "odd-blocks"),
            (["--messages", f"{path},{path}", "--book", path], "--book"),
            (["--messages", path, "--lot-size", "0"], "--lot-size"),
            (["--messages", path, "--seeds", "-1"], "--seeds"),
            (["--messages", path, "--seeds", "0", "--html", "x.html"], "--html"),
            (["--messages", path, "--out", ""], "--out"),
            (["--messages", path, "--out", path, "--force"], "would replace a tape"),
            (["--messages", path, "--html", path], "would replace a tape"),
            (["--messages", f"{path},{path}"], "names a file twice"),
            (["--messages", path, "stray"], "stray"),
        ]
        for arguments, word in mistakes:
            with self.subTest(arguments=arguments):
                self.refused(USAGE, "calibrate", *arguments, words=(word,))


if __name__ == "__main__":
    unittest.main()
