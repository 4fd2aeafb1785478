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


if __name__ == "__main__":
    unittest.main()
