//! The `jetblob` command on real servers that let only some in, and the calls of the library that it is made of.

use std::fs;
use std::process::{Command, Output};

use data_encoding::BASE64URL_NOPAD;
use nkeys::KeyPair;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{Server, ServerKind, jetblob};

const DENIED: i32 = 7;

/// A home directory with contexts.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        fs::create_dir_all(home.0.path().join(".config/nats/context")).unwrap();
        home
    }

    /// Makes a context for this server.
    fn add(&self, name: &str, server: &Server, mut fields: Value) {
        fields["url"] = server.url().into();
        let file = self.0.path().join(format!(".config/nats/context/{name}.json"));
        fs::write(file, fields.to_string()).unwrap();
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.0.path().join(file), text).unwrap();
    }

    fn run(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
        self.start(jetblob(), variables, arguments)
    }

    fn start(&self, mut command: Command, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
        command.env_clear().env("HOME", self.0.path()).current_dir(self.0.path());
        command.envs(variables.iter().copied()).args(arguments).output().unwrap()
    }

    /// The names of the buckets in the store that the library opens, or the code of its error.
    fn opens(&self, variables: &[(&str, &str)], arguments: &[&str]) -> String {
        let opener = Command::new(env!("CARGO_BIN_EXE_context-opener"));
        let output = self.start(opener, variables, arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!error.contains("s3cret") && !error.contains("panicked"), "{error}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// Works in the account that the context leads to.
    #[track_caller]
    fn succeeds(&self, context: &str) {
        for arguments in [["bucket", "create", "b"], ["bucket", "rm", "b"]] {
            let output = self.run(&[], &[&["--context", context], &arguments[..]].concat());
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{context} {arguments:?}: {error}");
        }
    }

    #[track_caller]
    fn is_denied(&self, variables: &[(&str, &str)], context: &str) {
        let output = self.run(variables, &["--context", context, "bucket", "ls"]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(DENIED), "{context} {variables:?}: {error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}

fn server(config: &str) -> Server {
    Server::with_config(
        ServerKind::Newest,
        &format!("jetstream {{ store_dir: \"$DIR/js\", domain: hub }}\n{config}"),
    )
}

#[test]
fn a_user_with_a_password() {
    let server = server("authorization { user: ann, password: s3cret }");
    let home = Home::new();
    home.add("ann", &server, json!({ "user": "ann", "password": "s3cret" }));
    home.add("nobody", &server, json!({}));
    home.succeeds("ann");
    home.is_denied(&[], "nobody");
    home.is_denied(&[("NATS_PASSWORD", "wrong")], "ann");
    home.is_denied(&[("NATS_TOKEN", "wrong")], "ann");
    // The store is elsewhere, and the rest is the context's.
    let output = home.run(&[("JETBLOB_STORE", server.url())], &["--context", "ann", "bucket", "ls"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_token() {
    let server = server("authorization { token: s3cret }");
    let home = Home::new();
    home.add("token", &server, json!({ "token": "s3cret" }));
    home.succeeds("token");
    home.is_denied(&[("NATS_TOKEN", "wrong")], "token");
}

#[test]
fn an_nkey() {
    let (user, other) = (KeyPair::new_user(), KeyPair::new_user());
    let server = server(&format!("authorization {{ users = [ {{ nkey: {} }} ] }}", user.public_key()));
    let home = Home::new();
    home.write("user.nk", &user.seed().unwrap());
    home.write("other.nk", &other.seed().unwrap());
    home.add("user", &server, json!({ "nkey": "~/user.nk" }));
    home.succeeds("user");
    home.is_denied(&[("NATS_NKEY", "other.nk")], "user");
}

#[test]
fn a_jwt_with_its_seed() {
    let (operator, account, user) = (KeyPair::new_operator(), KeyPair::new_account(), KeyPair::new_user());
    let mut limits = json!({
        "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1,
        "leaf": -1,
    });
    let operator_jwt = jwt(&operator, &operator, json!({ "type": "operator" }));
    let system = KeyPair::new_account();
    let system_jwt = jwt(&operator, &system, json!({ "type": "account", "limits": limits }));
    for jetstream in ["mem_storage", "disk_storage", "streams", "consumer"] {
        limits[jetstream] = json!(-1);
    }
    let account_jwt = jwt(&operator, &account, json!({ "type": "account", "limits": limits }));
    let user_jwt = jwt(&account, &user, json!({ "type": "user", "subs": -1, "data": -1, "payload": -1 }));
    let (system, account) = (system.public_key(), account.public_key());
    let server = server(&format!(
        "operator: {operator_jwt}\nsystem_account: {system}\nresolver: MEMORY\n\
         resolver_preload {{ {system}: {system_jwt}, {account}: {account_jwt} }}",
    ));
    let home = Home::new();
    let seed = user.seed().unwrap();
    home.add("inside", &server, json!({ "user_jwt": user_jwt, "user_seed": seed }));
    home.add("file", &server, json!({ "creds": "~/user.creds" }));
    home.add(
        "other",
        &server,
        json!({ "user_jwt": user_jwt, "user_seed": KeyPair::new_user().seed().unwrap() }),
    );
    let block =
        |what: &str, text: &str| format!("-----BEGIN {what}-----\n{text}\n------END {what}------\n\n");
    home.write("user.creds", &(block("NATS USER JWT", &user_jwt) + &block("USER NKEY SEED", &seed)));
    home.succeeds("inside");
    home.succeeds("file");
    home.is_denied(&[], "other");
}

/// What `issuer` says of `subject`, signed.
fn jwt(issuer: &KeyPair, subject: &KeyPair, mut nats: Value) -> String {
    nats["version"] = 2.into();
    let claims = json!({
        "jti": "none", "iat": 1, "name": "test", "iss": issuer.public_key(), "sub": subject.public_key(), "nats": nats,
    });
    let part = |value: Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let text = format!("{}.{}", part(json!({ "typ": "JWT", "alg": "ed25519-nkey" })), part(claims));
    let signature = BASE64URL_NOPAD.encode(&issuer.sign(text.as_bytes()).unwrap());
    format!("{text}.{signature}")
}

#[test]
fn a_domain_and_a_prefix_for_replies() {
    let server = server(
        "authorization { users = [ { user: ann, password: s3cret, permissions: { publish: \">\", subscribe: \"_INBOX.ann.>\" } } ] }",
    );
    let home = Home::new();
    let fields = |domain: &str, prefix: &str| {
        json!({
            "user": "ann", "password": "s3cret", "jetstream_domain": domain, "inbox_prefix": prefix,
        })
    };
    home.add("ann", &server, fields("hub", "_INBOX.ann"));
    home.add("shared", &server, fields("hub", ""));
    home.add("elsewhere", &server, fields("leaf", "_INBOX.ann"));
    home.succeeds("ann");
    home.is_denied(&[], "shared");
    let output = home.run(&[], &["--context", "elsewhere", "bucket", "create", "b"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("in domain \"leaf\""), "{error}");
}

#[test]
fn the_library_opens_what_the_command_does() {
    let server = server("authorization { user: ann, password: s3cret }");
    let (home, url) = (Home::new(), server.url());
    home.add("ann", &server, json!({ "user": "ann", "password": "s3cret" }));
    home.add("nobody", &server, json!({}));
    fs::write(home.0.path().join(".config/nats/context/broken.json"), "{s3cret").unwrap();
    for variables in [&[("NATS_CONTEXT", "ann")][..], &[("JETBLOB_STORE", "store")], &[]] {
        let bucket = if let [(_, value)] = variables { value } else { "home" };
        assert!(home.run(variables, &["bucket", "create", bucket]).status.success());
        assert_eq!(home.opens(variables, &["-"]), *bucket);
    }
    assert!(home.0.path().join(".local/share/jetblob").is_dir());

    let password = [("NATS_USER", "ann"), ("NATS_PASSWORD", "s3cret")];
    let with = |variable| [&password[..], &[variable]].concat();
    for (variables, arguments, outcome) in [
        // A context's own server, whatever else is said.
        (&[][..], &["ann"][..], "ann"),
        (&[("JETBLOB_STORE", "store"), ("NATS_CONTEXT", "broken")], &["ann"], "ann"),
        // Variables for a context that says less, and in the place of what it says.
        (&[], &["nobody"], "unauthenticated"),
        (&password, &["nobody"], "ann"),
        (&[("NATS_PASSWORD", "wrong")], &["ann"], "unauthenticated"),
        // Options in the place of both.
        (&[], &["ann", "wrong"], "unauthenticated"),
        (&password, &["nobody", "wrong"], "unauthenticated"),
        // No name at all.
        (&with(("NATS_URL", url)), &["-"], "ann"),
        (&with(("JETBLOB_STORE", url)), &["-"], "ann"),
        (&with(("JETBLOB_STORE", url)), &["-", "wrong"], "unauthenticated"),
        (&[("JETBLOB_STORE", url), ("NATS_CONTEXT", "ann")], &["-"], "ann"),
        (&[("JETBLOB_STORE", url)], &["-"], "unauthenticated"),
        (&[("JETBLOB_STORE", "store"), ("NATS_CONTEXT", "ann")], &["-"], "store"),
        // What can't be followed.
        (&[], &["none"], "invalid_argument"),
        (&[("NATS_CONTEXT", "broken")], &["-"], "invalid_argument"),
        (&[("NATS_CREDS", "none")], &["ann"], "io"),
    ] {
        assert_eq!(home.opens(variables, arguments), outcome, "{variables:?} {arguments:?}");
    }
    home.write(".config/nats/context.txt", "ann");
    assert_eq!(home.opens(&[], &["-"]), "ann");
}
