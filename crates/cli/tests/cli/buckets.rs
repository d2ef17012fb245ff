//! `bucket create`, `ls`, `info` and `rm`.

use serde_json::json;

use crate::sandbox::Sandbox;

#[test]
fn info_tells_what_create_was_told() {
    let sandbox = Sandbox::new();
    let create = [
        "bucket",
        "create",
        "b",
        "-d",
        "mine",
        "--ttl",
        "1h 30m",
        "--max-bytes",
        "10MiB",
        "-m",
        "team=red",
        "--json",
    ];
    let created = sandbox.run(&create).succeeded().json();
    let info = sandbox.run(&["bucket", "info", "b", "--json"]).succeeded().json();
    assert_eq!(created, info);
    assert_eq!((&info["bucket"], &info["description"]), (&json!("b"), &json!("mine")));
    assert_eq!((&info["ttl"], &info["max_bytes"]), (&json!(5400.0), &json!(10_485_760)));
    assert_eq!(
        (&info["storage"], &info["replicas"], &info["placement"]),
        (&json!("file"), &json!(1), &json!(null))
    );
    assert_eq!((&info["sealed"], &info["compressed"]), (&json!(false), &json!(false)));
    assert_eq!((&info["backing_store"], &info["metadata"]), (&json!("local"), &json!({ "team": "red" })));

    let shown = sandbox.run(&["bucket", "info", "b"]).succeeded().text();
    for line in
        ["ttl            1h 30m\n", "max bytes      10.0 MiB (10485760 bytes)\n", "metadata       team=red\n"]
    {
        assert!(shown.contains(line), "{shown}");
    }
}

#[test]
fn buckets_are_listed_by_name() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(&["bucket", "ls"]).succeeded().text(), "");
    for bucket in ["z", "a", "m"] {
        sandbox.run(&["bucket", "create", bucket, "-d", "d\nd"]).succeeded();
    }
    assert_eq!(
        sandbox.run(&["ls"]).succeeded().text(),
        "0 B  a  d\\u{a}d\n0 B  m  d\\u{a}d\n0 B  z  d\\u{a}d\n"
    );
    let listed = sandbox.run(&["bucket", "ls", "--json"]).succeeded().json_lines();
    assert_eq!(listed.iter().map(|status| &status["bucket"]).collect::<Vec<_>>(), ["a", "m", "z"]);
}

#[test]
fn creating_again_is_fine_but_not_with_another_configuration() {
    let sandbox = Sandbox::with_bucket();
    sandbox.run(&["bucket", "create", "b"]).succeeded();
    sandbox.run(&["bucket", "create", "b", "--ttl", "1h"]).failed(6, "exists with another configuration");
}

#[test]
fn a_bucket_that_holds_objects_is_removed_only_by_force() {
    let sandbox = Sandbox::with_bucket();
    sandbox.put("n", b"x");
    sandbox.run(&["bucket", "rm", "b"]).failed(6, "--force");
    sandbox.run(&["bucket", "rm", "--force", "b"]).succeeded();
    sandbox.run(&["bucket", "rm", "--force", "b"]).failed(3, "bucket \"b\" not found");

    sandbox.run(&["bucket", "create", "b"]).succeeded();
    sandbox.put("n", b"x");
    sandbox.run(&["rm", "b/n"]).succeeded();
    sandbox.run(&["bucket", "rm", "b"]).succeeded();
}
