#!/usr/bin/env python3
"""Trains the seats of a task by multi-agent proximal policy optimisation (MAPPO), in PyTorch.

The seats of a role share an actor, which sees a seat's own observation, and a critic, which also
sees the global state: centralised training, decentralised execution. With `--critic obs` it sees
the observation alone, which is IPPO. Every role learns at the same time and by itself. See J.
Schulman and others, "Proximal Policy Optimization Algorithms", 2017, and C. Yu and others, "The
Surprising Effectiveness of PPO in Cooperative Multi-Agent Games", NeurIPS 2022. The recipe is that
of `hftsim train`, whose keys the options are (docs/training.md), and which is faster.

    python mappo.py --task market_making --seconds 300 --out runs/maker    # envs in this process
    python mappo.py --task execution --baseline fundamental --no-bootstrap --out runs/executor
    python mappo.py --task market_making --play runs/maker/policy.h5
    python mappo.py --endpoint tcp://a:5555 --endpoint tcp://b:5555 --out runs/remote

It trains in worlds of the seeds [0, 1e9). As it goes it plays episodes without exploring in worlds
of the seeds from 1e9 on, and writes their mean returns to OUT/curve.csv. At the end it does the
same in 500 worlds of the seeds from 2e9 on, none of which it has seen: OUT/test.json. With
`--baseline fundamental` the rewards of training are less noisy, and of the same mean. The curve and
the test have both, the task's own reward and that one. OUT/policy.h5 is a checkpoint of hftsim, for
`--play`, `hftsim.Policy.load`, `hftsim evaluate` and `controller: policy`; OUT/policy.pt has all
that `--resume` needs.

When to bootstrap: an episode is cut off at episode_len (`truncated`), though the market would go
on. By default the last step is then worth its reward and the value of the last state. That is right
where the cut is an artefact of training. It is wrong where the task ends there and the seat sees
how much time is left, as an executor with its parent order does: nothing can be earned afterwards,
so use `--no-bootstrap`. A seat that a risk limit has ended (`terminated`) earns nothing from then
on: its value there is 0 in any case.

Needs PyTorch beside hftsim.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import hftsim
import numpy as np
import torch
from numpy.typing import NDArray
from scoring import TEST_SEED, TEST_WORLDS, VALIDATION_SEED, Curve, Examiner, tell
from torch import Tensor, nn

Floats = NDArray[np.float32]

TRAINING_SEEDS = 1_000_000_000  # seeds below are for training
HIDDEN = 64
CLIP_INPUT = 8.0  # standard deviations
MOMENTS_OF = 2_000_000  # rows after which running moments forget the first ones


class Network(nn.Module):
    """Two hidden layers, orthogonal at the start; the last layer's size is that of its outputs.
    The layers have the names that :meth:`hftsim.Policy.load_torch` knows."""

    def __init__(self, inputs: int, outputs: int, last_gain: float) -> None:
        super().__init__()
        self.hidden0, self.hidden1 = nn.Linear(inputs, HIDDEN), nn.Linear(HIDDEN, HIDDEN)
        self.output = nn.Linear(HIDDEN, outputs)
        for layer, gain in (
            (self.hidden0, 2**0.5), (self.hidden1, 2**0.5), (self.output, last_gain)
        ):  # fmt: skip
            nn.init.orthogonal_(layer.weight, gain)
            nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.output(torch.tanh(self.hidden1(torch.tanh(self.hidden0(x)))))
        return y


class Scale(nn.Module):
    """The running mean and standard deviation of numbers, by which they are standardised."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.mean: Tensor
        self.variance: Tensor
        self.count: Tensor
        self.register_buffer("mean", torch.zeros(size, dtype=torch.float64))
        self.register_buffer("variance", torch.zeros(size, dtype=torch.float64))
        self.register_buffer("count", torch.zeros((), dtype=torch.float64))

    def see(self, rows: Tensor) -> None:
        """Adds rows [..., size] to the moments (Chan and others 1979)."""
        rows = rows.reshape(-1, rows.shape[-1]).double()
        total = self.count + len(rows)
        gap = rows.mean(0) - self.mean
        new = len(rows) / total
        self.variance += (rows.var(0, correction=0) - self.variance) * new
        self.variance += gap.square() * new * (1 - new)
        self.mean += gap * new
        self.count = total.clamp(max=MOMENTS_OF)

    @property
    def deviation(self) -> Tensor:
        """At least 1e-4: what never changes stays 0."""
        return self.variance.clamp(min=1e-8).sqrt()

    def shrink(self, rows: Tensor) -> Tensor:
        """To mean 0 and deviation 1."""
        scaled = (rows - self.mean.float()) / self.deviation.float()
        return scaled.clamp(-CLIP_INPUT, CLIP_INPUT)


@dataclass
class Options:
    """How to learn: the keys of `hftsim train`, by their names."""

    rollout_steps: int = 100  # of each env between two updates
    epochs: int = 4
    batch_size: int = 0  # rows, each a seat at a time; 0: a quarter of the rollout
    gamma: float = 0.98
    gae_lambda: float = 0.95
    clip_epsilon: float = 0.2
    value_clip: float = 0.0  # deviations of the returns; 0: values move freely
    huber_delta: float = 1.0  # deviations of the returns
    lr_actor: float = 2e-3  # at the start
    lr_critic: float = 2e-3
    lr_end: float = 0.1  # the share of them that is left at the end
    deviation: float = 0.3  # of actions at the start, in [-1, 1]
    entropy_coef: float = 0.0
    target_kl: float = 0.0  # an update stops beyond this divergence; 0: never
    max_grad_norm: float = 0.5
    value_memory: float = 0.95  # of the moments of returns, from one update to the next
    bootstrap: bool = True  # see above
    critic: str = "state"  # or "obs"


class Learner(nn.Module):
    """The actor and the critic that the seats of a role share."""

    def __init__(self, role: hftsim.Role, state_dim: int, options: Options) -> None:
        super().__init__()
        inputs, axes = len(role.obs_names), len(role.action_names)
        self.obs_scale = Scale(inputs)
        self.state_scale = Scale(state_dim)
        self.actor = Network(inputs, axes, 0.01)
        self.actor.log_std = nn.Parameter(torch.full((axes,), float(np.log(options.deviation))))
        self.centralised = options.critic == "state"
        self.critic = Network(inputs + state_dim * self.centralised, 1, 1.0)
        # The critic's unit: mean and deviation of the returns.
        self.return_mean: Tensor
        self.return_deviation: Tensor
        self.register_buffer("return_mean", torch.zeros(()))
        self.register_buffer("return_deviation", torch.zeros(()))

    def policy(self, obs: Tensor) -> torch.distributions.Normal:
        """Of actions [..., A], given observations [..., D]."""
        return torch.distributions.Normal(
            self.actor(self.obs_scale.shrink(obs)), self.actor.log_std.exp(), validate_args=False
        )

    def value(self, obs: Tensor, state: Tensor) -> Tensor:
        """Of seats, [..., S], in deviations of the returns: of obs [..., S, D], state [..., K]."""
        seen = self.obs_scale.shrink(obs)
        if self.centralised:
            of_all = self.state_scale.shrink(state)[..., None, :]
            seen = torch.cat([seen, of_all.expand(*obs.shape[:-1], state.shape[-1])], -1)
        value: Tensor = self.critic(seen)
        return value[..., 0]

    def worth(self, obs: Tensor, state: Tensor) -> Tensor:
        """The same in units of the reward."""
        return self.value(obs, state) * self.return_deviation + self.return_mean

    @torch.no_grad()
    def rescale(self, returns: Tensor, memory: float) -> None:
        """Moves the critic's unit towards these returns and keeps its values (van Hasselt and
        others, "Learning values across many orders of magnitude", NeurIPS 2016)."""
        mean, deviation = returns.mean(), returns.std() + 1e-6
        if self.return_deviation > 0:
            mean = memory * self.return_mean + (1 - memory) * mean
            deviation = memory * self.return_deviation + (1 - memory) * deviation
            last = self.critic.output
            last.weight.mul_(self.return_deviation / deviation)
            last.bias.mul_(self.return_deviation).add_(self.return_mean - mean).div_(deviation)
        self.return_mean.copy_(mean)
        self.return_deviation.copy_(deviation)

    @torch.no_grad()
    def act(self, obs: Floats) -> Floats:
        """Actions [..., A] without exploring, for observations [..., D]."""
        array: Floats = self.actor(self.obs_scale.shrink(tensor(obs))).numpy()
        return array

    def weights(self) -> dict[str, Tensor]:
        """What :meth:`hftsim.Policy.load_torch` takes."""
        scale = self.obs_scale
        moments = {"obs_shift": scale.mean, "obs_factor": 1 / scale.deviation}
        return {**self.actor.state_dict(), **moments}


@dataclass
class Rollout:
    """What a role's S seats met in T steps of N envs."""

    obs: list[Tensor] = field(default_factory=list)  # of [N, S, D]
    actions: list[Tensor] = field(default_factory=list)  # of [N, S, A]
    log_probs: list[Tensor] = field(default_factory=list)  # of [N, S]
    rewards: list[Tensor] = field(default_factory=list)  # of [N, S]
    finals: list[tuple[Tensor, Tensor, Tensor]] = field(default_factory=list)  # of episodes
    goes_on: list[Tensor] = field(default_factory=list)  # of [N, S]: the next step is the same life
    alive: list[Tensor] = field(default_factory=list)  # of [N, S]: 0 from the end of a seat on
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


class Trainer:
    """MAPPO on the roles of N envs."""

    def __init__(self, envs: hftsim.Pool, options: Options, seed: int) -> None:
        self.envs, self.options = envs, options
        torch.manual_seed(seed)
        state_dim = len(envs.spec.state_names)
        self.learners = nn.ModuleDict(
            {name: Learner(role, state_dim, options) for name, role in envs.roles.items()}
        )
        self.optimizer = torch.optim.Adam(
            [{"params": [*getattr(learner, part).parameters()], "start": rate}
             for learner in self.learners.values()
             for part, rate in (("actor", options.lr_actor), ("critic", options.lr_critic))],
            eps=1e-5,
        )  # fmt: skip
        self.updates = 0
        self.results = envs.reset(seed % TRAINING_SEEDS)
        self.out = {  # seats that a risk limit has ended, and which wait for the next episode
            name: torch.zeros(envs.num_envs, len(role.agents), dtype=torch.bool)
            for name, role in envs.roles.items()
        }

    def update(self, progress: float = 0.0) -> dict[str, float]:
        """Plays some steps and learns from them. Returns each role's mean reward of a step.

        Args:
            progress: how much of the training is over, 0 to 1: the learning rate falls with it.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = group["start"] * (1 - progress * (1 - self.options.lr_end))
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

    def act(self, results: hftsim.Results) -> dict[str, Floats]:
        """Without exploring."""
        return {name: self.learner(name).act(results.obs[name]) for name in self.envs.roles}

    @torch.no_grad()
    def _play(self) -> tuple[Tensor, dict[str, Rollout]]:
        """T steps: the states [T + 1, N, K] around them, and what each role met."""
        states = [tensor(self.results.state)]
        rollouts = {name: Rollout() for name in self.envs.roles}
        for _ in range(self.options.rollout_steps):
            actions = {name: self._act(name, rollout) for name, rollout in rollouts.items()}
            self.results = self.envs.step(actions)
            states.append(tensor(self.results.state))
            for name, rollout in rollouts.items():
                self._note(name, rollout)
        for name, rollout in rollouts.items():
            rollout.obs.append(tensor(self.results.obs[name]))
        return torch.stack(states), rollouts

    def _act(self, name: str, rollout: Rollout) -> Floats:
        learner, obs = self.learner(name), tensor(self.results.obs[name])
        learner.obs_scale.see(obs)
        learner.state_scale.see(tensor(self.results.state))
        policy = learner.policy(obs)
        action = policy.sample()
        rollout.obs.append(obs)
        rollout.actions.append(action)
        rollout.log_probs.append(policy.log_prob(action).sum(-1))
        rollout.counts.append((~self.out[name]).float())
        array: Floats = action.numpy()
        return array

    def _note(self, name: str, rollout: Rollout) -> None:
        """What became of a step."""
        results = self.results
        self.out[name] |= torch.from_numpy(results.terminated[name].copy())
        alive = (~self.out[name]).float()
        ended = torch.from_numpy(results.ended.copy())
        rollout.rewards.append(tensor(results.rewards[name]))
        rollout.alive.append(alive)
        rollout.goes_on.append(alive * (~ended)[:, None])
        finals = results.finals
        envs = torch.from_numpy(finals.envs.astype(np.int64))
        rollout.finals.append((envs, tensor(finals.obs[name]), tensor(finals.state)))
        self.out[name][ended] = False

    @torch.no_grad()
    def _values(self, learner: Learner, states: Tensor, rollout: Rollout) -> tuple[Tensor, Tensor]:
        """Of each step [T, N, S] before and after it. After an episode that was cut off it is that
        of its last state, or with `--no-bootstrap` 0; once a seat is out it is 0."""
        values = learner.worth(torch.stack(rollout.obs), states)
        after = values[1:].clone()
        for t, (envs, obs, state) in enumerate(rollout.finals):
            if len(envs):
                worth = learner.worth(obs, state)
                after[t, envs] = worth if self.options.bootstrap else torch.zeros_like(worth)
        return values[:-1], after * torch.stack(rollout.alive)

    def _learn(self, learner: Learner, states: Tensor, rollout: Rollout) -> None:
        options = self.options
        values, after = self._values(learner, states, rollout)
        rewards, goes_on = torch.stack(rollout.rewards), torch.stack(rollout.goes_on)
        gains = advantages(rewards, values, after, goes_on, options.gamma, options.gae_lambda)
        returns = gains + values
        learner.rescale(returns, options.value_memory)
        targets, olds = (
            (part - learner.return_mean) / learner.return_deviation for part in (returns, values)
        )
        obs, actions, log_probs, counts = map(
            torch.stack, (rollout.obs[:-1], rollout.actions, rollout.log_probs, rollout.counts)
        )
        # From [T, N, ...] to [T N, ...]: a row has all seats of one env at one time.
        parts = (states[:-1], obs, actions, log_probs, targets, olds, gains, counts)
        rows = [part.flatten(0, 1) for part in parts]
        size = options.batch_size // obs.shape[2] or -(-len(rows[0]) // 4)
        for _ in range(options.epochs):
            for batch in torch.randperm(len(rows[0])).split(size):
                loss, divergence = self._loss(learner, *(part[batch] for part in rows))
                if 0 < options.target_kl < divergence:
                    return
                self.optimizer.zero_grad()
                loss.backward()
                for part in (learner.actor, learner.critic):
                    nn.utils.clip_grad_norm_(part.parameters(), options.max_grad_norm)
                self.optimizer.step()

    def _loss(
        self,
        learner: Learner,
        state: Tensor,
        obs: Tensor,
        action: Tensor,
        log_prob: Tensor,
        target: Tensor,
        old: Tensor,
        gain: Tensor,
        count: Tensor,
    ) -> tuple[Tensor, float]:
        """The loss of a minibatch, and the divergence from the policy of the rollout."""
        options, total = self.options, count.sum().clamp(min=1)

        def mean(of_seats: Tensor) -> Tensor:
            return (of_seats * count).sum() / total

        centred = gain - mean(gain)
        gain = centred / (mean(centred**2).sqrt() + 1e-8)
        policy = learner.policy(obs)
        change = policy.log_prob(action).sum(-1) - log_prob
        ratio, clip = change.exp(), options.clip_epsilon
        clipped = torch.min(ratio * gain, ratio.clamp(1 - clip, 1 + clip) * gain)
        value = learner.value(obs, state)
        missed = self._missed(value, target)
        if options.value_clip > 0:
            near = old + (value - old).clamp(-options.value_clip, options.value_clip)
            missed = torch.max(missed, self._missed(near, target))
        loss = missed - clipped - options.entropy_coef * policy.entropy().sum(-1)
        return mean(loss), float(mean(ratio - 1 - change).detach())  # Schulman 2020: never below 0

    def _missed(self, value: Tensor, target: Tensor) -> Tensor:
        delta = self.options.huber_delta
        if delta == 0:
            return 0.5 * (value - target) ** 2
        return nn.functional.huber_loss(value, target, reduction="none", delta=delta)

    def export(self, path: Path) -> None:
        """Writes the actors as a checkpoint of hftsim (``hftsim.Error``: there is no libhftsim)."""
        first = next(iter(self.envs.roles))
        policy = hftsim.Policy.create(self.envs, first, hidden=(HIDDEN, HIDDEN))
        for name in self.envs.roles:
            policy.of(name).load_torch(self.learner(name).weights())
        policy.save(path)

    def save(self, path: Path) -> None:
        """Writes a checkpoint. It is complete or not there."""
        part = path.with_name(path.name + ".part")
        state = {
            "learners": self.learners.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "updates": self.updates,
            "options": asdict(self.options),
        }
        torch.save(state, part)
        part.replace(path)

    def resume(self, path: Path) -> None:
        """Goes on from what :meth:`save` wrote, in worlds that are new."""
        state: dict[str, Any] = torch.load(path, weights_only=True)
        self.learners.load_state_dict(state["learners"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.updates = state["updates"]


def tensor(array: NDArray[Any]) -> Tensor:
    """A copy, for PyTorch wants arrays that may be written to."""
    return torch.tensor(array)


def train(trainer: Trainer, examiner: Examiner, worlds: int, curve: Curve,
          seconds: float, updates: int | None, points: int) -> bool:  # fmt: skip
    """Trains for a time, validation included, or a number of updates.

    Args:
        examiner, worlds: play so many validation worlds for a point of the curve.
        points: of the curve, beside the one before the first update.

    Returns:
        False where Ctrl-C ended it.
    """
    first, began, shown = trainer.updates, time.monotonic(), 0
    progress, rewards = 0.0, dict.fromkeys(trainer.envs.roles, float("nan"))
    try:
        scores = examiner.examine(trainer.act, VALIDATION_SEED, worlds)
        curve.add(0.0, trainer, scores, rewards)
        while progress < 1:
            rewards = trainer.update(progress)
            elapsed, done = time.monotonic() - began, trainer.updates - first
            progress = min(1.0, elapsed / seconds if updates is None else done / updates)
            if progress * points >= shown + 1:
                shown = int(progress * points)
                scores = examiner.examine(trainer.act, VALIDATION_SEED, worlds)
                curve.add(elapsed, trainer, scores, rewards)
    except KeyboardInterrupt:
        return False
    return True


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Trains all roles of a task by MAPPO.")
    parser.add_argument("--task", default="mm_vs_execution", help="preset or file")
    parser.add_argument("--seconds", type=float, default=300.0, help="time to train (300)")
    parser.add_argument("--updates", type=int, help="train so many updates instead")
    parser.add_argument("--seed", type=int, default=0, help="of training, below 1e9 (0)")
    parser.add_argument("--out", type=Path, default=Path("mappo"), help="folder of results (mappo)")
    parser.add_argument("--resume", type=Path, help="a policy.pt to go on from")
    parser.add_argument("--play", type=Path, help="play a policy.h5 in the test instead")
    parser.add_argument("--baseline", help="reward_config.baseline of training, as fundamental")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="overrides",
                        help="another value of the config, of training and tests")  # fmt: skip
    parser.add_argument("--endpoint", action="append",
                        help="a server; several share the envs (in this process)")  # fmt: skip
    parser.add_argument("--num-envs", type=int, default=128, help="over all servers (128)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(),
                        help="of the envs and of PyTorch (one a core)")  # fmt: skip
    parser.add_argument("--points", type=int, default=10, help="of the curve (10)")
    parser.add_argument("--worlds", type=int, default=128, help="of each point (128)")
    parser.add_argument("--test-worlds", type=int, default=TEST_WORLDS, help=f"({TEST_WORLDS})")
    for name, value in asdict(Options()).items():
        option = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            parser.add_argument(option, action=argparse.BooleanOptionalAction, default=value,
                                help="the last state of an episode that is cut off has its value")
        else:
            parser.add_argument(option, type=type(value), default=value, help=f"({value})",
                                choices=("state", "obs") if name == "critic" else None
                                )  # fmt: skip
    arguments = parser.parse_args()
    for name in ("num_envs", "rollout_steps", "worlds", "test_worlds"):
        if getattr(arguments, name) < 2:
            parser.error(f"--{name.replace('_', '-')} must be 2 or more")
    if arguments.updates is not None and arguments.updates < 1:
        parser.error("--updates must be 1 or more")
    if not 0 <= arguments.seed < TRAINING_SEEDS:
        parser.error(f"--seed must be from 0 to {TRAINING_SEEDS - 1}, the seeds of training")
    if any("=" not in pair for pair in arguments.overrides):
        parser.error("--set needs KEY=VALUE")
    return arguments


def run(arguments: argparse.Namespace) -> int:
    """Trains, saves and tests; returns the exit code."""
    options = Options(**{name: getattr(arguments, name) for name in asdict(Options())})
    stock: dict[str, Any] = dict(pair.split("=", 1) for pair in arguments.overrides)
    noiseless = {"reward_config.baseline": arguments.baseline} if arguments.baseline else {}
    place: dict[str, Any] = {"threads": arguments.threads}
    if arguments.endpoint:  # which has its own threads
        place = {"endpoint": arguments.endpoint}
    torch.set_num_threads(arguments.threads)
    count = arguments.num_envs
    with contextlib.ExitStack() as stack:

        def make(overrides: dict[str, Any], autoreset: str) -> hftsim.Pool:
            options = {"overrides": overrides, "autoreset": autoreset, **place}
            return stack.enter_context(hftsim.make(arguments.task, count, **options))

        own = make(stock, "manual")
        examiner = Examiner(own, make({**stock, **noiseless}, "manual") if noiseless else None)
        if arguments.play is not None:
            tell(examiner.play(arguments.play, arguments.test_worlds), arguments.test_worlds)
            return 0
        envs = make({**stock, **noiseless}, "same_step")
        for role in envs.roles.values():
            if role.choices:
                raise hftsim.Error(f"{role.name}: actions are choices, this learns numbers: "
                                   "--set env_config.action_space=box")  # fmt: skip
        trainer = Trainer(envs, options, arguments.seed)
        if arguments.resume is not None:
            trainer.resume(arguments.resume)
        arguments.out.mkdir(parents=True, exist_ok=True)
        file = stack.enter_context((arguments.out / "curve.csv").open("w", newline=""))
        finished = train(trainer, examiner, arguments.worlds, Curve(file), arguments.seconds,
                         arguments.updates, arguments.points)  # fmt: skip
        trainer.save(arguments.out / "policy.pt")
        trainer.export(arguments.out / "policy.h5")
        print(f"wrote {arguments.out}/policy.h5 and policy.pt after {trainer.updates} updates")
        if not finished:
            return 130
        scores = examiner.examine(trainer.act, TEST_SEED, arguments.test_worlds)
    (arguments.out / "test.json").write_text(json.dumps(scores) + "\n", encoding="utf-8")
    tell(scores, arguments.test_worlds)
    return 0


def main() -> int:
    arguments = parse_arguments()
    try:
        return run(arguments)
    except (hftsim.Error, OSError, ValueError) as error:
        print(f"mappo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
