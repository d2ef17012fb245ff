/// What a watch tells.
public enum WatchEvent: Sendable, Equatable {
  /// An object was written or deleted.
  case object(ObjectInfo)
  /// All that was there when the watch began has been told; what follows is new.
  case caughtUp
}

/// The changes of a bucket, as they are made, see `Bucket.watch`.
public typealias Watch = Items<WatchEvent>
