#!/usr/bin/env python3
"""Runs what the documentation says, and compares what it shows with what comes out.

    tests/docs/check.py [--write] [--slow] [PAGE...]

Checks the pages given, or all, and the examples of each command's --help ("help"). HFTSIM_BIN names
the program; Python's blocks need the client's packages (.venv/bin/python). With --write a page gets
the outputs and numbers of now. With --slow what is marked so is run, too. What can stand on a page
is told in tests/docs/page.py.
"""

from __future__ import annotations

import argparse
import functools
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import page as pages
import running
from page import Block, Fault, Page
from running import ROOT, Failed, Reader

PAGES = ("README.md", "CONTRIBUTING.md", "docs/*.md", "*/README.md")
HELP = "help"
# Examples that begin where those of another command end.
AFTER = {"serve": "keygen", "validate": "gen", "report": "baseline"}
COMMAND_COLUMNS = ("type", "you type", "how to see it", "command")
PLACEHOLDER = re.compile(r"\.\.\.|^[A-Z][A-Z_0-9]*$|^\[|\|[A-Z]|=[A-Z]+$")
FOLDERS = ("sim|stats|codec|data|baselines|eval|agents|server|bench|catalog|include|lib|cli|tests|"
           "configs|docs|scripts|examples|python|web")
FILE = re.compile(rf"^(?:{FOLDERS})/(?!lib)[\w./-]+$")
OUTPUTS: dict[tuple[str, str], str | Failed] = {}  # by program and command
KEY = re.compile(r"^(\w+_config)\.(\w+)$")
NAME = re.compile(r"^((?:hft|hftsim|HFT|HFTSIM|test)_\w+)(?:\(\))?$")
WRITE = "run tests/docs/check.py --write {}"


def all_pages() -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for glob in PAGES for path in ROOT.glob(glob)
                  if not str(path.relative_to(ROOT)).startswith(("build", "demo", ".")))


def find_program() -> Path:
    return Path(os.environ.get("HFTSIM_BIN") or ROOT / "build/release/bin/hftsim").resolve()


@functools.cache
def sources() -> str:
    """The text of all that names can be of, and the names of the files."""
    texts = []
    for folder in FOLDERS.split("|"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".c", ".h", ".py", ".txt"):
                texts += [path.stem, path.read_text(encoding="utf-8", errors="replace")]
    return "\n".join(texts)


# ---- the program's commands --------------------------------------------------------------------


class Commands:
    """What the program's own help says of its commands."""

    def __init__(self, program: Path) -> None:
        self.program = program
        self.helps: dict[str, str] = {}
        self.sections: dict[str, set[str]] = {}

    def help(self, *words: str) -> str:
        """The help of a command; that of the whole program where there is no such command."""
        name = " ".join(words)
        if name not in self.helps:
            done = subprocess.run([self.program, *words, "--help"], capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL, timeout=60, check=False)
            self.helps[name] = done.stdout if done.returncode == 0 else ""
        return self.helps[name]

    def keys(self) -> dict[str, set[str]]:
        """The keys of configs, by section."""
        if not self.sections:
            done = subprocess.run([self.program, "config", "keys"], capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL, timeout=60, check=True)
            for part in done.stdout.split("\n## "):
                name = re.search(r"`(\w+)`", part)
                if name is not None:
                    self.sections[name[1]] = set(re.findall(r"(?m)^\| `(\w+)`", part))
        return self.sections

    def names(self) -> list[str]:
        first = re.findall(r"(?m)^  ([a-z]+)  +\S", self.help())
        parts = re.findall(r"[a-z]+", re.search(r"hftsim bench (\S+)", self.help("bench"))[1])
        return [*first, *(f"bench {part}" for part in parts)]

    def examples(self, name: str) -> str:
        text = self.help(*name.split()).partition("\nExamples:\n")[2]
        return "".join(line[2:] + "\n" for line in text.splitlines() if line.startswith("  "))

    def options(self, words: list[str]) -> tuple[str, list[str]]:
        """The command that the words name, and the options that it needs."""
        names = self.names()
        name = next((" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in names), "")
        usage = self.help(*name.split()).splitlines()[0] if name else ""
        needed = re.findall(r"--[a-z-]+", re.sub(r"\[[^]]*\]", "", usage))
        return name, needed


def help_page(commands: Commands) -> Page:
    """The examples of all commands, as one page: a block a command, its line that of the help."""
    page = Page(HELP, "")
    for name in ["", *commands.names()]:
        text = commands.examples(name)
        if not text:
            page.fault(0, f"'hftsim {name} --help' has no examples")
        before = commands.examples(AFTER[name]) if name in AFTER else ""
        before = re.sub(r"(?m)^hftsim serve .*\n", "", before)
        block = Block(0, "sh", before + text, 0, {})
        block.marks["of"] = f"hftsim {name}".strip() + " --help"
        page.blocks.append(block)
    return page


# ---- checking ----------------------------------------------------------------------------------


def masked(text: str, varies: str | None) -> str:
    text = "\n".join(line.rstrip() for line in text.strip("\n").splitlines())
    return re.sub(varies, "~", text) if varies else text


def same(told: str, printed: str, varies: str | None) -> bool:
    """Whether an output is the one that is told; a line "..." stands for any lines."""
    told, printed = masked(told, varies), masked(printed, varies)
    if not re.search(r"(?m)^\.\.\.$", told):
        return told == printed
    parts = [re.escape(part) for part in re.split(r"(?m)^\.\.\.$", told)]
    return re.fullmatch("(?:.*\n)*?.*".join(parts), printed) is not None


class Checker:
    def __init__(self, page: Page, program: Path, slow: bool = False, write: bool = False) -> None:
        self.page = page
        self.program = program
        self.commands = Commands(program)
        self.slow = slow
        self.write = write
        self.edits: list[tuple[int, int, str]] = []
        self.faults: list[Fault] = list(page.faults)
        self.ran = 0
        self.left: list[str] = []  # what was not run, and why

    def fault(self, line: int, text: str) -> None:
        self.faults.append(Fault(self.page.name, line, text))

    def leave(self, line: int, reason: str) -> None:
        self.left.append(f"{self.page.name}:{line}: not run: {reason}")

    def check(self) -> list[Fault]:
        self.links()
        with Reader(self.program) as reader:
            for block in self.page.blocks:
                try:
                    if self.page.name != HELP:
                        self.block(block, reader)
                        continue
                    with Reader(self.program) as alone:
                        self.block(block, alone)
                except Failed as failed:
                    self.fault(block.line, f"{block.marks.get('of', 'the block')} fails: {failed}")
            try:
                reader.end_session()
                reader.stop_server()
            except Failed as failed:
                self.fault(0, str(failed))
        for printed in self.page.printed:
            self.printed(printed)
        for number in self.page.numbers:
            self.number(number)
        for span in self.page.spans:
            self.span(span)
        if self.write and self.edits:
            (ROOT / self.page.name).write_text(self.edited(), encoding="utf-8")
        return self.faults

    def edited(self) -> str:
        text = self.page.text
        for start, end, new in sorted(self.edits, reverse=True):
            text = text[:start] + new + text[end:]
        return text

    def differs(self, line: int, start: int, told: str, now: str, text: str) -> None:
        """What the page tells is another than it is now: a fault, or to be written."""
        if self.write:
            self.edits.append((start, start + len(told), now))
        else:
            self.fault(line, f"{text}\nto renew the page, {WRITE.format(self.page.name)}")

    # ---- blocks ------------------------------------------------------------------------------

    def block(self, block: Block, reader: Reader) -> None:
        marks = block.marks
        if block.language not in pages.RUN or "not run" in marks:
            if "not run" in marks:
                self.reason(block)
            if "file" in marks:
                (reader.folder / marks["file"]).write_text(block.text)
            return
        if "slow" in marks and not self.slow:
            self.leave(block.line, "slow")
            return
        if "needs" in marks and running.lacks(marks["needs"]):
            self.leave(block.line, f"needs {marks['needs']}")
            return
        text = block.text
        for change in marks["shorter"].split("; ") if "shorter" in marks else ():
            long, _, short = change.partition(" -> ")
            if not short or long not in text:
                self.fault(block.line, f"the block has no '{long}' to be made shorter")
                return
            text = text.replace(long, short)
        printed = self.run_block(block, text, reader)
        self.ran += 1
        output = block.output
        if output is not None and not same(output.text, printed, output.marks.get("varies")):
            self.differs(output.line, output.start, output.text, printed,
                         f"the page says\n{output.text}but the output is\n{printed}")

    def reason(self, block: Block) -> None:
        """A reason not to run a block is believed, but for what can be looked up."""
        reason = block.marks["not run"]
        self.leave(block.line, reason)
        cell = re.match(r"claims cell (\S+)$", reason)
        cells = ROOT / "claims" / "cells.toml"
        if cell and (not cells.is_file() or cell[1].split("/")[-1] not in cells.read_text()):
            self.fault(block.line, f"claims/cells.toml has no cell {cell[1]}")
        if block.copy_of is not None:
            path = ROOT / block.copy_of
            if not path.is_file() or path.read_text().strip("\n") != block.text.strip("\n"):
                self.fault(block.line, f"the block is not the file {block.copy_of}")

    def run_block(self, block: Block, text: str, reader: Reader) -> str:
        here = "in the repository" in block.marks
        if block.language == "sh":
            return reader.sh(text, int(block.marks.get("fails", "0")), here)
        if block.language == "python":
            return reader.python(text, self.page.name, block.line)
        if block.language == "c":
            return reader.c(text)
        return reader.yaml(text, block.marks.get("file"), here)

    # ---- numbers and tables ------------------------------------------------------------------

    def output(self, command: str) -> str:
        """What a command prints where the repository's folders are; run once for all pages."""
        key = str(self.program), command
        if key not in OUTPUTS:
            try:
                with Reader(self.program) as reader:
                    OUTPUTS[key] = reader.sh(command, 0, in_repository=True)
            except Failed as failed:
                OUTPUTS[key] = failed
            self.ran += 1
        output = OUTPUTS[key]
        if isinstance(output, Failed):
            raise output
        return output

    def leaves(self, line: int, command: str, slow: bool) -> bool:
        """Whether a command is not run now: it is slow, or needs sample data that is not here."""
        if slow and not self.slow:
            self.leave(line, f"slow: {command}")
        elif "$HFTSIM_SHARED" in command and not running.SHARED.is_dir():
            self.leave(line, f"there is no sample data in {running.SHARED}")
        elif command.startswith("valgrind") and shutil.which("valgrind") is None:
            self.leave(line, "valgrind is not here")
        else:
            return False
        return True

    def printed(self, printed: pages.Printed) -> None:
        command = printed.command.removeprefix("slow ")
        if self.leaves(printed.line, command, command != printed.command):
            return
        try:
            now = self.output(command)
        except Failed as failed:
            self.fault(printed.line, str(failed))
            return
        if now.strip("\n") != printed.text.strip("\n"):
            self.differs(printed.line, printed.start, printed.text, "\n" + now.strip("\n") + "\n\n",
                         f"what stands here is not what '{command}' prints:\n{now}")

    def number(self, number: pages.Number) -> None:
        defined = self.page.definitions[number.name]
        if self.leaves(number.line, defined.command, defined.slow):
            return
        try:
            output = self.output(defined.command)
            now = running.evaluated(output, defined.expression, defined.format)
        except Failed as failed:
            self.fault(defined.line, f"'{number.name}': {failed}")
            return
        if now != number.text:
            self.differs(number.line, number.start, number.text, now,
                         f"the page says {number.text}, '{defined.command}' gives {now}")

    # ---- commands, files and names in the text -----------------------------------------------

    def span(self, span: pages.Span) -> None:
        if span.text.startswith("hftsim "):
            self.command(span)
        elif span.column in COMMAND_COLUMNS and span.reason is None:
            if re.match(r"[\w./=-]+ ", span.text) and not span.text.startswith("--"):
                self.fault(span.line, f"nothing runs '{span.text}': put '<!-- not run: REASON -->' "
                           "after it")
        elif FILE.match(span.text):
            paths = [ROOT / span.text, (ROOT / self.page.name).parent / span.text]
            if not any(p.exists() or [*p.parent.glob(p.name + ".*")] for p in paths):
                self.fault(span.line, f"there is no file {span.text}")
        elif key := KEY.match(span.text):
            if key[2] not in self.commands.keys().get(key[1], ()):
                self.fault(span.line, f"{key[1]} has no key {key[2]}: see 'hftsim config keys'")
        elif (name := NAME.match(span.text)) and not re.search(rf"\b{name[1]}\b", sources()):
            self.fault(span.line, f"nothing in the sources is called {name[1]}")
        if span.reason is not None:
            self.leave(span.line, span.reason)

    def command(self, span: pages.Span) -> None:
        try:
            words = shlex.split(span.text, comments=True)[1:]
        except ValueError as error:
            self.fault(span.line, f"'{span.text}': {error}")
            return
        name, needed = self.commands.options(words)
        if not name and words[0] not in ("--help", "--version", "COMMAND"):
            self.fault(span.line, f"'{span.text}': there is no such command")
            return
        known = set(re.findall(r"--[a-z][a-z0-9-]*", self.commands.help(*name.split())))
        given = [word.partition("=")[0] for word in words if word.startswith("--")]
        valued = re.findall(r"(?m)^  (--[a-z-]+) \S", self.commands.help(*name.split()))
        cut = any(word in valued and after.startswith("--")
                  for word, after in zip(words, [*words[1:], "--"]))
        for option in given:
            if option not in {*known, "--version"}:
                self.fault(span.line, f"'{span.text}': hftsim {name} has no option {option}")
        whole = name != "bench" and not cut and set(needed) <= set(given) and not any(
            PLACEHOLDER.search(word) for word in words)
        if not whole and span.column in COMMAND_COLUMNS and span.reason is None:
            self.fault(span.line, f"'{span.text}' cannot be run as it stands: write it out, or put "
                       "'<!-- not run: REASON -->' after it")
        if whole and span.reason is None:
            try:
                self.output(span.text)
            except Failed as failed:
                self.fault(span.line, str(failed))

    def links(self) -> None:
        for line, target, anchor in self.page.links:
            if re.match(r"[a-z]+:", target):
                continue
            path = (ROOT / self.page.name).parent / target
            if target and (path.suffix != ".md" or not path.is_file()):
                continue  # that files are there is checked by tests/tidy
            other = pages.parse(target, path.read_text(encoding="utf-8")) if target else self.page
            if anchor not in other.anchors:
                self.fault(line, f"{target or 'this page'} has no heading '#{anchor}'")


def check_page(name: str, program: Path, slow: bool = False, write: bool = False) -> Checker:
    page = help_page(Commands(program)) if name == HELP else pages.read(ROOT, name)
    checker = Checker(page, program, slow, write)
    checker.check()
    return checker


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("pages", nargs="*", metavar="PAGE")
    parser.add_argument("--write", action="store_true", help="renew the pages")
    parser.add_argument("--slow", action="store_true", help="run what is marked slow, too")
    parser.add_argument("--left", action="store_true", help="tell what was not run")
    arguments = parser.parse_args()
    if not find_program().is_file():
        print(f"{find_program()} is not built", file=sys.stderr)
        return 77
    faults = 0
    for name in arguments.pages or [*all_pages(), HELP]:
        checker = check_page(name, find_program(), arguments.slow, arguments.write)
        for fault in checker.faults:
            print(fault)
        for line in checker.left if arguments.left else ():
            print(line)
        wrong, faults = len(checker.faults), faults + len(checker.faults)
        print(f"{name}: {checker.ran} commands and blocks run, {len(checker.left)} not, "
              f"{wrong} faults{', written' if checker.edits and arguments.write else ''}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
