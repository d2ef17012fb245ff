import JetblobNative

/// How to reach and use a NATS account. The defaults suit a server without credentials; a local store needs none of it.
public typealias StoreOptions = JetblobNative.StoreOptions

/// Who connects, and their password.
public typealias UserAndPassword = JetblobNative.UserAndPassword

/// The client's own certificate and key, as paths of files in PEM.
public typealias ClientCertificate = JetblobNative.ClientCertificate

/// How a bucket is to be. Where nothing but the name is to be said, a string will do.
public typealias BucketConfig = JetblobNative.BucketConfig

/// Which servers of a cluster may hold a bucket.
public typealias Placement = JetblobNative.Placement

/// What a server keeps a bucket in: `.file` or `.memory`.
public typealias Storage = JetblobNative.Storage

/// How a bucket is.
public typealias BucketStatus = JetblobNative.BucketStatus

/// What the caller says of an object. Where nothing but the name is to be said, a string will do.
public typealias ObjectMeta = JetblobNative.ObjectMeta

/// What a link points to: an object, or a whole bucket.
public typealias Link = JetblobNative.Link

/// What the store tells of an object, a link or a deleted object.
public typealias ObjectInfo = JetblobNative.ObjectInfo

/// How fresh a record must be: `.readYourWrites`, never older than what was written through the same bucket, or the
/// newest there is, from the `.leader`.
public typealias Consistency = JetblobNative.Consistency

/// Which bytes of an object: `.all`, `.bounded(start:end:)`, without the end, `.from(start:)`, or the last ones,
/// `.suffix(count:)`. What it says beyond the end is left out.
public typealias ByteRange = JetblobNative.ByteRange

/// What became of a write whose end was not known, see ``Bucket/resolve(_:)``: `.committed(info:)`, it took effect, and
/// what it wrote is what stands there; `.notCommitted`; or `.changed(info:)`, something was written since, and nobody can
/// tell any more whether it stood there in between.
public typealias Resolved = JetblobNative.Resolved

/// How much of a bucket is examined, each level with those before it: the `.settings` of the store alone; the `.structure`,
/// all records and links, and how many bytes there are of each object; the `.data`, every byte.
public typealias CheckLevel = JetblobNative.CheckLevel

/// What a check has examined.
public typealias CheckReport = JetblobNative.CheckReport

/// Something in a bucket that is not as it should be.
public typealias Finding = JetblobNative.Finding

/// A kind of ``Finding``.
public typealias FindingKind = JetblobNative.FindingKind

/// What ``Bucket/gc(grace:dryRun:)`` did.
public typealias GcReport = JetblobNative.GcReport

/// Bytes that no object has, and that nobody has written to for a while.
public typealias Orphan = JetblobNative.Orphan

/// What says what an object is to be: an ``ObjectMeta``, or the name alone.
public protocol ObjectMetaConvertible: Sendable {
  /// What is said.
  var objectMeta: ObjectMeta { get }
}

extension ObjectMeta: ObjectMetaConvertible {
  public var objectMeta: ObjectMeta { self }
}

/// What says how a bucket is to be: a ``BucketConfig``, or the name alone.
public protocol BucketConfigConvertible: Sendable {
  /// What is said.
  var bucketConfig: BucketConfig { get }
}

extension BucketConfig: BucketConfigConvertible {
  public var bucketConfig: BucketConfig { self }
}

extension String: ObjectMetaConvertible, BucketConfigConvertible {
  public var objectMeta: ObjectMeta { ObjectMeta(name: self) }
  public var bucketConfig: BucketConfig { BucketConfig(name: self) }
}

extension BucketStatus {
  /// The configuration as it is, to change something of it and update the bucket.
  public var config: BucketConfig {
    BucketConfig(
      name: bucket, description: description, ttl: ttl, maxBytes: maxBytes, storage: storage, replicas: replicas,
      placement: placement, compression: compressed, metadata: metadata, plain: plain)
  }
}

extension ObjectInfo {
  /// What a caller would say to put an object like this.
  public var meta: ObjectMeta {
    ObjectMeta(
      name: name, description: description, headers: headers, metadata: metadata,
      chunkSize: chunkSize.flatMap { $0 > 0 ? $0 : nil }, link: link)
  }
}
