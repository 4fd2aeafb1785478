#!/usr/bin/env python3
"""The estimated fill rates, A exp(-k delta), against the fills of a maker that quotes at delta."""

import json
import math
import unittest

from program import ProgramTest

EPISODES = 32
DISTANCES = (2, 2.5, 3, 3.5)  # ticks; half the spread is 2.2 to 2.4 ticks
SIDES_AND_TIME = 2 * 300  # s
UNIT = 10  # lots of a quote
# Bounds of the ratio of measured fills to the estimate. docs/baselines.md explains `classic`.
BOUNDS = {"default": (0.75, 1.35), "classic": (0.5, 1.0)}


class Fills(ProgramTest):
    def run_of(self, market: str, strategy: str, *options: str) -> dict:
        return json.loads(self.succeeds(
            "baseline", "--config", market, "--strategy", strategy, *options, "--json"))

    def test_quotes_are_filled_as_estimated(self):
        for market, (least, most) in BOUNDS.items():
            told = self.run_of(market, "glft", "--episodes", "1", "--estimate", str(EPISODES))
            a, k = (told["estimated"][name] for name in ("fill_a", "fill_k"))
            for distance in DISTANCES:
                with self.subTest(market=market, distance=distance):
                    fills = self.run_of(
                        market, "symmetric", "--episodes", str(EPISODES), "--param",
                        f"half_spread={distance}", "--param", "max_inventory=1000000")
                    lots = fills["metrics"]["traded_lots"]["mean"]
                    ratio = lots / UNIT / SIDES_AND_TIME / (a * math.exp(-k * distance))
                    self.assertTrue(least < ratio < most, ratio)


if __name__ == "__main__":
    unittest.main()
