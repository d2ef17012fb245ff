//! Exit codes, and what is said.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use serde_json::Value;

use crate::sandbox::{Sandbox, noise};

#[test]
fn a_missing_bucket_is_3_and_a_missing_object_4() {
    let sandbox = Sandbox::with_bucket();
    sandbox.write("f", b"x");
    for arguments in [&["put", "f", "none/n"][..], &["get", "none/n"], &["cat", "none/n"], &["ls", "none"]] {
        sandbox.run(arguments).failed(3, "bucket \"none\" not found");
    }
    sandbox.run(&["bucket", "info", "none"]).failed(3, "bucket \"none\" not found");
    for command in ["get", "cat", "info", "rm"] {
        sandbox.run(&[command, "b/none"]).failed(4, "object \"none\" not found in bucket \"b\"");
    }
    assert_eq!(sandbox.files(), ["f"]);
}

#[test]
fn a_local_file_that_fails_is_1() {
    let sandbox = Sandbox::with_bucket();
    fs::create_dir(sandbox.work().join("dir")).unwrap();
    sandbox.run(&["put", "missing", "b"]).failed(1, "missing: No such file");
    sandbox.run(&["put", "dir", "b"]).failed(1, "dir: is a directory");
    sandbox.put("n", b"x");
    sandbox.run(&["get", "b/n", "missing/dir/n"]).failed(1, "missing/dir/n");
    sandbox.run(&["get", "b/n", "missing/"]).failed(1, "missing/");
    assert_eq!(sandbox.files(), ["dir"]);
    assert_eq!(sandbox.run(&["ls", "--json", "b"]).succeeded().json_lines().len(), 1);
}

#[test]
fn usage_is_2() {
    let sandbox = Sandbox::with_bucket();
    sandbox.write("f", b"x");
    for arguments in [
        &[][..],
        &["put"],
        &["put", "f"],
        &["get"],
        &["rm"],
        &["nonsense"],
        &["ls", "--nonsense"],
        &["put", "f", "b", "-H", "none"],
        &["put", "f", "b", "-m", "none"],
        &["put", "f", "b", "--chunk-size", "many"],
        &["put", "f", "b", "--chunk-size", "0"],
        &["bucket", "create", "c", "--ttl", "soon"],
        &["bucket", "create", "c", "--ttl", "0s"],
        &["bucket", "create", "c", "--max-bytes", "0"],
        &["bucket", "create", "c", "--replicas", "3"],
        &["bucket", "create", "c", "--tag", "ssd"],
        &["ls", "b", "--timeout", "0s"],
        &["ls", "b", "--store", "http://127.0.0.1"],
        &["rm", "b/f", "nats://127.0.0.1:1/b/f"],
    ] {
        let outcome = sandbox.run(arguments).failed(2, "");
        assert!(!outcome.stderr.is_empty() && outcome.stdout.is_empty(), "{arguments:?}");
    }
    assert_eq!(sandbox.run(&["ls", "--json", "b"]).succeeded().json_lines().len(), 0);
}

#[test]
fn no_server_is_5() {
    let sandbox = Sandbox::new();
    // Nobody but root may listen on this port, and nobody does.
    sandbox.run(&["ls", "--store", "nats://127.0.0.1:1"]).failed(5, "no connection to nats://127.0.0.1:1");
    let secret = sandbox.run(&["cat", "nats://ann:s3cret@127.0.0.1:1/b/n"]).failed(5, "nats://127.0.0.1:1");
    assert!(!secret.stderr.contains("s3cret"), "{}", secret.stderr);
}

#[test]
fn a_server_without_tls_where_it_must_be_is_7() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("nats://{}", server.local_addr().unwrap());
    thread::spawn(move || {
        let (mut client, _) = server.accept().unwrap();
        let _ = client.write_all(b"INFO {}\r\n");
        let _ = client.read_to_end(&mut Vec::new());
    });
    let sandbox = Sandbox::new();
    sandbox.write("ca.pem", b"");
    sandbox.run(&["ls", "--store", &url, "--tlsfirst", "--tlsca", "ca.pem"]).failed(7, "TLS: ");
}

#[test]
fn a_full_bucket_is_1_and_keeps_what_it_has() {
    let sandbox = Sandbox::new();
    sandbox.run(&["bucket", "create", "b", "--max-bytes", "1MiB"]).succeeded();
    sandbox.put("n", b"old");
    sandbox.feed(&["put", "-", "b/n"], &noise(2 << 20)).failed(1, "no room");
    assert_eq!(sandbox.run(&["cat", "b/n"]).succeeded().text(), "old");
}

#[test]
fn errors_are_json_where_output_is() {
    let sandbox = Sandbox::with_bucket();
    for (arguments, code, name, retryable) in [
        (&["cat", "b/none", "--json"][..], 4, "not_found", false),
        (&["--json", "cat", "b.c/n"], 2, "invalid_name", false),
        (&["put", "missing", "b", "--json"], 1, "io", false),
        (&["put", "--json"], 2, "usage", false),
        (&["put", "-", "b", "--json"], 2, "usage", false),
        (&["bucket", "create", "--json", "b", "--ttl", "1h"], 6, "bucket_exists", false),
        (&["ls", "--json", "--store", "nats://127.0.0.1:1"], 5, "unavailable", true),
    ] {
        let outcome = sandbox.run(arguments).failed(code, "");
        let line: Value = serde_json::from_str(&outcome.stderr).unwrap();
        assert_eq!(line["error"]["code"], name, "{line}");
        assert_eq!(line["error"]["retryable"], retryable, "{line}");
        assert!(!line["error"]["message"].as_str().unwrap().is_empty(), "{line}");
        assert_eq!(outcome.stdout, b"");
    }
}

#[test]
fn secrets_of_the_environment_are_in_no_help() {
    let sandbox = Sandbox::new();
    for arguments in [
        &["--help"][..],
        &["put", "--help"],
        &["man"],
        &["completions", "zsh"],
        &["-h"],
        &["put", "--nonsense"],
    ] {
        let mut command = sandbox.command(arguments);
        let secrets = [
            "JETBLOB_STORE",
            "NATS_CA",
            "NATS_CERT",
            "NATS_CONTEXT",
            "NATS_CREDS",
            "NATS_INBOX_PREFIX",
            "NATS_KEY",
            "NATS_NKEY",
            "NATS_PASSWORD",
            "NATS_TOKEN",
            "NATS_URL",
            "NATS_USER",
        ];
        let output = command.envs(secrets.map(|name| (name, "s3cret"))).output().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(!text.contains("s3cret"), "{text}");
    }
}
