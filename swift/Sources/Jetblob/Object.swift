import Foundation
import JetblobNative

/// Where the offset of ``Object/seek(_:from:)`` counts from.
public enum SeekFrom: Sendable {
  case start, current, end
}

/// An object that is being read: its info, and its bytes as an asynchronous sequence of chunks, or by ``read(_:)``.
///
/// Size and SHA-256 are verified before the last bytes are handed out: who came to the end has the right bytes; who got an
/// error must not use what there is. That is so for whole objects, see ``isVerified``. To be forgotten, or closed, ends the
/// transfer, at the server too.
public final class Object: AsyncSequence, Sendable {
  public typealias Element = Data

  /// What the store tells of the object that the bytes belong to: of a link's target, if it was a link.
  public let info: ObjectInfo

  /// The part of the object that this reads, in bytes.
  public let range: Range<Int64>

  private let native: Download

  /// What was read since other tasks had their turn.
  private let inTurn = Locked(Int64(0))

  /// So many bytes that are at hand are read before other tasks get their turn.
  private static let turn: Int64 = 1 << 20

  init(_ native: Download) {
    self.native = native
    info = native.info()
    range = native.rangeStart()..<native.rangeEnd()
  }

  /// Whether the bytes are verified against the object's SHA-256 before the last of them is handed out.
  ///
  /// Not so for a part of an object, after a seek that led anywhere but to its beginning, for a rest that is read at
  /// once after a part was read in pieces, and for an object whose writer gave it no digest, or whose digest is to be
  /// ignored.
  public var isVerified: Bool { native.isVerified() }

  /// The position of the next byte, from the beginning of the range that was asked for.
  public var position: Int64 { native.position() }

  /// The next bytes, without a copy: as many as are there; `nil` at the end. When the task is cancelled, nothing is lost.
  public func next() async throws -> Data? {
    try await piece(Int64.max)
  }

  /// Reads so many bytes, fewer only at the end. If it fails or is cancelled on the way, ``position`` tells how far it is.
  ///
  /// - Parameter size: how many, not negative.
  public func read(_ size: Int) async throws -> Data {
    precondition(size >= 0, "size is \(size)")
    var read = Data()
    while read.count < size, let piece = try await piece(Int64(size - read.count)) {
      if read.isEmpty { read = piece } else { read.append(piece) }
    }
    return read
  }

  private func piece(_ size: Int64) async throws -> Data? {
    try Task.checkCancellation()
    if inTurn.with({ $0 >= Self.turn }) {
      inTurn.with { $0 = 0 }
      await Task.yield()
    }
    if let chunk = native.atHand(max: size) {
      inTurn.with { $0 += chunk.size() }
      return chunk.data
    }
    inTurn.with { $0 = 0 }
    let native = native
    return try await call { try await native.read(max: size, cancellation: $0)?.data }
  }

  /// Goes on elsewhere, and gives the new position; both count from the beginning of the range that was asked for.
  ///
  /// Costs nothing until the next read, which fetches from there on. Beyond the end there is nothing to read. A position
  /// before the beginning is ``JetblobError/Code/invalidArgument``.
  @discardableResult
  public func seek(_ offset: Int64, from: SeekFrom = .start) async throws -> Int64 {
    let start =
      switch from {
      case .start: Int64(0)
      case .current: position
      case .end: range.upperBound - range.lowerBound
      }
    let (sought, overflows) = start.addingReportingOverflow(offset)
    let native = native
    try await call { try await native.seek(position: overflows ? -1 : sought, cancellation: $0) }
    return sought
  }

  /// Reads the rest, and closes.
  public func intoBytes() async throws -> Data {
    let native = native
    return try await call { try await native.intoBytes(cancellation: $0).data }
  }

  /// Reads the rest as UTF-8 text, and closes. Fails with ``JetblobError/Code/invalidArgument`` if it is none.
  public func intoString() async throws -> String {
    let native = native
    return try await call { try await native.intoString(cancellation: $0) }
  }

  /// Reads the rest into a file, and closes. The file appears, or is replaced, when it is whole.
  ///
  /// - Parameter progress: told how many bytes came so far.
  @discardableResult
  public func intoFile(_ file: URL, progress: ProgressFunction? = nil) async throws -> ObjectInfo {
    let native = native
    return try await telling(progress) {
      try await native.intoFile(path: file.path, count: $0, cancellation: $1)
    }
  }

  /// Ends the transfer, at the server too. Who waits for bytes gets ``JetblobError/Code/closed``.
  public func close() {
    native.end()
  }

  public func makeAsyncIterator() -> Iterator {
    Iterator(object: self)
  }

  public struct Iterator: AsyncIteratorProtocol {
    let object: Object

    public mutating func next() async throws -> Data? {
      try await object.next()
    }
  }
}
