package io.jetblob

/** What a watch tells. */
public sealed interface WatchEvent {
    /** An object was written or deleted. */
    public data class Object(val info: ObjectInfo) : WatchEvent

    /** All that was there when the watch began has been told; what follows is new. */
    public data object CaughtUp : WatchEvent
}

/** The changes of a bucket, as they are made, see [Bucket.watch]. */
public class Watch internal constructor(begun: Batches<WatchEvent>) : Items<WatchEvent>({ begun })
