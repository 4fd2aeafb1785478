"""The networks of policies in NumPy: what agents/nn computes, for export and where libhftsim is not
at hand. Tensors have PyTorch's names and layouts: a weight is [outputs, inputs]."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["CLIP", "EPSILON", "Net", "forward", "greedy"]

Floats = NDArray[np.float32]

CLIP = 8.0  # standardised observations are clipped to it
EPSILON = 1e-5  # of layer normalisation


@dataclass(frozen=True)
class Net:
    """An actor: its names and the shape of its network.

    Attributes:
        role: for which it acts, ``"maker"``.
        seat: its seat of the role; -1: all.
        space: ``"box"``, ``"multi_discrete"``, ``"discrete"`` or ``"mixed"``.
        obs_names: [D] names of the numbers of an observation.
        axis_names: names of the action's axes, which ``"discrete"`` encodes in one number.
        choices: [A] for each number of an action its choices; 0: it is a number in [-1, 1].
        density: of actions that are numbers, ``"gaussian"``, ``"squashed"`` or ``"beta"``.
        activation: ``"tanh"``, ``"relu"`` or ``"elu"``.
        hidden: units of the hidden layers.
        gru: units of the GRU, the numbers that a seat remembers; 0: none.
        layer_norm: whether layers are normalised before each activation.
    """

    role: str
    seat: int
    space: str
    obs_names: tuple[str, ...]
    axis_names: tuple[str, ...]
    choices: tuple[int, ...]
    density: str
    activation: str
    hidden: tuple[int, ...]
    gru: int
    layer_norm: bool

    @classmethod
    def parse(cls, fields: Mapping[str, Any]) -> Net:
        """From what :meth:`fields` returned. ``ValueError``: it is something else."""
        try:
            read: dict[str, Any] = {
                name: tuple(value) if isinstance(value, list) else value
                for name, value in fields.items()
            }
            return cls(**read)
        except TypeError as error:
            raise ValueError(f"no actor: {error}") from None

    def fields(self) -> dict[str, Any]:
        """As numbers, texts and lists, for JSON."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    @property
    def is_float(self) -> bool:
        """Whether actions are float32; else they are int32."""
        return self.space in ("box", "mixed")

    @property
    def dtype(self) -> type[np.float32] | type[np.int32]:
        """Of actions."""
        return np.float32 if self.is_float else np.int32

    @property
    def mask_dim(self) -> int:
        """Flags of a mask."""
        return sum(self.choices)

    @property
    def outputs(self) -> int:
        """Of the network."""
        return sum(end - begin for _, begin, end in self.parts())

    def parts(self) -> Iterator[tuple[int, int, int]]:
        """For each number of an action its choices, and the outputs [begin, end) that it has."""
        begin = 0
        for count in self.choices:
            end = begin + (count or (2 if self.density == "beta" else 1))
            yield count, begin, end
            begin = end

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of all tensors, in the order of PyTorch's state dict."""
        shapes: dict[str, tuple[int, ...]] = {}
        width = len(self.obs_names)
        for i, units in enumerate(self.hidden):
            shapes[f"hidden{i}.weight"] = (units, width)
            shapes[f"hidden{i}.bias"] = (units,)
            if self.layer_norm:
                shapes[f"norm{i}.weight"] = shapes[f"norm{i}.bias"] = (units,)
            width = units
        if self.gru:
            shapes["gru.weight_ih_l0"] = (3 * self.gru, width)
            shapes["gru.weight_hh_l0"] = (3 * self.gru, self.gru)
            shapes["gru.bias_ih_l0"] = shapes["gru.bias_hh_l0"] = (3 * self.gru,)
            width = self.gru
        shapes["output.weight"], shapes["output.bias"] = (self.outputs, width), (self.outputs,)
        numbers = sum(count == 0 for count in self.choices)
        if numbers and self.density != "beta":
            shapes["log_std"] = (numbers,)
        shapes["obs_shift"] = shapes["obs_factor"] = (len(self.obs_names),)
        return shapes


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)), np.float32)


def _activate(kind: str, x: Floats) -> Floats:
    if kind == "tanh":
        return np.tanh(x)
    negative = 0 if kind == "relu" else np.expm1(np.minimum(x, 0))
    return np.where(x > 0, x, negative).astype(np.float32)


def _normalise(x: Floats, gain: Floats, bias: Floats) -> Floats:
    gap = x - x.mean(-1, keepdims=True)
    variance = np.square(gap).mean(-1, keepdims=True)
    return np.asarray(gap / np.sqrt(variance + np.float32(EPSILON)) * gain + bias, np.float32)


def _gru(tensors: Mapping[str, Floats], x: Floats, state: Floats) -> Floats:
    """The next state [N, H] (Cho and others 2014, with the gates of PyTorch's)."""
    of_input = x @ tensors["gru.weight_ih_l0"].T + tensors["gru.bias_ih_l0"]
    of_state = state @ tensors["gru.weight_hh_l0"].T + tensors["gru.bias_hh_l0"]
    (ir, iz, i_n), (hr, hz, hn) = np.split(of_input, 3, -1), np.split(of_state, 3, -1)
    reset, keep = _sigmoid(ir + hr), _sigmoid(iz + hz)
    return np.asarray((1 - keep) * np.tanh(i_n + reset * hn) + keep * state, np.float32)


def forward(
    net: Net, tensors: Mapping[str, Floats], obs: Floats, state: Floats
) -> tuple[Floats, Floats]:
    """The outputs [N, O] and the next state [N, H] for observations [N, D] and states [N, H]."""
    x = np.clip((obs - tensors["obs_shift"]) * tensors["obs_factor"], -CLIP, CLIP)
    for i in range(len(net.hidden)):
        x = x @ tensors[f"hidden{i}.weight"].T + tensors[f"hidden{i}.bias"]
        if net.layer_norm:
            x = _normalise(x, tensors[f"norm{i}.weight"], tensors[f"norm{i}.bias"])
        x = _activate(net.activation, x)
    if net.gru:
        x = state = _gru(tensors, x, state)
    return x @ tensors["output.weight"].T + tensors["output.bias"], state


def _number(net: Net, outputs: Floats) -> Floats:
    if net.density == "beta":
        a, b = 1 + np.logaddexp(0, outputs.T)
        return np.asarray(2 * a / (a + b) - 1, np.float32)
    return np.tanh(outputs[:, 0]) if net.density == "squashed" else outputs[:, 0]


def greedy(net: Net, outputs: Floats, mask: NDArray[np.bool_] | None) -> NDArray[Any]:
    """Actions [N, A] without exploring, of outputs [N, O] and masks [N, M]."""
    columns, seen = [], 0
    for count, begin, end in net.parts():
        part = outputs[:, begin:end]
        if count and mask is not None:
            may = mask[:, seen : seen + count]
            may = may | ~may.any(-1, keepdims=True)
            part = np.where(may, part, -np.inf)
        seen += count
        columns.append(part.argmax(-1) if count else _number(net, part))
    return np.stack(columns, -1).astype(net.dtype)
