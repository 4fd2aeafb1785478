#!/usr/bin/env python3
"""The command line as its users meet it: help, mistakes, full disks, busy ports and Ctrl-C."""

import json
import os
import re
import signal
import socket
import subprocess
import unittest

from program import FAILED, INTERRUPTED, OK, ROOT, SHARED, USAGE, ProgramTest, free_port, run, start

COMMANDS = ["baseline", "bench", "config", "evaluate", "gen", "impact", "keygen", "replay", "serve",
            "tasks", "train", "validate"]
# Enough work to be stopped in.
LONG_GEN = ["gen", "--set", "market_config.instruments=20", "--duration", "6h"]
LONG_BASELINE = ["baseline", "--strategy", "twap", "--episodes", "100000"]


class Help(ProgramTest):
    def test_the_program_names_its_commands(self):
        text = self.succeeds("--help")
        for command in COMMANDS:
            self.assertRegex(text, rf"(?m)^\s+{command}\s+\S+")
        self.assertEqual(self.succeeds("help"), text)

    def test_each_command_tells_its_options_with_examples(self):
        for command in COMMANDS:
            with self.subTest(command=command):
                text = self.succeeds(command, "--help")
                self.assertIn(f"hftsim {command}", text)
                self.assertIn("--", text)
                self.assertLessEqual(max(len(line) for line in text.splitlines()), 100)

    def test_the_version(self):
        self.assertRegex(self.succeeds("--version"), r"\Ahftsim \d+\.\d+\.\d+ \(\S+\)\n\Z")

    def test_no_command_is_a_mistake(self):
        done = run()
        self.assertEqual(done.returncode, USAGE)
        self.assertEqual(done.stdout, "")
        self.assertIn("gen", done.stderr)


class Keygen(ProgramTest):
    def test_a_pair_and_never_another_in_its_place(self):
        path = self.folder / "server.key"
        key = self.succeeds("keygen", "--out", str(path)).strip()
        self.assertEqual(len(key), 40)
        self.assertEqual(self.left_in_folder(), ["server.key", "server.key_secret"])
        secret = self.folder / "server.key_secret"
        self.assertEqual(secret.stat().st_mode & 0o777, 0o600)
        self.assertIn(key, path.read_text())
        self.assertNotIn("secret", path.read_text())
        before = secret.read_text()
        self.refused(FAILED, "keygen", "--out", str(path), words=("server.key", "overwritten"))
        self.assertEqual(secret.read_text(), before)
        self.refused(FAILED, "keygen", "--out", str(self.folder / "none" / "a.key"))

    def test_keys_of_saves_are_made_and_checked(self):
        path = self.folder / "saves.key"
        self.assertEqual(self.succeeds("keygen", "--save-key", str(path)), "")
        self.assertRegex(path.read_text(), r"\A[0-9a-f]{64}\n\Z")
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.refused(FAILED, "keygen", "--save-key", str(path), words=("overwritten",))
        self.refused(USAGE, "keygen", "--save-key", "a", "--out", "b", words=("give one",))
        serve = ("serve", "--bind", "ipc://*", "--save-key")
        self.refused(FAILED, *serve, str(self.folder / "none"), words=("none",))
        path.chmod(0o640)
        self.refused(FAILED, *serve, str(path), words=("chmod 600",))
        path.chmod(0o600)
        path.write_text("00\n")
        self.refused(FAILED, *serve, str(path), words=("64 hex digits",))


class Unit(ProgramTest):
    def test_the_systemd_unit_gives_options_that_there_are(self):
        unit = (ROOT / "docs" / "hftsim.service").read_text()
        commands = re.findall(r"(?m)^#? ?ExecStart=\S+/hftsim (.*)$", unit)
        self.assertEqual(len(commands), 2)
        for command in commands:
            name, *arguments = command.split()
            known = set(re.findall(r"--[a-z-]+", self.succeeds(name, "--help")))
            self.assertLessEqual({word for word in arguments if word[0] == "-"}, known)


class Usage(ProgramTest):
    def test_unknown_commands(self):
        self.refused(USAGE, "generate", words=("generate",))
        self.refused(USAGE, "serv", words=("serv", "'serve'"))
        self.refused(USAGE, "--serve")
        self.refused(USAGE, "")

    def test_unknown_options(self):
        for command in COMMANDS:
            with self.subTest(command=command):
                self.refused(USAGE, command, "--no-such-option", words=("no-such-option",))
                self.refused(USAGE, command, "-x")

    def test_options_want_their_values(self):
        self.refused(USAGE, "gen", "--out")
        self.refused(USAGE, "gen", words=("--out",))
        self.refused(USAGE, "gen", "--out", "")
        self.refused(USAGE, "replay", words=("--messages",))
        self.refused(USAGE, "baseline", words=("--strategy",))
        self.refused(USAGE, "baseline", "--strategy", "twp", words=("'twap'",))

    def test_arguments_that_mean_nothing(self):
        for command in ("gen", "serve", "baseline", "replay"):
            with self.subTest(command=command):
                self.refused(USAGE, command, "stray", words=("stray",))

    def test_numbers_are_strict_and_bounded(self):
        out = str(self.folder / "x.h5")
        for value in ("0", "-1", "1.5", "abc", "", "1e3", "99999999999999999999", "0x10", "10 "):
            with self.subTest(levels=value):
                self.refused(USAGE, "gen", "--out", out, "--levels", value, words=("levels",))
        for value in ("-1", "abc", "18446744073709551616", "1.0"):
            with self.subTest(seed=value):
                self.refused(USAGE, "gen", "--out", out, "--seed", value, words=("seed",))
        for value in ("0", "-5s", "5 s", "5y", "abc", "", "nan", "1e30h"):
            with self.subTest(duration=value):
                self.refused(USAGE, "gen", "--out", out, "--duration", value, words=("duration",))
        self.assertEqual(self.left_in_folder(), [])


class Config(ProgramTest):
    def gen(self, *arguments: str) -> list[str]:
        return ["gen", "--out", str(self.folder / "x.h5"), "--duration", "1s", *arguments]

    def test_unknown_keys_name_the_nearest(self):
        self.refused(FAILED, *self.gen("--set", "market_config.volatilty=1"),
                     words=("volatilty", "volatility"))
        self.refused(FAILED, *self.gen("--set", "market_confg.volatility=1"),
                     words=("market_config",))
        for text in ("market_config.volatility", "volatility=1", "=", "market_config.volatility=x",
                     "market_config.volatility=-1", "market_config.volatility=1e400"):
            with self.subTest(text=text):
                self.refused(FAILED, *self.gen("--set", text))
        self.assertEqual(self.left_in_folder(), [])

    def test_a_file_is_told_with_its_line(self):
        path = self.folder / "bad.yaml"
        path.write_text("market_config:\n  tick_size: 0.01\n  volatilty: 1\n")
        for command in (self.gen(), ["serve"], ["baseline", "--strategy", "twap"]):
            with self.subTest(command=command):
                self.refused(FAILED, *command, "--config", str(path),
                             words=(f"{path}:3", "volatility"))

    def test_a_missing_config_is_named(self):
        for command in (self.gen(), ["serve"], ["baseline", "--strategy", "twap"]):
            with self.subTest(command=command):
                for name in ("/no/such.yaml", "defalt"):
                    self.refused(FAILED, *command, "--config", name, words=(name,))
        self.refused(FAILED, *self.gen("--config", str(self.folder)), words=(str(self.folder),))

    def test_keys_as_json_are_those_of_the_tables(self):
        table = re.findall(r"(?m)^\| `(\w+)` \|", self.succeeds("config", "keys"))
        sections = json.loads(self.succeeds("config", "keys", "--json"))
        keys = [key for section in sections for key in section["keys"]]
        self.assertEqual([key["name"] for key in keys], table)
        kinds = {(section["section"], section.get("kind")) for section in sections}
        self.assertLessEqual({("market_config", None), ("populations", "noise")}, kinds)
        for key in keys:
            with self.subTest(key=key["name"]):
                bounded = key["type"] not in ("choice", "true or false", "map")
                self.assertEqual({"low", "high"} <= key.keys(), bounded)
                # A path may have names that are no files.
                has_names = key["type"] == "choice" or key["name"] == "tables"
                self.assertEqual("choices" in key, has_names)
                if "choices" in key:
                    self.assertIn(key["default"], key["choices"])

    def test_spaces_as_json(self):
        told = json.loads(self.succeeds("config", "spaces", "portfolio", "--json"))
        self.assertEqual([len(told["roles"]), len(told["roles"][0]["actions"])], [1, 16 * 3])

    def test_spaces_are_told_in_the_order_of_the_arrays(self):
        for config in ("all_roles", "portfolio"):
            text = self.succeeds("config", "spaces", config)
            told = json.loads(self.succeeds("config", "spaces", config, "--json"))
            arrays = {f"### `{role['role']}`": role["obs"] for role in told["roles"]}
            arrays["### `state`"] = told["state"]
            for title, numbers in arrays.items():
                names = [number["name"] for number in numbers]
                table = text[text.index(title):].split("\n\n")[2].splitlines()[2:]
                rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table]
                first = [int(re.match(r"\d+", row[0])[0]) for row in rows]
                self.assertEqual(first, sorted(first))
                for at, (places, span, unit, bounds, meaning) in zip(first, rows):
                    ends = re.findall(r"`(.*?)`", span)
                    last = int(re.search(r"\d+$", places)[0])
                    self.assertEqual([names[at], names[last]], [ends[0], ends[-1]])
                    number = numbers[at]
                    self.assertEqual([number["unit"], number["help"]], [unit, meaning])
                    low, high = (None if abs(float(x)) == float("inf") else float(x)
                                 for x in bounds.split(" to "))
                    for told_bound, bound in ((number["low"], low), (number["high"], high)):
                        self.assertEqual(told_bound is None, bound is None)
                        if bound is not None:
                            self.assertAlmostEqual(told_bound, bound, delta=1e-5 * abs(bound))

    def test_a_config_can_be_printed_and_read_again(self):
        text = self.succeeds("config")
        path = self.folder / "all.yaml"
        path.write_text(text)
        self.assertEqual(self.succeeds("config", str(path)), text)
        self.succeeds(*self.gen("--config", str(path)))


class Output(ProgramTest):
    def test_files_that_cannot_be_written(self):
        for out in ("/no/such/folder/x.h5", str(self.folder), "/proc/x.h5"):
            with self.subTest(out=out):
                self.refused(FAILED, "gen", "--out", out, "--duration", "1s", words=(out,))
        self.assertEqual(self.left_in_folder(), [])

    def test_a_file_is_replaced_only_when_asked(self):
        path = self.folder / "x.h5"
        path.write_text("mine")
        self.refused(FAILED, "gen", "--out", str(path), "--duration", "1s",
                     words=(str(path), "--force"))
        self.assertEqual(path.read_text(), "mine")
        self.succeeds("gen", "--out", str(path), "--duration", "1s", "--force")
        self.assertTrue(path.read_bytes().startswith(b"\x89HDF"))
        self.assertEqual(self.left_in_folder(), ["x.h5"])

    def test_the_same_seed_makes_the_same_bytes(self):
        paths = [self.folder / name for name in ("a.h5", "b.h5", "c.h5")]
        for path, seed in zip(paths, ("5", "5", "6")):
            self.succeeds("gen", "--out", str(path), "--duration", "5s", "--seed", seed)
        a, b, c = (path.read_bytes() for path in paths)
        self.assertEqual(a, b)
        self.assertNotEqual(a, c)

    @unittest.skipUnless(os.path.exists("/dev/full"), "there is no /dev/full here")
    def test_a_full_disk_under_stdout_is_a_failure(self):
        out = str(self.folder / "x.h5")
        for arguments in (
            ["config"],
            ["config", "--json"],
            ["baseline", "--strategy", "list"],
            ["impact", "--episodes", "2", "--points", "3"],
            ["baseline", "--strategy", "do-nothing", "--episodes", "2"],
            ["baseline", "--strategy", "do-nothing", "--episodes", "2", "--json"],
            ["gen", "--out", out, "--duration", "1s", "--force"],
            ["gen", "--out", out, "--duration", "1s", "--force", "--json"],
            ["--help"],
            ["gen", "--help"],
            ["--version"],
        ):
            with self.subTest(arguments=arguments), open("/dev/full", "w") as full:
                done = run(*arguments, stdout=full)
                self.assertEqual(done.returncode, FAILED, done.stderr)
                self.assertIn("stdout", done.stderr)

    def test_json_is_json_and_alone_on_stdout(self):
        out = str(self.folder / "x.h5")
        for arguments in (
            ["gen", "--out", out, "--duration", "1s"],
            ["baseline", "--strategy", "do-nothing", "--episodes", "2"],
            ["baseline", "--strategy", "list"],
            ["impact", "--episodes", "2", "--points", "3"],
            ["config"],
        ):
            with self.subTest(arguments=arguments):
                self.assertTrue(json.loads(self.succeeds(*arguments, "--json")))

    def test_every_command_but_serve_has_json(self):
        commands = [[name] for name in COMMANDS if name not in ("bench", "serve")]
        parts = re.search(r"hftsim bench (\S+)", self.succeeds("bench", "--help"))[1].split("|")
        self.assertEqual(len(parts), 7)
        for command in [*commands, *(["bench", part] for part in parts)]:
            with self.subTest(command=command):
                self.assertRegex(self.succeeds(*command, "--help"), r"(?m)^  --json +print ")

    def test_a_pair_of_keys_as_json(self):
        path = self.folder / "a.key"
        told = json.loads(self.succeeds("keygen", "--out", str(path), "--json"))
        self.assertIn(told["public_key"], path.read_text())
        self.assertEqual([told["public_file"], told["secret_file"]],
                         [str(path), str(path) + "_secret"])
        self.assertEqual(self.left_in_folder(), ["a.key", "a.key_secret"])

    def test_bench_prints_json(self):
        self.assertTrue(json.loads(self.succeeds("bench", "market", "--seconds", "0.05", "--json")))

    def test_bench_book_needs_no_file(self):
        runs = [json.loads(self.succeeds("bench", "book", "--repeats", "1", "--batch", batch,
                                         "--json")) for batch in ("1", "64")]
        self.assertGreater(runs[0]["messages"], 200000)
        for name in ("messages", "trades", "tape_ids", "tape_full"):
            self.assertEqual(runs[0][name], runs[1][name])
        self.refused(FAILED, "bench", "book", "--messages", str(self.folder / "none.bin"),
                     words=("none.bin",))

    def test_bench_market_compares_headcounts(self):
        run = ["bench", "market", "--seconds", "0.05"]
        plain = json.loads(self.succeeds(*run, "--json"))
        self.assertIsNone(plain["headcount"])
        self.assertIsNone(plain["headcount_ratio"])
        crowd = json.loads(self.succeeds(*run, "--headcount", "1000000", "--json"))
        self.assertEqual(crowd["headcount"], 1000000)
        self.assertGreater(crowd["headcount_ratio"], 0)
        rate = crowd["messages"] / crowd["simulated_s"]
        self.assertAlmostEqual(rate / (plain["messages"] / plain["simulated_s"]), 1, delta=0.2)
        self.assertIn("1000000 traders", self.succeeds(*run, "--headcount", "1000000"))

    def test_bench_env_prints_json(self):
        shown = json.loads(self.succeeds("bench", "env", "--msgs-per-step", "5", "--seats", "3",
                                         "--envs", "2", "--threads", "2", "--seconds", "0.2",
                                         "--json"))
        self.assertEqual([shown["bench"], shown["envs"], shown["threads"], shown["seats"]],
                         ["env", 2, 2, 3])
        self.assertAlmostEqual(shown["agent_steps_per_s"] / shown["steps_per_s"], 3)
        self.assertAlmostEqual(shown["steps_per_s"] * shown["ns_per_step"], 1e9, delta=1)
        self.assertAlmostEqual(shown["background_msgs_per_step"], 5, delta=0.5)
        self.assertGreater(shown["msgs_per_step"], shown["background_msgs_per_step"])
        self.assertEqual(set(shown["breakdown"]), {"flow", "match", "act", "observe", "reward"})

    def test_bench_server_prints_json(self):
        for transport, clients in (("ipc", 1), ("tcp", 3)):
            with self.subTest(transport=transport):
                self.check_bench_server(transport, clients)

    def check_bench_server(self, transport, clients):
        shown = json.loads(self.succeeds(
            "bench", "server", "--transport", transport, "--clients", str(clients), "--envs", "2",
            "--seats", "3", "--msgs-per-step", "5", "--threads", "2", "--seconds", "0.2", "--json"))
        self.assertEqual([shown["bench"], shown["transport"], shown["clients"]],
                         ["server", transport, clients])
        self.assertEqual([shown["envs"], shown["threads"], shown["seats"]], [2, 2, 3])
        self.assertGreaterEqual(shown["messages"], 24)
        self.assertGreater(shown["reply_bytes"], shown["request_bytes"])
        for what in ("round_trip", "echo", "step"):
            self.assertGreaterEqual(shown[f"{what}_p99_ns"], shown[f"{what}_ns"])
            self.assertGreater(shown[f"{what}_ns"], 0)
        for what in ("ratio", "share", "steps_per_s", "pool_steps_per_s"):
            self.assertGreater(shown[what], 0)
        if clients > 1:
            self.assertGreater(shown["clients_steps_per_s"], 0)
            self.assertLessEqual(shown["slowest_over_mean"], 1)
        else:
            self.assertIsNone(shown["clients_steps_per_s"])
            self.assertIsNone(shown["slowest_over_mean"])

    def test_bench_server_steps_without_external_seats(self):
        config = self.folder / "tw.yaml"
        config.write_text("seats:\n  - {kind: executor, controller: twap}\n")
        for clients in ("1", "2"):
            shown = json.loads(self.succeeds(
                "bench", "server", "--seats", "0", "--clients", clients, "--seconds", "0.1",
                "--config", str(config), "--json"))
            self.assertEqual(shown["seats"], 0)
            self.assertGreater(shown["steps_per_s"], 0)

    def test_seats_are_checked_where_they_do_not_trade(self):
        config = self.folder / "seats.yaml"
        controlled = "seats:\n  - kind: maker\n  - {kind: executor, controller: %s}\n"
        runs = (("gen", "--out", str(self.folder / "a.h5"), "--duration", "1s"),
                ("baseline", "--strategy", "twap", "--episodes", "1"),
                ("impact", "--episodes", "1"),
                ("config", "show"))
        for parts in runs:
            command = [*parts] if parts[0] == "config" else [*parts, "--config"]
            config.write_text(controlled % "twapp")
            self.refused(FAILED, *command, str(config),
                         words=("seats.yaml:3: seats[1].controller", "no controller is called"))
            config.write_text(controlled % "twap")
            done = run(*command, str(config))
            self.assertEqual(done.returncode, OK, done.stderr)
            self.assertEqual(done.stderr.count("seats do not trade here"), parts[0] != "config")
            config.write_text("seats: [{kind: executor}]\n")
            if parts[0] != "gen":
                self.assertNotIn("note", run(*command, str(config)).stderr)

    def test_instruments_and_strategies_of_impact(self):
        two = ("--set", "market_config.instruments=2", "--episodes", "1")
        for command in (("impact",), ("baseline", "--strategy", "twap")):
            self.refused(USAGE, *command, *two, "--instrument", "2",
                         words=("--instrument: 2 out of range [0, 1]",))
        self.refused(USAGE, "impact", *two, "--instrument", "all",
                     words=("--instrument: 'all' is not one instrument",))
        self.refused(USAGE, "impact", "--strategy", "momentum",
                     words=("impact needs an execution strategy: twap, vwap, pov, "
                            "almgren-chriss, immediate or obizhaeva-wang",))
        self.assertIn("1 world, ", self.succeeds("impact", *two, "--instrument", "1"))

    def test_bench_server_refuses_other_transports(self):
        self.refused(USAGE, "bench", "server", "--transport", "udp", words=("neither ipc nor tcp",))

    def test_bench_snapshot_prints_json(self):
        shown = json.loads(self.succeeds("bench", "snapshot", "--rounds", "5", "--json"))
        self.assertEqual(shown["bench"], "snapshot")
        self.assertGreater(shown["bytes"], 100_000)
        both = shown["snapshot_ns"] + shown["restore_ns"]
        self.assertAlmostEqual(shown["snapshot_restore_ns"], both)
        self.assertAlmostEqual(shown["ratio"], both / shown["memcpy_ns"])

    def test_a_market_reads_nothing_and_says_nothing_but_results(self):
        done = run("baseline", "--strategy", "twap", "--episodes", "2")
        self.assertEqual(done.returncode, OK)
        self.assertEqual(done.stderr, "")  # no progress bar where there is no terminal


class Window(ProgramTest):
    """A price window that the market does not fit."""

    COMMANDS = (["gen", "--out", "{out}"], ["config", "check"], ["validate"], ["serve"],
                ["baseline", "--strategy", "do-nothing", "--episodes", "1"])

    def test_commands_refuse_it_and_say_what_would_do(self):
        narrow = ("market_config.tick_size=0.0001", "market_config.initial_price=60000")
        for command in self.COMMANDS:
            for setting in narrow:
                with self.subTest(command=command, setting=setting):
                    words = [word.format(out=self.folder / "x.h5") for word in command]
                    self.refused(FAILED, *words, "--set", setting,
                                 words=("market_config.window_ticks", "tick_size: "))
        self.assertEqual(self.left_in_folder(), [])

    def test_what_the_error_names_would_do(self):
        setting = ["--set", "market_config.tick_size=0.0001"]
        done = run("config", "check", "default", *setting)
        for key in ("window_ticks", "tick_size"):
            value = re.search(rf"{key}: ([0-9.]+),", done.stderr).group(1)
            self.succeeds("config", "check", "default", *setting, "--set",
                          f"market_config.{key}={value}")

    def test_every_preset_fits(self):
        names = json.loads(self.succeeds("config", "list", "--json"))
        self.assertIn("default", json.dumps(names))
        for path in sorted((ROOT / "configs").rglob("*.yaml")):
            if path.parent.name in ("tables", "tasks", "training"):  # no configs
                continue
            with self.subTest(config=path.name):
                self.succeeds("config", "check", str(path), cwd=ROOT)

    def gen(self, populations: str, *more: str) -> dict:
        config = self.folder / "market.yaml"
        config.write_text("market_config: {fundamental: constant, window_ticks: 64}\n"
                          f"populations: [{populations}]\n")
        done = run("gen", "--config", str(config), "--out", str(self.folder / "x.h5"), "--force",
                   "--duration", "10m", "--seed", "3", "--json", *more)
        self.assertEqual(done.returncode, OK, done.stderr)
        shown = json.loads(done.stdout)
        self.assertEqual(done.stderr.splitlines(),
                         [f"hftsim: warning: {text}" for text in shown["warnings"]])
        return shown

    def test_gen_warns_where_the_market_met_the_window_all_the_same(self):
        self.assertEqual(self.gen("{kind: noise}, {kind: value}")["warnings"], [])
        # Nobody follows the value: nothing that could be checked before.
        refused, = self.gen("{kind: noise, market_rate: 3}, {kind: maker, fundamental_weight: 0, "
                            "spread_target_bps: 1}, {kind: trend, rate: 10}")["warnings"]
        self.assertRegex(refused, r"outside the window: [1-9]\d*; .*market_config.window_ticks")
        empty, = self.gen("{kind: noise, limit_rates: [0.1], market_rate: 3}")["warnings"]
        self.assertRegex(empty, r"a side of the book was empty in \d+% of the snapshots")
        # In a call nothing shows, which is no fault.
        called = self.gen("{kind: noise}", "--set", "exchange_config.opening_auction_s=300")
        self.assertEqual(called["warnings"], [])


class Replay(ProgramTest):
    def test_missing_files_are_named(self):
        files = ["--messages", "/no/a", "--book0", "/no/b", "--truth", "/no/c"]
        self.refused(FAILED, "replay", *files, words=("/no/",))

    @unittest.skipUnless((SHARED / "lobster").is_dir(), "the sample of LOBSTER is not here")
    def test_the_sample_is_reproduced(self):
        folder = SHARED / "lobster"
        arguments = ["replay",
                     "--messages", str(next(folder.glob("*message*.csv"))),
                     "--book0", str(next(folder.glob("*orderbook_50.csv"))),
                     "--truth", str(next(folder.glob("*orderbook_1.csv")))]
        self.assertTrue(json.loads(self.succeeds(*arguments, "--json")))
        self.assertTrue(self.succeeds(*arguments))


class ReplayedFlow(ProgramTest):
    """The population `replay`, with the sample tape of the preset."""

    def test_strategies_trade_in_the_tape(self):
        done = json.loads(self.succeeds(
            "baseline", "--config", "configs/replay.yaml", "--strategy", "twap", "--episodes", "2",
            "--json"))
        self.assertTrue(done)

    def test_episodes_of_one_window_have_no_interval(self):
        """A fixed window is one world: no interval of width zero, but words; others are counted."""
        for window, episodes, words, intervals in (
                ("fixed", 3, "are the same, whatever the seed", False),
                ("random", 3, None, True), ("random", 8, "overlap", True)):
            with self.subTest(window=window, episodes=episodes):
                done = run(
                    "baseline", "--config", "replay", "--strategy", "twap", "--json",
                    "--episodes", str(episodes), "--set", f"populations.replay.window={window}")
                self.assertEqual(done.returncode, 0, done.stderr)
                report = json.loads(done.stdout)
                self.assertEqual(report["note"] is None, words is None)
                if words:
                    self.assertIn(words, report["note"])
                    self.assertIn(words, done.stderr)
                self.assertAlmostEqual(report["worlds"], 5 if window == "random" else 1, delta=0.01)
                pnl = report["metrics"]["pnl"]
                self.assertEqual(pnl["ci_low"] is not None, intervals)
                self.assertEqual(pnl["sd"] > 0, window == "random")

    def test_gen_records_what_the_tape_has(self):
        out = self.folder / "tape.h5"
        done = json.loads(self.succeeds(
            "gen", "--config", "replay", "--out", str(out), "--json",
            "--set", "populations.replay.window=fixed", "--set", "market_config.duration_s=600"))
        tape = ROOT / "data/sample/SYMA_2026-01-02_34200000_34800000_message_5.csv"
        executions = sum(line.split(",")[1] == "4" for line in tape.read_text().splitlines())
        self.assertEqual(done["trades"], executions)

    def test_a_tape_that_is_not_there_is_named(self):
        for command in (["config", "check", "replay"], ["serve", "--config", "replay"],
                        ["gen", "--config", "replay", "--out", str(self.folder / "x.h5")]):
            with self.subTest(command=command):
                self.refused(FAILED, *command,
                             "--set", "populations.replay.messages=no_message_.csv",
                             words=("no_message_.csv", "working directory"))
        self.assertEqual(self.left_in_folder(), [])


class Interrupts(ProgramTest):
    def test_gen_leaves_no_file(self):
        process = self.running(*LONG_GEN, "--out", str(self.folder / "x.h5"))
        said = self.stops(process, INTERRUPTED)
        self.assertIn("interrupted", said)
        self.assertEqual(self.left_in_folder(), [])

    def test_gen_keeps_the_file_that_was_there(self):
        path = self.folder / "x.h5"
        path.write_text("mine")
        process = self.running(*LONG_GEN, "--force", "--out", str(path))
        self.stops(process, INTERRUPTED)
        self.assertEqual(path.read_text(), "mine")
        self.assertEqual(self.left_in_folder(), ["x.h5"])

    def test_baseline_and_bench(self):
        self.stops(self.running(*LONG_BASELINE), INTERRUPTED)
        self.stops(self.running("impact", "--episodes", "100000"), INTERRUPTED)
        self.stops(self.running("bench", "market", "--seconds", "60"), INTERRUPTED)
        self.stops(self.running("bench", "server", "--seconds", "60"), INTERRUPTED)

    def test_a_killed_gen_leaves_nothing_under_the_final_name(self):
        process = self.running(*LONG_GEN, "--out", str(self.folder / "x.h5"))
        process.kill()
        process.wait()
        self.assertNotIn("x.h5", self.left_in_folder())
        # What it left does not stop the next one.
        self.succeeds("gen", "--out", str(self.folder / "x.h5"), "--duration", "1s")


class Serve(ProgramTest):
    def serving(self, endpoint: str) -> subprocess.Popen:
        process = start("serve", "--bind", endpoint)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertIn(endpoint, process.stderr.readline())
        return process

    def test_signals_end_it_well(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number):
                process = self.serving(f"tcp://127.0.0.1:{free_port()}")
                self.stops(process, OK, number)

    def test_a_busy_port(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            endpoint = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
            self.refused(FAILED, "serve", "--bind", endpoint, words=(endpoint, "in use"))

    def test_a_busy_path_is_not_stolen(self):
        endpoint = f"ipc://{self.folder}/socket"
        first = self.serving(endpoint)
        self.refused(FAILED, "serve", "--bind", endpoint, words=(endpoint,))
        self.stops(first, OK)
        self.stops(self.serving(endpoint), OK)

    def test_other_machines_are_shut_out_unless_asked(self):
        for endpoint in ("tcp://0.0.0.0:5555", "tcp://*:5555"):
            with self.subTest(endpoint=endpoint):
                self.refused(USAGE, "serve", "--bind", endpoint, words=("--insecure",))

    def test_endpoints_that_are_none(self):
        for endpoint in ("", "tcp://", "tcp://127.0.0.1", "tcp://127.0.0.1:99999", "http://x:1",
                         "127.0.0.1:5555", "ipc://"):
            with self.subTest(endpoint=endpoint):
                self.refused(USAGE, "serve", "--bind", endpoint)


if __name__ == "__main__":
    unittest.main(verbosity=2)
