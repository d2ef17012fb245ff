import Foundation

@testable import Jetblob

/// What a scenario says, and what a call gives.
enum Value: Equatable, Sendable, Decodable {
  case null
  case bool(Bool)
  case number(Double)
  case text(String)
  case bytes(Data)
  case list([Value])
  case object([String: Value])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let bool = try? container.decode(Bool.self) {
      self = .bool(bool)
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else if let text = try? container.decode(String.self) {
      self = .text(text)
    } else if let list = try? container.decode([Value].self) {
      self = .list(list)
    } else {
      self = .object(try container.decode([String: Value].self))
    }
  }

  static func read(_ path: String) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(contentsOf: top.appendingPathComponent(path)))
  }

  subscript(_ key: String) -> Value {
    if case .object(let fields) = self { fields[key] ?? .null } else { .null }
  }

  var text: String? {
    if case .text(let text) = self { text } else { nil }
  }

  var number: Double? {
    if case .number(let number) = self { number } else { nil }
  }

  var list: [Value] {
    if case .list(let list) = self { list } else { [] }
  }

  var fields: [String: Value] {
    if case .object(let fields) = self { fields } else { [:] }
  }
}

/// A result as JSON. Bytes stay bytes.
func shown(_ result: Any) -> Value {
  switch result {
  case let value as Value: return value
  case let error as JetblobError:
    var fields: [String: Value] = ["code": .text(error.code.rawValue), "retryable": .bool(error.isRetryable)]
    fields["bucket"] = error.bucket.map(Value.text)
    fields["name"] = error.name.map(Value.text)
    return .object(fields)
  case let event as WatchEvent:
    if case .object(let info) = event { return .object(["object": shown(info)]) } else { return .text("caught_up") }
  case let object as Object: return .object(["info": shown(object.info)])
  case is Store, is Bucket, is Upload, is Watch, is Check, is Void: return .null
  case let bytes as Data: return .bytes(bytes)
  case let text as String: return .text(text)
  case let bool as Bool: return .bool(bool)
  case let number as Int64: return .number(Double(number))
  case let date as Date: return .number(date.timeIntervalSince1970)
  case let span as Duration: return .number(span / .seconds(1))
  case let storage as Storage: return .text(storage == .file ? "file" : "memory")
  case let kind as FindingKind: return .text(snakeCase("\(kind)"))
  case let items as [Any]: return .list(items.map(shown))
  case let fields as [String: Any]: return .object(fields.mapValues(shown))
  default: break
  }
  let mirror = Mirror(reflecting: result)
  if mirror.displayStyle == .optional {
    return mirror.children.first.map { shown($0.value) } ?? .null
  }
  // A record: its fields, by their names in `surface.json`.
  return .object(
    Dictionary(uniqueKeysWithValues: mirror.children.map { (snakeCase($0.label!), shown($0.value)) }))
}

func snakeCase(_ name: String) -> String {
  name.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
}

func camelCase(_ name: String) -> String {
  let words = name.split(separator: "_").map(String.init)
  return words[0] + words.dropFirst().map(\.capitalized).joined()
}
