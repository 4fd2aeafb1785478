"""The tasks, and the families of simple policies that are searched for each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from play import Task
from policies import (
    AVELLANEDA_STOIKOV,
    EXECUTOR,
    PORTFOLIO,
    TAKER,
    Family,
    Moment,
    maker_families,
    twap,
)


@dataclass(frozen=True)
class Entry:
    """A task with its families: that of constant actions and that of the rule."""

    task: Task
    constant: Family
    rule: Family


def _fixed(family: Family, *parameters: float):
    """A family's policy with these parameters."""
    return lambda moment: family(moment, np.array(parameters))


_MAKER = maker_families(distance=3.0, lean=0.2)
_PANEL = _fixed(_MAKER[1], 3.0, 0.2, 0.1)


def _entry(name: str, role: str, families: tuple[Family, ...], **options) -> Entry:
    preset = options.pop("preset", name)
    return Entry(Task(name, preset, role, options.pop("others", {}), **options), *families)


TASKS: dict[str, Entry] = {
    entry.task.name: entry
    for entry in (
        _entry("market_making", "maker", _MAKER),
        _entry("execution", "executor", EXECUTOR),
        _entry("taking", "taker", TAKER),
        _entry("portfolio", "portfolio", PORTFOLIO),
        _entry("mm_vs_execution_maker", "maker", _MAKER, preset="mm_vs_execution",
               others={"executor": twap}),
        _entry("mm_vs_execution_executor", "executor", EXECUTOR, preset="mm_vs_execution",
               others={"maker": _PANEL}),
        _entry("many_makers", "maker", _MAKER, panel=_PANEL),
        _entry("avellaneda_stoikov", "maker", AVELLANEDA_STOIKOV),
    )
}  # fmt: skip

__all__ = ["TASKS", "Entry", "Moment"]
