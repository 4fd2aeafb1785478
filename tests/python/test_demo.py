"""The demo, shortened: it writes what it names, and leaves no server behind."""

import re
import signal
import subprocess
import sys

import h5py
import hftsim
import pytest

from conftest import REPOSITORY

DEMO = REPOSITORY / "scripts" / "demo.py"
WAIT_S = 300  # for what takes seconds: only what hangs takes as long


def start(program, out, *arguments):
    return subprocess.Popen(
        [sys.executable, DEMO, "--program", program, "--out", out, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_demo(program, tmp_path):
    out = tmp_path / "demo"
    child = start(program, out, "--seconds", "2", "--episodes", "8")
    output, errors = child.communicate(timeout=WAIT_S)
    assert child.returncode == 0, errors
    for name in ("learner", "do-nothing", "twap", "random"):
        line = re.search(rf"\d\. {name} +(-?[\d.]+) +(-?[\d.]+) \.\. (-?[\d.]+)$", output, re.M)
        assert line is not None, output
        mean, low, high = (float(number) for number in line.groups())
        assert low <= mean <= high
    assert re.search(r"do-nothing +0\.00 +0\.00 \.\. 0\.00$", output, re.M)
    for name in ("index.html", "market.h5", "policy.npz"):
        assert (out / name).stat().st_size > 0
        assert str(out / name) in output
    page = (out / "index.html").read_text()
    assert page.count("<img") == 5 and page.endswith("</html>\n")
    sources = re.findall(r'(?:src|href)="(.{0,30})', page)
    assert len(sources) == 5
    assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)
    with h5py.File(out / "market.h5") as file:
        assert "config" in file.attrs


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_demo_stops_its_server(program, tmp_path, number):
    child = start(program, tmp_path, "--seconds", "60")
    serving = re.search(r"serving on (\S+);", child.stderr.readline())
    assert serving is not None
    client = hftsim.Client(serving[1], timeout_s=2)
    client.ping()
    child.send_signal(number)
    _, errors = child.communicate(timeout=WAIT_S)
    assert child.returncode == 130 and "Traceback" not in errors
    with pytest.raises(hftsim.ServerUnavailable):
        client.ping()
    client.close()


def test_no_program(tmp_path):
    child = start(tmp_path / "hftsim", tmp_path)
    _, errors = child.communicate(timeout=WAIT_S)
    assert child.returncode == 1
    assert "run `make build` first" in errors and "Traceback" not in errors
