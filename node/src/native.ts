/** The native part: its types, and where it is. Its source is `bindings/node`, and is what these types must be true of. */

import type { CheckReport, Finding } from "./check.js";
import type { GcReport } from "./gc.js";
import type { CheckLevel } from "./options.js";

/** Names and values of the caller's own: those of an object can't be any. */
export type Pairs<T> = [name: string, value: T][];

export interface Meta {
  name: string;
  description?: string;
  headers?: Pairs<string[]>;
  metadata?: Pairs<string>;
  chunkSize?: number;
  link?: { bucket: string; name?: string };
}

export interface Info {
  bucket: string;
  name: string;
  size: number;
  chunks: number;
  chunkSize: number | null;
  fullChunks: boolean;
  digest: string | null;
  nuid: string | null;
  revision: number;
  mtime: number;
  expires: number | null;
  deleted: boolean;
  description: string;
  headers: Pairs<string[]>;
  metadata: Pairs<string>;
  link: { bucket: string; name?: string } | null;
}

export interface Config {
  name: string;
  description?: string;
  ttl?: number;
  maxBytes?: number;
  inMemory?: boolean;
  replicas?: number;
  placement?: { cluster?: string; tags?: string[] };
  compression?: boolean;
  metadata?: Pairs<string>;
  plain?: boolean;
}

export interface Status {
  bucket: string;
  description: string;
  ttl: number | null;
  maxBytes: number | null;
  storage: "file" | "memory";
  replicas: number;
  placement: { cluster: string; tags: string[] } | null;
  sealed: boolean;
  compressed: boolean;
  size: number;
  backingStore: string;
  metadata: Pairs<string>;
  plain: boolean;
  records: number | null;
}

export interface Connection {
  credentialsFile?: string;
  credentials?: string;
  userAndPassword?: [string, string];
  token?: string;
  nkeySeed?: string;
  rootCertificates?: string;
  clientCertificate?: [string, string];
  requireTls?: boolean;
  tlsFirst?: boolean;
  domain?: string;
  apiPrefix?: string;
  inboxPrefix?: string;
  name?: string;
  idleTimeout?: number;
}

export interface Write {
  ifAbsent?: boolean;
  ifRevision?: number;
  expires?: number;
  progress?: boolean;
}

export interface Read {
  range?: { start?: number; end?: number; suffix?: number };
  showDeleted?: boolean;
  leader?: boolean;
  ignoreDigest?: boolean;
  progress?: boolean;
}

export interface List {
  prefix?: string;
  showDeleted?: boolean;
}

export interface Watch {
  prefix?: string;
  includeHistory?: boolean;
  ignoreDeletes?: boolean;
  updatesOnly?: boolean;
  after?: number;
}

export interface Check {
  /** The findings; once. */
  begin(): Items<Finding>;
  report(): CheckReport;
}

export interface Examine {
  level?: CheckLevel;
  subset?: string | number;
  seed?: number;
  grace?: number;
}

export interface Gc {
  grace?: number;
  dryRun?: boolean;
}

export interface Unknown {
  bucket?: string;
  objectName?: string;
  nuid?: string;
  revisionBefore: number;
}

/** An operation that has not begun. It can be run once. */
export interface Call<T> {
  run(): Promise<T>;
  abort(): void;
  progress(): Promise<number | null>;
}

/** Items in batches, in which an error is an `Error`; `null` at the end. */
export interface Items<T> {
  nextBatch(): Promise<(T | Error)[] | null>;
  close(): void;
}

export interface Download {
  readonly info: Info;
  readonly range: [number, number];
  readonly isVerified: boolean;
  readonly position: number;
  read(max: number): Buffer | null | Promise<Buffer | null>;
  seek(position: number): Call<void>;
  readIntoFile(path: string, progress: boolean): Call<Info>;
  close(): void;
}

export interface Upload {
  write(bytes: Uint8Array): Promise<void> | null;
  finish(): Call<Info>;
  abort(): Call<void>;
}

export interface Bucket {
  readonly name: string;
  status(): Call<Status>;
  seal(): Call<Status>;
  putBytes(meta: Meta, bytes: Uint8Array, options: Write): Call<Info>;
  putFile(meta: Meta, path: string, options: Write): Call<Info>;
  upload(meta: Meta, options: Write): Upload;
  get(name: string, options: Read): Call<Download>;
  getBytes(name: string, options: Read): Call<Buffer>;
  getString(name: string, options: Read): Call<string>;
  getFile(name: string, path: string, options: Read): Call<Info>;
  info(name: string, options: Read): Call<Info>;
  updateMeta(name: string, meta: Meta, options: Write): Call<Info>;
  rename(name: string, newName: string, options: Write): Call<Info>;
  delete(name: string, options: Write): Call<Info>;
  purge(name: string, options: Write): Call<void>;
  addLink(
    meta: Meta,
    target: { bucket: string; name: string; deleted?: boolean; link?: { bucket: string; name?: string } },
    options: Write,
  ): Call<Info>;
  addBucketLink(meta: Meta, target: Bucket, options: Write): Call<Info>;
  list(options: List): Items<Info>;
  watch(options: Watch): Call<Items<Info | null>>;
  check(options: Examine): Check;
  gc(options: Gc): Call<GcReport>;
  resolve(error: Unknown): Call<["committed" | "not_committed" | "changed", Info | null]>;
}

export interface Store {
  createBucket(config: Config): Call<Bucket>;
  updateBucket(config: Config): Call<Bucket>;
  createOrUpdateBucket(config: Config): Call<Bucket>;
  bucket(name: string): Call<Bucket>;
  deleteBucket(name: string): Call<void>;
  bucketNames(): Items<string>;
  buckets(): Items<Status>;
  suspend(): Call<void>;
  resume(): void;
  close(): Call<void>;
}

interface Native {
  open(url: string | undefined, context: string | undefined, options: Connection): Call<Store>;
}

const KINDS: Partial<Record<NodeJS.Platform, string[]>> = { linux: ["-gnu", "-musl"], win32: ["-msvc"] };

/** Loads the binary beside this package, or that of the package for this platform. */
function load(): Native {
  const failures: unknown[] = [];
  const platform = `${process.platform}-${process.arch}`;
  for (const kind of KINDS[process.platform] ?? [""]) {
    for (const place of [`../jetblob.${platform}${kind}.node`, `jetblob-${platform}${kind}`]) {
      try {
        return require(place);
      } catch (failure) {
        failures.push(failure);
      }
    }
  }
  throw new Error(
    `jetblob has no binary for ${platform} here. If there is a package jetblob-${platform}… for it, install without ` +
      "--omit=optional; else build it from its source",
    { cause: new AggregateError(failures) },
  );
}

export const native = load();
