//! The grammar of the command line: what all commands take. What one takes is beside what it does.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::commands::acl::Acl;
use crate::commands::bucket::BucketCommand;
use crate::commands::cat::Cat;
use crate::commands::check::Check;
use crate::commands::completions::Completions;
use crate::commands::gc::Gc;
use crate::commands::get::Get;
use crate::commands::info::Info;
use crate::commands::link::Link;
use crate::commands::ls::Ls;
use crate::commands::man::Man;
use crate::commands::mv::Mv;
use crate::commands::put::Put;
use crate::commands::rm::Rm;
use crate::commands::watch::Watch;

/// Store objects of any size in NATS JetStream Object Store buckets, or in a local directory.
///
/// An object is called by its path, BUCKET/NAME: what comes before the first slash is the bucket, all the rest is the
/// name, slashes and all. A NATS server may stand in front: nats://HOST:PORT/BUCKET/NAME.
#[derive(Debug, Parser)]
#[command(name = "jetblob", version, propagate_version = true, after_help = EXIT_CODES, after_long_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) global: Global,
}

/// What every command takes. Help shows it after the command's own.
///
/// The variables that help names are read by the library, the same for every language.
#[derive(Debug, Args)]
#[command(next_display_order = 100)]
pub(crate) struct Global {
    /// The store: a directory, or nats://, tls://, ws://, wss:// and a server (several are separated by commas) [env:
    /// JETBLOB_STORE]
    ///
    /// A server in front of a path wins over it. Without either the store is the first of: the server of --context,
    /// the one in $NATS_URL, the one of the context that the `nats` command has selected, the directory
    /// $XDG_DATA_HOME/jetblob, or ~/.local/share/jetblob.
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) store: Option<String>,
    /// Print one JSON object a line, errors on stderr included.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print nothing but what was asked for, and errors.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Show no progress bar.
    #[arg(long, global = true)]
    pub(crate) no_progress: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// How to reach a NATS server. A directory needs none of it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// A context of the `nats` command: its server, and how to reach it.
    ///
    /// With --store, or a server in front of a path, it is how to reach that server. Options win over variables, and
    /// both over the context; credentials do so as one thing. Without it the context is $NATS_CONTEXT.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// A credentials file (JWT and seed) [env: NATS_CREDS]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) creds: Option<PathBuf>,
    /// A user; a token is taken from $NATS_TOKEN alone [env: NATS_USER]
    #[arg(long, global = true)]
    pub(crate) user: Option<String>,
    /// The user's password; safer in the environment, where other users don't see it [env: NATS_PASSWORD]
    #[arg(long, global = true)]
    pub(crate) password: Option<String>,
    /// A file with the seed of an nkey [env: NATS_NKEY]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) nkey: Option<PathBuf>,
    /// A file of root certificates in PEM, instead of the system's [env: NATS_CA]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) tlsca: Option<PathBuf>,
    /// The client's certificate in PEM [env: NATS_CERT]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) tlscert: Option<PathBuf>,
    /// The key of the client's certificate in PEM [env: NATS_KEY]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) tlskey: Option<PathBuf>,
    /// Start TLS before the server says anything.
    #[arg(long, global = true)]
    pub(crate) tlsfirst: bool,
    /// The JetStream domain.
    #[arg(long, global = true)]
    pub(crate) domain: Option<String>,
    /// What the subjects of replies begin with, if not _INBOX [env: NATS_INBOX_PREFIX]
    #[arg(long, global = true, value_name = "PREFIX")]
    pub(crate) inbox_prefix: Option<String>,
    /// How long any step may go without progress: 10s, 2m.
    #[arg(long, global = true, value_name = "DURATION", default_value = "30s", value_parser = parse_some_time)]
    pub(crate) timeout: Duration,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Put(Put),
    Get(Get),
    Cat(Cat),
    Ls(Ls),
    Info(Info),
    Rm(Rm),
    Mv(Mv),
    Link(Link),
    Watch(Watch),
    Check(Check),
    Gc(Gc),
    /// Create, change, list, show, seal and remove buckets.
    #[command(subcommand)]
    Bucket(BucketCommand),
    Acl(Acl),
    Completions(Completions),
    Man(Man),
}

/// Reads an entry of metadata.
pub(crate) fn parse_entry(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("it must be KEY=VALUE".to_owned()),
    }
}

/// Reads a time that is not zero.
pub(crate) fn parse_some_time(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("no time at all is too short".to_owned()),
        Ok(time) => Ok(time),
        Err(error) => Err(error.to_string()),
    }
}

const EXIT_CODES: &str = "`jetblob --help` says more: examples, exit codes.";

const AFTER_HELP: &str = "\
Examples:
  jetblob bucket create photos
  jetblob put cat.jpg photos
  jetblob ls photos
  jetblob get photos/cat.jpg
  jetblob mv photos/cat.jpg photos/2026/
  jetblob watch photos
  jetblob --store nats://127.0.0.1:4222 bucket ls
  jetblob --context staging bucket ls
  jetblob cat nats://127.0.0.1:4222/photos/cat.jpg > copy.jpg

Logging:
  JETBLOB_LOG=info jetblob put cat.jpg photos
  prints to stderr what happens: a line for each operation when it has ended, and what an operator wants to know, as a
  connection that was lost; as JSON with --json. `warn` tells of trouble alone, `debug` more; `jetblob=info` only what is
  jetblob's own. Names of objects are private, but for subjects, which hold them in base64: they are told in clear with
  `info,jetblob::names=trace`. Secrets never are: TRACE is for jetblob's own targets alone.

Exit codes:
  0  done
  1  done in part, findings of a check, or failed for a reason that is not below (a local file, a full disk or bucket, no JetStream)
  2  wrong usage, an invalid name or configuration
  3  no such bucket
  4  no such object
  5  failed for now: no server, no answer, the object was replaced while it was read
  6  conflict: it exists, another writer was faster, the bucket is sealed or not empty
  7  denied: permission, credentials, TLS
  8  damaged: bytes or record of the object are not what they should be
  9  unknown: the write may have taken effect
  130, 141, 143: interrupted, the reader of the output went away, terminated";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_grammar_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_entry_is_split_at_its_first_separator() {
        let pair = |key: &str, value: &str| Ok((key.to_owned(), value.to_owned()));
        assert_eq!(parse_entry("key=a=b"), pair("key", "a=b"));
        assert_eq!(parse_entry("key="), pair("key", ""));
        assert!(parse_entry("=v").is_err() && parse_entry("v").is_err());
    }
}
