#!/usr/bin/env python3
"""hftsim train in markets with every feature: the metrics of a run do not depend on the threads nor
on a stop between two updates, and its checkpoint plays."""

import csv
import json
import math
import unittest
from pathlib import Path

from program import ProgramTest

MAKER = "seats: [{kind: maker}]\n"
ALL = ("seats:\n  - {kind: maker, count: 2}\n  - {kind: taker}\n"
       "  - {kind: executor, parent_qty: 40}\n")
SHORT = ["--set", "training.num_envs=3", "--set", "training.rollout_steps=8",
         "--set", "training.evaluate_episodes=2", "--set", "training.evaluate_every=0",
         "--set", "network.hidden=[8]", "--set", "mappo.epochs=2", "--quiet", "--json"]
UPDATES = 4

# name: the env's config, settings of the training
FEATURES = {
    "plain": (MAKER, []),
    "all roles": (ALL, []),
    "seats by themselves": (ALL, ["mappo.share=false"]),
    "latency": (MAKER + "exchange_config: {latency_us: 40000, latency_jitter_us: 900000}\n", []),
    "feed latency": (ALL + "env_config: {feed_latency_us: 700000, feed: level3}\n", []),
    "fees": (ALL + "exchange_config: {maker_fee_bps: -0.5, taker_fee_bps: 1, "
             "taker_fee_per_lot: 0.1}\n", []),
    "calls": (ALL + "market_config: {duration_s: 30}\nexchange_config: {opening_auction_s: 12, "
              "closing_auction_s: 6}\n", []),
    "halts": (ALL + "market_config: {volatility: 0.5}\n"
              "exchange_config: {halt_band_bps: 2, halt_reference_s: 2, halt_s: 3}\n", []),
    "randomise": (MAKER + "randomise: [{kind: log_uniform, key: market_config.volatility, "
                  "low: 0.005, high: 0.05}]\n", []),
    "reseat": (ALL + "env_config: {reseat: true}\n", []),
    "stack, messages, actions": (ALL + "env_config: {stack: 3, message_dim: 2, "
                                 "see_actions: true}\n", []),
    "limits": (ALL + "risk_config: {max_inventory: 1}\n", []),
    "rivals": (ALL + "reward_config: {team: all, team_weight: -0.5, baseline: twin}\n", []),
    "beta": (ALL, ["network.density=beta", "network.layer_norm=true"]),
    "squashed": (ALL, ["network.density=squashed", "network.activation=elu"]),
    "two instruments": ("market_config: {instruments: 2}\nseats:\n  - {kind: maker}\n"
                        "  - {kind: portfolio}\n", []),
    "wide beta": (MAKER, ["network.density=beta", "network.bias=[10]"]),
    "diverging": (MAKER, ["mappo.lr_actor=1", "mappo.lr_critic=1", "mappo.max_grad_norm=0"]),
}
for space in ("box", "discrete", "multi_discrete", "mixed"):
    SPACE = f"env_config: {{action_space: {space}, action_choices: 3}}\n"
    FEATURES[f"{space}, memory"] = (ALL + SPACE, ["network.gru=4"])
    FEATURES[space] = (ALL + SPACE, ["mappo.entropy_coef=0.01"])


def metrics(folder: Path) -> list[dict]:
    with (folder / "metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [{key: value for key, value in row.items()
             if key not in ("seconds", "agent_steps_per_s")} for row in rows]


class Features(ProgramTest):
    def train(self, *arguments: str) -> dict:
        return json.loads(self.succeeds("train", *arguments))

    def check(self, name: str, config: str, settings: list[str]) -> None:
        folder = self.folder / name.replace(" ", "-").replace(",", "")
        folder.mkdir()
        file = folder / "market.yaml"
        length = "" if "env_config" in config else "env_config: {}\n"
        file.write_text((config + length).replace("env_config: {", "env_config: {warmup_s: 1, "
                                                  "episode_len: 20, ").replace(", }", "}"))
        keys = [word for key in settings for word in ("--set", key)]
        seats = config.count("kind: maker") + config.count("kind: taker") + \
            config.count("kind: executor") + config.count("count: 2") + \
            config.count("kind: portfolio")
        steps = ["--steps", str(UPDATES * 3 * 8 * seats)]
        common = ["--config", str(file), *SHORT, *keys, *steps]
        whole, parts = folder / "whole", folder / "parts"
        shown = self.train(*common, "--threads", "1", "--out", str(whole))
        # Ends after the first update.
        cut = self.train(*common, "--threads", "5", "--set", "training.seconds=1e-6",
                         "--out", str(parts))
        self.assertLess(cut["updates"], UPDATES)
        self.train("--resume", str(parts), "--set", "training.seconds=0", "--threads", "2",
                   "--quiet", "--json")
        self.assertEqual(len(metrics(whole)), UPDATES)
        self.assertEqual(metrics(whole), metrics(parts))
        for row in metrics(whole):
            self.assertTrue(any(math.isfinite(float(value or "nan")) for key, value in row.items()
                                if key.endswith("/value_loss")), row)
        played = json.loads(self.succeeds("evaluate", shown["checkpoint"], "--split", "validation",
                                          "--episodes", "2", "--json"))
        self.assertLessEqual({"score", "ci_low", "ci_high", "metrics"}, played.keys())
        if len(shown["boards"]) == 1:
            self.assertAlmostEqual(played["score"], shown["best"], delta=1e-5 + 1e-6 *
                                   abs(shown["best"]))

    def test_features(self):
        for name, (config, settings) in FEATURES.items():
            with self.subTest(feature=name):
                self.check(name, config, settings)


if __name__ == "__main__":
    unittest.main()
