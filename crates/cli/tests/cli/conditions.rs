//! Writes that take effect only over what the caller knows of; and objects that go by themselves.

use std::time::{Duration, Instant};

use crate::sandbox::Sandbox;

#[test]
fn if_absent_takes_a_free_name_alone() {
    let sandbox = Sandbox::with_bucket();
    let put = |bytes: &[u8]| sandbox.feed(&["put", "--if-absent", "-", "b/n"], bytes);
    put(b"first").succeeded();
    put(b"second").failed(6, "object \"n\" in bucket \"b\" exists");
    assert_eq!(sandbox.run(&["cat", "b/n"]).succeeded().text(), "first");
    sandbox.run(&["link", "--if-absent", "b/n", "b/l"]).succeeded();
    sandbox.run(&["link", "--if-absent", "b/n", "b/l"]).failed(6, "exists");
    sandbox.run(&["rm", "b/n"]).succeeded();
    put(b"third").succeeded();
}

#[test]
fn if_revision_writes_over_what_was_seen_alone() {
    let sandbox = Sandbox::with_bucket();
    sandbox.put("n", b"1");
    let seen = sandbox.info("n")["revision"].to_string();
    sandbox.feed(&["put", "--if-revision", &seen, "-", "b/n"], b"2").succeeded();
    for arguments in [&["put", "-", "b/n"][..], &["rm", "b/n"], &["mv", "b/n", "b/m"], &["mv", "b/n", "b/n"]]
    {
        let arguments = [arguments, &["--if-revision", &seen]].concat();
        sandbox.run(&arguments).failed(6, &format!("is not at revision {seen}"));
    }
    assert_eq!(sandbox.run(&["cat", "b/n"]).succeeded().text(), "2");

    let now = sandbox.info("n")["revision"].to_string();
    sandbox.run(&["mv", "--if-revision", &now, "b/n", "b/m"]).succeeded();
    let moved = sandbox.info("m")["revision"].to_string();
    sandbox.run(&["link", "b/m", "b/l"]).succeeded();
    let link = sandbox.info("l")["revision"].to_string();
    sandbox.run(&["link", "--if-revision", &moved, "b/m", "b/l"]).failed(6, "is not at revision");
    sandbox.run(&["link", "--if-revision", &link, "b/m", "b/l"]).succeeded();
    sandbox.run(&["rm", "--if-revision", &moved, "b/m"]).succeeded();
    sandbox.run(&["cat", "b/m"]).failed(4, "deleted");
}

#[test]
fn conditions_that_cannot_be_are_usage_errors() {
    let sandbox = Sandbox::with_bucket();
    sandbox.put("a", b"x");
    sandbox.put("b", b"x");
    for arguments in [
        &["put", "-", "b/n", "--if-absent", "--if-revision", "1"][..],
        &["link", "b/a", "b/l", "--if-absent", "--if-revision", "1"],
        &["put", "-", "b/n", "--if-revision", "-1"],
        &["put", "-", "b/n", "--if-revision", "x"],
        &["mv", "b/a", "b/c", "--if-absent"],
        &["rm", "b/a", "b/b", "--if-revision", "1"],
        &["put", "-", "b/n", "--expires", "0s"],
        &["put", "-", "b/n", "--expires", "soon"],
    ] {
        let outcome = sandbox.run(arguments).failed(2, "");
        assert!(!outcome.stderr.is_empty() && outcome.stdout.is_empty(), "{arguments:?}");
    }
    assert_eq!(sandbox.run(&["ls", "--json", "b"]).succeeded().json_lines().len(), 2);
}

#[test]
fn an_object_that_expires_goes_by_itself() {
    let sandbox = Sandbox::with_bucket();
    sandbox.feed(&["put", "--expires", "1h", "-", "b/stays"], b"x").succeeded();
    let info = sandbox.info("stays");
    assert!(info["expires"].as_str() > info["mtime"].as_str(), "{info}");
    let shown = sandbox.run(&["info", "b/stays"]).succeeded().text();
    assert!(shown.contains("\nexpires     2"), "{shown}");
    sandbox.put("stays", b"for ever");
    assert!(sandbox.info("stays")["expires"].is_null());
    sandbox.feed(&["put", "--expires", "99999999999years", "-", "b/stays"], b"x").succeeded();
    sandbox.info("stays");

    sandbox.feed(&["put", "--expires", "1s", "-", "b/goes"], b"x").succeeded();
    let begun = Instant::now();
    while sandbox.run(&["cat", "b/goes"]).code == 0 {
        assert!(begun.elapsed() < Duration::from_secs(20));
    }
    sandbox.run(&["cat", "b/goes"]).failed(4, "not found");
}
