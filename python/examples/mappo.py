#!/usr/bin/env python3
"""Trains market makers and executors against each other by MAPPO, in PyTorch.

Each role has an actor, shared by its seats, which sees a seat's own observation, and a critic,
which sees the global state: centralised training, decentralised execution. See C. Yu and others,
"The Surprising Effectiveness of PPO in Cooperative Multi-Agent Games", NeurIPS 2022, whose
advantages (GAE), clipping and normalised values these are.

    python mappo.py --seconds 120 --out mappo.pt                     # starts a server of its own
    python mappo.py --endpoint tcp://a:5555 --endpoint tcp://b:5555  # learns from several servers

Needs PyTorch beside hftsim.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hftsim
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Floats = NDArray[np.float32]

HELD_OUT_SEED = 2_000_000_000  # of the test, whose worlds no seed of training has
HIDDEN = 128
CLIP_INPUT = 10.0  # standard deviations


def network(inputs: int, outputs: int, last_gain: float) -> nn.Sequential:
    """Two hidden layers, orthogonal at the start; the last layer's size is that of its outputs."""
    layers: list[nn.Module] = []
    for size_in, size_out, gain in (
        (inputs, HIDDEN, 2**0.5),
        (HIDDEN, HIDDEN, 2**0.5),
        (HIDDEN, outputs, last_gain),
    ):
        linear = nn.Linear(size_in, size_out)
        nn.init.orthogonal_(linear.weight, gain)
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.Tanh()]
    return nn.Sequential(*layers[:-1])


class Scale(nn.Module):
    """The running mean and standard deviation of numbers, by which they are standardised."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.mean: Tensor
        self.square: Tensor
        self.count: Tensor
        self.register_buffer("mean", torch.zeros(size, dtype=torch.float64))
        self.register_buffer("square", torch.zeros(size, dtype=torch.float64))
        self.register_buffer("count", torch.zeros((), dtype=torch.float64))

    def see(self, rows: Tensor) -> None:
        """Takes note of rows [..., size]."""
        rows = rows.reshape(-1, rows.shape[-1]).double()
        self.count += len(rows)
        self.mean += (rows - self.mean).sum(0) / self.count
        self.square += (rows.square() - self.square).sum(0) / self.count

    @property
    def deviation(self) -> Tensor:
        """At least 1e-4: what never changes stays 0."""
        return (self.square - self.mean.square()).clamp(min=1e-8).sqrt()

    def shrink(self, rows: Tensor) -> Tensor:
        """To mean 0 and deviation 1."""
        scaled = (rows - self.mean.float()) / self.deviation.float()
        return scaled.clamp(-CLIP_INPUT, CLIP_INPUT)

    def restore(self, rows: Tensor) -> Tensor:
        """Back again."""
        return rows * self.deviation.float() + self.mean.float()


class Learner(nn.Module):
    """The actor and the critic of a role with S seats."""

    def __init__(self, role: hftsim.Role, state_dim: int) -> None:
        super().__init__()
        seats, axes = len(role.agents), len(role.action_names)
        self.obs_scale = Scale(len(role.obs_names))
        self.state_scale = Scale(state_dim)
        self.return_scale = Scale(1)
        self.actor = network(len(role.obs_names), axes, 0.01)
        self.log_std = nn.Parameter(torch.full((axes,), -0.5))
        self.critic = network(state_dim, seats, 1.0)  # a value for each seat

    def policy(self, obs: Tensor) -> torch.distributions.Normal:
        """Of actions [..., A], given observations [..., D]."""
        return torch.distributions.Normal(
            self.actor(self.obs_scale.shrink(obs)), self.log_std.exp()
        )

    def value(self, state: Tensor) -> Tensor:
        """Of every seat, [..., S], in deviations of the returns, given states [..., K]."""
        value: Tensor = self.critic(self.state_scale.shrink(state))
        return value

    def worth(self, state: Tensor) -> Tensor:
        """The same in units of the reward."""
        return self.return_scale.restore(self.value(state)[..., None])[..., 0]


@dataclass
class Rollout:
    """What a role's S seats met in T steps of N envs."""

    obs: list[Tensor] = field(default_factory=list)  # of [N, S, D]
    actions: list[Tensor] = field(default_factory=list)  # of [N, S, A]
    log_probs: list[Tensor] = field(default_factory=list)  # of [N, S]
    rewards: list[Tensor] = field(default_factory=list)  # of [N, S]
    values: list[Tensor] = field(default_factory=list)  # of [N, S]: before the step
    next_values: list[Tensor] = field(default_factory=list)  # of [N, S]: after it, 0 where it ended
    goes_on: list[Tensor] = field(default_factory=list)  # of [N, S]: the next step is the same life
    counts: list[Tensor] = field(default_factory=list)  # of [N, S]: 0 where the seat is out


def advantages(
    rewards: Tensor, values: Tensor, next_values: Tensor, goes_on: Tensor, gamma: float, lam: float
) -> Tensor:
    """Generalised advantage estimates of [T, ...] steps (Schulman and others 2016, eq. 16)."""
    estimates, behind = torch.zeros_like(rewards), torch.zeros_like(rewards[0])
    surprise = rewards + gamma * next_values - values
    for t in range(len(rewards) - 1, -1, -1):
        behind = surprise[t] + gamma * lam * goes_on[t] * behind
        estimates[t] = behind
    return estimates


@dataclass
class Options:
    """How to learn."""

    steps: int = 128  # of each env between two updates
    epochs: int = 4
    minibatches: int = 4
    gamma: float = 0.995
    lam: float = 0.95
    clip: float = 0.2
    lr: float = 5e-4
    entropy: float = 0.003
    gradient_norm: float = 0.5


class Trainer:
    """MAPPO on the roles of N envs."""

    def __init__(self, envs: hftsim.Pool, options: Options, seed: int) -> None:
        self.envs, self.options = envs, options
        torch.manual_seed(seed)
        state_dim = len(envs.spec.state_names)
        self.learners = nn.ModuleDict(
            {name: Learner(role, state_dim) for name, role in envs.roles.items()}
        )
        self.optimizer = torch.optim.Adam(self.learners.parameters(), lr=options.lr, eps=1e-5)
        self.updates = 0
        self.results = envs.reset(seed)
        self.out = {  # seats that a risk limit has ended, and which wait for the next episode
            name: torch.zeros(envs.num_envs, len(role.agents), dtype=torch.bool)
            for name, role in envs.roles.items()
        }

    def update(self) -> dict[str, float]:
        """Plays some steps and learns from them. Returns each role's mean reward of a step."""
        states, rollouts = self._play()
        for name, rollout in rollouts.items():
            self._learn(self.learner(name), states, rollout)
        self.updates += 1
        return {
            name: float(torch.stack(rollout.rewards).mean()) for name, rollout in rollouts.items()
        }

    def learner(self, name: str) -> Learner:
        """That of a role."""
        learner = self.learners[name]
        assert isinstance(learner, Learner)
        return learner

    @torch.no_grad()
    def _play(self) -> tuple[Tensor, dict[str, Rollout]]:
        """T steps: the states [T, N, K] before them, and what each role met."""
        states, rollouts = [], {name: Rollout() for name in self.envs.roles}
        for _ in range(self.options.steps):
            states.append(tensor(self.results.state))
            actions = {
                name: self._act(name, states[-1], rollout) for name, rollout in rollouts.items()
            }
            self.results = self.envs.step(actions)
            for name, rollout in rollouts.items():
                self._note(name, rollout)
        return torch.stack(states), rollouts

    def _act(self, name: str, state: Tensor, rollout: Rollout) -> Floats:
        learner, obs = self.learner(name), tensor(self.results.obs[name])
        learner.obs_scale.see(obs)
        learner.state_scale.see(state)
        policy = learner.policy(obs)
        action = policy.sample()
        rollout.obs.append(obs)
        rollout.actions.append(action)
        rollout.log_probs.append(policy.log_prob(action).sum(-1))
        rollout.values.append(learner.worth(state))
        rollout.counts.append((~self.out[name]).float())
        array: Floats = action.numpy()
        return array

    def _note(self, name: str, rollout: Rollout) -> None:
        """What became of a step. An episode that was cut short is worth its last state on."""
        results = self.results
        after = tensor(results.state).clone()
        if len(results.finals):
            after[torch.from_numpy(results.finals.envs.astype(np.int64))] = tensor(
                results.finals.state
            )
        self.out[name] |= torch.from_numpy(results.terminated[name].copy())
        alive = (~self.out[name]).float()
        ended = torch.from_numpy(results.ended.copy())
        rollout.rewards.append(tensor(results.rewards[name]))
        rollout.next_values.append(alive * self.learner(name).worth(after))
        rollout.goes_on.append(alive * (~ended)[:, None])
        self.out[name][ended] = False

    def _learn(self, learner: Learner, states: Tensor, rollout: Rollout) -> None:
        options = self.options
        values = torch.stack(rollout.values)
        gains = advantages(
            torch.stack(rollout.rewards),
            values,
            torch.stack(rollout.next_values),
            torch.stack(rollout.goes_on),
            options.gamma,
            options.lam,
        )
        returns = gains + values
        learner.return_scale.see(returns[..., None])
        targets = learner.return_scale.shrink(returns[..., None])[..., 0]
        # From [T, N, ...] to [T N, ...]: a row has all seats of one env at one time.
        rows = [
            part.flatten(0, 1)
            for part in (
                states,
                torch.stack(rollout.obs),
                torch.stack(rollout.actions),
                torch.stack(rollout.log_probs),
                targets,
                gains,
                torch.stack(rollout.counts),
            )
        ]
        for _ in range(options.epochs):
            for batch in torch.randperm(len(rows[0])).chunk(options.minibatches):
                loss = self._loss(learner, *(part[batch] for part in rows))
                self.optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(learner.parameters(), options.gradient_norm)
                self.optimizer.step()

    def _loss(
        self,
        learner: Learner,
        state: Tensor,
        obs: Tensor,
        action: Tensor,
        log_prob: Tensor,
        target: Tensor,
        gain: Tensor,
        count: Tensor,
    ) -> Tensor:
        clip, total = self.options.clip, count.sum().clamp(min=1)
        mean = (gain * count).sum() / total
        deviation = (((gain - mean) ** 2 * count).sum() / total).sqrt()
        gain = (gain - mean) / (deviation + 1e-8)
        policy = learner.policy(obs)
        ratio = (policy.log_prob(action).sum(-1) - log_prob).exp()
        clipped = torch.min(ratio * gain, ratio.clamp(1 - clip, 1 + clip) * gain)
        entropy = policy.entropy().sum(-1)
        missed = nn.functional.huber_loss(learner.value(state), target, reduction="none")
        loss: Tensor = ((missed - clipped - self.options.entropy * entropy) * count).sum() / total
        return loss

    def save(self, path: Path) -> None:
        """Writes a checkpoint. It is complete or not there."""
        part = path.with_name(path.name + ".part")
        state = {
            "learners": self.learners.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "updates": self.updates,
        }
        torch.save(state, part)
        part.replace(path)

    def load(self, path: Path) -> None:
        """Goes on from what :meth:`save` wrote, in worlds that are new."""
        state: dict[str, Any] = torch.load(path, weights_only=True)
        self.learners.load_state_dict(state["learners"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.updates = state["updates"]

    @torch.no_grad()
    def evaluate(self, seed: int) -> dict[str, Floats]:
        """Returns [N, S] by role of an episode in each env, without exploring. Last of all."""
        results = self.envs.reset(seed)
        returns = {
            name: np.zeros((self.envs.num_envs, len(role.agents)), np.float32)
            for name, role in self.envs.roles.items()
        }
        alive = np.ones(self.envs.num_envs, bool)
        while alive.any():
            actions = {
                name: self.learner(name).policy(tensor(results.obs[name])).mean.numpy()
                for name in self.envs.roles
            }
            results = self.envs.step(actions)
            for name in returns:
                returns[name][alive] += results.rewards[name][alive]
            alive &= ~results.ended
        return returns


def tensor(array: NDArray[Any]) -> Tensor:
    """A copy, for PyTorch wants arrays that may be written to."""
    return torch.tensor(array)


def print_scores(returns: dict[str, Floats]) -> None:
    """The mean return of an episode, with its 95% confidence interval over the worlds."""
    for name, of_role in returns.items():
        by_world = of_role.mean(axis=1)
        error = 1.96 * by_world.std(ddof=1) / len(by_world) ** 0.5
        print(f"{name:<12} {by_world.mean():10.4f} +- {error:.4f}")


def train(trainer: Trainer, seconds: float, updates: int | None) -> bool:
    """Trains for a time or a number of updates. False where Ctrl-C ended it."""
    began, shown = time.monotonic(), 0.0
    first, batch = trainer.updates, trainer.envs.num_envs * trainer.options.steps
    try:
        while True:
            rewards = trainer.update()
            now, done = time.monotonic(), trainer.updates - first
            over = done >= updates if updates is not None else now - began >= seconds
            if over or now - shown >= 5:
                shown = now
                told = "  ".join(f"{name} {reward:8.4f}" for name, reward in rewards.items())
                rate = done * batch / (now - began)
                print(
                    f"update {trainer.updates:4d}  {now - began:6.1f} s  {rate:8.0f} env steps/s  "
                    f"reward of a step: {told}",
                    file=sys.stderr,
                    flush=True,
                )
            if over:
                return True
    except KeyboardInterrupt:
        return False


@contextlib.contextmanager
def make_envs(arguments: argparse.Namespace) -> Iterator[hftsim.Pool]:
    """Envs on the servers that are named, or on one of our own."""
    with contextlib.ExitStack() as stack:
        if arguments.endpoint:
            access = {"endpoint": arguments.endpoint}
        else:
            server = stack.enter_context(hftsim.launch(arguments.config))
            access = server.access
        yield stack.enter_context(
            hftsim.make(arguments.config, num_envs=arguments.num_envs, **access)
        )


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Trains all roles of a config by MAPPO.")
    parser.add_argument(
        "--endpoint", action="append", help="a server; several share the envs (one of its own)"
    )
    parser.add_argument("--config", default="mm_vs_execution", help="(mm_vs_execution)")
    parser.add_argument("--num-envs", type=int, default=64, help="over all servers (64)")
    parser.add_argument("--seconds", type=float, default=120.0, help="time to train (120)")
    parser.add_argument("--updates", type=int, help="train so many updates instead")
    parser.add_argument("--steps", type=int, default=Options.steps, help="between updates (128)")
    parser.add_argument("--lr", type=float, default=Options.lr, help=f"({Options.lr})")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", type=Path, help="a checkpoint to go on from")
    parser.add_argument("--out", type=Path, default=Path("mappo.pt"), help="(mappo.pt)")
    arguments = parser.parse_args()
    for name in ("num_envs", "steps"):
        if getattr(arguments, name) < 2:
            parser.error(f"--{name.replace('_', '-')} must be 2 or more")
    if arguments.updates is not None and arguments.updates < 1:
        parser.error("--updates must be 1 or more")
    return arguments


def main() -> int:
    arguments = parse_arguments()
    torch.set_num_threads(1)  # networks as small as these are faster so
    try:
        with make_envs(arguments) as envs:
            options = Options(steps=arguments.steps, lr=arguments.lr)
            trainer = Trainer(envs, options, arguments.seed)
            if arguments.resume is not None:
                trainer.load(arguments.resume)
            finished = train(trainer, arguments.seconds, arguments.updates)
            trainer.save(arguments.out)
            print(f"wrote {arguments.out} after {trainer.updates} updates")
            if not finished:
                return 130
            print(f"return of an episode, mean of {envs.num_envs} held-out worlds:")
            print_scores(trainer.evaluate(HELD_OUT_SEED))
    except (hftsim.Error, OSError) as error:
        print(f"mappo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
