"""Many envs as rows, one for each of the learner's seats: what vector adapters stand on."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .opening import Options, make
from .pool import Results
from .seating import Others, Seating

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["Rows", "RowsStep"]

Bool = NDArray[np.bool_]
Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]


class RowsStep(NamedTuple):
    """What a step gives, for R rows with D observations and T terms of the reward.

    Attributes:
        obs: float32 [R, D]. Where an episode ended, in the same step the next one's first.
        rewards: float64 [R].
        terms: float64 [R, T], the parts of the rewards.
        terminations: bool [R], a risk limit ended the seat's episode.
        truncations: bool [R], time, or another of the learner's seats in the env, ended it.
        ended: bool [R], either of them.
        begun: bool [R], this step was none: it began the episode, after an end in the last one.
        final_obs: float32 [R, D], the episode's last observations, where ``ended``.
        returns: float64 [R], the episode's sum of rewards so far.
        lengths: int64 [R], its steps so far.
        unfilled: float64 [R], lots of a position closed in this step that were beyond the book.
    """

    obs: Float32
    rewards: Float64
    terms: Float64
    terminations: Bool
    truncations: Bool
    ended: Bool
    begun: Bool
    final_obs: Float32
    returns: Float64
    lengths: NDArray[np.int64]
    unfilled: Float64


class Rows:
    """N envs in which the learner has S seats of one role: R = N x S rows, env by env.

    All rows of an env begin and end together: where a risk limit ends one of the learner's seats,
    the others' episodes are truncated, and the env goes on to its next one. So each row is a whole
    environment to learners that know of no others. All arrays are the caller's own.

    Args:
        config, num_envs, autoreset: as of :func:`hftsim.make`.
        seats: the learner's, of one role: its name, or those of agents; None takes all.
        others: acts for the other seats (:data:`hftsim.seating.Others`).
        options: as of :func:`hftsim.make`.

    Attributes:
        pool: the N envs.
        role: what the learner is.
        count: R.
        seats: S.
        masks: bool [R, M], the choices that may be made now; None where actions are no choices.
    """

    masks: Bool | None

    def __init__(
        self,
        config: str | os.PathLike[str] | None,
        num_envs: int,
        seats: str | Sequence[str] | None,
        others: Others | None,
        autoreset: str,
        **options: Unpack[Options],
    ) -> None:
        self.pool = make(config, num_envs, autoreset=autoreset, copy=False, **options)
        try:
            self._seating = Seating(self.pool.spec, seats, others)
            roles = {role for role, _ in self._seating.places.values()}
            if len(roles) != 1:
                raise ValueError(
                    f"rows must be alike, and so of one role, not of {', '.join(sorted(roles))}: "
                    "choose seats"
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
        self._over = np.zeros(num_envs, np.bool_)  # the envs whose end awaits a reset or a step
        self._cut = np.zeros(num_envs, np.bool_)  # those that would go on without the learner
        self._returns = np.zeros(self.count)
        self._lengths = np.zeros(self.count, np.int64)

    def reset(
        self, seed: int | Sequence[int] | None = None, rows: ArrayLike | None = None
    ) -> Float32:
        """Begins episodes, and returns all observations, float32 [R, D].

        Args:
            seed: as of :meth:`Pool.reset`: env i begins in the world (seed, i), or there is a seed
                for each env; None goes on to each env's next episode.
            rows: bool [R], which to reset, all or none of each env; None resets all.
        """
        mask = None if rows is None else self._envs_of(rows)
        self._results = self.pool.reset(seed, mask=mask)
        begun = np.ones(self.pool.num_envs, np.bool_) if mask is None else mask
        self._begin(begun)
        self.masks = self._masks(self._results)
        return self._rows(self._results.obs)

    def step(self, actions: ArrayLike) -> RowsStep:
        """Moves all envs by a step.

        Args:
            actions: [R, A], or [R] where an action is one choice.

        Raises:
            ValueError: the shape is wrong, or nothing was reset, or without autoreset an env that
                has ended was not.
        """
        if self._results is None:
            raise ValueError("step() before the first reset()")
        mode = self.pool.spec.autoreset
        if mode == "manual" and self._over.any():
            raise ValueError(f"envs {np.flatnonzero(self._over).tolist()} have ended: reset them")
        results = self.pool.step(self._stacked(actions, self._results))
        if self._cut.any():  # what the market did without the learner is of no episode
            results = self.pool.reset(mask=self._cut)
        begun = np.repeat(self._over, self.seats)
        self._begin(self._over)
        obs = self._rows(results.obs)
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
        final_obs = obs
        if mode != "same_step":
            self._over = over
            self._cut = over & ~results.ended & (mode == "next_step")
        elif over.any():
            final_obs = obs.copy()
            finals = results.finals
            self._by_env(final_obs)[finals.envs] = finals.obs[self.role.name][:, self._seats]
            cut = over & ~results.ended
            if cut.any():
                results = self.pool.reset(mask=cut)
                obs = self._rows(results.obs)
            self._begin(over)
        self._results = results
        self.masks = self._masks(results)
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
        )

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
            raise ValueError(f"rows must be bool {(self.count,)} with one to reset, not {rows!r}")
        by_env = self._by_env(mask)
        if (by_env.any(axis=1) != by_env.all(axis=1)).any():
            raise ValueError("all rows of an env are reset, or none: they share one market")
        return by_env[:, 0]

    def _stacked(self, actions: ArrayLike, results: Results) -> dict[str, NDArray[Any]]:
        stacked = self._seating.actions(results)
        mine = stacked[self.role.name]
        given = np.asarray(actions)
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

    def _masks(self, results: Results) -> Bool | None:
        return self._rows(results.masks) if results.masks else None
