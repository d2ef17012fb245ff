/** A bucket for an adapter: opened when it is first needed. */

import type { Bucket } from "./bucket.js";
import { NotFoundError } from "./errors.js";
import { Store } from "./store.js";
import type { StoreOptions } from "./store-options.js";

/** Which bucket it is, and how its store is opened. */
export interface BucketPlace extends StoreOptions {
  /** The URL of the store, see `Store.open`. It is opened when it is first needed. */
  url: string | URL;
  /** The name of the bucket. It is created if it isn't there. */
  bucket: string;
}

/** A bucket that is opened, with a store of its own, when it is first needed, and again after it was closed. */
export class OpenedBucket {
  readonly #place: BucketPlace;
  #opened: Promise<{ store: Store; bucket: Bucket }> | undefined;

  constructor(place: BucketPlace) {
    this.#place = place;
  }

  async get(): Promise<Bucket> {
    this.#opened ??= this.#open();
    // What failed is tried again by the next call.
    this.#opened.catch(() => {
      this.#opened = undefined;
    });
    return (await this.#opened).bucket;
  }

  async close(): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined);
    this.#opened = undefined;
    await opened?.store.close();
  }

  async #open() {
    const { url, bucket, ...options } = this.#place;
    const store = await Store.open(url, options);
    try {
      return { store, bucket: await store.createBucket(bucket) };
    } catch (error) {
      await store.close();
      throw error;
    }
  }
}

/** What it gives; `null` if there is no such object. */
export async function orNull<T>(found: Promise<T>): Promise<T | null> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof NotFoundError) return null;
    throw error;
  }
}
