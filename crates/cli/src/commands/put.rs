//! `jetblob put`: a file, or standard input, becomes an object.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use jetblob::{Body, ObjectMeta, PutOptions};

use crate::args::{Global, parse_entry};
use crate::exit::Failure;
use crate::path::TargetPath;
use crate::progress::Progress;
use crate::size::parse_chunk_size;
use crate::store::in_store;
use crate::{escape, json, output, pipe, size};

/// Store a file, or standard input, as an object.
///
/// An object of that name is replaced, once all bytes of the new one are safe.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jetblob put cat.jpg photos                  stores photos/cat.jpg
  jetblob put cat.jpg photos/2026/            stores photos/2026/cat.jpg
  jetblob put cat.jpg photos/2026/kitty.jpg
  tar c src | jetblob put - backups/src.tar
  jetblob put -H Content-Type:image/jpeg -m owner=ann cat.jpg photos
  jetblob put -- -odd-name.txt photos")]
pub(crate) struct Put {
    /// The file; - is standard input.
    pub(crate) file: PathBuf,
    /// BUCKET/NAME. For a bare BUCKET, or a NAME that ends with a slash, the file's own name is put after it (but for
    /// standard input, which has none).
    #[arg(value_name = "PATH")]
    pub(crate) target: TargetPath,
    /// Free text.
    #[arg(short, long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) description: String,
    /// A header; may be given more than once, also for the same NAME.
    #[arg(short = 'H', long = "header", value_name = "NAME:VALUE", value_parser = parse_header)]
    pub(crate) headers: Vec<(String, String)>,
    /// An entry of metadata; may be given more than once.
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = parse_entry)]
    pub(crate) metadata: Vec<(String, String)>,
    /// The size of a chunk: 64KiB, 1MiB, or a number of bytes. Never more than the server takes in a message.
    #[arg(long, value_name = "SIZE", value_parser = parse_chunk_size, default_value = "128KiB")]
    pub(crate) chunk_size: usize,
}

pub(crate) async fn run(args: Put, global: &Global) -> Result<(), Failure> {
    let file = Some(args.file.as_path()).filter(|file| file.as_os_str() != "-");
    let name = args.target.name_for(file)?;
    // Before anything is sent: the most likely mistake is in the file's name.
    let (body, size) = match file {
        Some(file) => body_of(file, args.chunk_size)?,
        None => (pipe::body(io::stdin(), args.chunk_size), None),
    };
    let meta = ObjectMeta {
        description: args.description,
        headers: headers_of(args.headers),
        metadata: args.metadata.into_iter().collect(),
        chunk_size: Some(args.chunk_size),
        ..ObjectMeta::from(name)
    };
    let TargetPath { store, bucket, .. } = &args.target;
    let info = in_store(global, store.as_deref(), async |store| {
        let bucket = store.bucket(bucket).await?;
        let progress = Progress::new(global, &meta.name, size);
        let shown = progress.clone();
        let options = PutOptions::default().with_progress(move |bytes| shown.at(bytes));
        let put = bucket.put_with(meta, body, options).await;
        progress.finish();
        Ok(put?)
    })
    .await?;
    if global.json {
        output::line(json::object(&info))
    } else if global.quiet {
        Ok(())
    } else {
        output::line(format_args!(
            "{}/{} ({})",
            info.bucket,
            escape::name(&info.name),
            size::human(info.size)
        ))
    }
}

/// The body of a file, and its size if it has one. What is no plain file (a pipe, a device) is opened once alone.
fn body_of(file: &Path, chunk_size: usize) -> Result<(Body, Option<u64>), Failure> {
    let failed = |error| Failure::io(file.display().to_string(), error);
    let opened = File::open(file).map_err(failed)?;
    let found = opened.metadata().map_err(failed)?;
    if found.is_dir() {
        return Err(failed(io::ErrorKind::IsADirectory.into()));
    }
    if found.is_file() {
        return Ok((Body::file(file), Some(found.len())));
    }
    Ok((pipe::body(opened, chunk_size), None))
}

fn parse_header(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err("it must be NAME:VALUE".to_owned()),
    }
}

/// Gathers the values of each header under its name.
fn headers_of(headers: Vec<(String, String)>) -> BTreeMap<String, Vec<String>> {
    let mut gathered: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in headers {
        gathered.entry(name).or_default().push(value);
    }
    gathered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_split_at_its_first_separator_and_may_have_several_values() {
        let headers = ["Content-Type: a:b", "A:2", "B:", "A:1"].map(|text| parse_header(text).unwrap());
        let gathered = headers_of(headers.into());
        assert_eq!(gathered["Content-Type"], ["a:b"]);
        assert_eq!(gathered["A"], ["2", "1"]);
        assert_eq!(gathered["B"], [""]);
        assert!(parse_header(":v").is_err() && parse_header("v").is_err());
    }
}
