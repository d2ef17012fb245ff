//! What goes in comes out, by whichever way.

use std::fs;

use serde_json::json;

use crate::sandbox::{Sandbox, noise};

/// Around the edges of chunks of 128 KiB, and of many of them.
const SIZES: [usize; 7] = [0, 1, 131_071, 131_072, 131_073, 262_144, 5_000_000];

#[test]
fn files_come_back_byte_for_byte() {
    let sandbox = Sandbox::with_bucket();
    for size in SIZES {
        let bytes = noise(size);
        sandbox.write("in", &bytes);
        sandbox.run(&["put", "in", "b/object"]).succeeded();
        sandbox.run(&["get", "b/object", "out"]).succeeded();
        assert!(sandbox.read("out") == bytes, "{size}");
        assert_eq!(sandbox.info("object")["size"], size);
    }
    assert_eq!(sandbox.files(), ["in", "out"]);
}

#[test]
fn standard_input_and_output_carry_the_same_bytes() {
    let sandbox = Sandbox::with_bucket();
    for size in SIZES {
        let bytes = noise(size);
        sandbox.put("object", &bytes);
        assert!(sandbox.run(&["cat", "b/object"]).succeeded().stdout == bytes, "{size}");
        assert!(sandbox.run(&["get", "b/object", "-"]).succeeded().stdout == bytes, "{size}");
    }
}

#[test]
fn a_chunk_size_that_does_not_divide_anything_is_fine() {
    let sandbox = Sandbox::with_bucket();
    let bytes = noise(1_000_000);
    for (chunk_size, chunks) in [("1000", 1000), ("300000", 4), ("1MiB", 1)] {
        sandbox.feed(&["put", "--chunk-size", chunk_size, "-", "b/object"], &bytes).succeeded();
        assert_eq!(sandbox.info("object")["chunks"], chunks);
        assert!(sandbox.run(&["cat", "b/object"]).succeeded().stdout == bytes, "{chunk_size}");
    }
}

#[test]
fn info_tells_what_put_was_told() {
    let sandbox = Sandbox::with_bucket();
    let put = [
        "put",
        "--json",
        "-d",
        "a cat",
        "-H",
        "A:1",
        "-H",
        "A: 2",
        "-m",
        "k=v=w",
        "--chunk-size",
        "2KiB",
        "-",
        "b/n",
    ];
    let put = sandbox.feed(&put, b"hello\n").succeeded().json();
    let info = sandbox.info("n");
    assert_eq!(info["bucket"], "b");
    assert_eq!(info["name"], "n");
    assert_eq!(info["description"], "a cat");
    assert_eq!(info["headers"], json!({ "A": ["1", "2"] }));
    assert_eq!(info["metadata"], json!({ "k": "v=w" }));
    assert_eq!((&info["size"], &info["chunks"], &info["chunk_size"]), (&json!(6), &json!(1), &json!(2048)));
    assert_eq!(info["sha256"], "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03");
    assert_eq!(info["digest"], "SHA-256=WJG1tSLV3whtD_CxEPvZ0hu0_HFjrzTQgoai6Eb2vgM=");
    assert_eq!((&info["deleted"], &info["link"]), (&json!(false), &json!(null)));
    assert!(info["mtime"].as_str().unwrap().ends_with('Z'), "{info}");
    assert_eq!((&put["nuid"], &put["revision"]), (&info["nuid"], &info["revision"]));

    let shown = sandbox.run(&["info", "b/n"]).succeeded().text();
    for line in
        ["name         n\n", "size         6 B (6 bytes)\n", "header       A: 2\n", "metadata     k=v=w\n"]
    {
        assert!(shown.contains(line), "{shown}");
    }
}

#[test]
fn put_and_get_take_names_from_each_other() {
    let sandbox = Sandbox::with_bucket();
    sandbox.write("f.txt", b"x");
    assert_eq!(sandbox.run(&["put", "f.txt", "b"]).succeeded().text(), "b/f.txt (1 B)\n");
    assert_eq!(sandbox.run(&["put", "f.txt", "b/"]).succeeded().text(), "b/f.txt (1 B)\n");
    assert_eq!(sandbox.run(&["put", "./f.txt", "b/a/c/"]).succeeded().text(), "b/a/c/f.txt (1 B)\n");
    assert_eq!(sandbox.run(&["-q", "put", "f.txt", "b/other"]).succeeded().text(), "");

    fs::remove_file(sandbox.work().join("f.txt")).unwrap();
    assert_eq!(sandbox.run(&["get", "b/a/c/f.txt"]).succeeded().text(), "f.txt (1 B)\n");
    fs::create_dir(sandbox.work().join("dir")).unwrap();
    sandbox.run(&["get", "b/a/c/f.txt", "dir/"]).succeeded();
    sandbox.run(&["get", "b/other", "dir"]).succeeded();
    assert_eq!((sandbox.read("f.txt"), sandbox.read("dir/f.txt"), sandbox.read("dir/other")), {
        let x = b"x".to_vec();
        (x.clone(), x.clone(), x)
    });
}

#[test]
fn get_replaces_a_file_but_writes_to_a_device() {
    let sandbox = Sandbox::with_bucket();
    sandbox.put("n", b"new");
    sandbox.write("n", b"something old and longer");
    sandbox.run(&["get", "b/n"]).succeeded();
    assert_eq!(sandbox.read("n"), b"new");

    if cfg!(unix) {
        sandbox.run(&["get", "b/n", "/dev/null"]).succeeded();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}

#[test]
fn a_store_is_found_by_option_environment_and_default() {
    let sandbox = Sandbox::with_bucket();
    sandbox.put("n", b"x");
    let url = format!("file://{}", sandbox.store().display());
    let mut other = sandbox.command(&["--store", &url, "cat", "b/n"]);
    assert_eq!(other.env("JETBLOB_STORE", "/nowhere").output().unwrap().stdout, b"x");

    let mut default = sandbox.command(&["bucket", "create", "home"]);
    assert!(default.env_remove("JETBLOB_STORE").status().unwrap().success());
    let directory = sandbox.work().parent().unwrap().join(".local/share/jetblob");
    assert!(directory.is_dir());
    let directory = directory.to_str().unwrap();
    assert_eq!(sandbox.run(&["bucket", "ls", "--store", directory]).succeeded().text(), "0 B  home\n");
}

#[test]
fn a_purge_removes_what_a_removal_left() {
    let sandbox = Sandbox::with_bucket();
    sandbox.put("n", b"x");
    sandbox.run(&["rm", "b/n"]).succeeded();
    sandbox.run(&["rm", "--purge", "b/n"]).succeeded();
    let marker = sandbox.run(&["info", "--json", "--deleted", "b/n"]).succeeded().json();
    assert!(marker["expires"].is_string(), "{marker}");
    sandbox.put("m", b"x");
    sandbox.run(&["rm", "--purge", "b/m"]).succeeded();
    sandbox.run(&["get", "b/m"]).failed(4, "is deleted");
    sandbox.run(&["rm", "--purge", "b/none"]).failed(4, "not found");
}
