//! `jetblob completions`: what a shell completes with the Tab key.

use clap::{Args, CommandFactory};
use clap_complete::{Generator, Shell};

use crate::args::Cli;
use crate::exit::Failure;
use crate::output;

/// Print the completion script of a shell.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  jetblob completions bash > ~/.local/share/bash-completion/completions/jetblob
  jetblob completions zsh > ~/.zfunc/_jetblob        a directory of $fpath
  jetblob completions fish > ~/.config/fish/completions/jetblob.fish")]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

pub(crate) fn run(args: &Completions) -> Result<(), Failure> {
    let mut command = Cli::command();
    command.set_bin_name("jetblob");
    command.build();
    let mut script = Vec::new();
    args.shell.try_generate(&command, &mut script).map_err(Failure::Stdout)?;
    output::text(&script)
}
