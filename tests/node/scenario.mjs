// Runs the scenarios of `tests/scenarios`; its README says how.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import * as jetblob from "../../node/dist/index.mjs";
import { client, pattern, TOP } from "./place.mjs";

const read = (path) => JSON.parse(readFileSync(join(TOP, "tests", path), "utf8"));
const ERRORS = new Map(read("vectors/errors.json").errors.map((error) => [error.code, error]));

/** What is compared as a whole. */
const WHOLE = new Set(["headers", "metadata", "link", "placement"]);

/** The arguments of a call, in the order that they have in JavaScript. Each takes options besides. */
const ARGUMENTS = {
  store: {
    create_bucket: ["config"],
    update_bucket: ["config"],
    create_or_update_bucket: ["config"],
    bucket: ["name"],
    delete_bucket: ["name"],
    bucket_names: [],
    buckets: [],
    suspend: [],
    resume: [],
    close: [],
  },
  bucket: {
    status: [],
    seal: [],
    put_bytes: ["meta", "body"],
    put_string: ["meta", "text"],
    put_file: ["path"],
    upload: ["meta"],
    get: ["name"],
    get_bytes: ["name"],
    get_string: ["name"],
    get_file: ["name", "path"],
    info: ["name"],
    update_meta: ["name", "meta"],
    rename: ["name", "new_name"],
    delete: ["name"],
    purge: ["name"],
    add_link: ["meta", "target"],
    add_bucket_link: ["meta", "target"],
    list: [],
    watch: [],
    resolve: ["unknown"],
    check: [],
    gc: [],
  },
  object: {
    read: ["size"],
    seek: ["offset", "from"],
    into_bytes: [],
    into_string: [],
    into_file: ["path"],
    close: [],
  },
  upload: { abort: [] },
  watch: { close: [] },
};

const KINDS = new Map([
  [jetblob.Store, "store"],
  [jetblob.Bucket, "bucket"],
  [jetblob.StoredObject, "object"],
  [jetblob.Upload, "upload"],
  [jetblob.Watch, "watch"],
  [jetblob.Check, "check"],
]);

/** Names what a call is made on. */
const kind = (target) => KINDS.get(target?.constructor);

export class Mismatch extends Error {}

/** What a step says, which is to be used up. */
class Given {
  constructor(step) {
    this.left = new Map(Object.entries(step));
  }

  take(key, otherwise) {
    const value = this.left.has(key) ? this.left.get(key) : otherwise;
    this.left.delete(key);
    return value;
  }

  isUsedUp() {
    if (this.left.size > 0) throw new Mismatch(`nothing here knows ${[...this.left.keys()]}`);
  }
}

/** The steps of a scenario, on a store. */
export class Scenario {
  saved = new Map();
  uploads = new Map();
  stores = [];

  constructor(engine, url, directory) {
    Object.assign(this, { engine, url, directory });
  }

  /** Runs the steps; the first one that isn't as it should be throws. */
  async run(steps) {
    this.saved.set("store", await this.open({}));
    try {
      for (const [number, step] of steps.entries()) {
        if ((step.only ?? this.engine) !== this.engine) continue;
        await this.step(step).catch((error) => {
          error.message = `step ${number}, ${JSON.stringify(step)}: ${error.message}`;
          throw error;
        });
      }
    } finally {
      for (const upload of this.uploads.keys()) await upload.abort();
      for (const store of this.stores) await store.close();
    }
  }

  async step(given) {
    const step = new Given(given);
    step.take("only");
    const [on, call, name] = [step.take("on"), step.take("call"), step.take("as")];
    const isFailure = step.left.has("error");
    const [error, isExpected, expect] = [step.take("error"), step.left.has("expect"), step.take("expect")];
    const told = new Told(given.options?.progress);
    let result;
    try {
      result = await this.call(on, call, step, told);
    } catch (failure) {
      if (!isFailure || !(failure instanceof jetblob.JetblobError)) throw failure;
      result = failure;
      this.checkError(typeof error === "string" ? { code: error } : error, failure);
      if (name !== undefined) this.saved.set(name, result);
      return;
    }
    if (isFailure) throw new Mismatch("it succeeded, and should have failed");
    if (call === "upload") this.uploads.set(result, told);
    else told.check();
    if (isExpected) this.match(this.value(expect), Buffer.isBuffer(result) ? result : shown(result));
    if (name !== undefined) this.saved.set(name, result);
  }

  checkError(expect, error) {
    this.match(this.value(expect), shown(error));
    const row = ERRORS.get(error.code);
    if (!("retryable_server_codes" in row)) this.match(row.retryable, error.retryable);
  }

  async call(on, call, step, told) {
    if (on !== undefined && !this.saved.has(on)) throw new Mismatch(`nothing is saved as ${on}`);
    const target = on === undefined ? this : this.saved.get(on);
    const of = on === undefined ? "runner" : kind(target);
    const own = this[`${of}_${call}`];
    const options = this.options(step.take("options"), told);
    if (own) return await own.call(this, target, step, options);
    const names = ARGUMENTS[of]?.[call];
    if (!names) throw new Mismatch(`there is no call ${call} on ${of}`);
    const values = names.map((key) => this.argument(key, step));
    step.isUsedUp();
    return await all(target[camel(call)](...values, ...options));
  }

  /** An argument of a call, as it is in JavaScript. */
  argument(key, step) {
    const value = this.value(step.take(key));
    if (key === "meta" || key === "config") return renamed(value);
    if (key === "target" || key === "unknown") {
      if (!this.saved.has(value)) throw new Mismatch(`nothing is saved as ${value}`);
      return this.saved.get(value);
    }
    return value;
  }

  /** The options of a call, as they are in JavaScript, if there are any. */
  options(given, told) {
    if (given === undefined) return [];
    const { progress, range, subset, ...others } = this.value(given);
    const options = renamed(others);
    if (progress !== undefined) options.onProgress = (bytes) => told.counts.push(bytes);
    if (range !== undefined && range !== "all") options.range = bytesOf(range);
    if (subset !== undefined) options.subset = subsetOf(subset);
    return [options];
  }

  // Where JavaScript has another way to say it.

  async open(options, url = this.url) {
    const store = await jetblob.Store.open(url, options);
    this.stores.push(store);
    return store;
  }

  async runner_write_file(_, step) {
    const [path, body] = [this.value(step.take("path")), this.value(step.take("body"))];
    step.isUsedUp();
    await writeFile(path, body);
    return null;
  }

  async runner_read_file(_, step) {
    const path = this.value(step.take("path"));
    step.isUsedUp();
    return existsSync(path) ? await readFile(path) : null;
  }

  async runner_publish(_, step) {
    const [subject, body] = [this.value(step.take("subject")), this.value(step.take("body"))];
    step.isUsedUp();
    const answer = await client(this.url, ({ connection }) => connection.request(subject, body));
    assert.equal(answer.json().error, undefined);
    return null;
  }

  async store_open(_, step, [options]) {
    const url = this.value(step.take("url", this.url));
    step.isUsedUp();
    return await this.open(options, url);
  }

  async bucket_name(bucket, step) {
    step.isUsedUp();
    return bucket.name;
  }

  async bucket_put(bucket, step, options) {
    const [meta, body, size] = [
      this.argument("meta", step),
      this.value(step.take("body")),
      step.take("pieces"),
    ];
    step.isUsedUp();
    const stream = async function* () {
      for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size);
    };
    return await bucket.put(meta, size === undefined ? body : stream(), ...options);
  }

  async object_next(object, step) {
    const toEnd = step.take("to_end", false);
    step.isUsedUp();
    if (!toEnd) return await object.next();
    const chunks = [];
    for (let chunk = await object.next(); chunk !== null; chunk = await object.next()) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  async object_range(object, step) {
    step.isUsedUp();
    return [object.range.start, object.range.end];
  }

  async object_is_verified(object, step) {
    step.isUsedUp();
    return object.isVerified;
  }

  async upload_write(upload, step) {
    const body = this.value(step.take("body"));
    step.isUsedUp();
    assert.equal(await upload.write(body), body.length);
    return null;
  }

  async upload_finish(upload, step) {
    step.isUsedUp();
    const info = await upload.finish();
    this.uploads.get(upload)?.check();
    this.uploads.delete(upload);
    return info;
  }

  async watch_next(watch, step) {
    step.isUsedUp();
    const { done, value } = await watch.next();
    if (done) return null;
    return value === jetblob.CAUGHT_UP ? "caught_up" : { object: shown(value) };
  }

  async check_next(check, step) {
    step.isUsedUp();
    const { done, value } = await check.next();
    return done ? null : value;
  }

  async check_report(check, step) {
    step.isUsedUp();
    return check.report;
  }

  // Values.

  /** What a value of a step stands for. */
  value(value) {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => this.value(item));
    const keys = Object.keys(value).join(" ");
    if (keys === "$") return this.found(value.$);
    if (keys === "$path") return join(this.directory, value.$path);
    if (keys === "$engine") return this.value(value.$engine[this.engine]);
    if (keys === "text" && typeof value.text === "string") return Buffer.from(value.text);
    if (keys === "hex") return Buffer.from(value.hex, "hex");
    if (keys === "pattern") return pattern(value.pattern);
    if (keys === "pattern from") return pattern(value.pattern, value.from);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.value(item)]));
  }

  found(path) {
    const [name, ...fields] = path.split(".");
    if (!this.saved.has(name)) throw new Mismatch(`nothing is saved as ${name}`);
    let found = shown(this.saved.get(name));
    for (const field of fields) {
      if (!Object.hasOwn(found, field)) throw new Mismatch(`${name} has no ${field}`);
      found = found[field];
    }
    return found;
  }

  /** Checks that a result is as expected. */
  match(expect, found, where = "it") {
    const isWhole = WHOLE.has(where.split(".").at(-1));
    if (typeof expect !== "object" || expect === null || Buffer.isBuffer(expect) || isWhole) {
      return agree(isDeepStrictEqual(found, expect), expect, found, where);
    }
    if ("$any_order" in expect) return this.matchAnyOrder(expect.$any_order, found, where);
    if ("$above" in expect) return agree(found > expect.$above, expect, found, where);
    if ("$not" in expect) return agree(!isDeepStrictEqual(found, expect.$not), expect, found, where);
    agree(typeof found === "object" && found !== null, expect, found, where);
    agree(Array.isArray(expect) === Array.isArray(found), expect, found, where);
    if (Array.isArray(expect)) agree(found.length === expect.length, expect, found, where);
    for (const [key, value] of Object.entries(expect)) {
      agree(Object.hasOwn(found, key), expect, found, `${where}.${key}`);
      this.match(value, found[key], `${where}.${key}`);
    }
  }

  /** Matches each with one of its own. */
  matchAnyOrder(items, found, where) {
    const left = [...found];
    agree(left.length === items.length, items, found, where);
    for (const item of items) {
      const at = left.findIndex((candidate) => {
        try {
          this.match(item, candidate, where);
          return true;
        } catch (error) {
          if (error instanceof Mismatch) return false;
          throw error;
        }
      });
      agree(at >= 0, item, left, where);
      left.splice(at, 1);
    }
  }
}

/** What a progress callback is told. */
class Told {
  counts = [];

  constructor(end) {
    this.end = end;
  }

  /** Checks that it rose, and ended as it should. */
  check() {
    if (this.end === undefined) return;
    const rose = this.counts.every((count, at) => at === 0 || count >= this.counts[at - 1]);
    agree(rose && this.counts.at(-1) === this.end, this.end, this.counts, "progress");
  }
}

function agree(holds, expect, found, where) {
  if (holds) return;
  throw new Mismatch(`${where}: ${JSON.stringify(expect)} is expected, ${JSON.stringify(found)} was found`);
}

/** Takes what is listed; a watch is left as it is. */
async function all(result) {
  if (result?.constructor !== jetblob.Items) return await result;
  const items = [];
  for await (const item of result) items.push(item);
  return items;
}

const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The fields of an argument in JavaScript's case; names and values of the caller's own stay. */
function renamed(value) {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [camel(key), item]));
}

function bytesOf(range) {
  if ("bounded" in range) return { start: range.bounded[0], end: range.bounded[1] };
  if ("from" in range) return { start: range.from };
  return { suffix: range.suffix };
}

function subsetOf({ percent, part, bytes }) {
  if (percent !== undefined) return `${percent}%`;
  return part?.join("/") ?? bytes;
}

/** A result as JSON. */
function shown(result) {
  if (result === undefined || kind(result) === "store" || kind(result) === "bucket") return null;
  if (["upload", "watch", "check"].includes(kind(result))) return null;
  if (kind(result) === "object") return { info: shown(result.info) };
  if (Array.isArray(result)) return result.map(shown);
  if (result instanceof Date) return result.getTime() / 1000;
  if (result instanceof jetblob.JetblobError) {
    const { code, retryable, bucket, objectName } = result;
    return {
      code,
      retryable,
      ...(bucket !== null && { bucket }),
      ...(objectName !== null && { name: objectName }),
    };
  }
  if (typeof result !== "object" || result === null || Buffer.isBuffer(result)) return result;
  const fields = Object.entries(result).map(([key, value]) => {
    const name = snake(key);
    return [name, WHOLE.has(name) ? value : shown(value)];
  });
  return Object.fromEntries(fields);
}

/** The scenarios of a file. */
export const load = (file) => read(`scenarios/${file}.json`).scenarios;
