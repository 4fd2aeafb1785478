"""The networks of agents/nn against PyTorch on the same weights: outputs, states, gradients, Adam.

They are called through a library of the tests, nn_probe, beside the program.
"""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import skip_sanitizers

torch = pytest.importorskip("torch", reason="needs PyTorch")
from torch import nn  # noqa: E402

torch.set_num_threads(1)

ACTIVATIONS = (nn.Tanh, nn.ReLU, nn.ELU)
# inputs, outputs, hidden layers, GRU, steps, rows
SHAPES = (
    (64, 8, (128, 128), 0, 1, 300),
    (5, 3, (17,), 0, 2, 9),
    (4, 2, (), 0, 1, 6),
    (6, 2, (32,), 24, 10, 8),
    (3, 1, (), 5, 4, 3),
)
TOLERANCE = 1e-4  # of the largest element


@pytest.fixture(scope="module")
def probe(program: Path) -> ctypes.CDLL:
    path = program.parents[1] / "lib" / "libnn_probe.so"
    if not path.is_file():
        pytest.fail(f"there is no library at {path}: build the target nn_probe")
    skip_sanitizers(path)
    library = ctypes.CDLL(str(path))
    library.probe_net.restype = ctypes.c_void_p
    library.probe_net_params.restype = ctypes.c_int64
    return library


def pointer(array: np.ndarray[Any, Any] | None) -> ctypes.c_void_p | None:
    if array is None:
        return None
    assert array.flags.c_contiguous
    return ctypes.c_void_p(array.ctypes.data)


class Net:
    """A network of agents/nn, its parameters, and the same one in PyTorch, in double."""

    def __init__(self, probe: ctypes.CDLL, shape: tuple[Any, ...], kind: int, norm: bool) -> None:
        self.probe = probe
        self.inputs, self.outputs, self.hidden, self.gru, self.steps, self.rows = shape
        numbers = np.array(
            [self.inputs, self.outputs, self.gru, kind, norm, len(self.hidden), *self.hidden],
            np.int32,
        )
        self.net = ctypes.c_void_p(probe.probe_net(pointer(numbers)))
        assert self.net.value
        self.params = np.zeros(probe.probe_net_params(self.net), np.float32)
        probe.probe_net_init(self.net, ctypes.c_uint64(3), pointer(self.params))
        rng = np.random.default_rng(5)
        self.params += 0.1 * rng.standard_normal(self.params.size).astype(np.float32)
        self.layers, self.cell, self.output = self.peer(kind, norm)

    def close(self) -> None:
        self.probe.probe_net_free(self.net)

    def tensors(self, array: np.ndarray[Any, Any]) -> dict[str, np.ndarray[Any, Any]]:
        found = {}
        name, place = ctypes.create_string_buffer(32), np.zeros(3, np.int64)
        for i in itertools.count():
            if not self.probe.probe_net_tensor(self.net, i, name, pointer(place)):
                return found
            rows, cols, offset = (int(x) for x in place)
            found[name.value.decode()] = array[offset : offset + rows * cols].reshape(rows, cols)
        raise AssertionError

    def peer(self, kind: int, norm: bool) -> tuple[nn.Sequential, Any, nn.Linear]:
        self.pairs: list[tuple[str, Any]] = []  # of tensors, by name and in PyTorch
        layers, width = nn.Sequential(), self.inputs
        for i, units in enumerate(self.hidden):
            layers.append(nn.Linear(width, units))
            self.pairs += [(f"hidden{i}.weight", layers[-1].weight)]
            self.pairs += [(f"hidden{i}.bias", layers[-1].bias)]
            if norm:
                layers.append(nn.LayerNorm(units))
                self.pairs += [(f"norm{i}.weight", layers[-1].weight)]
                self.pairs += [(f"norm{i}.bias", layers[-1].bias)]
            layers.append(ACTIVATIONS[kind]())
            width = units
        cell = None
        if self.gru:
            cell = nn.GRUCell(width, self.gru)
            self.pairs += [("gru.input_weight", cell.weight_ih), ("gru.input_bias", cell.bias_ih)]
            self.pairs += [("gru.state_weight", cell.weight_hh), ("gru.state_bias", cell.bias_hh)]
            width = self.gru
        output = nn.Linear(width, self.outputs)
        self.pairs += [("output.weight", output.weight), ("output.bias", output.bias)]
        tensors = self.tensors(self.params)
        assert [name for name, _ in self.pairs] == list(tensors)
        for name, tensor in self.pairs:
            tensor.data = torch.tensor(tensors[name].T.reshape(tensor.shape).astype(np.float64))
        return layers, cell, output

    def run(self, x: Any, state: Any, restart: np.ndarray[Any, Any]) -> tuple[Any, Any]:
        """PyTorch's outputs and last state."""
        out = []
        for t in range(self.steps):
            row = self.layers(x[t])
            if self.cell is not None:
                state = state * torch.tensor(1.0 - restart[t])[:, None]
                row = state = self.cell(row, state)
            out.append(self.output(row))
        return torch.stack(out), state


@pytest.fixture(
    params=[
        (shape, kind, norm)
        for shape in SHAPES
        for kind in range(3)
        for norm in ((False, True) if shape[2] else (False,))
    ],
    ids=str,
)
def net(probe: ctypes.CDLL, request: pytest.FixtureRequest) -> Iterator[Net]:
    made = Net(probe, *request.param)
    yield made
    made.close()


def near(ours: np.ndarray[Any, Any], theirs: Any) -> None:
    theirs = theirs.detach().numpy()
    assert np.abs(ours - theirs.reshape(ours.shape)).max() <= TOLERANCE * np.abs(theirs).max()


def test_passes(net: Net) -> None:
    rng = np.random.default_rng(8)
    draw = lambda *dims: rng.standard_normal(dims).astype(np.float32)  # noqa: E731
    x, dy = draw(net.steps, net.rows, net.inputs), draw(net.steps, net.rows, net.outputs)
    state = draw(net.rows, net.gru) if net.gru else None
    restart = (rng.random((net.steps, net.rows)) < 0.3).astype(np.uint8)
    y, dx, grad = np.empty_like(dy), np.empty_like(x), np.zeros_like(net.params)
    end = np.empty_like(state) if state is not None else None
    arrays = (x, state, restart, dy, y, end, grad, dx)
    net.probe.probe_net_run(
        net.net, pointer(net.params), net.steps, net.rows, *(pointer(a) for a in arrays)
    )

    x_peer = torch.tensor(x.astype(np.float64), requires_grad=True)
    state_peer = torch.tensor(state.astype(np.float64)) if state is not None else None
    y_peer, end_peer = net.run(x_peer, state_peer, restart)
    (y_peer * torch.tensor(dy.astype(np.float64))).sum().backward()
    near(y, y_peer)
    near(dx, x_peer.grad)
    ours = net.tensors(grad)
    for name, tensor in net.pairs:
        near(ours[name].T, tensor.grad if tensor.dim() == 2 else tensor.grad[:, None])
    if state is not None and end is not None:
        near(end, end_peer)


def test_inference(net: Net) -> None:
    rng = np.random.default_rng(9)
    state = np.zeros(net.gru, np.float32)
    peer = torch.zeros(1, net.gru, dtype=torch.float64)
    net.steps = 1
    for _ in range(5):
        x = rng.standard_normal(net.inputs).astype(np.float32)
        y = np.empty(net.outputs, np.float32)
        net.probe.probe_net_infer(
            net.net, pointer(net.params), pointer(x), pointer(state), pointer(y)
        )
        rows = torch.tensor(x.astype(np.float64))[None, None]
        y_peer, peer = net.run(rows, peer, np.zeros((1, 1)))
        near(y, y_peer)
        if net.gru:
            near(state, peer)


@pytest.mark.parametrize("decay", [0.0, 0.05])
def test_adam(probe: ctypes.CDLL, decay: float) -> None:
    rng = np.random.default_rng(2)
    params = rng.standard_normal(1001).astype(np.float32)
    m, v = np.zeros_like(params), np.zeros_like(params)
    peer = nn.Parameter(torch.tensor(params.astype(np.float64)))
    optimiser = torch.optim.AdamW([peer], lr=0.02, eps=1e-5, weight_decay=decay)
    for step in range(50):
        grad = rng.standard_normal(1001).astype(np.float32)
        peer.grad = torch.tensor(grad.astype(np.float64))
        norm = float(nn.utils.clip_grad_norm_([peer], 0.5))
        optimiser.step()
        rates = (ctypes.c_double(x) for x in (0.02, decay, min(1.0, 0.5 / norm)))
        arrays = (pointer(a) for a in (grad, m, v, params))
        probe.probe_adam(*rates, ctypes.c_int64(step), ctypes.c_int64(1001), *arrays)
    near(params, peer)
