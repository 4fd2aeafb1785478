#!/usr/bin/env python3
"""The market's sanity (docs/market_sanity.md) in few worlds: the cells of claims/sanity.py, but for
`random`, which needs the client."""

import sys
import unittest

from program import PROGRAM, ROOT

sys.path.insert(0, str(ROOT / "claims"))

import sanity  # noqa: E402

EPISODES = {"nothing": 6, "size": 60, "haste": 60, "patience": 60, "makers": 60, "fees": 20}


class Sanity(unittest.TestCase):
    def setUp(self) -> None:
        sanity.PROGRAM = PROGRAM
        sanity.SIZES, sanity.TIMES = (50, 200, 800), (300, 75, 20)  # farther apart: fewer worlds

    def test_cells(self):
        for name, episodes in EPISODES.items():
            with self.subTest(cell=name):
                sheet = sanity.Sheet(episodes)
                sanity.CELLS[name](sheet)
                self.assertTrue(sheet.checks and sheet.rows)
                failed = [check for check, holds in sheet.checks.items() if not holds]
                self.assertEqual(failed, [])

    def test_the_arithmetic(self):
        """The control: known exponents and intervals."""
        self.assertAlmostEqual(sanity.slope([1, 4, 16], [3, 6, 12]), 0.5)
        self.assertEqual(sanity.slope([1, 2], [0, 1]), float("-inf"))
        value, low, high = sanity.bootstrap([[0.0, 1.0] * 200], lambda m: m[0])
        self.assertEqual(value, 0.5)
        self.assertAlmostEqual(high - low, 2 * 1.96 * 0.5 / 20, delta=0.01)
        worse = sanity.Sheet(1)
        worse.check("x", holds=False)
        self.assertFalse(worse.figures()["holds"])


if __name__ == "__main__":
    unittest.main()
