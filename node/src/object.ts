import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { callback, count, path, wrong } from "./argument.js";
import { type ProgressOptions, run } from "./call.js";
import { failure, InvalidArgumentError } from "./errors.js";
import { info, type ObjectInfo } from "./info.js";
import type * as native from "./native.js";
import { options } from "./options.js";
import { onAbort, type SignalOptions, signalOf, unlessAborted } from "./signal.js";

/** The options of `StoredObject.intoFile`. */
export interface IntoFileOptions extends SignalOptions, ProgressOptions {}

/** So many bytes that are at hand are read before the event loop gets its turn. */
const TURN = 1 << 20;

const ofIntoFile = options<{ onProgress?: boolean }>({ onProgress: callback });

/**
 * An object that is being read: its info, and its bytes as an async iterable of chunks, by `read`, or as a stream.
 *
 * Size and SHA-256 are verified before the last bytes are handed out: who came to the end has the right bytes; who got an
 * error must not use what there is. That is so for whole objects, see `isVerified`. To close it, to leave a `for await`,
 * or to drop it ends the transfer, at the store too. (In other languages it is an `Object`.)
 */
export class StoredObject implements AsyncIterable<Buffer>, AsyncDisposable {
  /** What the store tells of the object that the bytes belong to: of a link's target, if it was a link. */
  readonly info: ObjectInfo;
  readonly #native: native.Download;
  readonly #signal: AbortSignal | undefined;
  readonly #forget: () => void;
  #inTurn = 0;

  private constructor(download: native.Download, signal: AbortSignal | undefined) {
    this.#native = download;
    this.#signal = signal;
    this.info = info(download.info);
    // A signal that lives on must not keep an object that nobody has any more.
    const held = new WeakRef(download);
    this.#forget = onAbort(signal, () => held.deref()?.close());
  }

  /** @internal */
  static of(download: native.Download, signal: AbortSignal | undefined): StoredObject {
    return new StoredObject(download, signal);
  }

  /** The part of the object that this reads, in bytes: `start` is the first of them, `end` the one after the last. */
  get range(): { start: number; end: number } {
    const [start, end] = this.#native.range;
    return { start, end };
  }

  /**
   * Whether the bytes are verified against the object's SHA-256 before the last of them is handed out.
   *
   * Not so for a part of an object, after a seek that led anywhere but to its beginning, for a rest that is read at
   * once after a part was read in pieces, and for an object whose writer gave it no digest, or whose digest is to be
   * ignored.
   */
  get isVerified(): boolean {
    return this.#native.isVerified;
  }

  /** The position of the next byte, from the beginning of the range that was asked for. */
  get position(): number {
    return this.#native.position;
  }

  /** The next chunk, as it came; `null` at the end. */
  async next(): Promise<Buffer | null> {
    return await this.#some(Number.MAX_SAFE_INTEGER);
  }

  /** So many bytes, fewer only at the end; the rest, if no size is given. */
  async read(size: number = Number.MAX_SAFE_INTEGER): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let left = count(size, "size"); left > 0; ) {
      const piece = await this.#some(left);
      if (piece === null) break;
      pieces.push(piece);
      left -= piece.byteLength;
    }
    return pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
  }

  /**
   * Goes on elsewhere, and gives the new position; both count from the beginning of the range that was asked for. `from`
   * says what `offset` counts from: the `start`, the `current` position, or the `end`.
   *
   * Costs nothing until the next read, which fetches from there on. Beyond the end there is nothing to read.
   */
  async seek(offset: number, from: "start" | "current" | "end" = "start"): Promise<number> {
    if (!Number.isSafeInteger(offset)) throw wrong("offset", "a whole number", offset);
    const { start, end } = this.range;
    const bases = { start: 0, current: this.position, end: end - start };
    if (!Object.hasOwn(bases, from)) throw wrong("from", "'start', 'current' or 'end'", from);
    const position = bases[from] + offset;
    if (position < 0) throw new RangeError(`a seek to before the beginning: ${position}`);
    const signal = this.#signal;
    await run(() => this.#native.seek(position), { signal });
    return position;
  }

  /** Reads the rest into memory, and closes. */
  async intoBytes(): Promise<Buffer> {
    try {
      return await this.read();
    } finally {
      this.close();
    }
  }

  /** Reads the rest as UTF-8 text, and closes. Fails with `InvalidArgumentError` if it is none. */
  async intoString(): Promise<string> {
    const bytes = await this.intoBytes();
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (cause) {
      const name = JSON.stringify(this.info.name);
      throw new InvalidArgumentError(`invalid text: object ${name} is not UTF-8`, {}, { cause });
    }
  }

  /**
   * Reads the rest into a file, and closes. The file appears, or is replaced, when it is whole. A `signal` holds beside
   * that of the get.
   */
  async intoFile(to: string | URL, given?: IntoFileOptions): Promise<ObjectInfo> {
    const { onProgress = false } = ofIntoFile(given);
    const file = path(to, "path");
    try {
      const own = signalOf(given);
      const signal = own && this.#signal ? AbortSignal.any([own, this.#signal]) : (own ?? this.#signal);
      const got = await run(() => this.#native.readIntoFile(file, onProgress), { ...given, signal });
      return info(got);
    } finally {
      this.close();
    }
  }

  /** The rest as a stream of Node. Its end, its error or its `destroy` closes the object. */
  readable(): Readable {
    const forget = onAbort(this.#signal, () => stream.destroy(this.#signal?.reason));
    const stream = new Readable({
      highWaterMark: 1 << 20,
      read: () => {
        this.next().then(
          (chunk) => stream.push(chunk),
          (error) => stream.destroy(error),
        );
      },
      destroy: (error, done) => {
        forget();
        this.close();
        done(error);
      },
    });
    return stream;
  }

  /** The rest as a stream of the web, as for a `Response`. Its end, its error or its `cancel` closes the object. */
  web(): ReadableStream<Uint8Array> {
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
      const chunk = await this.next();
      if (chunk !== null) return controller.enqueue(chunk);
      this.close();
      controller.close();
    };
    return new ReadableStream({ pull, cancel: () => this.close() }, { highWaterMark: 0 });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    try {
      for (;;) {
        const chunk = await this.next();
        if (chunk === null) return;
        yield chunk;
      }
    } finally {
      this.close();
    }
  }

  /** Ends the transfer, at the store too. Who waits for bytes gets a `ClosedError`. */
  close(): void {
    this.#native.close();
    this.#forget();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  async #some(max: number): Promise<Buffer | null> {
    try {
      if (this.#inTurn >= TURN) {
        this.#inTurn = 0;
        await unlessAborted(this.#signal, setImmediate());
      }
      const read = this.#native.read(max);
      if (read instanceof Promise) this.#inTurn = 0;
      const chunk = await unlessAborted(this.#signal, read);
      this.#inTurn += chunk?.byteLength ?? 0;
      if (chunk === null) this.#forget();
      return chunk;
    } catch (error) {
      this.#forget();
      throw this.#signal?.aborted ? this.#signal.reason : failure(error);
    }
  }
}
