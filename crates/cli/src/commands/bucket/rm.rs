//! `jetblob bucket rm`.

use clap::Args;
use futures_util::StreamExt;
use jetblob::ListOptions;
use serde_json::json;

use crate::args::Global;
use crate::exit::Failure;
use crate::output;
use crate::path::BucketPath;
use crate::store::in_store;

/// Remove a bucket. One that still holds objects is refused without --force.
#[derive(Debug, Args)]
pub(crate) struct Rm {
    /// The bucket.
    pub(crate) bucket: BucketPath,
    /// Remove all objects with it.
    #[arg(short, long)]
    pub(crate) force: bool,
}

pub(super) async fn run(args: Rm, global: &Global) -> Result<(), Failure> {
    let path = args.bucket;
    in_store(global, path.store.as_deref(), async |store| {
        // One whose record makes no sense is an object as well.
        if !args.force
            && store.bucket(&path.bucket).await?.list(ListOptions::default()).next().await.is_some()
        {
            return Err(Failure::NotEmpty { bucket: path.bucket.clone() });
        }
        store.delete_bucket(&path.bucket).await?;
        if global.json { output::line(json!({ "bucket": path.bucket, "deleted": true })) } else { Ok(()) }
    })
    .await
}
