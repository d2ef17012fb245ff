//! `mv`.

use crate::sandbox::{Sandbox, noise};

#[test]
fn an_object_gets_another_name_and_keeps_everything_else() {
    let sandbox = Sandbox::with_bucket();
    let bytes = noise(1_000_000);
    sandbox.feed(&["put", "-d", "mine", "-m", "k=v", "-H", "A:1", "-", "b/a"], &bytes).succeeded();
    let before = sandbox.info("a");
    assert_eq!(sandbox.run(&["mv", "b/a", "b/c/d"]).succeeded().text(), "b/c/d (976.6 KiB)\n");
    sandbox.run(&["cat", "b/a"]).failed(4, "deleted");
    assert!(sandbox.run(&["cat", "b/c/d"]).succeeded().stdout == bytes);
    let after = sandbox.info("c/d");
    for key in ["description", "metadata", "headers", "size", "sha256", "nuid"] {
        assert_eq!(before[key], after[key], "{key}");
    }
    let moved = sandbox.run(&["mv", "--json", "b/c/d", "b/e"]).succeeded().json();
    assert_eq!((&moved["name"], &moved["revision"]), (&"e".into(), &sandbox.info("e")["revision"]));
    assert_eq!(sandbox.run(&["mv", "-q", "b/e", "b/f"]).succeeded().text(), "");
}

#[test]
fn the_last_part_of_the_name_stays_where_the_target_leaves_it_open() {
    let sandbox = Sandbox::with_bucket();
    sandbox.put("x/n", b"x");
    for (source, target, name) in
        [("b/x/n", "b/y/z/", "y/z/n"), ("b/y/z/n", "b", "n"), ("b/n", "b/q/", "q/n"), ("b/q/n", "b/", "n")]
    {
        let text = sandbox.run(&["mv", source, target]).succeeded().text();
        assert_eq!(text, format!("b/{name} (1 B)\n"));
    }
    sandbox.put("folder/", b"x");
    sandbox.run(&["mv", "b/folder/", "b/other/"]).failed(2, "give b/NAME");
    sandbox.run(&["mv", "b/folder/", "b/file"]).succeeded();
}

#[test]
fn a_name_that_is_taken_is_not_replaced_but_a_deleted_one_is() {
    let sandbox = Sandbox::with_bucket();
    sandbox.put("a", b"a");
    sandbox.put("b", b"b");
    sandbox.run(&["mv", "b/a", "b/b"]).failed(6, "object \"b\" already exists");
    assert_eq!(sandbox.run(&["cat", "b/b"]).succeeded().text(), "b");
    sandbox.run(&["rm", "b/b"]).succeeded();
    sandbox.run(&["mv", "b/a", "b/b"]).succeeded();
    assert_eq!(sandbox.run(&["cat", "b/b"]).succeeded().text(), "a");
    let revision = sandbox.info("b")["revision"].clone();
    sandbox.run(&["mv", "b/b", "b/b"]).succeeded();
    assert_eq!(sandbox.info("b")["revision"], revision);
    sandbox.run(&["mv", "b/none", "b/x"]).failed(4, "object \"none\" not found");
    sandbox.run(&["mv", "none/n", "none/x"]).failed(3, "bucket \"none\" not found");
}

#[test]
fn another_bucket_or_server_is_refused_with_the_way_to_go() {
    let sandbox = Sandbox::with_bucket();
    sandbox.run(&["bucket", "create", "c"]).succeeded();
    sandbox.put("n", b"x");
    for (source, target) in
        [("b/n", "c/n"), ("b/n", "c"), ("b/n", "nats://u:s3cret@h/b/x"), ("nats://u:s3cret@h/b/n", "b/x")]
    {
        let outcome = sandbox.run(&["mv", source, target]).failed(2, "jetblob put FILE TARGET");
        assert!(!outcome.stderr.contains("s3cret"), "{}", outcome.stderr);
    }
    sandbox.run(&["mv", "b/n"]).failed(2, "TARGET");
    sandbox.run(&["mv", "b", "b/x"]).failed(2, "no object name");
    assert_eq!(sandbox.run(&["cat", "b/n"]).succeeded().text(), "x");
}
