"""Trained policies: checkpoints of ``hftsim train``, in NumPy arrays.

>>> import hftsim
>>> policy = hftsim.Policy.load("maker.h5")  # doctest: +SKIP
>>> with hftsim.make("market_making", num_envs=64) as envs:  # doctest: +SKIP
...     results = envs.reset(seed=1)
...     for _ in range(100):
...         results = envs.step({"maker": policy.act(results)})

On the command line: ``python -m hftsim.policy export CHECKPOINT --onnx FILE``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checkpoint import Checkpoint
from .errors import Error
from .nets import Net, forward, greedy
from .onnx_graph import model_of
from .spec import Role
from .values import seed_of

if TYPE_CHECKING:
    from .pool import Pool, Results

__all__ = ["Policy"]

Path_ = str | os.PathLike[str]
Floats = NDArray[np.float32]
EXTRA = ("log_std", "obs_shift", "obs_factor")  # tensors that an import may leave out


class Policy:
    """A policy of one role: a function of observations to actions.

    Make one with :meth:`load`, :meth:`create` or :meth:`from_npz`. Several threads need a policy
    each, since a policy with a GRU remembers the last call.

    Attributes:
        net: the names of its observations and actions and the shape of its network, a
            :class:`hftsim.nets.Net`.
        state: float32 [..., H], what rows remember; None before the first call, or without a GRU.
    """

    def __init__(
        self, net: Net, tensors: Mapping[str, Floats], checkpoint: Checkpoint | None, actor: int
    ) -> None:
        self.net = net
        self.state: Floats | None = None
        self._tensors = {name: np.asarray(array, np.float32) for name, array in tensors.items()}
        self._checkpoint, self._actor = checkpoint, actor

    # ---- making one ----------------------------------------------------------------------------
    @classmethod
    def load(cls, path: Path_, role: str | None = None, seat: int | None = None) -> Policy:
        """Opens a checkpoint.

        Args:
            path: the file.
            role: of the policy; None: the only one that the checkpoint has.
            seat: of the role, where its seats do not share a policy; None: the first one.

        Raises:
            RequestError: ``bad_file``: there is no such file, or it is no checkpoint.
            ValueError: the checkpoint has several roles and none is given, or not this one.
        """
        return cls._of(Checkpoint.open(os.fsdecode(path)), role, seat)

    @classmethod
    def create(
        cls,
        envs: Pool | str,
        role: str | None = None,
        *,
        hidden: Sequence[int] = (64, 64),
        activation: str = "tanh",
        layer_norm: bool = False,
        gru: int = 0,
        density: str = "gaussian",
        deviation: float = 0.3,
        seed: int = 0,
    ) -> Policy:
        """Makes an untrained policy for each role of ``envs`` and returns that of ``role``.

        Args:
            envs: the envs, or their effective config in YAML (``envs.spec.config``).
            role: as of :meth:`load`; :meth:`of` returns the others.
            hidden, activation, layer_norm, gru, density: the shape (:class:`hftsim.nets.Net`).
            deviation: initial standard deviation of actions that are numbers.
            seed: of the weights.

        Raises:
            RequestError: ``bad_argument``: the shape is invalid; ``config``: the config is.
            ValueError: no such role.
        """
        config = envs if isinstance(envs, str) else envs.spec.config
        checkpoint = Checkpoint.create(
            config, tuple(hidden), activation, layer_norm, gru, density, deviation,
            seed_of(seed),
        )  # fmt: skip
        return cls._of(checkpoint, role, None)

    @classmethod
    def from_npz(cls, path: Path_) -> Policy:
        """Reads what :meth:`save_npz` wrote. The policy acts in NumPy, without libhftsim: it does
        not explore and cannot be saved as a checkpoint.

        Raises:
            OSError: the file cannot be read.
            ValueError: it has something else.
        """
        name = os.fsdecode(path)
        try:
            with np.load(name, allow_pickle=False) as file:
                net = Net.parse(json.loads(str(file["actor"])))
                tensors = {key: file[key].astype(np.float32) for key in net.shapes()}
        except (KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(f"{name}: not a policy of save_npz: {error}") from None
        for key, shape in net.shapes().items():
            if tensors[key].shape != shape:
                raise ValueError(f"{name}: {key} must be {shape}, not {tensors[key].shape}")
        return cls(net, tensors, None, 0)

    @classmethod
    def from_torch(
        cls, state_dict: Mapping[str, Any], like: Policy, prefix: str = ""
    ) -> Policy:
        """A copy of ``like`` with weights of a PyTorch module: see :meth:`load_torch`."""
        policy = cls(like.net, like._tensors, None, 0)
        if like._checkpoint is not None:
            policy = cls(like.net, like._tensors, like._checkpoint.copy(), like._actor)
        policy.load_torch(state_dict, prefix)
        return policy

    @classmethod
    def _of(cls, checkpoint: Checkpoint, role: str | None, seat: int | None) -> Policy:
        roles = checkpoint.roles
        if role is None and len(roles) > 1:
            raise ValueError(f"{checkpoint.place} has the roles {', '.join(roles)}: name one")
        wanted = roles[0] if role is None else role
        if wanted not in roles:
            raise ValueError(f"{checkpoint.place} has no role {wanted!r}, but {', '.join(roles)}")
        actor = checkpoint.find(wanted, -1 if seat is None else seat)
        if actor is None:
            raise ValueError(f"{checkpoint.place} has no policy for seat {seat} of {wanted}")
        return cls(checkpoint.net(actor), checkpoint.tensors(actor), checkpoint, actor)

    def of(self, role: str, seat: int | None = None) -> Policy:
        """The policy of another role or seat of the same checkpoint. :meth:`save` of any of them
        writes all."""
        if self._checkpoint is None:
            raise Error("a policy of an .npz file has one role")
        return self._of(self._checkpoint, role, seat)

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles of its checkpoint."""
        return (self.net.role,) if self._checkpoint is None else self._checkpoint.roles

    @property
    def config(self) -> str:
        """The effective config of its training, YAML; empty of an .npz file."""
        return "" if self._checkpoint is None else self._checkpoint.text("config")

    @property
    def training(self) -> str:
        """The keys of its training, YAML; empty if there was none."""
        return "" if self._checkpoint is None else self._checkpoint.text("training")

    def check(self, role: Role) -> None:
        """Checks that the policy fits a role of ``envs.spec.roles``.

        Raises:
            ValueError: an observation or action differs; the text names the first difference.
        """
        choices = role.choices if role.actions != "box" else (0,) * len(self.net.choices)
        for what, mine, others in (
            ("role", (self.net.role,), (role.name,)),
            ("actions", (self.net.space,), (role.actions,)),
            ("observation", self.net.obs_names, role.obs_names),
            ("axis", self.net.axis_names, role.action_names),
            ("choices", self.net.choices, tuple(choices)),
        ):
            if mine == others:
                continue
            if len(mine) != len(others):
                raise ValueError(f"the policy has {len(mine)} x {what}, the envs {len(others)}")
            k = next(i for i, pair in enumerate(zip(mine, others, strict=True))
                     if pair[0] != pair[1])  # fmt: skip
            raise ValueError(f"{what} {k} is {mine[k]!r} of the policy, {others[k]!r} of the envs")

    # ---- acting --------------------------------------------------------------------------------
    def __call__(
        self, obs: ArrayLike, mask: ArrayLike | None = None, *, seed: int | None = None
    ) -> NDArray[Any]:
        """Acts for rows of any shape: [D], [N, D] or [N, S, D].

        A policy with a GRU remembers each row until :meth:`reset`; the rows of the next call are
        then the same, at their next steps.

        Args:
            obs: [..., D] observations, finite.
            mask: [..., M] which choices are allowed (``results.masks[role]``); None: all are.
            seed: None: the mean, or the most probable choice; otherwise the policy explores, and
                row i draws from a stream of (seed, i): give each call another one.

        Returns:
            [..., A]: float32, numbers unclipped and choices as whole numbers, or int32 where all
            actions are choices: a row of ``step``'s actions.

        Raises:
            ValueError: a shape is wrong, or the rows are not those that the policy remembers.
            RequestError: ``bad_argument``: a number is infinite or NaN, ``obs[3, 0]``.
        """
        array = np.asarray(obs, np.float32)
        width = len(self.net.obs_names)
        if array.ndim < 1 or array.shape[-1] != width:
            raise ValueError(f"obs must be [..., {width}], not {array.shape}")
        shape = array.shape[:-1]
        rows = np.ascontiguousarray(array.reshape(-1, width))
        flags = self._flags(mask, shape)
        state = self._remembered(shape).reshape(len(rows), self.net.gru)
        if self._checkpoint is not None:
            number = None if seed is None else seed_of(seed)
            actions, state = self._checkpoint.act(
                self._actor, self.net, rows, flags, state, number
            )
        elif seed is not None:
            raise Error("a policy of an .npz file does not explore: load the checkpoint")
        else:
            outputs, state = forward(self.net, self._tensors, rows, state)
            actions = greedy(self.net, outputs, flags)
        if self.net.gru:
            self.state = state.reshape(*shape, self.net.gru)
        return actions.reshape(*shape, len(self.net.choices))

    def act(self, results: Results, *, seed: int | None = None) -> NDArray[Any]:
        """Actions [N, S, A] for all seats of the role; of a policy of one seat [N, A].

        Rows of envs whose episode has just ended are forgotten first, which is right for envs with
        the autoreset ``"same_step"``; call :meth:`reset` when you reset envs yourself.
        """
        role = self.net.role
        obs, mask = results.obs[role], results.masks.get(role)
        if self.net.seat >= 0:
            obs = obs[:, self.net.seat]
            mask = None if mask is None else mask[:, self.net.seat]
        if self.state is not None and results.ended.any():
            self.reset(results.ended)
        return self(obs, mask, seed=seed)

    def reset(self, rows: ArrayLike | None = None) -> None:
        """Forgets what rows remember, as at the beginning of an episode.

        Args:
            rows: bool, of the first dimensions of the rows ([N] of rows [N, S]); None: all, and
                the next call may have other rows.
        """
        if rows is None or self.state is None:
            self.state = None
            return
        chosen = np.asarray(rows, np.bool_)
        if chosen.shape != self.state.shape[: chosen.ndim]:
            raise ValueError(f"rows must be {self.state.shape[:-1]}, not {chosen.shape}")
        self.state[chosen] = 0

    def _remembered(self, shape: tuple[int, ...]) -> Floats:
        wanted = (*shape, self.net.gru)
        if not self.net.gru or self.state is None:
            return np.zeros(wanted, np.float32)
        if self.state.shape != wanted:
            raise ValueError(f"rows {shape} are not those of the last call, "
                             f"{self.state.shape[:-1]}: call reset() first")  # fmt: skip
        return self.state

    def _flags(self, mask: ArrayLike | None, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
        if mask is None or not self.net.mask_dim:
            return None
        flags = np.asarray(mask, np.bool_)
        if flags.shape != (*shape, self.net.mask_dim):
            raise ValueError(f"mask must be {(*shape, self.net.mask_dim)}, not {flags.shape}")
        return np.ascontiguousarray(flags.reshape(-1, self.net.mask_dim))

    # ---- weights -------------------------------------------------------------------------------
    def torch_state_dict(self) -> dict[str, Floats]:
        """Copies of all tensors, with names and layouts ([outputs, inputs]) of PyTorch:
        ``hidden0.weight``, ``norm0.weight``, ``gru.weight_ih_l0``, ``output.bias``, ...; besides
        ``log_std``, and ``obs_shift`` and ``obs_factor`` of the standardisation."""
        return {name: array.copy() for name, array in self._tensors.items()}

    def load_torch(self, state_dict: Mapping[str, Any], prefix: str = "") -> None:
        """Takes weights from a state dict of a PyTorch module of the same shape.

        Tensors are taken by their names, as :meth:`torch_state_dict` has them; where none of the
        network's names is there (``nn.Sequential``), by their order. ``log_std``, ``obs_shift`` and
        ``obs_factor`` stay as they are where they are missing.

        Args:
            state_dict: of ``torch`` tensors or arrays, by name.
            prefix: only names that begin with it are read, without it: ``"actor."``.

        Raises:
            ValueError: a tensor is missing, unknown, of another shape, or not finite. Nothing has
                changed.
        """
        given = {name[len(prefix):]: value for name, value in state_dict.items()
                 if name.startswith(prefix)}  # fmt: skip
        shapes = self.net.shapes()
        own = [name for name in shapes if name not in EXTRA]
        if not any(name in given for name in own):
            ordered = [name for name in given if name not in EXTRA]
            if len(ordered) != len(own):
                raise ValueError(f"the network has {len(own)} tensors ({', '.join(own)}), the "
                                 f"state dict {len(ordered)}")  # fmt: skip
            names = dict(zip(ordered, own, strict=True))
            given = {names.get(name, name): value for name, value in given.items()}
        for name in (*own, *given):
            if name not in given or name not in shapes:
                what = "is missing" if name in shapes else "is not a tensor of the policy"
                raise ValueError(f"{prefix}{name} {what}")
        arrays = {name: _array(value) for name, value in given.items()}
        for name, array in arrays.items():
            if array.shape != shapes[name]:
                raise ValueError(f"{prefix}{name} must be {shapes[name]}, not {array.shape}")
            if not np.isfinite(array).all():
                raise ValueError(f"{prefix}{name} has a number that is infinite or NaN")
        if self._checkpoint is not None:
            self._checkpoint.set(self._actor, arrays)
        self._tensors |= arrays

    def save(self, path: Path_) -> None:
        """Writes a checkpoint with all policies of this one's, for ``hftsim evaluate`` and
        ``controller: policy``. The state of a training is not in it.

        Raises:
            RequestError: ``bad_file``: it cannot be written.
            Error: the policy is of an .npz file.
        """
        if self._checkpoint is None:
            raise Error("a policy of an .npz file has no checkpoint: load_torch(its "
                        "torch_state_dict()) into one of the same shape")  # fmt: skip
        self._checkpoint.write(os.fsdecode(path))

    def save_npz(self, path: Path_) -> None:
        """Writes the tensors of :meth:`torch_state_dict`, and ``actor``: names and the shape of the
        network, JSON. ``OSError``: it cannot be written."""
        arrays: dict[str, Any] = {"actor": np.array(json.dumps(self.net.fields()))}
        arrays |= self._tensors
        with _written(path) as part, part.open("wb") as file:
            np.savez(file, **arrays)

    def save_onnx(self, path: Path_) -> None:
        """Writes the policy as an ONNX graph (opset 17) with any number of rows.

        Inputs are ``obs`` float32 [rows, D], ``mask`` bool [rows, M] where actions have choices,
        and ``state`` float32 [rows, H] of a GRU, zero when an episode begins; outputs ``action``
        [rows, A], without exploring, and ``next_state``.

        Raises:
            ImportError: the package ``onnx`` is missing (``pip install 'hftsim[onnx]'``).
            OSError: it cannot be written.
        """
        model = model_of(self.net, self._tensors)
        with _written(path) as part:
            part.write_bytes(model.SerializeToString())


class _written:
    """A file that appears under its name only when it is complete."""

    def __init__(self, path: Path_) -> None:
        self.path = Path(os.fsdecode(path))
        self.part = self.path.with_name(self.path.name + ".part")

    def __enter__(self) -> Path:
        return self.part

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.part.replace(self.path)
        else:
            self.part.unlink(missing_ok=True)


def _array(value: Any) -> Floats:
    """Of an array or a tensor of PyTorch."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    return np.array(value, np.float32)


# ---- python -m hftsim.policy -------------------------------------------------------------------
def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m hftsim.policy", description="Policies of checkpoints in other formats."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    export = commands.add_parser(
        "export", help="write a policy as ONNX or .npz",
        description="Writes a policy of a checkpoint as an ONNX graph (needs the package onnx) or "
        "as arrays for NumPy.",
        epilog="example: python -m hftsim.policy export maker.h5 --onnx maker.onnx",
    )  # fmt: skip
    export.add_argument("checkpoint", metavar="CHECKPOINT", help="a file of hftsim train")
    export.add_argument("--role", help="of the policy; needed where the checkpoint has several")
    export.add_argument("--seat", type=int, help="of the role, where seats have policies each")
    export.add_argument("--onnx", metavar="FILE", help="write the ONNX graph to FILE")
    export.add_argument("--npz", metavar="FILE", help="write the arrays to FILE")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """The program; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.onnx is None and options.npz is None:
        parser.error("nothing to write: give --onnx FILE or --npz FILE")
    try:
        policy = Policy.load(options.checkpoint, options.role, options.seat)
        if options.onnx is not None:
            policy.save_onnx(options.onnx)
            print(f"wrote {options.onnx}")
        if options.npz is not None:
            policy.save_npz(options.npz)
            print(f"wrote {options.npz}")
    except (Error, ValueError, ImportError, OSError) as error:
        print(f"hftsim.policy: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
