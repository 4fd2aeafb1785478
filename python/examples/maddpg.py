#!/usr/bin/env python3
"""Trains market makers and executors against each other by MADDPG, in PyTorch.

Each role has an actor, shared by its seats, which sees a seat's own observation, and two critics,
which see the global state and what all seats do: centralised training, decentralised execution.
See R. Lowe and others, "Multi-Agent Actor-Critic for Mixed Cooperative-Competitive Environments",
NeurIPS 2017; the second critic, smoothed targets and seldom updates of the actors are those of
S. Fujimoto and others, "Addressing Function Approximation Error in Actor-Critic Methods", ICML
2018.

    python maddpg.py --seconds 120 --out maddpg.pt                    # starts a server of its own
    python maddpg.py --endpoint tcp://a:5555 --endpoint tcp://b:5555  # learns from several servers

Needs PyTorch beside hftsim.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
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


@dataclass
class Options:
    """How to learn."""

    capacity: int = 200_000  # transitions that are remembered
    warm_up: int = 2_000  # random ones before anything is learned
    batch: int = 256
    updates_per_step: int = 4  # of the critics, for each step of all envs
    actor_delay: int = 2  # updates of the critics for one of the actors
    gamma: float = 0.99
    tau: float = 0.005  # how far a target follows in one update
    lr: float = 5e-4
    noise: float = 0.2  # of actions while exploring
    target_noise: float = 0.1
    target_noise_most: float = 0.3


def network(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, HIDDEN),
        nn.LayerNorm(HIDDEN),
        nn.ReLU(),
        nn.Linear(HIDDEN, HIDDEN),
        nn.ReLU(),
        nn.Linear(HIDDEN, outputs),
    )


class Learner(nn.Module):
    """The actor of a role and its two critics, which value every seat of the role."""

    def __init__(self, role: hftsim.Role, state_dim: int, joint_dim: int) -> None:
        super().__init__()
        self.seats = len(role.agents)
        self.actor = nn.Sequential(network(len(role.obs_names), len(role.action_names)), nn.Tanh())
        inputs = state_dim + joint_dim + self.seats
        self.critics = nn.ModuleList(network(inputs, 1) for _ in range(2))
        self.reward_count: Tensor
        self.reward_square: Tensor
        self.register_buffer("reward_count", torch.zeros((), dtype=torch.float64))
        self.register_buffer("reward_square", torch.zeros((), dtype=torch.float64))

    def see(self, rewards: Tensor) -> None:
        """Takes note of how large rewards are: critics value them in their root mean square."""
        self.reward_count += rewards.numel()
        surplus = (rewards.double().square() - self.reward_square).sum()
        self.reward_square += surplus / self.reward_count

    def shrink(self, rewards: Tensor) -> Tensor:
        return rewards / self.reward_square.clamp(min=1e-8).sqrt().float()

    def act(self, obs: Tensor) -> Tensor:
        """Actions [..., A] in [-1, 1] of observations [..., D]."""
        action: Tensor = self.actor(obs)
        return action

    def values(self, state: Tensor, joint: Tensor) -> Tensor:
        """What both critics say of each seat: [2, B, S], of states [B, K] and what all do.

        ``joint`` is [B, J], or [B, S, J] where each seat looks at actions of its own.
        """
        if joint.dim() == 2:
            joint = joint[:, None].expand(-1, self.seats, -1)
        state = state[:, None].expand(-1, self.seats, -1)
        which = torch.eye(self.seats).expand(len(state), -1, -1)
        inputs = torch.cat([state, joint, which], dim=-1)
        return torch.stack([critic(inputs)[..., 0] for critic in self.critics])


class Memory:
    """The last transitions of all envs. An array for each part, written to in turn."""

    def __init__(self, capacity: int) -> None:
        self.capacity, self.count, self._next = capacity, 0, 0
        self._parts: dict[str, Tensor] = {}

    def add(self, **parts: Tensor) -> None:
        """Takes note of N transitions: each part is [N, ...]."""
        rows = len(next(iter(parts.values())))
        at = (self._next + torch.arange(rows)) % self.capacity
        for name, part in parts.items():
            if name not in self._parts:
                self._parts[name] = torch.zeros(self.capacity, *part.shape[1:])
            self._parts[name][at] = part
        self._next = (self._next + rows) % self.capacity
        self.count = min(self.count + rows, self.capacity)

    def draw(self, rows: int) -> dict[str, Tensor]:
        """So many of them, each as likely as any other."""
        chosen = torch.randint(self.count, (rows,))
        return {name: part[chosen] for name, part in self._parts.items()}


class Trainer:
    """MADDPG on the roles of N envs."""

    def __init__(self, envs: hftsim.Pool, options: Options, seed: int) -> None:
        self.envs, self.options = envs, options
        torch.manual_seed(seed)
        spec = envs.spec
        joint_dim = sum(len(r.agents) * len(r.action_names) for r in envs.roles.values())
        self.learners = nn.ModuleDict(
            {
                name: Learner(role, len(spec.state_names), joint_dim)
                for name, role in envs.roles.items()
            }
        )
        self.targets = copy.deepcopy(self.learners).requires_grad_(False)
        self.actors = torch.optim.Adam(
            [p for name in envs.roles for p in self.learner(name).actor.parameters()], options.lr
        )
        self.critics = torch.optim.Adam(
            [p for name in envs.roles for p in self.learner(name).critics.parameters()], options.lr
        )
        self.memory = Memory(options.capacity)
        self.steps = self.updates = 0
        self.results = envs.reset(seed)
        self.out = {  # seats that a risk limit has ended, and which wait for the next episode
            name: torch.zeros(envs.num_envs, len(role.agents), dtype=torch.bool)
            for name, role in envs.roles.items()
        }

    def learner(self, name: str, target: bool = False) -> Learner:
        """That of a role, or its target."""
        learner = (self.targets if target else self.learners)[name]
        assert isinstance(learner, Learner)
        return learner

    def step(self) -> dict[str, float]:
        """One step of all envs, and what is learned after it. Returns each role's mean reward."""
        self._play()
        if self.memory.count >= self.options.warm_up:
            for _ in range(self.options.updates_per_step):
                self._learn(self.memory.draw(self.options.batch))
        self.steps += 1
        return {name: float(self.results.rewards[name].mean()) for name in self.envs.roles}

    @torch.no_grad()
    def _play(self) -> None:
        before = self.results
        actions = {}
        for name, role in self.envs.roles.items():
            if self.memory.count < self.options.warm_up:
                shape = (self.envs.num_envs, len(role.agents), len(role.action_names))
                actions[name] = 2 * torch.rand(shape) - 1
            else:
                action = self.learner(name).act(tensor(before.obs[name]))
                noise = self.options.noise * torch.randn_like(action)
                actions[name] = (action + noise).clamp(-1, 1)
        self.results = self.envs.step({name: action.numpy() for name, action in actions.items()})
        self._remember(before, actions)

    def _remember(self, before: hftsim.Results, actions: dict[str, Tensor]) -> None:
        """An episode that was cut short goes on from its last state, not from the next one's."""
        after, finals = self.results, self.results.finals
        ended = torch.from_numpy(after.ended.copy())
        which = torch.from_numpy(finals.envs.astype(np.int64))
        next_state = tensor(after.state)
        next_state[which] = tensor(finals.state)
        parts = {"state": tensor(before.state), "next_state": next_state}
        for name in self.envs.roles:
            next_obs = tensor(after.obs[name])
            next_obs[which] = tensor(finals.obs[name])
            parts[f"count/{name}"] = (~self.out[name]).float()
            self.out[name] |= torch.from_numpy(after.terminated[name].copy())
            parts[f"goes_on/{name}"] = (~self.out[name]).float()
            self.out[name][ended] = False
            parts[f"obs/{name}"] = tensor(before.obs[name])
            parts[f"next_obs/{name}"] = next_obs
            parts[f"action/{name}"] = actions[name]
            parts[f"reward/{name}"] = tensor(after.rewards[name])
            self.learner(name).see(parts[f"reward/{name}"])
        self.memory.add(**parts)

    def _learn(self, batch: dict[str, Tensor]) -> None:
        self.updates += 1
        self._step_optimizer(self.critics, self._critic_loss(batch))
        if self.updates % self.options.actor_delay != 0:
            return
        self._step_optimizer(self.actors, self._actor_loss(batch))
        with torch.no_grad():
            for target, source in zip(
                self.targets.parameters(), self.learners.parameters(), strict=True
            ):
                target.lerp_(source, self.options.tau)

    def _step_optimizer(self, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(
            [p for group in optimizer.param_groups for p in group["params"]], 1.0
        )
        optimizer.step()

    def _critic_loss(self, batch: dict[str, Tensor]) -> Tensor:
        options, loss = self.options, torch.zeros(())
        with torch.no_grad():
            next_actions = []
            for name in self.envs.roles:
                action = self.learner(name, target=True).act(batch[f"next_obs/{name}"])
                noise = options.target_noise * torch.randn_like(action)
                most = options.target_noise_most
                next_actions.append((action + noise.clamp(-most, most)).clamp(-1, 1).flatten(1))
            next_joint = torch.cat(next_actions, dim=1)
        joint = self._joint(batch)
        for name in self.envs.roles:
            with torch.no_grad():
                target = self.learner(name, target=True)
                later = target.values(batch["next_state"], next_joint).amin(0)
                reward = self.learner(name).shrink(batch[f"reward/{name}"])
                goal = reward + options.gamma * batch[f"goes_on/{name}"] * later
            missed = self.learner(name).values(batch["state"], joint) - goal
            loss = loss + weighted_mean(missed.square().sum(0), batch[f"count/{name}"])
        return loss

    def _actor_loss(self, batch: dict[str, Tensor]) -> Tensor:
        """Each seat changes its own action, while the others do what they did."""
        loss, joint, at = torch.zeros(()), self._joint(batch), 0
        for name, role in self.envs.roles.items():
            learner, seats, axes = self.learner(name), len(role.agents), len(role.action_names)
            action = learner.act(batch[f"obs/{name}"])
            of_seat = joint[:, None].repeat(1, seats, 1)
            for s in range(seats):
                of_seat[:, s, at + s * axes : at + (s + 1) * axes] = action[:, s]
            at += seats * axes
            value = learner.values(batch["state"], of_seat)[0]
            loss = loss - weighted_mean(value, batch[f"count/{name}"])
        return loss

    def _joint(self, batch: dict[str, Tensor]) -> Tensor:
        """What all seats did, [B, J]."""
        return torch.cat([batch[f"action/{name}"].flatten(1) for name in self.envs.roles], dim=1)

    def save(self, path: Path) -> None:
        """Writes a checkpoint, without the memory. It is complete or not there."""
        part = path.with_name(path.name + ".part")
        state = {
            "learners": self.learners.state_dict(),
            "targets": self.targets.state_dict(),
            "actors": self.actors.state_dict(),
            "critics": self.critics.state_dict(),
            "steps": self.steps,
            "updates": self.updates,
        }
        torch.save(state, part)
        part.replace(path)

    def load(self, path: Path) -> None:
        """Goes on from what :meth:`save` wrote, in worlds that are new."""
        state: dict[str, Any] = torch.load(path, weights_only=True)
        for name in ("learners", "targets", "actors", "critics"):
            getattr(self, name).load_state_dict(state[name])
        self.steps, self.updates = state["steps"], state["updates"]

    @torch.no_grad()
    def evaluate(self, seed: int) -> dict[str, Floats]:
        """Returns [N, S] by role of an episode in each env, without exploring. Last of all."""
        results, returns = self.envs.reset(seed), {}
        alive = np.ones(self.envs.num_envs, bool)
        while alive.any():
            results = self.envs.step(
                {
                    name: self.learner(name).act(tensor(results.obs[name])).numpy()
                    for name in self.envs.roles
                }
            )
            for name in self.envs.roles:
                earned = results.rewards[name] * alive[:, None]
                returns[name] = returns.get(name, 0) + earned
            alive &= ~results.ended
        return returns


def weighted_mean(values: Tensor, weights: Tensor) -> Tensor:
    return (values * weights).sum() / weights.sum().clamp(min=1)


def tensor(array: NDArray[Any]) -> Tensor:
    """A copy, for PyTorch wants arrays that may be written to."""
    return torch.tensor(array)


def print_scores(returns: dict[str, Floats]) -> None:
    """The mean return of an episode, with its 95% confidence interval over the worlds."""
    for name, of_role in returns.items():
        by_world = of_role.mean(axis=1)
        error = 1.96 * by_world.std(ddof=1) / len(by_world) ** 0.5
        print(f"{name:<12} {by_world.mean():10.4f} +- {error:.4f}")


def train(trainer: Trainer, seconds: float, steps: int | None) -> bool:
    """Trains for a time or a number of steps. False where Ctrl-C ended it."""
    began, shown, first = time.monotonic(), 0.0, trainer.steps
    total: dict[str, float] = {}
    since = 0
    try:
        while True:
            for name, reward in trainer.step().items():
                total[name] = total.get(name, 0.0) + reward
            since += 1
            now, done = time.monotonic(), trainer.steps - first
            over = done >= steps if steps is not None else now - began >= seconds
            if over or now - shown >= 5:
                told = "  ".join(f"{name} {sum_ / since:8.4f}" for name, sum_ in total.items())
                rate = done * trainer.envs.num_envs / (now - began)
                print(
                    f"step {trainer.steps:6d}  {now - began:6.1f} s  {rate:8.0f} env steps/s  "
                    f"reward of a step: {told}",
                    file=sys.stderr,
                    flush=True,
                )
                shown, since, total = now, 0, {}
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
    parser = argparse.ArgumentParser(description="Trains all roles of a config by MADDPG.")
    parser.add_argument(
        "--endpoint", action="append", help="a server; several share the envs (one of its own)"
    )
    parser.add_argument("--config", default="mm_vs_execution", help="(mm_vs_execution)")
    parser.add_argument("--num-envs", type=int, default=64, help="over all servers (64)")
    parser.add_argument("--seconds", type=float, default=120.0, help="time to train (120)")
    parser.add_argument("--steps", type=int, help="train for so many steps of all envs instead")
    parser.add_argument("--lr", type=float, default=Options.lr, help=f"({Options.lr})")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", type=Path, help="a checkpoint to go on from")
    parser.add_argument("--out", type=Path, default=Path("maddpg.pt"), help="(maddpg.pt)")
    arguments = parser.parse_args()
    if arguments.num_envs < 2:
        parser.error("--num-envs must be 2 or more")
    if arguments.steps is not None and arguments.steps < 1:
        parser.error("--steps must be 1 or more")
    return arguments


def main() -> int:
    arguments = parse_arguments()
    torch.set_num_threads(1)  # networks as small as these are faster so
    try:
        with make_envs(arguments) as envs:
            trainer = Trainer(envs, Options(lr=arguments.lr), arguments.seed)
            if arguments.resume is not None:
                trainer.load(arguments.resume)
            finished = train(trainer, arguments.seconds, arguments.steps)
            trainer.save(arguments.out)
            print(f"wrote {arguments.out} after {trainer.steps} steps")
            if not finished:
                return 130
            print(f"return of an episode, mean of {envs.num_envs} held-out worlds:")
            print_scores(trainer.evaluate(HELD_OUT_SEED))
    except (hftsim.Error, OSError) as error:
        print(f"maddpg: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
