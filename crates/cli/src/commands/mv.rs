//! `jetblob mv`: an object gets another name.

use clap::Args;

use crate::args::Global;
use crate::commands::condition::Over;
use crate::commands::info;
use crate::exit::Failure;
use crate::path::{ObjectPath, TargetPath};
use crate::store::in_store;

/// Rename an object or a link in its bucket. No bytes are moved.
///
/// A name that an object or a link has already is refused.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jetblob mv photos/cat.jpg photos/kitty.jpg
  jetblob mv photos/cat.jpg photos/2026/          renames it to photos/2026/cat.jpg
  jetblob mv --if-revision 7 jobs/todo/1 jobs/done/

To another bucket, by way of a file:
  jetblob get photos/cat.jpg && jetblob put cat.jpg backups && jetblob rm photos/cat.jpg")]
pub(crate) struct Mv {
    /// BUCKET/NAME.
    pub(crate) source: ObjectPath,
    /// BUCKET/NAME. For a bare BUCKET, or a NAME that ends with a slash, the last part of the old name is put after it.
    pub(crate) target: TargetPath,
    #[command(flatten)]
    pub(crate) over: Over,
}

pub(crate) async fn run(args: Mv, global: &Global) -> Result<(), Failure> {
    let Mv { source, target, over } = args;
    if (&source.store, &source.bucket) != (&target.store, &target.bucket) {
        // Not `cat | put`: a shell takes the success of the put for that of both, and the rest of the bytes may be missing.
        let reason = "an object keeps its bucket; to bring it to another bucket or server: \
                      jetblob get SOURCE FILE && jetblob put FILE TARGET && jetblob rm SOURCE";
        return Err(Failure::Usage(reason.to_owned()));
    }
    let name = target.name_after(&source.name)?;
    let info = in_store(global, source.store.as_deref(), async |store| {
        let bucket = store.bucket(&source.bucket).await?;
        Ok(bucket.rename_with(&source.name, &name, over.options()).await?)
    })
    .await?;
    info::tell(&info, global)
}
