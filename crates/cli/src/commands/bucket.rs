//! `jetblob bucket`: buckets are created, listed, shown and removed.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use futures_util::{StreamExt, TryStreamExt};
use jetblob::{BucketConfig, BucketStatus, ListOptions, Placement, Storage};
use serde_json::json;

use crate::args::{Global, parse_entry};
use crate::commands::info;
use crate::exit::Failure;
use crate::path::BucketPath;
use crate::size::parse_bytes;
use crate::store::in_store;
use crate::{escape, json, output, size};

/// What to do with buckets.
#[derive(Debug, Subcommand)]
pub(crate) enum BucketCommand {
    Create(Box<BucketCreate>),
    /// List the buckets: bytes in use, name, description.
    Ls {
        /// Show sizes in bytes.
        #[arg(short, long)]
        bytes: bool,
    },
    /// Show the configuration and the fill of a bucket.
    Info {
        /// The bucket.
        bucket: BucketPath,
    },
    /// Remove a bucket. One that still holds objects is refused without --force.
    Rm {
        /// The bucket.
        bucket: BucketPath,
        /// Remove all objects with it.
        #[arg(short, long)]
        force: bool,
    },
}

/// Create a bucket. It is fine if it exists with the same configuration.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jetblob bucket create photos
  jetblob bucket create --ttl 30days --max-bytes 10GiB --replicas 3 backups")]
pub(crate) struct BucketCreate {
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

/// Where a server keeps the bytes of a bucket.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum StorageKind {
    /// On disk.
    File,
    /// In memory: lost when the server stops.
    Memory,
}

impl From<StorageKind> for Storage {
    fn from(kind: StorageKind) -> Self {
        match kind {
            StorageKind::File => Self::File,
            StorageKind::Memory => Self::Memory,
        }
    }
}

pub(crate) async fn run(command: BucketCommand, global: &Global) -> Result<(), Failure> {
    match command {
        BucketCommand::Create(args) => create(*args, global).await,
        BucketCommand::Ls { bytes } => list(bytes, global).await,
        BucketCommand::Info { bucket } => show(bucket, global).await,
        BucketCommand::Rm { bucket, force } => remove(bucket, force, global).await,
    }
}

async fn create(args: BucketCreate, global: &Global) -> Result<(), Failure> {
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

/// Lists the buckets by name.
pub(super) async fn list(exact: bool, global: &Global) -> Result<(), Failure> {
    let mut buckets: Vec<BucketStatus> =
        in_store(global, None, async |store| Ok(store.buckets().try_collect().await?)).await?;
    buckets.sort_unstable_by(|one, other| one.bucket.cmp(&other.bucket));
    if global.json {
        return buckets.iter().try_for_each(|status| output::line(json::bucket(status)));
    }
    let row = |status: &BucketStatus| {
        [output::bytes(status.size, exact), status.bucket.clone(), escape::text(&status.description)]
    };
    output::table(&buckets.iter().map(row).collect::<Vec<_>>())
}

async fn show(path: BucketPath, global: &Global) -> Result<(), Failure> {
    let status = in_store(global, path.store.as_deref(), async |store| {
        Ok(store.bucket(&path.bucket).await?.status().await?)
    })
    .await?;
    if global.json {
        return output::line(json::bucket(&status));
    }
    output::fields(&fields(&status))
}

async fn remove(path: BucketPath, force: bool, global: &Global) -> Result<(), Failure> {
    in_store(global, path.store.as_deref(), async |store| {
        // One whose record makes no sense is an object as well.
        if !force && store.bucket(&path.bucket).await?.list(ListOptions::default()).next().await.is_some() {
            return Err(Failure::NotEmpty { bucket: path.bucket.clone() });
        }
        store.delete_bucket(&path.bucket).await?;
        if global.json { output::line(json!({ "bucket": path.bucket, "deleted": true })) } else { Ok(()) }
    })
    .await
}

fn fields(status: &BucketStatus) -> Vec<(&'static str, String)> {
    let yes_or_no = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let bytes = |bytes: u64| format!("{} ({bytes} bytes)", size::human(bytes));
    let mut fields = vec![("bucket", status.bucket.clone())];
    if !status.description.is_empty() {
        fields.push(("description", escape::text(&status.description)));
    }
    fields.push(("size", bytes(status.size)));
    fields.push(("max bytes", status.max_bytes.map_or("no bound".to_owned(), bytes)));
    let ttl = status.ttl.map(|ttl| humantime::format_duration(ttl).to_string());
    fields.push(("ttl", ttl.unwrap_or_else(|| "for ever".to_owned())));
    fields.push(("storage", if status.storage == Storage::Memory { "memory" } else { "file" }.to_owned()));
    fields.push(("replicas", status.replicas.to_string()));
    if let Some(Placement { cluster, tags }) = &status.placement {
        let cluster = (!cluster.is_empty()).then(|| ("cluster", escape::text(cluster)));
        fields.extend(cluster.into_iter().chain(tags.iter().map(|tag| ("tag", escape::text(tag)))));
    }
    fields.push(("sealed", yes_or_no(status.sealed)));
    fields.push(("compressed", yes_or_no(status.compressed)));
    fields.push(("backing store", status.backing_store.to_owned()));
    fields.extend(info::metadata(&status.metadata));
    fields
}
