import Foundation
import Testing

@testable import Jetblob

/// The tables that every language reads, as far as they can be seen through the interface.
@Suite(.serialized) struct VectorsTests {
  @Test(arguments: Engine.allCases)
  func namesAreTakenAsTheyAreOrRefused(_ engine: Engine) async throws {
    let names = try Value.read("tests/vectors/names.json")
    try await on(engine) { store, _ in
      let bucket = try await store.createBucket("b")
      let valid = names["valid"].list.map { $0["name"].text! }
      #expect(!valid.isEmpty)
      for name in valid { try await bucket.putString(name, name) }
      for name in valid { #expect(try await bucket.getString(name) == name) }
      for name in names["invalid"].list {
        #expect(try await failure { try await bucket.putString(name.text!, "") }.code == .invalidName)
      }
      for name in names["buckets"]["invalid"].list {
        #expect(try await failure { try await store.bucket(name.text!) }.code == .invalidName)
      }
    }
  }

  @Test(arguments: Engine.allCases)
  func digestsAndChunksAreAsTheyMustBe(_ engine: Engine) async throws {
    let bodies = try Value.read("tests/vectors/digests.json")["bodies"].list
    let cuts = try Value.read("tests/vectors/chunks.json")["cut"].list
    #expect(!bodies.isEmpty && !cuts.isEmpty)
    try await on(engine) { store, _ in
      let bucket = try await store.createBucket("b")
      for body in bodies {
        #expect(try await bucket.putString("a", body["utf8"].text!).digest == body["digest"].text)
      }
      for cut in cuts where cut["size"].number! <= 1_048_576 {
        let body = pattern(Int(cut["size"].number!))
        let meta = ObjectMeta(name: "a", chunkSize: Int64(cut["chunk_size"].number!))
        #expect(try await bucket.putBytes(meta, body).chunks == Int64(cut["chunks"].list.count))
        #expect(try await bucket.getBytes("a") == body)
      }
    }
  }

  @Test func eachCodeOfAnErrorIsACase() {
    #expect(Set(JetblobError.Code.allCases.map(\.rawValue)) == Set(errors.keys).union(["other"]))
  }

  /// The compiler sees to it that the methods are there: this names each of them, and no other.
  @Test func everyMethodAndTypeOfTheInterfaceIsHere() throws {
    let surface = try Value.read("tests/vectors/surface.json")
    let methods: [String: [Any]] = [
      "Store.open": [Store.open(_:options:)], "Store.open_context": [Store.openContext],
      "Store.open_default": [Store.openDefault],
      "Store.create_bucket": [Store.createBucket(_:) as (Store) -> (String) async throws -> Bucket],
      "Store.update_bucket": [Store.updateBucket(_:) as (Store) -> (String) async throws -> Bucket],
      "Store.create_or_update_bucket": [
        Store.createOrUpdateBucket(_:) as (Store) -> (BucketConfig) async throws -> Bucket
      ],
      "Store.bucket": [Store.bucket], "Store.delete_bucket": [Store.deleteBucket],
      "Store.bucket_names": [Store.bucketNames], "Store.buckets": [Store.buckets], "Store.close": [Store.close],
      "Store.suspend": [Store.suspend], "Store.resume": [Store.resume],
      "Bucket.name": [\Bucket.name], "Bucket.status": [Bucket.status], "Bucket.seal": [Bucket.seal],
      "Bucket.put": [
        Bucket.put(_:contentsOf:ifAbsent:ifRevision:expires:progress:)
          as (Bucket) -> (String, URL, Bool, Int64?, Duration?, ProgressFunction?) async throws -> ObjectInfo
      ],
      "Bucket.put_bytes": [Bucket.putBytes(_:_:) as (Bucket) -> (String, Data) async throws -> ObjectInfo],
      "Bucket.put_string": [Bucket.putString(_:_:) as (Bucket) -> (String, String) async throws -> ObjectInfo],
      "Bucket.put_file": [Bucket.putFile],
      "Bucket.upload": [
        Bucket.upload(_:ifAbsent:ifRevision:expires:progress:)
          as (Bucket) -> (String, Bool, Int64?, Duration?, ProgressFunction?) throws -> Upload
      ],
      "Bucket.get": [Bucket.get(_:range:showDeleted:consistency:ignoreDigest:)],
      "Bucket.get_bytes": [Bucket.getBytes(_:range:showDeleted:consistency:ignoreDigest:)],
      "Bucket.get_string": [Bucket.getString(_:range:showDeleted:consistency:ignoreDigest:)],
      "Bucket.get_file": [Bucket.getFile(_:to:range:showDeleted:consistency:ignoreDigest:progress:)],
      "Bucket.info": [Bucket.info(_:showDeleted:consistency:)],
      "Bucket.update_meta": [
        Bucket.updateMeta(_:_:ifRevision:) as (Bucket) -> (String, String, Int64?) async throws -> ObjectInfo
      ],
      "Bucket.rename": [Bucket.rename(_:to:ifRevision:)], "Bucket.delete": [Bucket.delete(_:ifRevision:)],
      "Bucket.purge": [Bucket.purge(_:ifRevision:)],
      "Bucket.add_link": [
        Bucket.addLink(_:to:ifAbsent:ifRevision:)
          as (Bucket) -> (String, ObjectInfo, Bool, Int64?) async throws -> ObjectInfo
      ],
      "Bucket.add_bucket_link": [
        Bucket.addBucketLink(_:to:ifAbsent:ifRevision:)
          as (Bucket) -> (String, Bucket, Bool, Int64?) async throws -> ObjectInfo
      ],
      "Bucket.list": [Bucket.list(prefix:showDeleted:)],
      "Bucket.watch": [Bucket.watch(prefix:includeHistory:ignoreDeletes:updatesOnly:after:)],
      "Bucket.check": [Bucket.check(level:subset:seed:grace:)], "Bucket.gc": [Bucket.gc(grace:dryRun:)],
      "Bucket.resolve": [Bucket.resolve], "Object.next": [Object.next], "Object.read": [Object.read],
      "Object.seek": [Object.seek(_:from:)], "Object.range": [\Object.range],
      "Object.is_verified": [\Object.isVerified], "Object.into_bytes": [Object.intoBytes],
      "Object.into_string": [Object.intoString], "Object.into_file": [Object.intoFile(_:progress:)],
      "Upload.write": [Upload.write], "Upload.finish": [Upload.finish], "Upload.abort": [Upload.abort],
      "Watch.next": [Watch.next], "Check.next": [Check.next], "Check.report": [\Check.report], "Error.code": [\JetblobError.code],
      "Error.is_retryable": [\JetblobError.isRetryable], "Error.bucket": [\JetblobError.bucket],
      "Error.name": [\JetblobError.name],
    ]
    let rows = surface["methods"].list.map { "\($0["on"].text!).\($0["method"].text!)" }
    #expect(Set(methods.keys) == Set(rows))
    let records: [String: Any] = [
      "StoreOptions": StoreOptions(), "BucketConfig": BucketConfig(name: "b"), "Placement": Placement(),
      "ObjectMeta": ObjectMeta(name: "a"), "Link": Link(bucket: "b"),
      "CheckReport": CheckReport(
        objects: 0, bytes: 0, links: 0, deleted: 0, expired: 0, blobs: 0, underWay: 0, readObjects: 0, readBytes: 0,
        undigested: 0, findings: 0),
      "Finding": Finding(kind: .orphan, name: nil, nuid: nil, size: nil, found: nil, age: nil, reason: ""),
      "GcReport": GcReport(blobs: 0, young: 0, removed: [], left: 0),
      "Orphan": Orphan(nuid: "", bytes: 0, age: .zero),
    ]
    for (type, record) in records {
      let fields = Mirror(reflecting: record).children.map { snakeCase($0.label!) }
      #expect(Set(fields) == Set(surface["types"][type].list.map { $0.text! }), "\(type)")
    }
    let kinds: [FindingKind] = [
      .settings, .invalidRecord, .dataMissing, .short, .long, .digestMismatch, .orphan, .sharedBlob, .danglingLink,
      .linkLoop,
    ]
    #expect(kinds.map(shown) == surface["types"]["FindingKind"].list)
  }
}
