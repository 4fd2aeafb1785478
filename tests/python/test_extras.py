"""What needs a package that is not there says which extra brings it; all else works."""

import subprocess
import sys

import pytest

SCRIPT = """
import sys
for name in {missing!r}:
    sys.modules[name] = None  # as if it were not installed
import hftsim
from hftsim import *
try:
    hftsim.{name}
except ImportError as error:
    print(error)
"""
PACKAGES = ("gymnasium", "pettingzoo", "stable_baselines3", "ray", "torch")


def run(name, *missing):
    script = SCRIPT.format(name=name, missing=missing)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("name", "extra"),
    [
        ("Env", "gymnasium"),
        ("VectorEnv", "gymnasium"),
        ("ParallelEnv", "pettingzoo"),
        ("sb3.VecEnv", "sb3"),
        ("rllib.MultiAgentEnv", "rllib"),
    ],
)
def test_a_missing_package_names_its_extra(name, extra):
    said = run(name, *PACKAGES)
    assert f"hftsim.{name.split('.')[0]}" in said and f"pip install 'hftsim[{extra}]'" in said


def test_nothing_else_is_needed():
    assert run("make", *PACKAGES) == ""
    assert run("Env", "pettingzoo", "stable_baselines3", "ray", "torch") == ""
    assert run("ParallelEnv", "stable_baselines3", "ray", "torch") == ""


def test_an_unknown_name():
    import hftsim

    with pytest.raises(AttributeError, match="nothing"):
        _ = hftsim.nothing
