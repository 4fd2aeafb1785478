"""The statistics against SciPy: the recorded values of the C tests, and `hftsim compare` against
SciPy's functions on the values of single episodes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

stats = pytest.importorskip("scipy.stats", reason="SciPy is not installed")

FOLDER = Path(__file__).resolve().parents[1] / "stats"
NUMBER = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?")
EPISODES = 40
SHORT = ["--set", "env_config.warmup_s=2", "--set", "env_config.episode_len=40"]
CONTESTANTS = ["twap", "vwap", "twap:style=aggressive"]


@pytest.fixture(scope="module")
def hftsim(program: Path) -> Callable[..., dict]:
    def run(*arguments: str) -> dict:
        done = subprocess.run([program, *arguments, "--json"], capture_output=True, text=True,
                              check=True, timeout=120)
        return json.loads(done.stdout)

    return run


def test_recorded_values_are_those_of_scipy():
    written = subprocess.run([sys.executable, "-W", "ignore", str(FOLDER / "scipy_values.py")],
                             capture_output=True, text=True, check=True, timeout=300).stdout
    recorded = (FOLDER / "scipy_values.h").read_text()
    assert NUMBER.sub("#", written) == NUMBER.sub("#", recorded)
    values = [np.array([float(x) for x in NUMBER.findall(text)]) for text in (written, recorded)]
    np.testing.assert_allclose(*values, rtol=1e-9, atol=0)


@pytest.fixture(scope="module")
def values(hftsim) -> dict[str, np.ndarray]:
    """The shortfall of each episode, run alone."""
    found = {}
    for contestant in CONTESTANTS:
        name, _, keys = contestant.partition(":")
        params = ["--param", keys] if keys else []
        found[contestant] = np.array([
            hftsim("baseline", "--strategy", name, *params, *SHORT, "--episodes", "1", "--seed",
                   str(seed))["metrics"]["shortfall_bps"]["mean"] for seed in range(EPISODES)])
    return found


@pytest.mark.parametrize("test", ["t", "wilcoxon", "permutation"])
def test_compare_is_as_scipy_has_it(hftsim, values, test):
    shown = hftsim("compare", *CONTESTANTS, *SHORT, "--side", "buy", "--episodes", str(EPISODES),
                   "--test", test)
    for rank in shown["ranking"]:
        sample = values[rank["name"]]
        np.testing.assert_allclose([rank["mean"], rank["sd"]], [sample.mean(), sample.std(ddof=1)],
                                   rtol=1e-9)
    for pair in shown["pairs"]:
        a, b = values[pair["a"]], values[pair["b"]]
        difference = a - b
        assert pair["difference"] == pytest.approx(difference.mean(), rel=1e-9)
        if test == "t":
            assert pair["p"] == pytest.approx(stats.ttest_rel(a, b).pvalue, rel=1e-9)
        elif test == "wilcoxon":
            # SciPy's exact distribution is one without ties, and digits of JSON may break a tie.
            found = stats.wilcoxon(a, b, method="exact").pvalue
            assert pair["p"] == pytest.approx(found, abs=0.02)
        else:
            draws = stats.permutation_test(
                (difference,), lambda x, axis: np.mean(x, axis=axis), vectorized=True,
                permutation_type="samples", n_resamples=20000, rng=np.random.default_rng(1))
            assert pair["p"] == pytest.approx(draws.pvalue, abs=0.02)
        left = difference.var() / (a.var() + b.var())
        assert pair["variance_left"] == pytest.approx(left, rel=1e-9)


def test_intervals_are_as_scipy_has_them(hftsim, values):
    """SciPy's BCa interval, but for the noise of the resamples."""
    shown = hftsim("compare", *CONTESTANTS, *SHORT, "--side", "buy", "--episodes", str(EPISODES))
    samples = [(rank, values[rank["name"]]) for rank in shown["ranking"]]
    samples += [(pair, values[pair["a"]] - values[pair["b"]]) for pair in shown["pairs"]]
    for item, sample in samples:
        found = stats.bootstrap((sample,), np.mean, n_resamples=20000, method="BCa",
                                rng=np.random.default_rng(2)).confidence_interval
        width = found.high - found.low
        assert item["ci_low"] == pytest.approx(found.low, abs=0.06 * width)
        assert item["ci_high"] == pytest.approx(found.high, abs=0.06 * width)
