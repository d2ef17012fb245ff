import Foundation
import Testing

@testable import Jetblob

/// A store that lets go of its files.
@Suite(.serialized) struct SuspendTests {
  private let whole = pattern(9 << 20)

  /// The files of the store that this process has open.
  private func held(_ place: Place) throws -> [String] {
    let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
    let paths = descriptors.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)") }
    return paths.filter { $0.hasPrefix(place.url) }
  }

  @Test func noFileIsOpenAndWhatWasBegunGoesOn() async throws {
    try await on(.local) { store, place in
      let (bucket, whole) = (try await store.createBucket("b"), whole)
      try await bucket.put("a", whole)
      let object = try await bucket.get("a")
      let first = try #require(try await object.next())
      let watch = try await bucket.watch(updatesOnly: true)
      let upload = try bucket.upload("c")
      for _ in 0..<5 { try await upload.write(Data(count: 1 << 20)) }
      #expect(try !held(place).isEmpty)

      let suspending = Task {
        while !Task.isCancelled { await Task.yield() }
        try await store.suspend()
      }
      suspending.cancel()
      try await suspending.value
      #expect(try held(place) == [])
      let calls: [@Sendable () async throws -> Any] = [
        { try await bucket.info("a") }, { try await bucket.putString("b", "") }, { try await store.bucket("b") },
      ]
      for call in calls {
        let refused = try await failure { _ = try await call() }
        #expect(refused.code == .unavailable && refused.isRetryable)
        #expect(refused.description.contains("resume"))
      }
      let ended = Locked(0)
      let rest = Task {
        defer { ended.with { $0 += 1 } }
        return try await object.intoBytes()
      }
      let told = Task {
        defer { ended.with { $0 += 1 } }
        return try await watch.next()
      }
      try await Task.sleep(for: .milliseconds(50))
      #expect(ended.with { $0 } == 0)

      store.resume()
      #expect(try await first + rest.value == whole)
      #expect(
        try await failure { while true { try await upload.write(Data(count: 1 << 20)) } }.code == .unavailable)
      try await bucket.putString("b", "")
      guard case .object(let info) = try await told.value else { throw Mismatch("the watch didn't go on") }
      #expect(info.name == "b")
    }
  }

  @Test func aReadThatWaitsForTheStoreIsCancelled() async throws {
    try await on(.local) { store, _ in
      let bucket = try await store.createBucket("b")
      try await bucket.put("a", whole)
      let object = try await bucket.get("a")
      try await store.suspend()
      let read = Task { while try await object.next() != nil {} }
      try await Task.sleep(for: .milliseconds(50))
      read.cancel()
      guard case .failure(let error) = await read.result else { throw Mismatch("it was not cancelled") }
      #expect(error is CancellationError)
      store.resume()
    }
  }

  @Test func aStoreOfAServerGoesOn() async throws {
    try await on(.jetstream) { store, _ in
      let bucket = try await store.createBucket("b")
      try await store.suspend()
      try await bucket.putString("a", "text")
      store.resume()
      #expect(try await bucket.getString("a") == "text")
    }
  }

  @Test(arguments: Engine.allCases)
  func anUploadThatIsIdleIsGivenUpWhenTheStoreCloses(_ engine: Engine) async throws {
    let place = try await Place(engine)
    let store = try await Store.open(place.url)
    let bucket = try await store.createBucket("b")
    let upload = try bucket.upload("a")
    try await upload.write(Data(count: 3 << 20))
    let took = await ContinuousClock().measure { await store.close() }
    #expect(took < .seconds(5))
    #expect(try await failure { try await upload.finish() }.code == .closed)
    let again = try await Store.open(place.url)
    let left = try await again.bucket("b")
    #expect(try await failure { try await left.info("a") }.code == .notFound)
    try await left.keepsLessThan(1 << 16)
    await again.close()
  }
}
