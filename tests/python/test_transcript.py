"""The golden transcript, played by Python and by JavaScript; and the schema of the messages."""

import contextlib

import hftsim
import pytest

from transcripts import Player, exchanges


@pytest.fixture
def player(program):
    with hftsim.launch(threads=1, program=program) as server, contextlib.closing(
        Player(server.endpoint)
    ) as made:
        yield made


def test_the_server_answers_as_the_transcript_says(player):
    for exchange in exchanges():
        player.play(exchange)


def test_another_reply_is_noticed(player):
    first = exchanges()[0]
    first["reply"]["kinds"] = first["reply"]["kinds"][:-1]
    with pytest.raises(AssertionError):
        player.play(first)
    changed = next(each for each in exchanges() if each["request"]["kind"] == "make")
    player.play(changed)
    reset = next(each for each in exchanges() if each["request"]["kind"] == "reset")
    values = reset["reply_frames"][0]["buffer"][0]["values"]
    values[3] += 1e-6
    with pytest.raises(AssertionError):
        player.play(reset)


def test_the_transcript_has_every_kind_and_most_codes():
    seen = {each["request"].get("kind") for each in exchanges()}
    codes = {each["reply"].get("code") for each in exchanges()} - {None}
    kinds = exchanges()[0]["reply"]["kinds"]
    assert seen >= {*kinds} and len(kinds) == 16
    assert len(codes) >= 13
