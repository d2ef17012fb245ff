// Processes: when they end, and what they need of memory.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { suite, test } from "node:test";
import { Store } from "../../node/dist/index.mjs";
import { onBothEngines } from "./buckets.mjs";
import { pattern, TOP } from "./place.mjs";

const BEGIN = `
  import * as jetblob from '${new URL("node/dist/index.mjs", `file://${TOP}`)}'
  const [url, name] = process.argv.slice(-2)
  const store = await jetblob.Store.open(url)
  const bucket = await store.bucket(name)
`;

/** Starts a script in a process of its own. */
function start(t, script, url, bucket, ...flags) {
  const args = [...flags, "--input-type=module", "--eval", BEGIN + script, url, bucket.name];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "pipe"] });
  t.after(() => child.kill("SIGKILL"));
  const said = [];
  child.stderr.on("data", (data) => said.push(data));
  const end = once(child, "close").then(([code, signal]) => ({
    code,
    signal,
    said: Buffer.concat(said).toString(),
  }));
  return { child, end, lines: createInterface(child.stdout)[Symbol.asyncIterator]() };
}

/** Runs a script that ends well, and gives the lines that it prints. */
async function run(t, script, url, bucket, ...flags) {
  const { end, lines } = start(t, script, url, bucket, ...flags);
  const printed = [];
  for await (const line of lines) printed.push(line);
  assert.deepEqual(await end, { code: 0, signal: null, said: "" });
  return printed;
}

onBothEngines({
  async "a process ends when everything is closed"({ t, url, bucket }) {
    const script = `
      await bucket.putString('a', 'hello')
      for await (const _ of await bucket.get('a'));
      for await (const _ of bucket.list());
      const watch = await bucket.watch()
      await watch.next()
      watch.close()
      const upload = bucket.upload('b')
      await upload.write('b')
      await upload.abort()
      await store.close()
      console.log('done')
    `;
    assert.deepEqual(await run(t, script, url, bucket), ["done"]);
  },

  async "a process does not end while a watch is asked"({ t, url, bucket }) {
    const script = `
      const watch = await bucket.watch({ updatesOnly: true })
      watch.next().then(async ({ value }) => {
        console.log(value.name)
        watch.close()
        await store.close()
      })
      process.on('exit', () => console.log('the end'))
      setImmediate(() => setImmediate(() => console.log('nothing else to do')))
    `;
    const { end, lines } = start(t, script, url, bucket);
    assert.equal((await lines.next()).value, "nothing else to do");
    // It is alive: it tells of what is only now written.
    await bucket.putString("at last", "");
    assert.equal((await lines.next()).value, "at last");
    assert.equal((await lines.next()).value, "the end");
    assert.deepEqual(await end, { code: 0, signal: null, said: "" });
  },

  async "an exit with work pending is clean"({ t, url, bucket }) {
    await bucket.put("large", pattern(10 << 20));
    const script = `
      const object = await bucket.get('large')
      await object.next()
      const upload = bucket.upload('b')
      await upload.write(Buffer.alloc(5e6))
      const watch = await bucket.watch({ updatesOnly: true })
      watch.next()
      bucket.put('c', Buffer.alloc(5e6))
      bucket.getBytes('large')
      for await (const _ of (await bucket.get('large')).readable()) break
      console.log('done')
      process.exit()
    `;
    // What goes wrong at an exit goes wrong now and then.
    for (let at = 0; at < 10; at++) assert.deepEqual(await run(t, script, url, bucket), ["done"]);
  },

  async "threads have stores of their own, and may be ended at any time"({ t, url, bucket }) {
    const script = `
      import { Worker } from 'node:worker_threads'
      const work = (how) => new Worker(\`
        const { parentPort, workerData: { url, name, how } } = require('node:worker_threads')
        import('${new URL("node/dist/index.mjs", `file://${TOP}`)}').then(async ({ Store }) => {
          const store = await Store.open(url)
          const bucket = await store.bucket(name)
          if (how === 'ends') {
            await bucket.put('from a thread', Buffer.alloc(3e6, 7))
            parentPort.postMessage((await bucket.getBytes('from a thread')).length)
            await store.close()
          } else {
            parentPort.postMessage('at work')
            for (;;) await bucket.put('endless', Buffer.alloc(3e6))
          }
        })
      \`, { eval: true, execArgv: [], workerData: { url, name, how } })
      for (let at = 0; at < 3; at++) {
        const ends = work('ends')
        ends.on('message', console.log)
        await new Promise((resolve) => ends.on('exit', resolve))
        const endless = work('goes on')
        await new Promise((resolve) => endless.on('message', resolve))
        await endless.terminate()
      }
      console.log((await bucket.info('from a thread')).size)
      await store.close()
    `;
    assert.deepEqual(await run(t, script, url, bucket), ["3000000", "3000000", "3000000", "3000000"]);
  },

  async "what is dropped is given up"({ t, url, bucket }) {
    const script = `
      await (async () => {
        for (let at = 0; at < 20; at++) {
          await bucket.upload('a').write(Buffer.alloc(1e6))
          await (await bucket.get('large')).next()
          await bucket.watch()
        }
      })()
      for (let at = 0; at < 5; at++) {
        gc()
        await new Promise(setImmediate)
      }
      // It refuses while a put is under way.
      while (!(await bucket.seal().then(() => true, (error) => error.code !== 'unavailable'))) await new Promise(setImmediate)
      await store.close()
      console.log('done')
    `;
    await bucket.put("large", pattern(10 << 20));
    assert.deepEqual(await run(t, script, url, bucket, "--expose-gc"), ["done"]);
  },

  async "a slow reader, and a fast writer, of 300 MiB need a bounded memory"({ t, engine, url, bucket }) {
    // On a server, what was asked for waits in the connection too.
    const bound = engine === "local" ? 64 : 80;
    const SIZE = 300 << 20;
    const script = `
      import { setTimeout as sleep } from 'node:timers/promises'
      const SIZE = ${SIZE}
      import { existsSync, readFileSync } from 'node:fs'
      // Without the pages of the binary, which is unoptimized here: they come from its file, and go when they must.
      const STATUS = '/proc/self/status'
      const resident = () => existsSync(STATUS)
        ? Number(/RssAnon:\\s+(\\d+) kB/.exec(readFileSync(STATUS, 'utf8'))[1]) << 10
        : process.memoryUsage.rss()
      await bucket.putString('warm', 'up')
      for await (const _ of (await bucket.get('warm')).web());
      const base = resident()
      let most = 0
      const look = () => { most = Math.max(most, resident() - base) }
      const piece = Buffer.alloc(1 << 20, 7)
      await bucket.put('large', (function* () { for (let at = 0; at < SIZE; at += piece.length) { look(); yield piece } })())
      console.log('put', most >> 20)
      const readers = {
        chunks: (object) => object,
        readable: (object) => object.readable(),
        web: (object) => object.web(),
      }
      for (const [kind, reader] of Object.entries(readers)) {
        most = 0
        let size = 0
        let chunks = 0
        for await (const chunk of reader(await bucket.get('large'))) {
          size += chunk.length
          // So slow that whoever reads ahead without a bound has all of it.
          if (++chunks % 8 === 0) await sleep(5)
          look()
        }
        console.log(size === SIZE ? kind : 'wrong size', most >> 20)
      }
      await store.close()
    `;
    const used = await run(t, script, url, bucket);
    assert.deepEqual(
      used.map((line) => line.split(" ")[0]),
      ["put", "chunks", "readable", "web"],
    );
    for (const line of used) assert.ok(Number(line.split(" ")[1]) < bound, `MiB: ${used}`);
    t.diagnostic(`MiB over the base: ${used.join(", ")}`);
  },
});

suite("a store", () => {
  test("that nobody closes keeps no process alive", async (t) => {
    const { directory } = await import("./place.mjs");
    const url = await directory(t);
    const store = await Store.open(url);
    const bucket = await store.createBucket("b");
    assert.deepEqual(await run(t, `console.log('done')`, url, bucket), ["done"]);
    await store.close();
  });
});
