//! `JETBLOB_LOG`.

use serde_json::Value;

use crate::sandbox::{Outcome, Sandbox};

/// Runs a command that logs.
fn logged(sandbox: &Sandbox, filter: &str, arguments: &[&str]) -> Outcome {
    Outcome::of(sandbox.command(arguments).env("JETBLOB_LOG", filter).output().unwrap())
}

#[test]
fn each_operation_is_a_line_on_stderr_for_who_asks() {
    let sandbox = Sandbox::with_bucket();
    sandbox.write("f", b"12345");
    let quiet = sandbox.run(&["put", "f", "b"]);
    assert!(!quiet.stderr.contains("jetblob.put"), "{}", quiet.stderr);
    let told = logged(&sandbox, "info", &["put", "f", "b/secret"]);
    let line = told.stderr.lines().find(|line| line.contains("jetblob.put{")).expect("a line for the put");
    assert!(line.contains(r#"bucket="b""#) && line.contains("size=5"), "{line}");
    assert!(line.contains(r#"outcome="ok""#) && !line.contains("secret"), "{line}");
    let cat = logged(&sandbox, "info,jetblob::names=trace", &["cat", "b/secret"]);
    assert_eq!(cat.stdout, b"12345", "the log is not in the way");
    assert!(cat.stderr.contains(r#"object="secret""#), "{}", cat.stderr);
}

#[test]
fn with_json_each_line_of_stderr_is_an_object() {
    let sandbox = Sandbox::with_bucket();
    let failed = logged(&sandbox, "info", &["--json", "cat", "b/none"]);
    assert_eq!(failed.code, 4);
    let lines: Vec<Value> = failed.stderr.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let get = lines.iter().find(|line| line["span"]["name"] == "jetblob.get").expect("a line for the get");
    assert_eq!(get["span"]["error"], "not_found");
    assert_eq!(lines.last().unwrap()["error"]["code"], "not_found");
}

#[test]
fn what_is_no_filter_is_said() {
    let sandbox = Sandbox::with_bucket();
    logged(&sandbox, "jetblob=loud", &["ls", "b"]).failed(2, "JETBLOB_LOG");
    logged(&sandbox, "", &["ls", "b"]).succeeded();
}
