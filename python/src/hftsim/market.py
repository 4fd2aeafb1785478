"""One env with its agents by name: what :class:`hftsim.ParallelEnv` and its kin stand on."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import Error
from .opening import Options, make
from .pool import Results
from .seating import Others, Seating
from .spec import Role

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["Infos", "Market", "Outcome"]

Float32 = NDArray[np.float32]
Infos = dict[str, dict[str, Any]]
Outcome = tuple[dict[str, Float32], dict[str, float], dict[str, bool], dict[str, bool], Infos]


class Market:
    """One market whose agents are dictionaries' keys. An agent that is out leaves ``agents``.

    Args:
        config: as of :func:`hftsim.make`.
        seats: the learner's: names of roles or agents; None takes all.
        others: acts for the other seats (:data:`hftsim.seating.Others`).
        options: as of :func:`hftsim.make`.

    Attributes:
        pool: the one env, reset by hand.
        possible_agents: the learner's seats: ``maker_0``, ``maker_1``, ..., ``executor_0``, ...
        agents: those whose episode is not over; none before the first reset.
    """

    def __init__(
        self,
        config: str | os.PathLike[str] | None,
        seats: str | Sequence[str] | None,
        others: Others | None,
        **options: Unpack[Options],
    ) -> None:
        if options.get("endpoint") is None:
            options.setdefault("threads", 1)
        self.pool = make(config, autoreset="manual", copy=False, **options)
        try:
            self._seating = Seating(self.pool.spec, seats, others)
        except ValueError:
            self.pool.close()
            raise
        self.possible_agents = list(self._seating.agents)
        self.agents: list[str] = []
        self._results: Results | None = None
        self._returns: dict[str, float] = {}
        self._length = 0

    @property
    def roles(self) -> dict[str, Role]:
        """The role of each of the learner's seats."""
        places = self._seating.places.items()
        return {agent: self.pool.spec.roles[role] for agent, (role, _) in places}

    def reset(self, seed: int | None) -> tuple[dict[str, Float32], Infos]:
        """Begins an episode: observations and infos of all agents. Without a seed the next one."""
        self._results = self.pool.reset(seed)
        self.agents = list(self.possible_agents)
        self._returns = dict.fromkeys(self.agents, 0.0)
        self._length = 0
        return self._of_agents(self._results.obs), self._masks(self._results)

    def step(self, actions: Mapping[str, ArrayLike]) -> Outcome:
        """One step: observations, rewards, terminations, truncations and infos of the agents.

        ``actions`` holds one action for each of ``agents``. Where ``agents`` is empty, nothing
        happens and all are empty.
        """
        if not self.agents or self._results is None:
            return {}, {}, {}, {}, {}
        results = self._results = self.pool.step(self._stacked(actions, self._results))
        self._length += 1
        observations = self._of_agents(results.obs)
        rewards = {a: float(reward) for a, reward in self._of_agents(results.rewards).items()}
        terminations = {a: bool(flag) for a, flag in self._of_agents(results.terminated).items()}
        truncations = dict.fromkeys(self.agents, bool(results.truncated[0]))
        infos = self._infos(results, rewards)
        over = [a for a in self.agents if terminations[a] or truncations[a]]
        unfilled = self._of_agents(results.unfilled)
        for agent in over:
            infos[agent]["unfilled"] = float(unfilled[agent])
            infos[agent] |= {"return": self._returns[agent], "length": self._length}
            infos[agent].pop("action_mask", None)  # there is nothing more to choose
        self.agents = [agent for agent in self.agents if agent not in over]
        return observations, rewards, terminations, truncations, infos

    def state(self) -> Float32:
        """The global state, float32 [K], named by ``pool.spec.state_names``; of an ended episode
        its last one."""
        if self._results is None:
            raise Error("state() before the first reset()")
        return np.array(self._results.state[0])

    def close(self) -> None:
        """Frees the env."""
        self.agents = []
        self.pool.close()

    def _stacked(
        self, actions: Mapping[str, ArrayLike], results: Results
    ) -> dict[str, NDArray[Any]]:
        """The actions by role, [1, S, A]; zeros, which are ignored, for seats that are over."""
        stacked = self._seating.actions(results)
        for agent in self.agents:
            role, seat = self._seating.places[agent]
            if agent not in actions:
                raise ValueError(f"no action for {agent}")
            action = np.asarray(actions[agent])
            kind = self.pool.spec.roles[role]
            wanted = () if kind.actions == "discrete" else (len(kind.action_names),)
            if action.shape != wanted:
                raise ValueError(f"the action of {agent} must be {wanted}, not {action.shape}")
            np.copyto(stacked[role][0, seat], action, casting="same_kind")
        return stacked

    def _of_agents(self, arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
        """Of arrays [1, S, ...] by role, copies of the rows of the agents that are still in."""
        seats = ((agent, *self._seating.places[agent]) for agent in self.agents)
        return {agent: np.array(arrays[role][0, seat]) for agent, role, seat in seats}

    def _infos(self, results: Results, rewards: Mapping[str, float]) -> Infos:
        infos = self._masks(results)
        for agent, terms in self._of_agents(results.terms).items():
            names = self.pool.spec.roles[self._seating.places[agent][0]].term_names
            infos[agent] |= zip(names, terms.tolist(), strict=True)
            self._returns[agent] += rewards[agent]
        return infos

    def _masks(self, results: Results) -> Infos:
        """Infos with the masks, empty where there are none."""
        if not results.masks:
            return {agent: {} for agent in self.agents}
        masks = self._of_agents(results.masks)
        return {agent: {"action_mask": mask.view(np.int8)} for agent, mask in masks.items()}
