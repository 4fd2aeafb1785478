"""Keys of strategies that `hftsim baseline --estimate` estimates from earlier episodes."""

import json
import subprocess

import pytest

from conftest import REPOSITORY

SAMPLE = REPOSITORY / "data/sample"
MESSAGES = "SYMA_2026-01-02_34200000_34800000_message_5.csv"
SHORT = ("--set", "env_config.warmup_s=5", "--set", "env_config.episode_len=40")  # 20 s


def run(program, *arguments):
    return subprocess.run([str(program), "baseline", *arguments], capture_output=True, text=True,
                          check=False)


def report(program, *arguments):
    done = run(program, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_estimates_become_the_keys_that_are_not_given(program):
    plain = report(program, "--strategy", "glft", "--episodes", "2", *SHORT)
    assert plain["estimated"] is None
    arguments = ("--strategy", "glft", "--episodes", "2", "--estimate", "4", "--param", "k=0.9",
                 *SHORT)
    one = report(program, *arguments)
    estimated = one["estimated"]
    assert sorted(estimated["keys"]) == ["a", "sigma"]
    assert (estimated["episodes"], estimated["episode_s"]) == (4, 20)
    assert one["params"]["sigma"] == estimated["sigma"] > 0
    assert one["params"]["a"] == estimated["fill_a"] > 0
    assert one["params"]["k"] == 0.9
    assert estimated["fill_k"] > 0
    assert report(program, *arguments, "--threads", "1") == report(
        program, *arguments, "--threads", "3") == one
    # Another strategy has the same estimates, as far as it has the keys.
    other = report(program, "--strategy", "avellaneda-stoikov", "--episodes", "2", "--estimate",
                   "4", *SHORT)
    assert other["estimated"]["sigma"] == estimated["sigma"]
    assert sorted(other["estimated"]["keys"]) == ["k", "sigma"]
    text = run(program, *arguments).stdout
    assert "estimated from 4 earlier episodes of 20 s: a, sigma\n" in text


def test_a_strategy_without_such_keys_is_as_before(program):
    with_it = report(program, "--strategy", "random", "--episodes", "2", "--estimate", "4", *SHORT)
    assert with_it["estimated"] is None
    assert with_it == report(program, "--strategy", "random", "--episodes", "2", *SHORT)


def cut(folder, until_s):
    """The sample's tape up to a time, s after midnight."""
    messages = (SAMPLE / MESSAGES).read_text().splitlines()
    count = sum(float(line.split(",")[0]) < until_s for line in messages)
    book = (SAMPLE / MESSAGES.replace("_message_", "_orderbook_")).read_text().splitlines()
    folder.mkdir()
    (folder / MESSAGES).write_text("\n".join(messages[:count]) + "\n")
    (folder / MESSAGES.replace("_message_", "_orderbook_")).write_text(
        "\n".join(book[:count]) + "\n")
    return folder / MESSAGES


@pytest.mark.parametrize("window", ["fixed", "random"])
def test_on_a_tape_only_the_past_counts(program, tmp_path, window):
    start = 34400
    tape = cut(tmp_path / "long", 34700)

    def estimate(tape, count, window, start=start):
        return run(program, "--config", "replay", "--strategy", "glft", "--episodes", "2", *SHORT,
                   "--estimate", str(count), "--set", f"populations.0.messages={tape}",
                   "--set", f"populations.0.start_s={start}", "--set",
                   f"populations.0.window={window}", "--set", "market_config.duration_s=60",
                   "--json")

    whole = json.loads(estimate(tape, 4, window).stdout)["estimated"]
    assert whole["sigma"] > 0
    # Another future, whose first session has hardly any messages.
    short = cut(tmp_path / "short", start + 2)
    assert json.loads(estimate(short, 4, "fixed").stdout)["estimated"] == whole
    # Other windows of the past.
    assert json.loads(estimate(tape, 5, window).stdout)["estimated"] != whole
    # A little less than 200 s are before the open: seven windows of 25 s.
    assert estimate(tape, 7, window).returncode == 0
    refused = estimate(tape, 9, window)
    assert refused.returncode == 1
    assert "estimate: 9 earlier episodes of 25 s" in refused.stderr
    assert "run 7, or raise populations[0].start_s" in refused.stderr
    refused = estimate(tape, 1, window, start=0)
    assert refused.returncode == 1
    assert "which has 0 s; raise populations[0].start_s" in refused.stderr


def test_what_is_wrong_is_said(program):
    done = run(program, "--strategy", "glft", "--estimate", "0")
    assert done.returncode == 2
    assert "--estimate" in done.stderr
    done = run(program, "--strategy", "glft", "--estimate", "3", "--set",
               "market_config.duration_s=30")
    assert done.returncode == 1
    assert "market_config.duration_s" in done.stderr
