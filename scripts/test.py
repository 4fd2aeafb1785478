#!/usr/bin/env python3
"""Builds and tests presets of CMakePresets.json: scripts/test.py [--werror] [preset...] (default:
release). With --werror a warning of the compiler is an error.

Counts single tests: the functions of cmocka, unittest and pytest programs. Any other program is one
test, and so is a failed build. Crashes, timeouts and leaks are failures. The last line is the
total, "123 passed, 0 failed" (", 4 skipped" if any were); the exit code is 0 if nothing failed and
something passed.
"""

from __future__ import annotations

import dataclasses
import os
import re
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REPORTS = ROOT / "build" / "reports"
STAGE_SECONDS = 1800
PYTEST_SECONDS = 400  # of one test, which then fails with the stacks of its threads

# Presets that do not build all targets or run all tests. tests/CMakeLists.txt explains the labels.
BUILD_OPTIONS = {"fuzz": ["--target", "fuzz"]}
CTEST_OPTIONS = {
    "clang": ["--label-exclude", "source"],
    "asan": ["--label-exclude", "source|slow"],
    "tsan": ["--label-exclude", "source|slow|sequential"],
    "fuzz": ["--label-regex", "fuzz"],
}
# The tests of the Python client run with the programs of these presets. Tests of real training run
# if `scripts/venv.sh learners` has installed their packages.
PYTEST_OPTIONS = {"release": [], "asan": ["-m", "not slow"]}

CMOCKA_LINE = re.compile(r"^\[ *(RUN|OK|FAILED|ERROR|SKIPPED) *\] (\S+)$", re.MULTILINE)
UNITTEST_RAN = re.compile(r"^Ran (\d+) tests? in ", re.MULTILINE)
UNITTEST_RESULT = re.compile(r"^(?:OK|FAILED)(?: \((.*)\))?$", re.MULTILINE)


@dataclasses.dataclass
class Count:
    passed: int = 0
    skipped: int = 0
    failures: list[str] = dataclasses.field(default_factory=list)

    def add(self, other: Count) -> None:
        self.passed += other.passed
        self.skipped += other.skipped
        self.failures += other.failures

    def total(self) -> str:
        line = f"{self.passed} passed, {len(self.failures)} failed"
        return line + (f", {self.skipped} skipped" if self.skipped else "")


def count_cmocka(output: str, program: str) -> Count:
    """Pairs each RUN with its result; a RUN without one crashed. (The summary repeats names.)"""
    count = Count()
    running = None
    for word, name in CMOCKA_LINE.findall(output):
        if word == "RUN":
            if running is not None:
                count.failures.append(f"{program}: {running}")
            running = name
        elif name == running:
            running = None
            if word == "OK":
                count.passed += 1
            elif word == "SKIPPED":
                count.skipped += 1
            else:
                count.failures.append(f"{program}: {name}")
    if running is not None:
        count.failures.append(f"{program}: {running}")
    return count


def count_unittest(output: str, program: str) -> Count:
    ran = sum(int(number) for number in UNITTEST_RAN.findall(output))
    numbers = {"skipped": 0, "failures": 0, "errors": 0, "unexpected successes": 0}
    for details in UNITTEST_RESULT.findall(output):
        for name, number in re.findall(r"([a-z ]+)=(\d+)", details):
            if name.strip() in numbers:
                numbers[name.strip()] += int(number)
    skipped = numbers.pop("skipped")
    failed = sum(numbers.values())
    return Count(max(ran - skipped - failed, 0), skipped, [program] * failed)


def count_program(case: ElementTree.Element, preset: str) -> Count:
    """Counts the tests in the output of a program that ctest ran."""
    program = f"{preset}: {case.get('name')}"
    output = case.findtext("system-out") or ""
    status = case.get("status")
    skip = case.find("skipped")
    if status == "notrun" and skip is not None and "SKIP_" in (skip.get("message") or ""):
        return Count(skipped=1)
    count = Count()
    count.add(count_cmocka(output, program))
    if UNITTEST_RAN.search(output):
        count.add(count_unittest(output, program))
    if status == "run":
        if count == Count():
            count.passed = 1
    elif not count.failures:  # crashed, timed out, leaked or could not be started
        count.failures.append(program)
    return count


def count_ctest(report: Path, preset: str) -> Count:
    count = Count()
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        count.add(count_program(case, preset))
    return count


def count_pytest(report: Path, preset: str) -> Count:
    count = Count()
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            count.failures.append(f"{preset}: {case.get('classname')}.{case.get('name')}")
        elif case.find("skipped") is not None:
            count.skipped += 1
        else:
            count.passed += 1
    return count


def run(command: list[str], **environment: str) -> int:
    """Runs a command from the root; returns its exit code, 124 after a timeout, 127 if it could
    not be started, minus the signal that ended it."""
    print("$", " ".join(command), flush=True)
    try:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **environment}, start_new_session=True
        )
    except OSError as error:
        print(error, flush=True)
        return 127
    try:
        return process.wait(timeout=STAGE_SECONDS)
    except BaseException as stopped:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if isinstance(stopped, subprocess.TimeoutExpired):
            print(f"stopped after {STAGE_SECONDS} s", flush=True)
            return 124
        raise


def run_stage(name: str, command: list[str], report: Path, counter, **environment: str) -> Count:
    """Runs tests that write a report. A failure missing from the report is counted, too."""
    preset = name.split()[0]
    code = run(command, **environment)
    try:
        count = counter(report, preset)
    except (OSError, ElementTree.ParseError) as error:
        count = Count(failures=[f"{name}: exit code {code}, no report: {error}"])
    if code != 0 and not count.failures:
        count.failures.append(f"{name}: exit code {code}")
    return count


def test_preset(preset: str, configure_options: list[str]) -> Count:
    build = ["cmake", "--build", "--preset", preset, *BUILD_OPTIONS.get(preset, [])]
    for command in (["cmake", "--preset", preset, *configure_options], build):
        if run(command) != 0:
            return Count(failures=[f"{preset}: {' '.join(command)}"])
    report = REPORTS / f"{preset}-ctest.xml"
    command = ["ctest", "--preset", preset, *CTEST_OPTIONS.get(preset, [])]
    command += ["--output-junit", str(report)]
    # By default ctest cuts outputs to 1 KiB.
    command += ["--test-output-size-passed", "10000000", "--test-output-size-failed", "10000000"]
    count = run_stage(f"{preset} ctest", command, report, count_ctest)
    if preset in PYTEST_OPTIONS:
        report = REPORTS / f"{preset}-pytest.xml"
        python = str(ROOT / ".venv" / "bin" / "python")
        command = [python, "-m", "pytest", "-q", "tests/python", "--junitxml", str(report)]
        command += ["--timeout", str(PYTEST_SECONDS), *PYTEST_OPTIONS[preset]]
        program = str(ROOT / "build" / preset / "bin" / "hftsim")
        count.add(run_stage(f"{preset} pytest", command, report, count_pytest, HFTSIM_BIN=program))
    return count


def main() -> int:
    werror = "--werror" in sys.argv[1:]
    configure_options = ["-DHFTSIM_WERROR=ON"] if werror else []
    presets = [word for word in sys.argv[1:] if word != "--werror"] or ["release"]
    if any(preset.startswith("-") for preset in presets):
        print(__doc__)
        return 0 if presets[0] in ("-h", "--help") else 2
    REPORTS.mkdir(parents=True, exist_ok=True)
    for old in REPORTS.glob("*.xml"):
        old.unlink()
    total = Count()
    for preset in presets:
        count = test_preset(preset, configure_options)
        print(f"{preset}: {count.total()}\n", flush=True)
        total.add(count)
    if total.failures:
        print("Failed:")
        for failure in total.failures:
            print(f"  {failure}")
    print(total.total(), flush=True)
    return 0 if total.passed > 0 and not total.failures else 1


if __name__ == "__main__":
    sys.exit(main())
