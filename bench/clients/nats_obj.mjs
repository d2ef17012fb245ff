// @nats-io/obj, as it comes: the same arguments and output as the other contenders.

import { openAsBlob } from "node:fs";
import { createRequire } from "node:module";
import { Clock } from "./clock.mjs";

const require = createRequire(new URL("../../target/interop/node/", import.meta.url));
const { Objm } = require("@nats-io/obj");
const { connect } = require("@nats-io/transport-node");

const [place, name, work, ...what] = process.argv.slice(2);
const connection = await connect({ servers: place.replace("nats://", "") });
const bucket = await new Objm(connection).open(name);
const clock = new Clock();
if (work === "put-file") {
  await bucket.put({ name: "large" }, (await openAsBlob(what[0])).stream());
} else if (work === "get-file") {
  await drain(await bucket.get("large"));
} else if (work === "put-small" || work === "get-small") {
  const [size, count, atOnce] = what.map(Number);
  const data = new Uint8Array(size).fill(7);
  await clock.each(count, atOnce, async (key) => {
    if (work === "put-small") await bucket.putBlob({ name: key }, data);
    else if ((await bucket.getBlob(key)).length !== size) throw new Error(key);
  });
} else if (work === "list") {
  const entries = await bucket.list();
  clock.entry();
  if (entries.length !== Number(what[0])) throw new Error(`${entries.length} entries`);
} else if (work === "watch") {
  let told = 0;
  for await (const _ of await bucket.watch({ includeHistory: true })) {
    clock.entry();
    if (++told === Number(what[0])) break;
  }
} else {
  throw new Error(`has no ${work}`);
}
clock.stop();
await connection.close();

async function drain(object) {
  for await (const _ of object.data);
  await object.error;
}
