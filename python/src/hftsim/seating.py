"""Which seats a learner takes, and who acts for the others: what all adapters share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .pool import Results
from .spec import Spec

__all__ = ["Others", "Seating"]

Others = Callable[[Results], Mapping[str, ArrayLike]]
"""Acts for the seats that the learner has not taken: from all results, [N, ...], their actions by
role. An array is [N, S, A] or broadcasts to it, and what it says of the learner's seats is not
looked at: ``lambda results: {"executor": 0.0}`` has all executors keep an even pace. The results
are good until it returns: it copies what it keeps."""


class Seating:
    """The seats of a learner among all seats of an env.

    Args:
        spec: of the envs.
        seats: names of roles (all their seats) or of agents; None takes all.
        others: who acts for the rest; None where there is none.

    Attributes:
        agents: the names of the learner's seats, in the order of the spec.
        places: of each agent, its role and its seat there.

    Raises:
        ValueError: a name is unknown, or it does not fit whether there are others.
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
            raise ValueError(f"somebody must act for {', '.join(rest)}: give others")
        if others is not None and not rest:
            raise ValueError("others has nobody to act for: the learner takes all seats")

    def actions(self, results: Results) -> dict[str, NDArray[Any]]:
        """Actions by role, [N, S, A]: those of the others; the learner's are still to be set."""
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
                raise ValueError(f"there is no seat or role {name!r}: there are {known}")
