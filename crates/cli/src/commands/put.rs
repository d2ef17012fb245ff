//! `jetblob put`: a file, or standard input, becomes an object.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use jetblob::{Body, ObjectMeta, PutOptions};

use crate::args::{Global, parse_some_time};
use crate::commands::condition::Onto;
use crate::commands::described::Described;
use crate::commands::info;
use crate::exit::Failure;
use crate::path::TargetPath;
use crate::pipe;
use crate::progress::Progress;
use crate::size::parse_chunk_size;
use crate::store::in_store;

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
  jetblob put --if-absent lock photos         for one of many that try
  jetblob put --expires 1h thumb.png cache
  jetblob put -- -odd-name.txt photos")]
pub(crate) struct Put {
    /// The file; - is standard input.
    pub(crate) file: PathBuf,
    /// BUCKET/NAME. For a bare BUCKET, or a NAME that ends with a slash, the file's own name is put after it (but for
    /// standard input, which has none).
    #[arg(value_name = "PATH")]
    pub(crate) target: TargetPath,
    #[command(flatten)]
    pub(crate) described: Described,
    /// The size of a chunk: 64KiB, 1MiB, or a number of bytes. Never more than the server takes in a message.
    #[arg(long, value_name = "SIZE", value_parser = parse_chunk_size, default_value = "128KiB")]
    pub(crate) chunk_size: usize,
    /// How long the object lives: 12h, 30days. Without it: as long as the bucket's ttl lets it.
    #[arg(long, value_name = "DURATION", value_parser = parse_some_time)]
    pub(crate) expires: Option<Duration>,
    #[command(flatten)]
    pub(crate) onto: Onto,
}

pub(crate) async fn run(args: Put, global: &Global) -> Result<(), Failure> {
    let file = Some(args.file.as_path()).filter(|file| file.as_os_str() != "-");
    let name = args.target.name_for(file)?;
    // Before anything is sent: the most likely mistake is in the file's name.
    let (body, size) = match file {
        Some(file) => body_of(file, args.chunk_size)?,
        None => (pipe::body(io::stdin(), args.chunk_size), None),
    };
    let meta = ObjectMeta { chunk_size: Some(args.chunk_size), ..args.described.named(name) };
    let TargetPath { store, bucket, .. } = &args.target;
    let info = in_store(global, store.as_deref(), async |store| {
        let bucket = store.bucket(bucket).await?;
        let progress = Progress::new(global, &meta.name, size);
        let shown = progress.clone();
        let mut options = PutOptions::default().with_progress(move |bytes| shown.at(bytes));
        options.condition = args.onto.condition();
        options.expires = args.expires;
        let put = bucket.put_with(meta, body, options).await;
        progress.finish();
        Ok(put?)
    })
    .await?;
    info::tell(&info, global)
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
