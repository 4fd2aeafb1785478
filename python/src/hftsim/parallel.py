"""One environment for PettingZoo: every seat is an agent, and all act simultaneously."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .market import Infos, Market, Observations, Outcome
from .mixed import nothing_of
from .opening import Options
from .pool import Pool
from .remade import Remade
from .seating import Others
from .showing import overrides_of
from .viewing import RENDER_MODES, View, checked_render_mode

try:
    import pettingzoo
    from gymnasium.spaces import Box, Space

    from .spaces import action_space, observation_space, state_space
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
    where actions are choices, ``action_mask``, int8 [M], as ``Results.masks``; and in the agent's
    last step ``return`` and ``length`` of its episode, its totals (``episode_pnl``, ...), and
    ``unfilled``, the lots of the closed position that the book could not fill.

    Args:
        config: as of :func:`hftsim.make`, and so is what else is given by name: ``endpoint``,
            ``overrides``, ``seed``, ...
        seats: the agents, by their names or the names of their roles; None: all.
        others: acts for the other seats (:data:`hftsim.seating.Others`).
        masks, state, render_mode: as of :class:`hftsim.Env`.

    Attributes:
        pool: the env underneath, with its ``spec``: what each number means.
        observation_spaces, action_spaces: of each agent.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012  # as PettingZoo's
        "name": "hftsim_v0",
        "render_modes": RENDER_MODES,
        "render_fps": 2,
        "is_parallelizable": True,
    }

    def __init__(
        self,
        config: str | os.PathLike[str] | None = None,
        *,
        seats: str | Sequence[str] | None = None,
        others: Others | None = None,
        masks: str = "info",
        state: str | None = None,
        render_mode: str | None = None,
        **options: Unpack[Options],
    ) -> None:
        self.render_mode = checked_render_mode(render_mode)
        self._market = Market(config, seats, others, masks, state, **options)
        self._view = View(self.pool, render_mode)
        self.metadata = {**self.metadata, **self._view.metadata}
        self.possible_agents = self._market.possible_agents
        self.action_spaces = {a: action_space(role) for a, role in self._market.roles.items()}
        self.observation_spaces = {
            agent: observation_space(role, self._market.showing, self.pool.spec)
            for agent, role in self._market.roles.items()
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
        """The action space of an agent, always the same object: a box in [-1, 1], choices,
        or a dictionary of both."""
        return self.action_spaces[agent]

    def observation_space(self, agent: str) -> Space[Any]:
        """The observation space of an agent, always the same object: a box with the bounds of its
        numbers, or a dictionary of that box with mask and state."""
        return self.observation_spaces[agent]

    @functools.cached_property
    def state_space(self) -> Box:
        """The space of :meth:`state`."""
        return state_space(self.pool.spec)

    def reset(
        self, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Observations, Infos]:
        """Begins an episode; returns observations, float32 [D] or dictionaries, and infos.

        Args:
            seed: the world to begin in; None: the next episode.
            options: ``overrides``, values by path such as ``{"market_config.volatility": 0.03}``,
                which hold until a reset names others, ``{}`` for none. Other options are ignored.
        """
        shown = self._market.reset(seed, overrides_of(options))
        self._view.moved()
        return shown

    def step(self, actions: Mapping[str, Any]) -> Outcome:
        """Steps; returns observations, rewards, terminations, truncations and infos by agent.

        ``actions`` holds one action for each of ``agents``. Where ``agents`` is empty, nothing
        happens and all five are empty.
        """
        outcome = self._market.step(actions)
        if outcome[0]:
            self._view.moved()
        return outcome

    def do_nothing(self, agent: str) -> Any:
        """The action of an agent that does nothing. ``ValueError``: every action does something."""
        return nothing_of(self._market.roles[agent])

    def state(self) -> Float32:
        """The global state, float32 [K], named by ``pool.spec.state_names``; after the end of an
        episode its last state."""
        return self._market.state()

    def render(self) -> Any:
        """The ladder of the book with the seats' orders: text, or uint8 [H, W, 3].

        None without a render mode; and with ``"human"``, where a window shows it after each reset
        and step.
        """
        return self._view.render()

    def close(self) -> None:
        """Frees the env."""
        self._view.close()
        self._market.close()

    def __str__(self) -> str:
        """Its agents and where it runs."""
        return f"<ParallelEnv {', '.join(self.possible_agents)} of {self.pool}>"
