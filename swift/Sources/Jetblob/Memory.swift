import Foundation
import JetblobNative

extension Chunk {
  /// The library's bytes, where they are. They are freed with the last `Data` that shares them.
  var data: Data {
    guard size() > 0, let start = UnsafeMutableRawPointer(bitPattern: UInt(address())) else { return Data() }
    return Data(
      bytesNoCopy: start, count: Int(size()),
      deallocator: .custom { [self] _, _ in withExtendedLifetime(self) {} })
  }
}

extension Data {
  /// A copy of the caller's bytes, for the library.
  func given() throws -> Buffer {
    let buffer = try failing { try Buffer(size: Int64(count)) }
    if !isEmpty, let start = UnsafeMutableRawPointer(bitPattern: UInt(buffer.address())) {
      copyBytes(to: UnsafeMutableRawBufferPointer(start: start, count: count))
    }
    return buffer
  }
}
