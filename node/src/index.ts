/**
 * Objects of any size in NATS JetStream Object Store buckets, or in a local directory.
 *
 * ```js
 * import { Store } from 'jetblob'
 *
 * const store = await Store.open('nats://127.0.0.1:4222') // or a directory
 * const bucket = await store.createBucket('photos')
 * await bucket.putString('greeting.txt', 'hello')
 * console.log(await bucket.getString('greeting.txt'))
 * await store.close()
 * ```
 *
 * Numbers are exact up to 2^53; time spans are in seconds, sizes in bytes.
 *
 * @module
 */

export type { Body, Bytes, WebStream } from "./body.js";
export { Bucket } from "./bucket.js";
export type { BucketConfig, Placement, Storage } from "./bucket-config.js";
export { BucketStatus } from "./bucket-status.js";
export type { OnProgress, ProgressOptions } from "./call.js";
export { Check, type CheckReport, type Finding, type FindingKind } from "./check.js";
export * from "./errors.js";
export type { GcReport, Orphan } from "./gc.js";
export type { ObjectInfo } from "./info.js";
export { Items } from "./items.js";
export type { Link, ObjectMeta } from "./meta.js";
export { type IntoFileOptions, StoredObject } from "./object.js";
export type {
  ByteRange,
  CheckLevel,
  CheckOptions,
  ConditionOptions,
  Consistency,
  GcOptions,
  GetFileOptions,
  GetOptions,
  InfoOptions,
  LinkOptions,
  ListOptions,
  PutOptions,
  WatchOptions,
  WriteOptions,
} from "./options.js";
export type { Resolved } from "./resolved.js";
export type { SignalOptions } from "./signal.js";
export { Store } from "./store.js";
export type { StoreOptions } from "./store-options.js";
export { Upload, WriteStream } from "./upload.js";
export { CAUGHT_UP, Watch, type WatchEvent } from "./watch.js";
