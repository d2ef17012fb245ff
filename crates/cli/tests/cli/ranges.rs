//! `get` and `cat` with `--range`.

use crate::sandbox::{Sandbox, noise};

#[test]
fn a_range_is_the_bytes_that_http_would_give() {
    let sandbox = Sandbox::with_bucket();
    let bytes = noise(500_000);
    sandbox.put("n", &bytes);
    for (range, expected) in [
        ("0-99", 0..100),
        ("131071-131072", 131_071..131_073),
        ("499999-499999", 499_999..500_000),
        ("100-", 100..500_000),
        ("-100", 499_900..500_000),
        ("-600000", 0..500_000),
        ("400000-99999999999", 400_000..500_000),
        ("500000-", 500_000..500_000),
    ] {
        let expected = &bytes[expected];
        assert!(sandbox.run(&["cat", "b/n", "--range", range]).succeeded().stdout == expected, "{range}");
        let joined = format!("--range={range}");
        assert!(sandbox.run(&["get", &joined, "b/n", "-"]).succeeded().stdout == expected, "{range}");
        sandbox.run(&["get", "b/n", "out", &joined]).succeeded();
        assert!(sandbox.read("out") == expected, "{range}");
    }
    assert_eq!(sandbox.run(&["get", "b/n", "--range", "-7"]).succeeded().text(), "n (7 B)\n");
    sandbox.run(&["link", "b/n", "b/l"]).succeeded();
    assert!(sandbox.run(&["cat", "b/l", "--range", "7-9"]).succeeded().stdout == bytes[7..10]);
}

#[test]
fn what_is_no_range_is_refused_and_leaves_the_file_alone() {
    let sandbox = Sandbox::with_bucket();
    sandbox.put("n", b"bytes");
    sandbox.write("out", b"old");
    for (range, message) in [
        ("5-4", "it ends at 4, before it begins at 5"),
        ("a-b", "FIRST-LAST"),
        ("-", "FIRST-LAST"),
        ("7", "FIRST-LAST"),
        ("", "FIRST-LAST"),
        ("6-", "it begins at 6, but there are 5 bytes"),
        ("6-7", "it begins at 6, but there are 5 bytes"),
    ] {
        let joined = format!("--range={range}");
        sandbox.run(&["get", "b/n", "out", &joined]).failed(2, message);
        let outcome = sandbox.run(&["cat", "b/n", "--range", range]).failed(2, message);
        assert!(outcome.stdout.is_empty(), "{range}");
    }
    assert_eq!((sandbox.files(), sandbox.read("out")), (vec!["out".to_owned()], b"old".to_vec()));
}
