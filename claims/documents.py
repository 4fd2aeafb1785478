"""Regions of documents that are generated from results and files, between two comments.

    <!-- cells frameworks/* -->      a table of cells
    <!-- scores tasks/execution_* -->  a table of the policies that cells have scored
    <!-- board leaderboard/* -->     tables of the strategies that cells have scored, by task
    <!-- figures sanity/* -->        a table of the figures of cells, one row a figure
    <!-- result frameworks/sb3 -->   a sentence about one cell
    <!-- file examples/x.py -->      a file, as code
    ...
    <!-- end -->
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cells import PASSED, ROOT, Cell, Table, read_result

REGION = re.compile(
    r"(<!-- (cells|scores|board|figures|result|file) (\S+) -->\n).*?(<!-- end -->\n)", re.DOTALL
)
LANGUAGES = {".py": "python", ".yaml": "yaml", ".sh": "sh"}


def number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, (int, float)) else str(value)


def status_of(result: dict[str, Any] | None) -> str:
    if result is None:
        return "never run"
    return ": ".join([result["status"], *filter(None, [result.get("reason")])])


def versions_of(result: dict[str, Any]) -> str:
    return ", ".join(f"{name} {version}" for name, version in result["versions"].items())


def row_of(cells: list[str]) -> str:
    return "| " + " | ".join(text.replace("|", "\\|").replace("\n", " ") for text in cells) + " |\n"


def table_of(table: Table, pattern: str, document: Path) -> str:
    """One row per cell with its result, and one column per figure of any of them."""
    cells = table.chosen([pattern])
    results = [read_result(cell) or {} for cell in cells]
    figures = list(dict.fromkeys(name for r in results for name in r.get("figures", {})))
    text = row_of(["cell", "what", "result", *figures, "seconds", "revision", "versions"])
    text += row_of(["---"] * (6 + len(figures)))
    for cell, result in zip(cells, results, strict=True):
        if not result:
            text += row_of([cell.name, cell.what, "never run", *[""] * (3 + len(figures))])
            continue
        link = os.path.relpath(cell.result, document.parent)
        given = [number(result.get("figures", {}).get(name, "")) for name in figures]
        last = "; ".join(result.get("output", [])[-1:]) if result["status"] == PASSED else ""
        text += row_of([
            f"[{cell.name}]({link})", cell.what, status_of(result) + (last and f": {last}"),
            *given, number(result["seconds"]), result["revision"], versions_of(result),
        ])  # fmt: skip
    return text


def scores_of(table: Table, pattern: str, document: Path) -> str:
    """One row per policy in the figure ``scores`` of the cells, by role: reward and metric."""
    text = row_of(["seats", "policy", "reward", "referee's metric", "cell"]) + row_of(["---"] * 5)
    for cell in table.chosen([pattern]):
        result = read_result(cell)
        if result is None or result["status"] != PASSED:
            text += row_of(["", cell.what, status_of(result), "", cell.name])
            continue
        link = f"[{cell.name}]({os.path.relpath(cell.result, document.parent)})"
        for role, policies in result.get("figures", {}).get("scores", {}).items():
            for name, of in policies.items():
                told = f": {of['told']}" if "told" in of else ""
                given = [f"{of[key]:,} ± {of[f'{key}_error']:,}" for key in ("reward", "metric")]
                text += row_of([role, f"{name}{told}", *given, link])
    return text


def with_interval(row: dict[str, Any], value: str, low: str, high: str) -> list[str]:
    """A number and its 95% interval."""
    if row.get(value) is None:
        return ["", ""]
    ends = [row.get(low), row.get(high)]
    return [number(row[value]), "" if None in ends else f"{ends[0]:,} to {ends[1]:,}"]


def board_of(table: Table, pattern: str, document: Path) -> str:
    """A table for each task: its strategies, the best first, with the commands that score them."""
    text = ""
    for cell in table.chosen([pattern]):
        result = read_result(cell)
        if result is None or result["status"] != PASSED:
            text += f"\n`{cell.name}`: {status_of(result)}.\n"
            continue
        of = result["figures"]
        link = os.path.relpath(cell.result, document.parent)
        text += (
            f"\n**{of['name']}**, version {of['version']}: the seat of the role {of['seat']}, "
            f"{of['metric']} in {of['unit']}. [{cell.name}]({link}), {result['revision']}\n\n"
        )
        text += row_of(["strategy", of["metric"], "95% interval", "reward", "95% interval",
                        "command"])  # fmt: skip
        text += row_of(["---"] * 6)
        for row in of["board"]:
            given = "" if row["params"] == "{}" else f" {row['params']}"
            text += row_of([
                row["strategy"] + given, *with_interval(row, "score", "ci_low", "ci_high"),
                *with_interval(row, "reward", "reward_ci_low", "reward_ci_high"),
                f"`{row['command']}`<!-- not run: the cell does -->",
            ])  # fmt: skip
    return text + "\n"


def figures_of(table: Table, pattern: str, document: Path) -> str:
    """One row per figure of the cells, with its interval; then what does not hold."""
    text = row_of(["cell", "figure", "value", "95% interval", "unit"]) + row_of(["---"] * 5)
    failed = []
    for cell in table.chosen([pattern]):
        result = read_result(cell)
        if result is None or "rows" not in result.get("figures", {}):
            text += row_of([cell.name, cell.what, status_of(result), "", ""])
            continue
        link = f"[{cell.name}]({os.path.relpath(cell.result, document.parent)})"
        for row in result["figures"]["rows"]:
            given = with_interval(row, "value", "low", "high")
            text += row_of([link, row["what"], *given, row["unit"]])
        failed += [name for name, holds in result["figures"]["checks"].items() if not holds]
    return text + (f"\nDoes not hold: {'; '.join(failed)}.\n" if failed else "")


def sentence_of(table: Table, name: str) -> str:
    (cell,) = table.chosen([name])
    result = read_result(cell)
    if result is None:
        return f"Cell `{cell.name}` of `make claims`: never run.\n"
    figures = [f"{name} {number(value)}" for name, value in result.get("figures", {}).items()]
    return (
        f"{versions_of(result)}. Cell `{cell.name}` of `make claims`: {status_of(result)}, "
        f"{', '.join([*figures, number(result['seconds'])])} s.\n"
    )


def code_of(name: str) -> str:
    path = ROOT / name
    return f"```{LANGUAGES.get(path.suffix, '')}\n{path.read_text(encoding='utf-8')}```\n"


def renewed(table: Table, document: Path, text: str) -> str:
    """The text of a document with its regions up to date."""
    kinds: dict[str, Callable[[str], str]] = {
        "cells": lambda pattern: table_of(table, pattern, document),
        "scores": lambda pattern: scores_of(table, pattern, document),
        "board": lambda pattern: board_of(table, pattern, document),
        "figures": lambda pattern: figures_of(table, pattern, document),
        "result": lambda name: sentence_of(table, name),
        "file": code_of,
    }
    return REGION.sub(lambda at: at[1] + kinds[at[2]](at[3]) + at[4], text)


def shown(table: Table) -> set[Cell]:
    """The cells in tables of the documents."""
    found: set[Cell] = set()
    for document in table.documents:
        for at in REGION.finditer(document.read_text(encoding="utf-8")):
            shows = at[2] in ("cells", "scores", "board", "figures")
            found.update(table.chosen([at[3]]) if shows else [])
    return found


def renew(table: Table, write: bool) -> int:
    """Updates the documents, or reports those out of date; returns the number of problems."""
    faults = [f"{cell.name} is in no table" for cell in table.cells if cell not in shown(table)]
    for document in table.documents:
        text = document.read_text(encoding="utf-8")
        wanted = renewed(table, document, text)
        if text != wanted and write:
            document.write_text(wanted, encoding="utf-8")
        elif text != wanted:
            faults.append(f"{document.relative_to(ROOT)}: run claims/claims.py --write-docs")
    for fault in faults:
        print(fault, flush=True)
    return len(faults)
