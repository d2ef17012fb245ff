//! One command a file.

use crate::args::{Cli, Command};
use crate::exit::Failure;

pub(crate) mod acl;
mod against;
pub(crate) mod bucket;
pub(crate) mod cat;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod condition;
pub(crate) mod described;
pub(crate) mod gc;
pub(crate) mod get;
pub(crate) mod info;
pub(crate) mod link;
pub(crate) mod ls;
pub(crate) mod man;
pub(crate) mod mv;
pub(crate) mod part;
pub(crate) mod put;
pub(crate) mod rm;
pub(crate) mod watch;

/// Runs the command.
pub(crate) async fn run(cli: Cli) -> Result<(), Failure> {
    let Cli { command, global } = cli;
    match command {
        Command::Put(args) => put::run(args, &global).await,
        Command::Get(args) => get::run(args, &global).await,
        Command::Cat(args) => cat::run(args, &global).await,
        Command::Ls(args) => ls::run(args, &global).await,
        Command::Info(args) => info::run(args, &global).await,
        Command::Rm(args) => rm::run(args, &global).await,
        Command::Mv(args) => mv::run(args, &global).await,
        Command::Link(args) => link::run(args, &global).await,
        Command::Watch(args) => watch::run(args, &global).await,
        Command::Check(args) => check::run(args, &global).await,
        Command::Gc(args) => gc::run(args, &global).await,
        Command::Bucket(command) => bucket::run(command, &global).await,
        Command::Acl(args) => acl::run(&args, &global),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    }
}
