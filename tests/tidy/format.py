#!/usr/bin/env python3
"""Holds every C file to .clang-format. Exits 77 (skipped) without clang-format 14: other versions
lay some lines out otherwise."""

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
        print(f"skipped: there is no clang-format {VERSION} here")
        return 77
    files = [str(path) for path in source_paths(ROOT) if path.suffix in (".c", ".h", ".cpp")]
    if not files:
        print("no C file found")
        return 1
    command = [program, "--dry-run", "-Werror", "--ferror-limit=3", "--style=file", *files]
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    print(f"{len(files)} files looked at" if code == 0 else f"to mend: {program} -i FILE")
    return min(code, 1)


if __name__ == "__main__":
    sys.exit(main())
