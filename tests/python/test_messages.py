"""Messages between seats carry what the team needs to know: a game that is not won without them."""

import sys

import hftsim
import numpy as np
import pytest

from conftest import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "python" / "examples"))

import message_game  # noqa: E402


@pytest.mark.slow
def test_a_game_that_cannot_be_won_without_talking(library):
    scores = message_game.scores(message_game.Budget(), seed=1, threads=2)
    mean, error = scores["messages"]
    assert mean > 4 * error
    for name in ("unheard", "silent"):
        other, noise = scores[name]
        assert other <= 3 * noise, name  # nothing is won beyond the error
        assert mean - other > 4 * np.hypot(error, noise), name


@pytest.mark.parametrize("space", ["box", "multi_discrete", "discrete"])
def test_messages_survive_forks_and_end_with_the_episode(library, space):
    text = message_game.CONFIG.format(messages=2)
    text = text.replace("warmup_s", f"action_space: {space}, warmup_s")
    with hftsim.make(config_text=text, num_envs=4, seed=1) as envs:
        role = envs.spec.roles["taker"]
        heard = [k for k, name in enumerate(role.obs_names) if "_message_" in name]
        assert len(heard) == 2
        rng = np.random.default_rng(0)
        assert not envs.reset().obs["taker"][..., heard].any()
        for step in range(1, 2 * envs.spec.episode_len + 1):
            actions = envs.sample_actions(rng)
            results = envs.step(actions)
            seen = results.obs["taker"][..., heard]
            if space == "box":
                expected = actions["taker"][:, ::-1, -2:]
            elif space == "multi_discrete":
                expected = actions["taker"][:, ::-1, -2:] / 5 - 1
            else:
                choice = actions["taker"][:, ::-1, 0]
                expected = np.stack([choice // 11 % 11, choice % 11], axis=-1) / 5 - 1
            if step % envs.spec.episode_len == 0:  # the first observation of the next episode
                final = results.finals.obs["taker"][..., heard]
                assert np.allclose(final, expected[results.finals.envs], atol=1e-6)
                assert not seen.any()
            else:
                assert np.allclose(seen, expected, atol=1e-6)
            if step % 7 == 0:
                row = envs.fork(2, [0, 3]).obs["taker"][..., heard]
                assert np.array_equal(row, seen[[2, 2]])
