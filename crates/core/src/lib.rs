//! jetblob stores objects of any size in NATS JetStream Object Store buckets, or in a local directory, behind one API.
//!
//! * **It never lies.** A put that succeeded is readable, byte for byte. A put that failed leaves the old object as it
//!   was. An end that cannot be known is reported as [`Error::Unknown`].
//! * **It never hangs.** Every wait has an idle limit, and every error says what, where, and whether a retry helps.
//! * **It reads what every other client wrote**, and writes what every other client reads.
//!
//! ```
//! # #[cfg(feature = "local")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> jetblob::Result<()> {
//! # let dir = tempfile::tempdir().unwrap();
//! # let url = dir.path().to_str().unwrap();
//! use jetblob::{BucketConfig, Store};
//!
//! let store = Store::open(url).await?; // a directory, or "nats://127.0.0.1:4222"
//! let bucket = store.create_bucket(BucketConfig::new("photos")).await?;
//! bucket.put_string("greeting.txt", "hello").await?;
//! assert_eq!(bucket.get_string("greeting.txt").await?, "hello");
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "local"))] fn main() {}
//! ```
//!
//! The layers, each knowing only those before it: [`protocol`] (pure), [`engine`] (what keeps records and blobs), the
//! operations ([`Store`], [`Bucket`]), and [`context`] (which store is meant where none is named). Without default features only [`protocol`] is built.

pub mod protocol;

/// The examples of the README are compiled.
#[cfg(all(doctest, feature = "store"))]
#[doc = include_str!("../../../README.md")]
struct Readme;

#[cfg(feature = "store")]
mod body;
#[cfg(feature = "store")]
mod bucket;
#[cfg(feature = "store")]
mod check;
#[cfg(feature = "store")]
mod condition;
#[cfg(feature = "context")]
pub mod context;
#[cfg(feature = "store")]
mod delete;
#[cfg(feature = "store")]
pub mod engine;
#[cfg(feature = "store")]
mod error;
#[cfg(feature = "store")]
mod examination;
#[cfg(feature = "store")]
mod file;
#[cfg(feature = "store")]
mod finding;
#[cfg(feature = "store")]
mod finish;
#[cfg(feature = "store")]
mod gc;
#[cfg(feature = "store")]
mod get;
#[cfg(feature = "store")]
pub mod handle;
#[cfg(feature = "store")]
mod info;
#[cfg(feature = "store")]
mod link;
#[cfg(feature = "store")]
mod list;
#[cfg(feature = "store")]
mod location;
#[cfg(feature = "store")]
mod memory;
#[cfg(feature = "store")]
mod meta;
#[cfg(feature = "store")]
mod object;
#[cfg(feature = "store")]
mod operation;
#[cfg(feature = "store")]
mod orphan;
#[cfg(feature = "store")]
mod put;
#[cfg(feature = "store")]
mod put_small;
#[cfg(feature = "store")]
mod resolve;
#[cfg(feature = "store")]
mod store;
#[cfg(feature = "store")]
mod subset;
#[cfg(feature = "store")]
mod upload;
#[cfg(feature = "store")]
mod watch;
#[cfg(feature = "store")]
mod write;

#[cfg(feature = "store")]
pub use {
    body::Body,
    bucket::Bucket,
    check::{Check, CheckLevel, CheckOptions, CheckReport},
    condition::{Condition, WriteOptions},
    engine::{Consistency, StoreOptions},
    error::{During, Error, Result},
    finding::{Finding, FindingKind},
    gc::{GcOptions, GcReport},
    get::GetOptions,
    info::InfoOptions,
    list::ListOptions,
    object::Object,
    orphan::Orphan,
    put::PutOptions,
    resolve::Resolved,
    store::Store,
    subset::Subset,
    upload::Upload,
    watch::{Watch, WatchEvent, WatchOptions},
};

pub use protocol::{
    BucketConfig, BucketName, BucketStatus, ByteRange, Digest, Link, Nuid, ObjectInfo, ObjectMeta, Placement,
    Storage,
};
