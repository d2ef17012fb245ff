import Foundation
import Testing

@testable import Jetblob

/// Storing objects from whatever holds their bytes.
@Suite(.serialized) struct PutTests {
  private struct Ours: Error, Equatable {
    let id = UUID()
  }

  /// A sequence that gives a piece, and then throws.
  private struct Throwing: AsyncSequence, AsyncIteratorProtocol, Sendable {
    let error: Ours
    var piece: Data?

    mutating func next() async throws -> Data? {
      guard let piece else { throw error }
      self.piece = nil
      return piece
    }

    func makeAsyncIterator() -> Throwing { self }
  }

  private let whole = pattern(5 << 20)

  @Test(arguments: Engine.allCases)
  func whateverHoldsBytesCanBeStored(_ engine: Engine) async throws {
    try await on(engine) { store, place in
      let bucket = try await store.createBucket("b")
      let file = place.directory.appendingPathComponent("file")
      try whole.write(to: file)
      let told = (0..<3).map { _ in Told(Int64(whole.count)) }
      try await bucket.put("bytes", whole, progress: told[0].function)
      try await bucket.put("file", contentsOf: file, progress: told[1].function)
      try await bucket.put("pieces", cut(whole, 1_000_000), progress: told[2].function)
      for (name, told) in zip(["bytes", "file", "pieces"], told) {
        try told.check()
        #expect(try await bucket.getBytes(name) == whole)
      }
      #expect(try await bucket.put("nothing", cut(Data(), 1)).size == 0)
      #expect(try await bucket.put("slice", whole[1000..<2000]).size == 1000)
      #expect(try await bucket.getBytes("slice") == whole.subdata(in: 1000..<2000))
      #expect(try await bucket.putFile(file).name == file.path)
    }
  }

  @Test(arguments: Engine.allCases)
  func whatABodyThrowsComesOutUnchangedAndNothingIsStored(_ engine: Engine) async throws {
    try await on(engine) { store, _ in
      let bucket = try await store.createBucket("b")
      try await bucket.putString("a", "old")
      let ours = Ours()
      let progress: ProgressFunction = { _ in throw ours }
      let puts: [() async throws -> ObjectInfo] = [
        { try await bucket.put("a", Throwing(error: ours, piece: whole)) },
        {
          try await bucket.put("a") { upload in
            try await upload.write(whole)
            throw ours
          }
        },
      ]
      for put in puts {
        do {
          _ = try await put()
          Issue.record("it was stored")
        } catch {
          #expect(error as? Ours == ours)
        }
      }
      #expect(try await bucket.getString("a") == "old")
      try await bucket.keepsLessThan(1 << 16)
      for body in [whole, Data([1])] {
        do {
          try await bucket.put("b", body, progress: progress)
        } catch {
          #expect(error as? Ours == ours)
        }
        do {
          try await bucket.put("b", cut(body, 1_000_000), progress: progress)
          Issue.record("it was stored")
        } catch {
          #expect(error as? Ours == ours)
        }
      }
    }
  }

  @Test(arguments: Engine.allCases)
  func badInputIsRefusedAndNothingIsStored(_ engine: Engine) async throws {
    try await on(engine) { store, _ in try await badInputIsRefused(store) }
  }

  private func badInputIsRefused(_ store: Store) async throws {
      let (bucket, none) = (try await store.createBucket("b"), Data())
      func refused<T: Sendable>(
        _ code: JetblobError.Code, _ argument: String, _ call: () async throws -> T
      ) async throws {
        let error = try await failure(call)
        #expect(error.code == code, "\(error)")
        #expect(error.localizedDescription.contains(argument), "\(error)")
      }
      try await refused(.invalidName, "name") { try await bucket.putString("", "") }
      try await refused(.invalidName, "name") { try await bucket.putString(String(repeating: "x", count: 1025), "") }
      try await refused(.invalidArgument, "if_revision") { try await bucket.put("a", none, ifRevision: -1) }
      try await refused(.invalidArgument, "if_absent") {
        try await bucket.put("a", none, ifAbsent: true, ifRevision: 1)
      }
      try await refused(.invalidArgument, "if_absent") {
        try await bucket.put("a", cut(whole, 1000), ifAbsent: true, ifRevision: 1)
      }
      try await refused(.invalidArgument, "expires") { try await bucket.put("a", none, expires: .seconds(-1)) }
      // With a progress function, too.
      try await refused(.invalidArgument, "expires") {
        try await bucket.put("a", none, expires: .seconds(-1), progress: { _ in })
      }
      try await refused(.invalidArgument, "expiry") { try await bucket.put("a", none, expires: .zero) }
      try await refused(.invalidArgument, "chunk size") {
        try await bucket.put(ObjectMeta(name: "a", chunkSize: -1), none)
      }
      try await refused(.linkNotAllowed, "add_link") {
        try await bucket.put(ObjectMeta(name: "a", link: Link(bucket: "b")), none)
      }
      try await refused(.io, "none") { try await bucket.put("a", contentsOf: URL(fileURLWithPath: "/none")) }
      try await bucket.putString("r", "r")
      try await refused(.invalidArgument, "range") { try await bucket.get("r", range: .from(start: -1)) }
      try await refused(.invalidArgument, "after") { try await bucket.watch(after: -1) }
      try await refused(.invalidArgument, "max_bytes") {
        try await store.createBucket(BucketConfig(name: "n", maxBytes: -1))
      }
      try await refused(.invalidArgument, "ttl") {
        try await store.createBucket(BucketConfig(name: "n", ttl: .seconds(-1)))
      }
      try await refused(.invalidArgument, "idle_timeout") {
        try await Store.open("nats://127.0.0.1:1", options: StoreOptions(idleTimeout: .seconds(-1)))
      }
      let object = try await bucket.get("r")
      try await refused(.invalidArgument, "position") { try await object.seek(-1) }
      do {
        _ = try await bucket.info("a")
        Issue.record("there is an object")
      } catch JetblobError.notFound {
      }
      let missing = try await failure { try await bucket.info("a") }
      #expect((missing.bucket, missing.name, missing.isRetryable) == ("b", "a", false))
      #expect(missing.localizedDescription == missing.description)
  }

  @Test(arguments: Engine.allCases)
  func whatIsClosedSaysSo(_ engine: Engine) async throws {
    let place = try await Place(engine)
    let store = try await Store.open(place.url)
    let bucket = try await store.createBucket("b")
    try await bucket.putString("a", "text")
    let object = try await bucket.get("a")
    object.close()
    object.close()
    #expect(try await failure { try await object.next() }.code == .closed)
    #expect(try await failure { try await object.intoBytes() }.code == .closed)
    let read = try await bucket.get("a")
    #expect(try await read.intoString() == "text")
    #expect(try await failure { try await read.intoBytes() }.code == .closed)
    let upload = try bucket.upload("c")
    try await upload.write(Data(count: 10))
    #expect(try await upload.finish().size == 10)
    #expect(try await failure { try await upload.write(Data(count: 1)) }.code == .closed)
    #expect(try await failure { try await upload.finish() }.code == .closed)
    await upload.abort()
    let watch = try await bucket.watch()
    watch.close()
    #expect(try await watch.next() == nil)
    await store.close()
    #expect(try await failure { try await bucket.info("a") }.code == .closed)
    #expect(try await failure { try await bucket.putString("a", "") }.code == .closed)
    #expect(try await failure { try await store.bucket("b") }.code == .closed)
    await store.close()
  }
}
