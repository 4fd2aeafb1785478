"""What a page of the documentation holds that can be checked: blocks, commands, numbers, links.

A mark is an HTML comment on a line of its own before a block:

    <!-- not run: REASON -->      the block is not run; the reason is for readers of the source
    <!-- slow -->                 run only with --slow
    <!-- fails: CODE -->          the block ends with this exit code
    <!-- file: NAME -->           the block is the file NAME, which later commands may use
    <!-- in the repository -->    run in a folder where the repository's folders are
    <!-- needs: MODULE -->        not run where Python has no such module
    <!-- shorter: A -> B -->      run with B in place of A (more of these after "; ")
    <!-- varies: REGEX -->        before an output: what matches may be different in each run

Blocks ```sh, ```python, ```c and ```yaml are run; a block ```text right after one is its output.
Other blocks ```text, and blocks without a language, hold no commands. Further,

    4.7<!-- spread -->                        a number that a command prints, defined by
    <!-- numbers
    spread: COMMAND | EXPRESSION | FORMAT     (slow COMMAND: only with --slow)
    -->

    <!-- printed by: COMMAND -->              what stands here up to the next
    <!-- end -->                              is the output of the command ("slow COMMAND" as above)

What `make claims` writes, from <!-- file PATH -->, <!-- cells ... -->, <!-- scores ... -->,
<!-- board ... -->, <!-- figures ... -->, <!-- result ... -->, <!-- tuned ... -->,
<!-- learned ... --> or <!-- moved ... --> to <!-- end -->, is not run here; a file that is shown
must be the file.

A command in a line of text, `hftsim config list`, is run too where it can be run as it stands;
`hftsim ...`<!-- not run: REASON --> is not.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

RUN = ("sh", "python", "c", "yaml")
SHOWN = ("text", "")
MARKS = {  # and whether they have a value
    "not run": True, "slow": False, "fails": True, "file": True, "in the repository": False,
    "needs": True, "shorter": True, "varies": True,
}
COMMENT = re.compile(r"^<!--\s*(.*?)\s*-->\s*$", re.DOTALL)
FENCE = re.compile(r"^```(\S*)\s*$")
COMMAND_LINE = re.compile(r"^(\$ |hftsim |pip3? |make |cmake |cc |gcc |python3? |import |#include)")
NUMBER = r"[-+]?\d[\d,]*(?:\.\d+)?"
MARKED = re.compile(rf"({NUMBER})?<!-- ([\w-]+) -->")
SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)(?:<!-- not run: (.+?) -->)?")
LINK = re.compile(r"\]\(([^)\s#]*)#([^)\s]+)\)")
CLAIMS = re.compile(r"^(?:cells|scores|board|figures|result|tuned|learned|moved|file) (\S+)$")
CELL = re.compile(r"(?<!\\)\|")
DEFINITION = re.compile(r"^([\w-]+): (slow )?(.+) \| (.+?) \| (\S+)$")


class Fault(Exception):
    """Something on a page that is not as it should be: where, what, and how to fix it."""

    def __init__(self, page: str, line: int, text: str) -> None:
        super().__init__(f"{page}:{line}: {text}")


@dataclasses.dataclass
class Block:
    line: int  # of the first line of its text
    language: str
    text: str
    start: int  # of its text, in the page's
    marks: dict[str, str]
    output: Block | None = None
    is_output: bool = False
    copy_of: str | None = None  # a file that it shows


@dataclasses.dataclass
class Printed:
    line: int
    command: str
    text: str
    start: int


@dataclasses.dataclass
class Number:
    line: int
    name: str
    text: str
    start: int


@dataclasses.dataclass
class Definition:
    line: int
    name: str
    slow: bool
    command: str
    expression: str
    format: str


@dataclasses.dataclass
class Span:
    line: int
    text: str
    reason: str | None  # why it is not run
    column: str  # heading of the table's column that it stands in, or ""


@dataclasses.dataclass
class Page:
    name: str
    text: str
    blocks: list[Block] = dataclasses.field(default_factory=list)
    printed: list[Printed] = dataclasses.field(default_factory=list)
    numbers: list[Number] = dataclasses.field(default_factory=list)
    definitions: dict[str, Definition] = dataclasses.field(default_factory=dict)
    spans: list[Span] = dataclasses.field(default_factory=list)
    links: list[tuple[int, str, str]] = dataclasses.field(default_factory=list)
    anchors: set[str] = dataclasses.field(default_factory=set)
    faults: list[Fault] = dataclasses.field(default_factory=list)

    def fault(self, line: int, text: str) -> None:
        self.faults.append(Fault(self.name, line, text))


def anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


class Parser:
    def __init__(self, name: str, text: str) -> None:
        self.page = Page(name, text)
        self.lines = text.splitlines(keepends=True)
        self.number = 0  # lines read
        self.offset = 0  # characters read
        self.marks: dict[str, str] = {}
        self.last: Block | None = None  # the block before, where nothing else came since
        self.prose = ""  # the page, with everything but text and its own comments blanked
        self.open: Printed | None = None
        self.claims: str | None = None  # the comment that begins what `make claims` writes

    def next(self) -> str:
        line = self.lines[self.number]
        self.number += 1
        self.offset += len(line)
        return line

    def parse(self) -> Page:
        while self.number < len(self.lines):
            start, number = self.offset, self.number + 1
            line = self.next()
            fence = FENCE.match(line)
            if fence:
                self.block(fence[1], number)
            elif line.startswith("<!--"):
                while "-->" not in line and self.number < len(self.lines):
                    line += self.next()
                self.comment(line, number, start)
            else:
                if line.strip():
                    self.unused_marks(number)
                    self.last = None
                self.prose += line
                continue
            self.prose += re.sub(r"[^\n]", " ", self.page.text[start : self.offset])
        self.unused_marks(self.number)
        if self.open is not None or self.claims is not None:
            line = self.open.line if self.open is not None else self.number
            self.page.fault(line, "no '<!-- end -->' follows")
        self.read_prose()
        return self.page

    def unused_marks(self, number: int) -> None:
        for mark in self.marks:
            self.page.fault(number - 1, f"'<!-- {mark} -->' is not followed by a block")
        self.marks = {}

    def block(self, language: str, number: int) -> None:
        start = self.offset
        text = ""
        while True:
            if self.number == len(self.lines):
                self.page.fault(number, "the block has no end (```)")
                return
            line = self.next()
            if FENCE.match(line):
                break
            text += line
        block = Block(number + 1, language, text, start, self.marks)
        self.marks = {}
        if self.claims is not None:
            block.marks.setdefault("not run", "`make claims` writes and runs it")
            if self.claims.startswith("file "):
                block.copy_of = self.claims[5:]
        if language == "text" and self.last is not None and self.last.language in RUN:
            block.is_output = True
            self.last.output = block
        self.check_block(block)
        self.page.blocks.append(block)
        self.last = block

    def check_block(self, block: Block) -> None:
        known = block.language in RUN or block.language in SHOWN
        if not known and "not run" not in block.marks:
            self.page.fault(
                block.line - 1, f"nothing here runs a block ```{block.language}: give it one of "
                f"{', '.join(RUN)}, text, or put '<!-- not run: REASON -->' before it")
        if block.language in SHOWN and not block.is_output and "not run" not in block.marks:
            for i, line in enumerate(block.text.splitlines()):
                if COMMAND_LINE.match(line):
                    self.page.fault(
                        block.line + i, "a command in a block that is not run: make it ```sh, or "
                        "put '<!-- not run: REASON -->' before the block")
        if "varies" in block.marks and not block.is_output:
            self.page.fault(block.line - 1, "'<!-- varies -->' stands before an output (```text)")

    def comment(self, text: str, number: int, start: int) -> None:
        body = COMMENT.match(text)
        if body is None:
            self.page.fault(number, "a comment ends with '-->' at the end of a line")
            return
        key, colon, value = (part.strip() for part in body[1].partition(":"))
        if body[1].split(None, 1)[:1] == ["numbers"]:
            self.definitions(body[1], number)
        elif key == "printed by" and value:
            self.unused_marks(number)
            self.open = Printed(number, value, "", self.offset)
            self.last = None
        elif body[1] == "end" and self.open is not None:
            self.open.text = self.page.text[self.open.start : start]
            self.page.printed.append(self.open)
            self.open = None
        elif CLAIMS.match(body[1]):
            self.claims = body[1]
        elif body[1] == "end" and self.claims is not None:
            self.claims = None
        elif key in MARKS and MARKS[key] == bool(value) and MARKS[key] == bool(colon):
            self.marks[key] = value
        else:
            known = ", ".join(f"'{name}{': ...' if has else ''}'" for name, has in MARKS.items())
            self.page.fault(number, f"'<!-- {body[1]} -->' is no mark: there are {known}, "
                            "'printed by: ...', 'end' and 'numbers'")

    def definitions(self, text: str, number: int) -> None:
        for i, line in enumerate(text.splitlines()[1:], 1):
            found = DEFINITION.match(line.strip())
            if found is None:
                self.page.fault(number + i, "a number is 'name: command | expression | format'")
            elif found[1] in self.page.definitions:
                self.page.fault(number + i, f"'{found[1]}' is defined twice")
            else:
                self.page.definitions[found[1]] = Definition(
                    number + i, found[1], bool(found[2]), *found.groups()[2:])

    def line_of(self, position: int) -> int:
        return self.page.text.count("\n", 0, position) + 1

    def column(self, position: int) -> str:
        """The heading of the column, where the position is in a table's row."""
        begin = self.prose.rfind("\n", 0, position) + 1
        if self.prose[begin : begin + 1] != "|":
            return ""
        head = self.prose[:begin].rpartition("\n\n")[2].splitlines()
        if not head:
            return ""
        cell = len(CELL.findall(self.prose[begin:position]))
        cells = CELL.split(head[0])
        return cells[cell].strip() if cell < len(cells) else ""

    def read_prose(self) -> None:
        page = self.page
        in_printed = [range(p.start, p.start + len(p.text)) for p in page.printed]
        for found in MARKED.finditer(self.prose):
            line, name = self.line_of(found.start()), found[2]
            if found[1] is None:
                page.fault(line, f"no number stands before '<!-- {name} -->'")
            elif name not in page.definitions:
                page.fault(line, f"'{name}' is not defined: add 'name: command | expression | "
                           "format' to a comment '<!-- numbers'")
            else:
                page.numbers.append(Number(line, name, found[1], found.start()))
        used = {number.name for number in page.numbers}
        for definition in page.definitions.values():
            if definition.name not in used:
                page.fault(definition.line, f"no number is marked '<!-- {definition.name} -->'")
        for found in SPAN.finditer(self.prose):
            if "\n\n" not in found[1] and not any(found.start() in r for r in in_printed):
                text = " ".join(found[1].split()).replace("\\|", "|")
                column = self.column(found.start())
                page.spans.append(Span(self.line_of(found.start()), text, found[2], column))
        for found in LINK.finditer(self.prose):
            page.links.append((self.line_of(found.start()), found[1], found[2]))
        counts: dict[str, int] = {}
        for heading in re.findall(r"(?m)^#{1,6} +(.+?) *$", self.prose):
            name = anchor(heading)
            count = counts.get(name, 0)
            page.anchors.add(f"{name}-{count}" if count else name)
            counts[name] = count + 1


def parse(name: str, text: str) -> Page:
    return Parser(name, text).parse()


def read(root: Path, name: str) -> Page:
    return parse(name, (root / name).read_text(encoding="utf-8"))
