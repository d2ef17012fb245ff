import { type Check, count, fields, list, pairs, text, wrong } from "./argument.js";
import type * as native from "./native.js";

/** What a link points to: an object, or a whole bucket. */
export interface Link {
  /** The bucket that is pointed to, or the bucket of the object. */
  bucket: string;
  /** The name of the object; `null` for a whole bucket. */
  name?: string | null | undefined;
}

/**
 * What the caller says of an object. An `ObjectInfo` will do, too: what it says beside this is passed over. Where
 * nothing but the name is to be said, a string will do.
 */
export interface ObjectMeta {
  /** The object's name: UTF-8 of 1 to 1,024 bytes, anything else goes. */
  name: string;
  /** A text for people. */
  description?: string | undefined;
  /** Headers as of HTTP and NATS; each has one value or several. Those of a `Response` will do. */
  headers?: Readonly<Record<string, string | readonly string[]>> | Headers | undefined;
  /** Names and values of the caller's own. */
  metadata?: Readonly<Record<string, string>> | undefined;
  /** The bytes of each chunk but the last; 128 KiB if not given. A server's limit on messages wins. */
  chunkSize?: number | null | undefined;
  /** What the entry points to. Only there so that what was taken from a link is refused by a put. */
  link?: Link | null | undefined;
}

/** The fields of an `ObjectInfo` that say nothing to a put. */
const OF_INFO = [
  "bucket",
  "size",
  "chunks",
  "fullChunks",
  "digest",
  "nuid",
  "revision",
  "mtime",
  "expires",
  "deleted",
];

const values: Check<string[]> = (value, what) =>
  typeof value === "string" ? [text(value, what)] : list(text)(value, what);

/** Headers as pairs; several cookies are the only values that a `Headers` doesn't join itself. */
const headers: Check<[string, string[]][]> = (value, what) => {
  if (!(value instanceof Headers)) return pairs(values)(value, what);
  return [...new Set(value.keys())].map((name) => [
    name,
    name === "set-cookie" ? value.getSetCookie() : [value.get(name) ?? ""],
  ]);
};

/** Checks a link. */
export const link: Check<{ bucket: string; name?: string }> = fields({ bucket: text, name: text });

const described = fields<native.Meta>(
  {
    name: text,
    description: text,
    headers,
    metadata: pairs(text),
    // An info says 0 where it doesn't know.
    chunkSize: count,
    link,
  },
  OF_INFO,
);

/** Checks what is said of an object. */
export function meta(given: unknown): native.Meta {
  if (typeof given === "string") return { name: text(given, "meta") };
  if (typeof given !== "object" || given === null || !("name" in given)) {
    throw wrong("meta", "a name or an object with a name", given);
  }
  const checked = described(given, "meta");
  return { ...checked, name: text(given.name, "meta.name") };
}
