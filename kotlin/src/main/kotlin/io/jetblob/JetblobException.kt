package io.jetblob

import io.jetblob.ffi.Details
import io.jetblob.ffi.Failure

/**
 * An operation of jetblob failed. Each code of the library has one class. The message names the operation, the bucket and
 * the object, and holds no secret.
 */
public sealed class JetblobException(what: What) : Exception(what.text) {
    /** The stable name of the error, the same in every language. */
    public val code: String = what.code

    /** Whether the same call may succeed later, with nothing else changed. */
    public val isRetryable: Boolean = what.retryable

    /** The bucket that the error is about, where there is one. */
    public val bucket: String? = what.bucket

    /** The name of the object that the error is about, where there is one. */
    public val name: String? = what.name

    /** What every error knows. */
    public class What internal constructor(
        internal val code: String,
        internal val text: String,
        internal val retryable: Boolean,
        internal val bucket: String?,
        internal val name: String?,
    )

    /** No object of this name, or it expired; or it is deleted, and [deleted] says that its deletion is still known. */
    public class NotFound internal constructor(what: What, public val deleted: Boolean) : JetblobException(what)

    /** No bucket of this name. */
    public class BucketNotFound internal constructor(what: What) : JetblobException(what)

    /** A bucket of this name exists, with another configuration. */
    public class BucketExists internal constructor(what: What) : JetblobException(what)

    /** An object of this name exists. */
    public class AlreadyExists internal constructor(what: What) : JetblobException(what)

    /** A bucket's or an object's name breaks the rules. Nothing was sent. */
    public class InvalidName internal constructor(what: What) : JetblobException(what)

    /** A bucket's configuration can't be. Nothing was changed. */
    public class InvalidConfig internal constructor(what: What) : JetblobException(what)

    /** An argument can't be. Nothing was changed. */
    public class InvalidArgument internal constructor(what: What) : JetblobException(what)

    /** A put or an update of something that says it is a link. Nothing was sent. */
    public class LinkNotAllowed internal constructor(what: What) : JetblobException(what)

    /** The target of a link is deleted. */
    public class LinkToDeleted internal constructor(what: What) : JetblobException(what)

    /** The target of a link is a link itself. */
    public class LinkToLink internal constructor(what: What) : JetblobException(what)

    /** The entry is a link to the whole bucket [target], which has no bytes. */
    public class IsBucketLink internal constructor(what: What, public val target: String) : JetblobException(what)

    /** Links that lead in a circle, or through more than 8 others. */
    public class LinkLoop internal constructor(what: What) : JetblobException(what)

    /** A conditional write found something else than revision [expected] under the name, 0 for none. Nothing of it is left. */
    public class Conflict internal constructor(what: What, public val expected: Long) : JetblobException(what)

    /**
     * Whether the write took effect could not be learned in time. Nothing was removed: the object is either the old or
     * the new one, whole. [Bucket.resolve] tells later which. [nuid] is the id of the blob that the name didn't have before,
     * if there is one; [revisionBefore] the revision that the write was to replace, 0 for none.
     */
    public class Unknown internal constructor(
        what: What,
        public val operation: String,
        public val nuid: String?,
        public val revisionBefore: Long,
    ) : JetblobException(what)

    /** The bucket is sealed: nothing can be written. */
    public class Sealed internal constructor(what: What) : JetblobException(what)

    /** The bucket, the account or the disk is full. What was stored before is untouched. */
    public class QuotaExceeded internal constructor(what: What) : JetblobException(what)

    /** The bytes are not those that were put: their digest is [actual], and should be [expected]. */
    public class DigestMismatch internal constructor(
        what: What,
        public val expected: String,
        public val actual: String,
    ) : JetblobException(what)

    /** Chunks of the object are gone from the store: of [size] bytes [received] are there. */
    public class DataMissing internal constructor(
        what: What,
        public val size: Long,
        public val received: Long,
    ) : JetblobException(what)

    /** The object was replaced while it was being read. */
    public class ObjectChanged internal constructor(what: What) : JetblobException(what)

    /** The object's record makes no sense. */
    public class BadMeta internal constructor(what: What) : JetblobException(what)

    /** The server or the system forbids it. [subject] is the denied subject or path. */
    public class PermissionDenied internal constructor(what: What, public val subject: String) : JetblobException(what)

    /** The server doesn't accept the credentials. */
    public class Unauthenticated internal constructor(what: What) : JetblobException(what)

    /** The connection can't be encrypted as asked. */
    public class Tls internal constructor(what: What) : JetblobException(what)

    /** The server has no JetStream for this account, domain or API prefix. */
    public class JetStreamNotEnabled internal constructor(what: What) : JetblobException(what)

    /** Nothing happened for as long as the idle limit allows. */
    public class Timeout internal constructor(what: What) : JetblobException(what)

    /** The server can't be reached, or has no leader now. */
    public class Unavailable internal constructor(what: What) : JetblobException(what)

    /** The bucket was deleted while it was in use. */
    public class BucketDeleted internal constructor(what: What) : JetblobException(what)

    /** The store or the upload is closed. */
    public class Closed internal constructor(what: What) : JetblobException(what)

    /** Reading a body, or writing a file, failed. */
    public class Io internal constructor(what: What) : JetblobException(what)

    /** The server refused for a reason of its own, which it gives with [serverCode]. */
    public class Server internal constructor(what: What, public val serverCode: Long) : JetblobException(what)

    /** An error of a code that this version doesn't know. */
    public class Other internal constructor(what: What) : JetblobException(what)
}

/** The exception that the library's failure is. */
internal fun Failure.lifted(): Exception = when (this) {
    is Failure.Failed -> lifted(JetblobException.What(code, text, retryable, bucket, name), details)
    is Failure.Cancelled -> kotlin.coroutines.cancellation.CancellationException("the call was given up")
}

private fun lifted(what: JetblobException.What, details: Details): JetblobException = when (details) {
    is Details.Deleted -> JetblobException.NotFound(what, details.deleted)
    is Details.Target -> JetblobException.IsBucketLink(what, details.target)
    is Details.Expected -> JetblobException.Conflict(what, details.revision)
    is Details.Unknown -> JetblobException.Unknown(what, details.operation, details.nuid, details.revisionBefore)
    is Details.Digests -> JetblobException.DigestMismatch(what, details.expected, details.actual)
    is Details.Missing -> JetblobException.DataMissing(what, details.size, details.received)
    is Details.Denied -> JetblobException.PermissionDenied(what, details.subject)
    is Details.ServerCode -> JetblobException.Server(what, details.code)
    is Details.None -> lifted(what)
}

private fun lifted(what: JetblobException.What): JetblobException = when (what.code) {
    "bucket_not_found" -> JetblobException.BucketNotFound(what)
    "bucket_exists" -> JetblobException.BucketExists(what)
    "already_exists" -> JetblobException.AlreadyExists(what)
    "invalid_name" -> JetblobException.InvalidName(what)
    "invalid_config" -> JetblobException.InvalidConfig(what)
    "invalid_argument" -> JetblobException.InvalidArgument(what)
    "link_not_allowed" -> JetblobException.LinkNotAllowed(what)
    "link_to_deleted" -> JetblobException.LinkToDeleted(what)
    "link_to_link" -> JetblobException.LinkToLink(what)
    "link_loop" -> JetblobException.LinkLoop(what)
    "sealed" -> JetblobException.Sealed(what)
    "quota_exceeded" -> JetblobException.QuotaExceeded(what)
    "object_changed" -> JetblobException.ObjectChanged(what)
    "bad_meta" -> JetblobException.BadMeta(what)
    "unauthenticated" -> JetblobException.Unauthenticated(what)
    "tls" -> JetblobException.Tls(what)
    "jetstream_not_enabled" -> JetblobException.JetStreamNotEnabled(what)
    "timeout" -> JetblobException.Timeout(what)
    "unavailable" -> JetblobException.Unavailable(what)
    "bucket_deleted" -> JetblobException.BucketDeleted(what)
    "closed" -> JetblobException.Closed(what)
    "io" -> JetblobException.Io(what)
    else -> JetblobException.Other(what)
}

/** Says that there is nothing to resolve. */
internal fun notUnknown(error: JetblobException): JetblobException {
    val text = "invalid error to resolve: its code is ${error.code}, not unknown"
    return JetblobException.InvalidArgument(JetblobException.What("invalid_argument", text, false, null, null))
}
