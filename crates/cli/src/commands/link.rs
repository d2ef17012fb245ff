//! `jetblob link`: a name points to an object, or to a bucket.

use clap::Args;

use crate::args::Global;
use crate::commands::condition::Onto;
use crate::commands::described::Described;
use crate::commands::info;
use crate::exit::Failure;
use crate::path::{AnyPath, TargetPath};
use crate::store::in_store;

/// Make a link to an object, or to a whole bucket.
///
/// Who reads the link reads its target. A link of that name is replaced, an object is not.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jetblob link releases/app-1.2 releases/app-latest
  jetblob link releases/app-1.2 downloads/           makes downloads/app-1.2
  jetblob link archive-2025 photos/2025              to the bucket archive-2025")]
pub(crate) struct Link {
    /// BUCKET/NAME, or BUCKET for a link to all of it.
    pub(crate) target: AnyPath,
    /// BUCKET/NAME, in the same store. For a bare BUCKET, or a NAME that ends with a slash, the last part of the target's
    /// name is put after it.
    #[arg(value_name = "LINK")]
    pub(crate) path: TargetPath,
    #[command(flatten)]
    pub(crate) described: Described,
    #[command(flatten)]
    pub(crate) onto: Onto,
}

pub(crate) async fn run(args: Link, global: &Global) -> Result<(), Failure> {
    let Link { target, path, described, onto } = args;
    if target.store != path.store {
        return Err(Failure::Usage("a link and its target must be in one store".to_owned()));
    }
    let meta = described.named(path.name_after(target.name.as_ref().unwrap_or(&target.bucket))?);
    let info = in_store(global, path.store.as_deref(), async |store| {
        let bucket = store.bucket(&path.bucket).await?;
        let in_bucket = store.bucket(&target.bucket).await?;
        Ok(match &target.name {
            Some(name) => bucket.add_link_with(meta, &in_bucket.info(name).await?, onto.options()).await?,
            None => bucket.add_bucket_link_with(meta, &in_bucket, onto.options()).await?,
        })
    })
    .await?;
    info::tell(&info, global)
}
