// jetblob in Node: the same arguments and output as the other contenders.

import { pathToFileURL } from "node:url";
import { Store } from "../node/dist/index.mjs";
import { lag } from "./lag.mjs";

const [place, name, work, what, ...numbers] = process.argv.slice(2);
const store = await Store.open(place);
const bucket = await store.bucket(name);
const begin = performance.now();
const p99 = lag();
if (work === "put-file") {
  await bucket.put("large", pathToFileURL(what));
} else if (work === "get-file") {
  for await (const _ of await bucket.get("large"));
} else {
  await small(Number(what), Number(numbers[0]), Number(numbers[1]));
}
console.log((performance.now() - begin) / 1000, p99());
await store.close();

async function small(size, count, atOnce) {
  const data = Buffer.alloc(size, 7);
  let index = 0;
  const worker = async () => {
    while (index < count) {
      const key = `small/${index++}`;
      if (work === "put-small") await bucket.putBytes(key, data);
      else if ((await bucket.getBytes(key)).length !== size) throw new Error(key);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
