#!/usr/bin/env python3
"""Files that a config names: beside the config, otherwise from the working directory."""

import json
import shutil
import unittest

from program import FAILED, ROOT, ProgramTest

SAMPLE = "SYMA_2026-01-02_34200000_34800000_{}_5.csv"


class Paths(ProgramTest):
    def setUp(self) -> None:
        super().setUp()
        self.config = self.folder / "configs"
        self.elsewhere = self.folder / "elsewhere"
        for folder in (self.config / "tapes", self.elsewhere):
            folder.mkdir(parents=True)
        for what in ("message", "orderbook"):
            shutil.copy(ROOT / "data" / "sample" / SAMPLE.format(what),
                        self.config / "tapes" / f"day_{what}_5.csv")
        self.write("tapes/day_message_5.csv")

    def write(self, messages: str) -> None:
        (self.config / "day.yaml").write_text(
            "market_config: {fundamental: constant, duration_s: 330}\n"
            f"populations:\n  - {{kind: replay, messages: {messages}}}\n")

    def check(self, config: str, **options) -> str:
        """The hash of the config, if it is accepted."""
        said = self.succeeds("config", "check", config, "--json", **options)
        return json.loads(said)["config_hash"]

    def shown(self, config: str, **options) -> str:
        said = self.succeeds("config", "show", config, "--json", **options)
        return json.loads(said)["populations"][0]["messages"]

    def test_a_config_finds_its_tape_from_any_folder(self):
        for cwd, config, found in (
                (self.config, "day.yaml", "tapes/day_message_5.csv"),
                (self.config, "./day.yaml", "./tapes/day_message_5.csv"),
                (self.folder, "configs/day.yaml", "configs/tapes/day_message_5.csv"),
                (self.elsewhere, "../configs/day.yaml", "../configs/tapes/day_message_5.csv"),
                (self.elsewhere, str(self.config / "day.yaml"),
                 str(self.config / "tapes" / "day_message_5.csv"))):
            with self.subTest(cwd=cwd, config=config):
                self.check(config, cwd=cwd)  # reads the tape, and its book beside it
                self.assertEqual(self.shown(config, cwd=cwd), found)

    def test_the_working_directory_comes_second(self):
        shutil.move(self.config / "tapes", self.elsewhere / "tapes")
        self.check("../configs/day.yaml", cwd=self.elsewhere)
        self.assertEqual(self.shown("../configs/day.yaml", cwd=self.elsewhere),
                         "tapes/day_message_5.csv")
        self.refused(FAILED, "config", "check", "configs/day.yaml", cwd=self.folder, words=(
            "tapes/day_message_5.csv: cannot open", "neither in the working directory",
            "configs/tapes/day_message_5.csv"))

    def test_overrides_start_at_the_working_directory(self):
        override = "populations.replay.messages=tapes/day_message_5.csv"
        self.refused(FAILED, "config", "check", "configs/day.yaml", "--set", override,
                     cwd=self.folder, words=("starts at the working directory",))
        self.succeeds("config", "check", "day.yaml", "--set", override, cwd=self.config)

    def test_a_printed_config_has_the_path_that_was_found(self):
        printed = self.succeeds("config", "show", str(self.config / "day.yaml"), cwd=self.elsewhere)
        (self.elsewhere / "copy.yaml").write_text(printed)
        self.assertEqual(self.check("copy.yaml", cwd=self.elsewhere),
                         self.check(str(self.config / "day.yaml"), cwd=self.folder))


if __name__ == "__main__":
    unittest.main()
