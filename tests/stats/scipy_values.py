#!/usr/bin/env python3
"""Writes scipy_values.h: values of SciPy for the tests of stats/. Needs SciPy.

    python tests/stats/scipy_values.py > tests/stats/scipy_values.h

The values do not change from run to run; tests/python/test_statistics.py checks that the file is up
to date, to the digits that versions of SciPy share."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from scipy import stats

FREEDOMS = (1, 2, 3, 4.5, 9, 29, 99, 199, 999, 9999, 99999)
TAILS = (0.0, -1e-3, -0.1, -0.7, -1.0, -1.96, -3.0, -6.0, -20.0, 0.3, 2.0, 5.0)
SHARES = (1e-12, 1e-5, 0.001, 0.025, 0.2, 0.4999, 0.5, 0.6, 0.9, 0.975, 0.9999)
SAMPLE_COUNTS = (2, 3, 5, 9, 12, 16, 17, 40, 50, 51, 90)


def samples() -> Iterator[tuple[str, np.ndarray]]:
    """Differences as exact decimal fractions: continuous, with ties and zeros, skew, one-sided."""
    rng = np.random.default_rng(14)
    for count in SAMPLE_COUNTS:
        yield "normal", np.round(rng.normal(0.4, 1, count), 6)
        yield "tied", np.round(rng.normal(0.3, 1.5, count))
        yield "skew", np.round(rng.lognormal(0, 1, count) - 1.2, 6)
        yield "one-sided", np.round(np.abs(rng.normal(0, 1, count)) + 0.01, 6)


def wilcoxon(sample: np.ndarray) -> float:
    """The exact p-value, ties included, from all signs or by SciPy where there are no ties; beyond
    50 differences other than 0 SciPy's normal approximation."""
    used = sample[sample != 0]
    if not len(used):
        return 1.0
    if len(used) > 50:
        return stats.wilcoxon(used, correction=False, method="asymptotic").pvalue
    sizes = np.abs(used)
    if len(set(sizes)) == len(sizes):
        return stats.wilcoxon(used, method="exact").pvalue
    if len(used) > 14:
        return math.nan  # not recorded
    ranks = stats.rankdata(sizes)

    def positive(signed: np.ndarray, axis: int = -1) -> np.ndarray:
        return np.sum(np.where(signed > 0, ranks, 0), axis=axis)

    result = stats.permutation_test(
        (np.sign(used),), lambda x, axis: positive(x, axis), permutation_type="samples",
        vectorized=True, n_resamples=np.inf)
    return result.pvalue


def permutation(sample: np.ndarray) -> float:
    if len(sample) > 16:
        return math.nan  # drawn, not exact
    return stats.permutation_test(
        (sample,), lambda x, axis: np.mean(x, axis=axis), permutation_type="samples",
        vectorized=True, n_resamples=np.inf).pvalue


def hedges(sample: np.ndarray) -> float:
    freedom = len(sample) - 1
    sd = sample.std(ddof=1)
    if len(sample) < 3 or sd == 0:
        return math.nan
    factor = math.exp(math.lgamma(freedom / 2) - math.lgamma((freedom - 1) / 2))
    return sample.mean() / sd * factor / math.sqrt(freedom / 2)


def rank_biserial(sample: np.ndarray) -> float:
    used = sample[sample != 0]
    if not len(used):
        return 0.0
    ranks = stats.rankdata(np.abs(used))
    return (ranks[used > 0].sum() - ranks[used < 0].sum()) / ranks.sum()


def needed(effect: float, alpha: float, power: float) -> int:
    """By the noncentral t distribution: the least number of differences with that power."""
    for count in range(2, 1000000):
        limit = stats.t.isf(alpha / 2, count - 1)
        shift = effect * math.sqrt(count)
        if stats.nct.sf(limit, count - 1, shift) + stats.nct.cdf(-limit, count - 1, shift) >= power:
            return count
    raise ValueError(effect)


def number(value: float) -> str:
    return "NAN" if math.isnan(value) else repr(float(value))


def rows(name: str, columns: str, values: list[tuple]) -> Iterator[str]:
    yield f"static const struct {{\n  double {columns};\n}} {name}[] = {{"
    for row in values:
        yield "    {" + ", ".join(number(value) for value in row) + "},"
    yield "};\n"


def lines() -> Iterator[str]:
    yield "// Values of SciPy, written by scipy_values.py."
    yield "#ifndef HFTSIM_TESTS_STATS_SCIPY_VALUES_H"
    yield "#define HFTSIM_TESTS_STATS_SCIPY_VALUES_H\n"
    yield "// clang-format off"
    yield "#include <math.h>\n#include <stddef.h>\n"
    yield from rows("normal_cdf", "z, p", [(z, stats.norm.cdf(z)) for z in (*TAILS, -37.0, 8.0)])
    yield from rows("normal_quantile", "p, z", [(p, stats.norm.ppf(p)) for p in (*SHARES, 1e-300)])
    yield from rows("student_cdf", "t, freedom, p",
                    [(t, f, stats.t.cdf(t, f)) for f in FREEDOMS for t in TAILS])
    yield from rows("student_quantile", "p, freedom, t",
                    [(p, f, stats.t.ppf(p, f)) for f in FREEDOMS for p in SHARES])
    yield from rows("needed", "effect, alpha, power, count",
                    [(e, a, p, needed(e, a, p)) for e in (0.1, 0.2, 0.5, 1.0) for a in (0.05, 0.005)
                     for p in (0.8, 0.95)])
    values, records = [], []
    for _, sample in samples():
        t = stats.ttest_1samp(sample, 0).pvalue if sample.std() > 0 else math.nan
        records.append((len(values), len(sample), t, wilcoxon(sample), permutation(sample),
                        hedges(sample), rank_biserial(sample), stats.skew(sample)))
        values += list(sample)
    yield "static const double sample_value[] = {"
    for i in range(0, len(values), 8):
        yield "    " + ", ".join(number(value) for value in values[i:i + 8]) + ","
    yield "};\n"
    yield "static const struct {\n  size_t first, count;\n  double t, wilcoxon, permutation, g, " \
          "rank, skewness;\n} sample[] = {"
    for first, count, *numbers in records:
        text = [number(value) for value in numbers]
        yield f"    {{{first}, {count}, " + ", ".join(text[:3]) + ","
        yield "     " + ", ".join(text[3:]) + "},"
    yield "};\n\n#endif"


if __name__ == "__main__":
    print("\n".join(lines()))
