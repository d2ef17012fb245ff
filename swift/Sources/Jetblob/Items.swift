import JetblobNative

/// Gives the next items, none at the end, and ends.
struct Batches<Element: Sendable>: Sendable {
  let next: @Sendable (Cancellation) async throws -> [Element]
  let end: @Sendable () -> Void
}

/// What is listed or watched, once: a second iteration goes on where the first one ended.
///
/// `for try await` ends with the first error. An error that is about one item only, as of a record that makes no sense,
/// doesn't end ``next()``: the next call gives the item after. To be forgotten, or closed, ends it, at the server too.
public final class Items<Element: Sendable>: AsyncSequence, Sendable {
  private struct State {
    var begin: @Sendable () -> Batches<Element>
    var batches: Batches<Element>?
    var left: ArraySlice<Element> = []
    var closed = false
  }

  private let state: Locked<State>

  init(_ begin: @escaping @Sendable () -> Batches<Element>) {
    state = Locked(State(begin: begin))
  }

  /// What has begun already, and is to be ended though nobody asks for an item.
  init(begun batches: Batches<Element>) {
    state = Locked(State(begin: { batches }, batches: batches))
  }

  /// The next one, or `nil` at the end. When the task is cancelled, nothing is lost.
  public func next() async throws -> Element? {
    while true {
      let (item, batches) = state.with { state -> (Element?, Batches<Element>?) in
        if state.closed { return (nil, nil) }
        if let item = state.left.popFirst() { return (item, nil) }
        let batches = state.batches ?? state.begin()
        state.batches = batches
        return (nil, batches)
      }
      guard let batches else { return item }
      let batch = try await call { try await batches.next($0) }
      if batch.isEmpty { return nil }
      state.with { $0.left += batch }
    }
  }

  /// Ends it, at the server too. Who waits for an item gets none.
  public func close() {
    state.with { state in
      state.closed = true
      state.batches?.end()
    }
  }

  public func makeAsyncIterator() -> Iterator {
    Iterator(items: self)
  }

  public struct Iterator: AsyncIteratorProtocol {
    let items: Items

    public mutating func next() async throws -> Element? {
      try await items.next()
    }
  }
}
