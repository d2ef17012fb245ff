import JetblobNative

/// Of which objects a check reads the bytes: chosen at random by a seed, the same for the same seed and the same objects.
public enum Subset: Sendable, Equatable {
  /// So many objects of a hundred.
  case percent(Double)
  /// One of several parts, counted from 1. Together they are all objects: a check of another part each night has read
  /// everything in the end.
  case part(Int64, of: Int64)
  /// Objects of about so many bytes together.
  case bytes(Int64)

  fileprivate var lowered: JetblobNative.Subset {
    switch self {
    case .percent(let percent): .percent(percent)
    case .part(let part, of: let count): .part(part, count)
    case .bytes(let bytes): .bytes(bytes)
    }
  }
}

/// The findings of an examination, once, as they are found, see ``Bucket/check(level:subset:seed:grace:)``.
///
/// It begins when it is first asked. To be forgotten, or closed, ends it, at the server too.
public final class Check: AsyncSequence, Sendable {
  private let native: JetblobNative.Check
  private let items: Items<Finding>

  fileprivate init(_ native: JetblobNative.Check) {
    self.native = native
    items = Items {
      let findings = native.findings()
      return Batches(
        next: { try await findings.nextBatch(received: nil, cancellation: $0) }, end: { findings.end() })
    }
  }

  /// What was examined so far; of the whole bucket, once there are no more findings.
  public var report: CheckReport { native.report() }

  /// The next finding, or `nil` at the end. When the task is cancelled, nothing is lost.
  public func next() async throws -> Finding? {
    try await items.next()
  }

  /// Ends it, at the server too. Who waits for a finding gets none.
  public func close() {
    items.close()
  }

  public func makeAsyncIterator() -> Items<Finding>.Iterator {
    items.makeAsyncIterator()
  }
}

extension Bucket {
  /// Examines the bucket, and tells of everything in it that is not as it should be, as it is found. Nothing is changed.
  ///
  /// What others do meanwhile is no finding. Records that make no sense are findings like others; an error is of the store
  /// itself, and ends the check. It takes about a hundred bytes of memory for each blob, the bytes of one put; at the level of
  /// data also what four transfers have under way.
  ///
  /// Fails with ``JetblobError/Code/invalidArgument`` for a subset at another level than data, or one that can't be.
  ///
  /// - Parameters:
  ///   - level: how much: the structure if not given, and the data with a subset.
  ///   - subset: of which objects the bytes are read, if not of all.
  ///   - seed: by which number the subset is chosen, not negative.
  ///   - grace: how long nobody must have written to bytes that no object has before they are an orphan, and not a put
  ///     under way; 24 hours if not given.
  public func check(
    level: CheckLevel? = nil, subset: Subset? = nil, seed: Int64 = 0, grace: Duration? = nil
  ) throws -> Check {
    let options = CheckOptions(level: level, subset: subset?.lowered, seed: seed, grace: grace)
    return Check(try failing { try native.check(options: options) })
  }
}
