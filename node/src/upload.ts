import { Writable } from "node:stream";
import { type Bytes, bytes, sliced } from "./body.js";
import type { OnProgress } from "./call.js";
import { failure } from "./errors.js";
import { info, type ObjectInfo } from "./info.js";
import type * as native from "./native.js";
import { onAbort, unlessAborted } from "./signal.js";

/**
 * An object that is being pushed in, see `Bucket.upload`. Nothing of it is visible before it is finished.
 *
 * Leaving `await using` without having finished it aborts it. One that is dropped is aborted.
 */
export class Upload implements AsyncDisposable {
  /** What the store has of the object, once it is finished. */
  info: ObjectInfo | null = null;
  readonly #native: native.Upload;
  readonly #onProgress: OnProgress | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #forget: () => void;
  #written = 0;
  #last: Promise<void> = Promise.resolve();
  #failed: { by: unknown } | undefined;

  private constructor(upload: native.Upload, onProgress?: OnProgress, signal?: AbortSignal) {
    this.#native = upload;
    this.#onProgress = onProgress;
    this.#signal = signal;
    // A signal that lives on must not keep an upload that nobody has any more.
    const held = new WeakRef(this);
    this.#forget = onAbort(signal, () => held.deref()?.drop());
  }

  /** @internal */
  static of(upload: native.Upload, onProgress?: OnProgress, signal?: AbortSignal): Upload {
    return new Upload(upload, onProgress, signal);
  }

  /**
   * Hands bytes over, and waits while too much is under way; the memory is the caller's again then. Gives how many bytes
   * it was.
   *
   * Several may be under way at a time: they are stored in the order in which they were begun. One that fails, or whose
   * `onProgress` throws, gives the upload up; what comes after fails as it did. After the end it is a `ClosedError`.
   */
  async write(data: Bytes): Promise<number> {
    const whole = bytes(data, "data");
    return await this.#inTurn(async () => {
      if (this.#failed !== undefined) throw this.#failed.by;
      try {
        for (const piece of whole.byteLength === 0 ? [whole] : sliced(whole)) {
          await this.#awaited(() => this.#native.write(piece));
          this.#written += piece.byteLength;
          this.#onProgress?.(this.#written);
        }
      } catch (error) {
        this.#failed = { by: error };
        await this.#givenUp();
        throw error;
      }
      return whole.byteLength;
    });
  }

  /**
   * Commits the object, and tells what the store has of it. Comes after the writes that were begun, and fails as the one
   * that failed.
   */
  async finish(): Promise<ObjectInfo> {
    return await this.#inTurn(async () => {
      try {
        if (this.#failed !== undefined) throw this.#failed.by;
        this.info = info(await this.#awaited(() => this.#native.finish().run()));
        return this.info;
      } finally {
        this.#forget();
      }
    });
  }

  /** Gives the upload up, and waits until what was sent of it is removed. The old object is as it was. */
  async abort(): Promise<void> {
    this.#forget();
    await this.#native.abort().run();
  }

  /**
   * Gives the upload up, and waits for nothing.
   *
   * @internal
   */
  drop(): void {
    this.abort().catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.info === null) await this.abort();
  }

  /** Gives it up because something failed, which no failure of this may hide. */
  async #givenUp(): Promise<void> {
    if (this.#signal?.aborted) this.drop();
    else await this.abort().catch(() => {});
  }

  /** Does something after what was begun before it. */
  async #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const turn = (async () => {
      await before;
      return await act();
    })();
    const nothing = () => {};
    this.#last = turn.then(nothing, nothing);
    return await turn;
  }

  async #awaited<T>(begin: () => T | Promise<T>): Promise<T> {
    this.#signal?.throwIfAborted();
    try {
      return await unlessAborted(this.#signal, begin());
    } catch (error) {
      throw this.#signal?.aborted ? this.#signal.reason : failure(error);
    }
  }
}

/** A stream that is written into an object, see `Bucket.createWriteStream`. */
export class WriteStream extends Writable {
  /** What the store has of the object, once the stream has finished. */
  info: ObjectInfo | null = null;

  private constructor(upload: Upload, signal: AbortSignal | undefined) {
    const forget = onAbort(signal, () => this.destroy(signal?.reason));
    super({
      highWaterMark: 1 << 20,
      write: (chunk, _, done) => {
        // The end of one that is destroyed is no error of the write that was under way.
        upload.write(chunk).then(
          () => done(),
          (error) => done(this.destroyed ? null : error),
        );
      },
      final: (done) => {
        upload.finish().then((info) => {
          this.info = info;
          done();
        }, done);
      },
      destroy: (error, done) => {
        forget();
        upload[Symbol.asyncDispose]().then(() => done(error), done);
      },
    });
  }

  /** @internal */
  static of(upload: Upload, signal: AbortSignal | undefined): WriteStream {
    return new WriteStream(upload, signal);
  }
}
