// `jetblob/keyv`: the suite that keyv has for its adapters, and what is ours.

import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, afterEach, beforeEach, suite, test } from "node:test";
import { pathToFileURL } from "node:url";
import { Store } from "../../node/dist/index.mjs";
import KeyvJetblob from "../../node/dist/keyv.mjs";
import { directory, ENGINES, place, TOP } from "./place.mjs";

const require = createRequire(join(TOP, "node/"));
const { Keyv } = require("keyv");
const { keyvApiTests, keyvNamespaceTest, keyvValueTests } = require("@keyv/test-suite");
const { chai, JestAsymmetricMatchers, JestChaiExpect, JestExtend } = await import(
  pathToFileURL(require.resolve("@vitest/expect"))
);
for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin);

// What the suite uses of the runner that it was written for.
const it = (name, run) => test(name, { timeout: 60_000 }, () => run({ expect: chai.expect }));
const runner = { beforeEach, afterEach, it };

for (const engine of ENGINES) {
  for (const part of [keyvApiTests, keyvValueTests, keyvNamespaceTest]) {
    suite(`${engine}: ${part.name}`, () => {
      const [adapters, ends] = [[], []];
      let url;
      beforeEach(async () => {
        url ??= await place({ after: (end) => ends.push(end) }, engine);
      });
      part(runner, Keyv, () => {
        adapters.push(new KeyvJetblob({ url, bucket: "keyv" }));
        return adapters.at(-1);
      });
      after(async () => {
        await Promise.all(adapters.map((adapter) => adapter.disconnect()));
        for (const end of ends.reverse()) await end();
      });
    });
  }

  suite(engine, () => {
    test("values are objects of their key's name, which the store itself removes in the end", async (t) => {
      const url = await place(t, engine);
      const adapter = new KeyvJetblob({ url, bucket: "cache" });
      const cache = new Keyv(adapter, { namespace: "a" });
      const store = await Store.open(url);
      await cache.set("key", { b: 1 }, 1500);
      const bucket = await store.bucket("cache");
      const info = await bucket.info("a:key");
      assert.ok(info.expires - info.mtime >= 1500 && info.expires - info.mtime <= 3000);
      assert.deepEqual(JSON.parse(await bucket.getString("a:key")).value, { b: 1 });
      await cache.set("for ever", 1);
      assert.equal((await bucket.info("a:for ever")).expires, null);
      await bucket.putString("b", "not of the namespace");
      await cache.clear();
      assert.equal(await bucket.getString("b"), "not of the namespace");
      assert.equal((await bucket.list().next()).value.name, "b");
      await cache.disconnect();
      await store.close();
    });
  });
}

test("a store that can't be had is an error, and is tried again", async (t) => {
  const path = await directory(t);
  const cache = new Keyv(new KeyvJetblob({ url: join(path, "file", "below"), bucket: "b" }), {
    throwOnErrors: true,
  });
  await writeFile(join(path, "file"), "");
  await assert.rejects(cache.get("a"), { name: /Error/ });
  await rm(join(path, "file"));
  assert.equal(await cache.get("a"), undefined);
  await cache.disconnect();
});
