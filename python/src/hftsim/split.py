"""Environments on several servers, used like those on one."""

from __future__ import annotations

import functools
import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .backend import Output, Overrides, Seeds
from .errors import Error, ProtocolError, RequestError, SessionLost
from .remote import Later, RemoteBackend
from .spec import Array, Layout, Spec

__all__ = ["SplitBackend"]

_SHARED = (
    "episode_len",
    "decision_ms",
    "autoreset",
    "roles",
    "state_names",
    "drawn_names",
    "config",
)

Int32 = NDArray[np.int32]
Place = slice | NDArray[np.intp]  # rows


class SplitBackend:
    """N environments in parts, each on a server. See :class:`hftsim.backend.Backend`.

    The first part has the first envs, and so on. A request that concerns several parts is sent to
    all before the first reply is awaited. Requests that one server would refuse are refused before
    anything is sent, so a ``RequestError`` means here, too, that nothing has changed.

    Args:
        parts: with the same config and seed, the envs of each going on where the last one's end.

    Raises:
        Error: the parts differ; the message names the servers.
    """

    def __init__(self, parts: Sequence[RemoteBackend]) -> None:
        self._parts = list(parts)
        counts = [part.spec.num_envs for part in self._parts]
        self._first = np.concatenate([[0], np.cumsum(counts)]).tolist()  # env of each part
        self._blocks = [slice(*ends) for ends in itertools.pairwise(self._first)]
        self.spec = _joined(self._parts)
        self._all = np.arange(self.spec.num_envs, dtype=np.int32)
        self.actions = bytearray(self.spec.actions.nbytes)
        self._action_views = self.spec.actions.views(self.actions)
        self._part_views = [part.spec.actions.views(part.actions) for part in self._parts]
        self._is_reset = np.zeros(self.spec.num_envs, np.bool_)
        # Of all envs, whose actions are ignored: the arrays `controlled` of the last results.
        self._controlled = {
            array.name: np.zeros((self.spec.num_envs, *array.shape[1:]), np.bool_)
            for array in self.spec.results.arrays
            if array.name.startswith("controlled/")
        }
        self._under_way = np.zeros(len(self._parts), np.intp)  # number of envs of each part
        self._turn = 0
        # The handles of the parts that have a save, by part, by our handle.
        self._saves: dict[int, dict[int, int]] = {}
        self._last_save = 0

    @classmethod
    def open(
        cls,
        endpoints: Sequence[str],
        num_envs: int,
        begin: Callable[..., RemoteBackend],
    ) -> SplitBackend:
        """Divides ``num_envs`` over the servers as evenly as possible.

        ``begin`` creates a part from a function that returns the endpoints to try, in order,
        ``num_envs``, and ``first_env``, the index of its first env among all. A part whose own
        server is unreachable goes to the server with the fewest envs.
        """
        count = min(len(endpoints), num_envs)
        ends = [part * num_envs // count for part in range(count + 1)]
        parts: list[RemoteBackend] = []

        def places(home: str) -> list[str]:
            load = Counter[str]()
            for part in parts:
                load[part.client.endpoint] += part.spec.num_envs
            return list(dict.fromkeys([home, *sorted(endpoints, key=lambda place: load[place])]))

        try:
            for home, (first, end) in zip(endpoints, itertools.pairwise(ends), strict=False):
                given = {"num_envs": end - first, "first_env": first}
                parts.append(begin(functools.partial(places, home), **given))
            return cls(parts)
        except BaseException:
            for part in parts:
                part.close()
            raise

    @property
    def place(self) -> str:
        """Where the envs run, as text."""
        return f"on {', '.join(part.client.endpoint for part in self._parts)}"

    def reset(
        self, seed: Seeds, mask: NDArray[np.bool_] | None, overrides: Overrides = None
    ) -> Output:
        asked = {}
        for part, block in enumerate(self._blocks):
            seeds = _seeds_of(seed, block)
            chosen = None if mask is None else mask[block]
            asked[part] = self._parts[part].begin_reset(seeds, chosen, overrides)
        outputs = self._wait(asked)
        if mask is None:
            self._under_way[:] = 0
        self._is_reset[slice(None) if mask is None else mask] = True
        return self._together(outputs, self._blocks, self._all)

    def reset_some(self, envs: Int32, seed: Seeds, overrides: Overrides = None) -> Output:
        chosen = self._chosen(envs)
        asked = {}
        for part, rows in chosen.items():
            seeds = _seeds_of(seed, rows)
            local = self._local(part, envs[rows])
            asked[part] = self._parts[part].begin_reset_some(local, seeds, overrides)
        outputs = self._wait(asked)
        self._is_reset[envs] = True
        return self._together(outputs, list(chosen.values()), envs)

    def step(self) -> Output:
        never = self.spec.num_envs - int(self._is_reset.sum())
        if never:
            text = f"{never} of {self.spec.num_envs} envs have never been reset"
            raise RequestError("not_reset", text)
        self._hand_out_actions(range(len(self._parts)), self._all)
        asked = {number: part.begin_step() for number, part in enumerate(self._parts)}
        return self._together(self._wait(asked), self._blocks, self._all)

    def step_some(self, envs: Int32) -> Output:
        chosen = self._sent(envs)
        asked = {
            part: self._parts[part].begin_step_some(self._local(part, envs[rows]))
            for part, rows in chosen.items()
        }
        return self._together(self._wait(asked), list(chosen.values()), envs)

    def send(self, envs: Int32) -> None:
        chosen = self._sent(envs)
        self._wait(
            {
                part: self._parts[part].begin_send(self._local(part, envs[rows]))
                for part, rows in chosen.items()
            }
        )
        for part, rows in chosen.items():
            self._under_way[part] += len(rows)

    def recv(self, least: int, room: int) -> Output:
        """Asks each server for its share of ``least``; waits for the slowest."""
        turns = self._turns()
        self._turn += least
        shares, rooms = (np.bincount(turns[:count]).tolist() for count in (least, room))
        asked = {
            part: self._parts[part].begin_recv(share, rooms[part])
            for part, share in enumerate(shares)
            if share
        }
        outputs = self._wait(asked)
        received: list[Int32] = []
        places = []
        for part, output in outputs.items():
            if output.envs is None:
                raise ProtocolError("the reply does not name the received envs")
            start = sum(map(len, received))
            received.append(output.envs + np.int32(self._first[part]))
            places.append(slice(start, start + len(output.envs)))
            self._under_way[part] -= len(output.envs)
        envs = np.concatenate(received)
        return self._together(outputs, places, envs)._replace(envs=envs)

    def save(self, env: int) -> int:
        part, local = self._place(env)
        return self._keep({part: self._parts[part].save(local)})

    def load(self, env: int, save: int) -> Output:
        handles = self._saved(save)
        part, local = self._place(env)
        if part not in handles:
            self._check_same_part(next(iter(handles)), part, "save")
        output = self._parts[part].load(local, handles[part])
        self._is_reset[env] = True
        self._note_controlled(output.results, np.array([env], np.int32))
        return output

    def fork(self, source: int, targets: Int32) -> Output:
        part, origin = self._place(source)
        for other in self._chosen(targets):
            self._check_same_part(part, other, "to")
        output = self._parts[part].fork(origin, self._local(part, targets))
        self._is_reset[targets] = True
        self._note_controlled(output.results, targets)
        return output

    def drop(self, save: int) -> None:
        for part, handle in self._saved(save).items():
            self._parts[part].drop(handle)
        del self._saves[save]

    def export_save(self, save: int) -> bytes:
        part, handle = next(iter(self._saved(save).items()))
        return self._parts[part].export_save(handle)

    def import_save(self, data: bytes) -> int:
        """Imports on all servers that accept the bytes: those with the key that sealed them."""
        handles: dict[int, int] = {}
        refusals = []
        for part, backend in enumerate(self._parts):
            try:
                handles[part] = backend.import_save(data)
            except RequestError as refusal:
                refusals.append(refusal)
        if not handles:
            raise refusals[0]
        return self._keep(handles)

    def picture(self, env: int, levels: int) -> dict[str, Any]:
        part, local = self._place(env)
        return {**self._parts[part].picture(local, levels), "env": env}

    def ping(self) -> None:
        for part in self._parts:
            part.ping()

    def close(self) -> None:
        for part in self._parts:
            part.close()

    def _wait(self, asked: dict[int, Later]) -> dict[int, Output]:
        """Waits for the outputs of all parts that were asked."""
        outputs, refused = {}, {}
        for part, later in asked.items():
            try:
                outputs[part] = later()
            except RequestError as error:
                refused[part] = error
        for part, refusal in refused.items():
            if not outputs or isinstance(refusal, SessionLost):
                raise refusal  # nothing has changed anywhere, or a reset is needed
            endpoint = self._parts[part].client.endpoint
            raise Error(f"{endpoint} refused what other servers did: {refusal}") from refusal
        return outputs

    def _together(self, outputs: dict[int, Output], places: Sequence[Place], envs: Int32) -> Output:
        """Joins the outputs of parts; row k is of ``envs[k]``."""
        buffers = [output.results for output in outputs.values()]
        results = _put(self.spec.results.arrays, buffers, places, len(envs))
        self._note_controlled(results, envs)
        ended = {part: output.ended for part, output in outputs.items() if output.ended}
        if not ended:
            return Output(_read_only(results))
        ends = np.cumsum([0, *ended.values()])
        blocks = [slice(*pair) for pair in itertools.pairwise(ends)]
        count = int(ends[-1])
        finals = _put(self.spec.finals, [outputs[part].finals for part in ended], blocks, count)
        layout = Layout.packed(self.spec.finals, count)
        which = layout.views(finals)["env"]
        for part, block in zip(ended, blocks, strict=True):
            which[block] += self._first[part]
        row = np.zeros(self.spec.num_envs, np.intp)
        row[envs] = np.arange(len(envs))
        order = np.argsort(row[which]).astype(np.int32)
        return Output(_read_only(results), count, _read_only(layout.gather(finals, order)))

    def _note_controlled(self, results: Any, envs: Int32) -> None:
        """Notes from the rows of these envs which seats strategies and policies hold."""
        if self._controlled:
            views = Layout.packed(self.spec.results.arrays, len(envs)).views(results)
            for name, held in self._controlled.items():
                held[envs] = views[name]

    def _chosen(self, envs: Int32) -> dict[int, NDArray[np.intp]]:
        """The parts of these envs, each with the positions of its envs in the list."""
        owner = np.searchsorted(self._first, envs, side="right") - 1
        return {int(part): np.flatnonzero(owner == part) for part in np.unique(owner)}

    def _local(self, part: int, envs: Int32) -> Int32:
        return np.ascontiguousarray(envs - np.int32(self._first[part]), "<i4")

    def _place(self, env: int) -> tuple[int, int]:
        part = int(np.searchsorted(self._first, env, side="right")) - 1
        return part, env - self._first[part]

    def _sent(self, envs: Int32) -> dict[int, NDArray[np.intp]]:
        """Checks that these envs may be stepped, and copies their actions to the parts."""
        if not self._is_reset[envs].all():
            env = envs[np.argmin(self._is_reset[envs])]
            raise RequestError("not_reset", f"env {env} has never been reset", "envs")
        chosen = self._chosen(envs)
        self._hand_out_actions(chosen, envs)
        return chosen

    def _hand_out_actions(self, parts: Iterable[int], envs: Int32) -> None:
        for name, view in self._action_views.items():
            self._check_actions(name, view, envs)
            for part in parts:
                self._part_views[part][name][:] = view[self._blocks[part]]

    def _check_actions(self, name: str, view: NDArray[Any], envs: Int32) -> None:
        """Checks actions as a server does."""
        role_name = name.removeprefix("action/")
        role = self.spec.roles[role_name]
        choices = np.array(role.action_choices or (0,) * view.shape[2])
        rows = view if envs is self._all else view[envs]
        wrong = ~np.isfinite(rows)
        wrong |= (choices > 0) & ((rows < 0) | (rows >= choices) | (rows != np.floor(rows)))
        held = self._controlled.get(f"controlled/{role_name}")
        if held is not None:
            wrong &= ~held[envs][..., None]
        if wrong.any():
            row, seat, axis = np.argwhere(wrong)[0].tolist()
            text = f"an action is {rows[row, seat, axis]:g}"
            if choices[axis] and np.isfinite(rows[row, seat, axis]):
                text += f"; its choices are 0 to {choices[axis] - 1}"
            raise RequestError("bad_action", text, f"{name}[{envs[row]}, {seat}, {axis}]")

    def _turns(self) -> NDArray[np.intp]:
        """The parts of all envs under way, interleaved, beginning with the one whose turn it is."""
        there = self._under_way
        parts = np.repeat(np.arange(len(there)), there)
        rank = np.concatenate([(np.arange(count) + 0.5) / count for count in there])
        return np.roll(parts[np.argsort(rank, kind="stable")], -self._turn)

    def _keep(self, handles: dict[int, int]) -> int:
        self._last_save += 1
        self._saves[self._last_save] = handles
        return self._last_save

    def _saved(self, save: int) -> dict[int, int]:
        try:
            return self._saves[save]
        except KeyError:
            raise RequestError("unknown_save", f"unknown save {save}", "save") from None

    def _check_same_part(self, source: int, target: int, where: str) -> None:
        if source != target:
            first, second = (self._parts[part].client.endpoint for part in (source, target))
            text = f"an env of {first} cannot go to {second}: saves stay on their server"
            raise RequestError("other_server", text, where)


def _seeds_of(seed: Seeds, rows: Place) -> Seeds:
    """The seeds of a part: its rows of an array; a single seed is passed on as it is."""
    return seed[rows] if isinstance(seed, np.ndarray) else seed


def _joined(parts: Sequence[RemoteBackend]) -> Spec:
    """The joint spec of all parts."""
    first = parts[0].spec
    for part in parts[1:]:
        for name in _SHARED:
            if getattr(part.spec, name) != getattr(first, name):
                raise Error(
                    f"{parts[0].client.endpoint} and {part.client.endpoint} have different "
                    f"configs: their {name} differs"
                )
    count = sum(part.spec.num_envs for part in parts)
    digest = hashlib.sha256(" ".join(part.spec.hash for part in parts).encode())
    return replace(
        first,
        num_envs=count,
        actions=Layout.packed(first.actions.arrays, count),
        results=Layout.packed(first.results.arrays, count),
        finals=tuple(Array(a.name, a.dtype, (count, *a.shape[1:]), 0) for a in first.finals),
        hash=digest.hexdigest()[:16],
    )


def _put(
    arrays: Sequence[Array], buffers: Sequence[Any], places: Sequence[Place], count: int
) -> NDArray[np.uint8]:
    """Copies the rows of packed buffers to their places in a buffer of ``count`` rows."""
    layout = Layout.packed(arrays, count)
    whole = np.zeros(layout.nbytes, np.uint8)
    views = layout.views(whole)
    for buffer, place in zip(buffers, places, strict=True):
        rows = place.stop - place.start if isinstance(place, slice) else len(place)
        for name, view in Layout.packed(arrays, rows).views(buffer).items():
            views[name][place] = view
    return whole


def _read_only(array: NDArray[np.uint8]) -> NDArray[np.uint8]:
    array.flags.writeable = False
    return array
