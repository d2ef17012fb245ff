//! `jetblob cat`: an object goes to standard output.

use clap::Args;

use crate::args::Global;
use crate::commands::part::{self, Part};
use crate::exit::Failure;
use crate::path::ObjectPath;
use crate::pipe;
use crate::progress::Progress;
use crate::store::in_store;

/// Write an object to standard output.
///
/// The bytes are verified as they pass: if the exit code is not 0, do not use them.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jetblob cat logs/today.txt | grep error
  jetblob cat --range -1000 logs/today.txt")]
pub(crate) struct Cat {
    /// BUCKET/NAME.
    #[arg(value_name = "PATH")]
    pub(crate) object: ObjectPath,
    #[command(flatten)]
    pub(crate) part: Part,
}

pub(crate) async fn run(args: Cat, global: &Global) -> Result<(), Failure> {
    to_stdout(&args.object, &args.part, global).await
}

pub(super) async fn to_stdout(path: &ObjectPath, part: &Part, global: &Global) -> Result<(), Failure> {
    in_store(global, path.store.as_deref(), async |store| {
        let mut object = store.bucket(&path.bucket).await?.get_with(&path.name, part.options()).await?;
        let progress = Progress::beside_stdout(global, &path.name, part::size(&object));
        let stdout = pipe::stdout().map_err(Failure::Stdout)?;
        let written = pipe::write_to(stdout, &mut object, |bytes| progress.at(bytes)).await;
        progress.finish();
        written.map_err(pipe::Broken::on_stdout)
    })
    .await
}
