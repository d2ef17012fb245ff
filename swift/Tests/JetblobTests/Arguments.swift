import Foundation

@testable import Jetblob

/// What a step gives. Everything must be taken.
final class Arguments {
  private var left: [String: Value]

  init(_ given: [String: Value]) {
    left = given
  }

  func has(_ key: String) -> Bool {
    left.keys.contains(key)
  }

  func take(_ key: String) -> Value? {
    left.removeValue(forKey: key)
  }

  func text(_ key: String) throws -> String? {
    guard let value = take(key) else { return nil }
    guard let text = value.text else { throw Mismatch("\(key) is no text") }
    return text
  }

  func number(_ key: String) throws -> Double? {
    guard let value = take(key) else { return nil }
    guard let number = value.number else { throw Mismatch("\(key) is no number") }
    return number
  }

  func count(_ key: String) throws -> Int64? {
    try number(key).map { Int64($0) }
  }

  func seconds(_ key: String) throws -> Duration? {
    try number(key).map { .seconds($0) }
  }

  func flag(_ key: String) throws -> Bool {
    switch take(key) {
    case nil: false
    case .bool(let flag): flag
    default: throw Mismatch("\(key) is no flag")
    }
  }

  func texts(_ key: String) -> [String: String] {
    (take(key)?.fields ?? [:]).mapValues { $0.text! }
  }

  /// Takes an object, of which everything must be taken, too.
  func within<T>(_ key: String, _ taken: (Arguments) throws -> T) throws -> T? {
    guard let value = take(key) else { return nil }
    let within = Arguments(value.fields)
    let result = try taken(within)
    try within.end()
    return result
  }

  func need<T>(_ value: T?, _ what: String) throws -> T {
    guard let value else { throw Mismatch("\(what) is missing") }
    return value
  }

  func end() throws {
    if !left.isEmpty { throw Mismatch("nobody knows \(left.keys.sorted())") }
  }

  // What the calls take.

  func meta(_ given: Value) throws -> any ObjectMetaConvertible {
    if let name = given.text { return name }
    let meta = Arguments(given.fields)
    let made = ObjectMeta(
      name: try need(meta.text("name"), "name"), description: try meta.text("description") ?? "",
      headers: (meta.take("headers")?.fields ?? [:]).mapValues { $0.list.map { $0.text! } },
      metadata: meta.texts("metadata"), chunkSize: try meta.count("chunk_size"),
      link: try meta.within("link") { Link(bucket: try need($0.text("bucket"), "bucket"), name: try $0.text("name")) })
    try meta.end()
    return made
  }

  func config(_ given: Value) throws -> any BucketConfigConvertible {
    if let name = given.text { return name }
    let config = Arguments(given.fields)
    let made = BucketConfig(
      name: try need(config.text("name"), "name"), description: try config.text("description") ?? "",
      ttl: try config.seconds("ttl"), maxBytes: try config.count("max_bytes"),
      storage: try config.text("storage").map { $0 == "file" ? Storage.file : .memory },
      replicas: try config.count("replicas") ?? 1,
      placement: try config.within("placement") {
        Placement(cluster: try $0.text("cluster") ?? "", tags: $0.take("tags")?.list.map { $0.text! } ?? [])
      },
      compression: try config.flag("compression"), metadata: config.texts("metadata"),
      plain: try config.flag("plain"))
    try config.end()
    return made
  }

  func range() throws -> ByteRange {
    guard let given = take("range"), given.text != "all" else { return .all }
    switch given.fields.first {
    case ("bounded", let of)?: return .bounded(start: Int64(of.list[0].number!), end: Int64(of.list[1].number!))
    case ("from", let of)?: return .from(start: Int64(of.number!))
    case ("suffix", let of)?: return .suffix(count: Int64(of.number!))
    default: throw Mismatch("no range: \(given)")
    }
  }

  func level() throws -> CheckLevel? {
    switch try text("level") {
    case nil: nil
    case "settings": .settings
    case "structure": .structure
    case "data": .data
    case let other?: throw Mismatch("no level: \(other)")
    }
  }

  func subset() throws -> Subset? {
    try within("subset") { subset in
      if let percent = try subset.number("percent") { return .percent(percent) }
      if let bytes = try subset.count("bytes") { return .bytes(bytes) }
      let part = try need(subset.take("part"), "part").list.map { Int64($0.number!) }
      return .part(part[0], of: part[1])
    }
  }

  func consistency() throws -> Consistency {
    switch try text("consistency") {
    case nil, "read_your_writes": .readYourWrites
    case "leader": .leader
    case let other?: throw Mismatch("no consistency: \(other)")
    }
  }
}
