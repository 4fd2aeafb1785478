"""Statistics of scores in the same worlds."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RESAMPLES = 2000


def paired(scores: Floats, others: Floats) -> tuple[float, float]:
    """The mean difference and its two-sided p, normal: for hundreds of worlds."""
    difference = scores - others
    error = difference.std(ddof=1) / len(difference) ** 0.5
    mean = float(difference.mean())
    if error == 0:
        return mean, 1.0 if mean == 0 else 0.0
    return mean, 2 * NormalDist().cdf(-abs(mean) / float(error))


def holm(p: Sequence[float]) -> list[float]:
    """The p-values adjusted for all of these tests together (Holm 1979)."""
    adjusted, largest = [0.0] * len(p), 0.0
    for rank, i in enumerate(sorted(range(len(p)), key=lambda i: p[i])):
        largest = max(largest, min(1.0, (len(p) - rank) * p[i]))
        adjusted[i] = largest
    return adjusted


def utility(profit: Floats) -> float:
    """Mean - 0.05 variance: that of Avellaneda and Stoikov's gamma 0.1."""
    return float(profit.mean() - 0.05 * profit.var())


def utility_interval(profit: Floats, seed: int = 0) -> tuple[float, float]:
    """The 95% percentile interval of the utility over resampled worlds."""
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(profit), (RESAMPLES, len(profit)))
    values = [utility(profit[rows]) for rows in drawn]
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def mean_interval(values: Floats) -> tuple[float, float]:
    """The 95% interval of the mean."""
    half = 1.96 * values.std(ddof=1) / len(values) ** 0.5
    return float(values.mean() - half), float(values.mean() + half)
