"""Many envs as rows, one row per seat of the learner: the base of the vector adapters."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import Error
from .mixed import joined
from .opening import Options, make
from .pool import Results
from .seating import Others, Seating
from .showing import Showing, totals_named, totals_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["Rows", "RowsStep", "row_of"]

Bool = NDArray[np.bool_]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]


class RowsStep(NamedTuple):
    """The results of a step, for R rows with observations of D numbers and rewards of T terms.

    Attributes:
        obs: float32 [R, D], or a dictionary of that array with masks and states. With
            ``"same_step"``, where an episode ended, the first of the next one.
        rewards: float64 [R].
        terms: float64 [R, T], the parts of the rewards.
        terminations: bool [R], whether a risk limit ended the seat's episode.
        truncations: bool [R], whether time, or another seat of the learner in the env, ended it.
        ended: bool [R], terminated or truncated.
        begun: bool [R], whether this step only began the episode, after an end in the last step.
        final_obs: as ``obs``: the last observations of the episodes, where ``ended``.
        returns: float64 [R], sum of the rewards of the episode so far.
        lengths: int64 [R], steps of the episode so far.
        unfilled: float64 [R], lots of a position closed in this step that the book could not fill.
        told: masks and states that infos contain, [R, ...] by name; ``drawn``, float32 [R, K],
            where keys are drawn.
        final_told: as ``told``, of the last observations of the episodes, where ``ended``.
        totals: float64 [R] by name, the totals of the episodes where ``ended``, else 0; empty where
            no episode ended.
    """

    obs: Any
    rewards: Float64
    terms: Float64
    terminations: Bool
    truncations: Bool
    ended: Bool
    begun: Bool
    final_obs: Any
    returns: Float64
    lengths: NDArray[np.int64]
    unfilled: Float64
    told: dict[str, NDArray[Any]]
    final_told: dict[str, NDArray[Any]]
    totals: dict[str, Float64]


class Rows:
    """N envs in which the learner has S seats of one role: R = N x S rows, env by env.

    All rows of an env begin and end together: where a risk limit ends one of the learner's seats,
    the others' episodes are truncated, and the env goes on to its next one. So each row is a
    complete environment to a learner. The caller owns all arrays.

    Args:
        config, num_envs, autoreset: as of :func:`hftsim.make`.
        seats: the learner's seats, all of one role: its name, or names of agents; None: all.
        others: acts for the other seats (:data:`hftsim.seating.Others`).
        masks, state: where they are shown, as of :class:`hftsim.showing.Showing`.
        options: as of :func:`hftsim.make`.

    Attributes:
        pool: the N envs.
        showing: what the learner is shown.
        role: the learner's role.
        count: R, the number of rows.
        seats: S, the learner's seats per env.
        masks: bool [R, M], the choices that are allowed now; None where actions are not choices.
    """

    masks: Bool | None

    def __init__(
        self,
        config: str | os.PathLike[str] | None,
        num_envs: int,
        seats: str | Sequence[str] | None,
        others: Others | None,
        autoreset: str,
        masks: str = "info",
        state: str | None = None,
        **options: Unpack[Options],
    ) -> None:
        self.pool = make(config, num_envs, autoreset=autoreset, copy=False, **options)
        try:
            self._seating = Seating(self.pool.spec, seats, others)
            roles = {role for role, _ in self._seating.places.values()}
            self.showing = Showing([self.pool.spec.roles[role] for role in roles], masks, state)
            if len(roles) != 1:
                raise ValueError(
                    f"rows must have the same role, not {', '.join(sorted(roles))}: choose seats"
                )
        except ValueError:
            self.pool.close()
            raise
        self.role = self.pool.spec.roles[roles.pop()]
        self._seats = np.array([seat for _, seat in self._seating.places.values()])
        self.seats = len(self._seats)
        num_envs = self.pool.num_envs
        self.count = num_envs * self.seats
        self.masks = None
        self._results: Results | None = None
        self._over = np.zeros(num_envs, np.bool_)  # envs that ended and wait for a reset or a step
        self._cut = np.zeros(num_envs, np.bool_)  # envs that would continue without the learner
        self._returns = np.zeros(self.count)
        self._lengths = np.zeros(self.count, np.int64)

    def reset(
        self,
        seed: int | Sequence[int] | None = None,
        rows: ArrayLike | None = None,
        overrides: Mapping[str, Any] | None = None,
    ) -> Any:
        """Begins episodes, and returns all observations, as of :class:`RowsStep`.

        Args:
            seed: as of :meth:`Pool.reset`: env i begins in the world (seed, i), or there is a seed
                for each env; None goes on to each env's next episode.
            rows: bool [R], which to reset, all or none of each env; None resets all.
            overrides: as of :meth:`Pool.reset`.
        """
        mask = None if rows is None else self._envs_of(rows)
        self._results = self.pool.reset(seed, mask=mask, overrides=overrides)
        begun = np.ones(self.pool.num_envs, np.bool_) if mask is None else mask
        self._begin(begun)
        return self._look(self._results)

    def step(self, actions: ArrayLike | Mapping[str, Any]) -> RowsStep:
        """Moves all envs by a step.

        Args:
            actions: [R, A], or [R] where an action is one choice; mixed ones also in parts
                (:func:`hftsim.mixed.joined`).

        Raises:
            ValueError: the shape is wrong, or nothing was reset, or without autoreset an env that
                has ended was not.
        """
        if self._results is None:
            raise ValueError("step() before the first reset()")
        mode = self.pool.spec.autoreset
        if mode == "manual" and self._over.any():
            raise ValueError(f"envs {np.flatnonzero(self._over).tolist()} have ended; reset them")
        results = self.pool.step(self._stacked(actions, self._results))
        finals = self._totals_of_finals(results) if len(results.finals) else None
        if self._cut.any():  # drop what the market did without the learner
            results = self.pool.reset(mask=self._cut)
        begun = np.repeat(self._over, self.seats)
        self._begin(self._over)
        rewards = self._rows(results.rewards).astype(np.float64)
        terms = self._rows(results.terms).astype(np.float64)
        terminations = self._rows(results.terminated)
        unfilled = self._rows(results.unfilled).astype(np.float64)
        over = results.ended | terminations.reshape(-1, self.seats).any(axis=1)
        ended = np.repeat(over, self.seats)
        truncations = np.repeat(results.truncated, self.seats) | (ended & ~terminations)
        self._returns += rewards
        self._lengths += ~begun
        returns, lengths = self._returns.copy(), self._lengths.copy()
        totals = self._totals(finals, over, results) if over.any() else {}
        obs = final_obs = self._look(results)
        final_told: dict[str, NDArray[Any]] | None = None
        if mode != "same_step":
            self._over = over
            self._cut = over & ~results.ended & (mode == "next_step")
        elif over.any():
            final_obs, final_told = self._finals(results)
            cut = over & ~results.ended
            if cut.any():
                results = self.pool.reset(mask=cut)
                obs = self._look(results)
            self._begin(over)
        self._results = results
        told = self._told(results)
        return RowsStep(
            obs=obs,
            rewards=rewards,
            terms=terms,
            terminations=terminations,
            truncations=truncations,
            ended=ended,
            begun=begun,
            final_obs=final_obs,
            returns=returns,
            lengths=lengths,
            unfilled=unfilled,
            told=told,
            final_told=told if final_told is None else final_told,
            totals=totals,
        )

    def told(self) -> dict[str, NDArray[Any]]:
        """What infos have of masks and states, [R, ...] by name, now."""
        return {} if self._results is None else self._told(self._results)

    def action_masks(self) -> Bool:
        """The choices that may be made now, bool [R, M], where actions are choices."""
        if self.masks is None:
            raise Error("action_masks() before the first reset()")
        return self.masks.copy()

    def state(self) -> Float32:
        """The global state of each row's env, float32 [R, K]."""
        if self._results is None:
            raise Error("state() before the first reset()")
        return self._states(self._results.state)

    def close(self) -> None:
        """Frees the envs."""
        self.pool.close()

    def _begin(self, envs: Bool) -> None:
        """Nothing has been earned yet in these envs."""
        rows = np.repeat(envs, self.seats)
        self._returns[rows] = 0.0
        self._lengths[rows] = 0
        self._cut[envs] = False
        self._over[envs] = False

    def _envs_of(self, rows: ArrayLike) -> Bool:
        mask = np.asarray(rows)
        if mask.shape != (self.count,) or mask.dtype != np.bool_ or not mask.any():
            raise ValueError(f"rows must be bool {(self.count,)}, with one to reset, not {rows!r}")
        by_env = self._by_env(mask)
        if (by_env.any(axis=1) != by_env.all(axis=1)).any():
            raise ValueError("reset all rows of an env or none: they share one market")
        return by_env[:, 0]

    def _stacked(
        self, actions: ArrayLike | Mapping[str, Any], results: Results
    ) -> dict[str, NDArray[Any]]:
        stacked = self._seating.actions(results)
        mine = stacked[self.role.name]
        given = joined(self.role, actions) if isinstance(actions, Mapping) else np.asarray(actions)
        wanted = (self.count,) if self.role.actions == "discrete" else (self.count, mine.shape[2])
        if given.shape != wanted:
            raise ValueError(f"actions must be {wanted}, not {given.shape}")
        given = given.reshape(-1, self.seats, mine.shape[2])
        mine[:, self._seats] = given.astype(mine.dtype, casting="same_kind")
        return stacked

    def _by_env(self, array: NDArray[Any]) -> NDArray[Any]:
        return array.reshape(-1, self.seats, *array.shape[1:])

    def _rows(self, arrays: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        """Of arrays [N, S, ...] by role, a copy of the learner's part, [R, ...]."""
        array = arrays[self.role.name][:, self._seats]
        return array.reshape(self.count, *array.shape[2:])

    def _look(self, results: Results) -> Any:
        """Returns the current observations and stores the masks."""
        self.masks = self._rows(results.masks) if results.masks else None
        return self._shown(self._rows(results.obs), results)

    def _shown(self, obs: Float32, results: Results) -> Any:
        state = self._states(results.state) if "state" in self.showing.parts else None
        return self.showing.observed(obs, self._copy(self.masks), state)

    def _told(self, results: Results) -> dict[str, NDArray[Any]]:
        state = self._states(results.state) if self.showing.tells_state else None
        told: dict[str, NDArray[Any]] = self.showing.told(self._copy(self.masks), state)
        if self.pool.spec.drawn_names:
            told["drawn"] = np.repeat(results.drawn, self.seats, axis=0)
        return told

    def _finals(self, results: Results) -> tuple[Any, dict[str, NDArray[Any]]]:
        """The last observations of the episodes that ended, and the masks and states of infos."""
        finals = results.finals
        obs, state = self._rows(results.obs), self._states(results.state)
        self._by_env(obs)[finals.envs] = finals.obs[self.role.name][:, self._seats]
        self._by_env(state)[finals.envs] = finals.state[:, None]
        mask = self._copy(self.masks)
        if mask is not None and finals.masks:
            self._by_env(mask)[finals.envs] = finals.masks[self.role.name][:, self._seats]
        told = self.showing.told(mask, state)
        if self.pool.spec.drawn_names:
            told["drawn"] = np.repeat(results.drawn, self.seats, axis=0)
            self._by_env(told["drawn"])[finals.envs] = finals.drawn[:, None]
        return self.showing.observed(obs, mask, state), told

    def _totals_of_finals(self, results: Results) -> Float64:
        """Totals [N, S, W] of the episodes that ended, else 0."""
        finals = results.finals
        totals = np.zeros((self.pool.num_envs, self.seats, len(self.role.total_names)))
        if finals.totals:
            totals[finals.envs] = finals.totals[self.role.name][:, self._seats]
        return totals

    def _totals(self, finals: Float64 | None, over: Bool, results: Results) -> dict[str, Float64]:
        """Totals by name. Where an episode ended for the learner alone, the finals do not have
        them."""
        names = self.role.total_names
        totals = np.zeros((len(over), self.seats, len(names))) if finals is None else finals
        for env in np.flatnonzero(over & ~results.ended).tolist() if names else ():
            seats = {seat["agent"]: seat for seat in self.pool.picture(env, 1)["agents"]}
            totals[env] = [totals_of(self.role, seats[name]) for name in self._seating.agents]
        totals[~over] = 0.0  # of those that continued without the learner
        return totals_named(self.role, totals.reshape(self.count, -1))

    def _states(self, state: Float32) -> Float32:
        return np.repeat(state, self.seats, axis=0)

    @staticmethod
    def _copy(masks: Bool | None) -> Bool | None:
        return None if masks is None else masks.copy()


def row_of(observations: Any, row: int) -> Any:
    """Row ``row`` of an array, or of each array of a dictionary."""
    if isinstance(observations, dict):
        return {name: array[row] for name, array in observations.items()}
    return observations[row]
