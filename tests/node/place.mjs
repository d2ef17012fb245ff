// Where a test's buckets are: a directory, or a real server; and what the store itself has of them.

import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const TOP = fileURLToPath(new URL("../..", import.meta.url));
export const ENGINES = ["local", "jetstream"];

/** An empty directory, until the test is over. */
export async function directory(t) {
  const path = await mkdtemp(join(tmpdir(), "jetblob-node-"));
  t.after(() => rm(path, { recursive: true, force: true, maxRetries: 5 }));
  return path;
}

/** The URL of an empty store, until the test is over. */
export async function place(t, engine) {
  const path = await directory(t);
  return engine === "local" ? path : (await server(t, path)).url;
}

/** Tries until it gives something. */
export async function until(attempt, what, seconds = 20) {
  for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; await sleep(10)) {
    const found = await attempt();
    if (found) return found;
  }
  throw new Error(`in vain waited ${seconds} s for ${typeof what === "function" ? what() : what}`);
}

/** A server of its own with JetStream. It ends with the test, or with this process. */
async function server(t, path) {
  const ports = join(path, "ports");
  await mkdir(ports);
  const config = `listen: "127.0.0.1:-1"\nports_file_dir: "${ports}"\njetstream { store_dir: "${path}/js" }\n`;
  await writeFile(join(path, "server.conf"), config);
  const program = process.env.JETBLOB_NATS_SERVER ?? join(TOP, ".venv/bin/nats-server");
  // The shell ends the server when this process is gone, however that was.
  const guard = "\"$@\" & server=$!; trap 'kill $server' TERM; read -r _; kill -9 $server; wait $server";
  const args = ["-c", guard, "guard", program, "-c", join(path, "server.conf"), "-l", join(path, "log")];
  const process_ = spawn("sh", args, { stdio: ["pipe", "ignore", "ignore"] });
  const ended = new Promise((resolve) => process_.once("exit", resolve));
  t.after(() => {
    process_.stdin.end();
    return ended;
  });
  const told = async () => {
    for (const file of await readdir(ports)) {
      const text = await readFile(join(ports, file), "utf8");
      if (text.trim().endsWith("}")) return JSON.parse(text).nats[0];
    }
  };
  return { url: await until(told, "the server to listen") };
}

const fromInterop = createRequire(join(TOP, "target/interop/node/"));
const LOCAL = `
import sqlite3, sys
rows = sqlite3.connect(f"file:{sys.argv[1]}/meta.db?mode=ro", uri=True).execute("SELECT nuid, file IS NOT NULL FROM blob")
for nuid, in_file in rows: print(nuid, in_file)
`;

/** Does something with the official client on the server. */
export async function client(url, act) {
  const { connect } = fromInterop("@nats-io/transport-node");
  const { jetstreamManager } = fromInterop("@nats-io/jetstream");
  const connection = await connect({ servers: url.replace("nats://", "") });
  try {
    return await act({ connection, streams: (await jetstreamManager(connection)).streams });
  } finally {
    await connection.close();
  }
}

/** The ids of all bytes that the store keeps in a bucket, by a look at the store itself. */
async function blobs(url, bucket) {
  if (!url.includes("://")) return await localBlobs(join(url, `b.${bucket}`));
  return await client(url, async ({ streams }) => {
    const stream = `OBJ_${bucket}`;
    const info = await streams.info(stream, { subjects_filter: `$O.${bucket}.C.>` });
    const kept = new Set();
    for (const subject of Object.keys(info.state.subjects ?? {})) {
      // What was removed leaves an empty message for a while.
      const last = await streams.getMessage(stream, { last_by_subj: subject });
      if (last?.data.length) kept.add(subject.split(".").at(-1));
    }
    return kept;
  });
}

async function localBlobs(path) {
  const { stdout } = await promisify(execFile)("python3", ["-c", LOCAL, path]);
  const rows = stdout.split("\n").filter(Boolean);
  const kept = new Set(rows.map((row) => row.split(" ")[0]));
  const named = rows.filter((row) => row.endsWith("1")).length;
  let files = 0;
  for (const where of ["objects", "tmp"]) {
    const entries = await readdir(join(path, where), { withFileTypes: true, recursive: true }).catch(
      () => [],
    );
    files += entries.filter((entry) => entry.isFile()).length;
  }
  for (let file = named; file < files; file++) kept.add(`file ${file}`);
  return kept;
}

/** Waits until the bucket keeps the bytes of these objects, and nothing else. */
export async function holdsOnly(url, bucket, ...names) {
  let [wanted, kept] = [[], []];
  const same = async () => {
    // A commit that was begun may still come to its end.
    const infos = await Promise.all(names.map((name) => bucket.info(name)));
    wanted = new Set(infos.filter((info) => info.size > 0).map((info) => info.nuid));
    kept = await blobs(url, bucket.name);
    return kept.size === wanted.size && [...kept].every((nuid) => wanted.has(nuid));
  };
  await until(same, () => `only ${[...wanted]} to be kept, not ${[...kept]}`);
}

/** So many bytes, of which each tells where it is. */
export function pattern(size, from = 0) {
  const bytes = Buffer.allocUnsafe(size);
  for (let at = 0; at < size; at++) bytes[at] = (from + at) % 251;
  return bytes;
}
