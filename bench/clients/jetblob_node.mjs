// jetblob in Node: the same arguments and output as the other contenders.

import { pathToFileURL } from "node:url";
import { CAUGHT_UP, Store } from "../../node/dist/index.mjs";
import { Clock } from "./clock.mjs";

const [place, name, work, ...what] = process.argv.slice(2);
const store = await Store.open(place);
const bucket = await store.bucket(name);
const clock = new Clock();
if (work === "put-file") {
  await bucket.put("large", pathToFileURL(what[0]));
} else if (work === "get-file") {
  for await (const _ of await bucket.get("large"));
} else if (work === "put-small" || work === "get-small") {
  const [size, count, atOnce] = what.map(Number);
  const data = Buffer.alloc(size, 7);
  await clock.each(count, atOnce, async (key) => {
    if (work === "put-small") await bucket.putBytes(key, data);
    else if ((await bucket.getBytes(key)).length !== size) throw new Error(key);
  });
} else if (work === "first-byte") {
  for (let at = 0; at < Number(what[0]); at++) {
    for await (const _ of await bucket.get("large")) break;
  }
} else if (work === "list") {
  let listed = 0;
  for await (const _ of bucket.list()) {
    clock.entry();
    listed++;
  }
  if (listed !== Number(what[0])) throw new Error(`${listed} entries`);
} else if (work === "watch") {
  for await (const event of await bucket.watch()) {
    if (event === CAUGHT_UP) break;
    clock.entry();
  }
} else {
  throw new Error(`does no ${work} here`);
}
clock.stop();
await store.close();
