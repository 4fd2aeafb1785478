"""Seats of one role in many markets, for Stable-Baselines3."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .opening import Options
from .pool import Pool
from .remade import Remade
from .rows import Rows, RowsStep
from .seating import Others

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

    ``infos[row]`` holds the terms of the reward by name, ``TimeLimit.truncated``, and in an
    episode's last step ``terminal_observation``, ``return``, ``length`` and ``unfilled``, the lots
    of a position closed then that were beyond the book. (``VecMonitor`` turns
    returns into what Stable-Baselines3 prints.) Where actions are choices, :meth:`action_masks`
    and ``env_method("action_masks")`` tell which may be made, as sb3-contrib asks for them.

    Args:
        config: as of :func:`hftsim.make`, and so is what else is given by name: ``endpoint``,
            ``overrides``, ``seed``, ...
        num_envs: N, markets.
        seats: the learner's in each market, of one role: its name, or those of agents; None where
            there is but one role, of which it takes all.
        others: acts for the other seats (:data:`hftsim.seating.Others`).

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
        **options: Unpack[Options],
    ) -> None:
        self._rows = Rows(config, num_envs, seats, others, "same_step", **options)
        self._actions: NDArray[Any] | None = None
        role = self._rows.role
        super().__init__(self._rows.count, observation_space(role), action_space(role))

    @property
    def pool(self) -> Pool:
        """The envs underneath."""
        return self._rows.pool

    def reset(self) -> Float32:
        """Begins an episode in each row: observations, float32 [R, D].

        After ``seed(s)`` market i begins in the world (s, i), else in its next episode.
        """
        self._actions = None
        obs = self._rows.reset(self._seeds[0])
        self._reset_seeds()
        self._reset_options()
        self.reset_infos = self._masks()
        return obs

    def step_async(self, actions: NDArray[Any]) -> None:
        """Keeps the actions for :meth:`step_wait`: [R, A], or [R] of one choice each."""
        self._actions = actions

    def step_wait(self) -> tuple[Float32, Float32, NDArray[np.bool_], list[dict[str, Any]]]:
        """The step: observations [R, D], rewards float32 [R], dones bool [R], infos."""
        if self._actions is None:
            raise ValueError("step_wait() without a step_async() before")
        outcome, self._actions = self._rows.step(self._actions), None
        rewards = outcome.rewards.astype(np.float32)
        return outcome.obs, rewards, outcome.ended, self._infos(outcome)

    def action_masks(self) -> NDArray[np.bool_]:
        """The choices that may be made now, bool [R, M]. ``AttributeError`` where actions are no
        choices, so that ``has_attr`` tells."""
        if self._rows.masks is None:
            raise AttributeError("no action_masks before a reset, and where actions are no choices")
        return self._rows.masks

    def close(self) -> None:
        """Frees the envs."""
        self._rows.close()

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """An attribute, for each row the same."""
        if attr_name == "action_masks" and self._rows.role.actions == "box":
            raise AttributeError("actions are no choices: there are no action_masks")
        value = None if attr_name == "render_mode" else getattr(self, attr_name)
        return [value for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """Refused: rows are no objects with attributes of their own."""
        raise AttributeError(f"rows have no attributes to set, such as {attr_name!r}")

    def env_method(
        self,
        method_name: str,
        *method_args: Any,
        indices: VecEnvIndices = None,
        **method_kwargs: Any,
    ) -> list[Any]:
        """``"action_masks"`` of these rows, bool [M] each; rows know no other method."""
        if method_name != "action_masks" or method_args or method_kwargs:
            raise AttributeError(f"rows have no method {method_name!r} but action_masks()")
        masks = self.action_masks()
        return [masks[row] for row in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: type[Any], indices: VecEnvIndices = None) -> list[bool]:
        """No row is wrapped by anything."""
        return [False for _ in self._get_indices(indices)]

    def _infos(self, outcome: RowsStep) -> list[dict[str, Any]]:
        names = self._rows.role.term_names
        infos = self._masks()
        cut = outcome.truncations & ~outcome.terminations
        for row, terms in enumerate(outcome.terms.tolist()):
            infos[row].update(zip(names, terms, strict=True))
            infos[row]["TimeLimit.truncated"] = bool(cut[row])
        for row in np.flatnonzero(outcome.ended).tolist():
            mask = infos[row].pop("action_mask", None)  # it is the next episode's
            self.reset_infos[row] = {} if mask is None else {"action_mask": mask}
            infos[row]["terminal_observation"] = outcome.final_obs[row]
            infos[row]["return"] = float(outcome.returns[row])
            infos[row]["length"] = int(outcome.lengths[row])
            infos[row]["unfilled"] = float(outcome.unfilled[row])
        return infos

    def _masks(self) -> list[dict[str, Any]]:
        """New infos with the masks, empty where there are none."""
        if self._rows.masks is None:
            return [{} for _ in range(self.num_envs)]
        return [{"action_mask": mask} for mask in self._rows.masks.view(np.int8)]
