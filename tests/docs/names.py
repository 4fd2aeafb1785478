#!/usr/bin/env python3
"""Checks what the newcomer's pages say of the tree, without building anything: every page links
the glossary; names and paths in DECISIONS.md, docs/glossary.md, docs/architecture.md and the
drawings in docs/images exist; the layers told there are those of tests/tidy/tidy.py; a folder's
README tells of each of its files. Prints "file:line: what is wrong" and exits 1 where something is.
test_names.py shows that each rule can fail.
"""

from __future__ import annotations

import fnmatch
import functools
import os
import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tidy")]
import page as pages
import tidy

ROOT = HERE.parents[1]
GLOSSARY = "docs/glossary.md"
ARCHITECTURE = "docs/architecture.md"
LAYERS_DRAWING = "docs/images/layers.svg"
GLOSSARY_HEAD = ["term", "meaning", "unit", "code", "docs"]
LAYERS_HEAD = ["folder", "what", "may include"]
ROWS_HEAD = ["folder of `sim/`", "what"]
PAGES = ("README.md", "CONTRIBUTING.md", "DECISIONS.md", "docs/*.md", "*/README.md")
SKIPPED = ("build", "demo", ".")
CODE = re.compile(r"`([^`]+)`")
WORD = re.compile(r"(?<!\w)[A-Za-z_]\w{2,}")
FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
C_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
LINK = re.compile(r"\]\(([^)\s#]*)(?:#([^)\s]+))?\)")
PATHS_OF_SERVER = ("/healthz", "/metrics")
SVG = "{http://www.w3.org/2000/svg}"

Finding = tuple[int, str]


class Tree:
    """The files of a repository, and the words that its sources consist of."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.paths = {str(path) for path in tidy.source_paths(root)}

    def read(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")

    def has(self, name: str) -> bool:
        """Whether there is such a file or folder; "*" stands for any part of a name."""
        wanted = re.escape(name.rstrip("/")).replace(r"\*", "[^/]*")
        return any(re.match(rf"{wanted}(?:/|$)", path) for path in self.paths)

    @functools.cached_property
    def words(self) -> set[str]:
        """Words of the sources without C's comments, and of file names. Tests count by their file
        names alone: what a test makes up is no name of the project."""
        found: set[str] = set()
        for name in self.paths:
            path = Path(name)
            found.update(WORD.findall(path.stem))
            if path.parts[0] == "tests":
                continue
            if path.suffix in (".c", ".h", ".py", ".yaml", ".cmake", ".toml", ".mjs"):
                text = self.read(name)
                found.update(WORD.findall(
                    C_COMMENT.sub(" ", text) if path.suffix in (".c", ".h") else text))
        return found

    @functools.lru_cache(maxsize=None)
    def said(self, name: str) -> str:
        """The text of a page in small letters, with single blanks."""
        return " ".join(self.read(name).lower().replace("_", " ").split())

    @functools.lru_cache(maxsize=None)
    def page(self, name: str) -> pages.Page:
        return pages.read(self.root, name)


def all_pages(tree: Tree) -> list[str]:
    return sorted(name for name in tree.paths if not name.startswith(SKIPPED)
                  and any(Path(name).match(glob) and name.count("/") == glob.count("/")
                          for glob in PAGES))


def number_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


# ---- names -------------------------------------------------------------------------------------
def check_name(tree: Tree, name: str) -> str | None:
    """What is wrong with a name in code type: a path, or words of the sources."""
    if name.startswith(("hftsim ", "make ")) or name in PATHS_OF_SERVER:
        return None  # a command: tests/docs/check.py runs it
    if re.fullmatch(r"[\w.*-]+(?:/[\w.*-]+)*/?", name) and ("/" in name or name.endswith(".md")):
        return None if tree.has(name) else f"there is no file or folder {name}"
    missing = [word for word in WORD.findall(name) if word not in tree.words]
    return f"nothing in the sources is called {missing[0]}" if missing else None


def check_spans(tree: Tree, name: str) -> Iterator[Finding]:
    text = FENCED.sub(lambda block: re.sub(r"[^\n]", " ", block[0]), tree.read(name))
    for found in CODE.finditer(text):
        fault = check_name(tree, found[1])
        if fault is not None:
            yield number_of(text, found.start()), fault


def drawing_texts(root: ET.Element) -> Iterator[tuple[bool, str]]:
    """Each text of a drawing, and whether it is in code type."""
    def walk(element: ET.Element, code: bool) -> Iterator[tuple[bool, str]]:
        code = code or "code" in element.get("class", "").split()
        if element.text and element.text.strip():
            yield code, element.text.strip()
        for child in element:
            yield from walk(child, code)
            if child.tail and child.tail.strip():
                yield code, child.tail.strip()

    for element in root.iter(f"{SVG}text"):
        yield from walk(element, False)


def check_drawing(tree: Tree, name: str) -> Iterator[Finding]:
    """A drawing is well-formed, has a title and colours for dark pages, and names what exists."""
    try:
        root = ET.fromstring(tree.read(name))
    except ET.ParseError as error:
        yield error.position[0], f"no well-formed SVG: {error}"
        return
    if root.find(f"{SVG}title") is None:
        yield 1, "no <title>"
    if "prefers-color-scheme: dark" not in tree.read(name):
        yield 1, "no colours for dark pages (prefers-color-scheme: dark)"
    for code, text in drawing_texts(root):
        names = re.split(r", | · ", text) if code else [
            word.strip(".,:;()") for word in text.split() if re.search(r"\w_\w|\w/\w|\w/$", word)]
        for each in names:
            fault = check_name(tree, each)
            if fault is not None:
                yield 1, f"'{text}': {fault}"


# ---- tables ------------------------------------------------------------------------------------
def tables(text: str) -> Iterator[tuple[int, list[str], list[tuple[int, list[str]]]]]:
    """Each table: its line, its head, and its rows with their lines."""
    lines = text.split("\n")
    i = 0
    while i < len(lines):
        if not lines[i].startswith("|"):
            i += 1
            continue
        first = i
        while i < len(lines) and lines[i].startswith("|"):
            i += 1
        rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
                for line in lines[first:i]]
        yield first + 1, rows[0], [(first + 1 + k, row) for k, row in enumerate(rows) if k > 1]


def check_term(tree: Tree, row: list[str]) -> Iterator[str]:
    term, _, _, code, docs = row
    if not all(row):
        yield f"'{term}': a cell is empty; a term without a unit has '-'"
    if not CODE.search(code):
        yield f"'{term}': no place in the code"
    links = LINK.findall(docs)
    if not links:
        yield f"'{term}': no place in the docs"
    names = [name.strip().lower() for name in re.split(r"[,()]", term)]
    for target, anchor in links:
        page = os.path.normpath(os.path.join(os.path.dirname(GLOSSARY), target))
        if page not in tree.paths:
            yield f"'{term}': there is no page {page}"
        elif anchor and anchor not in tree.page(page).anchors:
            yield f"'{term}': {page} has no heading '#{anchor}'"
        elif not any(name and name in tree.said(page) for name in names):
            yield f"'{term}': {page} does not say it"


def sort_key(term: str) -> str:
    return re.sub(r"[^a-z ]", "", term.lower())


def check_glossary(tree: Tree) -> Iterator[Finding]:
    """Each term has a meaning, a unit, a place in the code and one in the docs, in order, once."""
    seen: set[str] = set()
    for line, head, rows in tables(tree.read(GLOSSARY)):
        if head[0] != GLOSSARY_HEAD[0]:
            continue  # no table of terms
        if head != GLOSSARY_HEAD:
            yield line, f"the columns of a table of terms are {', '.join(GLOSSARY_HEAD)}"
            continue
        before = ""
        for number, row in rows:
            if len(row) != len(GLOSSARY_HEAD):
                yield number, f"a row has {len(GLOSSARY_HEAD)} cells"
                continue
            for fault in check_term(tree, row):
                yield number, fault
            if row[0] in seen:
                yield number, f"'{row[0]}' is told twice"
            if sort_key(row[0]) < before:
                yield number, f"'{row[0]}' is out of alphabetical order"
            seen.add(row[0])
            before = sort_key(row[0])
    if not seen:
        yield 1, "there is no table of terms"


# ---- layers ------------------------------------------------------------------------------------
def layers_of(tree: Tree) -> dict[str, set[str]]:
    """What each layer may include beside itself, of the layers that the tree has."""
    there = {layer for layer in tidy.LAYERS if tree.has(layer + "/")}
    return {layer: (tidy.LAYERS[layer] & there) - {layer} for layer in there}


def told_layers(cell: str, layer: str, layers: dict[str, set[str]]) -> set[str]:
    if cell == "all":
        return layers.keys() - {layer, "tests"}
    return {name.rstrip("/") for name in CODE.findall(cell)}


def check_layer_table(tree: Tree) -> Iterator[Finding]:
    """The tables of architecture.md have the layers of the tidy test, and the folders of sim/ in
    its order."""
    layers = layers_of(tree)
    told: dict[str, set[str]] = {}
    rows_told: list[str] = []
    for _, head, rows in tables(tree.read(ARCHITECTURE)):
        if head == LAYERS_HEAD:
            for number, row in rows:
                layer = row[0].strip("`/")
                told[layer] = told_layers(row[2], layer, layers)
                if layer not in layers:
                    yield number, f"{layer}/ is no layer of tests/tidy/tidy.py"
                elif told[layer] != layers[layer]:
                    wanted = ", ".join(sorted(layers[layer])) or "nothing"
                    yield number, f"{layer}/ may include {wanted}: so says tests/tidy/tidy.py"
        elif head == ROWS_HEAD:
            rows_told += [row[0].strip("`/").removeprefix("sim/") for _, row in rows]
    for layer in sorted(layers.keys() - told.keys()):
        yield 1, f"the table of layers has no {layer}/"
    if rows_told != tidy.SIM_ROWS:
        yield 1, f"the folders of sim/ are, in this order: {', '.join(tidy.SIM_ROWS)}"


def check_layer_drawing(tree: Tree) -> Iterator[Finding]:
    """The drawing has a box for each layer, and an arrow for each layer that another may include.
    Arrows to sim/, which all may include, and from cli/, which may include all, are left out."""
    if LAYERS_DRAWING not in tree.paths:
        yield 1, "there is no such drawing"
        return
    try:
        root = ET.fromstring(tree.read(LAYERS_DRAWING))
    except ET.ParseError:
        return  # told by check_drawing
    layers = layers_of(tree)
    boxes = {box.get("data-layer") for box in root.iter() if box.get("data-layer")}
    wanted = layers.keys() - {"tests"}
    for layer in sorted(wanted ^ boxes):
        yield 1, f"{'no box' if layer in wanted else 'a box that is no layer'}: {layer}/"
    drawn = {(arrow.get("data-from"), arrow.get("data-to")) for arrow in root.iter()
             if arrow.get("data-from")}
    arrows = {(layer, other) for layer in wanted - {"cli"} for other in layers[layer] - {"sim"}}
    for layer, other in sorted(arrows ^ drawn):
        wrong = "no arrow" if (layer, other) in arrows else "an arrow that must not be"
        yield 1, f"{wrong}: from {layer}/ to {other}/"
    free = {box.get("data-layer") for box in root.iter() if box.get("data-stands-on") == "nothing"}
    for layer in sorted({x for x in wanted - {"sim"} if "sim" not in layers[x]} ^ free):
        yield 1, f"{layer}/: data-stands-on=\"nothing\" marks layers that may not include sim/"
    rows = [row.get("data-row") for row in root.iter() if row.get("data-row")]
    if rows != tidy.SIM_ROWS:
        yield 1, f"the folders of sim/ are, in this order: {', '.join(tidy.SIM_ROWS)}"


# ---- files of a folder -------------------------------------------------------------------------
FILES_HEAD = re.compile(r"file(?: of `([\w/]+)/`)?$|in `([\w/]+)/`$")


def check_files(tree: Tree, name: str) -> Iterator[Finding]:
    """In a table of a folder's README, "| file |", "| file of `folder/` |" or "| in `part/` |",
    each file exists, and each C file stands in it: by its stem, its name, or a pattern."""
    home = os.path.dirname(name)
    text = tree.read(name)
    told: dict[str, set[str]] = {}
    for _, head, rows in tables(text):
        found = FILES_HEAD.match(head[0])
        if found is None:
            continue
        folder = found[1] or (f"{home}/{found[2]}" if found[2] else home)
        names = told.setdefault(folder, set())
        for number, row in rows:
            for each in CODE.findall(row[0]):
                names.add(each)
                wanted = f"{folder}/{each}".rstrip("/")
                if not (tree.has(wanted) or tree.has(wanted + ".*")):
                    yield number, f"there is no file {wanted}"
            for each in CODE.findall(" ".join(row[1:])):
                names.add(each)  # told with another one
    for folder, names in told.items():
        stems = {path.stem for path in map(Path, tree.paths)
                 if str(path.parent) == folder and path.suffix == ".c"}
        for stem in sorted(stems):
            if not any(fnmatch.fnmatchcase(stem, each.removesuffix(".c"))
                       for each in names):
                yield 1, f"no table tells of {folder}/{stem}"


# ---- pages -------------------------------------------------------------------------------------
def check_links(tree: Tree, name: str) -> Iterator[Finding]:
    """A page links the glossary."""
    folder = os.path.dirname(name)
    targets = {os.path.normpath(os.path.join(folder, target))
               for target, _ in LINK.findall(tree.read(name)) if target}
    if name != GLOSSARY and GLOSSARY not in targets:
        yield 1, f"no link to {GLOSSARY}"


def check_tree(root: Path) -> list[str]:
    tree = Tree(root)
    findings: list[tuple[str, Finding]] = []
    shown = ""
    for name in all_pages(tree):
        findings += [(name, found) for found in check_links(tree, name)]
        if name.endswith("/README.md"):
            findings += [(name, found) for found in check_files(tree, name)]
        shown += tree.read(name)
    for name in sorted({GLOSSARY, ARCHITECTURE, "DECISIONS.md"} & tree.paths):
        findings += [(name, found) for found in check_spans(tree, name)]
    findings += [(GLOSSARY, found) for found in check_glossary(tree)]
    findings += [(ARCHITECTURE, found) for found in check_layer_table(tree)]
    for name in sorted(p for p in tree.paths if re.fullmatch(r"docs/images/[^/]+\.svg", p)):
        findings += [(name, found) for found in check_drawing(tree, name)]
        if not re.search(rf"!\[[^]]+\]\([\w./]*{re.escape(Path(name).name)}\)", shown):
            findings.append((name, (1, "no page shows this drawing, with words for it")))
    findings += [(LAYERS_DRAWING, found) for found in check_layer_drawing(tree)]
    return [f"{name}:{number}: {text}" for name, (number, text) in findings]


def main() -> int:
    findings = check_tree(ROOT)
    print("\n".join(findings) if findings else "all names exist, all layers are as told")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
