import Foundation
import Testing

@testable import Jetblob

/// The top of the repository.
let top = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()

enum Engine: String, CaseIterable {
  case local, jetstream
}

/// Where an empty store is: a directory, or a real server of its own.
final class Place: Sendable {
  let engine: Engine
  let directory: URL
  let url: String
  private let server: Locked<Process?>

  init(_ engine: Engine) async throws {
    self.engine = engine
    directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    guard engine == .jetstream else {
      url = directory.appendingPathComponent("store").path
      server = Locked(nil)
      return
    }
    let process = Process()
    process.executableURL = top.appendingPathComponent(".venv/bin/nats-server")
    let ports = directory.path
    // The server takes a free port, and writes which it was.
    process.arguments = [
      "-js", "-a", "127.0.0.1", "-p", "-1", "-sd", directory.appendingPathComponent("js").path,
      "--ports_file_dir", ports,
    ]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    server = Locked(process)
    let file = directory.appendingPathComponent("nats-server_\(process.processIdentifier).ports")
    var found: String?
    try await waitFor("the server listens") {
      let told = (try? Data(contentsOf: file)).flatMap { try? JSONDecoder().decode([String: [String]].self, from: $0) }
      found = told?["nats"]?.first
      return found != nil
    }
    url = found!
  }

  /// Stops the server: it keeps its connections, and answers nothing. Its threads stop one after the other.
  func stop() async throws {
    let process = server.with { $0!.processIdentifier }
    kill(process, SIGSTOP)
    let tasks = "/proc/\(process)/task"
    try await waitFor("the server stands still") {
      try FileManager.default.contentsOfDirectory(atPath: tasks).allSatisfy {
        try String(contentsOfFile: "\(tasks)/\($0)/status", encoding: .utf8).contains("State:\tT")
      }
    }
  }

  /// Lets the server go on.
  func goOn() {
    server.with { _ = kill($0!.processIdentifier, SIGCONT) }
  }

  /// Stores a message on the server, as another client may.
  func publish(_ subject: String, _ body: Data) throws {
    let at = URL(string: url)!
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(at.host, "\(at.port!)", nil, &found) == 0, let address = found?.pointee else {
      throw Mismatch("there is no \(url)")
    }
    defer { freeaddrinfo(found) }
    let connection = FileHandle(
      fileDescriptor: socket(address.ai_family, address.ai_socktype, address.ai_protocol), closeOnDealloc: true)
    var patience = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(
      connection.fileDescriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    guard connect(connection.fileDescriptor, address.ai_addr, address.ai_addrlen) == 0 else {
      throw Mismatch("no connection to \(url)")
    }
    let words = "CONNECT {\"verbose\":false}\r\nSUB _r 1\r\nPUB \(subject) _r \(body.count)\r\n"
    try connection.write(contentsOf: Data(words.utf8) + body + Data("\r\n".utf8))
    while try !connection.line().hasPrefix("MSG _r 1 ") {}
    let answer = try JSONDecoder().decode(Value.self, from: Data(connection.line().utf8))
    guard answer["stream"] != .null, answer["error"] == .null else { throw Mismatch("not stored: \(answer)") }
  }

  deinit {
    server.with { process in
      if let process {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
      }
    }
    try? FileManager.default.removeItem(at: directory)
  }
}

extension FileHandle {
  /// What comes up to the end of a line.
  fileprivate func line() throws -> String {
    var line = Data()
    while line.last != UInt8(ascii: "\n") {
      guard let byte = try read(upToCount: 1), !byte.isEmpty else { throw Mismatch("no more comes") }
      line += byte
    }
    return String(decoding: line, as: UTF8.self)
  }
}

/// Something that is not as it should be.
struct Mismatch: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

/// Waits until it holds.
func waitFor(
  isolation: isolated (any Actor)? = #isolation, _ what: String, _ holds: () async throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + .seconds(20)
  while try await !holds() {
    if ContinuousClock.now > deadline { throw Mismatch("in vain: \(what)") }
    try await Task.sleep(for: .milliseconds(5))
  }
}

/// Runs `test` on an empty store.
func on(_ engine: Engine, _ test: (Store, Place) async throws -> Void) async throws {
  let place = try await Place(engine)
  let store = try await Store.open(place.url)
  do {
    try await test(store, place)
  } catch {
    await store.close()
    throw error
  }
  await store.close()
}

/// The error that it ends with.
func failure<T: Sendable>(
  isolation: isolated (any Actor)? = #isolation, _ call: () async throws -> T
) async throws -> JetblobError {
  let result: T
  do {
    result = try await call()
  } catch let error as JetblobError {
    return error
  }
  throw Mismatch("it gave \(result), and should have failed")
}

extension Bucket {
  /// Waits until the bucket keeps less than this.
  func keepsLessThan(_ bytes: Int64) async throws {
    try await waitFor("the bucket keeps less than \(bytes) bytes") { try await status().size < bytes }
  }
}

/// So many bytes of the pattern.
func pattern(_ size: Int, from: Int = 0) -> Data {
  let start = from % 251
  var bytes = Data(0..<251)
  // Twice as many each time: a byte at a time takes long where nothing is optimized.
  while bytes.count < start + size { bytes.append(bytes) }
  return bytes.subdata(in: start..<start + size)
}
