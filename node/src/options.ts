/** The options of a bucket's operations. */

import { type Check, type Checks, callback, count, fields, flag, seconds, text, wrong } from "./argument.js";
import type { ProgressOptions } from "./call.js";
import type * as native from "./native.js";
import type { SignalOptions } from "./signal.js";

/** A condition on a write; without one it takes effect whatever there is. */
export interface ConditionOptions {
  /** Take effect only if the name is free; else it is a `ConflictError`. */
  ifAbsent?: boolean | undefined;
  /** Take effect only over this revision; else it is a `ConflictError`. */
  ifRevision?: number | undefined;
}

/** The options of a write of an object or link that is there. */
export interface WriteOptions extends SignalOptions {
  /** Take effect only over this revision; else it is a `ConflictError`. */
  ifRevision?: number | undefined;
}

/** The options of a link. */
export interface LinkOptions extends SignalOptions, ConditionOptions {}

/** The options of a put and of an upload. */
export interface PutOptions extends SignalOptions, ProgressOptions, ConditionOptions {
  /** How long the object lives, in seconds. A server counts in whole seconds, and rounds up. */
  expires?: number | undefined;
}

/**
 * How fresh a record must be: `read_your_writes`, never older than what was written through the same bucket, or the
 * newest there is, from the `leader`.
 */
export type Consistency = "read_your_writes" | "leader";

/**
 * Some of an object's bytes: from `start` up to, not including, `end`, each of which may be left out, as of `slice`; or
 * the last ones, `suffix` many. What it says beyond the end is left out.
 */
export type ByteRange =
  | { start?: number | undefined; end?: number | undefined; suffix?: undefined }
  | { suffix: number; start?: undefined; end?: undefined };

/** The options of a look. */
export interface InfoOptions extends SignalOptions {
  /** A deleted object, too, as far as it is known. */
  showDeleted?: boolean | undefined;
  /** How fresh the record must be; `read_your_writes` if not given. */
  consistency?: Consistency | undefined;
}

/** The options of a get. */
export interface GetOptions extends InfoOptions {
  /** Only these bytes. */
  range?: ByteRange | undefined;
  /** A deleted object is one without bytes, not an error. */
  showDeleted?: boolean | undefined;
  /** Hand out what is there, though it isn't what was put. */
  ignoreDigest?: boolean | undefined;
}

/** The options of a get into a file. */
export interface GetFileOptions extends GetOptions, ProgressOptions {}

/** The options of a list. */
export interface ListOptions extends SignalOptions {
  /** Only names that begin with it. */
  prefix?: string | undefined;
  /** Deleted objects, too, as far as they are known. */
  showDeleted?: boolean | undefined;
}

/** The options of a watch. */
export interface WatchOptions extends SignalOptions {
  /** Only names that begin with it. */
  prefix?: string | undefined;
  /** Begin with all that the store still has of each name. */
  includeHistory?: boolean | undefined;
  /** Leave deleted objects out. */
  ignoreDeletes?: boolean | undefined;
  /** Leave out what is there, and the marker. */
  updatesOnly?: boolean | undefined;
  /** Begin with what was written after this revision, to go on where an earlier watch ended. */
  after?: number | undefined;
}

/**
 * How much of a bucket a check examines, each level with those before it: the `settings` of the store alone; the
 * `structure`, which is all records and links, and how many bytes there are of each object; the `data`, every byte.
 */
export type CheckLevel = "settings" | "structure" | "data";

/** The options of a check. */
export interface CheckOptions extends SignalOptions {
  /** How much; `structure` if not given, and `data` with a `subset`. */
  level?: CheckLevel | undefined;
  /**
   * Of which objects the bytes are read, if not of all: `"10%"` of them, `"3/7"`, the third of seven parts, or about so many
   * bytes, a number.
   */
  subset?: string | number | undefined;
  /** By which number the subset is chosen: the same one chooses the same. */
  seed?: number | undefined;
  /** How long nobody must have written to bytes that no object has before they are an orphan, in seconds; 24 hours if not given. */
  grace?: number | undefined;
}

/** The options of a gc. */
export interface GcOptions extends SignalOptions {
  /**
   * How long nobody must have written to bytes that no object has, in seconds; 24 hours if not given. It must be longer than
   * any put pauses in the middle: a put that stands still for so long loses what it has sent.
   */
  grace?: number | undefined;
  /** Remove nothing, and tell what would be removed. */
  dryRun?: boolean | undefined;
}

/** What every operation takes, checked when the operation is run. */
const SIGNAL = ["signal"];

/** Checks options; without any they are empty. */
export function options<T extends object>(checks: Checks<T>): (given: unknown) => T {
  const check = fields(checks, SIGNAL);
  return (given = {}) => check(given, "options");
}

const leader: Check<boolean> = (value, what) => {
  if (value !== "read_your_writes" && value !== "leader")
    throw wrong(what, "'read_your_writes' or 'leader'", value);
  return value === "leader";
};

const range: Check<{ start?: number; end?: number; suffix?: number }> = (value, what) => {
  const bounds = fields<{ start?: number; end?: number; suffix?: number }>({
    start: count,
    end: count,
    suffix: count,
  });
  const checked = bounds(value, what);
  if (checked.suffix !== undefined && (checked.start ?? checked.end) !== undefined) {
    throw wrong(what, "either { start, end } or { suffix }", value);
  }
  return checked;
};

const level: Check<CheckLevel> = (value, what) => {
  if (value !== "settings" && value !== "structure" && value !== "data")
    throw wrong(what, "'settings', 'structure' or 'data'", value);
  return value;
};

const subset: Check<string | number> = (value, what) => {
  if (typeof value === "string") return text(value, what);
  if (typeof value !== "number") throw wrong(what, "a text like '10%' or '3/7', or a number of bytes", value);
  return count(value, what);
};

const INFO = { showDeleted: flag, consistency: leader };
const GET = { ...INFO, range, ignoreDigest: flag };
const CONDITION = { ifAbsent: flag, ifRevision: count };

type Looked = { showDeleted?: boolean; consistency?: boolean };
type Got = Looked & Pick<native.Read, "range" | "ignoreDigest"> & { onProgress?: boolean };

type Put = Pick<native.Write, "ifAbsent" | "ifRevision" | "expires"> & { onProgress?: boolean };

/** The options, for the native part. */
function read({ consistency, onProgress, ...others }: Got): native.Read {
  return { ...others, leader: consistency ?? false, progress: onProgress ?? false };
}

const infoOptions = options<Looked>(INFO);
const getOptions = options<Omit<Got, "onProgress">>(GET);
const getFileOptions = options<Got>({ ...GET, onProgress: callback });
const putOptions = options<Put>({ ...CONDITION, expires: seconds, onProgress: callback });

/** The options of a look. */
export const ofInfo = (given: unknown): native.Read => read(infoOptions(given));
/** The options of a get. */
export const ofGet = (given: unknown): native.Read => read(getOptions(given));
/** The options of a get into a file. */
export const ofGetFile = (given: unknown): native.Read => read(getFileOptions(given));
/** The options of a put. */
export function ofPut(given: unknown): native.Write {
  const { onProgress, ...others } = putOptions(given);
  return { ...others, progress: onProgress ?? false };
}
/** The options of a write of what is there. */
export const ofWrite = options<Pick<native.Write, "ifRevision">>({ ifRevision: count });
/** The options of a link. */
export const ofLink = options<Pick<native.Write, "ifAbsent" | "ifRevision">>(CONDITION);
/** The options of a list. */
export const ofList = options<native.List>({ prefix: text, showDeleted: flag });
/** The options of a watch. */
export const ofWatch = options<native.Watch>({
  prefix: text,
  includeHistory: flag,
  ignoreDeletes: flag,
  updatesOnly: flag,
  after: count,
});
/** The options of a check. */
export const ofCheck = options<native.Examine>({ level, subset, seed: count, grace: seconds });
/** The options of a gc. */
export const ofGc = options<native.Gc>({ grace: seconds, dryRun: flag });
/** No options but those of every operation. */
export const ofNothing = options<object>({});
