//! `jetblob bucket edit`.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use jetblob::{BucketConfig, Placement};

use crate::args::{Global, parse_entry};
use crate::commands::bucket::StorageKind;
use crate::exit::Failure;
use crate::path::BucketPath;
use crate::size::parse_bytes;
use crate::store::in_store;
use crate::{json, output};

/// Change the configuration of a bucket: what is given, and nothing else.
///
/// What can be changed is for the store to say: a server never moves a bucket from disk to memory and may keep the
/// features that --plain turns off, a directory knows no replicas.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jetblob bucket edit --max-bytes 20GiB --ttl none backups
  jetblob bucket edit --replicas 3 photos
  jetblob bucket edit -m team=red --remove-metadata owner photos")]
pub(crate) struct Edit {
    /// The bucket.
    pub(crate) bucket: BucketPath,
    #[command(flatten)]
    pub(crate) changes: Changes,
}

#[derive(Debug, Default, PartialEq, Args)]
pub(crate) struct Changes {
    /// Free text.
    #[arg(short, long, value_name = "TEXT")]
    description: Option<String>,
    /// How long an object lives after its put: 12h, 30days, or none for ever. It counts for objects that are there too.
    #[arg(long, value_name = "DURATION|none", value_parser = parse_ttl)]
    ttl: Option<Bound<Duration>>,
    /// The most bytes that the bucket may hold: 10GiB, a number, or none.
    #[arg(long, value_name = "SIZE|none", value_parser = parse_max_bytes)]
    max_bytes: Option<Bound<u64>>,
    /// Where a server keeps the bytes.
    #[arg(long, value_enum)]
    storage: Option<StorageKind>,
    /// On how many servers the bucket is kept, 1 to 5.
    #[arg(long, value_name = "COUNT")]
    replicas: Option<usize>,
    /// Whether the server may compress what it stores.
    #[arg(long, value_name = "true|false", hide_possible_values = true)]
    compression: Option<bool>,
    /// An entry of metadata to add or replace; may be given more than once.
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = parse_entry)]
    metadata: Vec<(String, String)>,
    /// An entry of metadata to remove; may be given more than once.
    #[arg(long, value_name = "KEY")]
    remove_metadata: Vec<String>,
    /// The cluster that must hold the bucket; an empty one is any.
    #[arg(long, value_name = "CLUSTER")]
    placement_cluster: Option<String>,
    /// A tag that every server of the bucket must bear; may be given more than once. They take the place of the old ones;
    /// an empty one is none.
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Whether stream features beyond the standard are off, for other clients that create the same bucket at their start.
    #[arg(long, value_name = "true|false", hide_possible_values = true)]
    plain: Option<bool>,
}

/// A bound, or its absence.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Bound<T> {
    None,
    At(T),
}

impl<T> Bound<T> {
    fn parse(text: &str, at: impl FnOnce(&str) -> Result<T, String>) -> Result<Self, String> {
        if text == "none" { Ok(Self::None) } else { at(text).map(Self::At) }
    }

    fn get(self) -> Option<T> {
        match self {
            Self::None => None,
            Self::At(bound) => Some(bound),
        }
    }
}

fn parse_ttl(text: &str) -> Result<Bound<Duration>, String> {
    Bound::parse(text, |text| humantime::parse_duration(text).map_err(|error| error.to_string()))
}

fn parse_max_bytes(text: &str) -> Result<Bound<u64>, String> {
    Bound::parse(text, parse_bytes)
}

pub(super) async fn run(args: Edit, global: &Global) -> Result<(), Failure> {
    if args.changes == Changes::default() {
        return Err(Failure::Usage(
            "nothing is to be changed; `jetblob bucket edit --help` says what can".to_owned(),
        ));
    }
    in_store(global, args.bucket.store.as_deref(), async |store| {
        let status = store.bucket(&args.bucket.bucket).await?.status().await?;
        let bucket = store.update_bucket(args.changes.of(status.into())).await?;
        if global.json { output::line(json::bucket(&bucket.status().await?)) } else { Ok(()) }
    })
    .await
}

impl Changes {
    /// The configuration with the changes made.
    fn of(self, old: BucketConfig) -> BucketConfig {
        let mut placement = old.placement.unwrap_or_default();
        if let Some(cluster) = self.placement_cluster {
            placement.cluster = cluster;
        }
        if !self.tags.is_empty() {
            placement.tags = self.tags.into_iter().filter(|tag| !tag.is_empty()).collect();
        }
        let mut metadata: BTreeMap<String, String> = old.metadata;
        metadata.retain(|key, _| !self.remove_metadata.contains(key));
        metadata.extend(self.metadata);
        BucketConfig {
            description: self.description.unwrap_or(old.description),
            ttl: self.ttl.map_or(old.ttl, Bound::get),
            max_bytes: self.max_bytes.map_or(old.max_bytes, Bound::get),
            storage: self.storage.map_or(old.storage, Into::into),
            replicas: self.replicas.unwrap_or(old.replicas),
            placement: Some(placement).filter(|placement| *placement != Placement::default()),
            compression: self.compression.unwrap_or(old.compression),
            metadata,
            plain: self.plain.unwrap_or(old.plain),
            name: old.name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn old() -> BucketConfig {
        BucketConfig {
            description: "d".into(),
            ttl: Some(Duration::from_mins(1)),
            max_bytes: Some(7),
            placement: Some(Placement { cluster: "c".into(), tags: vec!["ssd".into()] }),
            compression: true,
            metadata: BTreeMap::from([("a".into(), "1".into()), ("b".into(), "2".into())]),
            ..BucketConfig::new("b")
        }
    }

    #[test]
    fn only_what_is_given_is_changed() {
        assert_eq!(Changes::default().of(old()), old());
        let changes = Changes { ttl: Some(Bound::None), replicas: Some(3), ..Changes::default() };
        assert_eq!(changes.of(old()), BucketConfig { ttl: None, replicas: 3, ..old() });
        let changes = Changes {
            metadata: vec![("a".into(), "3".into())],
            remove_metadata: vec!["a".into(), "b".into(), "none".into()],
            ..Changes::default()
        };
        assert_eq!(changes.of(old()).metadata, BTreeMap::from([("a".into(), "3".into())]));
    }

    #[test]
    fn an_empty_placement_is_none() {
        let changes = Changes { tags: vec!["hdd".into(), "eu".into()], ..Changes::default() };
        assert_eq!(changes.of(old()).placement.unwrap().tags, ["hdd", "eu"]);
        let any = || Some(String::new());
        let changes = Changes { placement_cluster: any(), tags: vec![String::new()], ..Changes::default() };
        assert_eq!(changes.of(old()).placement, None);
    }
}
