//! `jetblob man`: the manual.

use clap::{Args, CommandFactory};

use crate::args::Cli;
use crate::exit::Failure;
use crate::output;

/// Print a page of the manual.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jetblob man | man -l -
  jetblob man bucket create | man -l -
  jetblob man put > ~/.local/share/man/man1/jetblob-put.1")]
pub(crate) struct Man {
    /// The command that the page is about; without it: jetblob itself.
    pub(crate) command: Vec<String>,
}

pub(crate) fn run(args: &Man) -> Result<(), Failure> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let mut found = &command;
    for name in &args.command {
        found = found.find_subcommand(name).ok_or_else(|| {
            Failure::Usage(format!(
                "there is no command {:?}; `jetblob help` lists them",
                args.command.join(" ")
            ))
        })?;
    }
    let mut page = Vec::new();
    let source = concat!("jetblob ", env!("CARGO_PKG_VERSION"));
    clap_mangen::Man::new(found.clone()).source(source).render(&mut page).map_err(Failure::Stdout)?;
    output::text(&page)
}
