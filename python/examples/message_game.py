#!/usr/bin/env python3
"""A game that cannot be won without talking: one seat knows, the other acts.

Two takers are a team and share all rewards. One observes a forecast of the value, but trades one
lot at most; the other trades 20 lots, but sees nothing that tells of the price to come. Linear
policies of both are trained by the cross-entropy method, once with a message between the seats
(env_config.message_dim: 1) and once without, with the same budget.

    python python/examples/message_game.py               # 30 s on two cores
    python python/examples/message_game.py --seed 7      # another training

Scores are the team's mean return an episode, in ticks x lots, in 400 unseen worlds, with 95%
intervals: of the policy trained with messages; of the same one where seats hear 0; and of the
policy trained without.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

import hftsim
import numpy as np
from numpy.typing import NDArray

CONFIG = """
market_config: {{decision_ms: 1000, volatility: 0.2, volatility_of_volatility: 0, duration_s: 60}}
env_config: {{warmup_s: 5, episode_len: 40, depth: 1, state_depth: 1, message_dim: {messages}}}
risk_config: {{max_inventory: 1000}}
reward_config: {{team: all, team_weight: 1, lambda_inventory: 0}}
populations: [{{kind: noise}}, {{kind: value}}, {{kind: maker}}]
seats:
  - {{kind: taker, order_qty: 1, forecast_r2: 0.9, forecast_s: 20}}
  - {{kind: taker, order_qty: 20}}
"""
HEARD = "other_0_taker_message_1"
# What the policies see, scaled to about 1: a factor for each tick, order, or number without a unit.
FEATURES = {
    "forecast": 0.01,
    HEARD: 1.0,
    "inventory": 0.2,
    "return_1": 0.1,
    "return_8": 0.03,
    "imbalance": 1.0,
    "trade_flow_1": 1.0,
    "microprice": 0.1,
}
VALIDATION, TEST = 1_000_000_000, 2_000_000_000

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Budget:
    """Of a training: candidates and worlds of a generation, and generations."""

    generations: int = 12
    candidates: int = 24
    worlds: int = 16
    elite: int = 6
    judged: int = 200  # worlds in which the generations' means are compared
    tested: int = 400


def units(role: hftsim.Role) -> dict[str, float]:
    """By name, what an observed 1 is worth: 10 ticks where the unit is ``0.1 x ticks``."""
    told = zip(role.obs_names, role.obs_meanings, strict=True)
    return {
        name: 1 / float(meaning.unit.split(" x ")[0]) if " x " in meaning.unit else 1.0
        for name, meaning in told
    }


def looks(pool: hftsim.Pool, results: hftsim.Results) -> Float:
    """The features of both seats, [N, 2, F]; 0 where there is no such number."""
    worth = units(pool.spec.roles["taker"])
    names = list(worth)
    obs = results.obs["taker"]
    seen = np.zeros((*obs.shape[:2], len(FEATURES)))
    for k, (name, scale) in enumerate(FEATURES.items()):
        if name in worth:
            seen[..., k] = scale * worth[name] * obs[..., names.index(name)]
    return seen


def play(pool: hftsim.Pool, policy: Float, worlds: Sequence[int] | NDArray[np.int64]) -> Float:
    """The team's returns, [N], of linear policies [N, 2, A, F] in the worlds of N seeds."""
    results = pool.reset(seed=worlds)
    total = np.zeros(pool.num_envs)
    while not results.ended.all():
        wanted = np.einsum("nsaf,nsf->nsa", policy, looks(pool, results))
        results = pool.step({"taker": np.clip(wanted, -1.0, 1.0).astype(np.float32)})
        total += results.rewards["taker"][:, 0]
    return total


def make(messages: int, count: int, threads: int) -> hftsim.Pool:
    """Envs of the game."""
    text = CONFIG.format(messages=messages)
    return hftsim.make(config_text=text, num_envs=count, threads=threads, autoreset="manual")


def train(messages: int, budget: Budget, seed: int, threads: int) -> Float:
    """The best policy [2, A, F] of a training, which may be to do nothing."""
    rng = np.random.default_rng(seed)
    mean = np.zeros((2, 1 + messages, len(FEATURES)))
    spread = np.ones_like(mean)
    found = [mean]
    with make(messages, budget.candidates * budget.worlds, threads) as pool:
        for generation in range(budget.generations):
            tried = mean + spread * rng.normal(size=(budget.candidates, *mean.shape))
            worlds = (generation * budget.worlds + np.arange(budget.worlds)) + 1_000_000 * seed
            returns = play(
                pool, np.repeat(tried, budget.worlds, axis=0), np.tile(worlds, budget.candidates)
            )
            scores = returns.reshape(budget.candidates, budget.worlds).mean(axis=1)
            best = tried[np.argsort(scores)[-budget.elite :]]
            mean, spread = best.mean(axis=0), best.std(axis=0) + 0.1 * 0.9**generation
            found.append(mean)
    scores = [score(messages, one, VALIDATION, budget.judged, threads)[0] for one in found]
    return found[int(np.argmax(scores))]


def score(
    messages: int, policy: Float, first: int, worlds: int, threads: int
) -> tuple[float, float]:
    """The mean return of a policy in the worlds of consecutive seeds, and its standard error."""
    with make(messages, worlds, threads) as pool:
        returns = play(pool, np.repeat(policy[None], worlds, axis=0), first + np.arange(worlds))
    return float(returns.mean()), float(returns.std(ddof=1)) / worlds**0.5


def scores(budget: Budget, seed: int, threads: int) -> dict[str, tuple[float, float]]:
    """Scores in unseen worlds, with their standard errors."""
    talks = train(1, budget, seed, threads)
    deaf = talks.copy()
    deaf[:, :, list(FEATURES).index(HEARD)] = 0.0
    silent = train(0, budget, seed, threads)
    tested = budget.tested
    return {
        "messages": score(1, talks, TEST, tested, threads),
        "unheard": score(1, deaf, TEST, tested, threads),
        "silent": score(0, silent, TEST, tested, threads),
    }


def main() -> None:
    """Trains with and without messages, and prints the scores."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--seed", type=int, default=1, help="of the training")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    for name, (mean, error) in scores(Budget(), args.seed, args.threads).items():
        print(f"{name:9} {mean:8.0f} +- {1.96 * error:.0f}")


if __name__ == "__main__":
    main()
