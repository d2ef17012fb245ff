// @nats-io/obj, driven line by line: see ../README.md.

import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Objm } from "@nats-io/obj";
import { connect, headers, millis, nanos } from "@nats-io/transport-node";

class Absent extends Error {}

// What it stores as a stream's setting comes back as one.
const seconds = (time) => millis(time) / 1000;

function told(info) {
  const link = info.options?.link;
  // In a list and a watch they are as the record has them.
  const plain = typeof info.headers?.keys !== "function";
  const values = plain ? (info.headers ?? {}) : {};
  if (!plain) for (const name of info.headers.keys()) values[name] = info.headers.values(name);
  return {
    name: info.name,
    bucket: info.bucket,
    size: info.size ?? 0,
    chunks: info.chunks ?? 0,
    digest: info.digest ?? null,
    description: info.description ?? "",
    headers: values,
    metadata: info.metadata ?? {},
    link: link ? { bucket: link.bucket, name: link.name ?? null } : null,
    deleted: info.deleted ?? false,
  };
}

function meta(request) {
  const meta = { name: request.name };
  if (request.description) meta.description = request.description;
  if (request.metadata) meta.metadata = request.metadata;
  if (request.chunk_size) meta.options = { max_chunk_size: request.chunk_size };
  if (request.headers) {
    meta.headers = headers();
    for (const [name, values] of Object.entries(request.headers)) {
      for (const value of values) meta.headers.append(name, value);
    }
  }
  return meta;
}

function pieces(bytes, piece) {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + piece));
      at += piece;
    },
  });
}

function found(what, name) {
  if (what === null) throw new Error(`no object ${name}`);
  return what;
}

async function watch(bucket) {
  const seen = [];
  // Without a history it begins with what is new. The last of what was there bears the mark; in an empty bucket none does.
  const watcher = await bucket.watch({ includeHistory: true });
  for await (const info of watcher) {
    seen.push(told(info));
    if (info.isUpdate) break;
  }
  return seen;
}

async function status(bucket) {
  const status = await bucket.status();
  const maxBytes = status.streamInfo.config.max_bytes;
  return {
    description: status.description ?? "",
    ttl: seconds(status.ttl),
    max_bytes: maxBytes > 0 ? maxBytes : null,
    sealed: status.sealed,
    compressed: status.compression,
    metadata: status.metadata ?? {},
  };
}

async function answer(manager, request) {
  if (request.op === "create") {
    const { bucket, description, metadata, compression, max_bytes, ttl } = request;
    const config = { description, metadata, compression, max_bytes };
    if (ttl) config.ttl = nanos(ttl * 1000);
    await manager.create(bucket, config);
    return null;
  }
  const bucket = await manager.open(request.bucket);
  switch (request.op) {
    case "put": {
      const bytes = new Uint8Array(readFileSync(request.file));
      const body = pieces(bytes, request.piece || bytes.length || 1);
      await bucket.put(meta(request), body);
      return null;
    }
    case "get":
      writeFileSync(request.file, found(await bucket.getBlob(request.name), request.name));
      return null;
    case "info":
      return told(found(await bucket.info(request.name), request.name));
    case "update":
      await bucket.update(request.name, meta(request));
      return null;
    case "rename": {
      // What isn't said again is lost.
      const { description, headers, metadata } = found(await bucket.info(request.name), request.name);
      await bucket.update(request.name, { name: request.new_name, description, headers, metadata });
      return null;
    }
    case "delete":
      if (!(await bucket.delete(request.name)).success) throw new Error(`no object ${request.name}`);
      return null;
    case "link": {
      const from = await manager.open(request.target_bucket);
      await bucket.link(request.name, found(await from.info(request.target), request.target));
      return null;
    }
    case "bucket_link":
      await bucket.linkStore(request.name, await manager.open(request.target_bucket));
      return null;
    case "list":
      return (await bucket.list()).map(told);
    case "watch":
      return await watch(bucket);
    case "seal":
      await bucket.seal();
      return null;
    case "status":
      return await status(bucket);
    default:
      throw new Absent(request.op);
  }
}

async function reply(request) {
  try {
    if (request.op !== "hello") return { value: await answer(manager, request) };
    manager = new Objm(await connect({ servers: request.url.replace("nats://", "") }));
    const file = new URL("node_modules/@nats-io/obj/package.json", import.meta.url);
    return { value: { version: JSON.parse(readFileSync(file, "utf8")).version } };
  } catch (error) {
    return error instanceof Absent ? { absent: error.message } : { error: `${error.name}: ${error.message}` };
  }
}

let manager;
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await reply(JSON.parse(line)))}\n`);
}
process.exit(0);
