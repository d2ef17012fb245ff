//! `jetblob rm`: objects are removed.

use clap::Args;
use jetblob::{Bucket, Error, Store};
use serde_json::json;

use crate::args::Global;
use crate::commands::condition::Over;
use crate::exit::Failure;
use crate::output;
use crate::path::ObjectPath;
use crate::store::in_store;

/// Remove objects.
///
/// A link is removed, not its target. Of several objects those that can be removed are; if one can't, the exit code
/// is 1.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jetblob rm photos/cat.jpg photos/dog.jpg
  jetblob rm --if-revision 7 photos/cat.jpg")]
pub(crate) struct Rm {
    /// BUCKET/NAME, all in one store.
    #[arg(value_name = "PATH", required = true)]
    pub(crate) objects: Vec<ObjectPath>,
    #[command(flatten)]
    pub(crate) over: Over,
    /// Leave no lasting marker of the deletion; of an object that is deleted already, remove the marker.
    #[arg(long)]
    pub(crate) purge: bool,
}

pub(crate) async fn run(args: Rm, global: &Global) -> Result<(), Failure> {
    let Some(url) = args.objects.first().map(|first| first.store.as_deref()) else {
        return Ok(());
    };
    if args.objects.iter().any(|path| path.store.as_deref() != url) {
        return Err(Failure::Usage("all objects must be in one store".to_owned()));
    }
    if args.over.is_given() && args.objects.len() > 1 {
        return Err(Failure::Usage("--if-revision is for one object; remove them one by one".to_owned()));
    }
    in_store(global, url, async |store| remove_all(store, &args, global).await).await
}

/// Goes on after an object that can't be removed, but not without a store.
async fn remove_all(store: &Store, args: &Rm, global: &Global) -> Result<(), Failure> {
    let paths = &args.objects;
    let mut opened = None;
    let mut complete = true;
    for path in paths {
        match remove(store, path, args, &mut opened).await {
            Ok(()) if global.json => {
                output::line(json!({ "bucket": path.bucket, "name": path.name, "deleted": true }))?;
            }
            Ok(()) => {}
            Err(
                error @ (Error::NotFound { .. }
                | Error::BucketNotFound { .. }
                | Error::InvalidName { .. }
                | Error::Sealed { .. }),
            ) if paths.len() > 1 => {
                Failure::from(error).report(global.json);
                complete = false;
            }
            Err(error) => return Err(error.into()),
        }
    }
    if complete { Ok(()) } else { Err(Failure::Partial) }
}

/// Opens a bucket once for all its objects in a row.
async fn remove(
    store: &Store,
    path: &ObjectPath,
    args: &Rm,
    opened: &mut Option<Bucket>,
) -> jetblob::Result<()> {
    let bucket = match opened.take() {
        Some(bucket) if bucket.name() == path.bucket => bucket,
        _ => store.bucket(&path.bucket).await?,
    };
    let bucket = opened.insert(bucket);
    if args.purge {
        bucket.purge_with(&path.name, args.over.options()).await
    } else {
        bucket.delete_with(&path.name, args.over.options()).await.map(drop)
    }
}
