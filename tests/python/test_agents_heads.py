"""The heads of agents/nn against torch.distributions on the same outputs: log-probabilities,
entropies, gradients, greedy actions. They are called through a library of the tests, nn_probe."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import skip_sanitizers

torch = pytest.importorskip("torch", reason="needs PyTorch")
from torch import distributions as dist  # noqa: E402
from torch.nn import functional  # noqa: E402

torch.set_num_threads(1)

GAUSSIAN, SQUASHED, BETA = range(3)
# The choices of the axes; 0: a number.
AXES = ((0,), (0, 0, 0, 0), (3,), (5, 2, 11), (243,), (0, 2, 2, 0, 7))
ROWS = 300
TOLERANCE = 1e-4  # of the largest element


@pytest.fixture(scope="module")
def probe(program: Path) -> ctypes.CDLL:
    path = program.parents[1] / "lib" / "libnn_probe.so"
    if not path.is_file():
        pytest.fail(f"there is no library at {path}: build the target nn_probe")
    skip_sanitizers(path)
    library = ctypes.CDLL(str(path))
    library.probe_head.restype = ctypes.c_void_p
    return library


def pointer(array: np.ndarray[Any, Any] | None) -> ctypes.c_void_p | None:
    if array is None:
        return None
    assert array.flags.c_contiguous
    return ctypes.c_void_p(array.ctypes.data)


class Head:
    """A head with random outputs, masks and actions."""

    def __init__(self, probe: ctypes.CDLL, density: int, axes: tuple[int, ...]) -> None:
        self.probe, self.density, self.axes = probe, density, axes
        choices, deviation = np.array(axes, np.int32), ctypes.c_double(0.4)
        made = probe.probe_head(density, len(axes), pointer(choices), deviation)
        self.head = ctypes.c_void_p(made)
        assert self.head.value
        sizes = np.zeros(3, np.int32)
        probe.probe_head_sizes(self.head, pointer(sizes))
        outputs, mask_dim, params = (int(size) for size in sizes)
        rng = np.random.default_rng(3)
        self.params = rng.normal(-0.8, 0.4, params).astype(np.float32)
        self.y = rng.normal(0, 1.5, (ROWS, outputs)).astype(np.float32)
        self.mask = None
        if mask_dim:
            self.mask = (rng.random((ROWS, mask_dim)) < 0.7).astype(np.uint8)
            self.mask[::9] = 0  # of these rows all choices are allowed
        self.raw = np.empty((ROWS, len(axes)), np.float32)
        self.sent = np.empty_like(self.raw)
        self.log_prob = np.empty(ROWS, np.float32)
        arrays = (self.params, self.y, self.mask)
        probe.probe_head_sample(
            self.head, ctypes.c_uint64(5), *(pointer(a) for a in arrays), ROWS,
            pointer(self.raw), pointer(self.sent), pointer(self.log_prob),
        )  # fmt: skip

    def close(self) -> None:
        self.probe.probe_head_free(self.head)

    def number(self, y: Any, log_deviation: Any) -> tuple[Any, Any, Any]:
        """The distribution of what is sent, its entropy, and its greedy action."""
        if self.density == BETA:
            beta = dist.Beta(1 + functional.softplus(y[:, 0]), 1 + functional.softplus(y[:, 1]))
            sent = dist.TransformedDistribution(beta, dist.AffineTransform(-1, 2))
            return sent, beta.entropy() + np.log(2), 2 * beta.mean - 1
        normal = dist.Normal(y[:, 0], log_deviation.exp().expand(ROWS))
        if self.density == GAUSSIAN:
            return normal, normal.entropy(), normal.mean
        squashed = dist.TransformedDistribution(normal, dist.TanhTransform(cache_size=1))
        return squashed, normal.entropy(), torch.tanh(normal.mean)

    def log_prob_of(self, of: Any, axis: int) -> Any:
        raw = torch.tensor(self.raw[:, axis].astype(np.float64))
        if self.density == SQUASHED:
            return of.log_prob(of.transforms[0](raw))  # the cache keeps the number before tanh
        return of.log_prob(2 * raw - 1 if self.density == BETA else raw)

    def peer(self, y: Any, params: Any) -> tuple[Any, Any, np.ndarray[Any, Any]]:
        """PyTorch's log-probabilities, entropies and greedy actions."""
        log_prob = entropy = torch.zeros(ROWS, dtype=torch.float64)
        greedy, output, bit, param = [], 0, 0, 0
        for axis, choices in enumerate(self.axes):
            if choices:
                logits = y[:, output : output + choices]
                assert self.mask is not None
                allowed = torch.tensor(self.mask[:, bit : bit + choices] > 0)
                allowed = allowed | ~allowed.any(dim=1, keepdim=True)
                categorical = dist.Categorical(logits=logits.masked_fill(~allowed, -1e12))
                log_prob = log_prob + categorical.log_prob(torch.tensor(self.raw[:, axis]))
                entropy = entropy + categorical.entropy()
                greedy.append(categorical.probs.argmax(dim=1))
                output, bit = output + choices, bit + choices
                continue
            width = 2 if self.density == BETA else 1
            own = params[param] if self.density != BETA else None
            of, of_entropy, action = self.number(y[:, output : output + width], own)
            log_prob = log_prob + self.log_prob_of(of, axis)
            entropy = entropy + of_entropy
            greedy.append(action)
            output, param = output + width, param + 1
        return log_prob, entropy, np.stack([g.detach().numpy() for g in greedy], axis=1)


@pytest.fixture(params=[(d, axes) for d in range(3) for axes in AXES], ids=str)
def head(probe: ctypes.CDLL, request: pytest.FixtureRequest) -> Iterator[Head]:
    made = Head(probe, *request.param)
    yield made
    made.close()


def near(ours: np.ndarray[Any, Any], theirs: np.ndarray[Any, Any]) -> None:
    assert ours.shape == theirs.shape
    if theirs.size:
        assert np.abs(ours - theirs).max() <= TOLERANCE * np.abs(theirs).max()


def test_values_and_gradients(head: Head) -> None:
    rng = np.random.default_rng(8)
    dlog, dentropy = (rng.standard_normal(ROWS).astype(np.float32) for _ in range(2))
    log_prob, entropy = np.empty(ROWS, np.float32), np.empty(ROWS, np.float32)
    dy, grad = np.empty_like(head.y), np.zeros_like(head.params)
    inputs = (head.params, head.y, head.mask, head.raw)
    rest = (dlog, dentropy, log_prob, entropy, dy, grad)
    head.probe.probe_head_run(
        head.head, *(pointer(a) for a in inputs), ROWS, *(pointer(a) for a in rest)
    )
    np.testing.assert_array_equal(log_prob, head.log_prob)

    y = torch.tensor(head.y.astype(np.float64), requires_grad=True)
    params = torch.tensor(head.params.astype(np.float64), requires_grad=True)
    log_prob_peer, entropy_peer, _ = head.peer(y, params)
    loss = torch.tensor(dlog.astype(np.float64)) * log_prob_peer
    loss = loss + torch.tensor(dentropy.astype(np.float64)) * entropy_peer
    loss.sum().backward()
    near(log_prob, log_prob_peer.detach().numpy())
    near(entropy, entropy_peer.detach().numpy())
    near(dy, y.grad.numpy())
    if params.grad is not None:
        near(grad, params.grad.numpy())


def test_greedy_actions(head: Head) -> None:
    sent = np.empty_like(head.raw)
    arrays = (head.params, head.y, head.mask)
    head.probe.probe_head_greedy(head.head, *(pointer(a) for a in arrays), ROWS, pointer(sent))
    y, params = torch.tensor(head.y.astype(np.float64)), torch.tensor(head.params)
    near(sent, head.peer(y, params)[2].astype(np.float64))


def test_what_is_sent(head: Head) -> None:
    for axis, choices in enumerate(head.axes):
        raw = head.raw[:, axis].astype(np.float64)
        if not choices and head.density == SQUASHED:
            raw = np.tanh(raw)
        elif not choices and head.density == BETA:
            raw = 2 * raw - 1
        near(head.sent[:, axis], raw)
