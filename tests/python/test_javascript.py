"""The client in JavaScript (examples/javascript) against a server and against the Python client."""

import json
import shutil
import subprocess

import hftsim
import numpy as np
import pytest

from conftest import CONFIG, EPISODE_LEN, REPOSITORY

EXAMPLE = REPOSITORY / "examples" / "javascript"
NODE = shutil.which("node")
pytestmark = [
    pytest.mark.skipif(NODE is None, reason="there is no node here"),
    pytest.mark.skipif(
        not (EXAMPLE / "node_modules" / "zeromq").is_dir(),
        reason="its packages are not installed: scripts/node.sh",
    ),
]


@pytest.fixture
def server(program):
    with hftsim.launch(threads=1, program=program) as running:
        yield running


def node(*arguments, **options):
    command = [NODE, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_plays_the_transcript(server):
    told = node(REPOSITORY / "tests" / "golden" / "replay.mjs", server.endpoint)
    assert told == "54 exchanges are the same\n"


def test_its_episode_is_that_of_python(server):
    told = json.loads(node(EXAMPLE / "episode.mjs", server.endpoint))
    overrides = {"env_config.episode_len": 200}
    with server.connect("market_making", overrides=overrides, seed=1) as envs:
        results = envs.reset()
        inventory = envs.roles["maker"].obs_names.index("inventory")
        while not results.ended.any():
            held = float(results.obs["maker"][0, 0, inventory])
            quotes = [-0.6 + 5 * held, -0.6 - 5 * held, 1.0, 1.0]
            results = envs.step({"maker": np.array(quotes, np.float32).reshape(1, 1, 4)})
        assert told["steps"] == results.finals.lengths[0] == 200
        assert told["return"] == results.finals.returns["maker"][0, 0]
        assert told["spaces_hash"] == envs.spec.spaces_hash


SCRIPT = """
import {Client, Pool, RequestError} from "%s";
const [endpoint, configText] = process.argv.slice(1);
const client = new Client(endpoint);
const pool = await Pool.make(client, {configText, numEnvs: 3, seed: 2n ** 64n - 1n});
const refused = async (promise) => {
  try { await promise; } catch (error) {
    if (error instanceof RequestError) return error.code;
    throw error;
  }
  return "none";
};
const codes = [await refused(pool.step())];
const sums = [];
const sum = ({results}) => {
  const seen = Object.entries(results).filter(([name]) => name.startsWith("obs/"));
  sums.push(seen.flatMap(([, values]) => [...values]));
};
sum(await pool.reset({seeds: [4, 2n ** 63n, 6]}));
for (const values of Object.values(pool.actions)) values.forEach((_, i) => { values[i] = i / 8; });
sum(await pool.step());
sum(await pool.step([2, 0]));
await pool.send([1, 2]);
codes.push(await refused(pool.save(1)));
const received = await pool.recv(2);
sum(received);
const save = await pool.save(1);
const bytes = await pool.exportSave(save);
const copy = await pool.importSave(bytes);
sum(await pool.load(0, copy));
bytes[7] ^= 1;
codes.push(await refused(pool.importSave(bytes)));
sum(await pool.fork(0, 2));
sum(await pool.fork(2, [1, 0]));
await pool.drop(save);
codes.push(await refused(pool.load(0, save)));
pool.actions["action/maker"][1] = NaN;
codes.push(await refused(pool.step()));
sum(await pool.reset({envs: [1], seeds: [9]}));
const seed = pool.spec.seed.toString(), {time_ns: time} = await pool.picture(1, 2);
await pool.close();
codes.push(await refused(pool.close()));
console.log(JSON.stringify({codes, sums, seed, time, envs: [...received.envs]}));
client.close();
"""


def test_all_that_it_does_is_as_in_python(server):
    script = SCRIPT % (EXAMPLE / "hftsim.mjs").as_uri()
    told = json.loads(
        node("--input-type=module", "-e", script, server.endpoint, CONFIG, cwd=EXAMPLE)
    )
    wanted = ["not_reset", "under_way", "bad_save", "unknown_save", "bad_action", "unknown_session"]
    assert told["codes"] == wanted
    assert told["seed"] == str(2**64 - 1) and told["envs"] == [1, 2] and told["time"] > 0
    sums = []

    def look(results):
        sums.append(np.concatenate([obs.ravel() for obs in results.obs.values()]))

    def actions(envs):
        return {role: (np.arange(array.size) / 8).reshape(array.shape)[envs] for role, array in (
            ("maker", np.zeros((3, 2, 4))), ("executor", np.zeros((3, 1, 2))))}

    with server.connect(config_text=CONFIG, num_envs=3) as envs:
        look(envs.reset([4, 2**63, 6]))
        look(envs.step(actions([0, 1, 2])))
        look(envs.step(actions([2, 0]), envs=[2, 0]))
        envs.send(actions([1, 2]), [1, 2])
        look(envs.recv(2)[1])
        look(envs.load(0, envs.save(1)))
        look(envs.fork(0, 2))
        look(envs.fork(2, [1, 0]))
        look(envs.reset(envs=[1], seed=[9]))
    for mine, theirs in zip(sums, told["sums"], strict=True):
        assert np.array_equal(mine, np.array(theirs, np.float32))
    assert EPISODE_LEN > len(sums)


PATIENCE = """
import {Client, RequestError} from "%s";
const client = new Client(process.argv[1]), hasty = new Client(process.argv[1], {timeoutMs: 5});
const text = new TextEncoder().encode(process.argv[2]);
const {header: {session}} = await client.request("make", {num_envs: 1}, [text]);
const start = Date.now();
for (let i = 0; i < 30; i++) await client.request("ping", {session});
const seconds = (Date.now() - start) / 1000;
let refused = null;
while (refused === null) {
  try { await hasty.request("ping", {session}); } catch (error) {
    if (error instanceof RequestError) refused = error;
  }
}
console.log(JSON.stringify({seconds, code: refused.code, wait: refused.retryAfter}));
client.close();
hasty.close();
"""


def test_it_asks_again_when_the_server_says(program):
    script = PATIENCE % (EXAMPLE / "hftsim.mjs").as_uri()
    with hftsim.launch(arguments=["--rate-max", "20"], program=program) as server:
        told = json.loads(
            node("--input-type=module", "-e", script, server.endpoint, CONFIG, cwd=EXAMPLE)
        )
    assert told["seconds"] > 0.4  # 20 at once, then one each 50 ms
    assert told["code"] == "limit" and 0 < told["wait"] <= 0.06
