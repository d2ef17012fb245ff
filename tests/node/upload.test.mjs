// Pushing objects in.

import assert from "node:assert/strict";
import { Readable, Transform } from "node:stream";
import { finished, pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import * as jetblob from "../../node/dist/index.mjs";
import { onBothEngines } from "./buckets.mjs";
import { holdsOnly, pattern } from "./place.mjs";

const WHOLE = pattern(3 * (1 << 20) + 5);

onBothEngines({
  async "an upload is committed at the end, not before"({ bucket }) {
    const told = [];
    const upload = bucket.upload("a", { onProgress: (bytes) => told.push(bytes) });
    assert.equal(await upload.write(WHOLE), WHOLE.length);
    assert.equal(await upload.write("more"), 4);
    await assert.rejects(bucket.info("a"), jetblob.NotFoundError);
    assert.equal(upload.info, null);
    const info = await upload.finish();
    assert.equal(info, upload.info);
    assert.equal(info.size, WHOLE.length + 4);
    assert.equal(told.at(-1), WHOLE.length + 4);
    assert.ok((await bucket.getBytes("a")).equals(Buffer.concat([WHOLE, Buffer.from("more")])));
    await assert.rejects(upload.write("late"), jetblob.ClosedError);
    await assert.rejects(upload.finish(), jetblob.ClosedError);
    await upload[Symbol.asyncDispose]();
    assert.equal((await bucket.info("a")).size, info.size);
  },

  async "writes keep their order, and a finish waits for them"({ bucket }) {
    const pieces = [1, 2, 3].map((byte) => Buffer.alloc(3 * (1 << 20) + byte, byte));
    const upload = bucket.upload("a");
    const writes = pieces.map((piece) => upload.write(piece));
    const info = await upload.finish();
    await Promise.all(writes);
    const whole = Buffer.concat(pieces);
    assert.equal(info.size, whole.length);
    assert.ok((await bucket.getBytes("a")).equals(whole));
    await assert.rejects(upload.write(""), jetblob.ClosedError);
  },

  async "a finish after a write that failed stores nothing"({ bucket, url }) {
    const error = new Error("enough");
    const upload = bucket.upload("a", {
      onProgress: () => {
        throw error;
      },
    });
    await assert.rejects(upload.write(WHOLE), (thrown) => thrown === error);
    await assert.rejects(upload.finish(), (thrown) => thrown === error);
    await holdsOnly(url, bucket);
  },

  async "what is left without a finish is given up"({ bucket, url }) {
    await bucket.putString("a", "old");
    const left = bucket.upload("a");
    await left.write(WHOLE);
    await left[Symbol.asyncDispose]();
    const aborted = bucket.upload("a");
    await aborted.write(WHOLE);
    await aborted.abort();
    await aborted.abort();
    const wrong = bucket.upload("b");
    await assert.rejects(wrong.write(5), { name: "TypeError", message: /data must be/ });
    await wrong.write("bytes");
    assert.equal((await wrong.finish()).size, 5);
    assert.equal(await bucket.getString("a"), "old");
    await holdsOnly(url, bucket, "a", "b");
  },

  async "a write says why the put failed"({ bucket }) {
    const upload = bucket.upload("");
    await assert.rejects(async () => {
      for (;;) await upload.write("a");
    }, jetblob.InvalidNameError);
    await assert.rejects(upload.finish(), jetblob.InvalidNameError);
  },

  async "a stream writes into an object, with what is before and after it"({ bucket }) {
    const stream = bucket.createWriteStream("a.gz");
    await pipeline(Readable.from([WHOLE]), createGzip({ level: 1 }), stream);
    assert.equal(stream.info.name, "a.gz");
    assert.equal((await bucket.info("a.gz")).revision, stream.info.revision);
    const out = (await bucket.get("a.gz")).readable();
    const chunks = [];
    await pipeline(out, createGunzip(), async (unpacked) => {
      for await (const chunk of unpacked) chunks.push(chunk);
    });
    assert.ok(Buffer.concat(chunks).equals(WHOLE));
    const text = bucket.createWriteStream("text", { ifAbsent: true });
    text.write("grüße ");
    text.end("an alle");
    await finished(text);
    assert.equal(await bucket.getString("text"), "grüße an alle");
    await assert.rejects(
      pipeline(Readable.from(["again"]), bucket.createWriteStream("text", { ifAbsent: true })),
      jetblob.ConflictError,
    );
    await pipeline((await bucket.get("text")).web(), bucket.createWriteStream("copy"));
    assert.equal(await bucket.getString("copy"), "grüße an alle");
  },

  async "a stream that breaks, or is destroyed, stores nothing"({ bucket, url }) {
    await bucket.putString("a", "old");
    const error = new Error("broken");
    const breaking = new Transform({
      transform(_, __, done) {
        done(error);
      },
    });
    const stream = bucket.createWriteStream("a");
    await assert.rejects(pipeline(Readable.from([WHOLE]), breaking, stream), (thrown) => thrown === error);
    const destroyed = bucket.createWriteStream("a");
    destroyed.write(WHOLE);
    destroyed.destroy();
    await assert.rejects(finished(destroyed), { code: "ERR_STREAM_PREMATURE_CLOSE" });
    assert.equal(await bucket.getString("a"), "old");
    await holdsOnly(url, bucket, "a");
  },
});
