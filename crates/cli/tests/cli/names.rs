//! Names of every kind: those that work, and those that must not.

use crate::sandbox::Sandbox;

const NAMES: [&str; 10] = [
    "with spaces and 'quotes\"",
    "a/b//c",
    "/leading",
    "日本/ε.txt",
    "line\nbreak\ttab",
    "back\\slash",
    "*.>",
    "..",
    "-dash",
    "nats://host/x",
];

#[test]
fn every_name_works_in_every_command() {
    let sandbox = Sandbox::with_bucket();
    let longest = "x".repeat(1024);
    for name in NAMES.into_iter().chain([longest.as_str()]) {
        let path = format!("b/{name}");
        sandbox.put(name, name.as_bytes());
        assert_eq!(sandbox.run(&["cat", &path]).succeeded().text(), name);
        assert_eq!(sandbox.info(name)["name"], name);
        let listed = sandbox.run(&["ls", "--json", &path]).succeeded().json_lines();
        assert!(listed.iter().any(|info| info["name"] == name), "{listed:?}");
        sandbox.run(&["get", &path, "out"]).succeeded();
        assert_eq!(sandbox.read("out"), name.as_bytes());
        sandbox.run(&["rm", &path]).succeeded();
        sandbox.run(&["cat", &path]).failed(4, "is deleted");
    }
}

#[test]
fn files_with_odd_names_are_put_under_them() {
    let sandbox = Sandbox::with_bucket();
    for name in ["-dash", "--json", "with space", "日本"] {
        sandbox.write(name, b"x");
        sandbox.run(&["put", "--", name, "b"]).succeeded();
        assert_eq!(sandbox.info(name)["size"], 1);
    }
    sandbox.write("-", b"a file");
    sandbox.run(&["put", "./-", "b"]).succeeded();
    assert_eq!(sandbox.run(&["cat", "b/-"]).succeeded().text(), "a file");
}

#[test]
fn invalid_names_are_usage_errors_that_say_why() {
    let sandbox = Sandbox::with_bucket();
    sandbox.write("f", b"x");
    let too_long = format!("b/{}", "x".repeat(1025));
    sandbox.run(&["put", "f", &too_long]).failed(2, "at most 1024 bytes, this one has 1025");
    sandbox.run(&["cat", &too_long]).failed(2, "at most 1024 bytes");
    sandbox.run(&["put", "f", ""]).failed(2, "must begin with a bucket");
    sandbox.run(&["put", "f", "/n"]).failed(2, "must begin with a bucket");
    sandbox.run(&["put", "f", "b.c/n"]).failed(2, "only letters, digits");
    sandbox.run(&["put", "f", "file:/tmp/b/n"]).failed(2, "--store");
    sandbox.run(&["bucket", "create", "b.c"]).failed(2, "only letters, digits");
    sandbox.run(&["bucket", "create", "b/c"]).failed(2, "the bucket alone is b");
    sandbox.run(&["put", "-", "b"]).failed(2, "standard input has no name; give b/NAME");
    sandbox.run(&["put", "-", "b/"]).failed(2, "standard input has no name; give b/NAME");
    for command in ["get", "cat", "info", "rm"] {
        sandbox.run(&[command, "b/"]).failed(2, "no object name");
    }
}

#[test]
fn an_object_never_leaves_the_current_directory_by_its_name() {
    let sandbox = Sandbox::with_bucket();
    for name in ["..", ".", "a/..", "a/.", "folder/"] {
        sandbox.put(name, b"x");
        sandbox.run(&["get", &format!("b/{name}")]).failed(2, "give FILE");
        sandbox.run(&["get", &format!("b/{name}"), "."]).failed(2, "give FILE");
    }
    sandbox.put("../../escape", b"x");
    sandbox.run(&["get", "b/../../escape"]).succeeded();
    assert_eq!(sandbox.files(), ["escape"]);
}
