"""One environment for PettingZoo: every seat is an agent, all of them act at once."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .market import Infos, Market, Outcome
from .opening import Options
from .pool import Pool
from .remade import Remade
from .seating import Others

try:
    import pettingzoo
    from gymnasium.spaces import Box, Space

    from .spaces import RENDER_MODES, action_space, checked_render_mode, observation_space
except ImportError as error:
    raise ImportError(
        "hftsim.ParallelEnv needs PettingZoo: pip install 'hftsim[pettingzoo]'"
    ) from error

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["ParallelEnv"]

Float32 = NDArray[np.float32]


class ParallelEnv(Remade, pettingzoo.ParallelEnv):  # type: ignore[misc]  # see pyproject.toml
    """One market with its seats, as a PettingZoo ``ParallelEnv``.

    The agents are the seats: ``maker_0``, ``maker_1``, ..., ``executor_0``, ... An agent leaves
    ``agents`` when its episode is over. ``infos[agent]`` holds the terms of the reward by name;
    where actions are choices ``action_mask``, int8 [M], as of ``Results.masks``; and in the
    agent's last step ``return`` and ``length`` of its episode, and ``unfilled``, the lots of a
    position closed then that were beyond the book.

    Args:
        config: as of :func:`hftsim.make`, and so is what else is given by name: ``endpoint``,
            ``overrides``, ``seed``, ...
        seats: the agents, by their names or those of their roles; None has all.
        others: acts for the other seats (:data:`hftsim.seating.Others`).
        render_mode: with ``"ansi"`` :meth:`render` gives text.

    Attributes:
        pool: the env underneath, with its ``spec``: what each number means.
        observation_spaces, action_spaces: of each agent.
    """

    metadata: ClassVar[dict[str, Any]] = {
        "name": "hftsim_v0",
        "render_modes": RENDER_MODES,
        "is_parallelizable": True,
    }

    def __init__(
        self,
        config: str | os.PathLike[str] | None = None,
        *,
        seats: str | Sequence[str] | None = None,
        others: Others | None = None,
        render_mode: str | None = None,
        **options: Unpack[Options],
    ) -> None:
        self.render_mode = checked_render_mode(render_mode)
        self._market = Market(config, seats, others, **options)
        self.possible_agents = self._market.possible_agents
        self.action_spaces = {a: action_space(role) for a, role in self._market.roles.items()}
        self.observation_spaces = {
            agent: observation_space(role) for agent, role in self._market.roles.items()
        }

    @property
    def pool(self) -> Pool:
        """The env underneath."""
        return self._market.pool

    @property
    def agents(self) -> list[str]:
        """The agents whose episode is not over; none before the first reset."""
        return self._market.agents

    def action_space(self, agent: str) -> Space[Any]:
        """The same space for each call with this agent: a box in [-1, 1], or choices."""
        return self.action_spaces[agent]

    def observation_space(self, agent: str) -> Space[Any]:
        """The same unbounded box for each call with this agent."""
        return self.observation_spaces[agent]

    @functools.cached_property
    def state_space(self) -> Box:
        """The space of :meth:`state`."""
        spec = self.pool.spec
        return Box(spec.state_low, spec.state_high, dtype=np.float32)

    def reset(
        self, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Float32], Infos]:
        """Begins an episode: observations, float32 [D], and infos of all agents.

        Args:
            seed: the world to begin in; None goes on to the next episode.
            options: none are known.
        """
        return self._market.reset(seed)

    def step(self, actions: Mapping[str, ArrayLike]) -> Outcome:
        """One step: observations, rewards, terminations, truncations and infos of the agents.

        ``actions`` holds one action for each of ``agents``. Where ``agents`` is empty, nothing
        happens and all are empty.
        """
        return self._market.step(actions)

    def state(self) -> Float32:
        """The global state, float32 [K], named by ``pool.spec.state_names``; of an ended episode
        its last one."""
        return self._market.state()

    def render(self) -> str | None:
        """The ladder of the book with the seats' orders, as text; None without a render mode."""
        return self.pool.render() if self.render_mode else None

    def close(self) -> None:
        """Frees the env."""
        self._market.close()
