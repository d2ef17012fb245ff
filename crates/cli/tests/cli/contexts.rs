//! Contexts of the `nats` command, and which store is chosen.
//!
//! There is no server: nobody but root may listen on the first ports, nobody does, and the error tells which one it was.

use std::fs;

use crate::sandbox::{Outcome, Sandbox};

/// The end of a command that found no server at this port.
#[track_caller]
fn went_to(port: u16, outcome: Outcome) {
    outcome.failed(5, &format!("no connection to nats://127.0.0.1:{port}: "));
}

fn url(port: u16) -> String {
    format!("nats://127.0.0.1:{port}")
}

/// A sandbox with contexts, and no store but the default.
struct Contexts(Sandbox);

impl Contexts {
    fn new() -> Self {
        let contexts = Self(Sandbox::new());
        fs::create_dir_all(contexts.nats().join("context")).unwrap();
        contexts
    }

    fn nats(&self) -> std::path::PathBuf {
        self.0.work().parent().unwrap().join("config/nats")
    }

    fn add(&self, name: &str, text: &str) {
        fs::write(self.nats().join("context").join(format!("{name}.json")), text).unwrap();
    }

    fn select(&self, name: &str) {
        fs::write(self.nats().join("context.txt"), name).unwrap();
    }

    fn run(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Outcome {
        let mut command = self.0.command(arguments);
        command.env_remove("JETBLOB_STORE").env("XDG_CONFIG_HOME", self.nats().parent().unwrap());
        Outcome::of(command.envs(variables.iter().copied()).output().unwrap())
    }
}

#[test]
fn the_first_store_that_is_given_is_taken() {
    let contexts = Contexts::new();
    for (name, port) in [("four", 4), ("five", 5), ("seven", 7)] {
        contexts.add(name, &format!(r#"{{"url": "127.0.0.1:{port}"}}"#));
    }
    contexts.select("seven\n");
    let store = url(2);
    let server = url(6);
    let variables =
        [("JETBLOB_STORE", "nats://127.0.0.1:3"), ("NATS_CONTEXT", "five"), ("NATS_URL", server.as_str())];
    let path = ["ls", "nats://127.0.0.1:1/b", "--store", &store, "--context", "four"];
    went_to(1, contexts.run(&variables, &path));
    went_to(2, contexts.run(&variables, &["ls", "--store", &store, "--context", "four"]));
    went_to(3, contexts.run(&variables, &["ls", "--context", "four"]));
    went_to(3, contexts.run(&variables, &["ls"]));
    went_to(4, contexts.run(&variables[1..], &["--context", "four", "ls"]));
    went_to(5, contexts.run(&variables[1..], &["ls"]));
    went_to(6, contexts.run(&variables[2..], &["ls"]));
    went_to(6, contexts.run(&[("NATS_URL", "127.0.0.1:6")], &["ls"]));
    went_to(7, contexts.run(&[], &["ls"]));
    let empty = ["JETBLOB_STORE", "NATS_CONTEXT", "NATS_URL", "NATS_CREDS", "NATS_CERT", "NATS_NKEY"];
    went_to(7, contexts.run(&empty.map(|name| (name, "")), &["ls"]));

    fs::remove_file(contexts.nats().join("context.txt")).unwrap();
    contexts.run(&[], &["bucket", "create", "b"]).succeeded();
    let home = contexts.0.work().parent().unwrap().to_owned();
    assert!(home.join(".local/share/jetblob").is_dir());
}

#[test]
fn without_xdg_contexts_are_in_the_home_directory() {
    let sandbox = Sandbox::new();
    let nats = sandbox.work().parent().unwrap().join(".config/nats");
    fs::create_dir_all(nats.join("context")).unwrap();
    fs::write(nats.join("context/x.json"), r#"{"url": "nats://127.0.0.1:1"}"#).unwrap();
    let mut command = sandbox.command(&["ls", "--context", "x"]);
    went_to(1, Outcome::of(command.env_remove("JETBLOB_STORE").output().unwrap()));
}

#[test]
fn a_context_is_for_a_server() {
    let contexts = Contexts::new();
    contexts.add("x", r#"{"url": "nats://127.0.0.1:1"}"#);
    let directory = contexts.0.store();
    let directory = directory.to_str().unwrap();
    let both = "\"x\" is for a server";
    contexts.run(&[], &["ls", "--context", "x", "--store", directory]).failed(2, both);
    contexts.run(&[("JETBLOB_STORE", directory)], &["ls", "--context", "x"]).failed(2, "$JETBLOB_STORE");
    // Variables are for all commands, and for servers.
    let variables = [("NATS_CONTEXT", "none"), ("NATS_NKEY", "none"), ("JETBLOB_STORE", directory)];
    contexts.run(&variables, &["ls"]).succeeded();
    contexts.select("none");
    contexts.run(&[], &["ls", "--store", directory]).succeeded();
}

#[test]
fn a_context_that_is_not_there_is_named_with_those_that_are() {
    let contexts = Contexts::new();
    let file = contexts.nats().join("context/none.json");
    let missing = contexts.run(&[], &["ls", "--context", "none"]).failed(2, file.to_str().unwrap());
    assert!(missing.stderr.contains("nats context add"), "{}", missing.stderr);
    contexts.add("b", "{}");
    contexts.add("a", "{}");
    for arguments in [&["ls", "--context", "none"][..], &["ls", "--context", "none", "--store", &url(1)]] {
        contexts.run(&[], arguments).failed(2, r#"there are "a", "b""#);
    }
    contexts.run(&[("NATS_CONTEXT", "none")], &["ls"]).failed(2, r#"there are "a", "b""#);
    for name in ["", "../a", "..", "a/b", "a\\b", "/etc/passwd"] {
        contexts.run(&[], &["ls", "--context", name]).failed(2, "a name is not empty");
    }
}

#[test]
fn a_selected_context_that_fails_says_how_to_do_without_it() {
    let contexts = Contexts::new();
    let way_out = "set $JETBLOB_STORE, to do without it";
    contexts.select("gone");
    contexts.run(&[], &["ls"]).failed(2, way_out);
    contexts.add("gone", "not JSON");
    contexts.run(&[], &["ls"]).failed(2, way_out);
    contexts.add("gone", r#"{"creds": "op://vault/s3cret"}"#);
    let reference = contexts.run(&[], &["ls"]).failed(2, way_out);
    assert!(!reference.stderr.contains("s3cret"), "{}", reference.stderr);
    contexts.select("../gone");
    contexts.run(&[], &["ls"]).failed(2, way_out);
    went_to(1, contexts.run(&[], &["ls", "--store", &url(1)]));
    contexts.run(&[], &["ls", "--store", contexts.0.store().to_str().unwrap()]).succeeded();
    contexts.select(" \n");
    contexts.run(&[], &["ls"]).succeeded();
}

/// A credentials file is read before a server is looked for: which one fails tells which credentials were chosen.
#[test]
fn credentials_come_from_the_context_where_none_are_given() {
    let contexts = Contexts::new();
    contexts.add("x", r#"{"url": "127.0.0.1:1", "creds": "~/theirs.creds"}"#);
    let theirs = contexts.0.work().parent().unwrap().join("theirs.creds: ");
    let theirs = theirs.to_str().unwrap();
    let context = ["ls", "--context", "x"];
    contexts.run(&[], &context).failed(1, theirs);
    contexts.run(&[("NATS_CONTEXT", "x")], &["ls"]).failed(1, theirs);
    contexts.run(&[], &["ls", "--context", "x", "--store", &url(2)]).failed(1, theirs);
    contexts.run(&[], &["ls", "--context", "x", "nats://127.0.0.1:2/b"]).failed(1, theirs);
    contexts.run(&[("NATS_CREDS", "mine.creds")], &context).failed(1, "file mine.creds: ");
    contexts.run(&[("NATS_NKEY", "mine.nk")], &context).failed(1, "nkey file mine.nk: ");
    contexts
        .run(&[("NATS_NKEY", "mine.nk")], &["ls", "--context", "x", "--creds", "f"])
        .failed(1, "file f: ");
    for name in ["NATS_USER", "NATS_TOKEN"] {
        went_to(1, contexts.run(&[(name, "mine")], &context));
    }
    went_to(2, contexts.run(&[], &["ls", "--context", "x", "--store", "nats://ann:s3cret@127.0.0.1:2"]));

    // The selected context is for its own server alone.
    contexts.select("x");
    contexts.run(&[], &["ls"]).failed(1, theirs);
    went_to(2, contexts.run(&[], &["ls", "--store", &url(2)]));
    went_to(2, contexts.run(&[], &["ls", "nats://127.0.0.1:2/b"]));
    went_to(2, contexts.run(&[("JETBLOB_STORE", &url(2))], &["ls"]));
    went_to(2, contexts.run(&[("NATS_URL", &url(2))], &["ls"]));
}

#[test]
fn tls_comes_from_the_context_where_it_is_not_given() {
    let contexts = Contexts::new();
    contexts.add("x", r#"{"url": "127.0.0.1:1", "ca": "ca.pem", "cert": "c.pem", "key": "c.key"}"#);
    let context = ["ls", "--context", "x"];
    contexts.run(&[], &context).failed(1, "root certificates ca.pem: ");
    contexts.run(&[("NATS_CA", "mine.pem")], &context).failed(1, "root certificates mine.pem: ");
    for file in ["ca.pem", "c.pem"] {
        contexts.0.write(file, b"");
    }
    contexts.run(&[], &context).failed(1, "client key c.key: ");
    let mine = [("NATS_CERT", "mine.pem"), ("NATS_KEY", "mine.key")];
    contexts.run(&mine, &context).failed(1, "client certificate mine.pem: ");
    contexts.run(&mine[..1], &context).failed(2, "$NATS_KEY");
    let half = [&context[..], &["--tlscert", "half.pem"]].concat();
    contexts.run(&mine[1..], &half).failed(1, "client certificate half.pem: ");
    contexts.run(&[], &half).failed(2, "$NATS_KEY");
    contexts.0.write("c.key", b"");
    went_to(1, contexts.run(&[], &context));
}

#[test]
fn what_begins_subjects_comes_from_the_context_where_it_is_not_given() {
    let contexts = Contexts::new();
    contexts
        .add("x", r#"{"url": "127.0.0.1:1", "jetstream_domain": "the irs", "inbox_prefix": "the.irs.>"}"#);
    let context = ["ls", "--context", "x"];
    contexts.run(&[], &context).failed(2, "JetStream domain: \"the irs\"");
    let domain = ["ls", "--context", "x", "--domain", "mine"];
    contexts.run(&[], &domain).failed(2, "inbox prefix: \"the.irs.>\"");
    went_to(1, contexts.run(&[("NATS_INBOX_PREFIX", "mine")], &domain));
    let prefix = [&domain[..], &["--inbox-prefix", "_INBOX.mine", "--tlsfirst"]].concat();
    went_to(1, contexts.run(&[("NATS_INBOX_PREFIX", "mi ne")], &prefix));
}

#[test]
fn references_are_followed_to_files_alone() {
    let contexts = Contexts::new();
    let nats = contexts.nats();
    let nats = nats.to_str().unwrap();
    contexts.add("x", &format!(r#"{{"url": "127.0.0.1:1", "creds": "file://{nats}/a.creds"}}"#));
    contexts.run(&[], &["ls", "--context", "x"]).failed(1, &format!("file {nats}/a.creds: "));
    contexts.add("x", r#"{"url": "127.0.0.1:1", "creds": "$XDG_CONFIG_HOME/nats/a.creds"}"#);
    contexts.run(&[], &["ls", "--context", "x"]).failed(1, &format!("file {nats}/a.creds: "));
    contexts.add("x", r#"{"url": "127.0.0.1:1", "creds": "op://vault/s3cret"}"#);
    let refused = contexts.run(&[], &["ls", "--context", "x"]).failed(2, "`op:`");
    assert!(
        refused.stderr.contains("$NATS_CREDS") && !refused.stderr.contains("s3cret"),
        "{}",
        refused.stderr
    );
    // The way out is one.
    contexts.run(&[("NATS_CREDS", "f")], &["ls", "--context", "x"]).failed(1, "file f: ");
    contexts.run(&[], &["ls", "--context", "x", "--creds", "f"]).failed(1, "file f: ");
    contexts.add("x", &format!(r#"{{"url": "127.0.0.1:1", "token": "file://{nats}/token"}}"#));
    contexts.run(&[], &["ls", "--context", "x"]).failed(1, &format!("{nats}/token: "));
    fs::write(contexts.nats().join("token"), "t0ken\n").unwrap();
    went_to(1, contexts.run(&[], &["ls", "--context", "x"]));
    // A JWT and a seed that are none, in nobody's words.
    contexts.add("x", r#"{"url": "127.0.0.1:1", "user_jwt": "s3cret", "user_seed": "s3cret"}"#);
    let refused = contexts.run(&[], &["ls", "--context", "x"]).failed(2, "credentials: ");
    assert!(!refused.stderr.contains("s3cret"), "{}", refused.stderr);
}
