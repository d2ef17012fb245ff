package io.jetblob

import java.nio.file.Path
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.withContext

/**
 * A place that holds buckets: a NATS account with JetStream, or a directory. Open it with [open]. It may be used by any
 * number of coroutines at a time.
 *
 * A coroutine that is cancelled gives up what it waits for, at the server too; a commit that was begun is brought to its end.
 */
public class Store private constructor(private val native: io.jetblob.ffi.Store) {
    public companion object {
        /**
         * Opens a store. [url]: `nats://`, `tls://`, `ws://` and `wss://` are servers (several are separated by commas);
         * `file:` and plain paths are a directory, which is made if it isn't there.
         *
         * Fails with [JetblobException.InvalidArgument] for what makes no sense, with [JetblobException.Unavailable] if no
         * server answers, with [JetblobException.Unauthenticated] and [JetblobException.Tls].
         */
        public suspend fun open(url: String, options: StoreOptions = StoreOptions()): Store =
            call { Store(io.jetblob.ffi.open(url, options, null)) }

        /** Opens a local store in this directory, which is made if it isn't there. See [open]. */
        public suspend fun open(directory: Path): Store = open(directory.toAbsolutePath().toString())

        /**
         * Opens the server that a context of the `nats` command names. See [open].
         *
         * The options win over what the context says. Fails with [JetblobException.InvalidArgument] if there is no such
         * context, or it makes no sense.
         */
        public suspend fun openContext(context: String, options: StoreOptions = StoreOptions()): Store =
            call { Store(io.jetblob.ffi.openContext(context, options, null)) }

        /**
         * Opens the store that is meant where none is named, as the `jetblob` command does. See [open].
         *
         * That is `$JETBLOB_STORE`, `$NATS_CONTEXT`, `$NATS_URL`, the selected context of the `nats` command, or the data
         * directory `~/.local/share/jetblob`, whichever is first.
         */
        public suspend fun openDefault(options: StoreOptions = StoreOptions()): Store =
            call { Store(io.jetblob.ffi.openDefault(options, null)) }
    }

    /**
     * Creates a bucket. One that exists with the same configuration is fine; with another one:
     * [JetblobException.BucketExists]. Fails with [JetblobException.InvalidName] and [JetblobException.InvalidConfig].
     */
    public suspend fun createBucket(config: BucketConfig): Bucket = call { Bucket(native.createBucket(config, null)) }

    /** Creates a bucket of this name, as buckets are. See [createBucket]. */
    public suspend fun createBucket(name: String): Bucket = createBucket(BucketConfig(name))

    /**
     * Changes the configuration of a bucket into this one, and keeps what [BucketConfig] doesn't know. To change one thing,
     * begin with what is there: `updateBucket(bucket.status().config.copy(ttl = 1.hours))`.
     *
     * Fails with [JetblobException.BucketNotFound], [JetblobException.Sealed], and with [JetblobException.InvalidConfig]
     * where the server refuses the change, in its words.
     */
    public suspend fun updateBucket(config: BucketConfig): Bucket = call { Bucket(native.updateBucket(config, null)) }

    /** Changes the configuration of a bucket into that of any other. See [updateBucket]. */
    public suspend fun updateBucket(name: String): Bucket = updateBucket(BucketConfig(name))

    /** Creates a bucket, or changes the configuration of the one that exists into this one. */
    public suspend fun createOrUpdateBucket(config: BucketConfig): Bucket =
        call { Bucket(native.createOrUpdateBucket(config, null)) }

    /** Creates a bucket of this name, or changes its configuration into that of any other. */
    public suspend fun createOrUpdateBucket(name: String): Bucket = createOrUpdateBucket(BucketConfig(name))

    /** Gives a bucket that exists. Fails with [JetblobException.BucketNotFound]. */
    public suspend fun bucket(name: String): Bucket = call { Bucket(native.bucket(name, null)) }

    /** Removes a bucket and all that is in it. Fails with [JetblobException.BucketNotFound]. */
    public suspend fun deleteBucket(name: String): Unit = call { native.deleteBucket(name, null) }

    /** Lists the names of all buckets, in no promised order. */
    public fun bucketNames(): Items<String> = Items {
        val names = native.bucketNames()
        object : Batches<String> {
            override suspend fun next(received: Long) = names.nextBatch(received, null)

            override fun end() = names.end()
        }
    }

    /** Lists the statuses of all buckets, in no promised order. */
    public fun buckets(): Items<BucketStatus> = Items {
        val statuses = native.buckets()
        object : Batches<BucketStatus> {
            override suspend fun next(received: Long) = statuses.nextBatch(received, null)

            override fun end() = statuses.end()
        }
    }

    /**
     * Lets go of all files of a local store, until it is resumed, also in a coroutine that is cancelled. For before the
     * system freezes the app, or another process is to have the files.
     *
     * When it returns, this store has no file of its directory open or locked. Commits that were begun are brought to their
     * end. A put that had not come to its commit fails with [JetblobException.Unavailable], and nothing of it is stored; so
     * do all calls until [resume]. Objects that are being read, lists and watches wait, and go on after it; but an object
     * that is replaced or deleted after it, while it is read, fails with [JetblobException.ObjectChanged] or
     * [JetblobException.NotFound]. On a server's store it has no effect: there is nothing to let go of, and calls go on.
     *
     * Fails with [JetblobException.Closed], and with [JetblobException.Timeout] if a disk or another process held something
     * up for 30 seconds; the store is suspended then all the same.
     */
    public suspend fun suspend(): Unit = withContext(NonCancellable) { failing { native.suspend() } }

    /**
     * Ends a suspension. Files are opened again when they are needed. It has no effect on a store that isn't suspended, and
     * on one that is closed.
     */
    public fun resume(): Unit = native.resume()

    /**
     * Finishes what is under way in the background, and lets go of the connection or the directory. An upload that nobody
     * has finished is given up.
     */
    public suspend fun close(): Unit = call { native.shutDown(null) }

    /** Runs [block] with this store, and closes it, however that ends. */
    public suspend inline fun <T> use(block: (Store) -> T): T =
        try {
            block(this)
        } finally {
            withContext(NonCancellable) { close() }
        }
}
