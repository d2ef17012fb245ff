//! `jetblob bucket ls`.

use clap::Args;
use futures_util::TryStreamExt;
use jetblob::BucketStatus;

use crate::args::Global;
use crate::exit::Failure;
use crate::store::in_store;
use crate::{escape, json, output};

/// List the buckets: bytes in use, name, description.
#[derive(Debug, Args)]
pub(crate) struct Ls {
    /// Show sizes in bytes.
    #[arg(short, long)]
    pub(crate) bytes: bool,
}

/// Lists the buckets by name.
pub(crate) async fn list(exact: bool, global: &Global) -> Result<(), Failure> {
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
