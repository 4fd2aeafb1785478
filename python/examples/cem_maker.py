#!/usr/bin/env python3
"""Trains a market maker with nothing but NumPy, by the cross-entropy method.

A policy is a linear map from a few of the observation's numbers to the distance of the bid; the
ask's is the same map of the mirrored market, in which up and down have changed places. A generation
draws candidates from a normal distribution over such maps, lets every candidate trade the same few
worlds (common random numbers: what separates two candidates is then what they did, not what they
met), and moves the distribution to the best quarter of them. See R. Y. Rubinstein, "The
Cross-Entropy Method for Combinatorial and Continuous Optimization", Methodology and Computing in
Applied Probability, 1999.

    hftsim serve &
    python cem_maker.py --seconds 40 --out policy.npz
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import hftsim
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ROLE = "maker"
# What the policy looks at, and what becomes of it when up and down change places.
SAME, REVERSED = 1.0, -1.0
FEATURES = {
    "spread": SAME,
    "volatility": SAME,
    "imbalance": REVERSED,
    "return_1": REVERSED,
    "return_8": REVERSED,
    "trade_flow_1": REVERSED,
    "inventory": REVERSED,
}
ELITE_SHARE = 0.25
SMOOTHING = 0.7  # how far a generation moves the distribution
START_BIAS_SPREAD = 0.6  # standard deviation of an action, between the first candidates
START_OBS_SPREAD = 0.2  # the same, of what one feature adds to it
SPREAD_FLOOR = 0.1  # of the first standard deviations: what is left of them for exploring
CLIP = 4.0  # features are cut at so many standard deviations
TRAINING_SEEDS = 1_000_000_000  # worlds of these are trained in
HELD_OUT_SEED = 2_000_000_000  # of the first world of the test, none of which was trained in


@dataclass
class Policy:
    """A mirror-symmetric linear policy: bid = w . [1, z], ask = w . [1, mirrored z].

    Attributes:
        columns: [F], where the features stand in an observation.
        mirror: [F], 1 or -1: what a feature is multiplied by in the mirrored market.
        mean, scale: [F], mean (0 for what changes sign) and standard deviation.
        weights: [1 + F].
    """

    columns: NDArray[np.int64]
    mirror: Floats
    mean: Floats
    scale: Floats
    weights: Floats

    def features(self, obs: NDArray[np.float32]) -> Floats:
        """[..., D] to [..., 2, 1 + F]: for the bid and for the ask, standardised, 1 before them."""
        z = np.clip((obs[..., self.columns] - self.mean) / self.scale, -CLIP, CLIP)
        sides = np.stack([z, z * self.mirror], axis=-2)
        return np.concatenate([np.ones((*sides.shape[:-1], 1)), sides], axis=-1)

    def act(self, obs: NDArray[np.float32]) -> Floats:
        """[..., D] to actions [..., 2]: distances of bid and ask."""
        return np.clip(self.features(obs) @ self.weights, -1.0, 1.0)

    def save(self, path: Path) -> None:
        """Writes an .npz file. It is complete or not there."""
        part = path.with_name(path.name + ".part")
        with part.open("wb") as file:
            np.savez(file, **vars(self))
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> Policy:
        """Reads what :meth:`save` wrote."""
        with np.load(path) as file:
            return cls(**{name: file[name] for name in file.files})


def tick_size(config: str) -> float:
    """Currency per tick, from an effective config in YAML."""
    found = re.search(r"^\s*tick_size:\s*([0-9.eE+-]+)", config, re.MULTILINE)
    if found is None:
        raise hftsim.ProtocolError("the server's config names no tick_size")
    return float(found[1])


def run_episodes(
    envs: hftsim.Pool,
    first: hftsim.Results,
    act: Callable[[NDArray[np.float32]], Floats],
) -> tuple[Floats, Floats]:
    """Plays one episode in each env from its first observations on.

    ``act`` maps observations [N, S, D] to the distances of bid and ask, [N, S, 2]. Returns the
    return and the P&L in currency of each env, [N], means over its seats.
    """
    pnl_term = envs.roles[ROLE].term_names.index("pnl")
    returns, pnl = np.zeros(envs.num_envs), np.zeros(envs.num_envs)
    alive = np.ones(envs.num_envs, dtype=bool)
    results = first
    while alive.any():
        actions = {role: np.zeros(shape) for role, shape in action_shapes(envs).items()}
        actions[ROLE][..., 2:] = 1.0  # both quotes stand
        actions[ROLE][..., :2] = act(results.obs[ROLE])
        results = envs.step(actions)
        returns[alive] += results.rewards[ROLE].mean(axis=1)[alive]
        pnl[alive] += results.terms[ROLE][..., pnl_term].mean(axis=1)[alive]
        alive &= ~results.ended
    return returns, pnl * tick_size(envs.spec.config)


def action_shapes(envs: hftsim.Pool) -> dict[str, tuple[int, int, int]]:
    """The shape of each role's actions."""
    return {
        name: (envs.num_envs, len(role.agents), len(role.action_names))
        for name, role in envs.roles.items()
    }


def evaluate(envs: hftsim.Pool, policy: Policy, seed: int, episodes: int) -> Floats:
    """The P&L in currency of episodes in the worlds of seed, seed + 1, ..., as baselines have."""
    pnl = []
    for begin in range(0, episodes, envs.num_envs):
        seeds = range(seed + begin, seed + begin + envs.num_envs)
        pnl.append(run_episodes(envs, envs.reset(seeds), policy.act)[1])
    return np.concatenate(pnl)[:episodes]


def bootstrap_interval(
    values: Floats, seed: int = 0, resamples: int = 10_000
) -> tuple[float, float]:
    """The 95% confidence interval of the mean, by the percentile bootstrap."""
    rng = np.random.default_rng(seed)
    means = rng.choice(values, (resamples, len(values))).mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


@dataclass
class Generation:
    """How one generation did: means of the P&L in currency, and seconds since the start."""

    pnl: float
    elite_pnl: float
    elapsed_s: float


@dataclass
class Trainer:
    """The cross-entropy method over the policies of the maker's seats.

    Each of the N envs runs one candidate in one world: N = candidates x worlds.
    """

    envs: hftsim.Pool
    worlds: int
    seed: int = 0
    history: list[Generation] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.envs.num_envs % self.worlds != 0:
            raise ValueError("the number of envs must be a multiple of the number of worlds")
        self._candidates = self.envs.num_envs // self.worlds
        self._rng = np.random.default_rng(self.seed)
        self._started = time.monotonic()
        self.policy = self._start_policy()
        self._spread = np.full(self.policy.weights.shape, START_OBS_SPREAD)
        self._spread[0] = START_BIAS_SPREAD
        self._floor = SPREAD_FLOOR * self._spread

    def generations(self) -> Iterator[Generation]:
        """Trains for as long as it is iterated. ``policy`` is the best guess at any time."""
        while True:
            yield self._generation()

    def _start_policy(self) -> Policy:
        """Quotes at half the largest distance; standardises by what random actions see."""
        names = list(self.envs.roles[ROLE].obs_names)
        missing = [name for name in FEATURES if name not in names]
        if missing:
            raise hftsim.Error(f"the observation has no {', '.join(missing)}")
        columns = np.array([names.index(name) for name in FEATURES])
        mirror = np.array(list(FEATURES.values()))
        seen = [self.envs.reset(self.seed).obs[ROLE][..., columns]]
        for _ in range(min(self.envs.spec.episode_len, 100)):
            obs = self.envs.step(self.envs.sample_actions(self._rng)).obs[ROLE]
            seen.append(obs[..., columns])
        flat = np.concatenate([obs.reshape(-1, len(columns)) for obs in seen]).astype(np.float64)
        mean = np.where(mirror == SAME, flat.mean(axis=0), 0.0)
        scale = np.maximum(flat.std(axis=0), 1e-3)
        return Policy(columns, mirror, mean, scale, np.zeros(1 + len(columns)))

    def _generation(self) -> Generation:
        drawn = self._rng.standard_normal((self._candidates, *self.policy.weights.shape))
        weights = self.policy.weights + self._spread * drawn
        of_env = np.repeat(weights, self.worlds, axis=0)

        def act(obs: NDArray[np.float32]) -> Floats:
            return np.clip(np.einsum("nsaf,nf->nsa", self.policy.features(obs), of_env), -1.0, 1.0)

        returns, pnl = run_episodes(self.envs, self._reset_to_common_worlds(), act)
        score = returns.reshape(self._candidates, self.worlds).mean(axis=1)
        elite = np.argsort(score)[-max(2, round(ELITE_SHARE * self._candidates)) :]
        self.policy.weights += SMOOTHING * (weights[elite].mean(axis=0) - self.policy.weights)
        self._spread += SMOOTHING * (weights[elite].std(axis=0) - self._spread)
        self._spread = np.maximum(self._spread, self._floor)
        by_candidate = pnl.reshape(self._candidates, self.worlds).mean(axis=1)
        elapsed_s = time.monotonic() - self._started
        self.history.append(
            Generation(float(pnl.mean()), float(by_candidate[elite].mean()), elapsed_s)
        )
        return self.history[-1]

    def _reset_to_common_worlds(self) -> hftsim.Results:
        """Begins world w of this generation in the envs w, w + worlds, w + 2 worlds, ..."""
        seeds = self._rng.integers(0, TRAINING_SEEDS, self.worlds)
        return self.envs.reset(np.tile(seeds, self._candidates))


class Progress:
    """One line on stderr: redrawn on a terminal, else a new one every ten seconds."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._shown_at = 0.0

    def show(self, number: int, generation: Generation) -> None:
        """Tells of a generation; ``number`` counts from 1."""
        if not self._terminal and generation.elapsed_s - self._shown_at < 10.0:
            return
        self._shown_at = generation.elapsed_s
        text = (
            f"generation {number:3d}  {generation.elapsed_s:5.1f} s  "
            f"mean P&L {generation.pnl:9.2f}  of the best {generation.elite_pnl:9.2f}"
        )
        start, end = ("\r", "") if self._terminal else ("", "\n")
        print(f"{start}{text}", end=end, file=sys.stderr, flush=True)

    def finish(self) -> None:
        """Ends the line."""
        if self._terminal:
            print(file=sys.stderr)


def train(trainer: Trainer, seconds: float, generations: int | None = None) -> bool:
    """Trains for a time or a number of generations. False where Ctrl-C ended it."""
    progress = Progress()
    try:
        for number, generation in enumerate(trainer.generations(), start=1):
            progress.show(number, generation)
            if number == generations or (generations is None and generation.elapsed_s >= seconds):
                return True
    except KeyboardInterrupt:
        return False
    finally:
        progress.finish()
    raise AssertionError("unreachable: generations() does not end")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Trains a market maker by cross-entropy.")
    parser.add_argument("--endpoint", default=hftsim.DEFAULT_ENDPOINT)
    parser.add_argument("--config", help="one of the server's configs (its own)")
    parser.add_argument("--seconds", type=float, default=40.0, help="time to train (40)")
    parser.add_argument("--generations", type=int, help="train so many generations instead")
    parser.add_argument("--candidates", type=int, default=48, help="of a generation (48)")
    parser.add_argument("--worlds", type=int, default=8, help="that each candidate trades in (8)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--episodes", type=int, default=64, help="to evaluate on, held out (64)")
    parser.add_argument("--out", type=Path, default=Path("policy.npz"))
    arguments = parser.parse_args()
    for name in ("candidates", "worlds", "episodes"):
        if getattr(arguments, name) < 1:
            parser.error(f"--{name} must be 1 or more")
    if arguments.candidates < 2:
        parser.error("--candidates must be 2 or more")
    if arguments.generations is not None and arguments.generations < 1:
        parser.error("--generations must be 1 or more")
    return arguments


def main() -> int:
    arguments = parse_arguments()
    try:
        with hftsim.connect(
            arguments.endpoint,
            config=arguments.config,
            num_envs=arguments.candidates * arguments.worlds,
        ) as envs:
            if ROLE not in envs.roles:
                raise hftsim.Error(f"the config has no seat of the role {ROLE}")
            trainer = Trainer(envs, arguments.worlds, arguments.seed)
            finished = train(trainer, arguments.seconds, arguments.generations)
            trainer.policy.save(arguments.out)
            print(f"wrote {arguments.out} after {len(trainer.history)} generations")
            if not finished:
                return 130
            pnl = evaluate(envs, trainer.policy, HELD_OUT_SEED, arguments.episodes)
        low, high = bootstrap_interval(pnl)
        print(
            f"P&L of {len(pnl)} held-out episodes: {pnl.mean():.2f} "
            f"(95% confidence: {low:.2f} .. {high:.2f}) currency"
        )
    except (hftsim.Error, OSError) as error:
        print(f"cem_maker: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
