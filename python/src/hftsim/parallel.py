"""One environment for PettingZoo: every seat is an agent, all of them act at once."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import Error
from .local import LocalBackend
from .opening import connect
from .spec import Role
from .pool import Pool, Results

try:
    import pettingzoo
    from gymnasium.spaces import Box, Discrete, MultiDiscrete, Space
except ImportError as error:
    raise ImportError(
        "hftsim.ParallelEnv needs PettingZoo: pip install 'hftsim[pettingzoo]'"
    ) from error

__all__ = ["ParallelEnv"]

Float32 = NDArray[np.float32]


class ParallelEnv(pettingzoo.ParallelEnv):  # type: ignore[misc]  # it comes without types
    """One market with all its seats, as a PettingZoo ``ParallelEnv``.

    The agents are the seats: ``maker_0``, ``maker_1``, ..., ``executor_0``, ... An agent leaves
    ``agents`` when its episode is over. ``infos[agent]`` holds the terms of the reward by name;
    where actions are choices ``action_mask``, int8, as of ``Results.masks``; and in the agent's
    last step ``return`` and ``length`` of its episode.

    The next episode begins in the step that ends one. A ``reset()`` without a seed
    right after an end hands out that episode; a ``reset(seed)`` always starts over from its world.

    Args:
        endpoint: where a server listens; None is this process (see :func:`hftsim.make`).
        config, config_text, overrides, seed: as in :func:`hftsim.connect`.
        timeout_s, retries, server_key, keys: of a server, as in :func:`hftsim.connect`.
    """

    metadata: ClassVar[dict[str, Any]] = {
        "name": "hftsim_v0",
        "render_modes": [],
        "is_parallelizable": True,
    }
    render_mode = None

    def __init__(
        self,
        endpoint: str | None = None,
        *,
        config: str | None = None,
        config_text: str | None = None,
        overrides: Mapping[str, Any] | None = None,
        seed: int = 0,
        timeout_s: float = 10.0,
        retries: int = 3,
        server_key: str | os.PathLike[str] | None = None,
        keys: str | os.PathLike[str] | None = None,
    ) -> None:
        if config is not None and config_text is not None:
            raise ValueError("give config or config_text, not both")
        chosen: dict[str, Any] = {
            "config": config,
            "config_text": config_text,
            "overrides": overrides,
            "num_envs": 1,
            "seed": seed,
        }
        if endpoint is None:
            self._env = Pool(LocalBackend(**chosen, threads=1, copy=True))
        else:
            self._env = connect(
                endpoint,
                **chosen,
                timeout_s=timeout_s,
                retries=retries,
                server_key=server_key,
                keys=keys,
            )
        self.spec = self._env.spec
        self.possible_agents = list(self.spec.agents)
        self.agents: list[str] = []
        self._seats = {
            agent: (role.name, seat)
            for role in self.spec.roles.values()
            for seat, agent in enumerate(role.agents)
        }
        self._action_spaces = self._spaces(_action_space)
        self._observation_spaces = self._spaces(
            lambda role: Box(-np.inf, np.inf, (len(role.obs_names),), np.float32)
        )
        self._state: Float32 | None = None
        self._returns: dict[str, float] = {}
        self._length = 0
        self._begun: Results | None = None  # the next episode, where the last one has just ended

    def action_space(self, agent: str) -> Space[Any]:
        """The same space for each call with this agent: a box in [-1, 1], or choices."""
        return self._action_spaces[agent]

    def observation_space(self, agent: str) -> Space[Any]:
        """The same unbounded box for each call with this agent."""
        return self._observation_spaces[agent]

    @functools.cached_property
    def state_space(self) -> Box:
        """The space of :meth:`state`."""
        return Box(-np.inf, np.inf, (len(self.spec.state_names),), np.float32)

    def reset(
        self, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Float32], dict[str, dict[str, Any]]]:
        """Begins an episode: observations and infos of all agents. No options are known."""
        results = self._begun
        if seed is not None or results is None:
            results = self._env.reset(seed)
        self._begun = None
        self.agents = list(self.possible_agents)
        self._state = results.state[0]
        self._returns = dict.fromkeys(self.agents, 0.0)
        self._length = 0
        return self._of_agents(results.obs), self._masks(results)

    def step(
        self, actions: Mapping[str, ArrayLike]
    ) -> tuple[
        dict[str, Float32],
        dict[str, float],
        dict[str, bool],
        dict[str, bool],
        dict[str, dict[str, Any]],
    ]:
        """One step: observations, rewards, terminations, truncations and infos of the agents.

        ``actions`` holds one action for each of ``agents``. Where ``agents`` is empty, nothing
        happens and all are empty.
        """
        if not self.agents:
            return {}, {}, {}, {}, {}
        results = self._env.step(self._stacked(actions))
        self._length += 1
        ended = bool(results.ended[0])
        self._begun = results if ended else None
        self._state = (results.finals.state if ended else results.state)[0]
        observations = self._of_agents(results.finals.obs if ended else results.obs)
        rewards = {a: float(reward) for a, reward in self._of_agents(results.rewards).items()}
        terminations = {a: bool(flag) for a, flag in self._of_agents(results.terminated).items()}
        truncations = dict.fromkeys(self.agents, bool(results.truncated[0]))
        infos = self._infos(results, rewards)
        over = [a for a in self.agents if ended or terminations[a] or truncations[a]]
        for agent in over:
            infos[agent] |= {"return": self._returns[agent], "length": self._length}
            infos[agent].pop("action_mask", None)  # it is the next episode's
        self.agents = [agent for agent in self.agents if agent not in over]
        return observations, rewards, terminations, truncations, infos

    def state(self) -> Float32:
        """The global state, float32 [K], named by ``spec.state_names``; of an ended episode its
        last one."""
        if self._state is None:
            raise Error("state() before the first reset()")
        return self._state

    def close(self) -> None:
        """Frees the env."""
        self.agents = []
        self._env.close()

    def _spaces(self, make: Callable[[Role], Space[Any]]) -> dict[str, Space[Any]]:
        return {agent: make(role) for role in self.spec.roles.values() for agent in role.agents}

    def _stacked(self, actions: Mapping[str, ArrayLike]) -> dict[str, NDArray[Any]]:
        """The actions by role, [1, S, A]; zeros, which are ignored, for seats that are over."""
        stacked = {
            array.name.removeprefix("action/"): np.zeros(array.shape, array.dtype)
            for array in self.spec.actions.arrays
        }
        for agent in self.agents:
            role, seat = self._seats[agent]
            if agent not in actions:
                raise ValueError(f"no action for {agent}")
            action = np.asarray(actions[agent])
            wanted = self._action_spaces[agent].shape
            if action.shape != wanted:
                raise ValueError(f"the action of {agent} must be {wanted}, not {action.shape}")
            np.copyto(stacked[role][0, seat], action, casting="same_kind")
        return stacked

    def _of_agents(self, arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
        """Of arrays [1, S, ...] by role, the rows of the agents that are still in."""
        seats = ((agent, *self._seats[agent]) for agent in self.agents)
        return {agent: arrays[role][0, seat] for agent, role, seat in seats}

    def _infos(self, results: Results, rewards: Mapping[str, float]) -> dict[str, dict[str, Any]]:
        infos, masks = {}, self._masks(results)
        for agent, terms in self._of_agents(results.terms).items():
            names = self.spec.roles[self._seats[agent][0]].term_names
            infos[agent] = masks[agent] | dict(zip(names, terms.tolist(), strict=True))
            self._returns[agent] += rewards[agent]
        return infos

    def _masks(self, results: Results) -> dict[str, dict[str, Any]]:
        """Infos with the masks, empty where there are none."""
        if not results.masks:
            return {agent: {} for agent in self.agents}
        masks = self._of_agents(results.masks)
        return {agent: {"action_mask": mask.view(np.int8)} for agent, mask in masks.items()}


def _action_space(role: Role) -> Space[Any]:
    if role.actions == "discrete":
        return Discrete(role.action_choices[0])
    if role.actions == "multi_discrete":
        return MultiDiscrete(list(role.action_choices))
    return Box(-1.0, 1.0, (len(role.action_names),), np.float32)
