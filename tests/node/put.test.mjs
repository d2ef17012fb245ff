// What can be put, and what becomes of it.

import assert from "node:assert/strict";
import { Blob, File } from "node:buffer";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import { suite, test } from "node:test";
import { pathToFileURL } from "node:url";
import { runInNewContext } from "node:vm";
import * as jetblob from "../../node/dist/index.mjs";
import { onBothEngines } from "./buckets.mjs";
import { holdsOnly, pattern } from "./place.mjs";

const MIB = 1 << 20;
const WHOLE = pattern(3 * MIB + 5);

function* pieces(size = 100_000) {
  for (let at = 0; at < WHOLE.length; at += size) yield WHOLE.subarray(at, at + size);
}

async function* asyncPieces() {
  for (const piece of pieces()) {
    await null;
    yield piece;
  }
}

const exact = (bytes) => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);

function shared() {
  const memory = new SharedArrayBuffer(WHOLE.length);
  new Uint8Array(memory).set(WHOLE);
  return memory;
}

const bodies = (path) => ({
  Buffer: WHOLE,
  Uint8Array: new Uint8Array(exact(WHOLE)),
  "a view of other numbers": new Uint32Array(exact(WHOLE), 0, 1000),
  DataView: new DataView(exact(WHOLE), 7, 100),
  ArrayBuffer: exact(WHOLE),
  SharedArrayBuffer: shared(),
  "a view of a SharedArrayBuffer": new Uint8Array(shared(), 1, 9),
  "a long string": "grüße 日本 ".repeat(200_000),
  "a short string": "grüße",
  nothing: "",
  Blob: new Blob([WHOLE]),
  File: new File([WHOLE], "file.bin"),
  "a file: URL": pathToFileURL(path),
  "a stream of a file": createReadStream(path),
  "a stream of a file in small pieces": createReadStream(path, { highWaterMark: 1000, end: 99_999 }),
  "a stream of text": Readable.from(["grüße ", "an alle"]),
  "a stream of the web": new Blob([WHOLE]).stream(),
  "a stream of the web, from a generator": ReadableStream.from(asyncPieces()),
  array: [...pieces()],
  "array of large pieces": [WHOLE, WHOLE],
  "array of strings and empty pieces": ["a", Buffer.alloc(0), "", Buffer.from("b")],
  "empty array": [],
  generator: pieces(),
  "async generator": asyncPieces(),
});

/** What the body's bytes are, by other means. */
async function bytesOf(body) {
  if (body instanceof SharedArrayBuffer || body?.buffer instanceof SharedArrayBuffer)
    return Buffer.from(
      new Uint8Array(body.buffer ?? body).slice(
        body.byteOffset,
        body.byteOffset === undefined ? undefined : body.byteOffset + body.byteLength,
      ),
    );
  return Buffer.from(await new Response(body).arrayBuffer());
}

class Ours extends Error {}

onBothEngines({
  async "every kind of body is stored byte for byte, and told"({ bucket, directory }) {
    const path = join(directory, "body");
    await writeFile(path, WHOLE);
    const wanted = {
      "a file: URL": WHOLE,
      "a stream of a file": WHOLE,
      "a stream of a file in small pieces": WHOLE.subarray(0, 100_000),
      "a stream of text": Buffer.from("grüße an alle"),
      "a stream of the web": WHOLE,
      "a stream of the web, from a generator": WHOLE,
      "array of large pieces": Buffer.concat([WHOLE, WHOLE]),
      "array of strings and empty pieces": Buffer.from("ab"),
      "empty array": Buffer.alloc(0),
      array: WHOLE,
      generator: WHOLE,
      "async generator": WHOLE,
    };
    for (const [kind, body] of Object.entries(bodies(path))) {
      const want = wanted[kind] ?? (await bytesOf(body));
      const told = [];
      const info = await bucket.put(kind, body, { onProgress: (bytes) => told.push(bytes) });
      assert.equal(info.size, want.length, kind);
      assert.ok((await bucket.getBytes(kind)).equals(want), kind);
      assert.deepEqual(
        told,
        told.toSorted((a, b) => a - b),
        kind,
      );
      assert.equal(told.at(-1) ?? 0, want.length, kind);
    }
  },

  async "the error of a body comes out, the old object stays, and nothing else is left"({ bucket, url }) {
    await bucket.putString("a", "old");
    const error = new Ours("the source broke");
    const broken = {
      generator: (function* () {
        yield WHOLE;
        throw error;
      })(),
      "async generator": (async function* () {
        yield WHOLE;
        throw error;
      })(),
      Readable: Readable.from(
        (async function* () {
          yield WHOLE;
          throw error;
        })(),
      ),
      "a stream that is destroyed": new Readable({
        read() {
          this.push(WHOLE);
          setImmediate(() => this.destroy(error));
        },
      }),
      "a stream of the web": new ReadableStream({
        pull(controller) {
          controller.enqueue(WHOLE);
          setImmediate(() => controller.error(error));
        },
      }),
    };
    for (const [kind, body] of Object.entries(broken)) {
      await assert.rejects(bucket.put("a", body), (thrown) => thrown === error, kind);
    }
    assert.equal(await bucket.getString("a"), "old");
    await holdsOnly(url, bucket, "a");
  },

  async "a body is let go of when its put fails"({ bucket, directory }) {
    await writeFile(join(directory, "body"), WHOLE);
    const file = createReadStream(join(directory, "body"));
    await assert.rejects(bucket.put("", file), jetblob.InvalidNameError);
    assert.ok(file.destroyed);
    let cancelled;
    const web = new ReadableStream({
      pull: (controller) => controller.enqueue(WHOLE),
      cancel: (reason) => {
        cancelled = reason;
      },
    });
    await assert.rejects(bucket.put("", web), jetblob.InvalidNameError);
    assert.ok(cancelled instanceof jetblob.InvalidNameError);
    let ended = false;
    const generator = (function* () {
      try {
        for (;;) yield WHOLE;
      } finally {
        ended = true;
      }
    })();
    await assert.rejects(bucket.put("", generator), jetblob.InvalidNameError);
    assert.ok(ended);
    const wrongOptions = Readable.from([WHOLE]);
    await assert.rejects(bucket.put("a", wrongOptions, { ifRevision: -1 }), TypeError);
    assert.ok(wrongOptions.destroyed);
  },

  async "what onProgress throws comes out, and the put is given up"({ bucket, url, directory }) {
    await writeFile(join(directory, "body"), WHOLE);
    const error = new Ours("enough");
    const onProgress = () => {
      throw error;
    };
    for (const body of [WHOLE, [WHOLE]]) {
      await assert.rejects(bucket.put("a", body, { onProgress }), (thrown) => thrown === error);
    }
    await bucket.putString("b", "b");
    await assert.rejects(
      bucket.getFile("b", join(directory, "out"), { onProgress }),
      (thrown) => thrown === error,
    );
    await holdsOnly(url, bucket, "b");
    // Of these the commit may have begun by then.
    for (const body of ["text", pathToFileURL(join(directory, "body"))]) {
      await assert.rejects(bucket.put("c", body, { onProgress }), (thrown) => thrown === error);
    }
    for (const thrown of [
      Object.assign(new Error("ours"), { code: "InvalidArg" }),
      { code: "x", fields: [] },
    ]) {
      const throwing = () => {
        throw thrown;
      };
      await assert.rejects(bucket.put("c", "text", { onProgress: throwing }), (error) => error === thrown);
    }
  },

  async "what a body throws when it is let go doesn't hide why, and nothing is left"({ bucket, url }) {
    function* failing() {
      try {
        yield WHOLE;
        yield 5;
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: that is the case
        throw new Ours("of the end");
      }
    }
    await assert.rejects(bucket.put("a", failing()), { name: "TypeError", message: /a piece of body/ });
    const stream = {
      getReader: () => ({
        read: async () => ({ done: false, value: 5 }),
        cancel: () => undefined,
      }),
    };
    await assert.rejects(bucket.put("a", stream), { name: "TypeError", message: /a piece of body/ });
    await holdsOnly(url, bucket);
  },

  async "options and metadata that are not plain are refused, not passed over"({ bucket }) {
    const inherited = Object.create({ ifAbsent: true });
    const deeper = Object.create(Object.create(null, { ifAbsent: { value: true, enumerable: true } }));
    for (const options of [new Map([["ifAbsent", true]]), inherited, deeper, AbortSignal.abort()]) {
      await assert.rejects(bucket.put("a", "a", options), TypeError);
    }
    for (const metadata of [new Map([["a", "b"]]), inherited]) {
      await assert.rejects(bucket.put({ name: "a", metadata }, "a"), {
        name: "TypeError",
        message: /metadata/,
      });
    }
    const bare = Object.assign(Object.create(null), { ifAbsent: true });
    assert.equal((await bucket.put("a", "a", bare)).name, "a");
  },

  async "what another realm made is as good"({ bucket }) {
    const foreign = runInNewContext;
    await bucket.put("a", foreign("new Uint8Array([1, 2]).buffer"), foreign("({ ifAbsent: true })"));
    assert.deepEqual([...(await bucket.getBytes("a"))], [1, 2]);
    await bucket.put(foreign("({ name: 'b', headers: { A: ['1', '2'] } })"), foreign("new Uint8Array([3])"));
    assert.deepEqual((await bucket.info("b")).headers, { A: ["1", "2"] });
  },

  async "headers are taken as those of the web, too"({ bucket }) {
    const headers = new Headers({ "Content-Type": "text/plain" });
    for (const value of ["a=1", "b=2"]) headers.append("Set-Cookie", value);
    for (const value of ["1", "2"]) headers.append("X-Both", value);
    const info = await bucket.put({ name: "a", headers }, "text");
    assert.deepEqual(info.headers, {
      "content-type": ["text/plain"],
      "set-cookie": ["a=1", "b=2"],
      "x-both": ["1, 2"],
    });
  },

  async "of a stream that was read in part, the rest is stored"({ bucket }) {
    const stream = Readable.from(["abc", "def"], { objectMode: true });
    await once(stream, "readable");
    assert.equal(stream.read(), "abc");
    await bucket.put("a", stream);
    assert.equal(await bucket.getString("a"), "def");
  },

  async "half a character, and a stream that is used up, are refused"({ bucket }) {
    await bucket.putString("a", "old");
    const used = Readable.from(["abc"]);
    await used.toArray();
    const response = new Response("abc");
    await response.text();
    for (const body of ["a\ud800b", ["\ud83d", "\ude00"], used, response.body]) {
      await assert.rejects(bucket.put("a", body), TypeError);
    }
    assert.equal(await bucket.getString("a"), "old");
  },

  async "detached bytes are an error, before and during a put"({ bucket, url }) {
    const detached = () => {
      const bytes = new Uint8Array(9);
      structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
      return bytes;
    };
    for (const body of [detached(), detached().buffer, [detached()]]) {
      await assert.rejects(bucket.put("a", body), { name: "TypeError", message: /detached/ });
    }
    await assert.rejects(bucket.upload("a").write(detached()), {
      name: "TypeError",
      message: /data is detached/,
    });
    const large = new Uint8Array(8 * MIB);
    const put = bucket.put("a", large);
    structuredClone(large.buffer, { transfer: [large.buffer] });
    await assert.rejects(put, { name: "TypeError", message: /detached/ });
    const small = new Uint8Array(1000).fill(7);
    const taken = bucket.put("b", small);
    structuredClone(small.buffer, { transfer: [small.buffer] });
    assert.equal((await taken).size, 1000);
    assert.ok((await bucket.getBytes("b")).every((byte) => byte === 7));
    await holdsOnly(url, bucket, "b");
  },

  async "a body that changes meanwhile gives an object whose digest fits its bytes"({ bucket }) {
    const body = Buffer.alloc(8 * MIB);
    let isDone = false;
    const put = bucket.put("a", body).finally(() => {
      isDone = true;
    });
    for (let at = 0; !isDone; at++) {
      body.fill(at & 255);
      await new Promise(setImmediate);
    }
    assert.equal((await put).size, body.length);
    assert.equal((await bucket.getBytes("a")).length, body.length);
  },

  async "a buffer is the caller’s again once it is written"({ bucket }) {
    const upload = bucket.upload("a");
    const buffer = Buffer.alloc(100_000);
    for (let at = 0; at < 50; at++) {
      buffer.fill(at);
      await upload.write(buffer);
    }
    await upload.finish();
    const bytes = await bucket.getBytes("a");
    for (let at = 0; at < 50; at++)
      assert.ok(bytes.subarray(at * 100_000, (at + 1) * 100_000).every((byte) => byte === at));
  },

  async "files, and those that are not there"({ bucket, directory }) {
    const path = join(directory, "here.txt");
    await writeFile(path, "here");
    assert.equal((await bucket.putFile(path)).name, path);
    assert.equal((await bucket.putFile(pathToFileURL(path), "there.txt")).name, "there.txt");
    const meta = {
      name: "with meta",
      headers: { a: "b", c: ["d", "e"] },
      metadata: { ["__proto__"]: "x" },
    };
    const info = await bucket.put(meta, pathToFileURL(path));
    assert.deepEqual(info.headers, { a: ["b"], c: ["d", "e"] });
    assert.deepEqual(Object.entries(info.metadata), [["__proto__", "x"]]);
    await assert.rejects(bucket.putFile(join(directory, "none")), (error) => {
      assert.ok(error instanceof jetblob.IoError);
      return error.code === "io" && error.cause.code === "ENOENT";
    });
    await assert.rejects(bucket.putFile(directory), jetblob.IoError);
    await assert.rejects(bucket.put("a", new URL("http://127.0.0.1/")), { code: "ERR_INVALID_URL_SCHEME" });
  },

  async "an error tells its code, its subject, and who called"({ bucket }) {
    await bucket.putString("a", "1");
    const userCode = async () => await bucket.put("a", "2", { ifAbsent: true });
    await assert.rejects(userCode(), (error) => {
      assert.ok(error instanceof jetblob.ConflictError && error instanceof jetblob.JetblobError);
      assert.equal(error.name, "ConflictError");
      assert.deepEqual([error.code, error.retryable, error.expected], ["conflict", false, 0]);
      assert.deepEqual([error.bucket, error.objectName], [bucket.name, "a"]);
      assert.match(error.stack, /userCode/);
      return true;
    });
    const both = bucket.put("a", [Buffer.from("2")], { ifAbsent: true, ifRevision: 1 });
    await assert.rejects(both, { code: "invalid_argument", message: /ifAbsent/ });
    assert.equal(await bucket.getString("a"), "1");
  },

  async "what an info says can be said again, with something changed"({ bucket, store }) {
    const info = await bucket.put({ name: "a", headers: { k: "v" } }, "text");
    const said = await bucket.updateMeta("a", { ...info, description: "final" });
    assert.deepEqual([said.description, said.headers], ["final", { k: ["v"] }]);
    const link = await bucket.addLink("l", await bucket.info("a"));
    assert.deepEqual(link.link, { bucket: bucket.name, name: "a" });
    const before = await bucket.status();
    const after = await (await store.updateBucket({ ...before.config, maxBytes: 1 << 30 })).status();
    assert.deepEqual(after.config, { ...before.config, maxBytes: 1 << 30 });
  },
});

suite("what is wrong", () => {
  const wrong = {
    "bucket.info": { name: (bucket) => bucket.info(5) },
    "bucket.put": {
      meta: (bucket) => bucket.put(5, ""),
      "meta.description": (bucket) => bucket.put({ name: "a", description: 5 }, ""),
      "meta.headers": (bucket) => bucket.put({ name: "a", headers: { a: 5 } }, ""),
      "meta.metadata['k']": (bucket) => bucket.put({ name: "a", metadata: { k: 5 } }, ""),
      "meta.chunkSize": (bucket) => bucket.put({ name: "a", chunkSize: "1" }, ""),
      "'descripton'": (bucket) => bucket.put({ name: "a", descripton: "" }, ""),
      "meta must be a string of whole": (bucket) => bucket.put("\ud800", ""),
      body: (bucket) => bucket.put("a", 5),
      "body must": (bucket) => bucket.put("a", null),
      "a piece of body": (bucket) => bucket.put("a", [1, 2]),
      "body must be bytes": (bucket) => bucket.put("a", { a: 1 }),
      "options.ifAbsent": (bucket) => bucket.put("a", "", { ifAbsent: "yes" }),
      "options.ifRevision": (bucket) => bucket.put("a", "", { ifRevision: 1.5 }),
      "'ifabsent'": (bucket) => bucket.put("a", "", { ifabsent: true }),
      "options.expires": (bucket) => bucket.put("a", "", { expires: -1 }),
      "options.onProgress": (bucket) => bucket.put("a", "", { onProgress: 5 }),
      "options.signal": (bucket) => bucket.put("a", "", { signal: {} }),
      "options must be an object": (bucket) => bucket.put("a", "", 5),
    },
    "bucket.putString": { text: (bucket) => bucket.putString("a", Buffer.alloc(1)) },
    "bucket.putBytes": { data: (bucket) => bucket.putBytes("a", "text") },
    "bucket.getBytes": {
      "options.range": (bucket) => bucket.getBytes("a", { range: 5 }),
      "options.range.start": (bucket) => bucket.getBytes("a", { range: { start: -1 } }),
      "either { start, end } or { suffix }": (bucket) =>
        bucket.getBytes("a", { range: { start: 1, suffix: 1 } }),
      "options.consistency": (bucket) => bucket.getBytes("a", { consistency: "stale" }),
    },
    "bucket.getFile": { path: (bucket) => bucket.getFile("a", 5) },
    "bucket.list": { "options.prefix": async (bucket) => bucket.list({ prefix: 5 }) },
    "bucket.watch": { "options.after": (bucket) => bucket.watch({ after: "1" }) },
    "bucket.addLink": { target: (bucket) => bucket.addLink("l", "a") },
    "bucket.addBucketLink": { target: (bucket) => bucket.addBucketLink("l", { name: "b" }) },
    "bucket.resolve": { unknown: (bucket) => bucket.resolve(new Error("unknown")) },
    "store.createBucket": {
      config: (_, store) => store.createBucket(5),
      "'max_bytes'": (_, store) => store.createBucket({ name: "b", max_bytes: 1 }),
      "config.ttl": (_, store) => store.createBucket({ name: "b", ttl: "1h" }),
      "config.storage": (_, store) => store.createBucket({ name: "b", storage: "disk" }),
    },
    "Store.open": {
      url: () => jetblob.Store.open(5),
      "options.idleTimeout": () => jetblob.Store.open("x", { idleTimeout: "long" }),
      "options.userAndPassword": () => jetblob.Store.open("x", { userAndPassword: "me" }),
    },
  };

  test("is a TypeError that names the argument, and nothing is stored", async (t) => {
    const { directory } = await import("./place.mjs");
    const url = await directory(t);
    const store = await jetblob.Store.open(url);
    t.after(() => store.close());
    const bucket = await store.createBucket("b");
    for (const [call, cases] of Object.entries(wrong)) {
      for (const [argument, run] of Object.entries(cases)) {
        await assert.rejects(
          run(bucket, store),
          (error) => {
            assert.equal(error.name, "TypeError", `${call}: ${error}`);
            assert.ok(error.message.includes(argument), `${call}: ${error.message} names ${argument}`);
            return true;
          },
          call,
        );
      }
    }
    for await (const info of bucket.list()) assert.fail(info.name);
    await holdsOnly(url, bucket);
  });

  test("no secret is shown", async () => {
    for (const options of [
      { token: 5 },
      { userAndPassword: ["me", 5] },
      { userAndPassword: "hush" },
      { nkeySeed: {} },
    ]) {
      await assert.rejects(jetblob.Store.open("x", options), (error) => !error.message.includes("hush"));
    }
  });
});
