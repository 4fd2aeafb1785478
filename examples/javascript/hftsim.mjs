// A client of hftsim's wire protocol (docs/protocol.md) for Node.js, in one file.
//
//   import {Client, Pool} from "./hftsim.mjs";
//   const client = new Client("tcp://127.0.0.1:5555");
//   const pool = await Pool.make(client, {config: "market_making", numEnvs: 8, seed: 1});
//   let {results} = await pool.reset();
//   pool.actions["action/maker"].fill(0.5);
//   ({results} = await pool.step());          // results["obs/maker"]: a Float32Array, [N, S, D]
//
// Uints above 2^53 (seeds) are BigInts, in both directions.
import {decode, encode} from "@msgpack/msgpack";
import {Dealer} from "zeromq";

export const PROTOCOL = [1, 3];
const ALIGNMENT = 64; // bytes; every array of a buffer starts at a multiple of it
const TYPES = {f4: Float32Array, i4: Int32Array, u1: Uint8Array, u8: BigUint64Array};
const LEAST_WAIT_MS = 1;

export const pack = (value) => encode(changed(value, widened), {useBigInt64: true});
export const unpack = (bytes) => changed(decode(bytes, {useBigInt64: true}), narrowed);

// The package sends whole numbers of 33 bits and more as floats, and reads all 64-bit ones as
// BigInts.
const widened = (value) =>
  Number.isSafeInteger(value) && Math.abs(value) >= 2 ** 32 ? BigInt(value) : value;
const narrowed = (value) =>
  typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value;

function changed(value, change) {
  if (Array.isArray(value)) return value.map((item) => changed(item, change));
  if (value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, changed(item, change)]));
  }
  return change(value);
}

/** The server refused a request, which has changed nothing. `code`: docs/protocol.md, "Errors". */
export class RequestError extends Error {
  constructor({code, message, where, retry_after: retryAfter = null}) {
    super(`${code}: ${message}${where ? ` (at ${where})` : ""}`);
    this.name = "RequestError";
    Object.assign(this, {code, where, retryAfter});
  }
}

/** No reply came in time. */
export class ServerUnavailable extends Error {}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const padded = (bytes) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
const product = (shape) => shape.reduce((a, b) => a * b, 1);

/** A typed array over a piece of a buffer. ZeroMQ's memory may lie at any address: then a copy. */
function view(dtype, buffer, offset, count) {
  const type = TYPES[dtype], size = count * type.BYTES_PER_ELEMENT;
  const at = buffer.byteOffset + offset;
  if (at % type.BYTES_PER_ELEMENT === 0) return new type(buffer.buffer, at, count);
  return new type(new Uint8Array(buffer.subarray(offset, offset + size)).buffer);
}

/** The same arrays with `rows` as first dimension, one after the other: {bytes, arrays}. */
export function packedLayout(arrays, rows) {
  let end = 0;
  const placed = arrays.map(({name, dtype, shape}) => {
    const array = {name, dtype, shape: [rows, ...shape.slice(1)], offset: end};
    end = padded(end + product(array.shape) * TYPES[dtype].BYTES_PER_ELEMENT);
    return array;
  });
  return {bytes: end, arrays: placed};
}

/** The arrays of a buffer by name. */
export function readArrays({bytes, arrays}, buffer) {
  if (buffer.byteLength !== bytes) throw new Error(`${buffer.byteLength} bytes, not ${bytes}`);
  return Object.fromEntries(arrays.map(({name, dtype, shape, offset}) =>
    [name, view(dtype, buffer, offset, product(shape))]));
}

/** A connection to a server: one request at a time. */
export class Client {
  /**
   * `timeoutMs` for a request in all; `retries` within it, over new connections and with the same
   * id, so that nothing is done twice. `curve`: {publicKey, secretKey, serverKey} for a server with
   * --curve-keys.
   */
  constructor(endpoint, {timeoutMs = 10000, retries = 3, curve = {}} = {}) {
    Object.assign(this, {endpoint, timeoutMs, retries, curve, lastId: 0, socket: null});
    this.queue = Promise.resolve();
  }

  /** Sends {id, kind, ...fields} and buffers; {header, buffers} of the reply. */
  request(kind, fields = {}, buffers = []) {
    const answer = this.queue.then(() => this.#request(kind, fields, buffers));
    this.queue = answer.catch(() => {});
    return answer;
  }

  async #request(kind, fields, buffers) {
    const id = ++this.lastId, frames = [pack({id, kind, ...fields}), ...buffers];
    const attempts = kind === "make" ? 1 : 1 + this.retries; // a second make makes a second session
    const end = Date.now() + this.timeoutMs;
    for (let left = attempts; left > 0;) {
      const reply = await this.exchange(frames, this.timeoutMs / attempts, id);
      if (reply === null) {
        this.close();
        left--;
        continue;
      }
      const {header} = reply;
      if (header.kind !== "error") return reply;
      const wait = 1000 * header.retry_after;
      if (!(Date.now() + wait <= end)) throw new RequestError(header);
      await sleep(Math.max(wait, LEAST_WAIT_MS));
    }
    throw new ServerUnavailable(`no reply to '${kind}' from ${this.endpoint}`);
  }

  /** Sends frames as they are; the reply with this id (null: any), or null where none comes. */
  async exchange(frames, timeoutMs = this.timeoutMs, id = null) {
    if (this.socket === null) {
      const {publicKey, secretKey, serverKey} = this.curve;
      const keys = serverKey ? {
        curvePublicKey: publicKey, curveSecretKey: secretKey, curveServerKey: serverKey,
      } : {};
      this.socket = new Dealer({linger: 0, ...keys});
      this.socket.connect(this.endpoint);
    }
    const end = Date.now() + timeoutMs;
    await this.socket.send(frames);
    for (;;) {
      this.socket.receiveTimeout = Math.max(0, Math.ceil(end - Date.now()));
      let reply;
      try {
        reply = await this.socket.receive();
      } catch (error) {
        if (error.code === "EAGAIN") return null;
        throw error;
      }
      const header = unpack(reply[0]);
      if (id === null || header.id === id || header.id === 0) {
        return {header, buffers: reply.slice(1)};
      }
    }
  }

  /** What the server is and has. */
  async hello() {
    return (await this.request("hello", {protocol: PROTOCOL, client: "hftsim-javascript"})).header;
  }

  close() {
    this.socket?.close();
    this.socket = null;
  }
}

/** N environments: a session of a server. */
export class Pool {
  /** `configText` is a config in YAML, `config` the name of one of the server's. */
  static async make(client, {
    config, configText, overrides, numEnvs = 1, seed, firstEnv, autoreset,
  } = {}) {
    const fields = {num_envs: numEnvs, config, overrides, seed, first_env: firstEnv, autoreset};
    for (const key of Object.keys(fields)) if (fields[key] === undefined) delete fields[key];
    const text = configText === undefined ? [] : [new TextEncoder().encode(configText)];
    const {header, buffers} = await client.request("make", fields, text);
    return new Pool(client, header, unpack(buffers[0]));
  }

  constructor(client, {session, spec_hash: specHash, spaces_hash: spacesHash}, spec) {
    Object.assign(this, {client, session, spec, specHash, spacesHash});
    this.buffer = new Uint8Array(spec.actions.bytes);
    /** By name, such as "action/maker": what the next step sends, [N, S, A]. */
    this.actions = readArrays(spec.actions, this.buffer);
  }

  /**
   * Begins episodes: of all envs, or of `envs`. A `seed` is of all, `seeds` has one for each.
   * {results}: arrays by name, of all envs or of `envs` in their order.
   */
  async reset({seed, seeds, envs} = {}) {
    const fields = {}, buffers = [];
    if (seed !== undefined) fields.seed = seed;
    if (envs !== undefined) {
      fields.envs = true;
      buffers.push(Int32Array.from(envs));
    }
    if (seeds !== undefined) {
      fields.seeds = true;
      buffers.push(BigUint64Array.from(seeds, BigInt));
    }
    return this.#read(await this.#ask("reset", fields, buffers), envs?.length);
  }

  /** Moves all envs, or `envs`, with `actions`. {results, ended, finals}; finals null where 0. */
  async step(envs) {
    if (envs === undefined) return this.#read(await this.#ask("step", {}, [this.buffer]));
    return this.#read(await this.#ask("step", {envs: true}, this.#rows(envs)), envs.length);
  }

  /** Has envs moved without waiting for them. */
  async send(envs) {
    await this.#ask("send", {}, this.#rows(envs));
  }

  /** Waits for at least `least` of them: {envs, results, ended, finals}. */
  async recv(least = 1, room = this.spec.num_envs) {
    const reply = await this.#ask("recv", {least, room});
    const [first, ...buffers] = reply.buffers;
    const envs = view("i4", first, 0, first.byteLength / 4);
    return {envs, ...this.#read({...reply, buffers}, envs.length)};
  }

  async save(env) {
    return (await this.#ask("save", {env})).header.save;
  }

  async load(env, save) {
    return this.#read(await this.#ask("load", {env, save}), 1);
  }

  /** Copies an env over another one, or over several: `to` is an index or a list of them. */
  async fork(from, to) {
    if (typeof to === "number") return this.#read(await this.#ask("fork", {from, to}), 1);
    const buffers = [Int32Array.from(to)];
    return this.#read(await this.#ask("fork", {from, envs: true}, buffers), to.length);
  }

  async drop(save) {
    await this.#ask("drop", {save});
  }

  /** The bytes of a save, and back: sealed with the server's key. */
  async exportSave(save) {
    return (await this.#ask("export", {save})).buffers[0];
  }

  async importSave(bytes) {
    return (await this.#ask("import", {}, [bytes])).header.save;
  }

  /** What an env looks like. */
  async picture(env = 0, levels = 10) {
    return unpack((await this.#ask("render", {env, levels})).buffers[0]);
  }

  /** Ends the session. The client stays. */
  async close() {
    await this.#ask("close");
  }

  #ask(kind, fields = {}, buffers = []) {
    return this.client.request(kind, {session: this.session, ...fields}, buffers);
  }

  /** The frames that have these envs move. */
  #rows(envs) {
    const {arrays} = this.spec.actions, layout = packedLayout(arrays, envs.length);
    const buffer = new Uint8Array(layout.bytes), rows = readArrays(layout, buffer);
    for (const {name, shape} of arrays) {
      const width = product(shape.slice(1));
      envs.forEach((env, row) =>
        rows[name].set(this.actions[name].subarray(env * width, (env + 1) * width), row * width));
    }
    return [Int32Array.from(envs), buffer];
  }

  #read({header, buffers}, rows = this.spec.num_envs) {
    const ended = header.ended ?? 0;
    return {
      results: readArrays(packedLayout(this.spec.results.arrays, rows), buffers[0]),
      ended,
      finals: ended ? readArrays(packedLayout(this.spec.finals, ended), buffers[1]) : null,
    };
  }
}
