#!/usr/bin/env python3
"""Checks that every C file is formatted as .clang-format says. Exits 77 (skipped) without
clang-format 14: other versions format some lines differently."""

import re
import shutil
import subprocess
import sys

from tidy import ROOT, source_paths

VERSION = "14"


def clang_format() -> str | None:
    for name in (f"clang-format-{VERSION}", "clang-format"):
        if shutil.which(name) is None:
            continue
        answer = subprocess.run([name, "--version"], capture_output=True, text=True, check=True)
        if re.search(rf"version {VERSION}\.", answer.stdout):
            return name
    return None


def main() -> int:
    program = clang_format()
    if program is None:
        print(f"skipped: clang-format {VERSION} is not installed")
        return 77
    files = [str(path) for path in source_paths(ROOT) if path.suffix in (".c", ".h", ".cpp")]
    if not files:
        print("no C file found")
        return 1
    command = [program, "--dry-run", "-Werror", "--ferror-limit=1", "--style=file", *files]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    places = dict(re.findall(r"^(\S+):(\d+):\d+: error: ", answer.stderr, re.MULTILINE))
    for path, line in sorted(places.items()):
        print(f"{path}:{line}: not formatted as .clang-format says; run {program} -i {path}")
    if answer.returncode != 0 and not places:
        print(answer.stderr)
    print(f"{len(files)} files, {len(places)} to fix")
    return min(answer.returncode, 1)


if __name__ == "__main__":
    sys.exit(main())
