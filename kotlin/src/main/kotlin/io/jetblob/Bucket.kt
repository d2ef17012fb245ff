package io.jetblob

import io.jetblob.ffi.CheckOptions
import io.jetblob.ffi.GcOptions
import io.jetblob.ffi.GetOptions
import io.jetblob.ffi.InfoOptions
import io.jetblob.ffi.PutOptions
import io.jetblob.ffi.UnknownEnd
import io.jetblob.ffi.WatchOptions
import io.jetblob.ffi.WriteOptions
import java.nio.file.Path
import kotlin.time.Duration
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.withContext

/**
 * A named collection of objects, of a [Store]. Where a method takes `meta`, that is an [ObjectMeta], or the name alone.
 *
 * `ifAbsent` lets a write take effect only if the name is free, `ifRevision` only over this revision; else it is a
 * [JetblobException.Conflict]. A coroutine that is cancelled gives up what it waits for, at the server too; a commit that
 * was begun is brought to its end.
 */
public class Bucket internal constructor(private val native: io.jetblob.ffi.Bucket) {
    /** The bucket's name. */
    public val name: String = native.name()

    /** Tells how the bucket is. */
    public suspend fun status(): BucketStatus = call { native.status(null) }

    /** Makes the bucket read-only, for ever, and tells how it is then. */
    public suspend fun seal(): BucketStatus = call { native.seal(null) }

    /**
     * Stores an object; an object or link of that name is replaced.
     *
     * [expires]: how long the object lives; a server counts in whole seconds, and rounds up. [progress] is told how many
     * bytes were taken so far.
     *
     * When it returns, every byte is stored as safely as the store promises, and the new object is visible. When it fails,
     * the old one is as it was, and what was sent is removed; but for [JetblobException.Unknown], which says that it could
     * not be learned which of the two it is. What [body] or [progress] throws comes out as it is.
     *
     * Fails with [JetblobException.InvalidName], [JetblobException.Sealed], [JetblobException.QuotaExceeded],
     * [JetblobException.BucketDeleted], [JetblobException.Conflict], [JetblobException.Io] for a file that can't be read, and
     * with [JetblobException.LinkNotAllowed] if [meta] was taken from a link.
     */
    public suspend fun put(
        meta: ObjectMeta,
        body: Body,
        ifAbsent: Boolean = false,
        ifRevision: Long? = null,
        expires: Duration? = null,
        progress: ((Long) -> Unit)? = null,
    ): ObjectInfo {
        val options = PutOptions(WriteOptions(ifAbsent, ifRevision), expires)
        return when (body) {
            is Body.Bytes -> telling(progress) { native.putBytes(meta, body.bytes.given(), options, it, null) }
            is Body.OfFile -> telling(progress) { native.putFile(meta, body.path.toString(), options, it, null) }
            is Body.Pieces -> put(meta, ifAbsent, ifRevision, expires, progress) { body.pieces.collect(::write) }
        }
    }

    /** Stores an object of this name. See [put]. */
    public suspend fun put(
        name: String,
        body: Body,
        ifAbsent: Boolean = false,
        ifRevision: Long? = null,
        expires: Duration? = null,
        progress: ((Long) -> Unit)? = null,
    ): ObjectInfo = put(ObjectMeta(name), body, ifAbsent, ifRevision, expires, progress)

    /** Stores what [write] writes. What it throws comes out as it is, and nothing is stored. See [put]. */
    public suspend fun put(
        meta: ObjectMeta,
        ifAbsent: Boolean = false,
        ifRevision: Long? = null,
        expires: Duration? = null,
        progress: ((Long) -> Unit)? = null,
        write: suspend Upload.() -> Unit,
    ): ObjectInfo {
        val upload = upload(meta, ifAbsent, ifRevision, expires, progress)
        try {
            upload.write()
            return upload.finish()
        } catch (cancelled: CancellationException) {
            upload.giveUp()
            throw cancelled
        } catch (error: Throwable) {
            withContext(NonCancellable) { upload.abort() }
            throw error
        }
    }

    /** Stores what [write] writes under this name. What it throws comes out as it is, and nothing is stored. See [put]. */
    public suspend fun put(
        name: String,
        ifAbsent: Boolean = false,
        ifRevision: Long? = null,
        expires: Duration? = null,
        progress: ((Long) -> Unit)? = null,
        write: suspend Upload.() -> Unit,
    ): ObjectInfo = put(ObjectMeta(name), ifAbsent, ifRevision, expires, progress, write)

    /** Stores these bytes. See [put]. */
    public suspend fun putBytes(meta: ObjectMeta, data: ByteArray): ObjectInfo = put(meta, data.asBody())

    /** Stores these bytes. See [put]. */
    public suspend fun putBytes(name: String, data: ByteArray): ObjectInfo = putBytes(ObjectMeta(name), data)

    /** Stores this text as UTF-8. See [put]. */
    public suspend fun putString(meta: ObjectMeta, text: String): ObjectInfo = putBytes(meta, text.encodeToByteArray())

    /** Stores this text as UTF-8. See [put]. */
    public suspend fun putString(name: String, text: String): ObjectInfo = putString(ObjectMeta(name), text)

    /** Stores the contents of a file, under its path as it is given if there is no [meta]. See [put]. */
    public suspend fun putFile(path: Path, meta: ObjectMeta = ObjectMeta(path.toString())): ObjectInfo =
        put(meta, path.asBody())

    /** Stores the contents of a file under this name. See [put]. */
    public suspend fun putFile(path: Path, name: String): ObjectInfo = putFile(path, ObjectMeta(name))

    /** Begins an upload: write to it, then finish it. The options are those of [put]. */
    public fun upload(
        meta: ObjectMeta,
        ifAbsent: Boolean = false,
        ifRevision: Long? = null,
        expires: Duration? = null,
        progress: ((Long) -> Unit)? = null,
    ): Upload {
        val options = PutOptions(WriteOptions(ifAbsent, ifRevision), expires)
        return Upload(failing { native.upload(meta, options) }, progress)
    }

    /** Begins an upload of this name. */
    public fun upload(
        name: String,
        ifAbsent: Boolean = false,
        ifRevision: Long? = null,
        expires: Duration? = null,
        progress: ((Long) -> Unit)? = null,
    ): Upload = upload(ObjectMeta(name), ifAbsent, ifRevision, expires, progress)

    /**
     * Opens an object; collect it, or leave it by `use`, to have it closed at the end. Links are followed.
     *
     * [range]: only these bytes. [showDeleted]: a deleted object is one without bytes, not an error. [ignoreDigest]: hand
     * out what is there, though it isn't what was put.
     *
     * Fails with [JetblobException.NotFound], [JetblobException.InvalidArgument] for a range that begins beyond the end,
     * [JetblobException.IsBucketLink], [JetblobException.LinkLoop], [JetblobException.BadMeta]; and then or later with
     * [JetblobException.DigestMismatch], [JetblobException.DataMissing], [JetblobException.ObjectChanged].
     */
    public suspend fun get(
        name: String,
        range: ByteRange = ByteRange.All,
        showDeleted: Boolean = false,
        consistency: Consistency = Consistency.READ_YOUR_WRITES,
        ignoreDigest: Boolean = false,
    ): Object = call {
        Object(native.get(name, GetOptions(InfoOptions(showDeleted, consistency), range.lowered(), ignoreDigest), null))
    }

    /** Reads an object into memory. See [get]. */
    public suspend fun getBytes(
        name: String,
        range: ByteRange = ByteRange.All,
        showDeleted: Boolean = false,
        consistency: Consistency = Consistency.READ_YOUR_WRITES,
        ignoreDigest: Boolean = false,
    ): ByteArray = call {
        val options = GetOptions(InfoOptions(showDeleted, consistency), range.lowered(), ignoreDigest)
        native.getBytes(name, options, null).taken()
    }

    /** Reads an object as UTF-8 text. See [get]. Fails with [JetblobException.InvalidArgument] if it is none. */
    public suspend fun getString(
        name: String,
        range: ByteRange = ByteRange.All,
        showDeleted: Boolean = false,
        consistency: Consistency = Consistency.READ_YOUR_WRITES,
        ignoreDigest: Boolean = false,
    ): String = call {
        native.getString(name, GetOptions(InfoOptions(showDeleted, consistency), range.lowered(), ignoreDigest), null)
    }

    /**
     * Reads an object into a file, which appears, or is replaced, when it is whole and verified. See [get].
     *
     * [progress] is told how many bytes came so far.
     */
    public suspend fun getFile(
        name: String,
        path: Path,
        range: ByteRange = ByteRange.All,
        showDeleted: Boolean = false,
        consistency: Consistency = Consistency.READ_YOUR_WRITES,
        ignoreDigest: Boolean = false,
        progress: ((Long) -> Unit)? = null,
    ): ObjectInfo {
        val options = GetOptions(InfoOptions(showDeleted, consistency), range.lowered(), ignoreDigest)
        return telling(progress) { native.getFile(name, path.toString(), options, it, null) }
    }

    /** Tells of an object or a link, which is not followed. [showDeleted]: of a deleted one, too. */
    public suspend fun info(
        name: String,
        showDeleted: Boolean = false,
        consistency: Consistency = Consistency.READ_YOUR_WRITES,
    ): ObjectInfo = call { native.info(name, InfoOptions(showDeleted, consistency), null) }

    /**
     * Replaces name, description, headers and metadata of an object or link by those of [meta]; its bytes stay.
     *
     * Fails with [JetblobException.NotFound], and with [JetblobException.AlreadyExists] if the new name is taken.
     */
    public suspend fun updateMeta(name: String, meta: ObjectMeta, ifRevision: Long? = null): ObjectInfo =
        call { native.updateMeta(name, meta, WriteOptions(false, ifRevision), null) }

    /** Gives an object or link another name alone, without description, headers and metadata. See [updateMeta]. */
    public suspend fun updateMeta(name: String, newName: String, ifRevision: Long? = null): ObjectInfo =
        updateMeta(name, ObjectMeta(newName), ifRevision)

    /** Gives an object or link another name, and keeps all else. Fails as [updateMeta] does. */
    public suspend fun rename(name: String, newName: String, ifRevision: Long? = null): ObjectInfo =
        call { native.rename(name, newName, WriteOptions(false, ifRevision), null) }

    /**
     * Deletes an object or a link, and tells what is left of it. What is deleted already is fine; what never was is a
     * [JetblobException.NotFound].
     */
    public suspend fun delete(name: String, ifRevision: Long? = null): ObjectInfo =
        call { native.delete(name, WriteOptions(false, ifRevision), null) }

    /**
     * Deletes an object or a link, or the marker of a deleted one; the marker that tells watchers of it goes after a day. Fails
     * with [JetblobException.NotFound] if there isn't even a marker.
     */
    public suspend fun purge(name: String, ifRevision: Long? = null): Unit =
        call { native.purge(name, WriteOptions(false, ifRevision), null) }

    /**
     * Links to an object, of this or another bucket. A link or a deleted object of that name is replaced.
     *
     * Fails with [JetblobException.AlreadyExists] if an object has the name, with [JetblobException.LinkToDeleted],
     * [JetblobException.LinkToLink], and with [JetblobException.LinkLoop] for a link to itself.
     */
    public suspend fun addLink(
        meta: ObjectMeta,
        target: ObjectInfo,
        ifAbsent: Boolean = false,
        ifRevision: Long? = null,
    ): ObjectInfo = call { native.addLink(meta, target, WriteOptions(ifAbsent, ifRevision), null) }

    /** Links to an object under this name. See [addLink]. */
    public suspend fun addLink(
        name: String,
        target: ObjectInfo,
        ifAbsent: Boolean = false,
        ifRevision: Long? = null,
    ): ObjectInfo = addLink(ObjectMeta(name), target, ifAbsent, ifRevision)

    /** Links to a whole bucket. See [addLink]. */
    public suspend fun addBucketLink(
        meta: ObjectMeta,
        target: Bucket,
        ifAbsent: Boolean = false,
        ifRevision: Long? = null,
    ): ObjectInfo = call { native.addBucketLink(meta, target.native, WriteOptions(ifAbsent, ifRevision), null) }

    /** Links to a whole bucket under this name. See [addLink]. */
    public suspend fun addBucketLink(
        name: String,
        target: Bucket,
        ifAbsent: Boolean = false,
        ifRevision: Long? = null,
    ): ObjectInfo = addBucketLink(ObjectMeta(name), target, ifAbsent, ifRevision)

    /**
     * Lists objects and links, each once, in no promised order. An empty bucket gives none.
     *
     * What changes meanwhile is told as it was or as it is; an object that is renamed meanwhile may be told under both
     * names, or under neither.
     *
     * [prefix]: only names that begin with it. [showDeleted]: deleted objects too, as far as they are known.
     */
    public fun list(prefix: String = "", showDeleted: Boolean = false): Items<ObjectInfo> = Items {
        val infos = native.list(prefix, showDeleted)
        object : Batches<ObjectInfo> {
            override suspend fun next(received: Long) = infos.nextBatch(received, null)

            override fun end() = infos.end()
        }
    }

    /**
     * Watches the bucket: what is there, and what changes.
     *
     * A flow of each object, link and deleted object as it is now, in the order in which they were written; then of
     * [WatchEvent.CaughtUp]; then of every write, whoever makes it, for as long as it is asked.
     *
     * What is written after this returns is told. Nothing is lost or told twice when the connection or the server goes away
     * and comes back; but an object that is written several times before it is told may be told only as it is then.
     *
     * [includeHistory]: begin with all that the store still has of each name. [ignoreDeletes]: leave deleted objects out.
     * [updatesOnly]: leave out what is there, and the marker. [after]: begin with what was written after this revision, to go
     * on where an earlier watch ended.
     *
     * A record that makes no sense is a [JetblobException.BadMeta]; the others still follow, by [Watch.next]. Any other error
     * ends it: [JetblobException.BucketDeleted], and [JetblobException.Unavailable] when no server was there for the idle
     * limit.
     */
    public suspend fun watch(
        prefix: String = "",
        includeHistory: Boolean = false,
        ignoreDeletes: Boolean = false,
        updatesOnly: Boolean = false,
        after: Long? = null,
    ): Watch {
        val options = WatchOptions(prefix, includeHistory, ignoreDeletes, updatesOnly, after)
        val events = call { native.watch(options, null) }
        return Watch(
            object : Batches<WatchEvent> {
                override suspend fun next(received: Long) = events.nextBatch(received, null).map { event ->
                    event.`object`?.let(WatchEvent::Object) ?: WatchEvent.CaughtUp
                }

                override fun end() = events.end()
            },
        )
    }

    /**
     * Examines the bucket, and tells of everything in it that is not as it should be, as it is found. Nothing is changed.
     *
     * What others do meanwhile is no finding. Records that make no sense are findings like others; an exception is of the
     * store itself, and ends the check. It takes about a hundred bytes of memory for each blob, the bytes of one put; at the
     * level of data also what four transfers have under way.
     *
     * [level]: how much: the structure if not given, and the data with a subset. [subset]: of which objects the bytes are
     * read, if not of all. [seed]: by which number the subset is chosen, not negative. [grace]: how long nobody must have
     * written to bytes that no object has before they are an orphan, and not a put under way; 24 hours if not given.
     *
     * Fails with [JetblobException.InvalidArgument] for a subset at another level than data, or one that can't be.
     */
    public fun check(
        level: CheckLevel? = null,
        subset: Subset? = null,
        seed: Long = 0,
        grace: Duration? = null,
    ): Check = failing { Check(native.check(CheckOptions(level, subset?.lowered(), seed, grace))) }

    /**
     * Removes the bytes that no object has: of puts that were cut off, and of what other clients have replaced. Objects,
     * links and the markers of deleted ones stay, and anything else may go on beside it.
     *
     * It removes nothing unless it is certain. A record of which it can't be told which bytes it names is a
     * [JetblobException.BadMeta], and nothing is removed until that object is put anew or deleted. After any other
     * exception, also when it is cancelled, nothing more is removed either, and what was removed before belonged to no
     * object. On a local store there is seldom anything to remove, for it cleans up by itself.
     *
     * [grace]: how long nobody must have written to the bytes; 24 hours if not given. It must be longer than any put pauses
     * in the middle: a put that stands still for so long loses what it has sent. [dryRun]: remove nothing, and tell what
     * would be removed.
     *
     * Fails with [JetblobException.Sealed], and with [JetblobException.InvalidConfig] in a mirror.
     */
    public suspend fun gc(grace: Duration? = null, dryRun: Boolean = false): GcReport =
        call { native.gc(GcOptions(grace, dryRun), null) }

    /**
     * Tells how a write of this bucket ended whose answer never came, once the store answers again.
     *
     * Of a write that doesn't put or link anything it can tell that it took no effect, or that something did. Fails with
     * [JetblobException.InvalidArgument] for any error but [JetblobException.Unknown].
     */
    public suspend fun resolve(unknown: JetblobException): Resolved {
        if (unknown !is JetblobException.Unknown) throw notUnknown(unknown)
        val end = UnknownEnd(unknown.bucket, unknown.name, unknown.nuid, unknown.revisionBefore)
        return call { native.resolve(end, null).lifted() }
    }
}
