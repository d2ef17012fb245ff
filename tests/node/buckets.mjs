// A bucket for each test, on a store that the tests of a file share.

import { after, suite, test } from "node:test";
import { Store } from "../../node/dist/index.mjs";
import { directory, ENGINES, place } from "./place.mjs";

let number = 0;

/** Runs each of these tests on both engines: a name, and what it does with a bucket, its store, and its directory. */
export function onBothEngines(tests, engines = ENGINES) {
  for (const engine of engines) {
    suite(engine, () => {
      const ends = [];
      let shared;
      after(async () => {
        await (await shared)?.store.close();
        for (const end of ends.reverse()) await end();
      });
      const open = async () => {
        const url = await place({ after: (end) => ends.push(end) }, engine);
        return { url, store: await Store.open(url) };
      };
      for (const [name, run] of Object.entries(tests)) {
        test(name, { timeout: 120_000 }, async (t) => {
          shared ??= open();
          const { url, store } = await shared;
          const bucket = await store.createBucket(`bucket-${number++}`);
          await run({ t, engine, url, store, bucket, directory: await directory(t) });
        });
      }
    });
  }
}
