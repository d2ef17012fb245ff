//! Real nats-servers, each on a free port of 127.0.0.1 with a directory of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerKind {
    /// The newest, from the virtual environment that `make test` makes.
    Newest,
    /// The oldest that can be had: Debian's.
    Oldest,
}

impl ServerKind {
    fn binary(self) -> PathBuf {
        let (variable, usual) = match self {
            Self::Newest => ("JETBLOB_NATS_SERVER", ".venv/bin/nats-server"),
            Self::Oldest => ("JETBLOB_OLD_NATS_SERVER", ".venv/debian/usr/sbin/nats-server"),
        };
        let binary = std::env::var_os(variable).map_or_else(|| root().join(usual), PathBuf::from);
        assert!(
            binary.exists(),
            "there is no {}: `make test` puts it there, or set {variable}",
            binary.display()
        );
        binary
    }
}

/// The top of the checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests are a folder of the workspace")
        .to_owned()
}

/// A running server. It ends when this is dropped, or when the test process is gone.
#[derive(Debug)]
pub struct Server {
    guard: Child,
    url: String,
    kind: ServerKind,
    dir: TempDir,
}

/// Starts the server, tells its pid, and ends it when standard input closes: also when the parent is killed.
const GUARD: &str = r#""$@" & server=$!; trap 'kill $server' TERM; read -r _; kill -9 $server; wait $server"#;

const CONFIG: &str = "server.conf";

const ANY_PORT: &str = "127.0.0.1:-1";

/// Runs a server with the configuration in its directory.
fn run(kind: ServerKind, dir: &Path) -> Child {
    Command::new("sh")
        .args(["-c", GUARD, "guard"])
        .arg(kind.binary())
        .arg("-c")
        .arg(dir.join(CONFIG))
        .arg("-l")
        .arg(dir.join("log"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell")
}

impl Server {
    /// A server with JetStream.
    pub fn start(kind: ServerKind) -> Self {
        Self::with_config(kind, "jetstream { store_dir: \"$DIR/js\" }")
    }

    /// A server with this configuration; `$DIR` in it is the server's directory.
    pub fn with_config(kind: ServerKind, config: &str) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().to_str().expect("a temporary directory that is UTF-8");
        let ports = dir.path().join("ports");
        fs::create_dir(&ports).expect("a directory for the port");
        let config = config.replace("$DIR", path);
        let config = format!("listen: {ANY_PORT}\nports_file_dir: \"{}\"\n{config}\n", ports.display());
        fs::write(dir.path().join(CONFIG), config).expect("a configuration");
        let guard = run(kind, dir.path());
        let mut server = Self { guard, url: String::new(), kind, dir };
        server.url = server.wait_for_url(&ports);
        server
    }

    /// Kills the server at once, and starts it again on the same port, with what it had stored.
    pub fn restart(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
        let file = self.dir.path().join(CONFIG);
        let config = fs::read_to_string(&file).expect("the configuration");
        let address = self.url.trim_start_matches("nats://");
        fs::write(&file, config.replace(ANY_PORT, address)).expect("a configuration");
        let ports = self.dir.path().join("ports");
        for file in fs::read_dir(&ports).expect("the directory for the port").flatten() {
            fs::remove_file(file.path()).expect("an old port");
        }
        self.guard = run(self.kind, self.dir.path());
        assert_eq!(self.wait_for_url(&ports), self.url);
    }

    /// The server tells its port in a file, once it listens.
    fn wait_for_url(&mut self, ports: &Path) -> String {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let files = fs::read_dir(ports).expect("the directory for the port");
            let told = files.flatten().find_map(|file| {
                let told: serde_json::Value = serde_json::from_slice(&fs::read(file.path()).ok()?).ok()?;
                Some(told["nats"][0].as_str()?.to_owned())
            });
            if let Some(url) = told {
                return url;
            }
            let log = || fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "the server does not listen:\n{}", log());
            assert!(self.guard.try_wait().expect("a child").is_none(), "the server has ended:\n{}", log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// `nats://127.0.0.1:<port>`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The directory that the server keeps everything in.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}
