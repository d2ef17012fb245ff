import Foundation
import Testing

@testable import Jetblob

/// An object that is larger than the memory that it may take.
@Suite(.serialized) struct LargeTests {
  private let size: Int64 = 256 << 20

  /// The same piece again and again, but for its first byte.
  private struct Pieces: AsyncSequence, AsyncIteratorProtocol, Sendable {
    let piece = pattern(1 << 20)
    var left: Int64

    mutating func next() async -> Data? {
      guard left > 0 else { return nil }
      left -= Int64(piece.count)
      return piece
    }

    func makeAsyncIterator() -> Pieces { self }
  }

  @Test(arguments: Engine.allCases)
  func aLargeObjectGoesBothWaysInLittleMemory(_ engine: Engine) async throws {
    try await on(engine) { store, _ in
      let bucket = try await store.createBucket("b")
      let before = try memory("VmRSS")
      try Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
      let clock = ContinuousClock()
      let put = try await clock.measure {
        let info = try await bucket.put("a", Pieces(left: size))
        #expect(info.size == size)
      }
      let piece = pattern(1 << 20)
      var received: Int64 = 0
      let get = try await clock.measure {
        for try await chunk in try await bucket.get("a") {
          let at = Int(received % Int64(piece.count))
          #expect(chunk == piece.subdata(in: at..<at + chunk.count))
          received += Int64(chunk.count)
        }
      }
      #expect(received == size)
      let grown = try memory("VmHWM") - before
      print("\(engine): put \(rate(put)), get \(rate(get)), \(grown >> 20) MiB more at the most")
      #expect(grown < 100 << 20)
    }
  }

  private func rate(_ time: Duration) -> String {
    "\(Int(Double(size) / 1e6 / (time / .seconds(1)))) MB/s"
  }

  private func memory(_ what: String) throws -> Int64 {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix(what) }!
    return Int64(line.filter(\.isNumber))! * 1024
  }
}
