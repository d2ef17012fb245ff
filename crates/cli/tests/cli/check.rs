//! `check` and `gc`.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};

use serde_json::{Value, json};

use crate::sandbox::{Sandbox, files_below, noise};

const SIZE: usize = 300_000;

fn sandbox_with_objects() -> Sandbox {
    let sandbox = Sandbox::with_bucket();
    sandbox.put("n\u{1b}", &noise(SIZE));
    sandbox.put("small", b"x");
    sandbox
}

fn damage(sandbox: &Sandbox) {
    let mut files = files_below(&sandbox.store()).into_iter();
    let blob = files.find(|path| fs::metadata(path).unwrap().len() == SIZE as u64).unwrap();
    let mut file = File::options().write(true).open(blob).unwrap();
    file.seek(SeekFrom::Start(7)).unwrap();
    file.write_all(b"!").unwrap();
}

#[test]
fn a_bucket_that_is_well_is_0_and_says_what_was_examined() {
    let sandbox = sandbox_with_objects();
    let text = sandbox.run(&["check", "b"]).succeeded().text();
    assert_eq!(text, "objects   2 (293.0 KiB)\nfindings  0\n");
    assert_eq!(sandbox.run(&["check", "--quiet", "--read-data", "b"]).succeeded().text(), "");
    assert_eq!(sandbox.run(&["check", "--config", "b"]).succeeded().text(), "findings  0\n");
    let report = sandbox.run(&["check", "--json", "--read-data", "b"]).succeeded().json();
    assert_eq!(
        report,
        json!({ "report": {
        "objects": 2, "bytes": SIZE + 1, "links": 0, "deleted": 0, "expired": 0, "blobs": 2, "under_way": 0,
        "read_objects": 2, "read_bytes": SIZE + 1, "undigested": 0, "findings": 0,
    } })
    );
}

#[test]
fn findings_are_1_and_a_line_each() {
    let sandbox = sandbox_with_objects();
    sandbox.run(&["link", "b/small", "b/l"]).succeeded();
    sandbox.run(&["rm", "b/small"]).succeeded();
    damage(&sandbox);
    let outcome = sandbox.run(&["check", "--json", "--read-data", "b"]).failed(1, "");
    assert_eq!(outcome.stderr, "");
    let lines = outcome.json_lines();
    let of = |kind: &str| lines.iter().find(|line| line["finding"] == kind).cloned().unwrap_or(Value::Null);
    let damaged = of("digest_mismatch");
    assert_eq!((&damaged["name"], &damaged["size"]), (&json!("n\u{1b}"), &json!(SIZE)));
    let keys: Vec<&str> = damaged.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["age", "finding", "found", "name", "nuid", "reason", "size"]);
    assert_eq!(of("dangling_link")["name"], "l");
    assert_eq!((lines.len(), &lines[2]["report"]["findings"]), (3, &json!(2)));

    let text = sandbox.run(&["check", "--quiet", "b"]).failed(1, "").text();
    assert!(text.starts_with("dangling_link  l: ") && text.lines().count() == 1, "{text}");
    let text = sandbox.run(&["check", "--read-data", "b"]).failed(1, "").text();
    assert!(text.contains("digest_mismatch  n\\u{1b}: "), "{text}");
    assert!(text.ends_with("findings  2\n") || text.ends_with("findings    2\n"), "{text}");
}

#[test]
fn a_bucket_is_compared_with_a_directory_and_with_another_bucket() {
    let sandbox = sandbox_with_objects();
    sandbox.run(&["link", "b/small", "b/l"]).succeeded();
    let directory = sandbox.work().join("copy");
    fs::create_dir_all(directory.join("deep/er")).unwrap();
    sandbox.put("deep/er/a", b"same");
    fs::write(directory.join("deep/er/a"), "same").unwrap();
    fs::write(directory.join("small"), "x").unwrap();
    fs::write(directory.join("n\u{1b}"), noise(SIZE)).unwrap();
    let text = sandbox.run(&["check", "--against", "./copy", "b"]).succeeded().text();
    assert!(text.ends_with("compared  3\nfindings  0\n"), "{text}");

    fs::write(directory.join("small"), "y").unwrap();
    fs::write(directory.join("deep/er/a"), "longer").unwrap();
    fs::write(directory.join("deep/b"), "").unwrap();
    fs::remove_file(directory.join("n\u{1b}")).unwrap();
    let lines = sandbox.run(&["check", "--json", "--against", "./copy", "b"]).failed(1, "").json_lines();
    let told: Vec<_> = lines.iter().map(|line| (&line["finding"], &line["name"])).collect();
    assert_eq!(
        told[..4],
        [
            (&json!("missing"), &json!("deep/b")),
            (&json!("differs"), &json!("deep/er/a")),
            (&json!("extra"), &json!("n\u{1b}")),
            (&json!("differs"), &json!("small")),
        ]
    );
    assert_eq!((&lines[4]["report"]["findings"], &lines[4]["report"]["compared"]), (&json!(4), &json!(4)));

    sandbox.run(&["bucket", "create", "c"]).succeeded();
    let text = sandbox.run(&["check", "--against", "c", "b"]).failed(1, "").text();
    assert!(text.starts_with("extra  deep/er/a: only the bucket has it\n"), "{text}");
    sandbox.run(&["check", "--against", "b", "b"]).succeeded();
    sandbox.run(&["check", "--against", "none", "b"]).failed(3, "none");
    sandbox.run(&["check", "--against", "./none", "b"]).failed(1, "none");
}

#[test]
fn parts_are_read_and_together_they_are_all() {
    let sandbox = sandbox_with_objects();
    damage(&sandbox);
    let codes: i32 = ["1/3", "2/3", "3/3"]
        .map(|part| sandbox.run(&["check", "--read-data-subset", part, "--seed", "7", "b"]).code)
        .iter()
        .sum();
    assert_eq!(codes, 1, "one of them finds it");
    sandbox.run(&["check", "--read-data-subset", "1G", "b"]).failed(1, "");
    for subset in ["4/3", "0%", "x"] {
        sandbox.run(&["check", "--read-data-subset", subset, "b"]).failed(2, "--read-data-subset");
    }
    sandbox.run(&["check", "--config", "--read-data", "b"]).failed(2, "cannot be used with");
}

#[test]
fn no_bucket_is_3() {
    let sandbox = Sandbox::with_bucket();
    for command in ["check", "gc"] {
        sandbox.run(&[command, "none"]).failed(3, "not found");
        sandbox.run(&[command, "b/n"]).failed(2, "the bucket alone is b");
        sandbox.run(&[command, "--grace", "soon", "b"]).failed(2, "--grace");
    }
}

#[test]
fn gc_says_what_it_removed() {
    let sandbox = sandbox_with_objects();
    assert_eq!(sandbox.run(&["gc", "b"]).succeeded().text(), "0 removed: 0 B\n");
    assert_eq!(sandbox.run(&["gc", "--dry-run", "b"]).succeeded().text(), "0 would be removed: 0 B\n");
    assert_eq!(sandbox.run(&["gc", "--quiet", "--grace", "0s", "b"]).succeeded().text(), "");
    let report = sandbox.run(&["gc", "--json", "--grace", "0s", "b"]).succeeded().json();
    let expected = json!({ "blobs": 2, "young": 0, "orphans": 0, "bytes": 0, "left": 0, "dry_run": false });
    assert_eq!(report, json!({ "report": expected }));
    sandbox.run(&["bucket", "seal", "b"]).succeeded();
    sandbox.run(&["gc", "b"]).failed(6, "is sealed");
    sandbox.run(&["check", "--read-data", "b"]).succeeded();
}
