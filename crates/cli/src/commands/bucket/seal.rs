//! `jetblob bucket seal`.

use clap::Args;

use crate::args::Global;
use crate::exit::Failure;
use crate::path::BucketPath;
use crate::store::in_store;
use crate::{json, output};

/// Forbid every later write to a bucket, for good.
///
/// There is no way back, and nothing asks twice: a sealed bucket can be read, and be removed as a whole. Its ttl
/// ends, but what was put with --expires still goes. It is fine if it is sealed already.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  jetblob bucket seal archive-2025")]
pub(crate) struct Seal {
    /// The bucket.
    pub(crate) bucket: BucketPath,
}

pub(super) async fn run(args: Seal, global: &Global) -> Result<(), Failure> {
    in_store(global, args.bucket.store.as_deref(), async |store| {
        let status = store.bucket(&args.bucket.bucket).await?.seal().await?;
        if global.json { output::line(json::bucket(&status)) } else { Ok(()) }
    })
    .await
}
