// swift-tools-version: 6.0
import Foundation
import PackageDescription

// Where the library and the code that calls it are: `make swift` builds them.
let top = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
let native = ProcessInfo.processInfo.environment["JETBLOB_NATIVE"] ?? "\(top)/target/debug"

let package = Package(
  name: "Jetblob",
  platforms: [.iOS(.v16), .macOS(.v13), .tvOS(.v16), .watchOS(.v9), .visionOS(.v1)],
  products: [.library(name: "Jetblob", targets: ["Jetblob"])],
  targets: [
    .systemLibrary(name: "JetblobFFI", path: "Generated/JetblobFFI"),
    .target(
      name: "JetblobNative", dependencies: ["JetblobFFI"], path: "Generated/JetblobNative",
      swiftSettings: [.swiftLanguageMode(.v5)],
      linkerSettings: [.unsafeFlags(["-L\(native)", "-Xlinker", "-rpath=\(native)"]), .linkedLibrary("jetblob_mobile")]
    ),
    .target(name: "Jetblob", dependencies: ["JetblobNative"]),
    .testTarget(name: "JetblobTests", dependencies: ["Jetblob"]),
  ],
  swiftLanguageModes: [.v6]
)
