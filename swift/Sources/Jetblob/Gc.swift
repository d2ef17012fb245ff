import JetblobNative

extension Bucket {
  /// Removes the bytes that no object has: of puts that were cut off, and of what other clients have replaced. Objects, links
  /// and the markers of deleted ones stay, and anything else may go on beside it.
  ///
  /// It removes nothing unless it is certain. A record of which it can't be told which bytes it names is
  /// ``JetblobError/Code/badMeta``, and nothing is removed until that object is put anew or deleted. After any other error,
  /// or when the task is cancelled, nothing more is removed either, and what was removed before belonged to no object. On a
  /// local store there is seldom anything to remove, for it cleans up by itself.
  ///
  /// Fails with ``JetblobError/Code/sealed``, and with ``JetblobError/Code/invalidConfig`` in a mirror.
  ///
  /// - Parameters:
  ///   - grace: how long nobody must have written to the bytes; 24 hours if not given. It must be longer than any put pauses
  ///     in the middle: a put that stands still for so long loses what it has sent.
  ///   - dryRun: remove nothing, and tell what would be removed.
  @discardableResult
  public func gc(grace: Duration? = nil, dryRun: Bool = false) async throws -> GcReport {
    let (native, options) = (native, GcOptions(grace: grace, dryRun: dryRun))
    return try await call { try await native.gc(options: options, cancellation: $0) }
  }
}
