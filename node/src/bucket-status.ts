import type { BucketConfig, Storage } from "./bucket-config.js";
import type * as native from "./native.js";

/** How a bucket is. */
export class BucketStatus {
  /** Its name. */
  declare readonly bucket: string;
  /** A text for people. */
  declare readonly description: string;
  /** How long objects live, in seconds; `null` for ever. */
  declare readonly ttl: number | null;
  /** How many bytes it may take, at most; `null` for no bound. */
  declare readonly maxBytes: number | null;
  /** What a server keeps it in. */
  declare readonly storage: Storage;
  /** How many servers hold it. */
  declare readonly replicas: number;
  /** Which servers may hold it. */
  declare readonly placement: { cluster: string; tags: string[] } | null;
  /** Whether nothing can be written any more. */
  declare readonly sealed: boolean;
  /** Whether what is stored is compressed. */
  declare readonly compressed: boolean;
  /** Bytes in use: chunks, records and what deleted names leave. Not the sum of the objects' sizes. */
  declare readonly size: number;
  /** What keeps the bucket: `JetStream` or `local`. */
  declare readonly backingStore: string;
  /** Names and values of the caller's own. */
  declare readonly metadata: Record<string, string>;
  /** Whether the stream features that ADR-20 doesn't name are off. */
  declare readonly plain: boolean;
  /**
   * How many records there are: one for each object and link, and one for each deleted name whose marker is left.
   * `null` where it isn't known: in a listing of a server's buckets, or where reading records is denied.
   */
  declare readonly records: number | null;

  private constructor() {}

  /** @internal */
  static of(given: native.Status): BucketStatus {
    return Object.assign(new BucketStatus(), { ...given, metadata: Object.fromEntries(given.metadata) });
  }

  /** The configuration as it is, to change something of it: `updateBucket({ ...status.config, ttl: 3600 })`. */
  get config(): BucketConfig {
    const { bucket: name, compressed: compression } = this;
    const { description, ttl, maxBytes, storage, replicas, placement, metadata, plain } = this;
    return { name, description, ttl, maxBytes, storage, replicas, placement, compression, metadata, plain };
  }
}
