"""The other side of `hftsim bench learn`: the same networks, batches and algorithm in PyTorch, over
the pool of environments in this process, and PPO of Stable-Baselines3 with the same recipe.

    python learn_torch.py RECIPE [FOLDER]...

RECIPE is a JSON object (`Recipe`); FOLDERs are searched for the package hftsim if it is not
installed. The program writes a line of JSON with the versions of what is installed, then answers
each line of standard input, `update ROWS SECONDS`, `train SECONDS` or `sb3 SECONDS`, with a line:
the rate, the threads of PyTorch that gave it and the time. Each answer is the fastest of one
thread and all threads, which are both run for that time, unless one was far slower before.

`hftsim bench learn` embeds this file and starts it.
"""

from __future__ import annotations

import contextlib
import json
import math
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
CLIP_INPUT = 8.0
MOMENTS_OF = 2_000_000
HOPELESS = 0.5  # a number of threads with less than this share of the best rate is dropped


@dataclass(frozen=True)
class Recipe:
    """What both sides do. Sizes are those of the seats of `config`."""

    config: str
    role: str
    obs: int
    state: int
    axes: int
    hidden: list[int]
    envs: int
    steps: int
    epochs: int
    minibatches: int
    threads: int
    lr: float
    gamma: float
    lam: float
    clip: float
    gradient_norm: float
    deviation: float


def network(sizes: list[int], last_gain: float) -> nn.Sequential:
    """Dense layers with tanh between them, orthogonal at the start."""
    layers: list[nn.Module] = []
    for i in range(len(sizes) - 1):
        linear = nn.Linear(sizes[i], sizes[i + 1])
        last = i == len(sizes) - 2
        nn.init.orthogonal_(linear.weight, last_gain if last else 2**0.5)
        nn.init.zeros_(linear.bias)
        layers += [linear] if last else [linear, nn.Tanh()]
    return nn.Sequential(*layers)


class Learner:
    """Actor, critic and optimiser, and one update on a batch."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.actor = network([recipe.obs, *recipe.hidden, recipe.axes], 0.01)
        self.critic = network([recipe.obs + recipe.state, *recipe.hidden, 1], 1.0)
        self.log_std = torch.full((recipe.axes,), math.log(recipe.deviation), requires_grad=True)
        self.params = [*self.actor.parameters(), *self.critic.parameters(), self.log_std]
        self.optimizer = torch.optim.Adam(self.params, lr=recipe.lr, eps=1e-5, fused=True)
        self.mean, self.deviation = 0.0, 0.0  # the critic's unit

    def log_prob(self, mean: Tensor, action: Tensor) -> Tensor:
        """Of a Gaussian, without the checks of torch.distributions."""
        scaled = (action - mean) * (-self.log_std).exp()
        constant = HALF_LOG_2PI * action.shape[-1]
        return -0.5 * (scaled * scaled).sum(-1) - self.log_std.sum() - constant

    def update(
        self, obs: Tensor, seen: Tensor, action: Tensor, old: Tensor, gain: Tensor, target: Tensor
    ) -> None:
        """Clipped PPO for the actor, Huber's loss for the critic, clipped gradients, Adam."""
        clip = self.recipe.clip
        gain = (gain - gain.mean()) / (gain.std() + 1e-8)
        ratio = (self.log_prob(self.actor(obs), action) - old).exp()
        gained = torch.min(ratio * gain, ratio.clamp(1 - clip, 1 + clip) * gain).mean()
        missed = nn.functional.huber_loss(self.critic(seen)[:, 0], target)
        self.optimizer.zero_grad(set_to_none=True)
        (missed - gained).backward()
        nn.utils.clip_grad_norm_(self.params, self.recipe.gradient_norm)
        self.optimizer.step()

    @torch.no_grad()
    def rescale(self, returns: Tensor) -> None:
        """Moves the critic's unit to these returns and keeps its values."""
        mean, deviation = float(returns.mean()), float(returns.std()) + 1e-6
        if self.deviation > 0:
            mean = 0.95 * self.mean + 0.05 * mean
            deviation = 0.95 * self.deviation + 0.05 * deviation
            last = self.critic[-1]
            last.weight.mul_(self.deviation / deviation)  # type: ignore[operator, union-attr]
            last.bias.mul_(self.deviation).add_(  # type: ignore[operator, union-attr]
                self.mean - mean
            ).div_(deviation)
        self.mean, self.deviation = mean, deviation


# ---- updates on a batch ------------------------------------------------------------------------
class Updates:
    """One batch of random numbers, learned from again and again."""

    def __init__(self, recipe: Recipe, rows: int) -> None:
        torch.manual_seed(0)
        self.learner = Learner(recipe)
        obs = torch.randn(rows, recipe.obs)
        self.batch = (
            obs, torch.cat([obs, torch.randn(rows, recipe.state)], 1),
            0.3 * torch.randn(rows, recipe.axes), -1 - 0.1 * torch.rand(rows), torch.randn(rows),
            torch.randn(rows),
        )  # fmt: skip

    def work(self) -> int:
        """Returns how much was done: one update."""
        self.learner.update(*self.batch)
        return 1


# ---- whole training ----------------------------------------------------------------------------
class Scale:
    """Running moments by which inputs are standardised."""

    def __init__(self, size: int) -> None:
        self.mean, self.variance = torch.zeros(size), torch.ones(size)
        self.count = 0.0

    def see(self, rows: Tensor) -> None:
        """Adds rows [N, size]."""
        total = self.count + len(rows)
        new = len(rows) / total
        gap = rows.mean(0) - self.mean
        self.variance += (rows.var(0, correction=0) - self.variance) * new
        self.variance += gap.square() * (new * (1 - new))
        self.mean += gap * new
        self.count = min(total, MOMENTS_OF)

    def shrink(self, rows: Tensor) -> Tensor:
        """To mean 0 and deviation 1."""
        factor = self.variance.clamp(min=1e-8).rsqrt()
        return ((rows - self.mean) * factor).clamp_(-CLIP_INPUT, CLIP_INPUT)


class Training:
    """PPO with a centralised value on one role, whose seats share the networks."""

    def __init__(self, recipe: Recipe) -> None:
        import hftsim

        torch.manual_seed(0)
        self.recipe, self.learner = recipe, Learner(recipe)
        self.envs = hftsim.make(
            recipe.config, recipe.envs, seed=0, threads=recipe.threads, copy=False
        )
        self.seats = len(self.envs.roles[recipe.role].agents)
        self.obs_scale = Scale(recipe.obs)
        self.seen_scale = Scale(recipe.obs + recipe.state)
        self.results = self.envs.reset()
        rows = (recipe.steps, recipe.envs, self.seats)
        self.obs = torch.empty(*rows, recipe.obs)
        self.state = torch.empty(recipe.steps + 1, recipe.envs, recipe.state)
        self.last_obs = torch.empty(recipe.envs, self.seats, recipe.obs)
        self.action = torch.empty(*rows, recipe.axes)
        self.old, self.reward, self.goes_on = (torch.empty(rows) for _ in range(3))

    def work(self) -> int:
        """Plays the steps of a rollout and learns from them. Returns the agents' steps."""
        finals = self._play()
        self._learn(*self._targets(finals))
        return self.recipe.steps * self.recipe.envs * self.seats

    @torch.no_grad()
    def _play(self) -> list[tuple[int, Tensor, Tensor, Tensor]]:
        role, finals = self.recipe.role, []
        spread, actor = self.learner.log_std.exp(), self.learner.actor
        for t in range(self.recipe.steps):
            self.obs[t] = torch.from_numpy(self.results.obs[role])
            self.state[t] = torch.from_numpy(self.results.state)
            mean = actor(self.obs_scale.shrink(self.obs[t]))
            action = torch.addcmul(mean, spread, torch.randn_like(mean))
            self.action[t], self.old[t] = action, self.learner.log_prob(mean, action)
            self.results = results = self.envs.step({role: action.numpy()})
            self.reward[t] = torch.from_numpy(results.rewards[role])
            self.goes_on[t] = torch.from_numpy(~results.ended)[:, None]
            if len(results.finals):
                last = results.finals
                envs = torch.from_numpy(last.envs.astype(np.int64))
                finals.append((t, envs, torch.tensor(last.obs[role]), torch.tensor(last.state)))
        self.last_obs[:] = torch.from_numpy(self.results.obs[role])
        self.state[-1] = torch.from_numpy(self.results.state)
        return finals

    def _seen(self, obs: Tensor, state: Tensor) -> Tensor:
        """The critic's inputs: [..., S, obs + state]."""
        shape = (*obs.shape[:-1], state.shape[-1])
        return torch.cat([obs, state[..., None, :].expand(shape)], -1)

    @torch.no_grad()
    def _targets(self, finals: list[tuple[int, Tensor, Tensor, Tensor]]) -> tuple[Tensor, ...]:
        """The rows of the rollout: standardised inputs, actions, advantages, targets."""
        recipe, learner = self.recipe, self.learner
        obs = torch.cat([self.obs, self.last_obs[None]])
        raw = self._seen(obs, self.state)
        flat = self.obs.flatten(0, 2)
        self.obs_scale.see(flat)
        self.seen_scale.see(raw[:-1].flatten(0, 2))
        seen = self.seen_scale.shrink(raw)

        def worth(rows: Tensor) -> Tensor:
            return learner.critic(rows)[..., 0] * learner.deviation + learner.mean

        values = worth(seen)
        after = values[1:].clone()
        for t, envs, last_obs, last_state in finals:
            after[t, envs] = worth(self.seen_scale.shrink(self._seen(last_obs, last_state)))
        surprise = self.reward + recipe.gamma * after - values[:-1]
        keep = recipe.gamma * recipe.lam * self.goes_on
        gain, behind = torch.empty_like(surprise), torch.zeros_like(surprise[0])
        for t in range(recipe.steps - 1, -1, -1):
            behind = torch.addcmul(surprise[t], keep[t], behind)
            gain[t] = behind
        returns = gain + values[:-1]
        learner.rescale(returns)
        target = (returns - learner.mean) / learner.deviation
        parts = (seen[:-1], self.action, self.old, gain, target)
        return self.obs_scale.shrink(flat), *(part.flatten(0, 2) for part in parts)

    def _learn(self, *rows: Tensor) -> None:
        for _ in range(self.recipe.epochs):
            for batch in torch.randperm(len(rows[0])).chunk(self.recipe.minibatches):
                self.learner.update(*(part[batch] for part in rows))


class Baselines3:
    """PPO of Stable-Baselines3, whose value sees the seat's own observation alone."""

    def __init__(self, recipe: Recipe) -> None:
        from hftsim.sb3 import VecEnv
        from stable_baselines3 import PPO

        envs = VecEnv(recipe.config, num_envs=recipe.envs, seed=0, threads=recipe.threads)
        self.rows = recipe.steps * envs.num_envs
        self.model = PPO(
            "MlpPolicy", envs, learning_rate=recipe.lr, n_steps=recipe.steps,
            batch_size=self.rows // recipe.minibatches, n_epochs=recipe.epochs, gamma=recipe.gamma,
            gae_lambda=recipe.lam, clip_range=recipe.clip, max_grad_norm=recipe.gradient_norm,
            policy_kwargs={"net_arch": recipe.hidden, "log_std_init": math.log(recipe.deviation)},
            seed=0, device="cpu",
        )  # fmt: skip
        self.begun = False

    def work(self) -> int:
        """One rollout and what is learned from it. Returns the agents' steps."""
        self.model.learn(self.rows, reset_num_timesteps=not self.begun)
        self.begun = True
        return self.rows


# ---- answers -----------------------------------------------------------------------------------
def run(work: Callable[[], int], seconds: float, threads: int) -> dict[str, Any]:
    """Repeats work for a time, at least once."""
    torch.set_num_threads(threads)
    begun, done = time.perf_counter(), 0
    while done == 0 or time.perf_counter() - begun < seconds:
        done += work()
    took = time.perf_counter() - begun
    return {"per_s": done / took, "threads": threads, "seconds": took}


class Bench:
    """The kinds of work, each made and warmed when it is first asked for."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.made: dict[str, Callable[[], int]] = {}
        self.counts: dict[str, list[int]] = {}  # of threads, by kind of work

    def answer(self, line: str) -> dict[str, Any]:
        """Of one request: the fastest of the numbers of threads, each for the time asked for."""
        what, *numbers = line.split()
        kind = f"{what} {numbers[0]}" if what == "update" else what
        if kind not in self.made:
            self.made[kind] = self._make(what, numbers)
            run(self.made[kind], 0, 1)
            self.counts[kind] = sorted({1, self.recipe.threads})
        seconds = float(numbers[-1])
        tried = [run(self.made[kind], seconds, threads) for threads in self.counts[kind]]
        best = max(tried, key=lambda of: of["per_s"])
        self.counts[kind] = [
            of["threads"] for of in tried if of["per_s"] > HOPELESS * best["per_s"]
        ]
        return best

    def _make(self, what: str, numbers: list[str]) -> Callable[[], int]:
        if what == "update":
            return Updates(self.recipe, int(numbers[0])).work
        return Training(self.recipe).work if what == "train" else Baselines3(self.recipe).work


def versions() -> dict[str, Any]:
    """What is there; None for a package that is missing, with the reason."""
    found: dict[str, Any] = {
        "python": sys.version.split()[0], "executable": sys.executable, "torch": torch.__version__,
        "hftsim": None, "sb3": None,
    }  # fmt: skip
    try:
        import hftsim

        hftsim.make("market_making", 1).close()
        found["hftsim"] = "in process"
    except Exception as error:  # whatever keeps it from running here is the answer
        found["why"] = str(error)
        return found
    with contextlib.suppress(Exception):
        import hftsim.sb3
        import stable_baselines3

        found["sb3"] = stable_baselines3.__version__
    return found


def main() -> None:
    recipe = Recipe(**json.loads(sys.argv[1]))
    sys.path += sys.argv[2:]
    out = sys.stdout
    sys.stdout = sys.stderr  # libraries print
    warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
    print(json.dumps(versions()), file=out, flush=True)
    bench = Bench(recipe)
    for line in sys.stdin:
        try:
            told = bench.answer(line)
        except Exception as error:  # the program reports it
            told = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(told), file=out, flush=True)


if __name__ == "__main__":
    main()
