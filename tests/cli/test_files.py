#!/usr/bin/env python3
"""Files that the program writes: complete or not there, whoever else runs, fails or is stopped."""

import itertools
import os
import resource
import signal
import stat
import subprocess
import time
import unittest
from pathlib import Path

from program import FAILED, INTERRUPTED, OK, SECONDS, ProgramTest, run, start

PAIRS = 50  # of each kind: 200 in all
SHORT = ["--duration", "1s", "--levels", "1", "--snapshot-ms", "1000"]
LONG = ["gen", "--set", "market_config.instruments=20", "--duration", "6h"]


class FilesTest(ProgramTest):
    def part(self) -> Path:
        """What a run writes before its file has its name."""
        return self.folder / "a.h5.part"

    def gen(self, path, *more: str, **options) -> subprocess.CompletedProcess:
        return run("gen", "--out", str(path), *SHORT, *more, **options)

    def bytes_of(self, *more: str) -> bytes:
        path = self.folder / "reference"
        self.succeeds("gen", "--out", str(path), *SHORT, *more)
        data = path.read_bytes()
        path.unlink()
        return data


class Concurrency(FilesTest):
    def check_pairs(self, locking: str, *more: str, stale: bool = False) -> None:
        seeds = ("1", "2")
        expected = [self.bytes_of("--seed", seed) for seed in seeds]
        self.assertNotEqual(*expected)
        environment = os.environ | {"HDF5_USE_FILE_LOCKING": locking}
        path = self.folder / "a.h5"
        for pair in range(PAIRS):
            if stale:
                (self.folder / "a.h5.part").write_bytes(b"left by a killed run")
            runs = [start("gen", "--out", str(path), *SHORT, "--seed", seed, *more,
                          env=environment) for seed in seeds]
            said = [process.communicate(timeout=SECONDS)[1] for process in runs]
            codes = [process.returncode for process in runs]
            what = f"pair {pair}: {codes} {said}"
            self.assertLessEqual(set(codes), {OK, FAILED}, what)
            self.assertIn(OK, codes, what)
            found = expected.index(path.read_bytes())  # one of the two, complete
            self.assertEqual(codes[found], OK, what)
            if "--force" not in more:
                self.assertEqual(codes[1 - found], FAILED, what)
            for code, words in zip(codes, said):
                self.assertEqual(bool(words), code == FAILED, what)
            self.assertEqual(self.left_in_folder(), ["a.h5"], what)
            path.unlink()

    def test_one_of_two_runs_writes_the_file(self):
        for locking in ("TRUE", "FALSE"):
            with self.subTest(locking=locking):
                self.check_pairs(locking)

    def test_one_of_two_runs_takes_over_what_a_killed_one_left(self):
        self.check_pairs("FALSE", stale=True)

    def test_forced_runs_leave_one_complete_file(self):
        self.check_pairs("FALSE", "--force")

    def test_a_run_does_not_begin_where_another_writes(self):
        path = self.folder / "a.h5"
        first = self.running(*LONG, "--out", str(path), until=self.part())
        for more in ([], ["--force"]):
            done = self.gen(path, *more)
            self.assertEqual(done.returncode, FAILED)
            self.assertIn("another run", done.stderr)
        self.stops(first, INTERRUPTED)
        self.assertEqual(self.left_in_folder(), [])

    def test_a_file_made_meanwhile_is_kept(self):
        path = self.folder / "a.h5"
        process = start("gen", "--out", str(path), "--duration", "3h")
        while not (self.folder / "a.h5.part").exists():
            time.sleep(0.001)
        path.write_text("mine")
        _, said = process.communicate(timeout=SECONDS)
        self.assertEqual(process.returncode, FAILED)
        self.assertIn("already exists", said)
        self.assertEqual(path.read_text(), "mine")
        self.assertEqual(self.left_in_folder(), ["a.h5"])

    def test_a_part_that_others_remove_or_replace_is_a_failure(self):
        for replace in (False, True):
            with self.subTest(replace=replace):
                path, part = self.folder / "a.h5", self.folder / "a.h5.part"
                process = start("gen", "--out", str(path), "--duration", "3h")
                while not part.exists() or part.stat().st_size == 0:
                    time.sleep(0.001)
                part.unlink()
                if replace:
                    part.write_text("another's")
                _, said = process.communicate(timeout=SECONDS)
                self.assertEqual(process.returncode, FAILED)
                self.assertIn("removed or replaced", said)
                self.assertFalse(path.exists())
                if replace:
                    self.assertEqual(part.read_text(), "another's")
                    part.unlink()
                self.assertEqual(self.left_in_folder(), [])


class Signals(FilesTest):
    NUMBERS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGXCPU,
               signal.SIGPIPE]

    def test_every_signal_leaves_no_part_and_the_old_file(self):
        path = self.folder / "a.h5"
        for number, force in itertools.product(self.NUMBERS, (False, True)):
            with self.subTest(signal=number, force=force):
                if force:
                    path.write_text("mine")
                process = self.running(*LONG, "--out", str(path), *["--force"] * force,
                                       until=self.part())
                self.assertIn("interrupted", self.stops(process, INTERRUPTED, number))
                self.assertEqual(self.left_in_folder(), ["a.h5"] * force)
                if force:
                    self.assertEqual(path.read_text(), "mine")
                    path.unlink()

    def test_signals_that_repeat_leave_no_part(self):
        for number in (signal.SIGHUP, signal.SIGXCPU, signal.SIGPIPE):
            with self.subTest(signal=number):
                process = self.running(*LONG, "--out", str(self.folder / "a.h5"), until=self.part())
                for _ in range(20):
                    process.send_signal(number)
                self.stops(process, INTERRUPTED, number)
                self.assertEqual(self.left_in_folder(), [])

    def test_two_signals_at_once_are_one(self):
        process = self.running(*LONG, "--out", str(self.folder / "a.h5"), until=self.part())
        for _ in range(3):
            process.send_signal(signal.SIGINT)
            time.sleep(0.002)
        self.stops(process, INTERRUPTED)
        self.assertEqual(self.left_in_folder(), [])

    def test_a_limit_of_cpu_time_leaves_no_part(self):
        process = start(*LONG, "--out", str(self.folder / "a.h5"), preexec_fn=lambda: (
            resource.setrlimit(resource.RLIMIT_CPU, (1, 30))))
        _, said = process.communicate(timeout=SECONDS)
        self.assertEqual(process.returncode, INTERRUPTED, said)
        self.assertEqual(self.left_in_folder(), [])

    def test_nohup_goes_on(self):
        process = start("gen", "--out", str(self.folder / "a.h5"), "--duration", "3h",
                        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        while not (self.folder / "a.h5.part").exists():
            time.sleep(0.001)
        self.stops(process, OK, signal.SIGHUP)
        self.assertEqual(self.left_in_folder(), ["a.h5"])

    def test_a_killed_run_is_replaced(self):
        path = self.folder / "a.h5"
        process = self.running(*LONG, "--out", str(path), until=self.part())
        process.kill()
        process.communicate()
        self.assertEqual(self.left_in_folder(), ["a.h5.part"])
        self.assertEqual(self.gen(path).returncode, OK)
        self.assertEqual(self.left_in_folder(), ["a.h5"])


class Disks(FilesTest):
    def limited(self, size: int, *arguments: str) -> subprocess.CompletedProcess:
        return run(*arguments, preexec_fn=lambda: (
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))))

    def test_a_file_size_limit_is_a_write_error(self):
        path = self.folder / "a.h5"
        for old in (None, "mine"):
            for size in (0, 1000, 20_000):
                with self.subTest(old=old, size=size):
                    if old is not None:
                        path.write_text(old)
                    done = self.limited(size, "gen", "--out", str(path), "--duration", "2m",
                                        "--force")
                    self.assertEqual(done.returncode, FAILED, done.stderr)
                    self.assertIn("a.h5", done.stderr)
                    self.assertIn("File too large", done.stderr)
                    self.assertEqual(self.left_in_folder(), [] if old is None else ["a.h5"])
                    if old is not None:
                        self.assertEqual(path.read_text(), old)

    def test_a_page_is_complete_or_not_there(self):
        page = self.folder / "page.html"
        page.write_text("mine")
        done = self.limited(1000, "validate", "--duration", "5m", "--html", str(page))
        self.assertEqual(done.returncode, FAILED, done.stderr)
        self.assertIn("File too large", done.stderr)
        self.assertEqual(page.read_text(), "mine")
        self.assertEqual(self.left_in_folder(), ["page.html"])

    @unittest.skipUnless(os.path.exists("/dev/full"), "there is no /dev/full here")
    def test_a_device_is_not_replaced(self):
        before = os.stat("/dev/full")
        link = self.folder / "link.h5"
        link.symlink_to("/dev/full")
        for path in ("/dev/full", link):
            for more in ([], ["--force"]):
                self.refused(FAILED, "gen", "--out", str(path), *SHORT, *more,
                             words=("/dev/full", "not a regular file"))
        after = os.stat("/dev/full")
        self.assertTrue(stat.S_ISCHR(after.st_mode))
        self.assertEqual(before.st_ino, after.st_ino)
        self.assertEqual(self.left_in_folder(), ["link.h5"])

    def test_what_is_in_the_way_is_left_alone(self):
        def fifo(path):
            os.mkfifo(path)

        def folder(path):
            path.mkdir()

        def dangling(path):
            path.symlink_to(self.folder / "nowhere" / "x")

        for make in (fifo, folder, dangling):
            for name in ("a.h5", "a.h5.part"):
                with self.subTest(make=make.__name__, name=name):
                    path = self.folder / name
                    make(path)
                    before = path.lstat()
                    self.refused(FAILED, "gen", "--out", str(self.folder / "a.h5"), *SHORT,
                                 "--force", words=(name,))
                    self.assertEqual(path.lstat().st_ino, before.st_ino)
                    self.assertEqual(self.left_in_folder(), [name])
                    path.rmdir() if make is folder else path.unlink()

    def test_a_link_is_followed(self):
        (self.folder / "disk").mkdir()
        target, link = self.folder / "disk" / "real.h5", self.folder / "link.h5"
        target.write_text("mine")
        link.symlink_to(target)
        self.refused(FAILED, "gen", "--out", str(link), *SHORT, words=("already exists",))
        self.assertEqual(target.read_text(), "mine")
        self.assertEqual(self.gen(link, "--force").returncode, OK)
        self.assertTrue(link.is_symlink())
        self.assertTrue(target.read_bytes().startswith(b"\x89HDF"))
        self.assertEqual(os.listdir(target.parent), ["real.h5"])

    def test_a_part_that_is_a_link_to_a_file_is_not_followed(self):
        precious, part = self.folder / "precious", self.folder / "a.h5.part"
        precious.write_text("mine")
        part.symlink_to(precious)
        self.refused(FAILED, "gen", "--out", str(self.folder / "a.h5"), *SHORT,
                     words=("a.h5.part",))
        part.unlink()
        os.link(precious, part)  # a second name of the file: only that name is taken
        self.assertEqual(self.gen(self.folder / "a.h5").returncode, OK)
        self.assertEqual(precious.read_text(), "mine")

    def test_names_that_are_too_long(self):
        for length in (251, 255, 256, 5000):
            with self.subTest(length=length):
                self.refused(FAILED, "gen", "--out", str(self.folder / ("x" * length)), *SHORT,
                             words=("File name too long",))
        self.assertEqual(self.left_in_folder(), [])
        self.assertEqual(self.gen(self.folder / ("x" * 250)).returncode, OK)

    def test_a_folder_that_is_read_only(self):
        self.folder.chmod(0o555)
        self.addCleanup(self.folder.chmod, 0o700)
        nobody = {"user": 65534} if os.geteuid() == 0 else {}  # root may write everywhere
        self.refused(FAILED, "gen", "--out", str(self.folder / "a.h5"), *SHORT,
                     words=("a.h5", "Permission denied"), **nobody)
        self.assertEqual(self.left_in_folder(), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
