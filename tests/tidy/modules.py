"""Rules about modules and their public names. A module is a header with the source file of the same
name and its inner header: X.h, X.c and X_state.h. Tests and examples are left out: what they define
is seen by themselves alone.
"""

from __future__ import annotations

import graphlib
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import PurePosixPath

from text import INCLUDE, Finding, number_of, without_comments

Texts = dict[PurePosixPath, str]
Found = Iterator[tuple[PurePosixPath, Finding]]

OUTSIDE = ("tests/", "examples/")

DIRECTIVE = re.compile(r"^[ ]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
MACRO = re.compile(r"^[ ]*#[ ]*define[ ]+(\w+)", re.MULTILINE)
BRACES = re.compile(r"\{[^{}]*\}")
# In a header without comments, directives and what stands in braces.
FUNCTION = re.compile(r"\b([a-z]\w*)\s*\((?!\*)")
TYPE = re.compile(
    r"\btypedef\b[^;]*?(?:\(\*(\w+)\)[^;]*|(\w+)\s*(?:\[[^\]]*\]|\((?!\*)[^;]*\))?\s*);")
OBJECT = re.compile(r"\bextern\b[^;(]*?\b(\w+)\s*(?:\[[^\]]*\])*\s*;")
NO_FUNCTIONS = {"__attribute__", "format", "sizeof"}


def module_of(path: PurePosixPath) -> str:
    return str(path.with_suffix("")).removesuffix("_state")


def own_files(texts: Texts) -> Texts:
    return {path: text for path, text in texts.items()
            if path.suffix in (".c", ".h") and not str(path).startswith(OUTSIDE)}


# ---- circles -----------------------------------------------------------------------------------
def included_modules(texts: Texts) -> dict[str, dict[str, tuple[PurePosixPath, int]]]:
    """Of each module those that its files include, with the place of the first such include."""
    graph: dict[str, dict[str, tuple[PurePosixPath, int]]] = {}
    for path, text in own_files(texts).items():
        wanted = graph.setdefault(module_of(path), {})
        for number, line in enumerate(text.split("\n"), 1):
            found = INCLUDE.match(line)
            if found is None or found.group(1) is None:
                continue
            module = module_of(PurePosixPath(found.group(1)))
            if module != module_of(path):
                wanted.setdefault(module, (path, number))
    return graph


def check_circles(texts: Texts) -> Found:
    """No module includes one that includes it, directly or through others."""
    graph = included_modules(texts)
    while True:
        try:
            graphlib.TopologicalSorter(graph).prepare()
            return
        except graphlib.CycleError as error:
            circle = list(reversed(error.args[1]))  # the includer comes before the included
        path, number = graph[circle[0]].pop(circle[1])
        yield path, (number, f"a circle of includes: {' -> '.join(circle)}")


# ---- names -------------------------------------------------------------------------------------
def public_names(text: str) -> dict[str, str]:
    """The names that a header defines, each with its kind. The definition of a struct that another
    header names first is a 'tag'; it counts apart."""
    bare = without_comments(text)
    names = {name: "macro" for name in MACRO.findall(bare)}
    bare = DIRECTIVE.sub("", bare)
    for tag in re.findall(r"\b(?:struct|union|enum)\s+(\w+)\s*\{", bare):
        names[f"struct {tag}"] = "tag"
    for body in re.findall(r"\benum\b\s*\w*\s*\{([^{}]*)\}", bare):
        names |= {name: "constant" for name in re.findall(r"(?:^|,)\s*(\w+)\s*(?=[,=]|$)", body)}
    while BRACES.search(bare):
        bare = BRACES.sub(" ", bare)
    names |= {name: "object" for name in OBJECT.findall(bare)}
    names |= {a or b: "type" for a, b in TYPE.findall(bare)}
    bare = re.sub(r"\btypedef\b[^;]*;", "", bare)
    names |= {name: "function" for name in FUNCTION.findall(bare) if name not in NO_FUNCTIONS}
    return names


def public_headers(texts: Texts) -> dict[PurePosixPath, dict[str, str]]:
    return {path: public_names(text) for path, text in own_files(texts).items()
            if path.suffix == ".h"}


def line_of(text: str, name: str) -> int:
    found = re.search(rf"\b{re.escape(name.removeprefix('struct '))}\b", without_comments(text))
    return 1 if found is None else number_of(text, found.start())


def check_doubles(texts: Texts) -> Found:
    """No two headers define the same public name, X of tables of macros apart."""
    first: dict[str, PurePosixPath] = {}
    for path, names in sorted(public_headers(texts).items()):
        again = sorted(name for name in names if name in first and name != "X")
        for name in again:
            if name.removeprefix("struct ") in again and name.startswith("struct "):
                continue  # its type says so
            yield path, (line_of(texts[path], name), f"{name} is defined in {first[name]}, too")
        first |= {name: path for name in names if name not in first}


def check_unused(texts: Texts) -> Found:
    """What a header declares is used: a function by another module, a test, or an inline function
    of the header; a macro by anything at all."""
    users: dict[str, set[PurePosixPath]] = defaultdict(set)
    counts: dict[PurePosixPath, dict[str, int]] = {}
    pasted = set()
    for path, text in texts.items():
        if path.suffix not in (".c", ".h", ".cpp"):
            continue
        bare = without_comments(text)
        pasted |= set(re.findall(r"\b(\w+)##", bare))
        own = counts[path] = defaultdict(int)
        for name in re.findall(r"\w+", bare):
            users[name].add(path)
            own[name] += 1
    for path, names in public_headers(texts).items():
        for name, kind in sorted(names.items(), key=lambda name: line_of(texts[path], name[0])):
            if kind == "function":
                inside = module_of(path)
                used = counts[path][name] > 1 or any(
                    module_of(user) != inside for user in users[name])
            elif kind == "macro":
                guard = name.startswith("HFTSIM_") and name.endswith("_H")
                used = guard or len(users[name]) > 1 or counts[path][name] > 1 or any(
                    name.startswith(prefix) for prefix in pasted)
            else:
                continue
            if not used:
                yield path, (line_of(texts[path], name), f"the {kind} {name} is used nowhere else")


def check_modules(texts: Texts) -> Found:
    for check in (check_circles, check_doubles, check_unused):
        yield from check(texts)
