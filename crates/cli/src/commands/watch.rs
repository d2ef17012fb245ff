//! `jetblob watch`: the changes of a bucket, as they are made.

use std::io;

use clap::Args;
use jetblob::{Error, ObjectInfo, WatchEvent, WatchOptions};
use serde_json::json;
use tokio::sync::mpsc;

use crate::args::Global;
use crate::commands::info;
use crate::exit::Failure;
use crate::path::PrefixPath;
use crate::store::in_store;
use crate::{json, output, pipe, size};

/// Show the changes of a bucket as they are made: time, revision, what it is, size, name.
///
/// It begins with what is there, and goes on until it is stopped. With --json each line is an object, or
/// {"caught_up":true} once all that was there has been told. A record that makes no sense is reported, and the others
/// are shown all the same.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jetblob watch photos
  jetblob watch --updates-only photos/2026/
  jetblob watch --json --after 41 photos | jq -r .name
  jetblob watch --until-caught-up photos          in the order in which they were written")]
#[allow(clippy::struct_excessive_bools, reason = "each is an option by itself")]
pub(crate) struct Watch {
    /// BUCKET, or BUCKET/PREFIX for the names that begin with PREFIX.
    pub(crate) path: PrefixPath,
    /// Begin with all that the store still has of each name, also what other clients replaced and left behind.
    #[arg(long)]
    pub(crate) history: bool,
    /// Leave deleted objects out.
    #[arg(long)]
    pub(crate) ignore_deletes: bool,
    /// Leave out what is there already.
    #[arg(long, conflicts_with_all = ["history", "after", "until_caught_up"])]
    pub(crate) updates_only: bool,
    /// Begin after this revision: to go on where an earlier watch ended.
    #[arg(long, value_name = "REVISION")]
    pub(crate) after: Option<u64>,
    /// End once all that was there at the beginning has been told; with exit code 1 if some of it made no sense.
    #[arg(long)]
    pub(crate) until_caught_up: bool,
}

impl Watch {
    fn options(&self) -> WatchOptions {
        let mut options = WatchOptions::default().with_prefix(&self.path.prefix);
        options.include_history = self.history;
        options.ignore_deletes = self.ignore_deletes;
        options.updates_only = self.updates_only;
        options.after = self.after;
        options
    }
}

pub(crate) async fn run(args: Watch, global: &Global) -> Result<(), Failure> {
    in_store(global, args.path.store.as_deref(), async |store| {
        let bucket = store.bucket(&args.path.bucket).await?;
        show(bucket.watch_with(args.options()).await?, &args, global).await
    })
    .await
}

/// Writes on a thread of its own: a reader that doesn't read must not keep a signal from ending this.
async fn show(watch: jetblob::Watch, args: &Watch, global: &Global) -> Result<(), Failure> {
    let (lines, mut written) = pipe::writer(io::stdout());
    let told = tokio::select! {
        written = &mut written => return written.map_err(Failure::Stdout),
        told = tell(watch, lines, args, global) => told,
    };
    written.await.map_err(Failure::Stdout)?;
    told
}

async fn tell(
    mut watch: jetblob::Watch,
    lines: mpsc::Sender<String>,
    args: &Watch,
    global: &Global,
) -> Result<(), Failure> {
    let mut complete = true;
    loop {
        let event = match watch.next().await {
            Ok(Some(event)) => event,
            Ok(None) => break,
            Err(error @ Error::BadMeta { .. }) => {
                Failure::from(error).report(global.json);
                complete = false;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let line = match &event {
            WatchEvent::Object(info) if global.json => Some(json::object(info).to_string()),
            WatchEvent::Object(info) => Some(row(info)),
            WatchEvent::CaughtUp if global.json => Some(json!({ "caught_up": true }).to_string()),
            _ => None,
        };
        if let Some(line) = line
            && lines.send(line + "\n").await.is_err()
        {
            break;
        }
        if args.until_caught_up && event == WatchEvent::CaughtUp {
            break;
        }
    }
    if complete { Ok(()) } else { Err(Failure::Partial) }
}

/// The lines come one by one, so the columns have a width that is enough for most.
fn row(info: &ObjectInfo) -> String {
    let (what, size) = match &info.link {
        _ if info.deleted => ("delete", String::new()),
        Some(_) => ("link", String::new()),
        None => ("put", size::human(info.size)),
    };
    let (time, revision, name) = (output::time(info.mtime), info.revision, info::name_and_target(info));
    format!("{time}  {revision:>7}  {what:<6}  {size:>10}  {name}")
}
