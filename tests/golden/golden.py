#!/usr/bin/env python3
"""Compares digests of fixed markets with those in market.txt.

  golden.py --program P     of a built program golden
  golden.py --compile       of the simulator compiled anew by every compiler there is, at -O0, at -O3
                            and for this very machine
  golden.py --update        writes market.txt anew; the change of behaviour must be meant

Digests of pools must not depend on the number of threads.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
GOLDEN = HERE / "market.txt"
CONFIGS = sorted(HERE.glob("*.yaml"))
LIBRARIES = ["sleef", "yaml-0.1", "lapacke", "openblas"]
VARIANTS = [
    ("gcc", ["-O0"]),
    ("gcc", ["-O3"]),
    ("gcc", ["-O3", "-march=native"]),
    ("clang", ["-O0"]),
    ("clang", ["-O3"]),
    ("clang", ["-O3", "-march=native"]),
]


def digests(program: str) -> str:
    command = [program, *(str(path) for path in CONFIGS)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout


def without_threads(text: str) -> tuple[str, list[str]]:
    """The lines without their thread counts, each once, and the names of pools that differ."""
    lines, pools, faults = [], {}, []
    for line in text.splitlines():
        line = re.sub(r", on \d+ threads$", "", line)
        name, digest = line.split(": ", 1)
        if name not in pools:
            pools[name] = digest
            lines.append(line)
        elif pools[name] != digest:
            faults.append(f"{name} depends on the number of threads")
    return "".join(line + "\n" for line in lines), faults


def compare(what: str, text: str) -> bool:
    """Prints what differs from market.txt."""
    lines, faults = without_threads(text)
    wanted = GOLDEN.read_text(encoding="utf-8")
    faults += [
        line for line in difflib.unified_diff(
            wanted.splitlines(), lines.splitlines(), "tests/golden/market.txt", what, lineterm="")
    ]
    print(f"{what}: {'differs' if faults else 'the same'}", *faults, sep="\n", flush=True)
    return not faults


def pkg_config(what: str) -> list[str]:
    command = ["pkg-config", what, *LIBRARIES]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def write_tables(path: Path) -> None:
    """The tables that sim/CMakeLists.txt embeds."""
    files = ";".join(str(table) for table in sorted((ROOT / "configs/tables").glob("*.yaml")))
    subprocess.run(
        ["cmake", f"-DFILES={files}", f"-DOUT={path}", "-DHEADER=sim/flow/tables.h",
         "-DTYPE=hft_flow_text", "-DARRAY=hft_flow_texts", "-DARRAY_COUNT=hft_flow_text_count",
         "-P", str(ROOT / "cmake/EmbedTexts.cmake")], check=True)


def compile_variant(compiler: str, level: list[str], options: list[str], folder: Path) -> Path:
    program = folder / "-".join(["golden", compiler, *(x.strip("-") for x in level)])
    # That of a build is generated; digests do not depend on it.
    version = program.with_suffix(".c")
    version.write_text('const char hft_version[] = "", hft_revision[] = "";\n', encoding="utf-8")
    tables = program.with_suffix(".tables.c")
    write_tables(tables)
    sources = [str(path) for path in sorted((ROOT / "sim").rglob("*.c"))] + [str(tables)]
    command = [compiler, "-std=c17", "-D_POSIX_C_SOURCE=200809L", f"-I{ROOT}", *level, *options]
    if compiler == "gcc":
        command.append("-fexcess-precision=standard")
    command += [*pkg_config("--cflags"), str(HERE / "golden.c"), str(version), *sources]
    command += ["-o", str(program)]
    subprocess.run([*command, *pkg_config("--libs"), "-lm", "-pthread"], check=True)
    return program


def compile_all(options: list[str], folder: Path) -> bool:
    variants = [(c, level) for c, level in VARIANTS if shutil.which(c)]
    for missing in sorted({c for c, _ in VARIANTS if not shutil.which(c)}):
        print(f"there is no {missing} here: it is left out")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
        jobs = [workers.submit(compile_variant, c, v, options, folder) for c, v in variants]
        outputs = [workers.submit(lambda job: digests(str(job.result())), job) for job in jobs]
        same = [
            compare(" ".join([compiler, *level]), output.result())
            for (compiler, level), output in zip(variants, outputs)
        ]
    return bool(same) and all(same)


def update(options: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        text = digests(str(compile_variant("gcc", ["-O2"], options, Path(folder))))
    lines, faults = without_threads(text)
    if faults:
        sys.exit("\n".join(faults))
    GOLDEN.write_text(lines, encoding="utf-8")
    print(lines, end="")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--program", help="a built program golden")
    mode.add_argument("--compile", action="store_true", help="compile the variants and compare")
    mode.add_argument("--update", action="store_true", help="write market.txt anew")
    parser.add_argument("--options", default="-ffp-contract=off;-fno-fast-math;-fno-math-errno",
                        help="compiler options of floating point, separated by ';'")
    parser.add_argument("--folder", type=Path, default=None, help="for the programs compiled")
    arguments = parser.parse_args()
    options = [option for option in arguments.options.split(";") if option]
    if arguments.update:
        update(options)
        return 0
    if arguments.program:
        return 0 if compare("this build", digests(arguments.program)) else 1
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        return 0 if compile_all(options, Path(folder)) else 1


if __name__ == "__main__":
    sys.exit(main())
