"""Named ranges of seeds on the command line."""

import json
import unittest

from program import USAGE, ProgramTest


class Seeds(ProgramTest):
    def test_ranges_of_seeds(self):
        for text, seed in (("training", 0), ("training:7", 7), ("validation", 10**9),
                           ("validation:3", 10**9 + 3), ("test", 2 * 10**9),
                           ("test:99999999", 2100 * 10**6 - 1)):
            with self.subTest(seed=text):
                out = str(self.folder / f"{seed}.h5")
                made = self.succeeds("gen", "--out", out, "--duration", "1s", "--seed", text,
                                     "--json")
                self.assertEqual(json.loads(made)["seed"], seed)
        for text in ("test:", "test:x", "test:-1", "test:100000000", "tests", "testing:1", ":1",
                     "validation:99999999999999999999"):
            with self.subTest(seed=text):
                self.refused(USAGE, "gen", "--out", "x.h5", "--seed", text,
                             words=("seed", "test:40"))

    def test_lists_of_seeds(self):
        """--seeds are the ranges of hftsim.seeds, and slices of them."""
        for text, seed, count in (
                ("3:7", 3, 4), ("0:1", 0, 1), ("18446744073709551610:18446744073709551615",
                                               "18446744073709551610", 5),
                ("train:3", 0, 3), ("training:3", 0, 3), ("validation:2", 10**9, 2),
                ("test:4", 2 * 10**9, 4), ("test:10:12", 2 * 10**9 + 10, 2),
                ("test:99999998:100000000", 2 * 10**9 + 99999998, 2)):
            with self.subTest(seeds=text):
                report = json.loads(self.succeeds(
                    "baseline", "--strategy", "do-nothing", "--horizon", "1s", "--seeds", text,
                    "--json"))
                self.assertEqual((report["seed"], report["episodes"]), (seed, count))
        report = json.loads(self.succeeds(
            "baseline", "--strategy", "do-nothing", "--horizon", "1s", "--seeds", "test",
            "--episodes", "3", "--json"))
        self.assertEqual((report["seed"], report["episodes"]), (2 * 10**9, 3))
        for text in ("", "5", ":", "5:", ":5", "7:3", "3:3", "-1:3", "1:x", "test:", "test:0",
                     "test:x", "tests:3", "test:1:2:3", "test:5:2", "test:99999999:100000001",
                     "validation:100000001", "0:100001", "01:3",
                     "0:99999999999999999999999", "test:3 "):
            with self.subTest(seeds=text):
                self.refused(USAGE, "baseline", "--strategy", "twap", "--seeds", text,
                             words=("--seeds",))
        self.refused(USAGE, "baseline", "--strategy", "twap", "--seeds", "0:5", "--seed", "0",
                     words=("--seed",))
        self.refused(USAGE, "baseline", "--strategy", "twap", "--seeds", "0:5", "--episodes", "4",
                     words=("5 episodes", "--episodes"))


if __name__ == "__main__":
    unittest.main()
