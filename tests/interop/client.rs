//! The clients: how each driver is started, and in which version.

use std::path::PathBuf;
use std::process::Command;

use tests::root;

/// A client, as `README.md` tells of it.
pub(crate) struct Client {
    pub(crate) name: &'static str,
    /// The line of `versions` with its version; jetblob's is that of the workspace.
    pin: Option<&'static str>,
    /// Set where `make test` skips it.
    skipped_by: Option<&'static str>,
    pub(crate) command: fn() -> Command,
}

/// jetblob, as its rows and columns are called.
pub(crate) const JETBLOB: &str = "jetblob";

const CLIENTS: [Client; 7] = [
    Client { name: JETBLOB, pin: None, skipped_by: None, command: jetblob },
    Client { name: "nats.go", pin: Some("NATS_GO"), skipped_by: Some("JETBLOB_SKIP_GO"), command: nats_go },
    Client {
        name: "nats CLI",
        pin: Some("NATS_CLI"),
        skipped_by: Some("JETBLOB_SKIP_GO"),
        command: nats_cli,
    },
    Client { name: "jnats", pin: Some("NATS_JAVA"), skipped_by: Some("JETBLOB_SKIP_JAVA"), command: jnats },
    Client { name: "nats-py", pin: Some("NATS_PY"), skipped_by: None, command: nats_py },
    Client {
        name: "nats.js",
        pin: Some("NATS_OBJ"),
        skipped_by: Some("JETBLOB_SKIP_NODE"),
        command: nats_js,
    },
    Client { name: "async-nats", pin: Some("ASYNC_NATS"), skipped_by: None, command: async_nats },
];

/// Those that can be run here.
pub(crate) fn clients() -> impl Iterator<Item = Client> {
    CLIENTS
        .into_iter()
        .filter(|client| client.skipped_by.is_none_or(|variable| std::env::var_os(variable).is_none()))
}

impl Client {
    /// The version that `versions` says.
    pub(crate) fn pinned(&self) -> Option<&'static str> {
        let pin = self.pin?;
        let pins = include_str!("versions").lines();
        Some(
            pins.filter_map(|line| line.split_once('='))
                .find(|(name, _)| *name == pin)
                .expect("a pinned version")
                .1,
        )
    }
}

/// What `make` has built of a driver.
fn built(path: &str) -> PathBuf {
    let built = root().join("target/interop").join(path);
    assert!(built.exists(), "there is no {}: `make interop` builds it", built.display());
    built
}

fn source(path: &str) -> PathBuf {
    root().join("tests/interop").join(path)
}

fn jetblob() -> Command {
    Command::new(env!("CARGO_BIN_EXE_interop-jetblob"))
}

fn async_nats() -> Command {
    Command::new(env!("CARGO_BIN_EXE_interop-async-nats"))
}

fn nats_go() -> Command {
    Command::new(built("go/driver"))
}

fn python(driver: &str) -> Command {
    let mut command = Command::new(root().join(".venv/bin/python"));
    command.arg(source(driver));
    command
}

fn nats_py() -> Command {
    python("python/driver.py")
}

fn nats_cli() -> Command {
    let mut command = python("cli/driver.py");
    command.arg(built("bin/nats"));
    command
}

fn nats_js() -> Command {
    let mut command = Command::new("node");
    command.arg(built("node/driver.mjs"));
    command
}

fn jnats() -> Command {
    let mut command = Command::new("java");
    let (classes, jars) = (built("java/classes"), built("java/jars"));
    command.args(["-Xmx512m", "-cp", &format!("{}:{}/*", classes.display(), jars.display()), "Driver"]);
    command
}
