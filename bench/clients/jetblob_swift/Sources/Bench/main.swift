// jetblob in Swift: the same arguments and output as the other contenders.

import Foundation
import Jetblob

struct Failure: Error {
  let reason: String
}

struct Clock {
  private let start = ContinuousClock.now
  private var first: Duration?

  mutating func entry() {
    first = first ?? ContinuousClock.now - start
  }

  func stop() {
    let first = first.map { ", \"first_ms\": \($0 / .milliseconds(1))" } ?? ""
    print("{\"seconds\": \((ContinuousClock.now - start) / .seconds(1))\(first)}")
  }
}

/// Does something with each small object, with so many at once.
func each(_ what: [Int], _ act: @escaping @Sendable (String) async throws -> Void) async throws {
  let (count, atOnce) = (what[1], what[2])
  try await withThrowingTaskGroup(of: Void.self) { group in
    for index in 0..<count {
      if index >= atOnce { try await group.next() }
      group.addTask { try await act("small/\(index)") }
    }
    try await group.waitForAll()
  }
}

let arguments = Array(CommandLine.arguments.dropFirst())
let what = arguments.dropFirst(3).map { Int($0) ?? 0 }
let store = try await Store.open(arguments[0])
let bucket = try await store.bucket(arguments[1])
var clock = Clock()
switch arguments[2] {
case "put-file":
  try await bucket.put("large", contentsOf: URL(fileURLWithPath: arguments[3]))
case "get-file":
  for try await _ in try await bucket.get("large") {}
case "put-small":
  let data = Data(repeating: 7, count: what[0])
  try await each(what) { try await bucket.put($0, data) }
case "get-small":
  let size = what[0]
  try await each(what) { name in
    guard try await bucket.getBytes(name).count == size else { throw Failure(reason: name) }
  }
case "first-byte":
  for _ in 0..<what[0] {
    let object = try await bucket.get("large")
    guard try await object.next() != nil else { throw Failure(reason: "nothing came") }
    object.close()
  }
case "list":
  var listed = 0
  for try await _ in bucket.list() {
    clock.entry()
    listed += 1
  }
  guard listed == what[0] else { throw Failure(reason: "\(listed) entries") }
case "watch":
  for try await event in try await bucket.watch() {
    guard case .object = event else { break }
    clock.entry()
  }
default:
  throw Failure(reason: "does no \(arguments[2]) here")
}
clock.stop()
await store.close()
