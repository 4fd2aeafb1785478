#!/usr/bin/env python3
"""claims.py goes on where it stopped, names what failed, and knows what is stale; pages show it."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {
    **os.environ,
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@b",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@b",
    "HFTSIM_BIN": "/nowhere/bin/hftsim",
    "PIP_NO_INDEX": "1",
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_FIND_LINKS": "",
}
TABLE = """
documents = ["docs/page.md"]
[environments]
base = []
"""
PAGE = "# Page\n<!-- cells * -->\n<!-- end -->\nfin\n"


def cell(name, code, extra=""):
    """A row whose command runs this Python and counts its runs in a file."""
    count = f"open('runs.txt', 'a').write('{name} ')"
    text = json.dumps(["python", "-c", f"{count}\n{code}"])
    return f'[[cells]]\nname = "{name}"\nwhat = "a cell"\nminutes = 1\ncommand = {text}\n{extra}\n'


@unittest.skipIf(sys.version_info < (3, 11), "claims.py needs Python 3.11")
class ClaimsTest(unittest.TestCase):
    def setUp(self):
        self.environment = ENVIRONMENT
        self.root = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)
        for folder in ("claims", "docs"):
            (self.root / folder).mkdir()
        for path in (ROOT / "claims").glob("*.py"):
            shutil.copy(path, self.root / "claims")
        (self.root / "docs" / "page.md").write_text(PAGE)
        (self.root / "input.txt").write_text("one")
        (self.root / ".gitignore").write_text("build\n__pycache__\nruns.txt\n")
        self.git("init", "-q")

    def git(self, *arguments):
        subprocess.run(["git", *arguments], cwd=self.root, env=ENVIRONMENT, check=True)

    def table(self, *rows, head=TABLE):
        text = head + ("\n".join(rows) or cell("a/none", ""))
        (self.root / "claims" / "cells.toml").write_text(text)
        self.git("add", "-A")
        self.git("commit", "-qm", "x", "--allow-empty")

    def start(self, *arguments):
        return subprocess.Popen(
            [sys.executable, "claims/claims.py", *arguments],
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def claims(self, *arguments, code=0):
        process = self.start(*arguments)
        said = process.communicate(timeout=300)[0]
        self.assertEqual(process.returncode, code, said)
        return said

    def result(self, name):
        return json.loads((self.root / "claims" / "results" / f"{name}.json").read_text())

    def runs(self):
        """Which cells ran since this was asked last."""
        path = self.root / "runs.txt"
        names = path.read_text().split() if path.exists() else []
        path.unlink(missing_ok=True)
        return names

    def wait_for(self, path):
        for _ in range(600):
            if (self.root / path).exists():
                return
            time.sleep(0.1)
        self.fail(f"{path} did not come")

    def test_what_is_done_is_not_done_again(self):
        self.table(cell("a/one", "print('{\"x\": 1500}')"), cell("b/two", "print('some words')"))
        self.claims()
        self.assertEqual(self.runs(), ["a/one", "b/two"])
        one, two = self.result("a/one"), self.result("b/two")
        self.assertEqual((one["status"], one["figures"]), ("passed", {"x": 1500}))
        self.assertEqual((two["status"], two["output"]), ("passed", ["some words"]))
        page = (self.root / "docs" / "page.md").read_text()
        self.assertIn("| 1,500 |", page)
        self.assertIn("passed: some words", page)
        self.assertTrue(page.endswith("<!-- end -->\nfin\n"))
        self.claims()
        self.assertEqual(self.runs(), [])
        self.claims("--force", "--only", "b/*")
        self.assertEqual(self.runs(), ["b/two"])
        self.assertRegex(self.claims("--list"), r"passed +1 min  a/one\npassed +1 min  b/two")
        self.claims("--only", "c/*", code=2)

    def test_failures_are_named_and_tried_again(self):
        self.table(
            cell("a/exit", "raise SystemExit(3)"),
            cell("a/killed", "import os; os.kill(os.getpid(), 9)"),
            cell("a/false", "print('{\"x\": 1}')", 'holds = "x > 1"'),
            cell("a/silent", "", 'holds = "x > 1"'),
            cell("a/good", "print('{\"x\": 2}')", 'holds = "x > 1"'),
            '[[cells]]\nname = "a/missing"\nwhat = "a cell"\nminutes = 1\ncommand = ["no_such"]\n',
        )
        bad = ["exit", "killed", "false", "silent", "missing"]
        said = self.claims(code=1)
        for name in bad:
            self.assertIn(f"a/{name}: failed, see build/claims/logs/a/{name}\n", said)
            self.assertEqual(self.result(f"a/{name}")["status"], "failed")
        self.assertIn("1 of 6 cells passed", said)
        reasons = [self.result(f"a/{name}")["reason"] for name in bad]
        self.assertEqual(
            reasons[:3], ["exit code 3", "ended by signal 9", "condition is false: x > 1"])
        page = (self.root / "docs" / "page.md").read_text()
        self.assertIn("failed: condition is false: x > 1", page)
        self.runs()
        self.claims(code=1)
        self.assertEqual(self.runs(), ["a/exit", "a/killed", "a/false", "a/silent"])

    def test_results_become_stale(self):
        row = cell("a/one", "", 'inputs = ["input.txt"]')
        self.table(row)
        self.claims()
        self.runs()
        (self.root / "other.txt").write_text("of nothing")
        self.claims()
        self.assertEqual(self.runs(), [])
        self.assertRegex(self.result("a/one")["revision"], "^[0-9a-f]{12}$")
        (self.root / "input.txt").write_text("two")
        self.assertIn("stale", self.claims("--list"))
        self.claims()
        self.assertEqual(self.runs(), ["a/one"])
        self.assertRegex(self.result("a/one")["revision"], r"^[0-9a-f]{12}\+changes$")
        self.table(row.replace("a/one ')", "a/one ');pass"))
        self.claims()
        self.assertEqual(self.runs(), ["a/one"])
        self.table(cell("a/one", "", 'inputs = ["no_such_file"]'))
        self.assertIn("no tracked file at no_such_file", self.claims(code=2))

    def test_a_run_that_was_cut_short_goes_on(self):
        slow = """
import os, pathlib, subprocess, sys, time
folder = pathlib.Path(os.environ["CLAIMS_FOLDER"])
if not (folder / "half").exists():
    (folder / "half").touch()
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    pathlib.Path("build/pid").write_text(str(child.pid))
    time.sleep(600)
"""
        rows = [cell("a/first", ""), cell("a/slow", slow), cell("a/last", "")]
        for number in (signal.SIGINT, signal.SIGTERM):
            shutil.rmtree(self.root / "claims" / "results", ignore_errors=True)
            self.table(*rows)
            process = self.start()
            self.wait_for("build/pid")
            second = self.claims(code=2)
            self.assertIn("another run", second)
            process.send_signal(number)
            self.assertIn("interrupted", process.communicate(timeout=60)[0])
            self.assertEqual(process.returncode, 130)
            child = int((self.root / "build" / "pid").read_text())
            self.assertFalse(self.alive(child))
            self.assertEqual(self.runs(), ["a/first", "a/slow"])
            self.claims()  # the folder tells the command that half is done
            self.assertEqual(self.runs(), ["a/slow", "a/last"])
            self.assertFalse((self.root / "build/claims/folders/a/slow").exists())
            (self.root / "build" / "pid").unlink()

    @staticmethod
    def alive(pid):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return False
        return state != "Z"

    def test_nothing_runs_beside_what_a_killed_run_has_left(self):
        self.table(cell("a/one", "import time; open('build/here', 'w'); time.sleep(600)"))
        process = self.start()
        self.wait_for("build/here")
        process.kill()
        process.communicate()
        self.assertIn("another run, or a process left by one", self.claims(code=2))
        for stat in Path("/proc").glob("[0-9]*/cwd"):
            try:
                if stat.resolve() == self.root.resolve():
                    os.kill(int(stat.parent.name), signal.SIGKILL)
            except OSError:
                pass
        self.table(cell("a/one", ""))
        self.claims()

    def test_what_cannot_be_installed(self):
        head = TABLE + 'odd = ["no-such-package==1.0"]\n'
        (self.root / "claims" / "environments").mkdir()
        (self.root / "claims" / "environments" / "odd.txt").write_text("no-such-package==1.0\n")
        self.table(cell("a/odd", "", 'environment = "odd"'), cell("a/one", ""), head=head)
        self.assertIn("a/odd: not installable", self.claims(code=1))
        result = self.result("a/odd")
        self.assertEqual(result["status"], "not installable")
        self.assertIn("no-such-package==1.0", result["reason"])
        self.assertEqual(result["versions"]["no-such-package"], "1.0")
        self.assertEqual(self.runs(), ["a/one"])
        self.claims("--lock", "odd", code=2)
        self.claims("--lock", "none", code=2)

    def test_environments_are_locked_and_made_once(self):
        head = TABLE + 'odd = ["odd-package==1.5"]\n'
        self.wheel("odd_package", "1.5+cpu")
        self.table(head=head)
        self.claims("--lock", "odd")
        lock = self.root / "claims" / "environments" / "odd.txt"
        self.assertEqual(lock.read_text().splitlines()[1:], ["odd_package==1.5"])
        code = "import json, odd_package; print(json.dumps({'version': odd_package.version}))"
        self.table(cell("a/odd", code, 'environment = "odd"'), head=head)
        self.assertNotIn("making", self.claims())
        result = self.result("a/odd")
        self.assertEqual(result["figures"], {"version": "1.5+cpu"})
        self.assertEqual(result["versions"]["odd-package"], "1.5")
        self.assertIn("odd-package 1.5 |", (self.root / "docs" / "page.md").read_text())
        shutil.rmtree(self.root / "build")  # made again from the lock
        self.assertNotIn("making", self.claims())
        self.assertIn("making", self.claims("--force"))

    def wheel(self, name, version):
        info = f"{name}-{version}.dist-info"
        files = {
            f"{name}.py": f"version = '{version}'\n",
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/RECORD": "",
        }
        wheels = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, wheels)
        with zipfile.ZipFile(wheels / f"{name}-{version}-py3-none-any.whl", "w") as archive:
            for path, text in files.items():
                archive.writestr(path, text)
        self.environment = {**ENVIRONMENT, "PIP_FIND_LINKS": str(wheels)}

    def test_a_row_may_be_many_cells(self):
        row = cell("a/s{seed}_{kind}", "print('{\"x\": {seed}}')")
        self.table(row + "matrix = {seed = [1, 2], kind = ['u', 'v']}\n")
        self.claims()
        self.assertEqual(self.runs(), ["a/s1_u", "a/s1_v", "a/s2_u", "a/s2_v"])
        self.assertEqual(self.result("a/s2_u")["figures"], {"x": 2})

    def test_a_table_that_makes_no_sense(self):
        one = cell("a/one", "")
        for rows in (
            [one, one],
            [cell("one", "")],
            [cell("../a/one", "")],
            [cell("a/one", "", 'environment = "none"')],
            [cell("a/one", "", "odd = 1")],
        ):
            self.table(*rows)
            self.assertIn("claims.py: ", self.claims(code=2))
            self.assertEqual(self.runs(), [])

    def test_paths_and_hosts_stay_out_of_results(self):
        code = "import os; print('/some/where/odd.py, https://some.host/simple/ in', os.getcwd())"
        self.table(cell("a/one", code))
        self.claims()
        self.assertEqual(self.result("a/one")["output"], [".../odd.py, URL in ."])

    def test_a_result_that_is_none_is_named(self):
        self.table(cell("a/one", ""))
        self.claims()
        path = self.root / "claims" / "results" / "a" / "one.json"
        for text in ("", "{", "[]", "{}", path.read_text()[:40]):
            path.write_text(text)
            for arguments in ([], ["--list"], ["--check-docs"]):
                said = self.claims(*arguments, code=2)
                self.assertIn("claims.py: claims/results/a/one.json", said)
        path.unlink()
        self.claims()

    def test_pages_are_checked(self):
        self.table(cell("a/one", ""))
        self.assertIn("docs/page.md: run", self.claims("--check-docs", code=1))
        self.claims("--write-docs")
        self.claims("--check-docs")
        self.assertIn("| a/one | a cell | never run |", (self.root / "docs/page.md").read_text())
        page = PAGE.replace("cells *", "cells b/*")
        self.table(cell("a/one", ""), cell("b/two", ""))
        (self.root / "docs" / "page.md").write_text(page)
        self.assertIn("a/one is in no table", self.claims("--write-docs", code=1))

    def test_scores_are_a_row_for_each_policy(self):
        (self.root / "docs" / "page.md").write_text(PAGE.replace("cells *", "scores *"))
        of = {"reward": 1.5, "reward_error": 0.2, "metric": -3, "metric_error": 1, "told": "x 2"}
        figures = {"scores": {"maker": {"rule": of}}}
        self.table(cell("a/one", f"print('{json.dumps(figures)}')"), cell("a/two", ""))
        self.claims("--write-docs")
        self.assertIn("| never run |  | a/two |", (self.root / "docs/page.md").read_text())
        self.claims()
        self.assertIn(
            "| maker | rule: x 2 | 1.5 ± 0.2 | -3 ± 1 | [a/one](../claims/results/a/one.json) |",
            (self.root / "docs/page.md").read_text(),
        )


@unittest.skipIf(sys.version_info < (3, 11), "claims.py needs Python 3.11")
class RepositoryTest(unittest.TestCase):
    """Ours: pages are what results are, and results tell nothing of a machine."""

    def test_pages_and_results(self):
        command = [sys.executable, "claims/claims.py", "--check-docs"]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_every_result_is_of_a_cell_and_clean(self):
        sys.path.insert(0, str(ROOT / "claims"))
        import cells

        known = {cell.result: cell for cell in cells.read_table().cells}
        for path in (ROOT / "claims" / "results").rglob("*.json"):
            self.assertIn(path, known)
            text = path.read_text(encoding="utf-8")
            self.assertEqual(json.loads(text)["cell"], known[path].name)
            self.assertNotRegex(text, r"\w+://|/(root|home|tmp|work|opt|usr)/")

    def test_environments_are_exact(self):
        for path in (ROOT / "claims" / "environments").glob("*.txt"):
            for line in path.read_text(encoding="utf-8").splitlines():
                self.assertTrue(line.startswith("#") or re.fullmatch(r"[\w.-]+==[\w.!]+", line))


if __name__ == "__main__":
    unittest.main()
