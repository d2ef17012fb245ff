/** What can be the bytes of an object. */

import { isReadable, Readable } from "node:stream";
import { types } from "node:util";
import { text, wrong } from "./argument.js";

/** Bytes: a `Buffer` or any other view of an `ArrayBuffer`, or that itself; or text, which is UTF-8 then. */
export type Bytes = ArrayBufferView | ArrayBufferLike | string;

/** What matters of a `ReadableStream`, whichever library's type it has. */
export interface WebStream {
  getReader(): {
    read(): Promise<{ done?: boolean | undefined; value?: unknown }>;
    cancel(reason?: unknown): Promise<void>;
  };
}

/**
 * What can be the bytes of an object: bytes or text, a `Blob` or `File`, a stream of Node or of the web, an iterable or
 * async iterable of bytes or text, or a `file:` URL.
 */
export type Body = Bytes | Blob | URL | Readable | WebStream | Iterable<Bytes> | AsyncIterable<Bytes>;

/** How many bytes are taken at a time. */
export const PIECE = 1 << 20;

/** The bytes, without a copy. */
export function bytes(data: unknown, what: string): Uint8Array {
  const view = viewed(data, what);
  if (view === undefined) {
    throw wrong(what, "bytes (a Buffer, another view of an ArrayBuffer, or that itself) or a string", data);
  }
  return view;
}

/** The bytes, if it is bytes or a string. */
export function viewed(data: unknown, what: string): Uint8Array | undefined {
  if (typeof data === "string") return Buffer.from(text(data, what));
  const isView = ArrayBuffer.isView(data);
  if (!isView && !types.isAnyArrayBuffer(data)) return undefined;
  if (data.byteLength === 0 && isDetached(isView ? data.buffer : data)) {
    throw new TypeError(`${what} is detached: its memory was transferred, so its bytes are gone`);
  }
  if (data instanceof Uint8Array) return data;
  return isView ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
}

/** Whether nothing is left of it: what Node 20 doesn't tell otherwise. */
function isDetached(buffer: ArrayBufferLike): boolean {
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

/** The bytes in pieces that are taken at a time. Throws if their memory goes away meanwhile. */
export function* sliced(view: Uint8Array): Generator<Uint8Array> {
  const size = view.byteLength;
  for (let start = 0; start < size; start += PIECE) {
    if (view.byteLength !== size)
      throw new TypeError("the bytes were detached or resized while they were stored");
    yield view.subarray(start, start + PIECE);
  }
}

/** What a body is taken from, piece by piece. */
export interface Source {
  next(): Promise<{ done?: boolean | undefined; value?: unknown }>;
  /** Lets go of the body before its end; who waits in `next` may wait for ever. */
  cancel(reason: unknown): void;
}

/** Begins to take a body that comes in pieces. */
export function source(body: unknown): Source {
  if (body instanceof Blob) return ofWeb(body.stream());
  if (typeof body === "object" && body !== null) {
    if (Readable.isDisturbed(body as Readable) && isReadable(body as Readable) === false) {
      throw new TypeError("body is a stream that was read to its end: what it held is gone");
    }
    if ("getReader" in body) return ofWeb(body as WebStream);
    if (Symbol.asyncIterator in body)
      return ofIterator(body, (body as AsyncIterable<unknown>)[Symbol.asyncIterator]());
    if (Symbol.iterator in body) return ofIterator(body, (body as Iterable<unknown>)[Symbol.iterator]());
  }
  const kinds = "bytes, a string, a Blob, a stream, an iterable or async iterable of bytes, or a file: URL";
  throw wrong("body", kinds, body);
}

function ofWeb(stream: WebStream): Source {
  const reader = stream.getReader();
  return {
    next: async () => await reader.read(),
    cancel: (reason) => letGo(() => reader.cancel(reason)),
  };
}

function ofIterator(body: object, iterator: AsyncIterator<unknown> | Iterator<unknown>): Source {
  return {
    next: async () => await iterator.next(),
    cancel: () => {
      // A stream of Node ends by this even while somebody waits for it, unlike by `return`.
      letGo(() => "destroy" in body && typeof body.destroy === "function" && body.destroy());
      letGo(() => iterator.return?.());
    },
  };
}

/** Lets go of a body. What that throws would hide why. */
function letGo(act: () => unknown): void {
  (async () => await act())().catch(() => {});
}
