//! `jetblob bucket info`.

use clap::Args;
use jetblob::{BucketStatus, Placement, Storage};

use crate::args::Global;
use crate::commands::info;
use crate::exit::Failure;
use crate::path::BucketPath;
use crate::store::in_store;
use crate::{escape, json, output, size};

/// Show the configuration and the fill of a bucket.
///
/// Its records are objects, links, and the markers of deleted names.
#[derive(Debug, Args)]
pub(crate) struct Info {
    /// The bucket.
    pub(crate) bucket: BucketPath,
}

pub(super) async fn run(args: Info, global: &Global) -> Result<(), Failure> {
    let path = args.bucket;
    let status = in_store(global, path.store.as_deref(), async |store| {
        Ok(store.bucket(&path.bucket).await?.status().await?)
    })
    .await?;
    if global.json {
        return output::line(json::bucket(&status));
    }
    output::fields(&fields(&status))
}

fn fields(status: &BucketStatus) -> Vec<(&'static str, String)> {
    let yes_or_no = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let bytes = |bytes: u64| format!("{} ({bytes} bytes)", size::human(bytes));
    let mut fields = vec![("bucket", status.bucket.clone())];
    if !status.description.is_empty() {
        fields.push(("description", escape::text(&status.description)));
    }
    fields.push(("size", bytes(status.size)));
    fields.extend(status.records.map(|records| ("records", records.to_string())));
    fields.push(("max bytes", status.max_bytes.map_or("no bound".to_owned(), bytes)));
    let ttl = status.ttl.map(|ttl| humantime::format_duration(ttl).to_string());
    fields.push(("ttl", ttl.unwrap_or_else(|| "for ever".to_owned())));
    fields.push(("storage", if status.storage == Storage::Memory { "memory" } else { "file" }.to_owned()));
    fields.push(("replicas", status.replicas.to_string()));
    if let Some(Placement { cluster, tags }) = &status.placement {
        let cluster = (!cluster.is_empty()).then(|| ("cluster", escape::text(cluster)));
        fields.extend(cluster.into_iter().chain(tags.iter().map(|tag| ("tag", escape::text(tag)))));
    }
    fields.push(("sealed", yes_or_no(status.sealed)));
    fields.push(("compressed", yes_or_no(status.compressed)));
    fields.push(("plain", yes_or_no(status.plain)));
    fields.push(("backing store", status.backing_store.to_owned()));
    fields.extend(info::metadata(&status.metadata));
    fields
}
