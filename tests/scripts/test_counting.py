#!/usr/bin/env python3
"""scripts/test.py counts what passed, and misses no failure."""

import contextlib
import importlib.util
import io
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "test.py"
spec = importlib.util.spec_from_file_location("hftsim_scripts_test", SCRIPT)
counting = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = counting
spec.loader.exec_module(counting)

CMOCKA_GOOD = """[==========] Running 2 test(s).
[ RUN      ] one
[       OK ] one
[ RUN      ] two
[  SKIPPED ] two
[==========] 2 test(s) run.
[  PASSED  ] 1 test(s).
[  SKIPPED ] 1 test(s), listed below:
[  SKIPPED ] two
"""
CMOCKA_BAD = """[==========] Running 2 test(s).
[ RUN      ] one
[  ERROR   ] --- 1 != 2
[   LINE   ] --- tests/a.c:3: error: Failure!
[  FAILED  ] one
[ RUN      ] two
[       OK ] two
[==========] 2 test(s) run.
[  PASSED  ] 1 test(s).
[  FAILED  ] 1 test(s), listed below:
[  FAILED  ] one

 1 FAILED TEST(S)
"""
CMOCKA_CRASHED = """[==========] Running 3 test(s).
[ RUN      ] one
[       OK ] one
[ RUN      ] two
"""


def program(output: str, status: str = "run", skipped: str | None = None):
    case = ElementTree.Element("testcase", name="test_x", status=status)
    ElementTree.SubElement(case, "system-out").text = output
    if skipped is not None:
        ElementTree.SubElement(case, "skipped", message=skipped)
    count = counting.count_program(case, "release")
    return count.passed, len(count.failures), count.skipped


class Programs(unittest.TestCase):
    def test_cmocka(self):
        self.assertEqual(program(CMOCKA_GOOD), (1, 0, 1))
        self.assertEqual(program(CMOCKA_BAD, "fail"), (1, 1, 0))
        self.assertEqual(program(CMOCKA_GOOD + CMOCKA_GOOD), (2, 0, 2))

    def test_a_crash_is_a_failure(self):
        self.assertEqual(program(CMOCKA_CRASHED, "fail"), (1, 1, 0))
        self.assertEqual(program("", "fail"), (0, 1, 0))

    def test_a_leak_after_all_tests_is_a_failure(self):
        self.assertEqual(program(CMOCKA_GOOD, "fail"), (1, 1, 1))

    def test_unittest(self):
        self.assertEqual(program("a ... ok\n\nRan 5 tests in 0.1s\n\nOK\n"), (5, 0, 0))
        self.assertEqual(program("Ran 5 tests in 0.1s\n\nOK (skipped=2)\n"), (3, 0, 2))
        bad = "Ran 5 tests in 0.1s\n\nFAILED (failures=1, errors=2, skipped=1)\n"
        self.assertEqual(program(bad, "fail"), (1, 3, 1))

    def test_other_programs_are_one_test(self):
        self.assertEqual(program("100 files, nothing to fix\n"), (1, 0, 0))
        self.assertEqual(program("a.c:1: a tab\n", "fail"), (0, 1, 0))

    def test_skipped_programs_and_missing_ones(self):
        self.assertEqual(program("", "notrun", "SKIP_RETURN_CODE=77"), (0, 0, 1))
        self.assertEqual(program("", "notrun", "Unable to find executable"), (0, 1, 0))


class Stages(unittest.TestCase):
    def stage(self, script: str, counter):
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
            report = Path(folder, "report.xml")
            command = ["sh", "-c", script, "sh", str(report)]
            count = counting.run_stage("release x", command, report, counter)
        return count.passed, len(count.failures), count.skipped

    def test_pytest(self):
        report = (
            "<testsuites><testsuite>"
            "<testcase classname='a' name='b'/>"
            "<testcase classname='a' name='c'><failure/></testcase>"
            "<testcase classname='a' name='d'><error/></testcase>"
            "<testcase classname='a' name='e'><skipped/></testcase>"
            "</testsuite></testsuites>"
        )
        script = f'echo "{report}" >"$1"; exit 1'
        self.assertEqual(self.stage(script, counting.count_pytest), (1, 2, 1))

    def test_a_missing_report_is_a_failure(self):
        self.assertEqual(self.stage("exit 0", counting.count_ctest), (0, 1, 0))
        self.assertEqual(self.stage('echo "<a" >"$1"', counting.count_ctest), (0, 1, 0))

    def test_a_program_that_is_not_there_is_a_failure(self):
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(counting.run(["/no/such/program"]), 127)

    def test_an_exit_code_that_the_report_does_not_show_is_a_failure(self):
        script = """echo '<t><testcase name="x" status="run"/></t>' >"$1"; exit 8"""
        self.assertEqual(self.stage(script, counting.count_ctest), (1, 1, 0))

    def test_a_stage_that_hangs_is_stopped(self):
        seconds, counting.STAGE_SECONDS = counting.STAGE_SECONDS, 0.2
        try:
            self.assertEqual(self.stage("sleep 60 & wait", counting.count_ctest), (0, 1, 0))
        finally:
            counting.STAGE_SECONDS = seconds

    def test_the_total(self):
        count = counting.Count(12, 0, [])
        self.assertEqual(count.total(), "12 passed, 0 failed")
        count.add(counting.Count(1, 2, ["x"]))
        self.assertEqual(count.total(), "13 passed, 1 failed, 2 skipped")


if __name__ == "__main__":
    unittest.main(verbosity=2)
