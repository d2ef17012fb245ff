import { type Check, fields, flag, text } from "./argument.js";
import { link } from "./meta.js";
import type * as native from "./native.js";

/** What the store tells of an object, a link or a deleted object. */
export interface ObjectInfo {
  /** The bucket that it is in. */
  bucket: string;
  /** Its name. */
  name: string;
  /** Bytes. Exact up to 2^53, as all numbers here. */
  size: number;
  /** How many chunks its bytes are in. */
  chunks: number;
  /** The bytes of each chunk, as its writer says; many don't. */
  chunkSize: number | null;
  /** Whether its writer says that every chunk but the last is full. */
  fullChunks: boolean;
  /** `SHA-256=` and the digest of the bytes in base64url; a writer may leave it out. */
  digest: string | null;
  /** The id of the bytes: two puts never have the same. */
  nuid: string | null;
  /** The number of the record, what `ifRevision` compares. Rises with each write to the bucket. */
  revision: number;
  /** When the record was written. */
  mtime: Date;
  /** When the object goes by itself, if that was asked for by its put. */
  expires: Date | null;
  /** Whether this is what is left of a deleted object. */
  deleted: boolean;
  /** A text for people. */
  description: string;
  /** Headers and their values. */
  headers: Record<string, string[]>;
  /** Names and values of the caller's own. */
  metadata: Record<string, string>;
  /** What it points to, if it is a link. */
  link: { bucket: string; name: string | null } | null;
}

/** Makes an info of what the native part gives. */
export function info(given: native.Info): ObjectInfo {
  return {
    ...given,
    mtime: new Date(given.mtime),
    expires: given.expires === null ? null : new Date(given.expires),
    headers: Object.fromEntries(given.headers),
    metadata: Object.fromEntries(given.metadata),
    link: given.link && { bucket: given.link.bucket, name: given.link.name ?? null },
  };
}

type Target = Parameters<native.Bucket["addLink"]>[1];

const TARGET = { bucket: text, name: text, deleted: flag, link };

/** Checks the target of a link. */
export const target: Check<Target> = (value, what) => {
  const known = value as ObjectInfo;
  return fields<Target>(TARGET, Object.keys(known ?? {}))(value, what);
};
