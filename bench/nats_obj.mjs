// @nats-io/obj, as it comes: the same arguments and output as the other contenders, the large works.

import { openAsBlob } from "node:fs";
import { createRequire } from "node:module";
import { lag } from "./lag.mjs";

const require = createRequire(new URL("../target/interop/node/", import.meta.url));
const { Objm } = require("@nats-io/obj");
const { connect } = require("@nats-io/transport-node");

const [place, name, work, what] = process.argv.slice(2);
const connection = await connect({ servers: place.replace("nats://", "") });
const bucket = await new Objm(connection).open(name);
const begin = performance.now();
const p99 = lag();
if (work === "put-file") {
  await bucket.put({ name: "large" }, (await openAsBlob(what)).stream());
} else {
  const object = await bucket.get("large");
  for await (const _ of object.data);
  await object.error;
}
console.log((performance.now() - begin) / 1000, p99());
await connection.close();
