// The vectors: names, digests, chunks, records, errors and the interface, as JavaScript has them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test } from "node:test";
import * as jetblob from "../../node/dist/index.mjs";
import { onBothEngines } from "./buckets.mjs";
import { client, pattern, TOP } from "./place.mjs";

const vectors = (name) => JSON.parse(readFileSync(join(TOP, `tests/vectors/${name}.json`), "utf8"));
const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

onBothEngines({
  async names({ bucket, store }) {
    const { valid, invalid, buckets } = vectors("names");
    for (const { name } of valid) {
      assert.equal((await bucket.putString(name, name)).name, name);
      assert.equal(await bucket.getString(name), name);
    }
    const listed = [];
    for await (const { name } of bucket.list()) listed.push(name);
    assert.deepEqual(listed.sort(), valid.map(({ name }) => name).sort());
    for (const name of invalid) await assert.rejects(bucket.putString(name, ""), jetblob.InvalidNameError);
    for (const name of buckets.valid) assert.equal((await store.createBucket(name)).name, name);
    for (const name of buckets.invalid)
      await assert.rejects(store.createBucket(name), jetblob.InvalidNameError);
  },

  async digests({ bucket }) {
    for (const { utf8, digest } of vectors("digests").bodies) {
      assert.equal((await bucket.putString("a", utf8)).digest, digest);
    }
  },

  async chunks({ bucket }) {
    for (const { size, chunk_size, chunks } of vectors("chunks").cut) {
      const info = await bucket.put({ name: "a", chunkSize: chunk_size }, pattern(size));
      assert.deepEqual([info.size, info.chunks, info.chunkSize], [size, chunks.length, chunk_size]);
      const read = [];
      for await (const chunk of await bucket.get("a")) read.push(chunk);
      assert.ok(Buffer.concat(read).equals(pattern(size)));
    }
  },
});

onBothEngines(
  {
    async "records, as other clients write them"({ store, url }) {
      // Some of them say that they are of this bucket.
      const bucket = await store.createBucket("b");
      const { valid, invalid } = vectors("info");
      const records = [...valid, ...invalid];
      await client(url, async ({ connection }) => {
        for (const record of records) {
          const body = record.text ?? JSON.stringify(record.json);
          // A record without a right name is under any.
          const name = record.json?.name || "a";
          const key = Buffer.from(String(name)).toString("base64url");
          const subject = `$O.${bucket.name}.M.${key.padEnd(Math.ceil(key.length / 4) * 4, "=")}`;
          await connection.request(subject, body);
          const look = bucket.info(String(name), { showDeleted: true });
          if ("info" in record) {
            const info = await look;
            for (const [field, value] of Object.entries(record.info)) {
              assert.deepEqual(plain(info[camel(field)]), value, `${record.case}: ${field}`);
            }
          } else {
            await assert.rejects(look, { code: "bad_meta", bucket: bucket.name }, record.case);
          }
        }
      });
    },
  },
  ["jetstream"],
);

const plain = (value) => (value instanceof Date ? value.getTime() / 1000 : value);

suite("the interface", () => {
  test("each error has a class, and says whether to retry", () => {
    const classes = Object.values(jetblob).filter(
      (value) => value?.prototype instanceof jetblob.JetblobError,
    );
    const codes = vectors("errors").errors.map(({ code }) => code);
    assert.deepEqual(classes.map(({ prototype }) => prototype.code).sort(), codes.sort());
    for (const { name, prototype } of classes) assert.equal(prototype.name, name);
    assert.equal(new Set(classes.map(({ name }) => name)).size, codes.length);
  });

  test("each method is here, in the case of JavaScript", async (t) => {
    const { directory } = await import("./place.mjs");
    const store = await jetblob.Store.open(await directory(t));
    t.after(() => store.close());
    const bucket = await store.createBucket("b");
    const info = await bucket.putString("a", "a");
    const objects = {
      Store: store,
      Bucket: bucket,
      Object: await bucket.get("a"),
      Upload: bucket.upload("b"),
      Watch: await bucket.watch(),
      Check: bucket.check(),
      Error: await bucket.info("none").catch((error) => error),
    };
    const other = { "Error.name": "objectName", "Error.is_retryable": "retryable" };
    for (const { on, method } of vectors("surface").methods) {
      const name = other[`${on}.${method}`] ?? camel(method);
      const isThere = name in objects[on] || (on === "Store" && name in jetblob.Store);
      assert.ok(isThere, `${on} has ${name}`);
    }
    const { types } = vectors("surface");
    const fields = (value) => Object.keys(value).map(snake).sort();
    assert.deepEqual(fields(info), types.ObjectInfo.toSorted());
    assert.deepEqual(fields(await bucket.status()), types.BucketStatus.toSorted());
    assert.deepEqual(fields(objects.Check.report), types.CheckReport.toSorted());
    assert.deepEqual(fields(await bucket.gc()), types.GcReport.toSorted());
    objects.Watch.close();
    await objects.Upload.abort();
  });
});
