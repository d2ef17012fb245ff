//! `jetblob info`: all that the store tells of an object.

use clap::Args;
use jetblob::{InfoOptions, Link, ObjectInfo};

use crate::args::Global;
use crate::exit::Failure;
use crate::path::ObjectPath;
use crate::store::in_store;
use crate::{escape, json, output, size};

/// Show all that the store tells of an object. Of a link it shows the link itself.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jetblob info photos/cat.jpg
  jetblob info --json photos/cat.jpg | jq .size")]
pub(crate) struct Info {
    /// BUCKET/NAME.
    #[arg(value_name = "PATH")]
    pub(crate) object: ObjectPath,
    /// Also a deleted object, as long as its marker is left.
    #[arg(long)]
    pub(crate) deleted: bool,
}

pub(crate) async fn run(args: Info, global: &Global) -> Result<(), Failure> {
    let info = in_store(global, args.object.store.as_deref(), async |store| {
        let bucket = store.bucket(&args.object.bucket).await?;
        let mut options = InfoOptions::default();
        options.show_deleted = args.deleted;
        Ok(bucket.info_with(&args.object.name, options).await?)
    })
    .await?;
    if global.json {
        return output::line(json::object(&info));
    }
    output::fields(&fields(&info))
}

/// Says what a command made: an object's path and size, or a link and its target.
pub(super) fn tell(info: &ObjectInfo, global: &Global) -> Result<(), Failure> {
    if global.json {
        return output::line(json::object(info));
    }
    if global.quiet {
        return Ok(());
    }
    let (bucket, name) = (&info.bucket, name_and_target(info));
    match &info.link {
        Some(_) => output::line(format_args!("{bucket}/{name}")),
        None => output::line(format_args!("{bucket}/{name} ({})", size::human(info.size))),
    }
}

/// The name of an object, or of a link and where it points to.
pub(super) fn name_and_target(info: &ObjectInfo) -> String {
    let name = escape::name(&info.name);
    match &info.link {
        Some(link) if !info.deleted => format!("{name} -> {}", target(link)),
        _ => name,
    }
}

/// Where a link points to, as a path.
fn target(link: &Link) -> String {
    match &link.name {
        Some(name) => format!("{}/{}", link.bucket, escape::name(name)),
        None => link.bucket.clone(),
    }
}

fn fields(info: &ObjectInfo) -> Vec<(&'static str, String)> {
    let mut fields = vec![("name", escape::name(&info.name)), ("bucket", info.bucket.clone())];
    if info.deleted {
        fields.push(("deleted", "yes".to_owned()));
    }
    if let Some(link) = &info.link {
        fields.push(("link to", target(link)));
    }
    if !info.description.is_empty() {
        fields.push(("description", escape::text(&info.description)));
    }
    fields.push(("size", format!("{} ({} bytes)", size::human(info.size), info.size)));
    fields.push(("chunks", info.chunks.to_string()));
    if let Some(chunk_size) = info.chunk_size {
        fields.push(("chunk size", format!("{} ({chunk_size} bytes)", size::human(chunk_size))));
    }
    if let Some(digest) = &info.digest {
        fields.push(("digest", digest.to_string()));
        fields.push(("sha256", digest.to_hex()));
    }
    if let Some(nuid) = &info.nuid {
        fields.push(("nuid", nuid.to_string()));
    }
    fields.push(("revision", info.revision.to_string()));
    fields.push(("mtime", output::time(info.mtime)));
    fields.extend(info.expires.map(|expires| ("expires", output::time(expires))));
    for (name, values) in &info.headers {
        let headers = values.iter().map(|value| format!("{}: {}", escape::text(name), escape::text(value)));
        fields.extend(headers.map(|header| ("header", header)));
    }
    fields.extend(metadata(&info.metadata));
    fields
}

/// The caller's own entries of an object or a bucket.
pub(super) fn metadata<'m>(
    entries: impl IntoIterator<Item = (&'m String, &'m String)>,
) -> impl Iterator<Item = (&'static str, String)> {
    let entries = entries.into_iter();
    entries.map(|(key, value)| ("metadata", format!("{}={}", escape::text(key), escape::text(value))))
}
