"""Environments within a recorded tape, and whose files a server reads."""

import re

import hftsim
import numpy as np
import pytest

from conftest import REPOSITORY

TAPE = REPOSITORY / "data/sample/SYMA_2026-01-02_34200000_34800000_message_5.csv"
CONFIG = f"""
market_config: {{duration_s: 600, fundamental: constant}}
env_config: {{episode_len: 200}}
populations:
  - {{kind: replay, messages: '{TAPE}'}}
seats:
  - {{kind: maker, quote_qty: 10, offset_unit: ticks, offset_max: 4}}
"""


@pytest.fixture(scope="module")
def tape_server(program, tmp_path_factory):
    path = tmp_path_factory.mktemp("tape") / "tape.yaml"
    path.write_text(CONFIG)
    with hftsim.launch(program=program, config=path) as running:
        yield running


def test_a_maker_is_filled_by_the_tape(tape_server):
    with tape_server.connect(num_envs=4, seed=3) as envs:
        results = envs.reset(seed=3)
        rewards = np.zeros(results.rewards["maker"].shape)
        # The same quotes in every env, as near to the mid as they can be.
        actions = envs.sample_actions(np.random.default_rng(0))
        actions["maker"][...] = [-1.0, -1.0, 1.0, 1.0]
        for _ in range(200):
            results = envs.step(actions)
            rewards += results.rewards["maker"]
        assert np.all(rewards[0] != 0)
        assert np.all(rewards == rewards[0])  # the tape is one world for every env and seed


def test_clients_cannot_name_files(tape_server):
    for change in ({"overrides": {"populations.replay.messages": str(TAPE)}},
                   {"config_text": CONFIG}):
        with pytest.raises(hftsim.ServerError) as caught:
            tape_server.connect(**change)
        assert caught.value.code == "config"
        assert "a path is not allowed" in caught.value.message


def test_presets_whose_files_are_missing(program, tmp_path, monkeypatch):
    """They are not offered; where a file goes later, a `make` names it."""
    text = (REPOSITORY / "configs" / "replay.yaml").read_text()
    name = re.search(r"^ +messages: (\S+)", text, re.MULTILINE)[1]
    monkeypatch.chdir(tmp_path)
    with hftsim.launch(program=program) as server:
        assert "replay" not in hftsim.Client(server.endpoint).hello()["configs"]
        with pytest.raises(hftsim.ServerError, match="no config 'replay'"):
            server.connect("replay")
    copy = tmp_path / name
    copy.parent.mkdir(parents=True)
    if not (REPOSITORY / name).is_file():
        pytest.skip(f"there is no {name} here")
    for each in (REPOSITORY / name).parent.glob(copy.name.replace("message", "*")):
        (copy.parent / each.name).write_bytes(each.read_bytes())
    with hftsim.launch(program=program) as server:
        assert "replay" in hftsim.Client(server.endpoint).hello()["configs"]
        with server.connect("replay") as envs:
            envs.reset()
        copy.unlink()
        with pytest.raises(hftsim.ServerError) as caught:
            server.connect("replay")
        assert caught.value.code == "config" and copy.name in str(caught.value)
        server.connect("market_making").close()
