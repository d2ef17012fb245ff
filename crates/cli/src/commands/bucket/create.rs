//! `jetblob bucket create`.

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

/// Create a bucket. It is fine if it exists with the same configuration.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jetblob bucket create photos
  jetblob bucket create --ttl 30days --max-bytes 10GiB --replicas 3 backups")]
pub(crate) struct Create {
    /// The bucket: letters, digits, _ and -.
    pub(crate) bucket: BucketPath,
    /// Free text.
    #[arg(short, long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) description: String,
    /// How long an object lives after its put: 12h, 30days. Without it: for ever.
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration)]
    pub(crate) ttl: Option<Duration>,
    /// The most bytes that the bucket may hold: 10GiB, or a number. Without it: no bound.
    #[arg(long, value_name = "SIZE", value_parser = parse_bytes)]
    pub(crate) max_bytes: Option<u64>,
    /// Where a server keeps the bytes.
    #[arg(long, value_enum, default_value = "file")]
    pub(crate) storage: StorageKind,
    /// On how many servers the bucket is kept, 1 to 5.
    #[arg(long, value_name = "COUNT", default_value = "1")]
    pub(crate) replicas: usize,
    /// Let the server compress what it stores.
    #[arg(long)]
    pub(crate) compression: bool,
    /// An entry of metadata; may be given more than once.
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = parse_entry)]
    pub(crate) metadata: Vec<(String, String)>,
    /// The cluster that must hold the bucket.
    #[arg(long, value_name = "CLUSTER", default_value = "", hide_default_value = true)]
    pub(crate) placement_cluster: String,
    /// A tag that every server of the bucket must bear; may be given more than once.
    #[arg(long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<String>,
    /// Leave off stream features beyond the standard, for other clients that create the same bucket at their start.
    #[arg(long)]
    pub(crate) plain: bool,
}

pub(super) async fn run(args: Create, global: &Global) -> Result<(), Failure> {
    let placement = Placement { cluster: args.placement_cluster, tags: args.tags };
    let config = BucketConfig {
        description: args.description,
        ttl: args.ttl,
        max_bytes: args.max_bytes,
        storage: args.storage.into(),
        replicas: args.replicas,
        placement: Some(placement).filter(|placement| *placement != Placement::default()),
        compression: args.compression,
        metadata: args.metadata.into_iter().collect(),
        plain: args.plain,
        ..BucketConfig::new(args.bucket.bucket)
    };
    in_store(global, args.bucket.store.as_deref(), async |store| {
        let bucket = store.create_bucket(config).await?;
        if global.json { output::line(json::bucket(&bucket.status().await?)) } else { Ok(()) }
    })
    .await
}
