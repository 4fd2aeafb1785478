"""The documentation says what is so: each page's commands, programs and configs run, and print what
it says; so do the examples of each command's --help.

What is checked, and how a page says what cannot be, is told in tests/docs/page.py. To renew the
pages: tests/docs/check.py --write.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from conftest import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "tests" / "docs"))
import check

EXAMPLES = [path for folder in ("examples", "python/examples")
            for path in sorted((REPOSITORY / folder).rglob("*")) if path.suffix in (".c", ".py")]


@pytest.mark.slow
@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("name", [*check.all_pages(), check.HELP])
def test_page(name: str, program: Path) -> None:
    checker = check.check_page(name, program.resolve())
    assert not checker.faults, "\n".join(map(str, checker.faults))


def test_all_pages_are_found() -> None:
    pages = set(check.all_pages())
    assert {"README.md", "CONTRIBUTING.md", "docs/python.md", "cli/README.md"} <= pages
    assert len(pages) >= 24


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_each_example_is_run_by_a_test_or_a_page(path: Path) -> None:
    """Named where it is run; what a page runs is found by the page's checker."""
    places = [*(REPOSITORY / "tests").rglob("*.py"), *(REPOSITORY / "docs").glob("*.md"),
              *(REPOSITORY / "scripts").iterdir()]
    texts = [place.read_text(encoding="utf-8") for place in places if place.is_file()]
    assert any(path.name in text or f'"{path.stem}"' in text for text in texts)
