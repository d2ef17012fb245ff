/** Runs an operation of the native part. */

import { types } from "node:util";
import { failure } from "./errors.js";
import type { Call } from "./native.js";
import { onAbort, type SignalOptions, signalOf } from "./signal.js";

/** Is told how many bytes came so far; what it throws gives the operation up, and comes out. */
export type OnProgress = (bytes: number) => void;

/** What an operation that tells how far it is takes. */
export interface ProgressOptions {
  /** Is told how many bytes came so far; what it throws gives the operation up, and comes out. */
  onProgress?: OnProgress | undefined;
}

/** Runs an operation. Awaited, so that the stack of an error shows the caller. */
export async function run<T>(
  begin: () => Call<T>,
  options: SignalOptions & ProgressOptions = {},
): Promise<T> {
  const signal = signalOf(options);
  let forget = () => {};
  try {
    const call = begin();
    forget = onAbort(signal, () => call.abort());
    const end = call.run();
    if (options.onProgress) await tell(call, end, options.onProgress);
    return await end;
  } catch (error) {
    if (error instanceof Thrown) throw error.error;
    if (signal?.aborted && isAbortion(error)) throw signal.reason;
    throw failure(error);
  } finally {
    forget();
  }
}

/** Tells how far a call is, until its end. */
async function tell(call: Call<unknown>, end: Promise<unknown>, onProgress: OnProgress): Promise<void> {
  end.catch(() => {}); // It is awaited after this.
  for (;;) {
    const bytes = await call.progress();
    if (bytes === null) return;
    try {
      onProgress(bytes);
    } catch (error) {
      call.abort();
      throw new Thrown(error);
    }
  }
}

/** What the caller's function threw, to be told apart from what the native part did. */
class Thrown {
  constructor(readonly error: unknown) {}
}

/** Whether a call failed because it was given up, or because what it is a part of was closed by the same signal. */
function isAbortion(error: unknown): boolean {
  return (
    types.isNativeError(error) && "code" in error && (error.code === "Cancelled" || error.code === "closed")
  );
}

/** Begins what isn't awaited. */
export function begun<T>(begin: () => T): T {
  try {
    return begin();
  } catch (error) {
    throw failure(error);
  }
}
