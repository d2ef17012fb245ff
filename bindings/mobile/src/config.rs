//! A bucket's configuration.

use std::collections::HashMap;

use jetblob::Error;

use crate::failure::invalid;
use crate::seconds::Seconds;

/// What a server keeps a bucket in.
#[derive(Debug, Clone, Copy, uniffi::Enum)]
pub enum Storage {
    /// Files.
    File,
    /// Memory: it is gone with the server.
    Memory,
}

/// Which servers of a cluster may hold a bucket.
#[derive(Debug, Clone, uniffi::Record)]
pub struct Placement {
    /// The name of the cluster; empty for any.
    #[uniffi(default = "")]
    pub cluster: String,
    /// Tags that each server must have.
    #[uniffi(default = [])]
    pub tags: Vec<String>,
}

/// How a bucket is to be. Where nothing but the name is to be said, a string will do.
#[derive(Debug, Clone, uniffi::Record)]
pub struct BucketConfig {
    /// Letters, digits, `-` and `_`.
    pub name: String,
    /// A text for people.
    #[uniffi(default = "")]
    pub description: String,
    /// How long objects live; none for ever.
    #[uniffi(default = None)]
    pub ttl: Option<Seconds>,
    /// How many bytes it may take, at most; a put beyond fails. None for no bound.
    #[uniffi(default = None)]
    pub max_bytes: Option<i64>,
    /// What a server keeps it in; files if not given.
    #[uniffi(default = None)]
    pub storage: Option<Storage>,
    /// How many servers hold it, 1 to 5. Locally there is 1.
    #[uniffi(default = 1)]
    pub replicas: i64,
    /// Which servers may hold it.
    #[uniffi(default = None)]
    pub placement: Option<Placement>,
    /// Whether the server compresses it on disk. Locally it makes no difference.
    #[uniffi(default = false)]
    pub compression: bool,
    /// Names and values of the caller's own.
    #[uniffi(default)]
    pub metadata: HashMap<String, String>,
    /// Leave off the stream features that ADR-20 doesn't name: for other clients that create the bucket, too, and want
    /// it exactly so. Costs speed and the expiry of single objects.
    #[uniffi(default = false)]
    pub plain: bool,
}

impl From<Placement> for jetblob::Placement {
    fn from(placement: Placement) -> Self {
        Self { cluster: placement.cluster, tags: placement.tags }
    }
}

impl From<jetblob::Placement> for Placement {
    fn from(placement: jetblob::Placement) -> Self {
        Self { cluster: placement.cluster, tags: placement.tags }
    }
}

impl From<Storage> for jetblob::Storage {
    fn from(storage: Storage) -> Self {
        match storage {
            Storage::File => Self::File,
            Storage::Memory => Self::Memory,
        }
    }
}

impl From<jetblob::Storage> for Storage {
    fn from(storage: jetblob::Storage) -> Self {
        match storage {
            jetblob::Storage::Memory => Self::Memory,
            _ => Self::File,
        }
    }
}

impl TryFrom<BucketConfig> for jetblob::BucketConfig {
    type Error = Error;

    fn try_from(config: BucketConfig) -> jetblob::Result<Self> {
        let max_bytes = config.max_bytes.map(|bytes| crate::failure::unsigned(bytes, "max_bytes"));
        let replicas = usize::try_from(config.replicas)
            .map_err(|_| invalid("replicas", format!("{} is negative", config.replicas)))?;
        Ok(Self {
            name: config.name,
            description: config.description,
            ttl: config.ttl.map(|ttl| ttl.of("ttl")).transpose()?,
            max_bytes: max_bytes.transpose()?,
            storage: config.storage.map_or(jetblob::Storage::File, Into::into),
            replicas,
            placement: config.placement.map(Into::into),
            compression: config.compression,
            metadata: config.metadata.into_iter().collect(),
            plain: config.plain,
        })
    }
}
