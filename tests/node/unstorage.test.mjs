// `jetblob/unstorage`: what unstorage expects of every driver, and what only some have.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { suite, test } from "node:test";
import { pathToFileURL } from "node:url";
import { Store } from "../../node/dist/index.mjs";
import driver from "../../node/dist/unstorage.mjs";
import { client, ENGINES, place, TOP, until } from "./place.mjs";

const require = createRequire(join(TOP, "node/"));
const { createStorage, restoreSnapshot, snapshot } = await import(
  pathToFileURL(require.resolve("unstorage"))
);

const sorted = async (keys) => (await keys).sort();

for (const engine of ENGINES) {
  suite(engine, () => {
    const on = (name, run) =>
      test(name, { timeout: 60_000 }, async (t) => {
        const url = await place(t, engine);
        const storage = createStorage({ driver: driver({ url, bucket: "storage" }) });
        try {
          await run(storage, url);
        } finally {
          await storage.dispose();
        }
      });

    on("nothing is there at first, and what is restored is", async (storage) => {
      assert.equal(await storage.hasItem("s1:a"), false);
      assert.equal(await storage.getItem("s2:a"), null);
      assert.equal(await storage.getItemRaw("s2:a"), null);
      assert.deepEqual(await storage.getKeys(), []);
      await storage.clear();
      await restoreSnapshot(storage, { initial: "works" });
      assert.equal(await storage.getItem("initial"), "works");
      assert.deepEqual(await snapshot(storage, ""), { initial: "works" });
    });

    on("items are set, got and removed", async (storage) => {
      await storage.setItem("s1:a", "test_data");
      await storage.setItem("s3:a?q=1", "test_data");
      assert.equal(await storage.hasItem("s1:a"), true);
      assert.equal(await storage.getItem("s1:a"), "test_data");
      assert.equal(await storage.getItem("s3:a?q=2"), "test_data");
      await storage.setItems([
        { key: "t:1", value: "one" },
        { key: "t:2", value: "two" },
      ]);
      assert.deepEqual(await storage.getItems(["t:1", { key: "t:2" }, "t:3"]), [
        { key: "t:1", value: "one" },
        { key: "t:2", value: "two" },
        { key: "t:3", value: null },
      ]);
      await storage.removeItem("s1:a");
      await storage.removeItem("never");
      assert.equal(await storage.hasItem("s1:a"), false);
      assert.equal(await storage.getItem("s1:a"), null);
      await storage.clear();
      assert.deepEqual(await storage.getKeys(), []);
      await storage.clear();
    });

    on("keys are listed, below a base and down to a depth", async (storage) => {
      const keys = ["top", "a:b:c", "a:b:d", "a:e", "ab:f"];
      for (const key of keys) await storage.setItem(key, "x");
      assert.deepEqual(await sorted(storage.getKeys()), keys.toSorted());
      assert.deepEqual(await sorted(storage.getKeys("a")), ["a:b:c", "a:b:d", "a:e"]);
      assert.deepEqual(await storage.getKeys(undefined, { maxDepth: 0 }), ["top"]);
      assert.deepEqual(await sorted(storage.getKeys(undefined, { maxDepth: 1 })), ["a:e", "ab:f", "top"]);
      await storage.getMount().driver.clear("a:b:");
      assert.deepEqual(await sorted(storage.getKeys()), ["a:e", "ab:f", "top"]);
    });

    on("values are those that were set", async (storage) => {
      for (const value of [{ json: "works" }, true, false, 0, "text", [1, 2]]) {
        await storage.setItem("/data/test.json", value);
        assert.deepEqual(await storage.getItem("/data/test.json"), value);
      }
      await storage.setItem("/data/own.json", { toJSON: () => "SERIALIZED" });
      assert.equal(await storage.getItem("/data/own.json"), "SERIALIZED");
      class Own {}
      await assert.rejects(storage.setItem("/data/bad.json", new Own()), /stringify/);
      const raw = new Uint8Array([1, 2, 3]);
      await storage.setItemRaw("/data/raw.bin", raw);
      assert.deepEqual(new Uint8Array(await storage.getItemRaw("/data/raw.bin")), raw);
    });

    on("its objects are anybody’s, and say what is known of them", async (storage, url) => {
      await storage.setItem("a:b", "text", { ttl: 3600 });
      const store = await Store.open(url);
      const bucket = await store.bucket("storage");
      const info = await bucket.info("a/b");
      const meta = await storage.getMeta("a:b");
      assert.deepEqual([meta.size, meta.mtime, meta.expires], [4, info.mtime, info.expires]);
      assert.ok(info.expires > new Date());
      await bucket.putString("c/d", "from outside");
      assert.equal(await storage.getItem("c:d"), "from outside");
      await store.close();
    });

    on("changes are told, whoever makes them", async (storage, url) => {
      const told = [];
      let heard = () => {};
      const unwatch = await storage.watch((event, key) => {
        told.push([event, key]);
        heard();
      });
      const next = () =>
        new Promise((resolve) => {
          heard = resolve;
        });
      const store = await Store.open(url);
      const bucket = await store.bucket("storage");
      let change = next();
      await bucket.putString("a/b", "x");
      await change;
      change = next();
      await bucket.delete("a/b");
      await change;
      assert.deepEqual(told, [
        ["update", "a:b"],
        ["remove", "a:b"],
      ]);
      await unwatch();
      await store.close();
    });
  });
}

suite("jetstream", () => {
  test("a record that makes no sense, and a listener that throws, end nothing", async (t) => {
    const url = await place(t, "jetstream");
    const storage = createStorage({ driver: driver({ url, bucket: "storage" }) });
    t.after(() => storage.dispose());
    await storage.setItem("a", "1");
    const told = [];
    const thrown = new Promise((resolve) => process.setUncaughtExceptionCaptureCallback(resolve));
    t.after(() => process.setUncaughtExceptionCaptureCallback(null));
    await storage.watch((_, key) => {
      told.push(key);
      if (key === "a") throw new Error("of the listener");
    });
    await storage.setItem("a", "2");
    assert.equal((await thrown).message, "of the listener");
    await client(url, async ({ connection }) => {
      const subject = `$O.storage.M.${Buffer.from("bad").toString("base64url")}`;
      await connection.request(subject, "{");
    });
    await storage.setItem("b", "3");
    await until(() => told.includes("b"), "the watch to go on");
    assert.deepEqual(await sorted(storage.getKeys()), ["a", "b"]);
    await storage.clear();
    assert.deepEqual(await storage.getKeys(), []);
  });
});

test("a store that can’t be had is tried again", async () => {
  const storage = createStorage({ driver: driver({ url: "nats://127.0.0.1:1", bucket: "b" }) });
  for (let at = 0; at < 2; at++) await assert.rejects(storage.getItem("a"), { code: "unavailable" });
  await storage.dispose();
});
