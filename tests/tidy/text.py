"""C text as the rules of tidy.py and modules.py look at it."""

from __future__ import annotations

import re

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')

Finding = tuple[int, str]


def without_comments(text: str) -> str:
    """C text with comments and what stands in quotes blanked out; lines stay where they are."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
    return pattern.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), text)


def number_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
