package io.jetblob

/** How to reach and use a NATS account. The defaults suit a server without credentials; a local store needs none of it. */
public typealias StoreOptions = io.jetblob.ffi.StoreOptions

/** Who connects, and their password. */
public typealias UserAndPassword = io.jetblob.ffi.UserAndPassword

/** The client's own certificate and key, as paths of files in PEM. */
public typealias ClientCertificate = io.jetblob.ffi.ClientCertificate

/** How a bucket is to be. Where nothing but the name is to be said, a string will do. */
public typealias BucketConfig = io.jetblob.ffi.BucketConfig

/** Which servers of a cluster may hold a bucket. */
public typealias Placement = io.jetblob.ffi.Placement

/** What a server keeps a bucket in: `FILE` or `MEMORY`. */
public typealias Storage = io.jetblob.ffi.Storage

/** How a bucket is. */
public typealias BucketStatus = io.jetblob.ffi.BucketStatus

/** What the caller says of an object. Where nothing but the name is to be said, a string will do. */
public typealias ObjectMeta = io.jetblob.ffi.ObjectMeta

/** What a link points to: an object, or a whole bucket. */
public typealias Link = io.jetblob.ffi.Link

/** What the store tells of an object, a link or a deleted object. */
public typealias ObjectInfo = io.jetblob.ffi.ObjectInfo

/**
 * How fresh a record must be: `READ_YOUR_WRITES`, never older than what was written through the same bucket, or the newest
 * there is, from the `LEADER`.
 */
public typealias Consistency = io.jetblob.ffi.Consistency

/**
 * How much of a bucket is examined, each level with those before it: the `SETTINGS` of the store alone; the `STRUCTURE`, all
 * records and links, and how many bytes there are of each object; the `DATA`, every byte.
 */
public typealias CheckLevel = io.jetblob.ffi.CheckLevel

/** What a check has examined. */
public typealias CheckReport = io.jetblob.ffi.CheckReport

/** Something in a bucket that is not as it should be. */
public typealias Finding = io.jetblob.ffi.Finding

/** A kind of [Finding]. */
public typealias FindingKind = io.jetblob.ffi.FindingKind

/** What [Bucket.gc] did. */
public typealias GcReport = io.jetblob.ffi.GcReport

/** Bytes that no object has, and that nobody has written to for a while. */
public typealias Orphan = io.jetblob.ffi.Orphan

/** The configuration as it is, to change something of it with `copy` and update the bucket. */
public val BucketStatus.config: BucketConfig
    get() = BucketConfig(
        bucket, description, ttl, maxBytes, storage, replicas, placement, compressed, metadata, plain,
    )

/** What a caller would say to put an object like this; `copy` changes something of it. */
public val ObjectInfo.meta: ObjectMeta
    get() = ObjectMeta(name, description, headers, metadata, chunkSize?.takeIf { it > 0 }, link)
