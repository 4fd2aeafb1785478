"""A policy as an ONNX graph: standardisation, network and the action without exploring.

Inputs: ``obs`` float32 [N, D]; ``mask`` bool [N, M], where actions have choices; ``state`` float32
[N, H], where the network has a GRU. Outputs: ``action`` [N, A], float32 or int32; ``next_state``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .nets import CLIP, EPSILON, Net

__all__ = ["OPSET", "model_of"]

OPSET = 17
IR_VERSION = 8  # that of opset 17: older runtimes read it, too
_MOST_NEGATIVE = -3e38


def _onnx() -> Any:
    try:
        import onnx
    except ImportError as error:
        raise ImportError(
            "ONNX export needs the package onnx: pip install onnx, or pip install 'hftsim[onnx]'"
        ) from error
    return onnx


class _Graph:
    """Nodes and constants as they are added; values are known by their names."""

    def __init__(self, onnx: Any) -> None:
        self.onnx, self.nodes, self.constants = onnx, [], []  # type: ignore[var-annotated]

    def constant(self, array: NDArray[Any] | float) -> str:
        name = f"constant{len(self.constants)}"
        value = np.asarray(array, None if isinstance(array, np.ndarray) else np.float32)
        self.constants.append(self.onnx.numpy_helper.from_array(value, name))
        return name

    def named(self, name: str, array: NDArray[Any]) -> str:
        self.constants.append(self.onnx.numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, kind: str, *inputs: str, outputs: int = 1, name: str = "", **options: Any) -> Any:
        names = [name or f"{kind.lower()}{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(self.onnx.helper.make_node(kind, list(inputs), names, **options))
        return names[0] if outputs == 1 else names

    def columns(self, x: str, begin: int, end: int) -> str:
        """x[:, begin:end]."""
        at = [self.constant(np.array([k], np.int64)) for k in (begin, end, 1)]
        sliced: str = self.add("Slice", x, *at)
        return sliced


def _gru(graph: _Graph, x: str, state: str, units: int) -> str:
    """As PyTorch's: the reset gate is applied after the product with the state."""
    of_input = graph.add("Gemm", x, "gru.weight_ih_l0", "gru.bias_ih_l0", transB=1)
    of_state = graph.add("Gemm", state, "gru.weight_hh_l0", "gru.bias_hh_l0", transB=1)
    sizes = graph.constant(np.full(3, units, np.int64))
    ir, iz, i_n = graph.add("Split", of_input, sizes, outputs=3, axis=1)
    hr, hz, hn = graph.add("Split", of_state, sizes, outputs=3, axis=1)
    reset = graph.add("Sigmoid", graph.add("Add", ir, hr))
    keep = graph.add("Sigmoid", graph.add("Add", iz, hz))
    new = graph.add("Tanh", graph.add("Add", i_n, graph.add("Mul", reset, hn)))
    # (1 - z) n + z h = n + z (h - n)
    gap = graph.add("Mul", keep, graph.add("Sub", state, new))
    following: str = graph.add("Add", new, gap, name="next_state")
    return following


def _outputs(graph: _Graph, net: Net) -> str:
    x = graph.add("Mul", graph.add("Sub", "obs", "obs_shift"), "obs_factor")
    x = graph.add("Clip", x, graph.constant(-CLIP), graph.constant(CLIP))
    for i in range(len(net.hidden)):
        x = graph.add("Gemm", x, f"hidden{i}.weight", f"hidden{i}.bias", transB=1)
        if net.layer_norm:
            scale = (f"norm{i}.weight", f"norm{i}.bias")
            x = graph.add("LayerNormalization", x, *scale, axis=-1, epsilon=EPSILON)
        x = graph.add({"tanh": "Tanh", "relu": "Relu", "elu": "Elu"}[net.activation], x)
    if net.gru:
        x = _gru(graph, x, "state", net.gru)
    outputs: str = graph.add("Gemm", x, "output.weight", "output.bias", transB=1)
    return outputs


def _number(graph: _Graph, net: Net, outputs: str, begin: int, end: int) -> str:
    part = graph.columns(outputs, begin, end)
    if net.density == "squashed":
        part = graph.add("Tanh", part)
    if net.density == "beta":
        shape = graph.add("Add", graph.add("Softplus", part), graph.constant(1.0))
        a, b = graph.columns(shape, 0, 1), graph.columns(shape, 1, 2)
        mean = graph.add("Div", a, graph.add("Add", a, b))
        double = graph.add("Mul", mean, graph.constant(2.0))
        part = graph.add("Sub", double, graph.constant(1.0))
    return part


def _choice(graph: _Graph, part: str, mask: str) -> str:
    """The most probable choice that the mask allows, or of all, where it allows none."""
    allowed = graph.add("Cast", mask, to=graph.onnx.TensorProto.FLOAT)
    any_allowed = graph.add("Cast", graph.add("ReduceMax", allowed, axes=[1], keepdims=1),
                            to=graph.onnx.TensorProto.BOOL)  # fmt: skip
    may = graph.add("Or", mask, graph.add("Not", any_allowed))
    masked = graph.add("Where", may, part, graph.constant(_MOST_NEGATIVE))
    chosen: str = graph.add("ArgMax", masked, axis=1, keepdims=1)
    return chosen


def model_of(net: Net, tensors: Mapping[str, NDArray[np.float32]]) -> Any:
    """The graph, an ``onnx.ModelProto``. ``ImportError``: there is no package ``onnx``."""
    onnx = _onnx()
    helper, types = onnx.helper, onnx.TensorProto
    graph = _Graph(onnx)
    for name, array in tensors.items():
        if name != "log_std":  # for exploring
            graph.named(name, array)
    kind = types.FLOAT if net.is_float else types.INT32
    outputs, columns, seen = _outputs(graph, net), [], 0
    for count, begin, end in net.parts():
        if count:
            part = graph.columns(outputs, begin, end)
            part = _choice(graph, part, graph.columns("mask", seen, seen + count))
        else:
            part = _number(graph, net, outputs, begin, end)
        columns.append(graph.add("Cast", part, to=kind))
        seen += count
    graph.add("Concat", *columns, axis=1, name="action")

    def value(name: str, type_of: int, width: int) -> Any:
        return helper.make_tensor_value_info(name, type_of, ["rows", width])

    inputs = [value("obs", types.FLOAT, len(net.obs_names))]
    results = [value("action", kind, len(net.choices))]
    if net.mask_dim:
        inputs.append(value("mask", types.BOOL, net.mask_dim))
    if net.gru:
        inputs.append(value("state", types.FLOAT, net.gru))
        results.append(value("next_state", types.FLOAT, net.gru))
    made = helper.make_model(
        helper.make_graph(graph.nodes, f"hftsim {net.role}", inputs, results, graph.constants),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="hftsim",
    )
    helper.set_model_props(made, {"role": net.role, "obs_names": ",".join(net.obs_names),
                                  "axis_names": ",".join(net.axis_names)})  # fmt: skip
    onnx.checker.check_model(made)
    return made
