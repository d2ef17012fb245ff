import { types } from "node:util";
import { begun } from "./call.js";
import { failure } from "./errors.js";
import type * as native from "./native.js";
import { onAbort } from "./signal.js";

/**
 * What is listed or watched: an async iterator that begins when it is first asked.
 *
 * An error that is about one item only, as of a record that makes no sense, doesn't end it: the next `next()` gives the
 * item after. To leave a `for await` by `break`, `return` or `throw` closes it, at the store too.
 */
export class Items<T> implements AsyncIterableIterator<T>, AsyncDisposable {
  readonly #begin: (() => native.Items<unknown>) | undefined;
  readonly #item: (given: never) => T;
  readonly #signal: AbortSignal | undefined;
  #native: native.Items<unknown> | undefined;
  #batch: unknown[] = [];
  #last: Promise<void> = Promise.resolve();
  #closed = false;
  #forget: (() => void) | undefined;

  protected constructor(
    items: native.Items<unknown> | (() => native.Items<unknown>),
    item: (given: never) => T,
    signal?: AbortSignal,
  ) {
    if (typeof items === "function") this.#begin = items;
    else this.#native = items;
    this.#item = item;
    this.#signal = signal;
    if (this.#native !== undefined) this.#listen();
  }

  /** @internal */
  static of<Given, T>(
    begin: () => native.Items<Given>,
    item: (given: Given) => T,
    signal?: AbortSignal,
  ): Items<T> {
    return new Items(begin, item, signal);
  }

  /** The next item. Several may be asked for at a time: they come in turn. */
  async next(): Promise<IteratorResult<T, undefined>> {
    const before = this.#last;
    let done = () => {};
    this.#last = new Promise((resolve) => {
      done = resolve;
    });
    await before;
    try {
      return await this.#next();
    } finally {
      done();
    }
  }

  async #next(): Promise<IteratorResult<T, undefined>> {
    while (this.#batch.length === 0) {
      if (this.#signal?.aborted) this.close();
      this.#signal?.throwIfAborted();
      if (this.#closed) return { done: true, value: undefined };
      this.#native ??= begun(() => this.#begin?.());
      this.#listen();
      const batch = await this.#native?.nextBatch();
      if (batch) this.#batch = batch.reverse();
      else this.close();
    }
    const item = this.#batch.pop();
    if (types.isNativeError(item)) {
      // It may be the last that is asked for.
      this.#ignore();
      throw failure(item);
    }
    return { done: false, value: this.#item(item as never) };
  }

  #listen(): void {
    // A signal that lives on must not keep what nobody has any more.
    const held = new WeakRef(this);
    this.#forget ??= onAbort(this.#signal, () => held.deref()?.close());
  }

  #ignore(): void {
    this.#forget?.();
    this.#forget = undefined;
  }

  /** Closes it, and ends the iteration. */
  async return(): Promise<IteratorResult<T, undefined>> {
    this.close();
    return { done: true, value: undefined };
  }

  /** Ends it, at the store too. Who waits for an item gets none. */
  close(): void {
    this.#closed = true;
    this.#batch = [];
    this.#native?.close();
    this.#ignore();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}
