#!/usr/bin/env python3
"""The checker of the documentation finds what is wrong, and says where and how to fix it."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))
import check
import page as pages
import running

HELPS = {
    "": "Commands:\n  gen        simulate\n  serve      serve\n  bench      measure\n\nExamples:\n"
        "  hftsim gen --out a\n",
    "gen": "Usage: hftsim gen --out FILE [options]\n\nOptions:\n  --out FILE   the file\n"
           "  --json   print JSON\n\nExamples:\n  hftsim gen --out a\n",
    "serve": "Usage: hftsim serve [options]\n\nOptions:\n  --threads T   threads\n\nExamples:\n"
             "  hftsim serve\n",
    "bench": "Usage: hftsim bench book|env [options]\n\nExamples:\n  hftsim bench book\n",
    "bench book": "Usage: hftsim bench book [options]\n\nOptions:\n  --json   print JSON\n",
    "bench env": "Usage: hftsim bench env [options]\n\nExamples:\n  hftsim bench env\n",
}
# Knows what it is asked for by its arguments, as the program does.
PROGRAM = """#!/usr/bin/env python3
import sys, time, signal
helps = {helps!r}
words = sys.argv[1:]
if words[-1:] == ["--help"]:
    name = " ".join(words[:-1])
    if name not in helps: sys.exit(2)
    print(helps[name], end="")
elif words[0] == "serve":
    if "--threads" in words: sys.exit("--threads needs a value")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("serving on it", flush=True)
    time.sleep(60)
elif words[0] == "gen" and "--out" not in words: sys.exit("--out is needed")
elif words == ["config", "keys"]: print("## `market_config`\\n\\n| `volatility` | real |")
elif "--json" in words: print('{{"facts": {{"spread": 4.722}}, "list": [1, 2]}}')
else: print("spread 4.7 bps", words)
"""


class Check(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.root = Path(folder.name)
        cls.program = cls.root / "program"
        cls.program.write_text(PROGRAM.format(helps=HELPS))
        cls.program.chmod(0o755)

    def checked(self, text: str, **options) -> check.Checker:
        check.OUTPUTS.clear()
        checker = check.Checker(pages.parse("a.md", text), self.program, **options)
        checker.check()
        return checker

    def keeps(self, text: str, ran: int | None = None, **options) -> check.Checker:
        checker = self.checked(text, **options)
        self.assertEqual([str(fault) for fault in checker.faults], [])
        if ran is not None:
            self.assertEqual(checker.ran, ran)
        return checker

    def breaks(self, text: str, line: int, *words: str, **options) -> None:
        """One fault, at that line, with these words."""
        faults = [str(fault) for fault in self.checked(text, **options).faults]
        self.assertEqual(len(faults), 1, faults)
        self.assertTrue(faults[0].startswith(f"a.md:{line}: "), faults[0])
        for word in words:
            self.assertIn(word, faults[0])


class Blocks(Check):
    def test_commands_run_and_must_succeed(self) -> None:
        self.keeps("```sh\ntrue\nhftsim gen --out a\n```\n", ran=1)
        self.breaks("text\n\n```sh\ntrue\nexit 3\n```\n", 4, "exit code 3, not 0")
        self.breaks("```sh\nfalse | true\n```\n", 2, "exit code 1")
        self.breaks("```sh\nfalse\ntrue\n```\n", 2, "exit code 1")
        self.keeps("<!-- fails: 3 -->\n```sh\nexit 3\n```\n")
        self.breaks("<!-- fails: 3 -->\n```sh\ntrue\n```\n", 3, "exit code 0, not 3")

    def test_a_page_begins_in_an_empty_folder_and_goes_on_in_it(self) -> None:
        self.keeps("```sh\nls -A\n```\n\n```text\n```\n")
        self.keeps("```sh\necho 1 > x\n```\n\n```sh\ncat x\n```\n\n```text\n1\n```\n", ran=2)
        self.breaks("```sh\nls data\n```\n", 2, "exit code")
        self.keeps("<!-- in the repository -->\n```sh\nls data/README.md\n```\n")

    def test_outputs_are_compared(self) -> None:
        self.keeps("```sh\necho a 1.50\n```\n\n```text\na 1.50\n```\n")
        self.breaks("```sh\necho a 1.50\n```\n\n```text\na 1.51\n```\n", 6, "a 1.50",
                    "--write a.md")
        self.breaks("```sh\necho a; echo b\n```\n\n```text\na\n```\n", 6, "output is\na\nb")
        self.keeps("```sh\nseq 9\n```\n\n```text\n1\n...\n9\n```\n")
        self.keeps("```sh\nseq 9\n```\n\n```text\n1\n...\n```\n")
        self.breaks("```sh\nseq 9\n```\n\n```text\n1\n...\n8\n```\n", 6)
        self.breaks("```sh\nseq 9\n```\n\n```text\n1\n...\n10\n```\n", 6)

    def test_what_varies_is_not_compared(self) -> None:
        text = ("```sh\necho 7 lots, {} ns\n```\n\n<!-- varies: \\d+ ns -->\n```text\n"
                "{} lots, 3 ns\n```\n")
        self.keeps(text.format(99, 7))
        self.breaks(text.format(99, 8), 7, "7 lots")

    def test_other_blocks_need_a_reason(self) -> None:
        self.breaks("```ruby\nputs 1\n```\n", 1, "```ruby", "not run: REASON")
        checker = self.keeps("<!-- not run: needs root -->\n```ruby\nputs 1\n```\n", ran=0)
        self.assertEqual(checker.left, ["a.md:3: not run: needs root"])
        for command in ("hftsim gen --out a", "$ ls", "pip install x", "import numpy", "make test"):
            self.breaks(f"```\n  ok\n{command}\n```\n", 3, "not run", "```sh")
            self.breaks(f"```text\n{command}\n```\n", 2, "```sh")
            self.keeps(f"<!-- not run: x -->\n```\n{command}\n```\n")
        self.keeps("```\n[header] [buffer]*\n```\n", ran=0)
        self.breaks("<!-- not run -->\n```sh\nls\n```\n", 1, "is no mark")
        self.breaks("<!-- not run: -->\n```sh\nls\n```\n", 1, "is no mark")

    def test_what_claims_write_is_theirs(self) -> None:
        text = "<!-- file {} -->\n```python\n{}```\n<!-- end -->\n"
        path = "tests/docs/CMakeLists.txt"
        right = (running.ROOT / path).read_text()
        self.keeps(text.format(path, right), ran=0)
        self.breaks(text.format(path, right + "more\n"), 3, "is not the file " + path)
        self.breaks(text.format("none.py", "1\n"), 3, "is not the file none.py")
        cut = text.format(path, right).replace("<!-- end -->\n", "")
        self.breaks(cut, cut.count("\n"), "'<!-- end -->'")
        self.keeps("<!-- cells x/* -->\n| a | b |\n<!-- end -->\n")
        self.breaks("<!-- not run: claims cell x/none -->\n```sh\ntrue\n```\n", 3, "no cell x/none")

    def test_marks_belong_to_a_block(self) -> None:
        self.breaks("<!-- slow -->\n\ntext\n", 2, "not followed by a block")
        self.breaks("<!-- slwo -->\n```sh\ntrue\n```\n", 1, "'<!-- slwo -->' is no mark", "'slow'")
        self.breaks("```sh\ntrue\n", 1, "no end")
        self.breaks("<!-- varies: x -->\n```sh\ntrue\n```\n", 2, "before an output")

    def test_slow_and_missing_packages(self) -> None:
        self.keeps("<!-- slow -->\n```sh\nfalse\n```\n", ran=0)
        self.breaks("<!-- slow -->\n```sh\nfalse\n```\n", 3, "exit code 1", slow=True)
        checker = self.keeps("<!-- needs: no_such_module -->\n```python\n1 / 0\n```\n", ran=0)
        self.assertEqual(checker.left, ["a.md:3: not run: needs no_such_module"])

    def test_shorter_must_be_there(self) -> None:
        self.keeps("<!-- shorter: sleep 99 -> true; b -> c -->\n```sh\nsleep 99\necho b\n```\n\n"
                   "```text\nc\n```\n")
        self.breaks("<!-- shorter: sleep 9 -> true -->\n```sh\ntrue\n```\n", 3, "has no 'sleep 9'")

    def test_python_goes_on_until_an_import(self) -> None:
        self.keeps("```python\nimport os\nx = 1\n```\n\n```python\nx += 1\nprint(x)\n```\n\n"
                   "```text\n2\n```\n", ran=2)
        self.breaks("```python\nx = 1\n```\n\n```python\nimport os\nprint(x)\n```\n", 6,
                    "NameError", 'File "a.md", line 7')
        self.breaks("```python\nimport os\nos._exit(1)\n```\n", 2, "the program ended")

    def test_files_come_from_the_page(self) -> None:
        self.keeps("<!-- not run: a config -->\n<!-- file: x.yaml -->\n```yaml\na: 1\n```\n\n"
                   "```sh\ncat x.yaml\n```\n\n```text\na: 1\n```\n", ran=1)

    def test_a_server_runs_beside_what_follows(self) -> None:
        self.keeps("```sh\nhftsim serve &\necho after\n```\n\n```text\nafter\n```\n")
        self.breaks("```sh\nhftsim serve --threads x\n```\n", 2, "ended at once", "needs a value")

    def test_ports_are_others(self) -> None:
        text = "```sh\necho tcp://127.0.0.1:5555 15555 :55551\n```\n\n```text\n{}\n```\n"
        told = str(self.checked(text.format("?")).faults[0])
        self.assertRegex(told, r"is\ntcp://127.0.0.1:(?!5555\b)\d+ 15555 :55551")

    def test_files_that_readers_bring(self) -> None:
        self.keeps("```sh\nwc -l < AAPL_message_50.csv\nhead -1 AAPL_orderbook_1.csv | "
                   "tr , '\\n' | wc -l\n```\n\n```text\n2016\n4\n```\n")
        self.assertEqual(running.workload()[:8], b"OBMSG01\0")


class Numbers(Check):
    TEXT = "a\n\nIt is {}<!-- spread --> bps.\n\n<!-- numbers\nspread: {}\n-->\n"
    RIGHT = "hftsim gen --out a --json | facts.spread | .1f"

    def test_numbers_are_those_of_their_commands(self) -> None:
        self.keeps(self.TEXT.format("4.7", self.RIGHT), ran=1)
        self.breaks(self.TEXT.format("4.9", self.RIGHT), 3, "says 4.9", "gives 4.7", "--write a.md")
        self.keeps(self.TEXT.format("4.7", 'hftsim gen --out a | row("spread")[0] | g'))
        self.keeps(self.TEXT.format("7", 'echo a: 4, a: 3 | sum(after("a:")) | g'))
        thousands = self.RIGHT.replace("spread | .1f", "spread * 1000 | ,.0f")
        self.keeps(self.TEXT.format("4,722", thousands))

    def test_what_cannot_be_had_is_said(self) -> None:
        wrong = self.RIGHT.replace("spread", "width")
        self.breaks(self.TEXT.format("4.7", wrong), 6, "has no value")
        self.breaks(self.TEXT.format("4.7", "hftsim gen | out | s"), 6, "--out is needed")
        self.breaks(self.TEXT.format("4.7", 'hftsim gen --out a | row("x")[0] | g'), 6, "no line")
        self.breaks("It is 4<!-- spread --> bps.\n", 1, "not defined")
        unused = self.RIGHT + "\nother: x | y | z"
        self.breaks(self.TEXT.format("4.7", unused), 7, "'<!-- other -->'")
        self.breaks(self.TEXT.format("4.7", self.RIGHT + "\nspread: x | y | z"), 7, "twice")
        self.breaks(self.TEXT.format("4.7", self.RIGHT + "\nspread = 4"), 7, "name: command")
        right = self.TEXT.format("4.7", self.RIGHT)
        self.breaks(right + "\nSo<!-- spread --> wide.\n", 9, "no number")

    def test_slow_ones(self) -> None:
        text = self.TEXT.format("4.9", "slow " + self.RIGHT)
        self.keeps(text, ran=0)
        self.breaks(text, 3, "gives 4.7", slow=True)

    def test_tables_are_printed(self) -> None:
        text = "<!-- printed by: echo '| a |' -->\n\n{}\n\n<!-- end -->\n"
        self.keeps(text.format("| a |"), ran=1)
        self.breaks(text.format("| b |"), 1, "is not what", "| a |")
        self.breaks("<!-- printed by: true -->\n\n", 1, "'<!-- end -->'")

    def test_writing_renews_outputs_numbers_and_tables(self) -> None:
        old = ("```sh\necho new\n```\n\n```text\nold\n```\n\nIs 4.9<!-- x --> bps.\n\n"
               f"<!-- numbers\nx: {self.RIGHT}\n-->\n\n"
               "<!-- printed by: echo t -->\n\nu\n\n<!-- end -->\n")
        new = old.replace("old", "new").replace("4.9", "4.7").replace("\nu\n", "\nt\n")
        (self.root / "a.md").write_text(old)
        with mock.patch.object(check, "ROOT", self.root):
            checker = self.keeps(old, write=True)
        self.assertEqual(len(checker.edits), 3)
        self.assertEqual((self.root / "a.md").read_text(), new)
        self.keeps(new)


class Lines(Check):
    def test_commands_in_the_text(self) -> None:
        self.keeps("Type `hftsim gen --out x`.\n", ran=1)
        self.keeps("`hftsim serve` serves.\n", ran=1)
        self.keeps("`hftsim gen` and `hftsim gen --out FILE`, `hftsim bench`\n", ran=0)
        self.keeps("with `hftsim serve --threads` of them\n", ran=0)
        self.breaks("\nSee `hftsim gne --out x`.\n", 2, "no such command")
        self.breaks("See `hftsim gen --outt x`.\n", 1, "has no option --outt")
        self.breaks("See `hftsim serve --threads 1`.\n", 1, "needs a value")

    def test_columns_of_commands_hold_whole_ones(self) -> None:
        table = "| you want | type |\n|---|---|\n| a file | `{}` |\n"
        self.keeps(table.format("hftsim gen --out x"), ran=1)
        self.breaks(table.format("hftsim gen"), 3, "cannot be run as it stands", "not run: REASON")
        self.breaks(table.format("hftsim gen --out FILE"), 3, "cannot be run")
        self.breaks(table.format("make test"), 3, "nothing runs 'make test'")
        self.keeps(table.format("make test`<!-- not run: CI does -->`"), ran=0)
        self.keeps("| type | want |\n|---|---|\n| `hftsim gen --out x` | `hftsim gen` |\n", ran=1)

    def test_files_are_there(self) -> None:
        self.keeps("`tests/docs/page.py`, `sim/market/close`, `/tests/x`, `data/README.md`\n")
        self.breaks("see\n`tests/docs/pages.py`\n", 2, "no file tests/docs/pages.py")

    def test_names_are_there(self) -> None:
        self.keeps("`market_config.volatility`, `hftsim_start`, `hft_book_hint_...`, `test_wire`\n")
        self.breaks("\n`market_config.volatilty`\n", 2, "market_config has no key volatilty")
        self.breaks("`markt_config.volatility`\n", 1, "markt_config has no key volatility")
        self.breaks("`hftsim_" + "begin()`\n", 1, "nothing in the sources is called")

    def test_headings_are_there(self) -> None:
        self.keeps("# A `b`, c: d\n\n[x](#a-b-c-d)\n")
        self.breaks("# A\n\n[x](#b)\n", 3, "no heading '#b'")
        self.keeps("[x](docs/market.md#the-price-window)\n")
        self.breaks("[x](docs/market.md#the-windows)\n", 1, "docs/market.md has no heading")
        self.keeps("# A\n\n# A\n\n[x](#a-1)\n\n```text\n# B\n```\n")


class Help(Check):
    def test_examples_of_every_command(self) -> None:
        page = check.help_page(check.Commands(self.program))
        said = {block.marks["of"]: block.text for block in page.blocks}
        self.assertEqual(said["hftsim gen --help"], "hftsim gen --out a\n")
        self.assertEqual(len(said), 6)
        self.assertEqual([str(fault) for fault in page.faults],
                         ["help:0: 'hftsim bench book --help' has no examples"])


class Pages(unittest.TestCase):
    def test_all_are_found(self) -> None:
        found = check.all_pages()
        self.assertLessEqual({"README.md", "docs/market.md", "tests/README.md"}, set(found))
        self.assertEqual([name for name in found if re.match(r"build|\.", name)], [])


if __name__ == "__main__":
    os.environ.pop("HFTSIM_BIN", None)
    unittest.main()
