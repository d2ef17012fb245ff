import Foundation
import Testing

@testable import Jetblob

/// What is cancelled, at whatever point, leaves nothing behind and holds nobody up.
@Suite(.serialized) struct CancelTests {
  private let whole = pattern(16 << 20)

  @Test(arguments: Engine.allCases)
  func aPutThatIsCancelledLeavesTheOldObjectOrTheNewOne(_ engine: Engine) async throws {
    try await on(engine) { store, place in
      let (bucket, whole) = (try await store.createBucket("b"), whole)
      let file = place.directory.appendingPathComponent("body")
      try whole.write(to: file)
      try await bucket.putString("a", "old")
      let puts: [@Sendable () async throws -> ObjectInfo] = [
        { try await bucket.put("a", whole) },
        { try await bucket.put("a", contentsOf: file) },
        { try await bucket.put("a", cut(whole, 100_000)) },
      ]
      for put in puts {
        var cancelled = 0
        for turns in [0, 1, 2, 5, 20] {
          let task = Task { try await put() }
          for _ in 0..<turns { try await Task.sleep(for: .milliseconds(1)) }
          task.cancel()
          if case .failure(let error) = await task.result {
            #expect(error is CancellationError)
            cancelled += 1
          }
          let now = try await bucket.getBytes("a")
          #expect(now == whole || now == Data("old".utf8))
        }
        #expect(cancelled > 0)
      }
      try await bucket.delete("a")
      try await bucket.keepsLessThan(1 << 16)
    }
  }

  @Test(arguments: Engine.allCases)
  func aTaskThatIsCancelledBeforeTheStartBeginsNothing(_ engine: Engine) async throws {
    try await on(engine) { store, _ in
      let bucket = try await store.createBucket("b")
      let puts: [@Sendable () async throws -> ObjectInfo] = [
        { try await bucket.putString("a", "text") },
        { try await bucket.put("a", cut(Data([1]), 1)) },
      ]
      for put in puts {
        let task = Task {
          while !Task.isCancelled { await Task.yield() }
          return try await put()
        }
        task.cancel()
        guard case .failure(let error) = await task.result else { throw Mismatch("it was not cancelled") }
        #expect(error is CancellationError)
      }
      #expect(try await failure { try await bucket.info("a") }.code == .notFound)
    }
  }

  @Test func aStuckReadEndsAtOnce() async throws {
    try await on(.jetstream) { store, place in
      let bucket = try await store.createBucket("b")
      try await bucket.put("a", pattern(64 << 20))
      let object = try await bucket.get("a")
      _ = try await object.read(1000)
      try await place.stop()
      defer { place.goOn() }
      let ended = Locked(0)
      let calls: [@Sendable () async throws -> Void] = [
        { while try await object.next() != nil {} },
        { _ = try await bucket.info("a") },
        { _ = try await bucket.watch() },
        { _ = try await bucket.check().next() },
        { _ = try await bucket.gc() },
      ]
      let stuck = calls.map { call in
        Task<Void, Never> {
          do {
            try await call()
            Issue.record("it was not cancelled")
          } catch {
            #expect(error is CancellationError)
          }
          ended.with { $0 += 1 }
        }
      }
      // What had come before the server was stopped is read, and then there is nothing.
      var position: Int64 = -1
      while position != object.position {
        position = object.position
        try await Task.sleep(for: .milliseconds(100))
      }
      #expect(ended.with { $0 } == 0)
      let took = await ContinuousClock().measure {
        for task in stuck {
          task.cancel()
          await task.value
        }
      }
      #expect(took < .milliseconds(100))
    }
  }

  @Test(arguments: Engine.allCases)
  func aReadThatIsCancelledLosesNothing(_ engine: Engine) async throws {
    try await on(engine) { store, _ in
      let bucket = try await store.createBucket("b")
      try await bucket.put(ObjectMeta(name: "a", chunkSize: 10_000), pattern(3 << 20))
      let object = try await bucket.get("a")
      var (read, cancelled) = (Data(), 0)
      while true {
        let task = Task { try await object.next() }
        for _ in 0..<cancelled % 7 { await Task.yield() }
        task.cancel()
        do {
          guard let piece = try await task.value else { break }
          read.append(piece)
        } catch is CancellationError {
          cancelled += 1
        }
      }
      #expect(cancelled > 0)
      #expect(read == pattern(3 << 20))
    }
  }

  @Test(arguments: Engine.allCases)
  func aWatchThatIsCancelledLosesNothing(_ engine: Engine) async throws {
    try await on(engine) { store, _ in
      let bucket = try await store.createBucket("b")
      let watch = try await bucket.watch(updatesOnly: true)
      let waiting = Task { try await watch.next() }
      try await Task.sleep(for: .milliseconds(20))
      waiting.cancel()
      guard case .failure = await waiting.result else { throw Mismatch("it was not cancelled") }
      try await bucket.putString("a", "")
      guard case .object(let info)? = try await watch.next() else { throw Mismatch("no object") }
      #expect(info.name == "a")
      let again = Task { try await watch.next() }
      try await Task.sleep(for: .milliseconds(20))
      watch.close()
      #expect(try await again.value == nil)
    }
  }

  @Test func aCheckThatIsClosedGoesNoFurther() async throws {
    try await on(.jetstream) { store, place in
      let bucket = try await store.createBucket("b")
      try await bucket.putString("a", "text")
      let check = try bucket.check()
      try await place.stop()
      let waiting = Task { try await check.next() }
      try await Task.sleep(for: .milliseconds(20))
      check.close()
      place.goOn()
      #expect(try await waiting.value == nil)
      let whole = try bucket.check()
      #expect(try await whole.next() == nil)
      #expect(whole.report.objects == 1)
      #expect(check.report.objects == 0)
    }
  }

  @Test(arguments: Engine.allCases)
  func whatIsForgottenIsGivenUp(_ engine: Engine) async throws {
    try await on(engine) { store, _ in
      let bucket = try await store.createBucket("b")
      var upload: Upload? = try bucket.upload("c")
      try await upload?.write(whole)
      upload = nil
      #expect(upload == nil)
      try await bucket.keepsLessThan(1 << 16)
      #expect(try await failure { try await bucket.info("c") }.code == .notFound)
    }
  }

  @Test(arguments: Engine.allCases)
  func bytesOutliveTheirObject(_ engine: Engine) async throws {
    try await on(engine) { store, _ in
      let bucket = try await store.createBucket("b")
      try await bucket.put("a", whole)
      var kept: [Data] = []
      for try await chunk in try await bucket.get("a") { kept.append(chunk) }
      try await bucket.delete("a")
      await store.close()
      #expect(kept.reduce(into: Data()) { $0.append($1) } == whole)
    }
  }
}
