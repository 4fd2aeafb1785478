"""One env with its agents by name: the base of :class:`hftsim.ParallelEnv` and other adapters."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .errors import Error
from .mixed import joined
from .opening import Options, make
from .pool import Results
from .seating import Others, Seating
from .showing import Showing, drawn_named, totals_named, totals_of
from .spec import Role

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["Infos", "Market", "Observations", "Outcome"]

Bool = NDArray[np.bool_]
Float32 = NDArray[np.float32]
Infos = dict[str, dict[str, Any]]
Observations = dict[str, Any]
Outcome = tuple[Observations, dict[str, float], dict[str, bool], dict[str, bool], Infos]


class Market:
    """One market whose agents are keys of dictionaries. An agent leaves ``agents`` at its end.

    Args:
        config: as of :func:`hftsim.make`.
        seats: the learner's seats: names of roles or agents; None: all.
        others: acts for the other seats (:data:`hftsim.seating.Others`).
        masks, state, key: where masks and the state are, see :class:`hftsim.showing.Showing`.
        options: as of :func:`hftsim.make`.

    Attributes:
        pool: the env, with ``autoreset="manual"``.
        showing: where masks and the state are.
        possible_agents: the learner's seats: ``maker_0``, ``maker_1``, ..., ``executor_0``, ...
        agents: those whose episode has not ended; empty before the first reset.
    """

    def __init__(
        self,
        config: str | os.PathLike[str] | None,
        seats: str | Sequence[str] | None,
        others: Others | None,
        masks: str = "info",
        state: str | None = None,
        key: str = "observation",
        **options: Unpack[Options],
    ) -> None:
        if options.get("endpoint") is None:
            options.setdefault("threads", 1)
        self.pool = make(config, autoreset="manual", copy=False, **options)
        try:
            self._seating = Seating(self.pool.spec, seats, others)
            self.showing = Showing(self.roles.values(), masks, state, key)
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

    def reset(
        self, seed: int | None, overrides: Mapping[str, Any] | None = None
    ) -> tuple[Observations, Infos]:
        """Begins an episode, without a seed the next one; returns observations and infos."""
        self._results = self.pool.reset(seed, overrides=overrides)
        self.agents = list(self.possible_agents)
        self._returns = dict.fromkeys(self.agents, 0.0)
        self._length = 0
        return self._observations(self._results), self._told(self._results)

    def step(self, actions: Mapping[str, Any]) -> Outcome:
        """Steps; returns observations, rewards, terminations, truncations and infos by agent.

        ``actions`` holds one action for each of ``agents``. Where ``agents`` is empty, nothing
        happens and all five are empty.
        """
        if not self.agents or self._results is None:
            return {}, {}, {}, {}, {}
        results = self._results = self.pool.step(self._stacked(actions, self._results))
        self._length += 1
        observations = self._observations(results)
        rewards = {a: float(reward) for a, reward in self._of_agents(results.rewards).items()}
        terminations = {a: bool(flag) for a, flag in self._of_agents(results.terminated).items()}
        truncations = dict.fromkeys(self.agents, bool(results.truncated[0]))
        infos = self._infos(results, rewards)
        over = [a for a in self.agents if terminations[a] or truncations[a]]
        if over:
            self._add_ends(results, over, infos)
        self.agents = [agent for agent in self.agents if agent not in over]
        return observations, rewards, terminations, truncations, infos

    def state(self) -> Float32:
        """The global state, float32 [K], named by ``pool.spec.state_names``; after the end of an
        episode its last state."""
        if self._results is None:
            raise Error("state() before the first reset()")
        return np.array(self._results.state[0])

    def mask(self, agent: str) -> Bool:
        """The choices that are allowed to an agent now, bool [M]; after the end of its episode
        those of the last observation."""
        if self._results is None:
            raise Error("action_masks() before the first reset()")
        role, seat = self._seating.places[agent]
        return np.array(self._results.masks[role][0, seat])

    def close(self) -> None:
        """Frees the env."""
        self.agents = []
        self.pool.close()

    def _stacked(
        self, actions: Mapping[str, Any], results: Results
    ) -> dict[str, NDArray[Any]]:
        """Actions by role, [1, S, A]; 0, which is ignored, for seats whose episode has ended."""
        stacked = self._seating.actions(results)
        for agent in self.agents:
            role, seat = self._seating.places[agent]
            if agent not in actions:
                raise ValueError(f"no action for {agent}")
            kind = self.pool.spec.roles[role]
            given = actions[agent]
            action = joined(kind, given) if isinstance(given, Mapping) else np.asarray(given)
            wanted = () if kind.actions == "discrete" else (len(kind.action_names),)
            if action.shape != wanted:
                raise ValueError(f"the action of {agent} must be {wanted}, not {action.shape}")
            np.copyto(stacked[role][0, seat], action, casting="same_kind")
        return stacked

    def _of_agents(self, arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
        """Copies of the rows of the active agents, from arrays [1, S, ...] by role."""
        seats = ((agent, *self._seating.places[agent]) for agent in self.agents)
        return {agent: np.array(arrays[role][0, seat]) for agent, role, seat in seats}

    def _infos(self, results: Results, rewards: Mapping[str, float]) -> Infos:
        infos = self._told(results)
        for agent, terms in self._of_agents(results.terms).items():
            names = self.pool.spec.roles[self._seating.places[agent][0]].term_names
            infos[agent] |= zip(names, terms.astype(np.float64), strict=True)
            self._returns[agent] += rewards[agent]
        return infos

    def _add_ends(self, results: Results, over: Sequence[str], infos: Infos) -> None:
        """Adds the entries of an agent's last step to its infos."""
        unfilled = self._of_agents(results.unfilled)
        totals = self._totals(results)
        for agent in over:
            role = self.pool.spec.roles[self._seating.places[agent][0]]
            infos[agent]["unfilled"] = np.float64(unfilled[agent])
            infos[agent]["return"] = np.float64(self._returns[agent])
            infos[agent]["length"] = np.int64(self._length)
            infos[agent] |= totals_named(role, totals[agent])
            infos[agent].pop("action_mask", None)  # the episode has ended

    def _totals(self, results: Results) -> dict[str, Any]:
        """Totals of the episode of each active agent, [W]. The finals do not have them while the
        env continues with other agents."""
        if len(results.finals) and results.finals.totals:
            return self._of_agents(results.finals.totals)
        if not all(role.total_names for role in self.roles.values()):
            return {agent: np.zeros(0) for agent in self.agents}
        seats = {seat["agent"]: seat for seat in self.pool.picture(0, 1)["agents"]}
        return {agent: totals_of(self.roles[agent], seats[agent]) for agent in self.agents}

    def _observations(self, results: Results) -> Observations:
        observations = self._of_agents(results.obs)
        if not self.showing.parts:
            return observations
        masks = self._masks(results)
        return {
            agent: self.showing.observed(obs, masks.get(agent), np.array(results.state[0]))
            for agent, obs in observations.items()
        }

    def _told(self, results: Results) -> Infos:
        """Infos with masks, states and drawn values; empty dictionaries where there are none."""
        masks = self._masks(results)
        tells_state = self.showing.tells_state
        infos: Infos = {
            agent: self.showing.told(
                masks.get(agent), np.array(results.state[0]) if tells_state else None
            )
            for agent in self.agents
        }
        for info in infos.values() if self.pool.spec.drawn_names else ():
            info["drawn"] = drawn_named(self.pool.spec, results.drawn[0])
        return infos

    def _masks(self, results: Results) -> dict[str, Bool]:
        """Masks by agent; empty where actions are not choices."""
        return self._of_agents(results.masks) if results.masks else {}
