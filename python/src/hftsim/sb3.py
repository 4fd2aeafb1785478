"""Seats of one role in many markets, for Stable-Baselines3."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .mixed import nothing_of
from .opening import Options
from .pool import Pool
from .remade import Remade
from .rows import Rows, RowsStep, row_of
from .seating import Others
from .showing import drawn_named, overrides_of
from .viewing import View, checked_render_mode

try:
    from stable_baselines3.common import vec_env
    from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices

    from .spaces import action_space, observation_space
except ImportError as error:
    raise ImportError("hftsim.sb3 needs Stable-Baselines3: pip install 'hftsim[sb3]'") from error

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["VecEnv"]

Float32 = NDArray[np.float32]


class VecEnv(Remade, vec_env.VecEnv):  # type: ignore[misc]  # see pyproject.toml
    """Seats of one role in many markets, as a ``VecEnv`` of Stable-Baselines3.

    With S seats in each of N markets there are N x S rows, market by market: ``num_envs`` counts
    rows. All rows of a market begin and end together: where a risk limit ends one, the others are
    truncated. The next episode begins in the step that ends one.

    ``infos[row]`` holds the terms of the reward by name, ``TimeLimit.truncated``, and in the last
    step of an episode ``terminal_observation``, ``return``, ``length``, its totals
    (``episode_pnl``, ...), and ``unfilled``, the lots of the closed position that the book could
    not fill. (``VecMonitor`` reports returns the way Stable-Baselines3 prints them, and with
    ``info_keywords`` keeps the rest.) Where actions are choices, :meth:`action_masks` and
    ``env_method("action_masks")`` return the allowed ones, as sb3-contrib expects; :meth:`state`
    and ``env_method("state")`` return the global state.

    Mixed actions are refused, since Stable-Baselines3 has no space for them.

    Args:
        config: as of :func:`hftsim.make`, and so is what else is given by name: ``endpoint``,
            ``overrides``, ``seed``, ...
        num_envs: N, markets.
        seats: the learner's seats in each market, all of one role: the name of the role, or names
            of agents; None where the config has one role: all its seats.
        others: acts for the other seats (:data:`hftsim.seating.Others`).
        masks, state, render_mode: as of :class:`hftsim.Env`; :meth:`render` and
            ``get_images()`` work as in other vector environments.

    Attributes:
        pool: the envs underneath, with their ``spec``: what each number means.
    """

    def __init__(
        self,
        config: str | os.PathLike[str] | None = None,
        num_envs: int = 1,
        *,
        seats: str | Sequence[str] | None = None,
        others: Others | None = None,
        masks: str = "info",
        state: str | None = None,
        render_mode: str | None = None,
        **options: Unpack[Options],
    ) -> None:
        self._render_mode = checked_render_mode(render_mode)
        self._rows = Rows(config, num_envs, seats, others, "same_step", masks, state, **options)
        if self._rows.role.actions == "mixed":
            self._rows.close()
            raise ValueError(
                "Stable-Baselines3 has no mixed actions: set env_config.action_space to box, "
                "multi_discrete or discrete"
            )
        self._view = View(self.pool, render_mode)
        self._actions: NDArray[Any] | None = None
        role, showing = self._rows.role, self._rows.showing
        seen = observation_space(role, showing, self.pool.spec)
        super().__init__(self._rows.count, seen, action_space(role))
        self.metadata["render_fps"] = self._view.metadata["render_fps"]

    @property
    def pool(self) -> Pool:
        """The envs underneath."""
        return self._rows.pool

    def reset(self) -> Any:
        """Begins an episode in each row; returns observations, float32 [R, D] or a dictionary.

        After ``seed(s)`` market i begins in the world (s, i), else its next episode.
        ``set_options({"overrides": ...})`` before has values by path, the same for all rows, which
        hold until a reset names others, ``{}`` for none.
        """
        if any(options != self._options[0] for options in self._options):
            raise ValueError("the options of all rows must be the same")
        self._actions = None
        obs = self._rows.reset(self._seeds[0], overrides=overrides_of(self._options[0]))
        self._reset_seeds()
        self._reset_options()
        self.reset_infos = self._told(self._rows.told())
        self._view.moved()
        return obs

    def step_async(self, actions: NDArray[Any]) -> None:
        """Stores the actions for :meth:`step_wait`: [R, A], or [R] where an action is one
        choice."""
        self._actions = actions

    def step_wait(self) -> tuple[Any, Float32, NDArray[np.bool_], list[dict[str, Any]]]:
        """Steps; returns observations [R, D], rewards float32 [R], dones bool [R], infos."""
        if self._actions is None:
            raise ValueError("call step_async() before step_wait()")
        outcome, self._actions = self._rows.step(self._actions), None
        rewards = outcome.rewards.astype(np.float32)
        self._view.moved()
        return outcome.obs, rewards, outcome.ended, self._infos(outcome)

    def action_masks(self) -> NDArray[np.bool_]:
        """The choices that are allowed now, bool [R, M]. ``AttributeError`` where actions are not
        choices, so that ``has_attr`` works."""
        if self._rows.masks is None:
            raise AttributeError("no action_masks before a reset, or where actions are not choices")
        return self._rows.masks

    def state(self) -> Float32:
        """The global state of each row's market, float32 [R, K], named by
        ``pool.spec.state_names``, for critics."""
        return self._rows.state()

    def do_nothing(self) -> NDArray[Any]:
        """The actions of all rows that do nothing, [R, A]. ``ValueError``: every action does
        something."""
        return np.asarray(nothing_of(self._rows.role, (self.num_envs,)))

    def get_images(self) -> list[Any]:
        """For each row the picture of its market, uint8 [H, W, 3]; None with another mode."""
        return self._drawn() if self._render_mode == "rgb_array" else [None] * self.num_envs

    def close(self) -> None:
        """Frees the envs."""
        self._view.close()
        self._rows.close()

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """The value of an attribute, the same for each row."""
        if attr_name == "action_masks" and self._rows.role.actions == "box":
            raise AttributeError("no action_masks: actions are not choices")
        value = self._render_mode if attr_name == "render_mode" else getattr(self, attr_name)
        return [value for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Refused: rows are not objects with attributes."""
        raise AttributeError(f"rows have no attributes to set, such as {attr_name!r}")

    def env_method(
        self,
        method_name: str,
        *method_args: Any,
        indices: VecEnvIndices = None,
        **method_kwargs: Any,
    ) -> list[Any]:
        """Calls ``"action_masks"``, bool [M], ``"state"``, float32 [K], or ``"render"``, the ladder
        of the row's market, for these rows. They have no other methods."""
        known: dict[str, Callable[[], Any]] = {
            "action_masks": self.action_masks,
            "state": self.state,
            "render": self._drawn,
        }
        if method_name not in known or method_args or method_kwargs:
            raise AttributeError(
                f"rows have no method {method_name!r} but {', '.join(map('{}()'.format, known))}"
            )
        values = known[method_name]()
        return [values[row] for row in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: type[Any], indices: VecEnvIndices = None) -> list[bool]:
        """False for each row: rows have no wrappers."""
        return [False for _ in self._get_indices(indices)]

    def __repr__(self) -> str:
        """Its rows and where they run."""
        return f"<VecEnv of {self.num_envs} rows of {self.pool}>"

    def _drawn(self) -> list[Any]:
        """For each row its market as text or pixels; a window shows the first market only."""
        if self._render_mode in (None, "human"):
            self._view.render()
            return [None] * self.num_envs
        markets = [self._view.render(market) for market in range(self.pool.num_envs)]
        return [shown for shown in markets for _ in range(self._rows.seats)]

    def _infos(self, outcome: RowsStep) -> list[dict[str, Any]]:
        names = [*self._rows.role.term_names, "TimeLimit.truncated"]
        infos = self._told(outcome.told)
        cut = outcome.truncations & ~outcome.terminations
        columns = [*outcome.terms.T, cut.tolist()]
        for info, values in zip(infos, zip(*map(list, columns), strict=True), strict=True):
            info.update(zip(names, values, strict=True))
        totals = {"return": outcome.returns, "length": outcome.lengths}
        totals |= {"unfilled": outcome.unfilled, **outcome.totals}
        for row in np.flatnonzero(outcome.ended).tolist():
            begun = {name: infos[row].pop(name) for name in outcome.told}
            self.reset_infos[row] = begun  # of the next episode
            infos[row]["terminal_observation"] = row_of(outcome.final_obs, row)
            infos[row] |= {name: total[row] for name, total in totals.items()}
            infos[row] |= {
                name: self._of_row(name, array[row])
                for name, array in outcome.final_told.items()
                if name != "action_mask"  # the episode has ended
            }
        return infos

    def _told(self, told: dict[str, NDArray[Any]]) -> list[dict[str, Any]]:
        """New infos with masks and states; empty dictionaries where there are none."""
        if not told:
            return [{} for _ in range(self.num_envs)]
        return [
            {name: self._of_row(name, part) for name, part in zip(told, parts, strict=True)}
            for parts in zip(*told.values(), strict=True)
        ]

    def _of_row(self, name: str, part: NDArray[Any]) -> Any:
        """An array of ``told`` of a row, as its info has it."""
        return drawn_named(self.pool.spec, part) if name == "drawn" else part
