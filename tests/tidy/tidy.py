#!/usr/bin/env python3
"""The rules of this repository that no compiler checks: which layer may include which, what may be
called where, lengths, guards, that every source is built, and those of modules.py: no circle of
includes, no public name defined twice, none unused. Prints "file:line: rule" and exits with 1 if a
rule is broken. test_tidy.py shows that each rule can fail.
"""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from modules import check_modules
from text import INCLUDE, Finding, number_of, without_comments

ROOT = Path(__file__).resolve().parents[2]

LINE_LENGTH = 100
FILE_LINES = 600
FUNCTION_LINES = 80

SKIPPED_FOLDERS = {".git", ".venv", "build", "__pycache__", "node_modules"}
SKIPPED_AT_ROOT = {"demo", "results"}
CODE_SUFFIXES = {".c", ".h", ".cpp", ".py", ".sh", ".cmake"}
TEXT_SUFFIXES = CODE_SUFFIXES | {".md", ".yaml", ".txt", ".json", ".toml", ".html", ".css", ".js"}
TEXT_NAMES = {"Makefile", "run", ".clang-format", ".gitignore", "CMakeLists.txt"}

# ---- layers ------------------------------------------------------------------------------------
# What the files of a folder may include from the repository.
LAYERS = {
    "sim": {"sim"},
    "stats": {"sim", "stats"},
    "codec": {"sim", "codec"},
    "baselines": {"sim", "baselines"},
    "data": {"sim", "stats", "data"},
    "eval": {"sim", "stats", "baselines", "data", "eval"},
    "agents": {"sim", "stats", "data", "eval", "agents"},
    "server": {"sim", "codec", "server"},
    "bench": {"sim", "agents", "bench"},
    "include": set(),  # what users see includes nothing of ours
    "catalog": {"sim", "data", "baselines", "agents", "catalog"},
    "lib": {"sim", "codec", "eval", "agents", "catalog", "lib", "include"},
}
LAYERS["cli"] = LAYERS.keys() | {"cli"}
LAYERS["tests"] = LAYERS.keys() | {"tests"}
# Inside sim/ a folder may include itself and those before it.
SIM_ROWS = ["base", "config", "process", "book", "market", "flow", "env", "pool"]

# A library's header is for these files alone; the tests may use all.
HEADER_OWNERS = {
    "zmq.h": ["server/curve.c", "server/transport.c", "server/peers.c", "server/zap.c", "bench/"],
    "microhttpd.h": ["server/http.c"],
    "msgpack.h": ["codec/", "server/", "bench/client.c"],
    "hdf5.h": ["data/", "eval/results", "agents/checkpoint"],
    "hdf5_hl.h": ["data/"],
    "yaml.h": ["sim/config/yaml.c"],
    "sleef.h": ["sim/base/math.h"],
    "lbfgs.h": ["data/calibrate/marks.c"],
    "lapacke.h": ["sim/process/"],
    "cblas.h": ["sim/process/", "agents/nn/blas.c", "bench/"],
    "jansson.h": ["codec/", "cli/"],
    "pthread.h": ["sim/base/workers.c", "data/", "eval/", "agents/", "server/", "bench/", "cli/"],
}

# ---- calls -------------------------------------------------------------------------------------
# (functions, folders where they are forbidden, files there that may, why)
LIBRARIES = [f"{layer}/" for layer in LAYERS if layer not in ("cli", "tests")]
FORBIDDEN_CALLS = [
    ("gets strcpy strcat sprintf vsprintf strtok atoi atol atof alloca", [*LIBRARIES, "cli/"], [],
     "unsafe or unchecked"),
    ("rand srand random drand48 time clock gettimeofday clock_gettime localtime getenv",
     ["sim/"], [], "the simulator depends on its config and seed alone"),
    ("exp exp2 expm1 log log2 log10 log1p pow sin cos tan sinh cosh tanh cbrt erf erfc tgamma "
     "lgamma expf logf powf", ["sim/"], ["sim/base/math.h"],
     "its bits differ between machines; sim/base/math.h has those that do not"),
    ("malloc calloc realloc aligned_alloc posix_memalign strdup free",
     ["sim/market/", "sim/book/", "sim/flow/"],
     ["sim/market/model.c", "sim/flow/reactive_params.c", "sim/flow/tables.c"],
     "the caller owns the memory of books and markets"),
    ("printf puts putchar perror vprintf", LIBRARIES, [], "nothing prints below cli/"),
    ("exit _exit abort quick_exit", LIBRARIES, ["sim/base/check.c"], "a library passes errors up"),
]

MARKERS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
# A path of somebody's machine says nothing to anybody else.
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+|opt/(?:wheels|pypi))/")


def source_paths(root: Path) -> list[PurePosixPath]:
    """Every file of ours, relative to the root, in order."""
    found = []
    for folder, names, files in os.walk(root):
        skipped = SKIPPED_FOLDERS | (SKIPPED_AT_ROOT if Path(folder) == root else set())
        names[:] = [n for n in names if n not in skipped
                    and not n.endswith(("_cache", ".egg-info"))]
        for name in files:
            found.append(PurePosixPath(Path(folder, name).relative_to(root).as_posix()))
    return sorted(found)


# ---- rules of a line or a file -----------------------------------------------------------------
def check_lines(path: PurePosixPath, text: str) -> Iterator[Finding]:
    code = path.suffix in CODE_SUFFIXES or path.name == "CMakeLists.txt"
    for number, line in enumerate(text.split("\n"), 1):
        if code and len(line) > LINE_LENGTH:
            yield number, f"a line of {len(line)} characters; the limit is {LINE_LENGTH}"
        if code and "\t" in line:
            yield number, "a tab"
        if line.endswith("\r"):
            yield number, "a line ends in CR LF"
        elif line != line.rstrip() and path.suffix != ".md":
            yield number, "blanks at the end of a line"
        if MACHINE_PATHS.search(line):
            yield number, "a path of one machine"
        if MARKERS.search(line) and path.name != "tidy.py":
            yield number, "a left-over marker"
    if text and not text.endswith("\n"):
        yield text.count("\n") + 1, "no newline at the end of the file"
    if path.suffix in (".c", ".h", ".cpp", ".py") and text.count("\n") > FILE_LINES:
        yield FILE_LINES, f"a file of {text.count(chr(10))} lines; the limit is {FILE_LINES}"


def check_guard(path: PurePosixPath, text: str) -> Iterator[Finding]:
    if path.suffix != ".h":
        return
    guard = "HFTSIM_" + re.sub(r"[^A-Z0-9]", "_", str(path).upper())
    if f"#ifndef {guard}\n#define {guard}\n" not in text:
        yield 1, f"the include guard is not {guard}"
    elif not text.rstrip().endswith("#endif"):
        yield text.count("\n"), "the include guard does not end the file"


def check_includes(path: PurePosixPath, text: str) -> Iterator[Finding]:
    if path.suffix not in (".c", ".h", ".cpp"):
        return
    for number, line in enumerate(text.split("\n"), 1):
        found = INCLUDE.match(line)
        if found is None:
            continue
        ours, theirs = found.groups()
        if theirs is not None:
            owners = HEADER_OWNERS.get(theirs)
            if owners and not str(path).startswith((*owners, "tests/")):
                yield number, f"<{theirs}> is for {', '.join(owners)} alone"
        else:
            yield from check_own_include(path, number, PurePosixPath(ours))


def check_own_include(
    path: PurePosixPath, number: int, included: PurePosixPath
) -> Iterator[Finding]:
    layer, target = path.parts[0], included.parts[0]
    if path.parts[:2] == ("examples", "strategies"):  # files to be put into baselines/
        layer = "baselines"
    if target not in LAYERS:
        yield number, f'"{included}" is not rooted at the repository'
    elif target not in LAYERS.get(layer, set()):
        yield number, f"{layer}/ may not include {target}/"
    elif layer == target == "sim":
        row, wanted = path.parts[1], included.parts[1]
        for name in (row, wanted):
            if name not in SIM_ROWS:
                yield number, f"sim/{name}/ is not a layer"
                return
        if SIM_ROWS.index(wanted) > SIM_ROWS.index(row):
            yield number, f"sim/{row}/ may not include sim/{wanted}/, a layer above it"


def check_calls(path: PurePosixPath, text: str) -> Iterator[Finding]:
    if path.suffix not in (".c", ".h"):
        return
    bare = without_comments(text)
    for names, folders, exceptions, why in FORBIDDEN_CALLS:
        if not str(path).startswith(tuple(folders)) or str(path) in exceptions:
            continue
        for found in re.finditer(rf"(?<![\w.>])({'|'.join(names.split())})\s*\(", bare):
            yield number_of(bare, found.start()), f"{found.group(1)}(): {why}"


# HDF5 has one state per process; checkpoints that are open are shared.
STATEFUL = ("agents/checkpoint_lock.c", "agents/checkpoint_shared.c")


def check_globals(path: PurePosixPath, text: str) -> Iterator[Finding]:
    """No state between calls below cli/: a static object is constant."""
    if path.suffix not in (".c", ".h") or path.parts[0] in ("cli", "tests"):
        return
    if str(path) in STATEFUL:
        return
    bare = without_comments(text)
    for found in re.finditer(r"^[ ]*static\s[^;={(]*[;=]", bare, re.MULTILINE):
        if not re.search(r"\bconst\b", found.group()):
            yield number_of(bare, found.start()), "a static object that is not constant"


def long_function(lines: int) -> str:
    return f"a function of {lines} lines; the limit is {FUNCTION_LINES}"


def check_function_lengths(path: PurePosixPath, text: str) -> Iterator[Finding]:
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES:
                    yield node.lineno, long_function(lines)
    elif path.suffix in (".c", ".h"):
        body = re.compile(r"^\w[^\n;={}]*\([^;={}]*\)\s*\{\n.*?^\}", re.MULTILINE | re.DOTALL)
        for found in body.finditer(without_comments(text)):
            lines = found.group().count("\n") + 1
            if lines > FUNCTION_LINES:
                yield number_of(text, found.start()), long_function(lines)


def check_links(path: PurePosixPath, text: str, paths: set[str]) -> Iterator[Finding]:
    """Relative links of a document lead to a file or folder of ours."""
    if path.suffix != ".md":
        return
    for number, line in enumerate(text.split("\n"), 1):
        for target in re.findall(r"\]\(([^)\s#]+)(?:#[^)]*)?\)", line):
            if re.match(r"[a-z]+:", target):
                continue
            wanted = os.path.normpath(str(path.parent / target))
            if not any(p == wanted or p.startswith(wanted + "/") for p in paths) and wanted != ".":
                yield number, f"the link to {target} leads nowhere"


# ---- rules of the tree -------------------------------------------------------------------------
def check_built(paths: list[PurePosixPath], read) -> Iterator[tuple[PurePosixPath, Finding]]:
    """Every C file stands in the CMakeLists.txt of its folder or of one above it, or a GLOB there
    takes it."""
    lists = {p.parent: read(p) for p in paths if p.name == "CMakeLists.txt"}
    for path in paths:
        if path.suffix not in (".c", ".cpp"):
            continue
        for folder in path.parents:
            name = re.escape(str(path.relative_to(folder)))
            fuzz = re.escape(path.stem.removeprefix("fuzz_"))
            text = lists.get(folder, "")
            if re.search(rf"(?<![\w/.-]){name}(?![\w.-])|hftsim_fuzz_test\({fuzz}\b", text):
                break
            globs = " ".join(re.findall(r"file\(GLOB \w+ ([^)]*)\)", text)).split()
            relative = path.relative_to(folder)
            if any(PurePosixPath(g).parent == relative.parent and relative.match(g) for g in globs):
                break
        else:
            yield path, (1, "no CMakeLists.txt builds this file")


def check_file(path: PurePosixPath, text: str, paths: set[str]) -> Iterator[Finding]:
    for check in (check_lines, check_guard, check_includes, check_calls, check_globals,
                  check_function_lengths):
        yield from check(path, text)
    yield from check_links(path, text, paths)


def check_tree(root: Path) -> list[str]:
    def read(path: PurePosixPath) -> str:
        return (root / path).read_bytes().decode("utf-8")

    paths = source_paths(root)
    names = {str(path) for path in paths}
    findings = []
    texts = {}
    for path in paths:
        corpus = path.parts[:2] in (("tests", "corpus"), ("tests", "golden"))
        if corpus or not (path.suffix in TEXT_SUFFIXES or path.name in TEXT_NAMES):
            continue
        try:
            texts[path] = read(path)
            found = list(check_file(path, texts[path], names))
        except UnicodeDecodeError:
            found = [(1, "not UTF-8")]
        findings += [f"{path}:{number}: {rule}" for number, rule in found]
    for found in (check_built(paths, read), check_modules(texts)):
        findings += [f"{path}:{number}: {rule}" for path, (number, rule) in found]
    return findings


def main() -> int:
    findings = check_tree(ROOT)
    print("\n".join(findings) if findings else f"{len(source_paths(ROOT))} files, nothing to fix")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
