// Replays the golden transcript with the JavaScript client: node replay.mjs ENDPOINT.
// Exit code 1 where a reply is another than the transcript has.
import assert from "node:assert/strict";
import {readFileSync} from "node:fs";

import {Client, pack, packedLayout, readArrays, unpack} from "../../examples/javascript/hftsim.mjs";

const TYPES = {f4: Float32Array, i4: Int32Array, u1: Uint8Array, u8: BigUint64Array};
const tokens = {};
let kept;

const bytesOf = (array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

function rawBytes({dtype, values}) {
  return bytesOf(TYPES[dtype].from(values, dtype === "u8" ? BigInt : Number));
}

function frameBytes(frame) {
  if (frame.text !== undefined) return new TextEncoder().encode(frame.text);
  if (frame.kept !== undefined) return kept;
  if (frame.raw !== undefined) return rawBytes(frame.raw);
  const layout = packedLayout(frame.buffer, frame.buffer[0].shape[0]);
  const buffer = new Uint8Array(layout.bytes);
  const arrays = readArrays(layout, buffer);
  for (const {name, values} of frame.buffer) arrays[name].set(values);
  return buffer;
}

// Equal, but for what is another in each run. Uints may be BigInts.
function compare(wanted, found, where) {
  if (wanted === "$any") return;
  if (Array.isArray(wanted)) {
    assert.equal(found.length, wanted.length, where);
    wanted.forEach((each, i) => compare(each, found[i], `${where}[${i}]`));
  } else if (wanted !== null && typeof wanted === "object") {
    assert.deepEqual(Object.keys(found).sort(), Object.keys(wanted).sort(), where);
    for (const key of Object.keys(wanted)) compare(wanted[key], found[key], `${where}.${key}`);
  } else {
    const value = typeof found === "bigint" ? Number(found) : found;
    assert.equal(value, tokens[wanted] ?? wanted, where);
  }
}

const client = new Client(process.argv[2], {timeoutMs: 20000});
const lines = readFileSync(new URL("transcript.jsonl", import.meta.url), "utf8").trim().split("\n");
for (const [number, line] of lines.entries()) {
  const where = `line ${number + 1}`;
  const {request, frames = [], reply, reply_frames: told = []} = JSON.parse(line);
  const header = Object.fromEntries(
    Object.entries(request).map(([key, value]) => [key, tokens[value] ?? value]));
  const got = await client.exchange([pack(header), ...frames.map(frameBytes)]);
  assert.ok(got, `${where}: no reply`);
  if (got.header.kind === "make") {
    tokens[`$session${Object.keys(tokens).length + 1}`] = got.header.session;
  }
  compare(reply, got.header, where);
  assert.equal(got.buffers.length, told.length, where);
  told.forEach((frame, i) => {
    const bytes = got.buffers[i];
    if (frame.map !== undefined) compare(frame.map, unpack(bytes), where);
    else if (frame.kept !== undefined) kept = new Uint8Array(bytes);
    else assert.deepEqual(new Uint8Array(bytes), frameBytes(frame), `${where}, frame ${i + 2}`);
  });
}
console.log(`${lines.length} exchanges are the same`);
client.close();
