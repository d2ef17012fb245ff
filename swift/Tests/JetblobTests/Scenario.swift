import Foundation

@testable import Jetblob

/// What `tests/vectors/errors.json` says of each code.
let errors: [String: Value] = Dictionary(
  uniqueKeysWithValues: try! Value.read("tests/vectors/errors.json")["errors"].list.map { ($0["code"].text!, $0) })

/// A scenario under way; `tests/scenarios/README.md` says what it must do.
actor Scenario {
  private let place: Place
  private var saved: [String: any Sendable] = [:]
  private var stores: [Store] = []
  private var uploads: [(upload: Upload, told: Told)] = []

  init(_ place: Place) {
    self.place = place
  }

  /// Runs the steps; the first one that isn't as it should be throws.
  func run(_ steps: [Value]) async throws {
    do {
      saved["store"] = try await open(nil, StoreOptions())
      for (number, step) in steps.enumerated() {
        guard [nil, place.engine.rawValue].contains(step["only"].text) else { continue }
        var fields = step.fields
        fields["only"] = nil
        do {
          try await run(Arguments(fields))
        } catch let mismatch as Mismatch {
          throw Mismatch("step \(number), \(step): \(mismatch)")
        }
      }
    } catch {
      await end()
      throw error
    }
    await end()
  }

  private func end() async {
    for store in stores { await store.close() }
  }

  private func run(_ step: Arguments) async throws {
    let (on, call, name) = (try step.text("on"), try step.need(step.text("call"), "call"), try step.text("as"))
    let (expect, error) = (step.take("expect"), step.take("error"))
    let told = Told()
    let result: any Sendable
    do {
      result = try await self.call(on, call, step, told)
    } catch let failure as JetblobError {
      guard let error else { throw failure }
      try match(value(error.text.map { .object(["code": .text($0)]) } ?? error), shown(failure))
      let promised = errors[failure.code.rawValue]!
      if promised["retryable_server_codes"] == .null {
        try match(promised["retryable"], .bool(failure.isRetryable))
      }
      try step.end()
      if let name { saved[name] = failure }
      return
    }
    try step.end()
    if error != nil { throw Mismatch("it gave \(result), and should have failed") }
    if let upload = result as? Upload { uploads.append((upload, told)) } else { try told.check() }
    if let expect { try match(value(expect), shown(result)) }
    if let name { saved[name] = result }
  }

  private func target(_ name: String) throws -> any Sendable {
    guard let target = saved[name] else { throw Mismatch("\(name) was not saved") }
    return target
  }

  private func call(_ on: String?, _ call: String, _ step: Arguments, _ told: Told) async throws -> any Sendable {
    switch try on.map(target) {
    case nil: try runner(call, step)
    case let store as Store: try await self.store(store, call, step)
    case let bucket as Bucket: try await self.bucket(bucket, call, step, told)
    case let object as Object: try await self.object(object, call, step, told)
    case let upload as Upload: try await self.upload(upload, call, step)
    case let watch as Watch: try await self.watch(watch, call)
    case let check as Check: try await self.check(check, call)
    default: throw unknown(call)
    }
  }

  private func runner(_ call: String, _ step: Arguments) throws -> any Sendable {
    switch call {
    case "write_file": try bytes(step).write(to: path(step))
    case "read_file": return try? Data(contentsOf: path(step))
    case "publish": try place.publish(step.need(given(step, "subject").text, "subject"), bytes(step))
    default: throw unknown(call)
    }
    return ()
  }

  private func open(_ url: String?, _ options: StoreOptions) async throws -> Store {
    let store = try await Store.open(url ?? place.url, options: options)
    stores.append(store)
    return store
  }

  private func store(_ store: Store, _ call: String, _ step: Arguments) async throws -> any Sendable {
    switch call {
    case "open":
      let url = try step.take("url").map(value)?.text
      let options = try step.within("options") {
        StoreOptions(
          inboxPrefix: try $0.text("inbox_prefix"), name: try $0.text("name"),
          idleTimeout: try $0.seconds("idle_timeout"))
      }
      return try await open(url, options ?? StoreOptions())
    case "create_bucket": return try await store.createBucket(step.config(given(step, "config")).bucketConfig)
    case "update_bucket": return try await store.updateBucket(step.config(given(step, "config")).bucketConfig)
    case "create_or_update_bucket":
      return try await store.createOrUpdateBucket(step.config(given(step, "config")).bucketConfig)
    case "bucket": return try await store.bucket(name(step))
    case "delete_bucket": return try await store.deleteBucket(name(step))
    case "bucket_names": return try await all(store.bucketNames())
    case "buckets": return try await all(store.buckets())
    case "suspend": return try await store.suspend()
    case "resume": return store.resume()
    case "close": return await store.close()
    default: throw unknown(call)
    }
  }

  private func bucket(
    _ bucket: Bucket, _ call: String, _ step: Arguments, _ told: Told
  ) async throws -> any Sendable {
    switch call {
    case "name": return bucket.name
    case "status": return try await bucket.status()
    case "seal": return try await bucket.seal()
    case "put":
      let (meta, bytes, pieces) = (try meta(step), try bytes(step), try step.count("pieces"))
      return try await options(step) { options in
        let (ifAbsent, ifRevision) = (try options.flag("if_absent"), try options.count("if_revision"))
        let (expires, progress) = (try options.seconds("expires"), try told.progress(options))
        guard let pieces else {
          return try await bucket.put(
            meta, bytes, ifAbsent: ifAbsent, ifRevision: ifRevision, expires: expires, progress: progress)
        }
        return try await bucket.put(
          meta, cut(bytes, Int(pieces)), ifAbsent: ifAbsent, ifRevision: ifRevision, expires: expires,
          progress: progress)
      }
    case "put_bytes": return try await bucket.putBytes(meta(step), bytes(step))
    case "put_string": return try await bucket.putString(meta(step), step.need(step.text("text"), "text"))
    case "put_file": return try await bucket.putFile(path(step))
    case "upload":
      let meta = try meta(step)
      return try await options(step) {
        try bucket.upload(
          meta, ifAbsent: $0.flag("if_absent"), ifRevision: $0.count("if_revision"),
          expires: $0.seconds("expires"), progress: told.progress($0))
      }
    case "get":
      let name = try name(step)
      return try await options(step) {
        try await bucket.get(
          name, range: $0.range(), showDeleted: $0.flag("show_deleted"), consistency: $0.consistency(),
          ignoreDigest: $0.flag("ignore_digest"))
      }
    case "get_bytes": return try await bucket.getBytes(name(step))
    case "get_string": return try await bucket.getString(name(step))
    case "get_file": return try await bucket.getFile(name(step), to: path(step))
    case "info":
      let name = try name(step)
      return try await options(step) {
        try await bucket.info(name, showDeleted: $0.flag("show_deleted"), consistency: $0.consistency())
      }
    case "update_meta":
      let (name, meta) = (try name(step), try meta(step))
      return try await options(step) { try await bucket.updateMeta(name, meta, ifRevision: $0.count("if_revision")) }
    case "rename":
      let (name, newName) = (try name(step), try step.need(step.text("new_name"), "new_name"))
      return try await options(step) { try await bucket.rename(name, to: newName, ifRevision: $0.count("if_revision")) }
    case "delete":
      let name = try name(step)
      return try await options(step) { try await bucket.delete(name, ifRevision: $0.count("if_revision")) }
    case "purge":
      let name = try name(step)
      return try await options(step) { try await bucket.purge(name, ifRevision: $0.count("if_revision")) }
    case "add_link":
      let (meta, target) = (try meta(step), try saved(step, "target") as ObjectInfo)
      return try await options(step) {
        try await bucket.addLink(
          meta, to: target, ifAbsent: $0.flag("if_absent"), ifRevision: $0.count("if_revision"))
      }
    case "add_bucket_link":
      let (meta, target) = (try meta(step), try saved(step, "target") as Bucket)
      return try await options(step) {
        try await bucket.addBucketLink(
          meta, to: target, ifAbsent: $0.flag("if_absent"), ifRevision: $0.count("if_revision"))
      }
    case "list":
      return try await options(step) {
        try await all(bucket.list(prefix: $0.text("prefix") ?? "", showDeleted: $0.flag("show_deleted")))
      }
    case "watch":
      return try await options(step) {
        try await bucket.watch(
          prefix: $0.text("prefix") ?? "", includeHistory: $0.flag("include_history"),
          ignoreDeletes: $0.flag("ignore_deletes"), updatesOnly: $0.flag("updates_only"), after: $0.count("after"))
      }
    case "check":
      return try await options(step) {
        try bucket.check(
          level: $0.level(), subset: $0.subset(), seed: $0.count("seed") ?? 0, grace: $0.seconds("grace"))
      }
    case "gc":
      return try await options(step) {
        try await bucket.gc(grace: $0.seconds("grace"), dryRun: $0.flag("dry_run"))
      }
    case "resolve": return try await bucket.resolve(saved(step, "unknown"))
    default: throw unknown(call)
    }
  }

  private func object(
    _ object: Object, _ call: String, _ step: Arguments, _ told: Told
  ) async throws -> any Sendable {
    switch call {
    case "next":
      guard try step.flag("to_end") else { return try await object.next() }
      var rest = Data()
      for try await chunk in object { rest.append(chunk) }
      return rest
    case "read": return try await object.read(Int(step.need(step.count("size"), "size")))
    case "seek":
      let starts: [String: SeekFrom] = ["start": .start, "current": .current, "end": .end]
      let from = try step.need(starts[step.text("from") ?? ""], "from")
      return try await object.seek(step.need(step.count("offset"), "offset"), from: from)
    case "range": return [object.range.lowerBound, object.range.upperBound]
    case "is_verified": return object.isVerified
    case "into_bytes": return try await object.intoBytes()
    case "into_string": return try await object.intoString()
    case "into_file":
      let path = try path(step)
      return try await options(step) { try await object.intoFile(path, progress: told.progress($0)) }
    case "close": return object.close()
    default: throw unknown(call)
    }
  }

  private func upload(_ upload: Upload, _ call: String, _ step: Arguments) async throws -> any Sendable {
    switch call {
    case "write": return try await upload.write(bytes(step))
    case "finish":
      let info = try await upload.finish()
      try uploads.first { $0.upload === upload }?.told.check()
      return info
    case "abort": return await upload.abort()
    default: throw unknown(call)
    }
  }

  private func watch(_ watch: Watch, _ call: String) async throws -> any Sendable {
    switch call {
    case "next": return try await watch.next()
    case "close": return watch.close()
    default: throw unknown(call)
    }
  }

  private func check(_ check: Check, _ call: String) async throws -> any Sendable {
    switch call {
    case "next": return try await check.next()
    case "report": return check.report
    default: throw unknown(call)
    }
  }

  // Arguments.

  private func options<T: Sendable>(_ step: Arguments, _ call: (Arguments) async throws -> T) async throws -> T {
    let options = Arguments(try value(step.take("options") ?? .object([:])).fields)
    let result: T
    do {
      result = try await call(options)
    } catch {
      // What nobody knows must not be passed over because the call fails.
      try options.end()
      throw error
    }
    try options.end()
    return result
  }

  private func given(_ step: Arguments, _ key: String) throws -> Value {
    try value(step.need(step.take(key), key))
  }

  private func name(_ step: Arguments) throws -> String {
    try step.need(given(step, "name").text, "name")
  }

  private func meta(_ step: Arguments) throws -> ObjectMeta {
    try step.meta(given(step, "meta")).objectMeta
  }

  private func saved<T>(_ step: Arguments, _ key: String) throws -> T {
    let name = try step.need(step.text(key), key)
    guard let saved = try target(name) as? T else { throw Mismatch("\(name) is no \(T.self)") }
    return saved
  }

  private func path(_ step: Arguments) throws -> URL {
    URL(fileURLWithPath: try step.need(given(step, "path").text, "path"))
  }

  private func bytes(_ step: Arguments) throws -> Data {
    guard case .bytes(let bytes) = try given(step, "body") else { throw Mismatch("the body is no bytes") }
    return bytes
  }

  // Values.

  private func value(_ value: Value) throws -> Value {
    switch value {
    case .object(let fields): try special(fields) ?? .object(fields.mapValues(self.value))
    case .list(let items): .list(try items.map(self.value))
    default: value
    }
  }

  private func special(_ fields: [String: Value]) throws -> Value? {
    switch fields.keys.sorted() {
    case ["$"]: return try looked(fields["$"]!.text!)
    case ["$path"]: return .text(place.directory.appendingPathComponent(fields["$path"]!.text!).path)
    case ["$engine"]: return try value(fields["$engine"]![place.engine.rawValue])
    case ["text"]: return fields["text"]!.text.map { .bytes(Data($0.utf8)) }
    case ["hex"]: return .bytes(hex(fields["hex"]!.text!))
    case ["pattern"]: return .bytes(pattern(Int(fields["pattern"]!.number!)))
    case ["from", "pattern"]:
      return .bytes(pattern(Int(fields["pattern"]!.number!), from: Int(fields["from"]!.number!)))
    default: return nil
    }
  }

  private func looked(_ path: String) throws -> Value {
    let names = path.split(separator: ".").map(String.init)
    return try names.dropFirst().reduce(shown(target(names[0]))) { found, field in
      guard let value = found.fields[field] else { throw Mismatch("\(path): there is no \(field)") }
      return value
    }
  }
}

/// What a progress function is told.
final class Told: Sendable {
  private let state = Locked<(counts: [Int64], end: Int64?)>(([], nil))

  init(_ end: Int64? = nil) {
    state.with { $0.end = end }
  }

  var function: ProgressFunction {
    { count in self.state.with { $0.counts.append(count) } }
  }

  func progress(_ options: Arguments) throws -> ProgressFunction? {
    guard let end = try options.count("progress") else { return nil }
    state.with { $0.end = end }
    return function
  }

  func check() throws {
    try state.with { told in
      guard let end = told.end else { return }
      if told.counts != told.counts.sorted() || told.counts.last != end {
        throw Mismatch("progress: \(end) is expected, \(told.counts) was told")
      }
    }
  }
}

func all<T>(_ items: Items<T>) async throws -> [T] {
  var all: [T] = []
  for try await item in items { all.append(item) }
  return all
}

/// The bytes in pieces, one after the other.
func cut(_ bytes: Data, _ size: Int) -> AsyncStream<Data> {
  AsyncStream { continuation in
    for start in stride(from: 0, to: bytes.count, by: size) {
      continuation.yield(bytes.subdata(in: start..<min(start + size, bytes.count)))
    }
    continuation.finish()
  }
}

private func hex(_ text: String) -> Data {
  let digits = Array(text)
  return Data(stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0..<$0 + 2]), radix: 16)! })
}

private func unknown(_ call: String) -> Mismatch {
  Mismatch("there is no call \(call)")
}
