//! `jetblob get`: an object becomes a file.

use std::fs::{self, File};
use std::path::PathBuf;

use clap::Args;
use jetblob::Object;

use crate::args::Global;
use crate::commands::cat;
use crate::commands::part::{self, Part};
use crate::exit::Failure;
use crate::path::ObjectPath;
use crate::progress::Progress;
use crate::store::in_store;
use crate::{escape, json, output, pipe, size};

/// Read an object into a file.
///
/// The file appears once all bytes are there and verified; until then an existing file stays as it is.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jetblob get photos/2026/cat.jpg             writes cat.jpg
  jetblob get photos/2026/cat.jpg kitty.jpg
  jetblob get photos/2026/cat.jpg /tmp/       writes /tmp/cat.jpg
  jetblob get backups/src.tar - | tar x
  jetblob get --range 0-511 disks/vm.img boot.img")]
pub(crate) struct Get {
    /// BUCKET/NAME.
    #[arg(value_name = "PATH")]
    pub(crate) object: ObjectPath,
    /// The file, or a directory for it; - is standard output. Without it: the last part of the object's name, in the
    /// current directory.
    pub(crate) file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) part: Part,
}

pub(crate) async fn run(args: Get, global: &Global) -> Result<(), Failure> {
    if args.file.as_deref().is_some_and(|file| file.as_os_str() == "-") {
        return cat::to_stdout(&args.object, &args.part, global).await;
    }
    let file = match args.file {
        None => args.object.file()?,
        Some(file) if file.is_dir() => file.join(args.object.file()?),
        Some(file) => file,
    };
    let (info, size) = in_store(global, args.object.store.as_deref(), async |store| {
        let bucket = store.bucket(&args.object.bucket).await?;
        let object = bucket.get_with(&args.object.name, args.part.options()).await?;
        let size = part::size(&object);
        let progress = Progress::new(global, &args.object.name, Some(size));
        let written = write(object, &file, &progress).await;
        progress.finish();
        Ok((written?, size))
    })
    .await?;
    if global.json {
        output::line(json::object(&info))
    } else if global.quiet {
        Ok(())
    } else {
        output::line(format_args!("{} ({})", escape::name(&file.to_string_lossy()), size::human(size)))
    }
}

/// A device or a pipe is written to; anything else is replaced by a file that has all bytes.
async fn write(
    mut object: Object,
    file: &PathBuf,
    progress: &Progress,
) -> Result<jetblob::ObjectInfo, Failure> {
    let is_special = fs::metadata(file).is_ok_and(|found| !found.is_file() && !found.is_dir());
    if !is_special {
        return Ok(object.into_file_with(file, |bytes| progress.at(bytes)).await?);
    }
    let what = file.display().to_string();
    let opened = File::options().write(true).open(file).map_err(|error| Failure::io(what.clone(), error))?;
    let written = pipe::write_to(opened, &mut object, |bytes| progress.at(bytes)).await;
    written.map_err(|broken| broken.on_file(what))?;
    Ok(object.info)
}
