private let whole: Set = ["headers", "metadata", "link", "placement"]

/// Checks that what was found is as expected.
func match(_ expect: Value, _ found: Value, _ path: String = "it") throws {
  func agree(_ holds: Bool) throws {
    if !holds { throw Mismatch("\(path): \(expect) is expected, \(found) was found") }
  }
  let isWhole = whole.contains(String(path.split(separator: ".").last!))
  switch expect {
  case .object(let fields) where fields.keys.contains("$any_order") && fields.count == 1:
    try matchAnyOrder(fields["$any_order"]!.list, found, path)
  case .object(let fields) where fields.keys.contains("$above") && fields.count == 1:
    try agree(found.number ?? -.infinity > fields["$above"]!.number!)
  case .object(let fields) where fields.keys.contains("$not") && fields.count == 1:
    try agree(found != fields["$not"]!)
  case .object(let fields) where !isWhole:
    guard case .object(let there) = found else { return try agree(false) }
    for (key, value) in fields {
      guard let item = there[key] else { throw Mismatch("\(path): there is no \(key) in \(found)") }
      try match(value, item, "\(path).\(key)")
    }
  case .list(let items) where !isWhole:
    guard case .list(let there) = found, there.count == items.count else { return try agree(false) }
    for (at, (value, item)) in zip(items, there).enumerated() { try match(value, item, "\(path).\(at)") }
  default:
    try agree(expect == found)
  }
}

private func matchAnyOrder(_ items: [Value], _ found: Value, _ path: String) throws {
  guard case .list(var left) = found, left.count == items.count else {
    throw Mismatch("\(path): \(items.count) are expected, \(found) was found")
  }
  for item in items {
    guard let at = left.firstIndex(where: { (try? match(item, $0, path)) != nil }) else {
      throw Mismatch("\(path): \(item) is not in \(left)")
    }
    left.remove(at: at)
  }
}
