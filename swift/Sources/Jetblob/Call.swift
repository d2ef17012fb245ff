import JetblobNative

/// Told how many bytes an operation has moved so far. What it throws ends the operation, and comes out.
public typealias ProgressFunction = @Sendable (Int64) throws -> Void

/// Makes a call of the library. One whose task is cancelled is given up; one whose task is cancelled already is not begun.
func call<T>(
  isolation: isolated (any Actor)? = #isolation, _ work: (Cancellation) async throws -> T
) async throws -> T {
  try Task.checkCancellation()
  let cancellation = Cancellation()
  do {
    return try await withTaskCancellationHandler {
      try await work(cancellation)
    } onCancel: {
      cancellation.cancel()
    }
  } catch let failure as Failure {
    throw failure.lifted
  }
}

/// Makes a call that ends at once.
func failing<T>(_ work: () throws -> T) throws -> T {
  do {
    return try work()
  } catch let failure as Failure {
    throw failure.lifted
  }
}

/// Makes a call, and tells on the way how far it is.
func telling<T: Sendable>(
  _ progress: ProgressFunction?, _ work: @escaping @Sendable (Count?, Cancellation) async throws -> T
) async throws -> T {
  guard let progress else { return try await call { try await work(nil, $0) } }
  let count = Count()
  return try await withThrowingTaskGroup(of: T?.self) { group in
    group.addTask {
      while let moved = await count.next() { try progress(moved) }
      return nil
    }
    group.addTask {
      defer { count.end() }
      return try await call { try await work(count, $0) }
    }
    var end: T?
    // The first to throw has the others cancelled.
    while let next = try await group.next() { end = end ?? next }
    return end!
  }
}
