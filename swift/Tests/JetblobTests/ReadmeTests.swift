import Foundation
import Testing

@testable import Jetblob

/// The example of the README, as it stands there but for where the store is.
@Suite struct ReadmeTests {
  @Test func itCompilesAndRuns() async throws {
    let readme = try String(contentsOf: top.appendingPathComponent("README.md"), encoding: .utf8)
    let example = readme.components(separatedBy: "```swift\n")[1].components(separatedBy: "```")[0]
    #expect(example.contains("nats://127.0.0.1:4222"))
    let package = top.appendingPathComponent("target/swift-example")
    let source = package.appendingPathComponent("Sources/example/main.swift")
    try FileManager.default.createDirectory(
      at: source.deletingLastPathComponent(), withIntermediateDirectories: true)
    let manifest = """
      // swift-tools-version: 6.0
      import PackageDescription
      let package = Package(
        name: "Example",
        platforms: [.macOS(.v13)],
        dependencies: [.package(name: "Jetblob", path: "../../swift")],
        targets: [
          .executableTarget(name: "example", dependencies: [.product(name: "Jetblob", package: "Jetblob")])
        ],
        swiftLanguageModes: [.v6]
      )
      """
    try Data(manifest.utf8).write(to: package.appendingPathComponent("Package.swift"))
    let reads = "nats://127.0.0.1:4222"
    let url = #"" + ProcessInfo.processInfo.environment["STORE"]! + ""#
    try Data(example.replacingOccurrences(of: reads, with: url).utf8).write(to: source)
    _ = try run("swift", ["build", "--package-path", package.path], in: package)
    for engine in Engine.allCases {
      let place = try await Place(engine)
      try pattern(300_000).write(to: place.directory.appendingPathComponent("holiday.jpg"))
      let program = package.appendingPathComponent(".build/debug/example").path
      let told = try run(program, [], in: place.directory, ["STORE": place.url])
      #expect(told.contains("bytes"))
      #expect(try Data(contentsOf: place.directory.appendingPathComponent("copy.jpg")) == pattern(300_000))
    }
  }

  private func run(
    _ program: String, _ arguments: [String], in directory: URL, _ environment: [String: String] = [:]
  ) throws -> String {
    let (process, output) = (Process(), Pipe())
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.currentDirectoryURL = directory
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let told = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Mismatch("\(program): \(told)") }
    return told
  }
}
