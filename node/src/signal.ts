/** What is to be done when an `AbortSignal` is aborted, and whoever waits meanwhile. */

import { types } from "node:util";
import { wrong } from "./argument.js";

/** What every operation takes. */
export interface SignalOptions {
  /**
   * Gives the operation up when it is aborted, at the store too: it rejects with the signal's `reason`. A commit that
   * was begun is brought to its end.
   */
  signal?: AbortSignal | undefined;
}

/** Looks for a signal among the options; one that is aborted already throws its reason. */
export function signalOf(options: SignalOptions | undefined): AbortSignal | undefined {
  const signal = options?.signal ?? undefined;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw wrong("options.signal", "an AbortSignal", signal);
  }
  signal?.throwIfAborted();
  return signal;
}

/** Does something when the signal is aborted, unless the function that this gives is called before. */
export function onAbort(signal: AbortSignal | undefined, act: () => void): () => void {
  if (signal === undefined) return () => {};
  signal.addEventListener("abort", act, { once: true });
  return () => signal.removeEventListener("abort", act);
}

/** Waits for a promise, if it is one, but not after the signal is aborted. */
export async function unlessAborted<T>(signal: AbortSignal | undefined, promise: T | Promise<T>): Promise<T> {
  if (!types.isPromise(promise)) {
    signal?.throwIfAborted();
    return promise;
  }
  if (signal === undefined) return await promise;
  if (signal.aborted) {
    promise.catch(() => {});
    throw signal.reason;
  }
  let forget = () => {};
  const aborted = new Promise<never>((_, reject) => {
    forget = onAbort(signal, () => reject(signal.reason));
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    forget();
  }
}
