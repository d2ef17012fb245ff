package io.jetblob

/**
 * An object that is being pushed in, see [Bucket.upload]. Nothing of it is visible before it is finished.
 *
 * One that nobody has finished is given up when the store is closed, or when the garbage collector finds that it is
 * forgotten.
 */
public class Upload internal constructor(
    private val native: io.jetblob.ffi.Upload,
    private val progress: ((Long) -> Unit)?,
) {
    private var written = 0L

    /**
     * Hands bytes over; waits while too much is under way. They are copied: the array may be used again.
     *
     * Fails with the error of the put, once that has failed, and with [JetblobException.Closed] after the end. When it is
     * cancelled, the bytes were not taken.
     */
    public suspend fun write(data: ByteArray) {
        call { data.given().use { native.write(it, null) } }
        written += data.size
        progress?.invoke(written)
    }

    /** Commits the object, and tells what the store has of it. When it is cancelled, the upload is given up. */
    public suspend fun finish(): ObjectInfo = call { native.finish(null) }

    /** Gives the upload up, and waits until what was sent of it is removed. The old object is as it was. */
    public suspend fun abort(): Unit = call { native.abort() }

    /** Gives the upload up, and waits for nothing. */
    internal fun giveUp(): Unit = native.giveUp()
}
