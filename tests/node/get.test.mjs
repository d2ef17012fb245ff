// How objects are read.

import assert from "node:assert/strict";
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { pathToFileURL } from "node:url";
import * as jetblob from "../../node/dist/index.mjs";
import { onBothEngines } from "./buckets.mjs";
import { client, pattern, until } from "./place.mjs";

const WHOLE = pattern(3 * (1 << 20) + 5);

/** How many consumers a bucket has at the server. */
async function consumers(url, bucket) {
  return await client(
    url,
    async ({ streams }) => (await streams.info(`OBJ_${bucket.name}`)).state.consumer_count,
  );
}

onBothEngines({
  async "an object is read in every way"({ bucket, directory }) {
    await bucket.put("a", WHOLE);
    const chunks = [];
    const object = await bucket.get("a");
    assert.deepEqual([object.info.size, object.range], [WHOLE.length, { start: 0, end: WHOLE.length }]);
    for await (const chunk of object) chunks.push(chunk);
    assert.ok(Buffer.concat(chunks).equals(WHOLE));
    assert.ok(object.isVerified);

    await pipeline((await bucket.get("a")).readable(), createWriteStream(join(directory, "piped")));
    assert.ok((await readFile(join(directory, "piped"))).equals(WHOLE));
    const response = new Response((await bucket.get("a")).web());
    assert.ok(Buffer.from(await response.arrayBuffer()).equals(WHOLE));
    assert.ok((await (await bucket.get("a")).intoBytes()).equals(WHOLE));
    const told = [];
    const info = await bucket.getFile("a", pathToFileURL(join(directory, "file")), {
      onProgress: (bytes) => told.push(bytes),
    });
    assert.deepEqual([info.name, told.at(-1)], ["a", WHOLE.length]);
    assert.ok((await readFile(join(directory, "file"))).equals(WHOLE));
    await bucket.putString("text", "grüße");
    assert.equal(await (await bucket.get("text")).intoString(), "grüße");
    await bucket.put("no text", Buffer.from([0xff]));
    await assert.rejects(bucket.getString("no text"), { code: "invalid_argument" });
    const untold = await bucket.get("no text");
    await assert.rejects(untold.intoString(), { code: "invalid_argument" });
  },

  async "who takes longer than the store leaves others their turn"({ bucket }) {
    await bucket.put("a", pattern(16 << 20));
    let [inTurn, most] = [0, 0];
    const turn = () => {
      inTurn = 0;
      timer = setImmediate(turn);
    };
    let timer = setImmediate(turn);
    for await (const chunk of await bucket.get("a")) {
      inTurn += chunk.length;
      most = Math.max(most, inTurn);
      for (const end = performance.now() + chunk.length / 1e5; performance.now() < end; );
    }
    clearImmediate(timer);
    assert.ok(most < 1.5 * (1 << 20), `${most} bytes in one turn`);
  },

  async "parts, and places"({ bucket, directory }) {
    await bucket.put("a", WHOLE);
    assert.ok((await bucket.getBytes("a", { range: { start: 5, end: 10 } })).equals(WHOLE.subarray(5, 10)));
    assert.ok((await bucket.getBytes("a", { range: { suffix: 3 } })).equals(WHOLE.subarray(-3)));
    assert.ok((await bucket.getBytes("a", { range: { end: 3 } })).equals(WHOLE.subarray(0, 3)));
    assert.ok((await bucket.getBytes("a", { range: { start: 3e6 } })).equals(WHOLE.subarray(3e6)));
    const object = await bucket.get("a");
    assert.ok((await object.read(10)).equals(WHOLE.subarray(0, 10)));
    assert.equal((await object.read(0)).length, 0);
    assert.equal(await object.seek(1_000_000), 1_000_000);
    assert.ok((await object.read(500_000)).equals(WHOLE.subarray(1_000_000, 1_500_000)));
    assert.equal(object.position, 1_500_000);
    assert.equal(await object.seek(-100, "current"), 1_499_900);
    assert.equal(await object.seek(-3, "end"), WHOLE.length - 3);
    assert.ok((await object.read()).equals(WHOLE.subarray(-3)));
    assert.equal(object.isVerified, false);
    await assert.rejects(object.seek(-1), RangeError);
    await assert.rejects(object.seek(0, "middle"), TypeError);
    await object.seek(1);
    const told = [];
    await object.intoFile(join(directory, "rest"), { onProgress: (bytes) => told.push(bytes) });
    assert.equal(told.at(-1), WHOLE.length - 1);
    assert.ok((await readFile(join(directory, "rest"))).equals(WHOLE.subarray(1)));
    await assert.rejects(object.read(1), jetblob.ClosedError);
  },

  async "to stop early ends it at the server"({ bucket, url, engine }) {
    await bucket.put("large", pattern(30 << 20));
    for (let at = 0; at < 300; at++) await bucket.putString(`small-${at}`, "");
    for await (const _ of await bucket.get("large")) break;
    for await (const _ of (await bucket.get("large")).readable()) break;
    for await (const _ of (await bucket.get("large")).web()) break;
    for await (const _ of bucket.list()) break;
    for await (const _ of await bucket.watch()) break;
    const object = await bucket.get("large");
    await object.next();
    await object[Symbol.asyncDispose]();
    await assert.rejects(object.next(), jetblob.ClosedError);
    const watch = await bucket.watch({ updatesOnly: true });
    await watch[Symbol.asyncDispose]();
    assert.deepEqual(await watch.next(), { done: true, value: undefined });
    if (engine === "jetstream")
      await until(async () => (await consumers(url, bucket)) === 0, "no consumer to be left");
  },

  async "several may ask at a time, and each item comes once"({ bucket, store }) {
    const names = Array.from({ length: 600 }, (_, at) => `${at}`);
    await Promise.all(names.map((name) => bucket.putString(name, name)));
    const list = bucket.list();
    const found = await Promise.all(names.map(() => list.next()));
    assert.deepEqual(new Set(found.map(({ value }) => value.name)), new Set(names));
    assert.deepEqual(await list.next(), { done: true, value: undefined });
    const watch = await bucket.watch();
    const events = await Promise.all([...names, "caught up"].map(() => watch.next()));
    assert.equal(events.at(-1).value, jetblob.CAUGHT_UP);
    const waiting = [watch.next(), watch.next()];
    await bucket.putString("new", "");
    assert.equal((await waiting[0]).value.name, "new");
    watch.close();
    assert.deepEqual(await waiting[1], { done: true, value: undefined });
    const all = [];
    for await (const name of store.bucketNames()) all.push(name);
    assert.ok(all.includes(bucket.name));
    for await (const status of store.buckets()) all.splice(all.indexOf(status.bucket), 1);
    assert.deepEqual(all, []);
  },

  async "what was handed out stays as it is"({ bucket }) {
    await bucket.put("a", WHOLE);
    const kept = [];
    for await (const chunk of await bucket.get("a")) {
      kept.push(Buffer.from(chunk));
      chunk.fill(0);
    }
    assert.ok(Buffer.concat(kept).equals(WHOLE));
    assert.ok((await bucket.getBytes("a")).equals(WHOLE));
    const whole = await bucket.getBytes("a");
    whole.fill(0);
    assert.ok((await bucket.getBytes("a")).equals(WHOLE));
  },

  async "use after close"({ url, bucket }) {
    const store = await jetblob.Store.open(url);
    const same = await store.bucket(bucket.name);
    await same.putString("a", "a");
    const object = await same.get("a");
    object.close();
    const reads = [object.next(), object.read(1), object.intoBytes(), object.seek(0)];
    await Promise.all(reads.map((read) => assert.rejects(read, jetblob.ClosedError)));
    const upload = same.upload("b");
    await upload.abort();
    await assert.rejects(upload.write("b"), jetblob.ClosedError);
    await assert.rejects(upload.finish(), jetblob.ClosedError);
    await store.close();
    await store.close();
    const calls = [same.info("a"), same.put("a", ""), store.bucket(bucket.name), same.list().next()];
    await Promise.all(calls.map((call) => assert.rejects(call, jetblob.ClosedError)));
  },
});

onBothEngines(
  {
    async "damage is an error, not an end, in every way of reading"({ bucket, url }) {
      const info = await bucket.put("a", WHOLE);
      await client(url, async ({ streams }) => {
        const [stream, subject] = [`OBJ_${bucket.name}`, `$O.${bucket.name}.C.${info.nuid}`];
        const last = await streams.getMessage(stream, { last_by_subj: subject });
        await streams.deleteMessage(stream, last.seq - 3);
      });
      const damaged = { code: "data_missing", size: WHOLE.length };
      const open = () => bucket.get("a");
      await assert.rejects(bucket.getBytes("a"), damaged);
      await assert.rejects(
        open().then((object) => object.intoBytes()),
        damaged,
      );
      await assert.rejects(async () => {
        for await (const _ of await open());
      }, damaged);
      await assert.rejects(async () => {
        for await (const _ of (await open()).readable());
      }, damaged);
      await assert.rejects(async () => {
        for await (const _ of (await open()).web());
      }, damaged);
      const object = await open();
      await assert.rejects(object.read(), damaged);
      await assert.rejects(object.read(), damaged);
    },

    async "a record that makes no sense is an error of that one"({ bucket, url }) {
      await bucket.putString("a", "");
      await client(url, async ({ connection }) => {
        const key = Buffer.from("bad").toString("base64url");
        await connection.request(`$O.${bucket.name}.M.${key}`, '{"name": 5}');
      });
      await bucket.putString("c", "");
      const [found, failed] = [[], []];
      const list = bucket.list();
      for (;;) {
        try {
          const { done, value } = await list.next();
          if (done) break;
          found.push(value.name);
        } catch (error) {
          failed.push([error.code, error.objectName]);
        }
      }
      assert.deepEqual([found.sort(), failed], [["a", "c"], [["bad_meta", "bad"]]]);
    },
  },
  ["jetstream"],
);
