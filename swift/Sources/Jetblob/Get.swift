import Foundation
import JetblobNative

extension Bucket {
  /// Opens an object. Links are followed.
  ///
  /// Fails with ``JetblobError/Code/notFound``, ``JetblobError/Code/invalidArgument`` for a range that begins beyond the end,
  /// ``JetblobError/Code/isBucketLink``, ``JetblobError/Code/linkLoop``, ``JetblobError/Code/badMeta``; and then or later with
  /// ``JetblobError/Code/digestMismatch``, ``JetblobError/Code/dataMissing``, ``JetblobError/Code/objectChanged``.
  ///
  /// - Parameters:
  ///   - range: only these bytes.
  ///   - showDeleted: a deleted object is one without bytes, not an error.
  ///   - ignoreDigest: hand out what is there, though it isn't what was put.
  public func get(
    _ name: String, range: ByteRange = .all, showDeleted: Bool = false,
    consistency: Consistency = .readYourWrites, ignoreDigest: Bool = false
  ) async throws -> Object {
    let (native, options) = (native, getOptions(range, showDeleted, consistency, ignoreDigest))
    return try await call {
      Object(try await native.get(name: name, options: options, cancellation: $0))
    }
  }

  /// Reads an object into memory. See ``get(_:range:showDeleted:consistency:ignoreDigest:)``.
  public func getBytes(
    _ name: String, range: ByteRange = .all, showDeleted: Bool = false,
    consistency: Consistency = .readYourWrites, ignoreDigest: Bool = false
  ) async throws -> Data {
    let (native, options) = (native, getOptions(range, showDeleted, consistency, ignoreDigest))
    return try await call {
      try await native.getBytes(name: name, options: options, cancellation: $0).data
    }
  }

  /// Reads an object as UTF-8 text. See ``get(_:range:showDeleted:consistency:ignoreDigest:)``. Fails with
  /// ``JetblobError/Code/invalidArgument`` if it is none.
  public func getString(
    _ name: String, range: ByteRange = .all, showDeleted: Bool = false,
    consistency: Consistency = .readYourWrites, ignoreDigest: Bool = false
  ) async throws -> String {
    let (native, options) = (native, getOptions(range, showDeleted, consistency, ignoreDigest))
    return try await call { try await native.getString(name: name, options: options, cancellation: $0) }
  }

  /// Reads an object into a file, which appears, or is replaced, when it is whole and verified. See
  /// ``get(_:range:showDeleted:consistency:ignoreDigest:)``.
  ///
  /// - Parameter progress: told how many bytes came so far.
  @discardableResult
  public func getFile(
    _ name: String, to file: URL, range: ByteRange = .all, showDeleted: Bool = false,
    consistency: Consistency = .readYourWrites, ignoreDigest: Bool = false, progress: ProgressFunction? = nil
  ) async throws -> ObjectInfo {
    let (native, options) = (native, getOptions(range, showDeleted, consistency, ignoreDigest))
    return try await telling(progress) {
      try await native.getFile(
        name: name, path: file.path, options: options, count: $0, cancellation: $1)
    }
  }
}

private func getOptions(
  _ range: ByteRange, _ showDeleted: Bool, _ consistency: Consistency, _ ignoreDigest: Bool
) -> GetOptions {
  let info = InfoOptions(showDeleted: showDeleted, consistency: consistency)
  return GetOptions(info: info, range: range, ignoreDigest: ignoreDigest)
}
