//! No credential of any kind is printed, whatever fails, and whatever is logged.

use std::fs;

use crate::sandbox::{Outcome, Sandbox};

const SECRET: &str = "s3cretMARKER";

/// Runs the command quietly, as JSON, and with everything logged; nothing of it has the secret.
fn assert_hidden(sandbox: &Sandbox, variables: &[(&str, &str)], arguments: &[&str]) {
    for (more, filter) in
        [(&[][..], ""), (&["--json"][..], ""), (&[][..], "trace"), (&["--json"][..], "async_nats=trace")]
    {
        let mut command = sandbox.command(&[more, arguments].concat());
        command.env("JETBLOB_LOG", filter).envs(variables.iter().copied());
        let outcome = Outcome::of(command.output().unwrap());
        let said = format!("{}{}", outcome.stderr, outcome.text());
        assert_ne!(outcome.code, 0, "{variables:?} {arguments:?}: {said}");
        assert!(!said.contains(SECRET), "{variables:?} {arguments:?}: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[test]
fn in_a_url() {
    let sandbox = Sandbox::new();
    for server in
        ["nats://127.0.0.1:1", "ws://127.0.0.1:1", "tls://127.0.0.1:1", "http://127.0.0.1:1", "nats://[::x"]
    {
        let (scheme, host) = server.split_once("://").unwrap();
        for user in [format!("u:{SECRET}"), SECRET.to_owned(), format!(":{SECRET}")] {
            let url = format!("{scheme}://{user}@{host}");
            assert_hidden(&sandbox, &[], &["--store", &url, "ls", "b"]);
            assert_hidden(&sandbox, &[("JETBLOB_STORE", &url)], &["ls", "b"]);
            assert_hidden(&sandbox, &[("JETBLOB_STORE", ""), ("NATS_URL", &url)], &["ls", "b"]);
            for path in ["", "/b/", "/b.c/x", "/b/x"] {
                let path = format!("{url}{path}");
                assert_hidden(&sandbox, &[], &["get", &path]);
                assert_hidden(&sandbox, &[], &["mv", "b/x", &path]);
            }
        }
    }
    for forgotten in [format!("u:{SECRET}@127.0.0.1:1"), format!("{SECRET}@127.0.0.1")] {
        assert_hidden(&sandbox, &[], &["--store", &forgotten, "ls", "b"]);
        assert_hidden(&sandbox, &[], &["get", &format!("{forgotten}/b/x")]);
    }
    assert!(sandbox.files().is_empty());
}

#[test]
fn in_options_variables_and_files() {
    let sandbox = Sandbox::new();
    sandbox.write("broken.creds", SECRET.as_bytes());
    sandbox.write("seed", format!("SU{SECRET}").as_bytes());
    let nowhere = ["--store", "nats://127.0.0.1:1", "ls", "b"];
    for option in [
        &["--user", "u", "--password", SECRET][..],
        &["--creds", "broken.creds"],
        &["--nkey", "seed"],
        &["--nkey", "broken.creds"],
    ] {
        assert_hidden(&sandbox, &[], &[option, &nowhere].concat());
    }
    for (variable, value) in [
        ("NATS_PASSWORD", SECRET),
        ("NATS_TOKEN", SECRET),
        ("NATS_CREDS", "broken.creds"),
        ("NATS_NKEY", "seed"),
    ] {
        assert_hidden(&sandbox, &[("NATS_USER", "u"), (variable, value)], &nowhere);
        assert_hidden(&sandbox, &[(variable, value)], &nowhere);
    }
}

#[test]
fn in_a_context() {
    let sandbox = Sandbox::new();
    let contexts = sandbox.work().parent().unwrap().join(".config/nats/context");
    fs::create_dir_all(&contexts).unwrap();
    for fields in [
        format!(r#"{{"url": "nats://u:{SECRET}@127.0.0.1:1"}}"#),
        format!(r#"{{"url": "http://u:{SECRET}@127.0.0.1:1"}}"#),
        format!(r#"{{"url": "nats://127.0.0.1:1", "user": "u", "password": "{SECRET}"}}"#),
        format!(r#"{{"url": "nats://127.0.0.1:1", "token": "{SECRET}"}}"#),
        format!(r#"{{"url": "nats://127.0.0.1:1", "user_jwt": "{SECRET}", "user_seed": "SU{SECRET}"}}"#),
        format!(r#"{{"url": "nats://127.0.0.1:1", "creds": "op://{SECRET}"}}"#),
        format!(r#"{{"token": "{SECRET}", "tls_first": "{SECRET}"}}"#),
        format!(r#"{{"token": "{SECRET}" "#),
        format!(r#""{SECRET}""#),
    ] {
        fs::write(contexts.join("x.json"), &fields).unwrap();
        assert_hidden(&sandbox, &[("JETBLOB_STORE", "")], &["--context", "x", "ls", "b"]);
    }
}
