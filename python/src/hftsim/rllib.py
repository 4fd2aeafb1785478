"""One market with its seats, for RLlib."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from .market import Infos, Market, Observations
from .mixed import nothing_of
from .pool import Pool
from .remade import Remade
from .showing import overrides_of
from .values import seed_of, world_seed

try:
    import ray
    from ray.rllib.env import multi_agent_env
    from ray.rllib.env.env_runner import EnvRunner

    from .spaces import action_space, observation_space
except ImportError as error:
    raise ImportError("hftsim.rllib needs RLlib: pip install 'hftsim[rllib]'") from error

__all__ = ["MultiAgentEnv"]

Float32 = NDArray[np.float32]
Flags = dict[str, bool]

_CHECKS = "ray.rllib.utils.pre_checks"
_MAKES = "make_env"  # the method of RLlib's env runners, which have a `config`
_RUNNER_ENVS = 2**32  # distance of the first envs of two env runners
_EVALUATION_ENVS = 2**63  # offset of the envs of evaluation


class MultiAgentEnv(Remade, multi_agent_env.MultiAgentEnv):  # type: ignore[misc]  # as others
    """One market with its seats, as a ``MultiAgentEnv`` of RLlib's new API stack.

    The agents are the seats: ``maker_0``, ``maker_1``, ..., ``executor_0``, ... A risk
    limit ends the episode of one agent; the others continue. ``infos[agent]`` holds the terms of
    the reward by name; where actions are choices, ``action_mask``, int8 [M]; and in the agent's
    last step ``return`` and ``length`` of its episode, its totals (``episode_pnl``, ...), and
    ``unfilled``, the lots of the closed position that the book could not fill.

    Args:
        config: RLlib's ``env_config``. What :func:`hftsim.make` takes by name (``config``,
            ``endpoint``, ``overrides``, ``seed``, ...), and ``seats``, ``others``, ``masks`` and
            ``state``, as of :class:`hftsim.ParallelEnv`. With ``"obs"`` the key of the
            observation is ``observations``, as RLlib's action-masking modules expect. With several
            endpoints each env runner uses one, in turn; the others are in reserve.

    No two envs of an algorithm share a world. Without a seed each env, including those of
    evaluation and of restarted runners, draws its own from the system's entropy. With RLlib's
    ``debugging(seed=...)``, a seed s in env runner r (the learner's own is 0) means the world (s,
    r); a restarted runner draws a seed, so as not to repeat its first worlds. With a ``seed`` s in
    ``env_config`` alone, the n-th env that a process makes for runner r begins in the world (s, r x
    2^32 + n), in evaluation in (s, 2^63 + r x 2^32 + n).

    Attributes:
        pool: the env underneath, with its ``spec``: what each number means.
    """

    _made: ClassVar[Counter[int]] = Counter()  # envs created, by runner: RLlib does not number them

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        self._runner = runner = int(getattr(config, "worker_index", 0))
        first = runner * _RUNNER_ENVS + (_EVALUATION_ENVS if _is_in_evaluation() else 0)
        number = self._made[first]
        self._made[first] += 1
        options = dict(config or {})
        endpoint = options.get("endpoint")
        if endpoint and not isinstance(endpoint, str):
            own = max(0, runner - 1) % len(endpoint)
            options["endpoint"] = [*endpoint[own:], *endpoint[:own]]
        seed = None if _is_restarted() else options.get("seed")
        if seed is not None:
            seed = world_seed(seed_of(seed), first + number)
        options["seed"] = seed
        self._market = Market(
            options.pop("config", None),
            options.pop("seats", None),
            options.pop("others", None),
            options.pop("masks", "info"),
            options.pop("state", None),
            "observations",
            **options,
        )
        self.possible_agents = self._market.possible_agents
        roles = self._market.roles
        self.observation_spaces = {
            agent: observation_space(roles[agent], self._market.showing, self.pool.spec)
            for agent in roles
        }
        self.action_spaces = {agent: action_space(roles[agent]) for agent in roles}

    @property
    def pool(self) -> Pool:
        """The env underneath."""
        return self._market.pool

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, Infos]:
        """Begins an episode; returns observations, float32 [D] or dictionaries, and infos.

        Args:
            seed: the world to begin in, as described above; None: the next episode.
            options: ``overrides``, values by path such as ``{"market_config.volatility": 0.03}``,
                which hold until a reset names others, ``{}`` for none. Other options are ignored.
        """
        world = None
        if seed is not None and not _is_restarted() and not _is_checked():
            world = world_seed(seed_of(seed), self._runner)
        observations, infos = self._market.reset(world, overrides_of(options))
        self.agents = self._market.agents
        return observations, infos

    def step(
        self, action_dict: Mapping[str, Any]
    ) -> tuple[Observations, dict[str, float], Flags, Flags, Infos]:
        """Steps; returns observations, rewards, terminateds and truncateds (both with ``__all__``),
        and infos of the active agents."""
        observations, rewards, terminateds, truncateds, infos = self._market.step(action_dict)
        self.agents = self._market.agents
        over = not self.agents
        cut = over and any(truncateds.values())
        terminateds["__all__"] = over and not cut
        truncateds["__all__"] = cut
        return observations, rewards, terminateds, truncateds, infos

    def do_nothing(self, agent: str) -> Any:
        """The action of an agent that does nothing. ``ValueError``: every action does something."""
        return nothing_of(self._market.roles[agent])

    def state(self) -> Float32:
        """The global state, float32 [K], named by ``pool.spec.state_names``, for centralized
        critics."""
        return self._market.state()

    def close(self) -> None:
        """Frees the env."""
        self._market.close()

    def __str__(self) -> str:
        """Its agents and where it runs."""
        return f"<MultiAgentEnv {', '.join(self.possible_agents)} of {self.pool}>"


def _is_restarted() -> bool:
    """Whether this process is an env runner that Ray has restarted."""
    if not ray.is_initialized():
        return False
    context = ray.get_runtime_context()
    return context.get_actor_id() is not None and context.was_current_actor_reconstructed


def _callers() -> Iterator[FrameType]:
    frame = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back  # type: ignore[assignment]


def _is_checked() -> bool:
    """Whether RLlib is checking a new env. It checks each one with the same seed, after which
    resets without seeds would continue in the same worlds."""
    return any(f.f_globals.get("__name__", "").startswith(_CHECKS) for f in _callers())


def _is_in_evaluation() -> bool:
    """Whether an env is being created for evaluation. RLlib's ``EnvContext`` does not say so; the
    config of the env runner that creates it does, by ``in_evaluation``."""
    for frame in _callers():
        if frame.f_code.co_name == _MAKES and isinstance(frame.f_locals.get("self"), EnvRunner):
            config = getattr(frame.f_locals["self"], "config", None)
            return bool(getattr(config, "in_evaluation", False))
    return False
