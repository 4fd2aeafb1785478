"""The tasks, and the families of simple policies that are searched for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from play import Act, Task
from policies import (
    AVELLANEDA_STOIKOV,
    EXECUTOR,
    PORTFOLIO,
    TAKER,
    Family,
    maker_families,
    twap,
)


@dataclass(frozen=True)
class Entry:
    """A task with its families: that of constant actions and that of the rule."""

    task: Task
    constant: Family
    rule: Family

    @property
    def families(self) -> tuple[Family, Family]:
        """Both."""
        return self.constant, self.rule


def _fixed(family: Family, *parameters: float) -> Act:
    """A family's policy with these parameters."""
    return lambda moment: family(moment, np.array(parameters))


_MAKER = maker_families(distance=0.6, lean=0.03)
_PANEL = _fixed(_MAKER[1], 0.6, 0.04, 0.1)


def _entry(preset: str, role: str, families: tuple[Family, ...], **options: Any) -> Entry:
    return Entry(Task(preset, role, **options), *families)


# By preset: an entry for each role that is scored.
TASKS: dict[str, tuple[Entry, ...]] = {
    "market_making": (_entry("market_making", "maker", _MAKER),),
    "execution": (_entry("execution", "executor", EXECUTOR),),
    "taking": (_entry("taking", "taker", TAKER),),
    "portfolio": (_entry("portfolio", "portfolio", PORTFOLIO),),
    "mm_vs_execution": (
        _entry("mm_vs_execution", "maker", _MAKER, others={"executor": twap}),
        _entry("mm_vs_execution", "executor", EXECUTOR, others={"maker": _PANEL}),
    ),
    "many_makers": (_entry("many_makers", "maker", _MAKER),),
    "avellaneda_stoikov": (_entry("avellaneda_stoikov", "maker", AVELLANEDA_STOIKOV),),
}
