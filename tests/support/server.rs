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
    /// What every configuration of it begins with.
    head: String,
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
        let head = format!(
            "listen: {ANY_PORT}\nports_file_dir: \"{}\"\npid_file: \"{path}/pid\"\n",
            ports.display()
        );
        fs::write(dir.path().join(CONFIG), format!("{head}{config}\n")).expect("a configuration");
        let guard = run(kind, dir.path());
        let mut server = Self { guard, url: String::new(), kind, dir, head };
        server.url = server.wait_for_url();
        // From now on it has this port, also when it is started again.
        let address = server.url.split_once("://").map_or("", |(_, address)| address);
        server.head = server.head.replace(ANY_PORT, address);
        server.configure(&config);
        server
    }

    /// Kills the server at once, and starts it again on the same port, with what it had stored.
    pub fn restart(&mut self) {
        self.kill();
        self.start_again();
    }

    /// Kills the server at once.
    pub fn kill(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }

    /// Ends the server in good order, with all that it has in its files.
    pub fn stop(&mut self) {
        self.signal("TERM");
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.state().starts_with(|state: char| state != 'Z') {
            assert!(Instant::now() < deadline, "the server does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
        self.kill();
    }

    /// Starts a server that was killed on the same port, with what it had stored.
    pub fn start_again(&mut self) {
        let ports = self.dir.path().join("ports");
        for file in fs::read_dir(&ports).expect("the directory for the port").flatten() {
            fs::remove_file(file.path()).expect("an old port");
        }
        self.guard = run(self.kind, self.dir.path());
        assert_eq!(self.wait_for_url(), self.url);
    }

    /// Starts another server in the place of one that has ended: on its port, with what it had stored.
    pub fn start_again_as(&mut self, kind: ServerKind) {
        self.kind = kind;
        self.start_again();
    }

    /// Stops the server where it stands, until it is [resumed](Self::resume).
    pub fn pause(&self) {
        self.signal("STOP");
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if self.state().starts_with('T') {
                return;
            }
            assert!(Instant::now() < deadline, "the server does not stand still");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Lets a paused server go on.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// The server asks its clients to go, and ends.
    pub fn lame_duck(&self) {
        self.signal("USR2");
    }

    /// Gives the server another configuration, for its next start.
    pub fn configure(&self, config: &str) {
        let path = self.dir.path().to_str().expect("a temporary directory that is UTF-8");
        let config = format!("{}{}\n", self.head, config.replace("$DIR", path));
        fs::write(self.dir.path().join(CONFIG), config).expect("a configuration");
    }

    /// Gives the server another configuration now.
    pub fn reload(&self, config: &str) {
        self.configure(config);
        self.signal("HUP");
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([&format!("-{signal}"), &self.pid()]).status();
        assert!(sent.expect("the kill command").success(), "no server {}", self.pid());
    }

    /// The letter of the process's state; nothing when it has ended.
    fn state(&self) -> String {
        let Ok(pid) = fs::read_to_string(self.dir.path().join("pid")) else { return String::new() };
        let told = Command::new("ps").args(["-o", "state=", "-p", pid.trim()]).output();
        String::from_utf8_lossy(&told.expect("the ps command").stdout).trim().to_owned()
    }

    fn pid(&self) -> String {
        let pid = fs::read_to_string(self.dir.path().join("pid")).expect("the pid of a server that listens");
        pid.trim().to_owned()
    }

    /// What the server has told so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// `ws://127.0.0.1:<port>`, or `wss://`, of a server that takes WebSockets too.
    pub fn websocket_url(&self) -> String {
        self.told("websocket").expect("a server that takes WebSockets")
    }

    /// The first URL for a protocol, if the server listens.
    fn told(&self, protocol: &str) -> Option<String> {
        let files = fs::read_dir(self.dir.path().join("ports")).expect("the directory for the port");
        files.flatten().find_map(|file| {
            let told: serde_json::Value = serde_json::from_slice(&fs::read(file.path()).ok()?).ok()?;
            Some(told[protocol][0].as_str()?.to_owned())
        })
    }

    /// The server tells its port in a file, once it listens.
    fn wait_for_url(&mut self) -> String {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(url) = self.told("nats") {
                return url;
            }
            assert!(Instant::now() < deadline, "the server does not listen:\n{}", self.log());
            let has_ended = self.guard.try_wait().expect("a child").is_some();
            assert!(!has_ended, "the server has ended:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// `nats://127.0.0.1:<port>`; `tls://` where clients must.
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
        self.kill();
    }
}
