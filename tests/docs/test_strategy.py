#!/usr/bin/env python3
"""The example of docs/strategies.md, in a program that is built with its file and its line of the
table: test_strategy.py PROGRAM.
"""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM = ""
MARKETS = {
    "plain": [],
    "latency": ["exchange_config.latency_us=200000", "exchange_config.latency_jitter_us=20000"],
    "fees": ["exchange_config.taker_fee_bps=2"],
    "halts": ["exchange_config.halt_band_bps=3", "exchange_config.halt_s=2"],
}


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False)


def score(*arguments):
    done = run("baseline", "--strategy", "imbalance", "--json", "--episodes", "12",
               "--seed", "test", *arguments)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


class Example(unittest.TestCase):
    def test_it_is_listed_with_its_keys(self):
        text = run("baseline", "--list").stdout
        own = text[text.index("imbalance:"):].split("\n\n")[0]
        for key in ("start_s", "horizon_s", "latency_us", "sample_ms", "window", "entry", "exit",
                    "max_inventory"):
            self.assertRegex(own, rf"(?m)^  {key} ")

    def test_it_trades_within_its_limit_and_ends_flat(self):
        for name, settings in MARKETS.items():
            with self.subTest(name):
                overrides = [part for s in settings for part in ("--set", s)]
                report = score("--param", "max_inventory=7", *overrides)
                metrics = {key: value["mean"] for key, value in report["metrics"].items()}
                self.assertEqual(report["kind"], "directional")
                self.assertGreater(metrics["traded_lots"], 10)
                self.assertLessEqual(metrics["inventory_max_lots"], 7)
                if name != "halts":  # a halt may last to the end
                    self.assertEqual(metrics["inventory_end_lots"], 0)
                self.assertEqual(metrics["fees"] > 0, name == "fees")

    def test_its_thresholds_are_checked(self):
        done = run("baseline", "--strategy", "imbalance", "--param", "exit=0.5")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("exit: 0.5 is above entry, 0.3", done.stderr)

    def test_it_may_hold_a_seat_and_be_an_agent(self):
        texts = ["seats: [{kind: taker, controller: imbalance, params: {window: 8}}]\n",
                 "agents: [{kind: imbalance, window: 8}]\n"]
        for text in texts:
            with self.subTest(text), tempfile.TemporaryDirectory() as folder:
                path = Path(folder, "config.yaml")
                path.write_text(text)
                self.assertEqual(run("config", "check", str(path)).stdout, "ok\n")
                path.write_text(text.replace("imbalance", "imbalanse"))
                self.assertIn("imbalance", run("config", "check", str(path)).stderr)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
