import { path, text, wrong } from "./argument.js";
import { type Body, type Bytes, bytes, PIECE, sliced, source, viewed } from "./body.js";
import { BucketStatus } from "./bucket-status.js";
import { begun, run } from "./call.js";
import { Check } from "./check.js";
import type { UnknownError } from "./errors.js";
import type { GcReport } from "./gc.js";
import { info, target as linked, type ObjectInfo } from "./info.js";
import { Items } from "./items.js";
import { meta as described, type ObjectMeta } from "./meta.js";
import type * as native from "./native.js";
import { StoredObject } from "./object.js";
import {
  type CheckOptions,
  type GcOptions,
  type GetFileOptions,
  type GetOptions,
  type InfoOptions,
  type LinkOptions,
  type ListOptions,
  ofCheck,
  ofGc,
  ofGet,
  ofGetFile,
  ofInfo,
  ofLink,
  ofList,
  ofNothing,
  ofPut,
  ofWatch,
  ofWrite,
  type PutOptions,
  type WatchOptions,
  type WriteOptions,
} from "./options.js";
import { type Resolved, unknown as unresolved } from "./resolved.js";
import { type SignalOptions, signalOf, unlessAborted } from "./signal.js";
import { Upload, WriteStream } from "./upload.js";
import { Watch } from "./watch.js";

/**
 * A named collection of objects, of a `Store`.
 *
 * Where a method takes `meta`, that is an `ObjectMeta`, or the name alone. What is given up by a `signal` is given up at
 * the store, too.
 */
export class Bucket {
  readonly #native: native.Bucket;

  private constructor(bucket: native.Bucket) {
    this.#native = bucket;
  }

  /** @internal */
  static of(bucket: native.Bucket): Bucket {
    return new Bucket(bucket);
  }

  /** The bucket's name. */
  get name(): string {
    return this.#native.name;
  }

  /** Tells how the bucket is. */
  async status(options?: SignalOptions): Promise<BucketStatus> {
    ofNothing(options);
    return BucketStatus.of(await run(() => this.#native.status(), options));
  }

  /** Makes the bucket read-only, for ever, and tells how it is then. */
  async seal(options?: SignalOptions): Promise<BucketStatus> {
    ofNothing(options);
    return BucketStatus.of(await run(() => this.#native.seal(), options));
  }

  /**
   * Stores an object; an object or link of that name is replaced.
   *
   * When it resolves, every byte is stored as safely as the store promises, and the new object is visible. When it
   * rejects, the old one is as it was, and what was sent is removed; but for `UnknownError`, which says that it could not
   * be learned which of the two it is, and where it was given up during the commit, by a `signal` or by what `onProgress`
   * threw: then it is the old one or the new one, whole. What `body` or `onProgress` throws comes out as it is.
   *
   * Fails with `InvalidNameError`, `SealedError`, `QuotaExceededError`, `BucketDeletedError`, `ConflictError`, and with
   * `LinkNotAllowedError` if `meta` was taken from a link.
   */
  async put(meta: ObjectMeta | string, body: Body, options?: PutOptions): Promise<ObjectInfo> {
    if (body instanceof URL) return await this.putFile(body, meta, options);
    const view = viewed(body, "body");
    if (view !== undefined && view.byteLength <= PIECE) {
      const [said, how] = [described(meta), ofPut(options)];
      return info(await run(() => this.#native.putBytes(said, view, how), options));
    }
    return await this.#putPieces(meta, view === undefined ? body : sliced(view), options);
  }

  async #putPieces(meta: ObjectMeta | string, body: unknown, options?: PutOptions): Promise<ObjectInfo> {
    const from = source(body);
    let upload: Upload | undefined;
    try {
      upload = this.upload(meta, options);
      for (;;) {
        const { done, value } = await unlessAborted(options?.signal, from.next());
        if (done) return await upload.finish();
        await upload.write(bytes(value, "a piece of body") as Bytes);
      }
    } catch (error) {
      from.cancel(error);
      if (options?.signal?.aborted) upload?.drop();
      else await upload?.abort().catch(() => {});
      throw error;
    }
  }

  /** Stores these bytes. See `put`. */
  async putBytes(
    meta: ObjectMeta | string,
    data: ArrayBufferView | ArrayBufferLike,
    options?: SignalOptions,
  ): Promise<ObjectInfo> {
    ofNothing(options);
    if (typeof data === "string" || viewed(data, "data") === undefined) {
      throw wrong("data", "a Buffer, another view of an ArrayBuffer, or that itself", data);
    }
    return await this.put(meta, data, options);
  }

  /** Stores this text as UTF-8. See `put`. */
  async putString(meta: ObjectMeta | string, data: string, options?: SignalOptions): Promise<ObjectInfo> {
    ofNothing(options);
    return await this.put(meta, text(data, "text"), options);
  }

  /**
   * Stores the contents of a file, under its path as it is given if there is no `meta`. See `put`.
   *
   * Fails with `IoError`, whose `cause.code` is `ENOENT` if the file isn't there.
   */
  async putFile(
    from: string | URL,
    meta?: ObjectMeta | string | null,
    options?: PutOptions,
  ): Promise<ObjectInfo> {
    const file = path(from, "path");
    const [said, how] = [described(meta ?? file), ofPut(options)];
    return info(await run(() => this.#native.putFile(said, file, how), options));
  }

  /** Begins an upload: write to it, then finish it. The options are those of `put`. */
  upload(meta: ObjectMeta | string, options?: PutOptions): Upload {
    const [said, how] = [described(meta), ofPut(options)];
    const signal = signalOf(options);
    return Upload.of(
      begun(() => this.#native.upload(said, { ...how, progress: false })),
      options?.onProgress,
      signal,
    );
  }

  /**
   * Begins an upload that is a stream of Node: its `finish` says that the object is committed, its `info` what the store
   * has of it then. To destroy it before aborts the upload. The options are those of `put`.
   */
  createWriteStream(meta: ObjectMeta | string, options?: PutOptions): WriteStream {
    return WriteStream.of(this.upload(meta, options), options?.signal);
  }

  /**
   * Opens an object. Links are followed. A `signal` holds for all that is read of it.
   *
   * Fails with `NotFoundError`, `InvalidArgumentError` for a range that begins beyond the end, `IsBucketLinkError`,
   * `LinkLoopError`, `BadMetaError`; and then or later with `DigestMismatchError`, `DataMissingError`,
   * `ObjectChangedError`.
   */
  async get(name: string, options?: GetOptions): Promise<StoredObject> {
    const [of, how] = [text(name, "name"), ofGet(options)];
    return StoredObject.of(await run(() => this.#native.get(of, how), options), options?.signal);
  }

  /** Reads an object into memory. See `get`. */
  async getBytes(name: string, options?: GetOptions): Promise<Buffer> {
    const [of, how] = [text(name, "name"), ofGet(options)];
    return await run(() => this.#native.getBytes(of, how), options);
  }

  /** Reads an object as UTF-8 text. See `get`. Fails with `InvalidArgumentError` if it is none. */
  async getString(name: string, options?: GetOptions): Promise<string> {
    const [of, how] = [text(name, "name"), ofGet(options)];
    return await run(() => this.#native.getString(of, how), options);
  }

  /** Reads an object into a file, which appears, or is replaced, when it is whole and verified. See `get`. */
  async getFile(name: string, to: string | URL, options?: GetFileOptions): Promise<ObjectInfo> {
    const [of, file, how] = [text(name, "name"), path(to, "path"), ofGetFile(options)];
    return info(await run(() => this.#native.getFile(of, file, how), options));
  }

  /**
   * Tells what the store has of an object: of a link itself, not of its target.
   *
   * Fails with `NotFoundError`, also for a deleted object, and with `BadMetaError`.
   */
  async info(name: string, options?: InfoOptions): Promise<ObjectInfo> {
    const [of, how] = [text(name, "name"), ofInfo(options)];
    return info(await run(() => this.#native.info(of, how), options));
  }

  /**
   * Says something else of an object or a link: description, headers and metadata as a whole take the place of the old
   * ones, and with another name in `meta` it is renamed. To change one thing, begin with what is there:
   * `updateMeta(name, { ...await bucket.info(name), description: 'final' })`.
   *
   * Fails with `NotFoundError`, with `AlreadyExistsError` if the new name is taken, and with `LinkNotAllowedError` if
   * `meta` has another link than the object.
   */
  async updateMeta(name: string, meta: ObjectMeta | string, options?: WriteOptions): Promise<ObjectInfo> {
    const [of, said, how] = [text(name, "name"), described(meta), ofWrite(options)];
    return info(await run(() => this.#native.updateMeta(of, said, how), options));
  }

  /**
   * Renames an object or a link, in one step where the store can. What is said of it stays.
   *
   * Fails with `NotFoundError`, and with `AlreadyExistsError` if something has the new name.
   */
  async rename(name: string, newName: string, options?: WriteOptions): Promise<ObjectInfo> {
    const [from, to, how] = [text(name, "name"), text(newName, "newName"), ofWrite(options)];
    return info(await run(() => this.#native.rename(from, to, how), options));
  }

  /**
   * Deletes an object or a link, and tells what is left of it.
   *
   * What is deleted already is fine; what never was is a `NotFoundError`.
   */
  async delete(name: string, options?: WriteOptions): Promise<ObjectInfo> {
    const [of, how] = [text(name, "name"), ofWrite(options)];
    return info(await run(() => this.#native.delete(of, how), options));
  }

  /**
   * Deletes an object or a link, or the marker of a deleted one; the marker that tells watchers of it goes after a day. Fails
   * with `NotFoundError` if there isn't even a marker.
   */
  async purge(name: string, options?: WriteOptions): Promise<void> {
    const [of, how] = [text(name, "name"), ofWrite(options)];
    await run(() => this.#native.purge(of, how), options);
  }

  /**
   * Links to an object, of this or another bucket. A link or a deleted object of that name is replaced.
   *
   * Fails with `AlreadyExistsError` if an object has the name, with `LinkToDeletedError`, `LinkToLinkError`, and with
   * `LinkLoopError` for a link to itself.
   */
  async addLink(meta: ObjectMeta | string, target: ObjectInfo, options?: LinkOptions): Promise<ObjectInfo> {
    const [said, to, how] = [described(meta), linked(target, "target"), ofLink(options)];
    return info(await run(() => this.#native.addLink(said, to, how), options));
  }

  /** Links to a whole bucket. See `addLink`. */
  async addBucketLink(meta: ObjectMeta | string, target: Bucket, options?: LinkOptions): Promise<ObjectInfo> {
    if (!(target instanceof Bucket)) throw wrong("target", "a Bucket", target);
    const [said, how] = [described(meta), ofLink(options)];
    return info(await run(() => this.#native.addBucketLink(said, target.#native, how), options));
  }

  /**
   * Lists objects and links, each once, in no promised order. An empty bucket gives none.
   *
   * What changes meanwhile is told as it was or as it is; an object that is renamed meanwhile may be told under both names,
   * or under neither.
   */
  list(options?: ListOptions): Items<ObjectInfo> {
    const [how, signal] = [ofList(options), signalOf(options)];
    return Items.of(() => this.#native.list(how), info, signal);
  }

  /**
   * Watches the bucket: tells of each object, link and deleted object as it is now, in the order in which they were
   * written; then `CAUGHT_UP`; then of every write, whoever makes it, for as long as it is asked.
   *
   * What is written after this has resolved is told. Nothing is lost or told twice when the connection or the server goes
   * away and comes back; but an object that is written several times before it is told may be told only as it is then.
   *
   * A record that makes no sense is a `BadMetaError`; the others still follow. Any other error ends it:
   * `BucketDeletedError`, and `UnavailableError` when no server was there for the idle limit.
   */
  async watch(options?: WatchOptions): Promise<Watch> {
    const how = ofWatch(options);
    return Watch.begun(await run(() => this.#native.watch(how), options), options?.signal);
  }

  /**
   * Examines the bucket, and tells of everything in it that is not as it should be, as it is found: an async iterator of
   * findings, with a `report` of what was examined. It begins when it is first asked; to leave it ends it.
   *
   * Nothing is changed, and what others do meanwhile is no finding. Records that make no sense are findings like others; an
   * error is of the store itself, and ends the check.
   *
   * Fails with `InvalidArgumentError` for a subset at another level than data, or one that can't be.
   */
  check(options?: CheckOptions): Check {
    const [how, signal] = [ofCheck(options), signalOf(options)];
    return Check.begun(
      begun(() => this.#native.check(how)),
      signal,
    );
  }

  /**
   * Removes the bytes that no object has: of puts that were cut off, and of what other clients have replaced.
   *
   * Objects, links and the markers of deleted ones stay, and anything else may go on beside it. It removes nothing unless it
   * is certain; a record of which it can't be told which bytes it names is a `BadMetaError`, and nothing is removed until
   * that object is put anew or deleted.
   *
   * Fails with `SealedError`, and with `InvalidConfigError` in a mirror.
   */
  async gc(options?: GcOptions): Promise<GcReport> {
    const how = ofGc(options);
    return await run(() => this.#native.gc(how), options);
  }

  /**
   * Tells how a write of this bucket ended whose answer never came, once the store answers again.
   *
   * Of a write that doesn't put or link anything it can tell that it took no effect, or that something did. Fails with
   * `InvalidArgumentError` for any other error.
   */
  async resolve(unknown: UnknownError, options?: SignalOptions): Promise<Resolved> {
    ofNothing(options);
    const error = unresolved(unknown);
    const [outcome, now] = await run(() => this.#native.resolve(error), options);
    return { outcome, info: now && info(now) };
  }
}
