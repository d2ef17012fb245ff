import Foundation
import JetblobNative

extension Bucket {
  /// Stores bytes; an object or link of that name is replaced.
  ///
  /// When it returns, every byte is stored as safely as the store promises, and the new object is visible. When it fails, the
  /// old one is as it was, and what was sent is removed; but for ``JetblobError/Code/unknown``, which says that it could not
  /// be learned which of the two it is. What the body or `progress` throws comes out as it is.
  ///
  /// Fails with ``JetblobError/Code/invalidName``, ``JetblobError/Code/sealed``, ``JetblobError/Code/quotaExceeded``,
  /// ``JetblobError/Code/bucketDeleted``, ``JetblobError/Code/conflict``, and with ``JetblobError/Code/linkNotAllowed`` if
  /// `meta` was taken from a link.
  ///
  /// - Parameters:
  ///   - expires: how long the object lives; a server counts in whole seconds, and rounds up.
  ///   - progress: told how many bytes were taken so far.
  @discardableResult
  public func put(
    _ meta: some ObjectMetaConvertible, _ data: Data, ifAbsent: Bool = false, ifRevision: Int64? = nil,
    expires: Duration? = nil, progress: ProgressFunction? = nil
  ) async throws -> ObjectInfo {
    let (native, options) = (native, putOptions(ifAbsent, ifRevision, expires))
    let (meta, buffer) = (meta.objectMeta, try data.given())
    return try await telling(progress) {
      try await native.putBytes(meta: meta, data: buffer, options: options, count: $0, cancellation: $1)
    }
  }

  /// Stores the contents of a file. See ``put(_:_:ifAbsent:ifRevision:expires:progress:)-(_,Data,_,_,_,_)``.
  ///
  /// Fails with ``JetblobError/Code/io``, too, if the file can't be read.
  @discardableResult
  public func put(
    _ meta: some ObjectMetaConvertible, contentsOf file: URL, ifAbsent: Bool = false, ifRevision: Int64? = nil,
    expires: Duration? = nil, progress: ProgressFunction? = nil
  ) async throws -> ObjectInfo {
    let (native, options) = (native, putOptions(ifAbsent, ifRevision, expires))
    let meta = meta.objectMeta
    return try await telling(progress) {
      try await native.putFile(
        meta: meta, path: file.path, options: options, count: $0, cancellation: $1)
    }
  }

  /// Stores what the sequence gives, one after the other. What it throws comes out as it is, and nothing is stored. See
  /// ``put(_:_:ifAbsent:ifRevision:expires:progress:)-(_,Data,_,_,_,_)``.
  @discardableResult
  public func put<Pieces: AsyncSequence & Sendable>(
    _ meta: some ObjectMetaConvertible, _ pieces: Pieces, ifAbsent: Bool = false, ifRevision: Int64? = nil,
    expires: Duration? = nil, progress: ProgressFunction? = nil
  ) async throws -> ObjectInfo where Pieces.Element == Data {
    try await put(
      meta, ifAbsent: ifAbsent, ifRevision: ifRevision, expires: expires, progress: progress
    ) { upload in
      for try await piece in pieces { try await upload.write(piece) }
    }
  }

  /// Stores what `write` writes. What it throws comes out as it is, and nothing is stored. See
  /// ``put(_:_:ifAbsent:ifRevision:expires:progress:)-(_,Data,_,_,_,_)``.
  @discardableResult
  public func put(
    _ meta: some ObjectMetaConvertible, ifAbsent: Bool = false, ifRevision: Int64? = nil,
    expires: Duration? = nil, progress: ProgressFunction? = nil, write: @Sendable (Upload) async throws -> Void
  ) async throws -> ObjectInfo {
    try Task.checkCancellation()
    let upload = try upload(
      meta, ifAbsent: ifAbsent, ifRevision: ifRevision, expires: expires, progress: progress)
    do {
      try await write(upload)
      return try await upload.finish()
    } catch {
      if Task.isCancelled { upload.giveUp() } else { await upload.abort() }
      throw error
    }
  }

  /// Stores these bytes. See ``put(_:_:ifAbsent:ifRevision:expires:progress:)-(_,Data,_,_,_,_)``.
  @discardableResult
  public func putBytes(_ meta: some ObjectMetaConvertible, _ data: Data) async throws -> ObjectInfo {
    try await put(meta, data)
  }

  /// Stores this text as UTF-8. See ``put(_:_:ifAbsent:ifRevision:expires:progress:)-(_,Data,_,_,_,_)``.
  @discardableResult
  public func putString(_ meta: some ObjectMetaConvertible, _ text: String) async throws -> ObjectInfo {
    try await put(meta, Data(text.utf8))
  }

  /// Stores the contents of a file under its path. See ``put(_:contentsOf:ifAbsent:ifRevision:expires:progress:)``, which
  /// gives it another name.
  @discardableResult
  public func putFile(_ file: URL) async throws -> ObjectInfo {
    try await put(file.path, contentsOf: file)
  }

  /// Begins an upload: write to it, then finish it. The options are those of
  /// ``put(_:_:ifAbsent:ifRevision:expires:progress:)-(_,Data,_,_,_,_)``.
  public func upload(
    _ meta: some ObjectMetaConvertible, ifAbsent: Bool = false, ifRevision: Int64? = nil,
    expires: Duration? = nil, progress: ProgressFunction? = nil
  ) throws -> Upload {
    let options = putOptions(ifAbsent, ifRevision, expires)
    return Upload(try failing { try native.upload(meta: meta.objectMeta, options: options) }, progress)
  }
}

private func putOptions(_ ifAbsent: Bool, _ ifRevision: Int64?, _ expires: Duration?) -> PutOptions {
  PutOptions(condition: WriteOptions(ifAbsent: ifAbsent, ifRevision: ifRevision), expires: expires)
}
