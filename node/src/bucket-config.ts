import { type Check, count, fields, flag, list, pairs, seconds, text, wrong } from "./argument.js";
import type * as native from "./native.js";

/** What a server keeps a bucket in. */
export type Storage = "file" | "memory";

/** Which servers of a cluster may hold a bucket. */
export interface Placement {
  /** The name of the cluster; empty for any. */
  cluster?: string | undefined;
  /** Tags that each server must have. */
  tags?: readonly string[] | undefined;
}

/** How a bucket is to be. Where nothing but the name is to be said, a string will do. */
export interface BucketConfig {
  /** Letters, digits, `-` and `_`. */
  name: string;
  /** A text for people. */
  description?: string | undefined;
  /** How long objects live, in seconds; `null` for ever. */
  ttl?: number | null | undefined;
  /** How many bytes it may take, at most; a put beyond fails. `null` for no bound. */
  maxBytes?: number | null | undefined;
  /** What a server keeps it in: `file` if not given. */
  storage?: Storage | undefined;
  /** How many servers hold it, 1 to 5; 1 if not given. Locally there is 1. */
  replicas?: number | undefined;
  /** Which servers may hold it. */
  placement?: Placement | null | undefined;
  /** Whether the server compresses it on disk. Locally it makes no difference. */
  compression?: boolean | undefined;
  /** Names and values of the caller's own. */
  metadata?: Readonly<Record<string, string>> | undefined;
  /**
   * Leave off the stream features that ADR-20 doesn't name: for other clients that create the bucket, too, and want it
   * exactly so. Costs speed and the expiry of single objects.
   */
  plain?: boolean | undefined;
}

const storage: Check<Storage> = (value, what) => {
  if (value !== "file" && value !== "memory") throw wrong(what, "'file' or 'memory'", value);
  return value;
};

const configured = fields<Omit<native.Config, "inMemory"> & { storage?: Storage }>({
  name: text,
  description: text,
  ttl: seconds,
  maxBytes: count,
  storage,
  replicas: count,
  placement: fields<{ cluster?: string; tags?: string[] }>({ cluster: text, tags: list(text) }),
  compression: flag,
  metadata: pairs(text),
  plain: flag,
});

/** Checks a configuration. */
export function config(given: unknown): native.Config {
  if (typeof given === "string") return { name: text(given, "config") };
  if (typeof given !== "object" || given === null || !("name" in given)) {
    throw wrong("config", "a name or an object with a name", given);
  }
  const { storage, ...others } = configured(given, "config");
  return { ...others, name: text(given.name, "config.name"), inMemory: storage === "memory" };
}
