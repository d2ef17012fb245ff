import Foundation
import JetblobNative

/// An object that is being pushed in, see `Bucket.upload`. Nothing of it is visible before it is finished. One that is
/// forgotten is given up, and so is one that nobody has finished when the store is closed.
public actor Upload {
  private let native: JetblobNative.Upload
  private let progress: ProgressFunction?
  private var written: Int64 = 0

  init(_ native: JetblobNative.Upload, _ progress: ProgressFunction?) {
    self.native = native
    self.progress = progress
  }

  /// Hands bytes over; waits while too much is under way.
  ///
  /// Fails with the error of the put, once that has failed, and with ``JetblobError/Code/closed`` after the end. When the
  /// task is cancelled, the bytes were not taken.
  public func write(_ data: Data) async throws {
    let (native, buffer) = (native, try data.given())
    try await call { try await native.write(data: buffer, cancellation: $0) }
    written += Int64(data.count)
    try progress?(written)
  }

  /// Commits the object, and tells what the store has of it. When the task is cancelled, the upload is given up.
  @discardableResult
  public func finish() async throws -> ObjectInfo {
    let native = native
    return try await call { try await native.finish(cancellation: $0) }
  }

  /// Gives the upload up, and waits until what was sent of it is removed. The old object is as it was.
  public func abort() async {
    try? await native.abort()
  }

  /// Gives the upload up, and waits for nothing.
  nonisolated func giveUp() {
    native.giveUp()
  }
}
