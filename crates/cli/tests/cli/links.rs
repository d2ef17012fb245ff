//! `link`, and what other commands make of links.

use serde_json::json;

use crate::sandbox::Sandbox;

/// The buckets `b`, with the object `a`, and `c`.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_bucket();
    sandbox.run(&["bucket", "create", "c"]).succeeded();
    sandbox.put("a", b"bytes");
    sandbox
}

#[test]
fn who_reads_a_link_reads_its_target() {
    let sandbox = sandbox();
    assert_eq!(sandbox.run(&["link", "b/a", "b/l"]).succeeded().text(), "b/l -> b/a\n");
    assert_eq!(sandbox.run(&["link", "b/a", "c/"]).succeeded().text(), "c/a -> b/a\n");
    assert_eq!(sandbox.run(&["link", "-q", "b/a", "c/x/"]).succeeded().text(), "");
    for link in ["b/l", "c/a", "c/x/a"] {
        assert_eq!(sandbox.run(&["cat", link]).succeeded().text(), "bytes", "{link}");
    }
    let shown = sandbox.run(&["info", "b/l"]).succeeded().text();
    assert!(shown.contains("link to   b/a\n"), "{shown}");
    assert!(sandbox.run(&["ls", "b/l"]).succeeded().text().ends_with("  l -> b/a\n"));
    assert_eq!(sandbox.run(&["mv", "b/l", "b/m"]).succeeded().text(), "b/m -> b/a\n");
    sandbox.run(&["rm", "b/m"]).succeeded();
    assert_eq!(sandbox.run(&["cat", "b/a"]).succeeded().text(), "bytes");
}

#[test]
fn a_link_is_described_as_an_object_is() {
    let sandbox = sandbox();
    let made = ["link", "--json", "b/a", "b/l", "-d", "here", "-H", "A:1", "-H", "A:2", "-m", "k=v"];
    let made = sandbox.run(&made).succeeded().json();
    let info = sandbox.info("l");
    assert_eq!(info["link"], json!({ "bucket": "b", "name": "a" }));
    assert_eq!((&info["description"], &info["metadata"]), (&json!("here"), &json!({ "k": "v" })));
    assert_eq!(info["headers"], json!({ "A": ["1", "2"] }));
    assert_eq!(info["revision"], made["revision"]);
}

#[test]
fn a_whole_bucket_can_be_linked_to() {
    let sandbox = sandbox();
    assert_eq!(sandbox.run(&["link", "b", "c/l"]).succeeded().text(), "c/l -> b\n");
    assert_eq!(sandbox.run(&["link", "b/", "c"]).succeeded().text(), "c/b -> b\n");
    let info = sandbox.run(&["info", "--json", "c/l"]).succeeded().json();
    assert_eq!(info["link"], json!({ "bucket": "b", "name": null }));
    sandbox.run(&["cat", "c/l"]).failed(1, "is a link to the bucket \"b\"");
}

#[test]
fn what_can_be_no_target_is_refused() {
    let sandbox = sandbox();
    sandbox.run(&["link", "b/a", "b/l"]).succeeded();
    sandbox.run(&["link", "b/l", "b/m"]).failed(2, "link to its target");
    sandbox.run(&["link", "b/none", "b/m"]).failed(4, "object \"none\" not found");
    sandbox.run(&["link", "none", "b/m"]).failed(3, "bucket \"none\" not found");
    sandbox.run(&["link", "b/a", "none/m"]).failed(3, "bucket \"none\" not found");
    sandbox.run(&["link", "b/a", "b/a"]).failed(1, "to itself");
    sandbox.run(&["link", "b/a", "nats://127.0.0.1:1/b/m"]).failed(2, "one store");
    sandbox.run(&["rm", "b/a"]).succeeded();
    sandbox.run(&["link", "b/a", "b/m"]).failed(4, "deleted");
    sandbox.run(&["cat", "b/l"]).failed(4, "deleted");
}

#[test]
fn a_link_replaces_a_link_but_no_object() {
    let sandbox = sandbox();
    sandbox.put("other", b"other");
    sandbox.run(&["link", "b/a", "b/l"]).succeeded();
    sandbox.run(&["link", "b/other", "b/l"]).succeeded();
    assert_eq!(sandbox.run(&["cat", "b/l"]).succeeded().text(), "other");
    sandbox.run(&["link", "b/a", "b/other"]).failed(6, "already exists");
}
