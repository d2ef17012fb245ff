// What is aborted, at whatever point, leaves nothing behind and holds nobody up.

import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { finished } from "node:stream/promises";
import { ReadableStream } from "node:stream/web";
import { pathToFileURL } from "node:url";
import * as jetblob from "../../node/dist/index.mjs";
import { onBothEngines } from "./buckets.mjs";
import { client, holdsOnly, pattern, until } from "./place.mjs";

const WHOLE = pattern(4 << 20);

/** After how many turns of the event loop, or of its microtasks, an operation is aborted. */
const MOMENTS = [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233];

async function turns(count, turn) {
  for (let at = 0; at < count; at++) await turn();
}

const microtask = () => null;
const loop = () => new Promise(setImmediate);

/** Begins an operation, and aborts it at each of the moments; gives how often that was before its end. */
async function abortedAtEach(begin, check = async () => {}) {
  let aborted = 0;
  for (const turn of [microtask, loop]) {
    for (const moment of MOMENTS) {
      const abort = new AbortController();
      const reason = new Error(`aborted after ${moment}`);
      const work = begin(abort.signal);
      const end = work.then(
        () => false,
        (error) => {
          assert.equal(error, reason);
          return true;
        },
      );
      await turns(moment, turn);
      abort.abort(reason);
      if (await end) aborted++;
      await check();
    }
  }
  return aborted;
}

function* pieces() {
  for (let at = 0; at < WHOLE.length; at += 100_000) yield WHOLE.subarray(at, at + 100_000);
}

async function* trickle() {
  for (const piece of pieces()) {
    await null;
    yield piece;
  }
}

const PUTS = {
  "a small buffer": (bucket, signal) => bucket.put("a", WHOLE.subarray(0, 500_000), { signal }),
  "a large buffer": (bucket, signal) => bucket.put("a", WHOLE, { signal }),
  "a file": (bucket, signal, path) => bucket.put("a", pathToFileURL(path), { signal }),
  generator: (bucket, signal) => bucket.put("a", pieces(), { signal }),
  "async generator": (bucket, signal) => bucket.put("a", trickle(), { signal }),
  Readable: (bucket, signal) => bucket.put("a", Readable.from(pieces()), { signal }),
  "a stream of the web": (bucket, signal) => bucket.put("a", ReadableStream.from(pieces()), { signal }),
  Blob: (bucket, signal) => bucket.put("a", new Blob([WHOLE]), { signal }),
  "with progress": (bucket, signal, path) => bucket.putFile(path, "a", { signal, onProgress: () => {} }),
  upload: async (bucket, signal) => {
    const upload = bucket.upload("a", { signal });
    for (const piece of pieces()) await upload.write(piece);
    await upload.finish();
  },
  "write stream": async (bucket, signal) => {
    const stream = bucket.createWriteStream("a", { signal });
    stream.end(WHOLE);
    await finished(stream);
  },
};

const tests = {};
for (const [kind, put] of Object.entries(PUTS)) {
  tests[`a put of ${kind} leaves the old object or the new one, whole, and nothing else`] = async ({
    bucket,
    url,
    directory,
  }) => {
    const path = join(directory, "body");
    await writeFile(path, WHOLE);
    await bucket.putString("a", "old");
    const aborted = await abortedAtEach(
      (signal) => put(bucket, signal, path),
      async () => {
        const bytes = await bucket.getBytes("a");
        assert.ok(bytes.equals(Buffer.from("old")) || bytes.equals(WHOLE.subarray(0, bytes.length)));
        assert.ok([3, 500_000, WHOLE.length].includes(bytes.length));
      },
    );
    assert.ok(aborted > 0);
    await holdsOnly(url, bucket, "a");
  };
}

onBothEngines({
  ...tests,

  async "a signal that is aborted already begins nothing, and lets go of the body"({ bucket, store, url }) {
    const reason = new Error("before");
    const signal = AbortSignal.abort(reason);
    const body = Readable.from(pieces());
    const calls = [
      () => bucket.put("a", "x", { signal }),
      () => bucket.put("a", body, { signal }),
      () => bucket.get("a", { signal }),
      () => bucket.info("a", { signal }),
      () => bucket.status({ signal }),
      () => bucket.watch({ signal }),
      () => bucket.rename("a", "b", { signal }),
      () => store.createBucket("never", { signal }),
      () => jetblob.Store.open(url, { signal }),
      async () => bucket.list({ signal }),
      async () => bucket.upload("a", { signal }),
      async () => bucket.createWriteStream("a", { signal }),
    ];
    for (const call of calls) await assert.rejects(call, (error) => error === reason, String(call));
    assert.ok(body.destroyed);
    await assert.rejects(store.bucket("never"), jetblob.BucketNotFoundError);
    await holdsOnly(url, bucket);
  },

  async "a body that gives nothing more holds nobody up"({ bucket, url }) {
    const stuck = {
      "async generator": (async function* () {
        yield WHOLE;
        await new Promise(() => {});
      })(),
      Readable: new Readable({
        read() {
          this.push(WHOLE);
          this.read = () => {};
          this._read = () => {};
        },
      }),
      "a stream of the web": new ReadableStream({ start: (controller) => controller.enqueue(WHOLE) }),
    };
    for (const [kind, body] of Object.entries(stuck)) {
      const abort = new AbortController();
      const told = (bytes) => bytes === WHOLE.length && abort.abort();
      const put = bucket.put("a", body, { signal: abort.signal, onProgress: told });
      await assert.rejects(put, { name: "AbortError" }, kind);
    }
    await assert.rejects(bucket.info("a"), jetblob.NotFoundError);
    await holdsOnly(url, bucket);
  },

  async "AbortSignal.timeout ends an endless put"({ bucket, url }) {
    const endless = (function* () {
      for (;;) yield WHOLE;
    })();
    await assert.rejects(bucket.put("a", endless, { signal: AbortSignal.timeout(50) }), {
      name: "TimeoutError",
    });
    await holdsOnly(url, bucket);
  },

  async "other operations leave the store as it was, or as they make it"({ bucket, url, directory }) {
    await bucket.put("a", WHOLE);
    const out = join(directory, "out");
    const calls = [
      (signal) => bucket.info("a", { signal }),
      (signal) => bucket.status({ signal }),
      (signal) => bucket.getBytes("a", { signal }),
      (signal) => bucket.getFile("a", out, { signal }),
      (signal) => bucket.getFile("a", out, { signal, onProgress: () => {} }),
      (signal) => bucket.get("a", { signal }).then((object) => object.intoBytes()),
      (signal) => bucket.get("a", { signal }).then((object) => object.intoFile(out)),
      (signal) => bucket.get("a", { signal }).then((object) => object.readable().toArray()),
      (signal) => bucket.get("a", { signal }).then((object) => new Response(object.web()).bytes?.()),
      (signal) => bucket.updateMeta("a", { name: "a", description: "new" }, { signal }),
      (signal) => bucket.list({ signal }).next(),
      (signal) => bucket.watch({ signal }).then((watch) => watch.next()),
    ];
    for (const call of calls) {
      await abortedAtEach(call);
      await call(undefined);
    }
    assert.ok((await readFile(out)).equals(WHOLE));
    assert.deepEqual(await readdir(directory), ["out"]);
    await holdsOnly(url, bucket, "a");
  },

  async "a read, a list and a watch under way end, at the server too"({ bucket, url, engine }) {
    await bucket.put("large", pattern(30 << 20));
    const abort = new AbortController();
    const reason = new Error("enough");
    const { signal } = abort;
    const object = await bucket.get("large", { signal });
    await object.next();
    const stream = (await bucket.get("large", { signal })).readable();
    const list = bucket.list({ signal });
    await list.next();
    const watch = await bucket.watch({ signal, updatesOnly: true });
    const waiting = [watch.next(), watch.next()];
    abort.abort(reason);
    const ends = [...waiting, object.next(), object.intoBytes(), list.next(), watch.next(), finished(stream)];
    await Promise.all(ends.map((end) => assert.rejects(end, (error) => error === reason)));
    if (engine === "jetstream") {
      const count = async ({ streams }) => (await streams.info(`OBJ_${bucket.name}`)).state.consumer_count;
      await until(async () => (await client(url, count)) === 0, "no consumer to be left");
    }
  },

  async "a file is written under the signal of the get, and under its own"({ bucket, directory }) {
    await bucket.put("large", pattern(30 << 20));
    const path = join(directory, "file");
    for (const given of ["the get", "the file"]) {
      const [ofGet, ofFile] = [new AbortController(), new AbortController()];
      const reason = new Error(given);
      const abort = given === "the get" ? ofGet : ofFile;
      const object = await bucket.get("large", { signal: ofGet.signal });
      const file = object.intoFile(path, { signal: ofFile.signal, onProgress: () => abort.abort(reason) });
      await assert.rejects(file, (error) => error === reason);
      assert.equal(existsSync(path), false);
    }
  },

  async "a signal that lives on keeps nothing"({ bucket }) {
    const { signal } = new AbortController();
    await bucket.put("a", WHOLE, { signal });
    await bucket.put("b", "x", { signal });
    await bucket.getBytes("a", { signal });
    for await (const _ of await bucket.get("a", { signal }));
    await (await bucket.get("a", { signal })).intoBytes();
    await (await bucket.get("a", { signal })).readable().toArray();
    for await (const _ of bucket.list({ signal }));
    for await (const _ of await bucket.watch({ signal })) break;
    const stream = bucket.createWriteStream("c", { signal });
    stream.end("c");
    await finished(stream);
    const read = await bucket.get("a", { signal });
    while ((await read.next()) !== null);
    const watch = await bucket.watch({ signal });
    await watch.next();
    watch.close();
    assert.deepEqual(getEventListeners(signal, "abort"), []);
  },
});
