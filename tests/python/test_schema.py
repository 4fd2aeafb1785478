"""docs/protocol.schema.json against the server: its source, the golden bytes and a conversation."""

import contextlib
import copy
import json
import re

import hftsim
import msgpack
import pytest

from conftest import REPOSITORY
from transcripts import Player, exchanges

jsonschema = pytest.importorskip("jsonschema")

SCHEMA = json.loads((REPOSITORY / "docs" / "protocol.schema.json").read_text(encoding="utf-8"))
WIRE = REPOSITORY / "tests" / "golden" / "wire"
DEFS = SCHEMA["$defs"]
# What the schema cannot know: a request that is refused for these is well formed.
REFUSED_BY_FORM = {"malformed", "unknown_kind"}


def validator(name):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    return jsonschema.Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{name}"})


REQUEST, REPLY = validator("request"), validator("reply")


def wire_names(macro):
    source = (REPOSITORY / "server" / "wire.h").read_text(encoding="utf-8")
    block = source[source.index(f"#define {macro}") :]
    block = block[: block.index("\n\n")]
    return re.findall(r'X\(\w+, "(\w+)"\)', block)


def test_every_kind_and_code_is_in_it():
    kinds, codes = wire_names("HFT_WIRE_KIND_MAP"), wire_names("HFT_WIRE_CODE_MAP")
    assert len(kinds) == 16 and DEFS["kind"]["enum"] == kinds
    assert codes[0] == "ok" and sorted(DEFS["code"]["enum"]) == sorted(codes[1:])
    for kind in kinds:
        for side in ("request", "reply"):
            assert DEFS[f"{side}_{kind}"]["properties"]["kind"] == {"const": kind}
            assert {"$ref": f"#/$defs/{side}_{kind}"} in DEFS[side]["oneOf"]


def test_every_key_that_the_server_reads_is_in_it():
    source = (REPOSITORY / "server" / "wire.c").read_text(encoding="utf-8")
    read = set(re.findall(r'\(reader, "(\w+)"', source)) - {"header"}
    for pair in re.findall(r'"(\w+)", &request->\w+, "(\w+)"', source):
        read |= {*pair}
    told = {key for name in DEFS if name.startswith("request_") for key in DEFS[name]["properties"]}
    assert read == told


def test_what_the_server_writes_is_in_it():
    source = (REPOSITORY / "server" / "wire_encode.c").read_text(encoding="utf-8")
    written = set(re.findall(r'pair\(&?packer, "(\w+)"', source))
    written |= set(re.findall(r'hft_pack_text\(&?packer, "(\w+)"\)', source))
    text = json.dumps({name: DEFS[name] for name in DEFS if name.startswith(("reply_", "limits"))})
    assert {"limits", "retry_after", "spaces_hash"} <= written
    assert all(f'"{key}"' in text for key in written)


def test_hello_sends_what_the_page_says(server):
    page = (REPOSITORY / "docs" / "protocol.md").read_text(encoding="utf-8")
    table = page[page.index("| key of `limits` |") :].split("\n\n")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \|$", table, re.MULTILINE)
    client = hftsim.Client(server.endpoint)
    hello = client.hello()
    limits = hello["limits"]
    assert [name for name, _, _ in rows] == list(limits)
    assert all(isinstance(limits[name], int) for name, kind, _ in rows if kind == "uint")
    assert hello["kinds"] == wire_names("HFT_WIRE_KIND_MAP")
    for name, key in (("frames", "frames"), ("header_bytes", "header_bytes")):
        assert str(limits[name]) in page, key
    # They are the ones that hold.
    with pytest.raises(hftsim.ServerError, match="bad_buffer"):
        client.request("make", {"num_envs": 1}, [bytes(limits["config_bytes"] + 1)])
    with pytest.raises(hftsim.ServerError, match="limit"):
        client.request("make", {"num_envs": limits["session_envs"] + 1})
    many = {f"a.k{i}": i for i in range(limits["overrides"] + 1)}
    with pytest.raises(hftsim.ServerError, match="overrides"):
        client.request("make", {"num_envs": 1, "overrides": many})
    with pytest.raises(hftsim.ServerError, match="malformed"):
        client.request("ping", {"x": "y" * limits["header_bytes"]})
    with pytest.raises(hftsim.ServerError, match="malformed"):
        client.request("ping", {}, [b"x"] * limits["frames"])
    client.close()


def test_golden_bytes_are_valid():
    files = sorted(WIRE.glob("*.bin"))
    assert len(files) >= 31
    for path in files:
        header = msgpack.unpackb(path.read_bytes())
        (REQUEST if path.name.startswith("request") else REPLY).validate(header)


def mutations(header, definition):
    """Headers that lack a key that is needed, or have another type."""
    for key in definition["required"]:
        yield f"no {key}", {k: v for k, v in header.items() if k != key}
    for key in header.keys() & definition["properties"].keys():
        for wrong in (None, [[]], -1.5):
            if definition["properties"][key].get("type") == "number" and wrong == -1.5:
                continue
            yield f"{key}: {wrong}", {**header, key: wrong}


def test_changed_ones_are_not():
    count = 0
    for path in sorted(WIRE.glob("*.bin")):
        header = msgpack.unpackb(path.read_bytes())
        side = path.name.split("_")[0]
        check = REQUEST if side == "request" else REPLY
        for what, changed in mutations(header, DEFS[f"{side}_{header['kind']}"]):
            assert not check.is_valid(changed), f"{path.name}: {what}"
            count += 1
    assert count > 300


@pytest.mark.parametrize(
    "request_",
    [
        {"id": 0, "kind": "ping"},
        {"id": 2**63, "kind": "ping"},
        {"id": 1, "kind": "make", "num_envs": 0},
        {"id": 1, "kind": "make", "num_envs": 65537},
        {"id": 1, "kind": "make", "num_envs": 1, "autoreset": "later"},
        {"id": 1, "kind": "make", "num_envs": 1, "first_env": 2**32},
        {"id": 1, "kind": "make", "num_envs": 1, "overrides": {"a.b": None}},
        {"id": 1, "kind": "step", "session": "00"},
        {"id": 1, "kind": "reset", "session": "0" * 32, "mask": True, "envs": True},
        {"id": 1, "kind": "reset", "session": "0" * 32, "seed": 1, "seeds": True},
        {"id": 1, "kind": "hello", "client": "x", "protocol": [1]},
        {"id": 1, "kind": "hello", "client": "x" * 65, "protocol": [1, 3]},
    ],
)
def test_requests_that_are_refused_are_invalid(client, request_):
    assert not REQUEST.is_valid(request_)
    with pytest.raises(hftsim.ServerError) as caught:
        client.request(request_["kind"], {k: v for k, v in request_.items() if k != "kind"})
    assert caught.value.code in ("bad_field", "limit")


@pytest.fixture
def client(server):
    with contextlib.closing(hftsim.Client(server.endpoint)) as made:
        yield made


def test_a_whole_conversation_is_valid(program):
    spec, picture = validator("spec"), validator("picture")
    with hftsim.launch(threads=1, program=program) as server, contextlib.closing(
        Player(server.endpoint)
    ) as player:
        for exchange in exchanges():
            header, frames = player.play(exchange)
            REPLY.validate(header)
            request = {**exchange["request"]}
            if "session" in request:
                request["session"] = "0" * 32
            code = header.get("code")
            if code is None:
                REQUEST.validate(request)
            if code in REFUSED_BY_FORM:
                assert not REQUEST.is_valid(request)
            if header["kind"] == "make":
                made = msgpack.unpackb(frames[0])
                spec.validate(made)
                for key in ("num_envs", "results", "roles"):
                    broken = copy.deepcopy(made)
                    broken[key] = "x"
                    assert not spec.is_valid(broken)
                assert "spaces_hash" in header and "obs_low" in made["roles"][0]
            if header["kind"] == "render":
                picture.validate(msgpack.unpackb(frames[0]))
                assert not picture.is_valid({})
