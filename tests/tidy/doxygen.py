#!/usr/bin/env python3
"""Checks that the comments of include/ document every function, parameter, result and constant of
the C API, as docs/Doxyfile demands. Exits 77 (skipped) without doxygen."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADER = ROOT / "include" / "hftsim.h"


def warnings_of(folder: Path) -> tuple[int, str]:
    """Runs doxygen over the headers of a folder: its exit code and its warnings."""
    with tempfile.TemporaryDirectory() as out:
        environment = {**os.environ, "HFTSIM_DOXYGEN_OUT": out}
        settings = (ROOT / "docs" / "Doxyfile").read_text() + f"\nINPUT = {folder}\n"
        answer = subprocess.run(["doxygen", "-"], input=settings, cwd=ROOT, env=environment,
                                capture_output=True, text=True, check=False)
        return answer.returncode, answer.stderr


class Doxygen(unittest.TestCase):
    def test_the_header_is_documented(self) -> None:
        code, warnings = warnings_of(HEADER.parent)
        self.assertEqual((code, warnings), (0, ""))

    def test_gaps_are_found(self) -> None:
        text = HEADER.read_text()
        gaps = {
            "function": ("/// @}\n", "HFTSIM_API int hftsim_new(void);\n/// @}\n"),
            "parameter": ("/// @param yaml The text; need not end with a zero byte.\n", ""),
            "result": ("/// @return The number of presets.\n", ""),
            "name": ("#HFTSIM_NOT_RESET; #HFTSIM_BAD_ACTION", "@ref HFTSIM_NO_RESET"),
        }
        for gap, (old, new) in gaps.items():
            with self.subTest(gap), tempfile.TemporaryDirectory() as folder:
                self.assertIn(old, text)
                Path(folder, "hftsim.h").write_text(text.replace(old, new, 1))
                code, warnings = warnings_of(Path(folder))
                self.assertNotEqual(code, 0)
                self.assertIn("error: ", warnings)


if __name__ == "__main__":
    if shutil.which("doxygen") is None:
        print("skipped: there is no doxygen here")
        sys.exit(77)
    unittest.main()
