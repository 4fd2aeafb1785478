#!/usr/bin/env python3
"""What is installed: the exports of the library, and that a program needs no more than pkg-config,
or CMake's find_package, tells it. Takes the build folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "c"
BUILD = Path(sys.argv.pop()) if len(sys.argv) > 1 else ROOT / "build" / "release"
HEADER = (ROOT / "include" / "hftsim.h").read_text()
HEADERS = HEADER + "".join(
    (ROOT / "include" / f"hftsim_{part}.h").read_text() for part in ("metrics", "policy"))
DECLARED = set(
    re.findall(r"^HFTSIM_(?:METRICS_|POLICY_)?API [^;]*?\b(hftsim_\w+)\(", HEADERS, re.MULTILINE))


def run(*command: str | Path, **environment: str) -> str:
    """The output of a command that must succeed."""
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=300, check=False,
        env={**os.environ, **environment})
    if done.returncode != 0:
        raise AssertionError(f"{command}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def needs(*programs: str):
    missing = [program for program in programs if shutil.which(program) is None]
    return unittest.skipIf(missing, f"{missing} not here")


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.prefix = cls.folder / "prefix"
        run("cmake", "--install", BUILD, "--prefix", cls.prefix)
        cls.libdir = next(cls.prefix.rglob("libhftsim.so")).parent

    def check_program(self, program: Path) -> None:
        output = run(program, LD_LIBRARY_PATH=str(self.libdir))
        self.assertRegex(output, r"^128 episodes, mean return -?[0-9.]+ ticks x lots\n$")

    def test_files(self) -> None:
        for name in ("bin/hftsim", "include/hftsim.h", "share/hftsim/configs/default.yaml"):
            self.assertTrue((self.prefix / name).is_file(), name)
        own = [path.name for path in self.prefix.rglob("*") if path.suffix in (".h", ".a")]
        self.assertEqual(sorted(own), ["hftsim.h", "hftsim_metrics.h", "hftsim_policy.h"])
        self.assertIn("usage", run(self.prefix / "bin" / "hftsim", "--help").lower())

    @needs("readelf")
    def test_soname(self) -> None:
        abi = re.search(r"^#define HFTSIM_ABI (\d+)$", HEADER, re.MULTILINE)[1]
        dynamic = run("readelf", "-d", self.libdir / "libhftsim.so")
        self.assertEqual(re.findall(r"SONAME.*\[(.*)\]", dynamic), [f"libhftsim.so.{abi}"])

    @needs("nm")
    def test_exports_are_the_headers(self) -> None:
        lines = run("nm", "-D", "--defined-only", self.libdir / "libhftsim.so").splitlines()
        exported = {line.split()[-1].split("@")[0] for line in lines}
        self.assertEqual(exported, DECLARED)

    @needs("readelf")
    def test_loads_no_sockets(self) -> None:
        dynamic = run("readelf", "-d", self.libdir / "libhftsim.so")
        needed = re.findall(r"NEEDED.*\[(.*)\]", dynamic)
        self.assertTrue(any(name.startswith("libsleef") for name in needed))
        wrong = [name for name in needed if re.match(r"lib(zmq|microhttpd|sodium)", name)]
        self.assertEqual(wrong, [])

    @needs("readelf")
    def test_hardened(self) -> None:
        """Of what is built and what is installed: no library is looked for in the current folder,
        and nothing that the loader wrote can be written to again."""
        for folder in (BUILD, self.prefix):
            for name in ("bin/hftsim", "libhftsim.so"):
                path = next(folder.rglob(name))
                dynamic = run("readelf", "-d", path)
                for entries in re.findall(r"R(?:UN)?PATH.*\[(.*)\]", dynamic):
                    for entry in entries.split(":"):
                        self.assertTrue(entry.startswith("/"), f"{path}: {entries}")
                self.assertIn("BIND_NOW", dynamic, path)
                self.assertIn("GNU_RELRO", run("readelf", "-lW", path), path)
                if "CMAKE_BUILD_TYPE:STRING=Release\n" in (BUILD / "CMakeCache.txt").read_text():
                    symbols = run("readelf", "-W", "--dyn-syms", path)
                    self.assertIn("__stack_chk_fail", symbols, path)

    @needs("cc", "pkg-config")
    def test_example_by_pkg_config(self) -> None:
        self.check_program(self.compile("cc", "-std=c99", "-Wall", "-Wextra", "-Wpedantic",
                                        EXAMPLE / "market_maker.c"))

    @needs("c++", "pkg-config")
    def test_header_in_cpp(self) -> None:
        source = self.folder / "main.cpp"
        names = ("hftsim", "hftsim_metrics", "hftsim_policy")
        source.write_text("".join(f"#include <{name}.h>\n" for name in names) +
                          "int main() {\n  hftsim_policy_close(nullptr);\n"
                          "  hftsim_free(hftsim_create());\n}\n")
        run(self.compile("c++", "-Wall", "-Wpedantic", source), LD_LIBRARY_PATH=str(self.libdir))

    def compile(self, *command: str | Path) -> Path:
        flags = run("pkg-config", "--cflags", "--libs", "hftsim",
                    PKG_CONFIG_PATH=str(self.libdir / "pkgconfig")).split()
        program = self.folder / f"program_{command[0]}"
        run(*command, "-Werror", *flags, "-o", program)
        return program

    @needs("cmake")
    def test_example_by_cmake(self) -> None:
        build = self.folder / "example"
        run("cmake", "-S", EXAMPLE, "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}")
        run("cmake", "--build", build)
        self.check_program(build / "market_maker")


if __name__ == "__main__":
    unittest.main()
