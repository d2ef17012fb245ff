//! A bucket's configuration.

use jetblob::{BucketConfig, Placement, Storage};
use napi::Result;
use napi_derive::napi;

use crate::number::{count, span};

/// A `BucketConfig`. Its metadata comes as pairs.
#[napi(object, object_to_js = false)]
pub(crate) struct Config {
    pub name: String,
    pub description: Option<String>,
    pub ttl: Option<f64>,
    pub max_bytes: Option<i64>,
    pub in_memory: Option<bool>,
    pub replicas: Option<i64>,
    pub placement: Option<PlacementOf>,
    pub compression: Option<bool>,
    pub metadata: Option<Vec<(String, String)>>,
    pub plain: Option<bool>,
}

impl Config {
    pub(crate) fn into_config(self) -> Result<BucketConfig> {
        let mut config = BucketConfig::new(self.name);
        config.description = self.description.unwrap_or_default();
        config.ttl = self.ttl.map(span).transpose()?;
        config.max_bytes = self.max_bytes.map(count).transpose()?;
        config.storage = if self.in_memory.unwrap_or_default() { Storage::Memory } else { Storage::File };
        if let Some(replicas) = self.replicas {
            config.replicas = usize::try_from(count(replicas)?).unwrap_or(usize::MAX);
        }
        config.placement = self.placement.map(Placement::from);
        config.compression = self.compression.unwrap_or_default();
        config.metadata = self.metadata.into_iter().flatten().collect();
        config.plain = self.plain.unwrap_or_default();
        Ok(config)
    }
}

/// A `Placement`.
#[napi(object)]
pub(crate) struct PlacementOf {
    pub cluster: Option<String>,
    pub tags: Option<Vec<String>>,
}

impl From<PlacementOf> for Placement {
    fn from(placement: PlacementOf) -> Self {
        let (cluster, tags) = (placement.cluster.unwrap_or_default(), placement.tags.unwrap_or_default());
        Self { cluster, tags }
    }
}

impl From<Placement> for PlacementOf {
    fn from(placement: Placement) -> Self {
        Self { cluster: Some(placement.cluster), tags: Some(placement.tags) }
    }
}
