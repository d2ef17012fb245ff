//! The wire format of the NATS Object Store, [ADR-20], without I/O, clock or async.
//!
//! What is here reads leniently and writes strictly: everything that the other clients are known to write is
//! understood, and what is written is what the ADR says.
//!
//! * [`name`]: rules for bucket and object names, and the subjects that are made of them
//! * [`key`]: under which keys the record of a name stands
//! * [`info`]: what is said of an object, as values
//! * [`record`]: the same as JSON, as any client may have written it
//! * `said`: what such JSON says, at the least cost where it is plain
//! * [`config`]: a bucket's configuration, and the stream that it becomes
//! * [`status`]: what a bucket is, and how full
//! * [`chunk`]: how a body is cut, and how its chunks are checked on the way back
//! * [`range`]: a part of an object's bytes
//! * [`digest`]: SHA-256 and its text forms
//! * [`nuid`]: the id of a blob
//! * [`limits`]: every number that bounds something
//!
//! [ADR-20]: https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-20.md

pub mod chunk;
pub mod config;
pub mod digest;
pub mod info;
pub mod key;
pub mod limits;
pub mod name;
pub mod nuid;
pub mod range;
pub mod record;
mod said;
pub mod status;

pub use config::{BucketConfig, Placement, Storage};
pub use digest::Digest;
pub use info::{Link, ObjectInfo, ObjectMeta};
pub use name::BucketName;
pub use nuid::Nuid;
pub use range::ByteRange;
pub use status::BucketStatus;

/// Why a value breaks the rules of the protocol, in words for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(pub(crate) String);

impl Invalid {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}
