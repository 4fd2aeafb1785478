"""Ranges of seeds: train, select and report in different worlds (docs/environment.md, "Seeds").

>>> from hftsim import seeds
>>> envs.reset(seed=seeds.TEST[:500])  # doctest: +SKIP

begins 500 envs in the first 500 worlds for tests: a list gives env i the world of its own seed. An
int gives env i the world (seed, i), mixed from both, ``envs.reset(seed=seeds.TRAINING[7])``.
"""

from __future__ import annotations

__all__ = ["SPLITS", "TEST", "TRAINING", "VALIDATION"]

TRAINING = range(0, 1_000_000_000)
VALIDATION = range(1_000_000_000, 1_100_000_000)  # to choose among policies and settings
TEST = range(2_000_000_000, 2_100_000_000)  # once, for what is reported

SPLITS = {"training": TRAINING, "validation": VALIDATION, "test": TEST}
