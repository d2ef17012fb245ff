//! What other clients put, the `jetblob` command gets, and the reverse.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use jetblob::{BucketConfig, Store};
use serde_json::{Value, json};
use tests::{Server, ServerKind, bytes_of, jetblob, root};

const CHUNK: u64 = 128 * 1024;

/// Another client.
struct Client {
    name: &'static str,
    program: fn() -> Command,
    /// Names that it is known to fail on. One that it handles after all fails the test, so that the list stays true.
    faults: &'static [&'static str],
}

const CLIENTS: [Client; 2] = [
    Client { name: "nats-py", program: nats_py, faults: &[] },
    // It encodes names as Latin-1.
    Client { name: "@nats-io/obj", program: nats_obj, faults: &["日本"] },
];

fn nats_py() -> Command {
    let mut command = Command::new(root().join(".venv/bin/python"));
    command.arg(root().join("tests/interop/nats_py.py"));
    command
}

fn nats_obj() -> Command {
    let mut command = Command::new("node");
    command.arg(root().join("tests/interop/nats_obj.mjs"));
    command
}

/// Names and sizes that have made clients disagree.
fn objects() -> Vec<(String, u64)> {
    let mut objects: Vec<(String, u64)> =
        ["a b", "a/b/c.txt", "日本", "*", ">", "a.b", "???x"].map(|name| (name.to_owned(), 1000)).into();
    let sizes = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 5, 20 << 20];
    objects.extend(sizes.map(|size| (format!("size {size}"), size)));
    objects
}

fn run(command: &mut Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("a child that reads");
    child.wait_with_output().expect("a child")
}

impl Client {
    fn order(&self, operation: &str, server: &Server, bucket: &str, objects: &[(&str, &Path)]) -> Output {
        let objects: Vec<Value> =
            objects.iter().map(|(name, file)| json!({ "name": name, "file": file })).collect();
        let order =
            json!({ "url": server.url(), "operation": operation, "bucket": bucket, "objects": objects });
        run(&mut (self.program)(), &order.to_string())
    }

    fn does(&self, operation: &str, server: &Server, bucket: &str, objects: &[(&str, &Path)]) {
        let (faulty, sound): (Vec<_>, Vec<_>) =
            objects.iter().partition(|(name, _)| self.faults.contains(name));
        let output = self.order(operation, server, bucket, &sound);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} {operation}: {error}", self.name);
        for object in faulty {
            let output = self.order(operation, server, bucket, &[object]);
            assert!(!output.status.success(), "{} can {operation} {:?} now", self.name, object.0);
        }
    }
}

fn jetblob_does(server: &Server, arguments: &[&str]) {
    let output = run(jetblob().args(["--store", server.url()]).args(arguments), "");
    assert!(output.status.success(), "jetblob {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn every_client_reads_ours_and_we_read_theirs() {
    let server = Server::start(ServerKind::Newest);
    let store = Store::open(server.url()).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = |index: usize, what: &str| dir.path().join(format!("{index}.{what}"));
    let objects = objects();
    for (index, (name, size)) in objects.iter().enumerate() {
        std::fs::write(file(index, "in"), bytes_of(name, *size)).unwrap();
    }
    let without_node = std::env::var_os("JETBLOB_SKIP_NODE").is_some();
    let clients = CLIENTS.iter().filter(|client| !(without_node && client.name == "@nats-io/obj"));
    for (number, client) in clients.enumerate() {
        let (ours, theirs) = (format!("ours{number}"), format!("theirs{number}"));
        for bucket in [&ours, &theirs] {
            store.create_bucket(BucketConfig::new(bucket.as_str())).await.unwrap();
        }
        let with_files = |what: &'static str| -> Vec<(&str, PathBuf)> {
            objects.iter().enumerate().map(|(index, (name, _))| (name.as_str(), file(index, what))).collect()
        };
        let written = with_files("in");
        let written: Vec<(&str, &Path)> =
            written.iter().map(|(name, file)| (*name, file.as_path())).collect();

        client.does("put", &server, &theirs, &written);
        for (index, (name, size)) in objects.iter().enumerate() {
            if client.faults.contains(&name.as_str()) {
                continue;
            }
            let out = file(index, "out");
            jetblob_does(&server, &["get", &format!("{theirs}/{name}"), out.to_str().unwrap()]);
            assert!(std::fs::read(&out).unwrap() == bytes_of(name, *size), "{}: {name:?}", client.name);
        }

        for (name, file) in &written {
            jetblob_does(&server, &["put", file.to_str().unwrap(), &format!("{ours}/{name}")]);
        }
        let read = with_files("back");
        let read: Vec<(&str, &Path)> = read.iter().map(|(name, file)| (*name, file.as_path())).collect();
        client.does("get", &server, &ours, &read);
        for (index, (name, size)) in objects.iter().enumerate() {
            if !client.faults.contains(&name.as_str()) {
                let back = std::fs::read(file(index, "back")).unwrap();
                assert!(back == bytes_of(name, *size), "{}: {name:?}", client.name);
            }
        }
    }
}
