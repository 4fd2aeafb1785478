"""What one sees of an env: the same picture in this process and on a server, and its ladder."""

from __future__ import annotations

import contextlib
import ctypes
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hftsim
import numpy as np
import pytest
from conftest import CONFIG
from trajectory import world_seed

ENVS = 3
STEPS = 4


@pytest.fixture
def both(server: hftsim.Server, library: Path, tmp_path: Path) -> Iterator[list[hftsim.Pool]]:
    path = tmp_path / "small.yaml"
    path.write_text(CONFIG)
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(hftsim.make(path, num_envs=ENVS, seed=3, endpoint=place))
            for place in (None, server.endpoint)
        ]


def _actions(envs: hftsim.Pool, seed: int) -> dict[str, Any]:
    return envs.sample_actions(np.random.default_rng(seed))


def test_the_same_picture_here_and_there(both: list[hftsim.Pool]) -> None:
    here, there = both
    for envs in both:
        envs.reset()
    for step in range(STEPS):
        results = [envs.step(_actions(here, step)) for envs in both]
        for env in range(ENVS):
            picture = here.picture(env, 1 + step)
            assert picture == there.picture(env, 1 + step)
            assert (picture["env"], picture["step"]) == (env, step + 1)
            assert picture["seed"] == world_seed(3, env)
            (book,) = picture["instruments"]
            assert 1 <= len(book["bids"]) <= 1 + step
            assert book["bids"][0][0] < book["mid"] < book["asks"][0][0]
            assert [agent["agent"] for agent in picture["agents"]] == list(here.spec.agents)
            for agent in picture["agents"]:
                assert tuple(agent["totals"]) == here.roles["maker"].total_names
        np.testing.assert_array_equal(results[0].state, results[1].state)


def test_the_json_of_the_library_is_the_picture(library: Path, tmp_path: Path) -> None:
    overrides = {"market_config.instruments": 3, "market_config.symbol": "A.B-1"}
    with hftsim.make("portfolio", 2, overrides=overrides, seed=2**64 - 1) as envs:
        envs.reset()
        handle = envs.backend._handle  # type: ignore[attr-defined]
        for step in range(STEPS):
            envs.step(_actions(envs, step))
            for env in range(envs.num_envs):
                text, size = ctypes.c_char_p(), ctypes.c_size_t()
                handle.call("render_json", env, 7, ctypes.byref(text), ctypes.byref(size))
                assert text.value is not None and len(text.value) == size.value
                told = json.loads(text.value, parse_constant=pytest.fail)
                picture = envs.picture(env, 7)
                picture["seed"] = str(picture["seed"])
                assert told == picture
                assert list(told) == list(picture)
                symbols = [instrument["symbol"] for instrument in told["instruments"]]
                assert symbols == ["A.B-11", "A.B-12", "A.B-13"]


def test_the_ladder_shows_levels_and_orders(both: list[hftsim.Pool]) -> None:
    here, there = both
    for envs in both:
        envs.reset()
        envs.step({role: np.zeros_like(array) for role, array in _actions(envs, 0).items()})
    text = here.render(1)
    assert text == there.render(1)
    picture = here.picture(1)
    lines = text.splitlines()
    assert lines[0].startswith(f"env 1   seed {world_seed(3, 1)}, episode 0, step 1   ")
    (book,) = picture["instruments"]
    tick = book["tick_size"]
    levels = [line.split() for line in lines if line.startswith(("  ask", "  bid"))]
    wanted = [("ask", *level) for level in book["asks"][::-1]]
    wanted += [("bid", *level) for level in book["bids"]]
    assert len(levels) == len(wanted)
    for words, (side, price, qty, count) in zip(levels, wanted, strict=True):
        assert words[:4] == [side, f"{price * tick:.2f}", str(qty), str(count)]
    orders = [(agent["agent"], order) for agent in picture["agents"] for order in agent["orders"]]
    assert orders
    for agent, order in orders:
        own = f"{agent} {order['qty']} (+{order['ahead']})"
        price = f"{order['price'] * tick:.2f}"
        assert any(line.split()[1:2] == [price] and own in line for line in lines), own
    for agent in picture["agents"]:
        assert any(line.startswith(agent["agent"]) and " position " in line for line in lines)


def test_what_cannot_be_seen_is_refused(both: list[hftsim.Pool]) -> None:
    for envs in both:
        with pytest.raises(hftsim.RequestError, match="never been reset"):
            envs.render()
        envs.reset()
        for levels in (0, 101):
            with pytest.raises(hftsim.RequestError, match=r"out of range \[1, 100\]"):
                envs.render(0, levels)
        with pytest.raises(ValueError, match=r"out of range \[0, 2\]"):
            envs.render(ENVS)
        envs.send({role: array[:1] for role, array in _actions(envs, 0).items()}, [1])
        with pytest.raises(hftsim.RequestError, match="under way"):
            envs.render(1)
        assert envs.render(0).startswith("env 0")


def test_stats_of_a_session(server: hftsim.Server) -> None:
    with hftsim.connect(server.endpoint, num_envs=ENVS) as envs:
        envs.reset()
        for step in range(STEPS):
            envs.step(_actions(envs, step))
        client = hftsim.Client(server.endpoint)  # the session's token is all that it takes
        stats = client.stats(envs.backend.session)  # type: ignore[attr-defined]
        assert stats["session"]["envs"] == ENVS
        assert stats["session"]["env_steps"] == ENVS * STEPS
        assert stats["session"]["requests"]["step"]["count"] == STEPS
        assert stats["session"]["requests"]["step"]["seconds"] > 0
        assert stats["server"]["sessions"] >= 1
        assert set(client.stats()) == {"id", "kind", "server"}
        client.close()


def test_the_spec_tells_what_config_spaces_does(program: Path, library: Path) -> None:
    command = [program, "config", "spaces", "market_making", "--json"]
    told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    with hftsim.make("market_making") as envs:
        for of in told["roles"]:
            role = envs.roles[of["role"]]
            _check(of["obs"], role.obs_names, role.obs_meanings)
            _check(of["actions"], role.action_names, role.action_meanings)
            _check(of["terms"], role.term_names, role.term_meanings)
            _check(of["totals"], role.total_names, role.total_meanings)
        _check(told["state"], envs.spec.state_names, envs.spec.state_meanings)


def _check(
    numbers: list[dict[str, str]], names: tuple[str, ...], meanings: tuple[hftsim.Meaning, ...]
) -> None:
    assert [number["name"] for number in numbers] == list(names)
    assert [(number["unit"], number["help"]) for number in numbers] == [tuple(m) for m in meanings]
