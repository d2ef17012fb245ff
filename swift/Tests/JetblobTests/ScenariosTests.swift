import Foundation
import Testing

@testable import Jetblob

/// A scenario of a file.
struct Played: Sendable, CustomTestStringConvertible {
  let file: String
  let name: String
  let steps: [Value]
  var testDescription: String { "\(file): \(name)" }

  static func of(_ file: String) -> [Played] {
    try! Value.read("tests/scenarios/\(file).json")["scenarios"].list.map {
      Played(file: file, name: $0["scenario"].text!, steps: $0["steps"].list)
    }
  }

  static let all: [Played] = try! FileManager.default
    .contentsOfDirectory(atPath: top.appendingPathComponent("tests/scenarios").path)
    .filter { $0.hasSuffix(".json") && $0 != "broken.json" }.sorted()
    .flatMap { of(String($0.dropLast(5))) }
}

/// The scenarios that every language runs, on both engines.
@Suite(.serialized) struct ScenariosTests {
  /// What the product promises.
  @Test(arguments: Played.all, Engine.allCases)
  func scenario(_ played: Played, _ engine: Engine) async throws {
    let error = try await play(played.steps, engine)
    #expect(error == nil)
  }

  /// So that nothing is passed over.
  @Test(arguments: Played.of("broken"))
  func aBrokenScenarioFailsAtItsLastStep(_ played: Played) async throws {
    let before = try await play(played.steps.dropLast(), .local)
    #expect(before == nil)
    let error = try await play(played.steps, .local)
    #expect(error is Mismatch || error is JetblobError, "\(String(describing: error))")
  }

  /// Runs the steps, in 30 seconds, and gives the error that they end with.
  private func play(_ steps: [Value], _ engine: Engine) async throws -> (any Error)? {
    let place = try await Place(engine)
    return await withTaskGroup(of: (any Error)?.self) { group in
      group.addTask {
        do {
          try await Scenario(place).run(steps)
          return nil
        } catch {
          return error
        }
      }
      group.addTask {
        do {
          try await Task.sleep(for: .seconds(30))
          return CancellationError()
        } catch {
          return nil
        }
      }
      let first = await group.next()!
      group.cancelAll()
      return first
    }
  }
}
