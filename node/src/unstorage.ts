/** A driver for `unstorage`: a bucket as a key-value storage, with its watch, and raw values. */

import type { Body } from "./body.js";
import { BadMetaError } from "./errors.js";
import type { Items } from "./items.js";
import { type BucketPlace, OpenedBucket, orNull } from "./opened-bucket.js";
import { CAUGHT_UP } from "./watch.js";

/** Where the values are; the store is closed by `dispose`. */
export interface JetblobDriverOptions extends BucketPlace {}

/** What a write may say besides. */
interface ItemOptions {
  /** How long the value lives, in seconds. */
  ttl?: number;
}

/** A `Driver` of `unstorage`, said without its types, which need those of all that it has drivers for. */
export interface JetblobDriver {
  name: string;
  options: JetblobDriverOptions;
  hasItem(key: string): Promise<boolean>;
  getItem(key: string): Promise<string | null>;
  getItemRaw(key: string): Promise<Buffer | null>;
  setItem(key: string, value: string, options?: ItemOptions): Promise<void>;
  setItemRaw(key: string, value: Body, options?: ItemOptions): Promise<void>;
  removeItem(key: string): Promise<void>;
  getMeta(key: string): Promise<{ mtime: Date; size: number; [field: string]: unknown } | null>;
  getKeys(base?: string): Promise<string[]>;
  clear(base?: string): Promise<void>;
  dispose(): Promise<void>;
  watch(callback: (event: "update" | "remove", key: string) => unknown): Promise<() => Promise<void>>;
}

/**
 * A driver of `unstorage` over a bucket. The key `a:b` is the object `a/b`.
 *
 * ```js
 * import { createStorage } from 'unstorage'
 * import jetblob from 'jetblob/unstorage'
 *
 * const storage = createStorage({ driver: jetblob({ url: 'nats://127.0.0.1:4222', bucket: 'cache' }) })
 * ```
 */
export default function jetblob(options: JetblobDriverOptions): JetblobDriver {
  const opened = new OpenedBucket(options);
  const bucket = () => opened.get();

  return {
    name: "jetblob",
    options,
    async hasItem(key) {
      return (await orNull((await bucket()).info(nameOf(key)))) !== null;
    },
    async getItem(key) {
      return await orNull((await bucket()).getString(nameOf(key)));
    },
    async getItemRaw(key) {
      return await orNull((await bucket()).getBytes(nameOf(key)));
    },
    async setItem(key, value, { ttl }: ItemOptions = {}) {
      await (await bucket()).put(nameOf(key), value, { expires: ttl });
    },
    async setItemRaw(key, value, { ttl }: ItemOptions = {}) {
      await (await bucket()).put(nameOf(key), value, { expires: ttl });
    },
    async removeItem(key) {
      // Not purged: who watches is to be told.
      await orNull((await bucket()).delete(nameOf(key)));
    },
    async getMeta(key) {
      const info = await orNull((await bucket()).info(nameOf(key)));
      if (info === null) return null;
      const { mtime, size, expires, revision, digest, headers, metadata } = info;
      return { mtime, size, expires, revision, digest, headers, metadata };
    },
    async getKeys(base) {
      const keys: string[] = [];
      for await (const { name } of sound((await bucket()).list({ prefix: nameOf(base) }))) {
        keys.push(keyOf(name));
      }
      return keys;
    },
    async clear(base) {
      const names: string[] = [];
      const from = await bucket();
      for await (const { name } of sound(from.list({ prefix: nameOf(base) }))) names.push(name);
      for (const name of names) await from.delete(name);
    },
    async dispose() {
      await opened.close();
    },
    async watch(callback) {
      const watch = await (await bucket()).watch({ updatesOnly: true });
      const told = (async () => {
        for await (const event of sound(watch)) {
          if (event === CAUGHT_UP) continue;
          try {
            callback(event.deleted ? "remove" : "update", keyOf(event.name));
          } catch (error) {
            // An uncaught error, as of any listener; it doesn't end the watch.
            queueMicrotask(() => {
              throw error;
            });
          }
        }
      })();
      // A watch ends by itself when the bucket is gone, or no server was there for the idle limit.
      told.catch(() => {});
      return async () => {
        watch.close();
        await told.catch(() => {});
      };
    },
  };
}

const nameOf = (key = "") => key.replaceAll(":", "/");
const keyOf = (name: string) => name.replaceAll("/", ":");

/** What comes, but for records that make no sense. */
async function* sound<T>(items: Items<T>): AsyncGenerator<T, void, undefined> {
  try {
    for (;;) {
      const next = await items.next().catch((error: unknown) => {
        if (error instanceof BadMetaError) return null;
        throw error;
      });
      if (next?.done) return;
      if (next !== null) yield next.value;
    }
  } finally {
    items.close();
  }
}
