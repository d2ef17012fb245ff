import { wrong } from "./argument.js";
import { InvalidArgumentError, JetblobError, UnknownError } from "./errors.js";
import type { ObjectInfo } from "./info.js";
import type * as native from "./native.js";

/** What became of a write that failed with an `UnknownError`. */
export interface Resolved {
  /**
   * `committed`: it took effect, and what it wrote is what stands there. `not_committed`: it took no effect. `changed`:
   * something was written since, and nobody can tell any more whether it stood there in between.
   */
  outcome: "committed" | "not_committed" | "changed";
  /** What is there now, where that is told: if it was committed, or changed into something. */
  info: ObjectInfo | null;
}

/** Refuses any other error. */
export function unknown(error: unknown): native.Unknown {
  if (!(error instanceof JetblobError)) throw wrong("unknown", "an UnknownError", error);
  if (!(error instanceof UnknownError)) {
    throw new InvalidArgumentError(`invalid error to resolve: its code is ${error.code}, not unknown`);
  }
  return {
    bucket: error.bucket ?? undefined,
    objectName: error.objectName ?? undefined,
    nuid: error.nuid ?? undefined,
    revisionBefore: error.revisionBefore,
  };
}
