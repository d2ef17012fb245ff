//! `bucket create`, `edit`, `ls`, `info`, `seal` and `rm`.

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
    assert_eq!((&info["records"], &info["plain"]), (&json!(0), &json!(false)));
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

#[test]
fn records_are_objects_links_and_markers() {
    let sandbox = Sandbox::with_bucket();
    sandbox.put("a", b"x");
    sandbox.put("c", b"x");
    sandbox.run(&["link", "b/a", "b/l"]).succeeded();
    sandbox.run(&["rm", "b/c"]).succeeded();
    assert_eq!(sandbox.run(&["bucket", "info", "b", "--json"]).succeeded().json()["records"], 3);
    let shown = sandbox.run(&["bucket", "info", "b"]).succeeded().text();
    assert!(shown.contains("records        3\n"), "{shown}");
}

#[test]
fn an_edit_changes_what_is_given_and_nothing_else() {
    let sandbox = Sandbox::new();
    let create = ["bucket", "create", "b", "-d", "mine", "--ttl", "1h", "-m", "a=1", "-m", "c=2", "--json"];
    let mut expected = sandbox.run(&create).succeeded().json();
    sandbox.put("n", b"x");
    let mut edit = |arguments: &[&str], changed: &[(&str, serde_json::Value)]| {
        let edited =
            sandbox.run(&[&["bucket", "edit", "b", "--json"], arguments].concat()).succeeded().json();
        for (key, value) in changed {
            expected[key] = value.clone();
        }
        expected["size"] = edited["size"].clone();
        expected["records"] = json!(1);
        assert_eq!(edited, expected, "{arguments:?}");
    };
    edit(&["--max-bytes", "1GiB"], &[("max_bytes", json!(1 << 30))]);
    edit(&["-d", "", "--ttl", "none"], &[("description", json!("")), ("ttl", json!(null))]);
    edit(&["--max-bytes", "none", "--ttl", "2h"], &[("max_bytes", json!(null)), ("ttl", json!(7200.0))]);
    edit(
        &["-m", "a=3", "-m", "d=4", "--remove-metadata", "c"],
        &[("metadata", json!({ "a": "3", "d": "4" }))],
    );
    edit(&["--replicas", "1", "--plain", "false"], &[]);
    assert_eq!(sandbox.run(&["bucket", "edit", "b", "-d", "yours"]).succeeded().text(), "");
    assert_eq!(sandbox.run(&["cat", "b/n"]).succeeded().text(), "x");
}

#[test]
fn an_edit_that_cannot_be_changes_nothing() {
    let sandbox = Sandbox::with_bucket();
    let before = sandbox.run(&["bucket", "info", "b", "--json"]).succeeded().json();
    sandbox.run(&["bucket", "edit", "none", "-d", "x"]).failed(3, "bucket \"none\" not found");
    sandbox.run(&["bucket", "edit", "b"]).failed(2, "nothing is to be changed");
    sandbox.run(&["bucket", "edit", "b", "-d", "x", "--replicas", "3"]).failed(2, "one replica");
    sandbox.run(&["bucket", "edit", "b", "-d", "x", "--tag", "ssd"]).failed(2, "invalid configuration");
    for option in ["--ttl=soon", "--ttl=0s", "--max-bytes=many", "--max-bytes=0", "--plain=maybe", "-mx"] {
        sandbox.run(&["bucket", "edit", "b", option]).failed(2, "");
    }
    assert_eq!(sandbox.run(&["bucket", "info", "b", "--json"]).succeeded().json(), before);
}

#[test]
fn a_sealed_bucket_can_be_read_and_removed() {
    let sandbox = Sandbox::with_bucket();
    sandbox.put("n", b"x");
    assert_eq!(sandbox.run(&["bucket", "seal", "b", "--json"]).succeeded().json()["sealed"], true);
    assert_eq!(sandbox.run(&["bucket", "seal", "b"]).succeeded().text(), "");
    for arguments in [
        &["put", "-", "b/n"][..],
        &["rm", "b/n"],
        &["mv", "b/n", "b/m"],
        &["link", "b/n", "b/l"],
        &["bucket", "edit", "b", "-d", "x"],
    ] {
        sandbox.run(arguments).failed(6, "bucket \"b\" is sealed");
    }
    assert_eq!(sandbox.run(&["cat", "b/n"]).succeeded().text(), "x");
    sandbox.run(&["bucket", "rm", "--force", "b"]).succeeded();
    sandbox.run(&["bucket", "seal", "b"]).failed(3, "bucket \"b\" not found");
}
