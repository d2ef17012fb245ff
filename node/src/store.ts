import { path, text } from "./argument.js";
import { Bucket } from "./bucket.js";
import { type BucketConfig, config as configured } from "./bucket-config.js";
import { BucketStatus } from "./bucket-status.js";
import { run } from "./call.js";
import { Items } from "./items.js";
import { type Store as Native, native } from "./native.js";
import { ofNothing, options } from "./options.js";
import { type SignalOptions, signalOf } from "./signal.js";
import { STORE, type StoreOptions } from "./store-options.js";

const ofStore = options(STORE);

/**
 * A place that holds buckets: a NATS account with JetStream, or a directory.
 *
 * Open it with `Store.open`. It may be used by any number of operations at a time.
 */
export class Store implements AsyncDisposable {
  readonly #native: Native;

  private constructor(store: Native) {
    this.#native = store;
  }

  /**
   * Opens a store.
   *
   * `url`: `nats://`, `tls://`, `ws://` and `wss://` are servers (several are separated by commas); `file:` and plain
   * paths are a directory, which is made if it isn't there.
   *
   * Fails with `InvalidArgumentError` for what makes no sense, with `UnavailableError` if no server answers, with
   * `UnauthenticatedError` and `TlsError`.
   */
  static async open(url: string | URL, options?: StoreOptions & SignalOptions): Promise<Store> {
    const where = url instanceof URL && url.protocol !== "file:" ? url.href : path(url, "url");
    return await Store.#open(where, undefined, options);
  }

  /**
   * Opens the server that a context of the `nats` command names. See `open`.
   *
   * The options win over what the context says. Fails with `InvalidArgumentError` if there is no such context, or it
   * makes no sense.
   */
  static async openContext(context: string, options?: StoreOptions & SignalOptions): Promise<Store> {
    return await Store.#open(undefined, text(context, "context"), options);
  }

  /**
   * Opens the store that is meant where none is named, as the `jetblob` command does. See `open`.
   *
   * That is `$JETBLOB_STORE`, `$NATS_CONTEXT`, `$NATS_URL`, the selected context of the `nats` command, or the data
   * directory `~/.local/share/jetblob`, whichever is first.
   */
  static async openDefault(options?: StoreOptions & SignalOptions): Promise<Store> {
    return await Store.#open(undefined, undefined, options);
  }

  static async #open(
    url: string | undefined,
    context: string | undefined,
    options?: StoreOptions & SignalOptions,
  ): Promise<Store> {
    const how = ofStore(options);
    return new Store(await run(() => native.open(url, context, how), options));
  }

  /**
   * Creates a bucket.
   *
   * One that exists with the same configuration is fine; with another one: `BucketExistsError`. Fails with
   * `InvalidNameError` and `InvalidConfigError`.
   */
  async createBucket(config: BucketConfig | string, options?: SignalOptions): Promise<Bucket> {
    ofNothing(options);
    const how = configured(config);
    return Bucket.of(await run(() => this.#native.createBucket(how), options));
  }

  /**
   * Changes the configuration of a bucket into this one, and keeps what `BucketConfig` doesn't know.
   *
   * To change one thing, begin with what is there: `updateBucket({ ...(await bucket.status()).config, ttl: 3600 })`.
   *
   * Fails with `BucketNotFoundError`, `SealedError`, and with `InvalidConfigError` where the server refuses the change,
   * in its words.
   */
  async updateBucket(config: BucketConfig | string, options?: SignalOptions): Promise<Bucket> {
    ofNothing(options);
    const how = configured(config);
    return Bucket.of(await run(() => this.#native.updateBucket(how), options));
  }

  /** Creates a bucket, or changes the configuration of the one that exists into this one. */
  async createOrUpdateBucket(config: BucketConfig | string, options?: SignalOptions): Promise<Bucket> {
    ofNothing(options);
    const how = configured(config);
    return Bucket.of(await run(() => this.#native.createOrUpdateBucket(how), options));
  }

  /** Gives a bucket that exists. Fails with `BucketNotFoundError`. */
  async bucket(name: string, options?: SignalOptions): Promise<Bucket> {
    ofNothing(options);
    const of = text(name, "name");
    return Bucket.of(await run(() => this.#native.bucket(of), options));
  }

  /** Removes a bucket and all that is in it. Fails with `BucketNotFoundError`. */
  async deleteBucket(name: string, options?: SignalOptions): Promise<void> {
    ofNothing(options);
    const of = text(name, "name");
    await run(() => this.#native.deleteBucket(of), options);
  }

  /** Lists the names of all buckets, in no promised order. */
  bucketNames(options?: SignalOptions): Items<string> {
    ofNothing(options);
    const signal = signalOf(options);
    return Items.of(() => this.#native.bucketNames(), String, signal);
  }

  /** Lists the statuses of all buckets, in no promised order. */
  buckets(options?: SignalOptions): Items<BucketStatus> {
    ofNothing(options);
    const signal = signalOf(options);
    return Items.of(() => this.#native.buckets(), BucketStatus.of, signal);
  }

  /**
   * Lets go of all files of a local store, until it is resumed: for before another program is to have them.
   *
   * When it resolves, this store has no file of its directory open or locked. A put that had not come to its commit fails
   * with `unavailable`, and nothing of it is stored; so do all calls until `resume`. Objects that are being read, lists and
   * watches wait, and go on after it; but an object that is replaced or deleted after it, while it is read, fails with
   * `object_changed` or `not_found`. On a server's store it has no effect: there is nothing to let go of, and calls go on.
   *
   * Fails with `closed`, and with `timeout` if something was held up for 30 seconds; the store is suspended then all the
   * same.
   */
  async suspend(): Promise<void> {
    await run(() => this.#native.suspend());
  }

  /** Ends a suspension. Files are opened again when they are needed. A store that isn't suspended stays as it is. */
  resume(): void {
    this.#native.resume();
  }

  /**
   * Finishes what is under way in the background, and lets go of the connection or the directory. An upload that nobody
   * has finished is given up.
   */
  async close(): Promise<void> {
    await run(() => this.#native.close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
