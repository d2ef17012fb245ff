//! `jetblob gc`: bytes that no object has are removed.

use std::time::Duration;

use clap::Args;
use jetblob::{GcOptions, GcReport, Orphan};
use serde_json::json;

use crate::args::Global;
use crate::exit::Failure;
use crate::path::BucketPath;
use crate::store::in_store;
use crate::{output, size};

/// Remove the bytes that no object has, left by puts that were cut off.
///
/// Objects, links and markers stay as they are, and others may go on writing meanwhile. What somebody has written to
/// within the grace is left, for it may be a put under way. If it can't be told what a record names, nothing is removed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jetblob gc --dry-run photos
  jetblob gc --grace 7d photos")]
pub(crate) struct Gc {
    /// The bucket.
    pub(crate) bucket: BucketPath,
    /// How long nobody must have written to what is removed: 24h, 7d. It must be longer than any put pauses.
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = humantime::parse_duration)]
    pub(crate) grace: Duration,
    /// Remove nothing, and show what would be removed.
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
}

pub(crate) async fn run(args: Gc, global: &Global) -> Result<(), Failure> {
    let path = &args.bucket;
    let mut options = GcOptions::default().with_grace(args.grace);
    options.dry_run = args.dry_run;
    let report = in_store(global, path.store.as_deref(), async |store| {
        Ok(store.bucket(&path.bucket).await?.gc(options).await?)
    });
    let report = report.await?;
    if global.json {
        for orphan in &report.removed {
            output::line(json!({ "orphan": json_orphan(orphan), "removed": !args.dry_run }))?;
        }
        return output::line(json!({ "report": {
            "blobs": report.blobs,
            "young": report.young,
            "orphans": report.removed.len(),
            "bytes": bytes(&report),
            "left": report.left,
            "dry_run": args.dry_run,
        } }));
    }
    if args.dry_run {
        output::table(&report.removed.iter().map(row).collect::<Vec<_>>())?;
    }
    if global.quiet {
        return Ok(());
    }
    let what = if args.dry_run { "would be removed" } else { "removed" };
    output::line(format!("{} {what}: {}", report.removed.len(), size::human(bytes(&report))))
}

fn bytes(report: &GcReport) -> u64 {
    report.removed.iter().map(|orphan| orphan.bytes).sum()
}

fn json_orphan(orphan: &Orphan) -> serde_json::Value {
    json!({ "nuid": orphan.nuid.to_string(), "bytes": orphan.bytes, "age": orphan.age.as_secs_f64() })
}

/// Size, how long it was left alone, and nuid.
fn row(orphan: &Orphan) -> [String; 3] {
    let age = Duration::from_secs(orphan.age.as_secs());
    let age = humantime::format_duration(age).to_string();
    [size::human(orphan.bytes), age, orphan.nuid.to_string()]
}
