import Foundation
import JetblobNative

/// A place that holds buckets: a NATS account with JetStream, or a directory. Open it with ``open(_:options:)-(String,_)``.
/// It may be used by any number of tasks at a time.
///
/// A task that is cancelled gives up what it waits for, at the server too; a commit that was begun is brought to its end.
public final class Store: Sendable {
  private let native: JetblobNative.Store

  private init(_ native: JetblobNative.Store) {
    self.native = native
  }

  /// Opens a store.
  ///
  /// Fails with ``JetblobError/Code/invalidArgument`` for what makes no sense, with ``JetblobError/Code/unavailable`` if no
  /// server answers, with ``JetblobError/Code/unauthenticated`` and ``JetblobError/Code/tls``.
  ///
  /// - Parameter url: `nats://`, `tls://`, `ws://` and `wss://` are servers (several are separated by commas); `file:` and
  ///   plain paths are a directory, which is made if it isn't there.
  public static func open(_ url: String, options: StoreOptions = StoreOptions()) async throws -> Store {
    try await call { Store(try await JetblobNative.open(url: url, options: options, cancellation: $0)) }
  }

  /// Opens a local store in this directory, which is made if it isn't there.
  ///
  /// On iOS, take one that is excluded from backups (`URLResourceValues.isExcludedFromBackup`) if what is in it can be had
  /// again, and whose protection class is `completeUntilFirstUserAuthentication`; see ``suspend()``.
  public static func open(_ directory: URL) async throws -> Store {
    try await open(directory.standardizedFileURL.path)
  }

  /// Opens the server that a context of the `nats` command names. The options win over what the context says.
  ///
  /// Fails as `open` does, and with ``JetblobError/Code/invalidArgument`` if there is no such context, or it makes no sense.
  public static func openContext(_ context: String, options: StoreOptions = StoreOptions()) async throws -> Store {
    try await call {
      Store(try await JetblobNative.openContext(context: context, options: options, cancellation: $0))
    }
  }

  /// Opens the store that is meant where none is named, as the `jetblob` command does: `$JETBLOB_STORE`, `$NATS_CONTEXT`,
  /// `$NATS_URL`, the selected context of the `nats` command, or the data directory `~/.local/share/jetblob`, whichever is
  /// first.
  public static func openDefault(options: StoreOptions = StoreOptions()) async throws -> Store {
    try await call { Store(try await JetblobNative.openDefault(options: options, cancellation: $0)) }
  }

  /// Creates a bucket. One that exists with the same configuration is fine; with another one:
  /// ``JetblobError/Code/bucketExists``. Fails with ``JetblobError/Code/invalidName`` and
  /// ``JetblobError/Code/invalidConfig``.
  @discardableResult
  public func createBucket(_ config: some BucketConfigConvertible) async throws -> Bucket {
    let native = native
    return try await call {
      Bucket(try await native.createBucket(config: config.bucketConfig, cancellation: $0))
    }
  }

  /// Changes the configuration of a bucket into this one, and keeps what ``BucketConfig`` doesn't know. To change one thing,
  /// begin with what is there: `bucket.status().config`.
  ///
  /// Fails with ``JetblobError/Code/bucketNotFound``, ``JetblobError/Code/sealed``, and with
  /// ``JetblobError/Code/invalidConfig`` where the server refuses the change, in its words.
  @discardableResult
  public func updateBucket(_ config: some BucketConfigConvertible) async throws -> Bucket {
    let native = native
    return try await call {
      Bucket(try await native.updateBucket(config: config.bucketConfig, cancellation: $0))
    }
  }

  /// Creates a bucket, or changes the configuration of the one that exists into this one.
  @discardableResult
  public func createOrUpdateBucket(_ config: some BucketConfigConvertible) async throws -> Bucket {
    let native = native
    return try await call {
      Bucket(try await native.createOrUpdateBucket(config: config.bucketConfig, cancellation: $0))
    }
  }

  /// Gives a bucket that exists. Fails with ``JetblobError/Code/bucketNotFound``.
  public func bucket(_ name: String) async throws -> Bucket {
    let native = native
    return try await call { Bucket(try await native.bucket(name: name, cancellation: $0)) }
  }

  /// Removes a bucket and all that is in it. Fails with ``JetblobError/Code/bucketNotFound``.
  public func deleteBucket(_ name: String) async throws {
    let native = native
    try await call { try await native.deleteBucket(name: name, cancellation: $0) }
  }

  /// Lists the names of all buckets, in no promised order.
  public func bucketNames() -> Items<String> {
    Items { [native] in
      let names = native.bucketNames()
      return Batches(
        next: { try await names.nextBatch(received: nil, cancellation: $0) }, end: { names.end() })
    }
  }

  /// Lists the statuses of all buckets, in no promised order.
  public func buckets() -> Items<BucketStatus> {
    Items { [native] in
      let statuses = native.buckets()
      return Batches(
        next: { try await statuses.nextBatch(received: nil, cancellation: $0) }, end: { statuses.end() })
    }
  }

  /// Lets go of all files of a local store, until it is resumed, also in a task that is cancelled.
  ///
  /// To be awaited before iOS freezes the app, inside a background task (`beginBackgroundTask`): an app that is frozen while
  /// it holds a lock on a file in the container of an app group is killed, with `0xdead10cc`.
  ///
  /// When it returns, this store has no file of its directory open or locked. Commits that were begun are brought to their
  /// end. A put that had not come to its commit fails with ``JetblobError/Code/unavailable``, and nothing of it is stored;
  /// so do all calls until ``resume()``. Objects that are being read, lists and watches wait, and go on after it; but an
  /// object that is replaced or deleted after it, while it is read, fails with ``JetblobError/Code/objectChanged`` or
  /// ``JetblobError/Code/notFound``. On a server's store it has no effect: there is nothing to let go of, and calls go on.
  ///
  /// Fails with ``JetblobError/Code/closed``, and with ``JetblobError/Code/timeout`` if a disk or another process held
  /// something up for 30 seconds; the store is suspended then all the same.
  ///
  /// While the app is in the background the device may be locked. Files are readable then only if their protection class
  /// allows it: give the directory of the store `FileProtectionType.completeUntilFirstUserAuthentication`, which is what iOS
  /// gives files by default, and never `.complete` or `.completeUnlessOpen`, which cut the database off at any moment.
  public func suspend() async throws {
    do {
      try await native.suspend()
    } catch let failure as Failure {
      throw failure.lifted
    }
  }

  /// Ends a suspension. Files are opened again when they are needed. It has no effect on a store that isn't suspended, and
  /// on one that is closed.
  public func resume() {
    native.resume()
  }

  /// Finishes what is under way in the background, also in a task that is cancelled, and lets go of the connection or the
  /// directory. An upload that nobody has finished is given up.
  public func close() async {
    try? await native.shutDown(cancellation: nil)
  }
}
