//! `jetblob check`: what is wrong with a bucket.

use std::cell::Cell;
use std::time::Duration;

use clap::Args;
use jetblob::{Check as Examination, CheckLevel, CheckOptions, CheckReport, Finding, Store, Subset};
use serde_json::{Value, json};

use super::against::{self, Difference, Other};
use crate::args::Global;
use crate::exit::Failure;
use crate::path::BucketPath;
use crate::progress::Progress;
use crate::store::in_store;
use crate::{escape, output, size};

/// How often the progress is shown.
const STEP: Duration = Duration::from_millis(100);

/// Examine a bucket: records, links, and whether the bytes of all objects are there.
///
/// Each finding is a line: its kind, and what is wrong. Nothing is changed, and what others write meanwhile is no
/// finding. Without --read-data no bytes are read: damage inside of them is not seen. The exit code is 1 if there are
/// findings. Orphans, which `jetblob gc` removes, are findings too.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jetblob check photos
  jetblob check --read-data photos
  jetblob check --read-data-subset 3/7 photos     # the third of seven parts: another one each night
  jetblob check --against ./photos photos         # is every file of that directory there, byte for byte?
  jetblob check --json photos | jq -r 'select(.finding == \"orphan\") | .nuid'")]
pub(crate) struct Check {
    /// The bucket.
    pub(crate) bucket: BucketPath,
    /// Examine the settings of its stream alone.
    #[arg(long, conflicts_with_all = ["read_data", "read_data_subset"])]
    pub(crate) config: bool,
    /// Read the bytes of all objects, too.
    #[arg(long, conflicts_with = "read_data_subset")]
    pub(crate) read_data: bool,
    /// Read the bytes of some objects: 10%, 3/7 (the third of seven parts), or about 2G.
    #[arg(long, value_name = "SUBSET", value_parser = parse_subset)]
    pub(crate) read_data_subset: Option<Subset>,
    /// Compare the objects with the files of a directory, which begins with . or /, or with another bucket: each must be
    /// in both, with the same bytes, by their digests. What is not is a finding: missing, extra, or differs.
    #[arg(long, value_name = "DIR|BUCKET")]
    pub(crate) against: Option<Other>,
    /// The number by which the subset is chosen: the same one chooses the same objects.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub(crate) seed: u64,
    /// How long nobody must have written to bytes that no object has before they are a finding: 24h, 90m.
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = humantime::parse_duration)]
    pub(crate) grace: Duration,
}

fn parse_subset(text: &str) -> Result<Subset, String> {
    let invalid = |error: jetblob::Error| error.to_string();
    match text.parse() {
        Ok(subset) => Ok(subset),
        Err(error) if text.contains(['%', '/']) => Err(invalid(error)),
        Err(_) => match size::parse_bytes(text) {
            Ok(0) => Err("no bytes at all are nothing to read".to_owned()),
            Ok(bytes) => Ok(Subset::Bytes(bytes)),
            Err(_) => Err("it must be like 10%, 3/7, or 2G".to_owned()),
        },
    }
}

pub(crate) async fn run(args: Check, global: &Global) -> Result<(), Failure> {
    let path = &args.bucket;
    let findings = in_store(global, path.store.as_deref(), async |store| examine(store, &args, global).await);
    if findings.await? > 0 { Err(Failure::Findings) } else { Ok(()) }
}

/// Answers with how many findings there were.
async fn examine(store: &Store, args: &Check, global: &Global) -> Result<u64, Failure> {
    let mut options = CheckOptions::default().with_seed(args.seed).with_grace(args.grace);
    options.subset = args.read_data_subset;
    options.level = match (args.config, args.read_data || options.subset.is_some()) {
        (true, _) => CheckLevel::Settings,
        (false, true) => CheckLevel::Data,
        (false, false) => CheckLevel::Structure,
    };
    let bucket = &args.bucket.bucket;
    let mut check = store.bucket(bucket).await?.check(options)?;
    let progress = Progress::new(global, bucket, None);
    while let Some(finding) = next(&mut check, &progress).await? {
        progress.aside(|| print(&finding, global))?;
    }
    progress.finish();
    let mut report = check.report();
    let mut compared = None;
    if let Some(other) = &args.against {
        let differences = Cell::new(0);
        let tell = |difference| {
            differences.set(differences.get() + 1);
            print_difference(&difference, global)
        };
        compared = Some(against::compare(store, bucket, other, global, tell).await?);
        report.findings += differences.get();
    }
    if global.json {
        output::line(json!({ "report": json_report(&report, compared) }))?;
    } else if !global.quiet {
        output::fields(&fields(&report, compared, args.config))?;
    }
    Ok(report.findings)
}

fn print_difference(difference: &Difference, global: &Global) -> Result<(), Failure> {
    let Difference { kind, name, reason } = difference;
    if global.json {
        return output::line(json!({ "finding": kind, "name": name, "reason": reason }));
    }
    output::line(format!("{kind}  {}: {reason}", escape::name(name)))
}

/// The next finding; meanwhile shows how much was read.
async fn next(check: &mut Examination, progress: &Progress) -> Result<Option<Finding>, Failure> {
    loop {
        match tokio::time::timeout(STEP, check.next()).await {
            Ok(next) => return Ok(next?),
            Err(_) => progress.at(check.report().read_bytes),
        }
    }
}

fn print(finding: &Finding, global: &Global) -> Result<(), Failure> {
    if global.json {
        return output::line(json!({
            "finding": finding.kind.code(),
            "name": finding.name,
            "nuid": finding.nuid.as_ref().map(ToString::to_string),
            "size": finding.size,
            "found": finding.found,
            "age": finding.age.map(|age| age.as_secs_f64()),
            "reason": finding.reason,
        }));
    }
    let subject = match (&finding.name, &finding.nuid) {
        (Some(name), _) => format!("  {}", escape::name(name)),
        (None, Some(nuid)) => format!("  {nuid}"),
        (None, None) => String::new(),
    };
    let age = finding.age.map(|age| {
        let age = Duration::from_secs(age.as_secs());
        format!(", left alone for {}", humantime::format_duration(age))
    });
    let (kind, reason) = (finding.kind, escape::text(&finding.reason));
    output::line(format!("{kind}{subject}: {reason}{}", age.unwrap_or_default()))
}

fn json_report(report: &CheckReport, compared: Option<u64>) -> Value {
    let mut told = json!({
        "objects": report.objects,
        "bytes": report.bytes,
        "links": report.links,
        "deleted": report.deleted,
        "expired": report.expired,
        "blobs": report.blobs,
        "under_way": report.under_way,
        "read_objects": report.read_objects,
        "read_bytes": report.read_bytes,
        "undigested": report.undigested,
        "findings": report.findings,
    });
    if let Some(compared) = compared {
        told["compared"] = compared.into();
    }
    told
}

/// What was examined, without what there was none of.
fn fields(report: &CheckReport, compared: Option<u64>, settings_only: bool) -> Vec<(&'static str, String)> {
    let bytes = |count: u64, bytes: u64| format!("{count} ({})", size::human(bytes));
    let mut fields = Vec::new();
    if !settings_only {
        fields.push(("objects", bytes(report.objects, report.bytes)));
    }
    let counts = [
        ("links", report.links),
        ("deleted", report.deleted),
        ("expired", report.expired),
        ("puts under way", report.under_way),
    ];
    fields.extend(
        counts.into_iter().filter(|(_, count)| *count > 0).map(|(name, count)| (name, count.to_string())),
    );
    if report.read_objects > 0 {
        fields.push(("read", bytes(report.read_objects, report.read_bytes)));
    }
    if report.undigested > 0 {
        fields.push(("without digest", report.undigested.to_string()));
    }
    fields.extend(compared.map(|compared| ("compared", compared.to_string())));
    fields.push(("findings", report.findings.to_string()));
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subset_is_read_as_people_write_it() {
        assert_eq!(parse_subset("10%"), Ok(Subset::Percent(10.0)));
        assert_eq!(parse_subset("3/7"), Ok(Subset::Part { part: 3, of: 7 }));
        assert_eq!(parse_subset("2G"), Ok(Subset::Bytes(2 << 30)));
        assert_eq!(parse_subset("2147483648"), Ok(Subset::Bytes(2 << 30)));
        for text in ["", "0", "0G", "8/7", "0%", "x", "1.5G"] {
            assert!(parse_subset(text).is_err(), "{text:?}");
        }
    }
}
