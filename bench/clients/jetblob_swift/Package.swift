// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "Bench",
  platforms: [.macOS(.v13)],
  dependencies: [.package(path: "../../../swift")],
  targets: [
    .executableTarget(name: "Bench", dependencies: [.product(name: "Jetblob", package: "swift")])
  ],
  swiftLanguageModes: [.v6]
)
