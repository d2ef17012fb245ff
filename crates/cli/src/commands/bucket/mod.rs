//! `jetblob bucket`: one command a file.

use clap::{Subcommand, ValueEnum};
use jetblob::Storage;

use crate::args::Global;
use crate::exit::Failure;

mod create;
mod edit;
mod info;
pub(crate) mod ls;
mod rm;
mod seal;

/// What to do with buckets.
#[derive(Debug, Subcommand)]
pub(crate) enum BucketCommand {
    Create(Box<create::Create>),
    Edit(Box<edit::Edit>),
    Ls(ls::Ls),
    Info(info::Info),
    Seal(seal::Seal),
    Rm(rm::Rm),
}

/// Where a server keeps the bytes of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum StorageKind {
    /// On disk.
    File,
    /// In memory: lost when the server stops.
    Memory,
}

impl From<StorageKind> for Storage {
    fn from(kind: StorageKind) -> Self {
        match kind {
            StorageKind::File => Self::File,
            StorageKind::Memory => Self::Memory,
        }
    }
}

pub(crate) async fn run(command: BucketCommand, global: &Global) -> Result<(), Failure> {
    match command {
        BucketCommand::Create(args) => create::run(*args, global).await,
        BucketCommand::Edit(args) => edit::run(*args, global).await,
        BucketCommand::Ls(args) => ls::list(args.bytes, global).await,
        BucketCommand::Info(args) => info::run(args, global).await,
        BucketCommand::Seal(args) => seal::run(args, global).await,
        BucketCommand::Rm(args) => rm::run(args, global).await,
    }
}
