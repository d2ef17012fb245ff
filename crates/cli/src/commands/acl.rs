//! `jetblob acl`

use std::fmt::Write;

use clap::{Args, ValueEnum};
use jetblob::engine::jetstream::{self, Permissions};
use jetblob::{BucketName, StoreOptions};
use serde_json::{Value, json};

use crate::args::Global;
use crate::exit::Failure;
use crate::output;

/// Print what a user of a NATS server must be allowed, to do what a role does in a bucket.
///
/// It is the `permissions` block of a user in the server's configuration, of exactly what jetblob needs: whoever has it
/// has no access to another bucket. With --json it is the same as JSON, which the configuration takes as well; with --nsc
/// it is a command that gives it to a user in an account of nsc. --domain and --inbox-prefix are as the user connects. No
/// server is asked.
///
/// With an inbox prefix of its own nobody else hears the answers to a user; _INBOX is shared by all who have none.
#[derive(Debug, Args)]
pub(crate) struct Acl {
    /// The bucket; may be given several times, as for those that links lead to.
    #[arg(long, required = true, value_parser = parse_bucket)]
    bucket: Vec<BucketName>,
    /// What the user does in it.
    #[arg(long)]
    role: Role,
    /// Also allow a writer to purge the stream: for buckets that know no TTL per message, as those of other clients.
    ///
    /// There a writer without it leaves the bytes of what it replaces or deletes. With it a writer can remove everything,
    /// past the records.
    #[arg(long)]
    purge: bool,
    /// Also allow to list the buckets of the account, by `bucket ls`: it shows the configuration of all its streams.
    #[arg(long)]
    list_buckets: bool,
    /// The JetStream API prefix, if it is not that of the domain.
    #[arg(long, value_name = "PREFIX")]
    api_prefix: Option<String>,
    /// Print a command for nsc, for the user of this name.
    #[arg(long, value_name = "USER", conflicts_with = "json")]
    nsc: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Role {
    /// get, cat, ls, info, watch, bucket info
    Reader,
    /// What a reader does, and put, rm, mv, link
    Writer,
    /// What a writer does, and bucket create, edit, seal, rm
    Admin,
}

fn parse_bucket(name: &str) -> Result<BucketName, String> {
    BucketName::parse(name).map_err(|invalid| invalid.to_string())
}

pub(crate) fn run(args: &Acl, global: &Global) -> Result<(), Failure> {
    let permissions = permissions(args, global)?;
    match &args.nsc {
        _ if global.json => output::line(as_json(&permissions)),
        Some(user) => output::line(as_nsc(user, &permissions)),
        None => output::line(as_config(&permissions)),
    }
}

fn permissions(args: &Acl, global: &Global) -> Result<Permissions, Failure> {
    let mut options = StoreOptions::default();
    options.domain.clone_from(&global.connection.domain);
    options.api_prefix.clone_from(&args.api_prefix);
    options.inbox_prefix.clone_from(&global.connection.inbox_prefix);
    let mut permissions = Permissions::new(&options)?;
    let role = match args.role {
        Role::Reader => jetstream::Role::Reader,
        Role::Writer => jetstream::Role::Writer,
        Role::Admin => jetstream::Role::Admin,
    };
    for bucket in &args.bucket {
        permissions.allow(role, bucket);
        if args.purge {
            permissions.allow_purge(bucket);
        }
    }
    if args.list_buckets {
        permissions.allow_bucket_list();
    }
    Ok(permissions)
}

fn as_json(permissions: &Permissions) -> Value {
    json!({
        "permissions": {
            "publish": { "allow": permissions.publish },
            "subscribe": { "allow": permissions.subscribe },
        }
    })
}

/// A server reads `$` outside of quotes as a variable. No subject here has a quote in it.
fn as_config(permissions: &Permissions) -> String {
    let mut text = String::from("permissions: {\n");
    for (what, subjects) in [("publish", &permissions.publish), ("subscribe", &permissions.subscribe)] {
        let _ = writeln!(text, "  {what}: {{\n    allow: [");
        for subject in subjects {
            let _ = writeln!(text, "      {subject:?}");
        }
        text.push_str("    ]\n  }\n");
    }
    text.push('}');
    text
}

/// As a shell takes it: what stands in single quotes is left alone.
fn as_nsc(user: &str, permissions: &Permissions) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    let mut command = format!("nsc edit user --name {}", quoted(user));
    for (option, subjects) in [("--allow-pub", &permissions.publish), ("--allow-sub", &permissions.subscribe)]
    {
        for subject in subjects {
            let _ = write!(command, " \\\n  {option} {}", quoted(subject));
        }
    }
    command
}
