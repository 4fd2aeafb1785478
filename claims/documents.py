"""Regions of documents that are generated from results and files, between two comments.

    <!-- cells frameworks/* -->      a table of cells
    <!-- scores tasks/execution_* -->  a table of the policies that cells have scored
    <!-- board leaderboard/* -->     tables of the strategies that cells have scored, by task
    <!-- learned learning/taking_[0-9] -->   tables of trainings: scores, tests, curves
    <!-- tuned learning/*_baselines -->  a table of tuned baselines
    <!-- moved learning/transfer_* -->   a table of policies in other markets
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
    r"(<!-- (cells|scores|board|learned|tuned|moved|figures|result|file) (\S+) -->\n)"
    r".*?(<!-- end -->\n)",
    re.DOTALL,
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


def sparkline(values: list[float]) -> str:
    """A curve as a row of blocks, from the lowest value to the highest."""
    low, high = min(values), max(values)
    steps = "▁▂▃▄▅▆▇█"
    return "".join(steps[round((v - low) / ((high - low) or 1) * (len(steps) - 1))] for v in values)


def curve_of(points: list[list[float]]) -> str:
    """Of seconds, steps and score: where it begins, its best, and its shape."""
    if not points:
        return ""
    every = max(1, len(points) // 24)
    shown = [point[2] for point in points[::every]]
    best = max(points, key=lambda point: point[2])
    first = points[0]
    return (
        f"{sparkline(shown)} {number(first[2])} at {number(first[0])} s, best {number(best[2])} at "
        f"{number(best[0])} s"
    )


def learned_of(table: Table, pattern: str, document: Path) -> str:
    """One row per training and task: its score, the best tuned baseline, and the curve."""
    heads = ["run", "task", "score", "95% interval", "baseline", "its score", "gain", "p",
             "beats all", "steps", "seconds", "validation scores", "revision"]  # fmt: skip
    text = row_of(heads) + row_of(["---"] * len(heads))
    notes = []
    for cell in table.chosen([pattern]):
        result = read_result(cell)
        if result is None or "rows" not in result.get("figures", {}):
            text += row_of([cell.name, status_of(result), *[""] * (len(heads) - 2)])
            continue
        of = result["figures"]
        link = f"[{cell.name}]({os.path.relpath(cell.result, document.parent)})"
        for row in of["rows"]:
            text += row_of([
                link, row["task"], *with_interval(row, "score", "ci_low", "ci_high"),
                row["baseline"], number(row["baseline_score"]), number(row["gain"]),
                f"{row['p']:.1e}", "yes" if row["beats"] else "no", number(of["steps"]),
                number(of["seconds"]), curve_of(row["curve"]), result["revision"],
            ])  # fmt: skip
            if "bayes_share" in row:
                notes.append(f"{cell.name}: {row['bayes_share']} of the Bayes rule's score")
        if "ratio" in of:
            notes.append(
                f"{cell.name}: utility {of['utility']}, {of['ratio']} of the optimum, 95% interval "
                f"{of['ratio_low']} to {of['ratio_high']}"
            )
        if not of["holds"]:
            notes.append(f"{cell.name}: the claim does not hold")
    return text + "".join(f"\n- {note}" for note in notes) + ("\n" if notes else "")


def tuned_of(table: Table, pattern: str, document: Path) -> str:
    """One row per tuned baseline, by task: keys, and scores of validation and test."""
    heads = ["task", "baseline", "keys", "validation", "test", "95% interval", "cell"]
    text = row_of(heads) + row_of(["---"] * len(heads))
    for cell in table.chosen([pattern]):
        result = read_result(cell)
        if result is None or result["status"] != PASSED:
            text += row_of(["", cell.what, status_of(result), "", "", "", cell.name])
            continue
        link = f"[{cell.name}]({os.path.relpath(cell.result, document.parent)})"
        for task, rows in result["figures"]["baselines"].items():
            for row in rows:
                keys = ", ".join(f"{key} {value}" for key, value in row["keys"].items())
                given = with_interval(row, "score", "ci_low", "ci_high")
                text += row_of([task, row["name"], keys, number(row["validation"]), *given, link])
    return text


def moved_of(table: Table, pattern: str, document: Path) -> str:
    """One row per market and training: the policy's return, and those of strategies."""
    heads = ["run", "market", "policy", "95% interval", "glft", "gain", "p", "avellaneda-stoikov",
             "gain", "p"]  # fmt: skip
    text = row_of(heads) + row_of(["---"] * len(heads))
    notes: list[str] = []
    for cell in table.chosen([pattern]):
        result = read_result(cell)
        if result is None or "transfer" not in result.get("figures", {}):
            text += row_of([cell.name, status_of(result), *[""] * (len(heads) - 2)])
            continue
        link = f"[{cell.name}]({os.path.relpath(cell.result, document.parent)})"
        for row in result["figures"]["transfer"]:
            others = [row["glft"], row["avellaneda-stoikov"]]
            given = [f"{o[key]:.1e}" if key == "p" else number(o[key])
                     for o in others for key in ("score", "gain", "p")]  # fmt: skip
            text += row_of([link, row["market"],
                            *with_interval(row, "score", "ci_low", "ci_high"), *given])  # fmt: skip
        notes += result["figures"]["left_out"]
    return text + "".join(f"\n- left out: {n}" for n in dict.fromkeys(notes)) + (
        "\n" if notes else ""
    )


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
        "learned": lambda pattern: learned_of(table, pattern, document),
        "tuned": lambda pattern: tuned_of(table, pattern, document),
        "moved": lambda pattern: moved_of(table, pattern, document),
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
            shows = at[2] not in ("result", "file")
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
