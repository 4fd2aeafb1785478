"""Plays episodes of a task in given worlds, and measures them by the reward and by the referee."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import hftsim
import numpy as np
import yaml
from numpy.typing import NDArray
from policies import Actions, Moment
from spaces import Axes, Floats, Seen, scale_of

TRAINING_SEEDS = 1_000_000_000  # seeds below are for training
VALIDATION_SEED = 1_000_000_000
TEST_SEED = 2_000_000_000
WORLDS = 500  # of a cell

Act = Callable[[Moment], Actions]  # of one role


@dataclass(frozen=True)
class Task:
    """A preset and the role in it that is scored.

    Attributes:
        preset: the config.
        role: whose seats are scored.
        others: what the seats of the other roles do.
        panel: what the other seats of the role do; None: all its seats are scored, else the first.
    """

    preset: str
    role: str
    others: Mapping[str, Act] = field(default_factory=dict)
    panel: Act | None = None


@dataclass(frozen=True)
class Played:
    """Episodes in W worlds.

    Attributes:
        reward: [W], the return, mean over the scored seats.
        metric: [W], the referee's: of executors minus the shortfall in ticks a lot; of makers and
            takers the P&L less the risk charge, in ticks x lots, with the last position closed at
            the best price; of portfolios the P&L at the fundamental value.
        terminated: share of episodes that a risk limit ended.
        terms: by name, [W].
    """

    reward: Floats
    metric: Floats
    terminated: float
    terms: Mapping[str, Floats]


class Table:
    """N envs of a task, in which policies play.

    Attributes:
        envs: the pool.
        axes: of the actions of each role.
    """

    def __init__(
        self, task: Task, num_envs: int, overrides: Mapping[str, Any] | None = None
    ) -> None:
        self.task = task
        self.envs = hftsim.make(
            task.preset, num_envs, overrides=overrides, autoreset="manual", copy=False
        )
        config = yaml.safe_load(self.envs.spec.config)
        self.config = config
        self._memory: dict[str, dict[str, Floats]] = {}
        self.axes = {name: Axes(role, config) for name, role in self.envs.roles.items()}

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *_: object) -> None:
        self.envs.close()

    def _moment(self, results: hftsim.Results, name: str, step: int) -> Moment:
        seen, spec = Seen(self.envs.roles[name], results.obs[name]), self.envs.spec
        episode_s = spec.episode_len * spec.decision_ms / 1000
        memory = self._memory.setdefault(name, {})
        return Moment(seen, self.axes[name], step, spec.episode_len - 1, episode_s, memory)

    def _actions(self, results: hftsim.Results, act: Act, step: int) -> dict[str, Actions]:
        actions = {}
        for name in self.envs.roles:
            moment = self._moment(results, name, step)
            if name != self.task.role:
                actions[name] = self.task.others[name](moment)
                continue
            actions[name] = act(moment)
            if self.task.panel is not None:
                actions[name][:, 1:] = self.task.panel(moment)[:, 1:]
        return actions

    def play(self, act: Act, seeds: Sequence[int] | NDArray[np.integer[Any]]) -> Played:
        """Plays an episode in the world of each of N seeds."""
        role, own = self.task.role, slice(0, 1 if self.task.panel is not None else None)
        results, self._memory = self.envs.reset(seed=seeds), {}
        start = _hidden(self, results.obs[role], results.state)
        reward = np.zeros(results.rewards[role].shape)
        terms = np.zeros(results.terms[role].shape)
        out = np.zeros(reward.shape, bool)
        finals: list[tuple[Any, ...]] = []
        for step in range(self.envs.spec.episode_len):
            results = self.envs.step(self._actions(results, act, step))
            reward += results.rewards[role]
            terms += results.terms[role]
            out |= results.terminated[role]
            if len(results.finals):
                of = results.finals
                finals.append(
                    (of.envs.copy(), of.totals[role].copy(), of.obs[role].copy(), of.state.copy())
                )
        envs, totals, obs, state = (np.concatenate(parts) for parts in zip(*finals, strict=True))
        order = np.argsort(envs)
        metric = self._metric(totals[order], terms, obs[order], state[order]) - start
        names = self.envs.roles[role].term_names
        return Played(
            reward[:, own].mean(1),
            metric[:, own].mean(1),
            float(out[:, own].mean()),
            {name: terms[:, own, i].mean(1) for i, name in enumerate(names)},
        )

    def _metric(self, totals: Floats, terms: Floats, obs: Any, state: Any) -> Floats:
        """The referee's score of episodes [N, S]."""
        role = self.envs.roles[self.task.role]
        total = {name: totals[..., i].astype(np.float64) for i, name in enumerate(role.total_names)}
        keys = self.axes[role.name].keys
        if role.name == "executor":
            return -total["shortfall"] / keys["parent_qty"]
        if role.name == "portfolio":
            return total["pnl"] + _hidden(self, obs, state)
        seen = Seen(role, obs)
        size = keys["quote_qty"] if role.name == "maker" else keys["order_qty"]
        unit = 1 / size if self.config["reward_config"]["per_lot"] else 1  # scale is not in terms
        charge = sum(terms[..., role.term_names.index(name)] for name in ("inventory", "risk"))
        left = np.abs(seen["inventory"]) * size * seen["spread"] / 2
        if self.config["env_config"]["reference"] == "fundamental":
            left = 0.0  # a model in which positions are valued without a book
        score: Floats = total["pnl"] - left + charge / unit
        return score


def _hidden(
    table: Table, obs: NDArray[np.float32], state: NDArray[np.float32]
) -> Floats | float:
    """[N, S]: what a portfolio's holdings are worth at the fundamental values beyond the prices of
    its P&L, ticks x lots: 0 where the P&L is at the values, and for other roles."""
    marked = table.config["reward_config"]["mark"] == "fundamental"
    if table.task.role != "portfolio" or marked:
        return 0.0
    role = table.envs.roles["portfolio"]
    seen = Seen(role, obs)
    spec = table.envs.spec
    columns = [
        i for i, name in enumerate(spec.state_names) if re.fullmatch(r"(i\d+_)?fundamental", name)
    ]
    scale = scale_of(spec.state_meanings[columns[0]].unit)
    beyond = state[:, columns].astype(np.float64) / scale
    held = seen["holding"] * table.axes["portfolio"].keys["count_max"]
    return (held.reshape(*held.shape[:2], -1) * beyond[:, None, :]).sum(-1)


def test_seeds(count: int = WORLDS) -> range:
    """The seeds of the first test worlds."""
    return range(TEST_SEED, TEST_SEED + count)


def interval(values: Floats) -> tuple[float, float]:
    """The mean and the half-width of its 95% confidence interval."""
    return float(values.mean()), float(1.96 * values.std(ddof=1) / len(values) ** 0.5)
