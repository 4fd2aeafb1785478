"""The seats that a learner controls, and the actions of the other seats. Used by all adapters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .pool import Results
from .spec import Spec

__all__ = ["Others", "Seating"]

Others = Callable[[Results], Mapping[str, ArrayLike]]
"""Acts for the seats that the learner does not control: takes all results, [N, ...], and returns
actions by role. Each array is [N, S, A] or broadcasts to it; entries of the learner's seats are
ignored. ``lambda results: {"executor": 0.0}`` makes all executors trade at an even pace. The
results are valid until the function returns: copy what is kept."""


class Seating:
    """Selects the seats of a learner among all seats of an env.

    Args:
        spec: of the envs.
        seats: names of roles (all their seats) or of agents; None takes all.
        others: acts for the other seats; None where there are none.

    Attributes:
        agents: names of the learner's seats, in the order of the spec.
        places: by agent, its role and the index of its seat within the role.

    Raises:
        ValueError: a name is unknown; or ``others`` is missing, or given without other seats.
    """

    def __init__(
        self, spec: Spec, seats: str | Sequence[str] | None, others: Others | None
    ) -> None:
        self._spec = spec
        self._others = others
        wanted = set(self._named(spec.agents if seats is None else seats))
        self.agents = tuple(agent for agent in spec.agents if agent in wanted)
        every = {
            agent: (role.name, seat)
            for role in spec.roles.values()
            for seat, agent in enumerate(role.agents)
        }
        self.places = {agent: every[agent] for agent in self.agents}
        rest = [agent for agent in spec.agents if agent not in wanted]
        self._roles_of_others = {every[agent][0] for agent in rest}
        if rest and others is None:
            raise ValueError(f"no actions for {', '.join(rest)}: pass others")
        if others is not None and not rest:
            raise ValueError("others given, but the learner controls all seats")

    def actions(self, results: Results) -> dict[str, NDArray[Any]]:
        """Actions by role, [N, S, A], of the other seats; those of the learner's seats are 0."""
        actions = {
            array.name.removeprefix("action/"): np.zeros(array.shape, array.dtype)
            for array in self._spec.actions.arrays
        }
        given = {} if self._others is None else self._others(results)
        if given.keys() != self._roles_of_others:
            raise ValueError(f"others must act for {self._roles_of_others}, not {set(given)}")
        for role, array in given.items():
            np.copyto(actions[role], np.asarray(array), casting="same_kind")
        return actions

    def _named(self, names: str | Iterable[str]) -> Iterable[str]:
        roles = self._spec.roles
        for name in [names] if isinstance(names, str) else names:
            if name in roles:
                yield from roles[name].agents
            elif name in self._spec.agents:
                yield name
            else:
                known = ", ".join([*roles, *self._spec.agents])
                raise ValueError(f"unknown seat or role {name!r}; known are {known}")
