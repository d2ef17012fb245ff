import Foundation
import JetblobNative

/// An operation of jetblob failed. Its description names the operation, the bucket and the object, and holds no secret.
///
/// ```swift
/// do {
///   print(try await bucket.getString("greeting.txt"))
/// } catch JetblobError.notFound {
///   print("no greeting")
/// }
/// ```
public struct JetblobError: LocalizedError, CustomStringConvertible, Sendable {
  /// The stable name of the error, the same in every language.
  public let code: Code
  /// What it is about.
  public let description: String
  /// Whether the same call may succeed later, with nothing else changed.
  public let isRetryable: Bool
  /// The bucket that the error is about, where there is one.
  public let bucket: String?
  /// The name of the object that the error is about, where there is one.
  public let name: String?
  /// What else is known.
  public let details: Details

  public var errorDescription: String? { description }

  /// What an error knows beside its code, bucket and name: the digests, the sizes, the revision, the denied subject.
  public typealias Details = JetblobNative.Details

  /// Every way in which an operation can fail.
  public enum Code: String, CaseIterable, Sendable {
    /// No object of this name, or it expired, or it is deleted.
    case notFound = "not_found"
    /// No bucket of this name.
    case bucketNotFound = "bucket_not_found"
    /// A bucket of this name exists, with another configuration.
    case bucketExists = "bucket_exists"
    /// An object of this name exists.
    case alreadyExists = "already_exists"
    /// A bucket's or an object's name breaks the rules. Nothing was sent.
    case invalidName = "invalid_name"
    /// A bucket's configuration can't be. Nothing was changed.
    case invalidConfig = "invalid_config"
    /// An argument can't be. Nothing was changed.
    case invalidArgument = "invalid_argument"
    /// A put or an update of something that says it is a link. Nothing was sent.
    case linkNotAllowed = "link_not_allowed"
    /// The target of a link is deleted.
    case linkToDeleted = "link_to_deleted"
    /// The target of a link is a link itself.
    case linkToLink = "link_to_link"
    /// The entry is a link to a whole bucket, which has no bytes.
    case isBucketLink = "is_bucket_link"
    /// Links that lead in a circle, or through more than 8 others.
    case linkLoop = "link_loop"
    /// A conditional write found something else under the name. Nothing of it is left.
    case conflict
    /// Whether the write took effect could not be learned in time. ``Bucket/resolve(_:)`` tells later.
    case unknown
    /// The bucket is sealed: nothing can be written.
    case sealed
    /// The bucket, the account or the disk is full. What was stored before is untouched.
    case quotaExceeded = "quota_exceeded"
    /// The bytes are not those that were put.
    case digestMismatch = "digest_mismatch"
    /// Chunks of the object are gone from the store.
    case dataMissing = "data_missing"
    /// The object was replaced while it was being read.
    case objectChanged = "object_changed"
    /// The object's record makes no sense.
    case badMeta = "bad_meta"
    /// The server or the system forbids it.
    case permissionDenied = "permission_denied"
    /// The server doesn't accept the credentials.
    case unauthenticated
    /// The connection can't be encrypted as asked.
    case tls
    /// The server has no JetStream for this account, domain or API prefix.
    case jetStreamNotEnabled = "jetstream_not_enabled"
    /// Nothing happened for as long as the idle limit allows.
    case timeout
    /// The server can't be reached, or has no leader now.
    case unavailable
    /// The bucket was deleted while it was in use.
    case bucketDeleted = "bucket_deleted"
    /// The store or the upload is closed.
    case closed
    /// Reading a body, or writing a file, failed.
    case io
    /// The server refused for a reason of its own, which it gives with a code.
    case server
    /// A code that this version doesn't know.
    case other
  }
}

extension JetblobError.Code {
  /// So that `catch JetblobError.notFound` catches the errors of this code.
  public static func ~= (code: Self, error: any Error) -> Bool {
    (error as? JetblobError)?.code == code
  }
}

/// The codes, to be caught.
extension JetblobError {
  public static let notFound = Code.notFound
  public static let bucketNotFound = Code.bucketNotFound
  public static let bucketExists = Code.bucketExists
  public static let alreadyExists = Code.alreadyExists
  public static let invalidName = Code.invalidName
  public static let invalidConfig = Code.invalidConfig
  public static let invalidArgument = Code.invalidArgument
  public static let linkNotAllowed = Code.linkNotAllowed
  public static let linkToDeleted = Code.linkToDeleted
  public static let linkToLink = Code.linkToLink
  public static let isBucketLink = Code.isBucketLink
  public static let linkLoop = Code.linkLoop
  public static let conflict = Code.conflict
  public static let unknown = Code.unknown
  public static let sealed = Code.sealed
  public static let quotaExceeded = Code.quotaExceeded
  public static let digestMismatch = Code.digestMismatch
  public static let dataMissing = Code.dataMissing
  public static let objectChanged = Code.objectChanged
  public static let badMeta = Code.badMeta
  public static let permissionDenied = Code.permissionDenied
  public static let unauthenticated = Code.unauthenticated
  public static let tls = Code.tls
  public static let jetStreamNotEnabled = Code.jetStreamNotEnabled
  public static let timeout = Code.timeout
  public static let unavailable = Code.unavailable
  public static let bucketDeleted = Code.bucketDeleted
  public static let closed = Code.closed
  public static let io = Code.io
  public static let server = Code.server
}

extension Failure {
  /// The error that the library's failure is.
  var lifted: any Error {
    switch self {
    case .Cancelled: CancellationError()
    case .Failed(let code, let text, let retryable, let bucket, let name, let details):
      JetblobError(
        code: JetblobError.Code(rawValue: code) ?? .other, description: text, isRetryable: retryable, bucket: bucket,
        name: name, details: details)
    }
  }
}
