"""Environments for Gymnasium: a single seat, and many seats of one role as rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .ids import ID
from .market import Market
from .mixed import nothing_of
from .opening import Options
from .pool import Pool
from .remade import Remade
from .rows import Rows, RowsStep, row_of
from .seating import Others
from .showing import drawn_named, overrides_of
from .values import seed_of
from .viewing import RENDER_MODES, View, checked_render_mode

try:
    import gymnasium
    from gymnasium.vector import AutoresetMode
    from gymnasium.vector.utils import batch_space

    from .spaces import action_space, observation_space
except ImportError as error:
    raise ImportError(
        "hftsim.Env and hftsim.VectorEnv need Gymnasium 1.1 or newer: "
        "pip install 'hftsim[gymnasium]'"
    ) from error

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["ID", "Env", "VectorEnv"]

Bool = NDArray[np.bool_]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

_MODES = {
    "same_step": AutoresetMode.SAME_STEP,
    "next_step": AutoresetMode.NEXT_STEP,
    "manual": AutoresetMode.DISABLED,
}


class Env(Remade, gymnasium.Env[Any, Any]):
    """One seat of one market, as a Gymnasium ``Env``.

    ``info`` holds the terms of the reward by name; where actions are choices, ``action_mask``, int8
    [M]; and in the last step ``return`` and ``length`` of the episode, its totals
    (``episode_pnl``, ``episode_fees``, ...: ``Role.total_names``), and ``unfilled``, the lots of
    the closed position that the book could not fill. Values are NumPy scalars and arrays. Where the
    config draws keys (its list ``randomise``), ``drawn`` has their values in this episode by path.

    Args:
        config: as of :func:`hftsim.make`, and so is what else is given by name: ``endpoint``,
            ``overrides``, ``seed``, ...
        seats: the name of the agent, or of its role where that has one seat; None where the config
            has one seat.
        others: acts for the other seats (:data:`hftsim.seating.Others`).
        masks: where actions are choices: ``"info"`` puts ``action_mask`` into infos; ``"obs"``
            makes each observation a dictionary of ``observation`` and ``action_mask``, int8.
        state: ``"info"`` or ``"obs"``: puts the global state, ``state``, float32 [K], there, for
            centralized critics; None: nowhere.
        render_mode: ``"ansi"``, text; ``"rgb_array"``, pixels (needs ``hftsim[render]``);
            ``"human"``, a window (``hftsim[human]``). See :meth:`render`.

    Attributes:
        pool: the env underneath, with its ``spec``: what each number means.
    """

    # As in Gymnasium; an instance has its own frame rate.
    metadata: dict[str, Any] = {"render_modes": RENDER_MODES, "render_fps": 2}  # noqa: RUF012

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
        agents = self._market.possible_agents
        if len(agents) != 1:
            self._market.close()
            raise ValueError(f"an Env has one seat, not {', '.join(agents)}: choose seats")
        self._agent = agents[0]
        self._view = View(self.pool, render_mode)
        self.metadata = {**self.metadata, **self._view.metadata}
        self._role = self._market.roles[self._agent]
        spaces: tuple[gymnasium.Space[Any], ...] = (
            observation_space(self._role, self._market.showing, self.pool.spec),
            action_space(self._role),
        )
        self.observation_space, self.action_space = spaces

    @property
    def pool(self) -> Pool:
        """The env underneath."""
        return self._market.pool

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begins an episode; returns the first observation, float32 [D] or a dictionary, and info.

        Args:
            seed: the world to begin in; None: the next episode.
            options: ``overrides``, values by path such as ``{"market_config.volatility": 0.03}``,
                which hold until a reset names others, ``{}`` for none. Other options are ignored.
        """
        seed = None if seed is None else seed_of(seed)
        super().reset(seed=seed)
        observations, infos = self._market.reset(seed, overrides_of(options))
        self._view.moved()
        return observations[self._agent], infos[self._agent]

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """One step: observation, reward, terminated, truncated, info."""
        if not self._market.agents:
            raise gymnasium.error.ResetNeeded("call reset() before step() and after each episode")
        agent = self._agent
        obs, rewards, terminations, truncations, infos = self._market.step({agent: action})
        self._view.moved()
        return obs[agent], rewards[agent], terminations[agent], truncations[agent], infos[agent]

    @property
    def action_masks(self) -> Callable[[], Bool]:
        """``action_masks()`` returns the choices that are allowed now, bool [M], as sb3-contrib
        expects. ``AttributeError`` where actions are not choices, so that ``hasattr`` works."""
        if not self._role.has_choices:
            raise AttributeError("no action_masks: actions are not choices")
        return self._action_masks

    def _action_masks(self) -> Bool:
        return self._market.mask(self._agent)

    def do_nothing(self) -> Any:
        """The action that does nothing. ``ValueError``: every action does something."""
        return nothing_of(self._role)

    def state(self) -> Float32:
        """The global state, float32 [K], named by ``pool.spec.state_names``, for critics; after the
        end of an episode its last state."""
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
        """As in Gymnasium where it was created by an id; else its seat and where it runs."""
        return f"<Env {self._agent} of {self.pool}>" if self.spec is None else super().__str__()


class VectorEnv(Remade, gymnasium.vector.VectorEnv[Any, Any, Any]):
    """Seats of one role in many markets, as a Gymnasium ``VectorEnv``.

    With S seats in each of N markets there are N x S rows, market by market: ``num_envs`` counts
    rows. All rows of a market begin and end together: where a risk limit ends one, the others are
    truncated. ``metadata["autoreset_mode"]`` is ``SAME_STEP``: ``info["final_obs"]`` and
    ``info["final_info"]`` are of the episodes that a step has ended. With ``autoreset="manual"``
    it is ``DISABLED``: reset those with ``reset(options={"reset_mask": ended})``. With
    ``autoreset="next_step"`` it is ``NEXT_STEP``: the step after an end begins the next episode,
    whatever the row's action, as Gymnasium's observation wrappers expect.

    ``info`` holds the terms of the reward by name, float64 [R]; where actions are choices,
    ``action_mask``, int8 [R, M]; and for the last step of an episode (with ``SAME_STEP`` in
    ``final_info``) its ``return`` and ``length``, its totals (``episode_pnl``, ...) and
    ``unfilled``, the lots of the closed position that the book could not fill; and where the config
    draws keys, ``drawn``, a dictionary of their values by path. Each has a mask
    ``_name``, as in Gymnasium. The caller owns all arrays.

    Args:
        config: as of :func:`hftsim.make`, and so is what else is given by name: ``endpoint``,
            ``overrides``, ``seed``, ...
        num_envs: N, markets.
        seats: the learner's seats in each market, all of one role: the name of the role, or names
            of agents; None where the config has one role: all its seats.
        others: acts for the other seats (:data:`hftsim.seating.Others`).
        autoreset: ``"same_step"``, ``"next_step"`` or ``"manual"``.
        masks, state, render_mode: as of :class:`hftsim.Env`.

    Attributes:
        autoreset_mode: as in ``metadata``.
        pool: the envs underneath, with their ``spec``: what each number means.
    """

    closed = True  # until the constructor has finished, for Gymnasium's __del__

    def __init__(
        self,
        config: str | os.PathLike[str] | None = None,
        num_envs: int = 1,
        *,
        seats: str | Sequence[str] | None = None,
        others: Others | None = None,
        autoreset: str = "same_step",
        masks: str = "info",
        state: str | None = None,
        render_mode: str | None = None,
        **options: Unpack[Options],
    ) -> None:
        self.render_mode = checked_render_mode(render_mode)
        self._rows = Rows(config, num_envs, seats, others, autoreset, masks, state, **options)
        self.closed = False
        self.num_envs = self._rows.count
        self.autoreset_mode = _MODES[autoreset]
        self._view = View(self.pool, render_mode)
        self.metadata = {**self._view.metadata, "autoreset_mode": self.autoreset_mode}
        role, showing = self._rows.role, self._rows.showing
        self.single_observation_space = observation_space(role, showing, self.pool.spec)
        self.single_action_space = action_space(self._rows.role)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)

    @property
    def pool(self) -> Pool:
        """The envs underneath."""
        return self._rows.pool

    def reset(
        self,
        *,
        seed: int | Sequence[int] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Any, dict[str, Any]]:
        """Begins episodes; returns all observations, float32 [R, D] or a dictionary of such arrays,
        and the info of rows that begin.

        Args:
            seed: one seed: market i begins in the world (seed, i); or a seed for each market, which
                begins in the world (its seed, 0); None: each begins its next episode.
            options: ``reset_mask``, bool [R], the rows to reset: of each market all or none;
                ``overrides``, values by path for the markets that are reset, which hold until a
                reset names others, ``{}`` for none. Other options are ignored.
        """
        one = seed_of(seed) if seed is not None and not np.ndim(seed) else None
        super().reset(seed=one)
        rows = (options or {}).get("reset_mask")
        obs = self._rows.reset(seed, rows, overrides_of(options))
        begun = np.ones(self.num_envs, np.bool_) if rows is None else np.asarray(rows)
        self._view.moved()
        return obs, self._told_of(self._rows.told(), begun, begun)

    def step(self, actions: Any) -> tuple[Any, Float64, Bool, Bool, dict[str, Any]]:
        """One step of all rows: observations, rewards, terminations, truncations, info.

        ``actions`` is float32 [R, A]; of choices int [R, A], or [R] where an action is one choice;
        mixed a dictionary of ``continuous`` and ``discrete``, [R, ...], or their array [R, A].
        """
        outcome = self._rows.step(actions)
        if self.autoreset_mode is AutoresetMode.SAME_STEP:
            info = self._terms_of(outcome, ~outcome.ended)
            every = np.ones(self.num_envs, np.bool_)
            info |= self._told_of(outcome.told, every, every)
            if outcome.ended.any():
                info |= self._finals_of(outcome)
        else:
            info = self._terms_of(outcome, ~outcome.begun)
            every = np.ones(self.num_envs, np.bool_)
            info |= self._told_of(outcome.told, ~outcome.ended, every) | _totals_of(outcome)
        self._view.moved()
        return outcome.obs, outcome.rewards, outcome.terminations, outcome.truncations, info

    def render(self) -> tuple[Any, ...] | None:
        """For each row the ladder of its market: str, or uint8 [H, W, 3].

        None without a render mode; and with ``"human"``, where a window shows the first market
        after each reset and step.
        """
        if self.render_mode in (None, "human"):
            return self._view.render()  # type: ignore[no-any-return]
        markets = [self._view.render(market) for market in range(self.pool.num_envs)]
        return tuple(shown for shown in markets for _ in range(self._rows.seats))

    @property
    def action_masks(self) -> Callable[[], Bool]:
        """``action_masks()`` returns the choices that are allowed now, bool [R, M].
        ``AttributeError`` where actions are not choices."""
        if not self._rows.role.has_choices:
            raise AttributeError("no action_masks: actions are not choices")
        return self._rows.action_masks

    def do_nothing(self) -> Any:
        """The actions of all rows that do nothing. ``ValueError``: every action does something."""
        return nothing_of(self._rows.role, (self.num_envs,))

    def state(self) -> Float32:
        """The global state of each row's market, float32 [R, K], named by
        ``pool.spec.state_names``, for critics."""
        return self._rows.state()

    def close_extras(self, **kwargs: Any) -> None:
        """Frees the envs; ``close()`` calls it."""
        self._view.close()
        self._rows.close()

    def __repr__(self) -> str:
        """As in Gymnasium where it was created by an id; else its rows and where they run."""
        if self.spec is not None:
            return super().__repr__()
        return f"<VectorEnv of {self.num_envs} rows of {self.pool}>"

    def _finals_of(self, outcome: RowsStep) -> dict[str, Any]:
        ended = outcome.ended
        final_obs = np.full(self.num_envs, None, dtype=object)
        for row in np.flatnonzero(ended).tolist():
            final_obs[row] = row_of(outcome.final_obs, row)
        final_info = self._terms_of(outcome, ended) | _totals_of(outcome)
        final_info |= self._told_of(outcome.final_told, np.zeros_like(ended), ended)
        return _masked({"final_obs": final_obs, "final_info": final_info}, ended)

    def _told_of(
        self, told: Mapping[str, NDArray[Any]], choosing: Bool, shown: Bool
    ) -> dict[str, Any]:
        """Masks, states and drawn values as infos have them, for the rows where they exist."""
        info: dict[str, Any] = {}
        for name, array in told.items():
            rows = choosing if name == "action_mask" else shown
            shown_rows = np.where(rows[:, None], array, array.dtype.type(0))
            if name == "drawn" and rows.any():
                info |= {name: _masked(drawn_named(self.pool.spec, shown_rows), rows)}
                info[f"_{name}"] = rows.copy()
            elif name != "drawn":
                info |= _masked({name: shown_rows}, rows)
        return info

    def _terms_of(self, outcome: RowsStep, rows: Bool) -> dict[str, Any]:
        terms = np.where(rows, outcome.terms.T, 0.0)
        return _masked(dict(zip(self._rows.role.term_names, terms, strict=True)), rows)


def _totals_of(outcome: RowsStep) -> dict[str, Any]:
    ended = outcome.ended
    if not ended.any():
        return {}
    totals = {"return": outcome.returns, "length": outcome.lengths, "unfilled": outcome.unfilled}
    totals |= outcome.totals
    return _masked({name: np.where(ended, total, 0) for name, total in totals.items()}, ended)


def _masked(values: Mapping[str, Any], rows: Bool) -> dict[str, Any]:
    """Values with their masks, as in Gymnasium; empty where no row has them."""
    if not rows.any():
        return {}
    return {**values, **{f"_{name}": rows.copy() for name in values}}
