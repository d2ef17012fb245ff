// Puts or gets objects with @nats-io/obj, as standard input says in JSON.

import { readFileSync, writeFileSync } from "node:fs";
import { Objm } from "@nats-io/obj";
import { connect } from "@nats-io/transport-node";

const order = JSON.parse(readFileSync(0, "utf8"));
const connection = await connect({ servers: order.url.replace("nats://", "") });
const bucket = await new Objm(connection).open(order.bucket);
for (const item of order.objects) {
  if (order.operation === "put") {
    await bucket.putBlob({ name: item.name }, new Uint8Array(readFileSync(item.file)));
  } else {
    const bytes = await bucket.getBlob(item.name);
    if (bytes === null) throw new Error(`no object ${item.name}`);
    writeFileSync(item.file, bytes);
  }
}
await connection.close();
