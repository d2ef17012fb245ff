//! Every number that bounds something on the wire.

/// The size of a chunk when nothing else is said: 128 KiB (ADR-20).
pub const DEFAULT_CHUNK_SIZE: usize = 128 * 1024;

/// The longest object name, in bytes of UTF-8. Its subject stays below the 4,096 bytes of a server's default
/// `max_control_line`, beyond which a server drops the whole connection.
pub const MAX_NAME_BYTES: usize = 1024;

/// The longest bucket name, in bytes: with `OBJ_` in front it must be a file name on the server.
pub const MAX_BUCKET_NAME_BYTES: usize = 250;

/// The longest id of a blob, in characters.
pub const MAX_NUID_CHARS: usize = 64;

/// How many links are followed from one name. The standard allows one; older data may chain.
pub const MAX_LINK_HOPS: usize = 8;

/// The largest chunk that a bucket may ask for: what the largest `max_payload` of a server can carry.
pub const MAX_CHUNK_SIZE: usize = 64 * 1024 * 1024;
