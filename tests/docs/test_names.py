#!/usr/bin/env python3
"""Each rule of names.py on a small tree that keeps it, and on one that breaks it."""

from __future__ import annotations

import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import names
import tidy

HEAD = "| term | meaning | unit | code | docs |\n|---|---|---|---|---|\n"
TERM = "| tick | A step. | ticks | `hft_tick` | [market](market.md#units) |\n"
STYLE = "<style>@media (prefers-color-scheme: dark) { }</style>"
DRAWING = ('<svg xmlns="http://www.w3.org/2000/svg"><title>t</title>{style}{parts}</svg>')


def row(folder: str, may: set[str]) -> str:
    told = ", ".join(f"`{name}/`" for name in sorted(may)) or "nothing"
    return f"| `{folder}/` | what | {told} |\n"


def drawing(*parts: str) -> str:
    return DRAWING.format(style=STYLE, parts="".join(parts))


def tree() -> dict[str, str]:
    """A repository with the layers sim, stats, data and tests, in which nothing is wrong."""
    rows = "".join(f"| `sim/{name}/` | what |\n" for name in tidy.SIM_ROWS)
    boxes = ['<g data-layer="sim"/>', '<g data-layer="stats"/>', '<g data-layer="data"/>',
             '<path data-from="data" data-to="stats"/>']
    boxes += [f'<g data-row="{name}"/>' for name in tidy.SIM_ROWS]
    return {
        "README.md": "[glossary](docs/glossary.md)\n",
        "docs/glossary.md": HEAD + TERM,
        "docs/market.md": "# Market\n\n[terms](glossary.md)\n\n## Units\n\nThe tick.\n",
        "docs/architecture.md": "[terms](glossary.md) ![layers](images/layers.svg) `hft_tick`\n\n"
        "| folder | what | may include |\n|---|---|---|\n"
        + row("sim", set()) + row("stats", {"sim"}) + row("data", {"sim", "stats"})
        + "| `tests/` | what | all |\n\n| folder of `sim/` | what |\n|---|---|\n" + rows,
        "docs/images/layers.svg": drawing(*boxes),
        "stats/a.c": "int hft_tick; // hft_only_told\n",
        "data/a.c": "int x;\n",
        "tests/test_x.c": "int hft_made_up;\n",
        **{f"sim/{name}/a.c": "int x;\n" for name in tidy.SIM_ROWS},
    }


class Names(unittest.TestCase):
    def check(self, changes: dict[str, str | tuple[str, str]]) -> list[str]:
        """What is found in the tree with some files in place of its own; a pair replaces text."""
        files = tree()
        for name, change in changes.items():
            if isinstance(change, tuple):
                self.assertIn(change[0], files[name])
                files[name] = files[name].replace(*change)
            else:
                files[name] = change
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            return names.check_tree(Path(folder))

    def breaks(self, changes: dict[str, str | tuple[str, str]], expected: str) -> None:
        found = self.check(changes)
        self.assertEqual(len(found), 1, found)
        self.assertIn(expected, found[0])

    def test_a_tree_in_order(self):
        self.assertEqual(self.check({}), [])

    def test_every_page_links_the_glossary(self):
        for name in ("README.md", "docs/market.md", "CONTRIBUTING.md", "DECISIONS.md",
                     "stats/README.md"):
            with self.subTest(name=name):
                text = "# Market\n\n## Units\n\nThe tick.\n"
                self.breaks({name: text}, f"{name}:1: no link to docs/glossary.md")
        self.assertEqual(self.check({"stats/README.md": "[x](../docs/glossary.md#a)\n"}), [])

    def test_names_exist(self):
        page = "docs/architecture.md"
        for wrong in ("hft_tock", "hft_tick.tock", "sim/none/", "stats/b.c", "hft_only_told"):
            with self.subTest(wrong=wrong):
                word = wrong.rpartition(".")[2] if wrong.startswith("hft_tick") else wrong
                self.breaks({page: ("`hft_tick`", f"`{wrong}`")}, word)
        self.breaks({"DECISIONS.md": "[g](docs/glossary.md)\n\n```\n`` x\n```\n`hft_tock`\n"},
                    "DECISIONS.md:6: ")
        for right in ("sim/base/", "stats/*.c", "stats/a.c", "hftsim bench", "/metrics", "int x"):
            with self.subTest(right=right):
                self.assertEqual(self.check({page: ("`hft_tick`", f"`{right}`")}), [])

    def test_names_of_tests_alone_are_none(self):
        page = "docs/architecture.md"
        self.breaks({page: ("`hft_tick`", "`hft_made_up`")}, "hft_made_up")
        self.assertEqual(self.check({page: ("`hft_tick`", "`test_x`")}), [])

    def test_terms(self):
        for wrong, expected in [
            (TERM + "| tick | A step. | ticks | `hft_tick` |\n", "a row has 5 cells"),
            ("| tick | A step. |  | `hft_tick` | [m](market.md) |\n", "a cell is empty"),
            ("| tick | A step. | - | here | [m](market.md) |\n", "no place in the code"),
            ("| tick | A step. | - | `hft_tick` | there |\n", "no place in the docs"),
            ("| tick | A step. | - | `hft_tock` | [m](market.md) |\n", "called hft_tock"),
            ("| tick | A step. | - | `hft_tick` | [m](none.md) |\n", "there is no page"),
            ("| tick | A step. | - | `hft_tick` | [m](market.md#x) |\n", "no heading '#x'"),
            ("| lot | A unit. | - | `hft_tick` | [m](market.md) |\n", "does not say it"),
            (TERM + TERM, "told twice"),
            (TERM + TERM.replace("| tick |", "| market (tick) |"), "alphabetical order"),
        ]:
            with self.subTest(wrong=wrong):
                self.breaks({"docs/glossary.md": HEAD + wrong}, expected)
        found = self.check({"docs/glossary.md": HEAD.replace("unit", "units") + TERM})
        self.assertIn("the columns of a table of terms", found[0])
        self.breaks({"docs/glossary.md": "# Glossary\n"}, "there is no table of terms")

    def test_layers_of_the_table(self):
        page = "docs/architecture.md"
        self.breaks({page: (row("data", {"sim", "stats"}), row("data", {"sim"}))},
                    "data/ may include sim, stats")
        self.breaks({page: (row("stats", {"sim"}), "")}, "the table of layers has no stats/")
        self.breaks({page: (row("stats", {"sim"}), row("stats", {"sim"}) + row("docs", set()))},
                    "docs/ is no layer")
        self.breaks({page: ("| `sim/book/` | what |\n", "")}, "the folders of sim/ are")
        self.assertEqual(self.check({page: (row("data", {"sim", "stats"}),
                                            "| `data/` | what | all |\n")}), [])

    def test_layers_of_the_drawing(self):
        name = "docs/images/layers.svg"
        arrow = '<path data-from="data" data-to="stats"/>'
        self.breaks({name: (arrow, "")}, "no arrow: from data/ to stats/")
        self.breaks({name: (arrow, arrow + '<path data-from="stats" data-to="data"/>')},
                    "an arrow that must not be: from stats/ to data/")
        self.breaks({name: ('<g data-layer="stats"/>', "")}, "no box: stats/")
        self.breaks({name: (arrow, arrow + '<g data-layer="docs"/>')}, "a box that is no layer")
        self.breaks({name: ('<g data-row="book"/>', "")}, "the folders of sim/ are")
        self.breaks({name: ('<g data-layer="stats"/>',
                            '<g data-layer="stats" data-stands-on="nothing"/>')}, "stats/: ")

    def test_drawings(self):
        shown = "[g](docs/glossary.md) ![x](docs/images/a.svg)\n"

        def check(text: str, readme: str = shown) -> list[str]:
            return self.check({"docs/images/a.svg": text, "README.md": readme})

        for right in ('<text class="code">hft_tick · sim/base/</text>', "<text>any words</text>",
                      "<text>in sim/base/: /healthz</text>"):
            self.assertEqual(check(drawing(right)), [])
        for wrong, expected in [
            (drawing('<text class="code">hft_tock</text>'), "called hft_tock"),
            (drawing('<text class="code small">sim/none</text>'), "there is no file"),
            (drawing("<text>see hft_tock, there</text>"), "called hft_tock"),
            (drawing("<text>it is in docs/none.</text>"), "docs/none"),
            (drawing().replace("<title>t</title>", ""), "no <title>"),
            (drawing().replace(STYLE, ""), "no colours for dark pages"),
            ("<svg", "no well-formed SVG"),
        ]:
            with self.subTest(wrong=wrong):
                found = check(wrong)
                self.assertEqual(len(found), 1, found)
                self.assertIn(expected, found[0])
        self.assertIn("no page shows this drawing", check(drawing(), "[g](docs/glossary.md)\n")[0])

    def test_files_of_a_folder(self):
        name = "stats/README.md"
        text = "[x](../docs/glossary.md)\n\n| file | what |\n|---|---|\n"
        for row in ("| `a` | it |\n", "| `a.c` | it |\n", "| `a*` | it |\n",
                    "| `README.md` | with `a` |\n"):
            with self.subTest(row=row):
                self.assertEqual(self.check({name: text + row}), [])
        self.breaks({name: text + "| `README.md` | it |\n"}, "no table tells of stats/a")
        self.breaks({name: text + "| `a`, `b` | it |\n"}, "there is no file stats/b")
        self.breaks({name: text + "| `a` | it |\n\n| file of `sim/book/` | what |\n|---|---|\n"
                     "| `README.md` | it |\n", "sim/book/README.md": "x\n"},
                    "no table tells of sim/book/a")
        self.breaks({"stats/in/b.c": "int y;\n", name: text + "| `a` | it |\n\n"
                     "| in `in/` | what |\n|---|---|\n| `c` | it |\n| `b` | it |\n"},
                    "there is no file stats/in/c")
        self.assertEqual(self.check({name: text.replace("| file |", "| other |")}), [])

    def test_this_repository_has_terms_and_drawings(self):
        here = names.Tree(names.ROOT)
        terms = sum(len(rows) for _, head, rows in names.tables(here.read(names.GLOSSARY))
                    if head == names.GLOSSARY_HEAD)
        self.assertGreater(terms, 80)
        drawings = [path for path in here.paths if path.startswith("docs/images/")
                    and path.endswith(".svg")]
        self.assertGreaterEqual(len(drawings), 5)
        self.assertGreater(len(names.all_pages(here)), 30)


if __name__ == "__main__":
    unittest.main(verbosity=2)
