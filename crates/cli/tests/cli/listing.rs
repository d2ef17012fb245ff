//! `ls` and `rm`.

use crate::sandbox::Sandbox;

#[test]
fn a_table_is_sorted_and_each_name_is_on_a_line_of_its_own() {
    let sandbox = Sandbox::with_bucket();
    assert_eq!(sandbox.run(&["ls", "b"]).succeeded().text(), "");
    sandbox.put("b.txt", &[0; 2048]);
    sandbox.put("a\n\u{1b}[31m\u{202e}\\", b"x");
    sandbox.put("日本", b"");
    let table = sandbox.run(&["ls", "b"]).succeeded().text();
    let columns = |line: &str| (line[..9].trim().to_owned(), line.rsplit("Z  ").next().unwrap().to_owned());
    let rows: Vec<_> = table.lines().map(columns).collect();
    let row = |size: &str, name: &str| (size.to_owned(), name.to_owned());
    assert_eq!(
        rows,
        [row("1 B", "a\\u{a}\\u{1b}[31m\\u{202e}\\\\"), row("2.0 KiB", "b.txt"), row("0 B", "日本")]
    );
    assert!(sandbox.run(&["ls", "--bytes", "b/b"]).succeeded().text().starts_with("2048  "));
}

#[test]
fn a_prefix_and_deleted_objects() {
    let sandbox = Sandbox::with_bucket();
    for name in ["2025/a", "2026/a", "2026/b"] {
        sandbox.put(name, b"x");
    }
    sandbox.run(&["rm", "b/2026/b"]).succeeded();
    let names = |arguments: &[&str]| -> Vec<String> {
        let lines = sandbox.run(arguments).succeeded().json_lines();
        lines.iter().map(|info| info["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&["ls", "--json", "b/2026/"]), ["2026/a"]);
    assert_eq!(names(&["ls", "--json", "--deleted", "b/2026/"]), ["2026/a", "2026/b"]);
    assert!(sandbox.run(&["ls", "--deleted", "b/2026/b"]).succeeded().text().starts_with("deleted  "));

    sandbox.run(&["info", "b/2026/b"]).failed(4, "is deleted");
    let marker = sandbox.run(&["info", "--deleted", "--json", "b/2026/b"]).succeeded().json();
    assert_eq!((&marker["deleted"], &marker["size"]), (&true.into(), &0.into()));
}

#[test]
fn removing_several_goes_on_after_one_that_is_not_there() {
    let sandbox = Sandbox::with_bucket();
    sandbox.put("a", b"x");
    sandbox.put("c", b"x");
    let outcome = sandbox.run(&["rm", "--json", "b/a", "b/none", "other/x", "b/c"]).failed(1, "not_found");
    let removed: Vec<_> = outcome.json_lines().iter().map(|line| line["name"].clone()).collect();
    assert_eq!(removed, ["a", "c"]);
    assert_eq!(outcome.stderr.lines().count(), 2);
    assert_eq!(sandbox.run(&["ls", "b"]).succeeded().text(), "");
    sandbox.run(&["rm", "b/a"]).succeeded();
}
