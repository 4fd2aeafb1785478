#!/usr/bin/env python3
"""Reruns every command of docs/baselines.md and compares what it prints with the page.

A block ```console holds commands ("$ ", continued by "> ") and their output; a block without a
language holds commands alone, of which each line that begins with "hftsim" must succeed; a block
```yaml is a config in which an episode must run.

    tests/baselines/docs.py [--write] [PAGE]

HFTSIM_BIN names the program. With --write the page gets what its commands print now.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("HFTSIM_BIN") or ROOT / "build" / "release" / "bin" / "hftsim")
PAGE = ROOT / "docs" / "baselines.md"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ .*\n(?:> .*\n)*", re.MULTILINE)


class Failed(Exception):
    pass


def run(command: str) -> str:
    environment = os.environ | {"PATH": f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=ROOT, env=environment,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"{command}\nexit code {done.returncode}\n{done.stderr}")
    return done.stdout


def renewed(block: str) -> str:
    """A console block with what its commands print now."""
    text = ""
    for prompt in COMMAND.findall(block):
        command = "\n".join(line[2:] for line in prompt.splitlines())
        text += prompt + run(command)
    return text


def check_config(text: str) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as config:
        config.write(text)
        config.flush()
        run(f"hftsim baseline --strategy do-nothing --episodes 1 --config {config.name}")


def check(language: str, block: str) -> str:
    """The block as it should be."""
    if language == "console":
        return renewed(block)
    if language == "yaml":
        check_config(block)
    for line in block.splitlines():
        if language == "" and line.startswith("hftsim "):
            run(line)
    return block


def main() -> int:
    arguments = sys.argv[1:]
    write = "--write" in arguments
    page = Path(next((a for a in arguments if a != "--write"), PAGE))
    if not PROGRAM.is_file():
        print(f"{PROGRAM} is not built", file=sys.stderr)
        return 77
    text = page.read_text(encoding="utf-8")
    wrong, commands = 0, 0

    def replace(match: re.Match) -> str:
        nonlocal wrong, commands
        language, block = match.groups()
        try:
            now = check(language, block)
        except Failed as failure:
            print(f"FAILED: {failure}")
            wrong += 1
            return match[0]
        commands += len(COMMAND.findall(block))
        if now != block:
            wrong += not write
            print(f"{page.name} says:\n{block}\nbut it is:\n{now}")
        return f"```{language}\n{now}```"

    new = BLOCK.sub(replace, text)
    if write and new != text:
        page.write_text(new, encoding="utf-8")
    if commands == 0:
        print(f"{page.name} has no command with its output")
        wrong += 1
    print(f"{commands} commands, {wrong} blocks wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
