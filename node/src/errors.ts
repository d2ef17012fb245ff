import { types } from "node:util";

/** What an error knows beside its text; each class says which it has. */
interface Fields {
  retryable?: boolean;
  bucket?: string | null;
  objectName?: string | null;
  [field: string]: unknown;
}

/**
 * An operation of jetblob failed. Its text names the operation, the bucket and the object, and holds no secret.
 *
 * Each code has one class. What a class knows beside this is in its fields.
 */
export class JetblobError extends Error {
  /** The stable name of the error, the same in every language. */
  declare readonly code: string;
  /** Whether the same call may succeed later, with nothing else changed. */
  readonly retryable: boolean;
  /** The bucket that the error is about, where there is one. */
  readonly bucket: string | null;
  /** The name of the object that the error is about, where there is one. */
  readonly objectName: string | null;

  /** @internal */
  constructor(message: string, fields: Fields = {}, options?: ErrorOptions) {
    super(message, options);
    const { retryable = false, bucket = null, objectName = null, ...others } = fields;
    this.retryable = retryable;
    this.bucket = bucket;
    this.objectName = objectName;
    Object.assign(this, others);
  }
}

/** No object of this name, or it expired; or it is deleted. */
export class NotFoundError extends JetblobError {
  /** Whether the object's deletion is still known. */
  declare readonly deleted: boolean;
}

/** No bucket of this name. */
export class BucketNotFoundError extends JetblobError {}

/** A bucket of this name exists, with another configuration. */
export class BucketExistsError extends JetblobError {}

/** An object of this name exists. */
export class AlreadyExistsError extends JetblobError {}

/** A bucket's or an object's name breaks the rules. Nothing was sent. */
export class InvalidNameError extends JetblobError {}

/** A bucket's configuration can't be. Nothing was changed. */
export class InvalidConfigError extends JetblobError {}

/** An argument can't be. Nothing was changed. One of the wrong type is a `TypeError`. */
export class InvalidArgumentError extends JetblobError {}

/** A put, or an update, of something that says it is a link. Nothing was sent. */
export class LinkNotAllowedError extends JetblobError {}

/** The target of a link is deleted. */
export class LinkToDeletedError extends JetblobError {}

/** The target of a link is a link itself. */
export class LinkToLinkError extends JetblobError {}

/** The entry is a link to a whole bucket, which has no bytes. */
export class IsBucketLinkError extends JetblobError {
  /** The bucket that it links to. */
  declare readonly target: string;
}

/** Links that lead in a circle, or through more than 8 others. */
export class LinkLoopError extends JetblobError {}

/** A conditional write found something else under the name. What stands there stays; nothing of this is left. */
export class ConflictError extends JetblobError {
  /** The revision that was to stand there; 0 for none. */
  declare readonly expected: number;
}

/**
 * Whether the write took effect could not be learned in time.
 *
 * Nothing was removed: the object is either the old or the new one, whole. `Bucket.resolve` tells later which.
 */
export class UnknownError extends JetblobError {
  /** The operation: `put`, `delete`, … */
  declare readonly operation: string;
  /** The id of the blob that the name didn't have before, if there is one. */
  declare readonly nuid: string | null;
  /** The revision that the write was to replace; 0 for none. */
  declare readonly revisionBefore: number;
}

/** The bucket is sealed: nothing can be written. */
export class SealedError extends JetblobError {}

/** The bucket, the account or the disk is full. What was stored before is untouched. */
export class QuotaExceededError extends JetblobError {}

/** The bytes are not those that were put. */
export class DigestMismatchError extends JetblobError {
  /** The digest in the record. */
  declare readonly expected: string;
  /** The digest of the bytes that are there. */
  declare readonly actual: string;
}

/** Chunks of the object are gone from the store. */
export class DataMissingError extends JetblobError {
  /** The bytes that the object should have. */
  declare readonly size: number;
  /** The bytes that are there. */
  declare readonly received: number;
}

/** The object was replaced while it was being read. */
export class ObjectChangedError extends JetblobError {}

/** The record of the object makes no sense. */
export class BadMetaError extends JetblobError {}

/** The server or the system forbids it. */
export class PermissionDeniedError extends JetblobError {
  /** The denied subject or path. */
  declare readonly subject: string;
}

/** The server doesn't accept the credentials. */
export class UnauthenticatedError extends JetblobError {}

/** The connection can't be encrypted as asked. */
export class TlsError extends JetblobError {}

/** The server has no JetStream for this account, domain or API prefix. */
export class JetStreamNotEnabledError extends JetblobError {}

/** Nothing happened for as long as the idle limit allows. */
export class OperationTimeoutError extends JetblobError {
  /** The idle limit, in seconds. */
  declare readonly after: number;
}

/** The server can't be reached, or has no leader now. */
export class UnavailableError extends JetblobError {}

/** The bucket was deleted while it was in use. */
export class BucketDeletedError extends JetblobError {}

/** The store, the object or the upload is closed. */
export class ClosedError extends JetblobError {}

/**
 * Reading or writing a file failed. Where the system says why in one of Node's codes, `cause` is an error with it:
 * `error.cause.code === 'ENOENT'`. What a body throws comes out as it is, and isn't this.
 */
export class IoError extends JetblobError {}

/** The server refused for a reason of its own. */
export class ServerError extends JetblobError {
  /** The server's own code. */
  declare readonly serverCode: number;
}

const CLASSES = {
  not_found: NotFoundError,
  bucket_not_found: BucketNotFoundError,
  bucket_exists: BucketExistsError,
  already_exists: AlreadyExistsError,
  invalid_name: InvalidNameError,
  invalid_config: InvalidConfigError,
  invalid_argument: InvalidArgumentError,
  link_not_allowed: LinkNotAllowedError,
  link_to_deleted: LinkToDeletedError,
  link_to_link: LinkToLinkError,
  is_bucket_link: IsBucketLinkError,
  link_loop: LinkLoopError,
  conflict: ConflictError,
  unknown: UnknownError,
  sealed: SealedError,
  quota_exceeded: QuotaExceededError,
  digest_mismatch: DigestMismatchError,
  data_missing: DataMissingError,
  object_changed: ObjectChangedError,
  bad_meta: BadMetaError,
  permission_denied: PermissionDeniedError,
  unauthenticated: UnauthenticatedError,
  tls: TlsError,
  jetstream_not_enabled: JetStreamNotEnabledError,
  timeout: OperationTimeoutError,
  unavailable: UnavailableError,
  bucket_deleted: BucketDeletedError,
  closed: ClosedError,
  io: IoError,
  server: ServerError,
};

/** The class of each code. */
export const errors: ReadonlyMap<string, typeof JetblobError> = new Map(Object.entries(CLASSES));

Object.defineProperty(JetblobError.prototype, "name", { value: "JetblobError" });
for (const [code, error] of errors) {
  Object.defineProperty(error.prototype, "name", { value: error.name });
  Object.defineProperty(error.prototype, "code", { value: code });
}

const CODES: Record<string, string> = {
  NotFound: "ENOENT",
  IsADirectory: "EISDIR",
  NotADirectory: "ENOTDIR",
  AlreadyExists: "EEXIST",
  OutOfMemory: "ENOMEM",
};

/**
 * Makes the error of one of the native part, with the stack of whoever calls this.
 *
 * @internal
 */
export function failure(error: unknown): unknown {
  // Those of the native part are of the main realm, which need not be this one.
  if (!(types.isNativeError(error) && "code" in error)) return error;
  if ("fields" in error) {
    const { kind, ...fields } = error.fields as Fields;
    const code = CODES[String(kind)];
    const cause =
      code === undefined ? undefined : { cause: Object.assign(new Error(error.message), { code }) };
    return new (errors.get(String(error.code)) ?? JetblobError)(error.message, fields, cause);
  }
  if (error.code === "InvalidArg") return new RangeError(error.message);
  return error;
}
