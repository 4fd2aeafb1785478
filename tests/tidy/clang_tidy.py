#!/usr/bin/env python3
"""Runs clang-tidy with the checks of .clang-tidy over every C file that a build compiles, except
the tests': clang_tidy.py BUILD [FILE...] (FILE: only these). BUILD is a configured build folder
with its compile_commands.json. Exits 77 (skipped) without clang-tidy 14: other versions find other
things."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VERSION = "14"
FINDING = re.compile(r"^(\S+?):(\d+):\d+: (?:warning|error): (.*)$", re.MULTILINE)


def clang_tidy() -> str | None:
    for name in (f"clang-tidy-{VERSION}", "clang-tidy"):
        if shutil.which(name) is None:
            continue
        answer = subprocess.run([name, "--version"], capture_output=True, text=True, check=True)
        if re.search(rf"version {VERSION}\.", answer.stdout):
            return name
    return None


def compiled_files(build: Path) -> list[Path]:
    """The C files of the layers that the build compiles: not the tests and not generated files."""
    database = json.loads((build / "compile_commands.json").read_text())
    paths = {Path(entry["directory"], entry["file"]).resolve() for entry in database}
    sources = [path for path in paths if path.is_relative_to(ROOT) and path.suffix == ".c"]
    return sorted(path for path in sources
                  if path.relative_to(ROOT).parts[0] not in ("build", "tests"))


def check(program: str, build: Path, path: Path) -> tuple[set[tuple[str, int, str]], str]:
    """The findings in a file, and what clang-tidy printed if it failed without any."""
    command = [program, "-p", str(build), "--quiet", "--warnings-as-errors=*", str(path)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    findings = {(where, int(line), text) for where, line, text in FINDING.findall(answer.stdout)}
    failed = answer.returncode != 0 and not findings
    return findings, f"{path}: {answer.stdout}{answer.stderr}" if failed else ""


def main() -> int:
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        print(__doc__)
        return 2
    program = clang_tidy()
    if program is None:
        print(f"skipped: there is no clang-tidy {VERSION} here")
        return 77
    build = Path(sys.argv[1]).resolve()
    if not (build / "compile_commands.json").exists():
        print(f"{build} is not configured: run cmake --preset release")
        return 1
    paths = [Path(name).resolve() for name in sys.argv[2:]] or compiled_files(build)
    if not paths:
        print("no C file found")
        return 1
    findings: set[tuple[str, int, str]] = set()
    failures: list[str] = []
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for found, failure in threads.map(lambda path: check(program, build, path), paths):
            findings |= found  # a finding in a header is reported for each file that includes it
            failures += [failure] if failure else []
    for where, line, text in sorted(findings):
        print(f"{os.path.relpath(where, ROOT)}:{line}: {text}")
    print(*failures, sep="\n", end="")
    print(f"{len(paths)} files, {len(findings)} findings, {len(failures)} failures")
    return 1 if findings or failures else 0


if __name__ == "__main__":
    sys.exit(main())
