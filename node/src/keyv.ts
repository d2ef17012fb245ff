/** A storage adapter for `keyv`: a bucket as a cache of values that expire. */

import { EventEmitter } from "node:events";
import type { Bytes } from "./body.js";
import { type BucketPlace, OpenedBucket, orNull } from "./opened-bucket.js";

/** Where the values are; the store is closed by `disconnect`. */
export interface KeyvJetblobOptions extends BucketPlace {}

/** How many objects are asked for, or purged, at a time. */
const AT_A_TIME = 16;

/**
 * A storage adapter of `keyv` over a bucket. A key, with the namespace that `keyv` puts before it, is the name of an object;
 * what is deleted is purged.
 *
 * ```js
 * import Keyv from 'keyv'
 * import KeyvJetblob from 'jetblob/keyv'
 *
 * const cache = new Keyv(new KeyvJetblob({ url: 'nats://127.0.0.1:4222', bucket: 'cache' }), { ttl: 60_000 })
 * ```
 *
 * A time to live is in milliseconds, as everywhere in `keyv`, which observes it to the millisecond; the store removes the
 * object at the end of the second.
 */
export default class KeyvJetblob extends EventEmitter {
  readonly opts: KeyvJetblobOptions;
  /** `keyv` sets it. */
  namespace: string | undefined;
  readonly #bucket: OpenedBucket;

  constructor(options: KeyvJetblobOptions) {
    super();
    this.opts = { ...options, url: String(options.url) };
    this.#bucket = new OpenedBucket(options);
  }

  async get(key: string): Promise<string | undefined> {
    const bucket = await this.#bucket.get();
    return (await orNull(bucket.getString(key))) ?? undefined;
  }

  async getMany(keys: string[]): Promise<(string | undefined)[]> {
    const values = new Array<string | undefined>(keys.length);
    await forEach(keys.entries(), async ([at, key]) => {
      values[at] = await this.get(key);
    });
    return values;
  }

  async set(key: string, value: Bytes, ttl?: number): Promise<void> {
    const bucket = await this.#bucket.get();
    await bucket.put(key, value, { expires: ttl ? Math.max(1, Math.ceil(ttl / 1000)) : undefined });
  }

  async has(key: string): Promise<boolean> {
    const bucket = await this.#bucket.get();
    return (await orNull(bucket.info(key))) !== null;
  }

  /** Whether it was there. */
  async delete(key: string): Promise<boolean> {
    const bucket = await this.#bucket.get();
    // A purge finds the marker of what was there before, too.
    return (await orNull(bucket.info(key))) !== null && (await orNull(bucket.purge(key))) !== null;
  }

  /** Whether any of them was there. */
  async deleteMany(keys: string[]): Promise<boolean> {
    let any = false;
    await forEach(keys.values(), async (key) => {
      any = (await this.delete(key)) || any;
    });
    return any;
  }

  /** Removes all values of the namespace. */
  async clear(): Promise<void> {
    const bucket = await this.#bucket.get();
    const names: string[] = [];
    for await (const { name } of bucket.list({ prefix: this.namespace ? `${this.namespace}:` : "" }))
      names.push(name);
    await this.deleteMany(names);
  }

  /** Closes the store. */
  async disconnect(): Promise<void> {
    await this.#bucket.close();
  }
}

/** Does something with each, with some at a time. */
async function forEach<T>(items: Iterator<T, unknown>, act: (item: T) => Promise<void>): Promise<void> {
  const worker = async () => {
    for (let next = items.next(); !next.done; next = items.next()) await act(next.value);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
}
