import Foundation
import JetblobNative

/// A named collection of objects, of a ``Store``. Where a method takes `meta`, that is an ``ObjectMeta``, or the name alone.
///
/// `ifAbsent` lets a write take effect only if the name is free, `ifRevision` only over this revision; else it is
/// ``JetblobError/Code/conflict``. A task that is cancelled gives up what it waits for, at the server too; a commit that was
/// begun is brought to its end.
public final class Bucket: Sendable {
  let native: JetblobNative.Bucket

  /// The bucket's name.
  public let name: String

  init(_ native: JetblobNative.Bucket) {
    self.native = native
    name = native.name()
  }

  /// Tells how the bucket is.
  public func status() async throws -> BucketStatus {
    let native = native
    return try await call { try await native.status(cancellation: $0) }
  }

  /// Makes the bucket read-only, for ever, and tells how it is then.
  @discardableResult
  public func seal() async throws -> BucketStatus {
    let native = native
    return try await call { try await native.seal(cancellation: $0) }
  }

  /// Tells of an object or a link, which is not followed.
  ///
  /// - Parameter showDeleted: tell of a deleted one, too.
  public func info(
    _ name: String, showDeleted: Bool = false, consistency: Consistency = .readYourWrites
  ) async throws -> ObjectInfo {
    let (native, options) = (native, InfoOptions(showDeleted: showDeleted, consistency: consistency))
    return try await call { try await native.info(name: name, options: options, cancellation: $0) }
  }

  /// Replaces name, description, headers and metadata of an object or link by those of `meta`; its bytes stay.
  ///
  /// Fails with ``JetblobError/Code/notFound``, and with ``JetblobError/Code/alreadyExists`` if the new name is taken.
  @discardableResult
  public func updateMeta(
    _ name: String, _ meta: some ObjectMetaConvertible, ifRevision: Int64? = nil
  ) async throws -> ObjectInfo {
    let (native, options) = (native, WriteOptions(ifAbsent: false, ifRevision: ifRevision))
    return try await call {
      try await native.updateMeta(name: name, meta: meta.objectMeta, options: options, cancellation: $0)
    }
  }

  /// Gives an object or link another name, and keeps all else. Fails as ``updateMeta(_:_:ifRevision:)`` does.
  @discardableResult
  public func rename(_ name: String, to newName: String, ifRevision: Int64? = nil) async throws -> ObjectInfo {
    let (native, options) = (native, WriteOptions(ifAbsent: false, ifRevision: ifRevision))
    return try await call {
      try await native.rename(name: name, newName: newName, options: options, cancellation: $0)
    }
  }

  /// Deletes an object or a link, and tells what is left of it. What is deleted already is fine; what never was is
  /// ``JetblobError/Code/notFound``.
  @discardableResult
  public func delete(_ name: String, ifRevision: Int64? = nil) async throws -> ObjectInfo {
    let (native, options) = (native, WriteOptions(ifAbsent: false, ifRevision: ifRevision))
    return try await call { try await native.delete(name: name, options: options, cancellation: $0) }
  }

  /// Deletes an object or a link, or the marker of a deleted one; the marker that tells watchers of it goes after a day. Fails
  /// with ``JetblobError/Code/notFound`` if there isn't even a marker.
  public func purge(_ name: String, ifRevision: Int64? = nil) async throws {
    let (native, options) = (native, WriteOptions(ifAbsent: false, ifRevision: ifRevision))
    try await call { try await native.purge(name: name, options: options, cancellation: $0) }
  }

  /// Links to an object, of this or another bucket. A link or a deleted object of that name is replaced.
  ///
  /// Fails with ``JetblobError/Code/alreadyExists`` if an object has the name, with ``JetblobError/Code/linkToDeleted``,
  /// ``JetblobError/Code/linkToLink``, and with ``JetblobError/Code/linkLoop`` for a link to itself.
  @discardableResult
  public func addLink(
    _ meta: some ObjectMetaConvertible, to target: ObjectInfo, ifAbsent: Bool = false, ifRevision: Int64? = nil
  ) async throws -> ObjectInfo {
    let (native, options) = (native, WriteOptions(ifAbsent: ifAbsent, ifRevision: ifRevision))
    return try await call {
      try await native.addLink(meta: meta.objectMeta, target: target, options: options, cancellation: $0)
    }
  }

  /// Links to a whole bucket. See ``addLink(_:to:ifAbsent:ifRevision:)``.
  @discardableResult
  public func addBucketLink(
    _ meta: some ObjectMetaConvertible, to target: Bucket, ifAbsent: Bool = false, ifRevision: Int64? = nil
  ) async throws -> ObjectInfo {
    let (native, options) = (native, WriteOptions(ifAbsent: ifAbsent, ifRevision: ifRevision))
    return try await call {
      try await native.addBucketLink(
        meta: meta.objectMeta, target: target.native, options: options, cancellation: $0)
    }
  }

  /// Lists objects and links, each once, in no promised order. An empty bucket gives none. It begins when it is first asked.
  ///
  /// What changes meanwhile is told as it was or as it is; an object that is renamed meanwhile may be told under both names,
  /// or under neither.
  ///
  /// - Parameters:
  ///   - prefix: only names that begin with it.
  ///   - showDeleted: deleted objects too, as far as they are known.
  public func list(prefix: String = "", showDeleted: Bool = false) -> Items<ObjectInfo> {
    Items { [native] in
      let infos = native.list(prefix: prefix, showDeleted: showDeleted)
      return Batches(
        next: { try await infos.nextBatch(received: nil, cancellation: $0) }, end: { infos.end() })
    }
  }

  /// Watches the bucket: what is there, and what changes.
  ///
  /// A sequence of each object, link and deleted object as it is now, in the order in which they were written; then of
  /// ``WatchEvent/caughtUp``; then of every write, whoever makes it, for as long as it is asked.
  ///
  /// What is written after this returns is told. Nothing is lost or told twice when the connection or the server goes away
  /// and comes back; but an object that is written several times before it is told may be told only as it is then.
  ///
  /// A record that makes no sense is ``JetblobError/Code/badMeta``; the others still follow, by ``Items/next()``. Any other
  /// error ends it: ``JetblobError/Code/bucketDeleted``, and ``JetblobError/Code/unavailable`` when no server was there for
  /// the idle limit.
  ///
  /// - Parameters:
  ///   - prefix: only names that begin with it.
  ///   - includeHistory: begin with all that the store still has of each name.
  ///   - ignoreDeletes: leave deleted objects out.
  ///   - updatesOnly: leave out what is there, and the marker.
  ///   - after: begin with what was written after this revision, to go on where an earlier watch ended.
  public func watch(
    prefix: String = "", includeHistory: Bool = false, ignoreDeletes: Bool = false, updatesOnly: Bool = false,
    after: Int64? = nil
  ) async throws -> Watch {
    let native = native
    let options = WatchOptions(
      prefix: prefix, includeHistory: includeHistory, ignoreDeletes: ignoreDeletes, updatesOnly: updatesOnly,
      after: after)
    let events = try await call { try await native.watch(options: options, cancellation: $0) }
    let batches = Batches(
      next: {
        try await events.nextBatch(received: nil, cancellation: $0)
          .map { $0.object.map(WatchEvent.object) ?? .caughtUp }
      }, end: { events.end() })
    return Items(begun: batches)
  }

  /// Tells how a write of this bucket ended whose answer never came, once the store answers again.
  ///
  /// Of a write that doesn't put or link anything it can tell that it took no effect, or that something did. Fails with
  /// ``JetblobError/Code/invalidArgument`` for any error but ``JetblobError/Code/unknown``.
  public func resolve(_ unknown: JetblobError) async throws -> Resolved {
    guard case .unknown(_, let nuid, let revisionBefore) = unknown.details else {
      throw JetblobError(
        code: .invalidArgument,
        description: "invalid error to resolve: its code is \(unknown.code.rawValue), not unknown",
        isRetryable: false, bucket: nil, name: nil, details: .none)
    }
    let end = UnknownEnd(
      bucket: unknown.bucket, name: unknown.name, nuid: nuid, revisionBefore: revisionBefore)
    let native = native
    return try await call { try await native.resolve(unknown: end, cancellation: $0) }
  }
}
