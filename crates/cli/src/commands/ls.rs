//! `jetblob ls`: the objects of a bucket.

use clap::Args;
use futures_util::StreamExt;
use jetblob::{Error, ListOptions, ObjectInfo, Store};

use crate::args::Global;
use crate::commands::{bucket, info};
use crate::exit::Failure;
use crate::path::PrefixPath;
use crate::store::in_store;
use crate::{json, output};

/// List the objects of a bucket by name: size, time, name.
///
/// Without PATH it lists the buckets. Control characters in names are shown as \u{..}, a backslash as \\. With --json
/// the objects come as the store gives them, in no promised order.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jetblob ls photos
  jetblob ls photos/2026/
  jetblob ls --json photos | jq -r .name")]
pub(crate) struct Ls {
    /// BUCKET, or BUCKET/PREFIX for the names that begin with PREFIX.
    pub(crate) path: Option<PrefixPath>,
    /// Also deleted objects, as long as their markers are left.
    #[arg(long)]
    pub(crate) deleted: bool,
    /// Show sizes in bytes.
    #[arg(short, long)]
    pub(crate) bytes: bool,
}

pub(crate) async fn run(args: Ls, global: &Global) -> Result<(), Failure> {
    let Some(path) = &args.path else {
        return bucket::ls::list(args.bytes, global).await;
    };
    in_store(global, path.store.as_deref(), async |store| list(store, path, &args, global).await).await
}

/// A record that makes no sense is reported, and the others are listed all the same.
async fn list(store: &Store, path: &PrefixPath, args: &Ls, global: &Global) -> Result<(), Failure> {
    let mut options = ListOptions::default().with_prefix(&path.prefix);
    options.show_deleted = args.deleted;
    let mut entries = store.bucket(&path.bucket).await?.list(options);
    let mut rows = Vec::new();
    let mut complete = true;
    while let Some(entry) = entries.next().await {
        match entry {
            Ok(info) if global.json => output::line(json::object(&info))?,
            Ok(info) => rows.push((info.name.clone(), row(&info, args.bytes))),
            Err(error @ Error::BadMeta { .. }) => {
                Failure::from(error).report(global.json);
                complete = false;
            }
            Err(error) => return Err(error.into()),
        }
    }
    rows.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    output::table(&rows.into_iter().map(|(_, row)| row).collect::<Vec<_>>())?;
    if complete { Ok(()) } else { Err(Failure::Partial) }
}

fn row(info: &ObjectInfo, exact: bool) -> [String; 3] {
    let size = match &info.link {
        _ if info.deleted => "deleted".to_owned(),
        Some(_) => "link".to_owned(),
        None => output::bytes(info.size, exact),
    };
    [size, output::time(info.mtime), info::name_and_target(info)]
}
