//! `watch`.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Lines, Read};
use std::process::{Child, ChildStdout, Command};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::sandbox::{Sandbox, files_below};

/// A watch under way. It ends with the test at the latest.
struct Watching {
    child: Child,
    lines: Option<Lines<BufReader<ChildStdout>>>,
}

impl Watching {
    fn begin(sandbox: &Sandbox, arguments: &[&str]) -> Self {
        let mut child = sandbox.command(&[&["watch"], arguments].concat()).spawn().unwrap();
        let lines = child.stdout.take().map(|stdout| BufReader::new(stdout).lines());
        Self { child, lines }
    }

    /// The next line. It comes when it comes.
    #[track_caller]
    fn next(&mut self) -> String {
        self.lines.as_mut().unwrap().next().expect("the watch goes on").unwrap()
    }

    #[track_caller]
    fn next_json(&mut self) -> Value {
        serde_json::from_str(&self.next()).unwrap()
    }

    #[track_caller]
    fn is_caught_up(&mut self) {
        assert_eq!(self.next_json(), json!({ "caught_up": true }));
    }

    fn kill(&self, signal: &str) {
        let killed = Command::new("kill").args([format!("-{signal}"), self.child.id().to_string()]).status();
        assert!(killed.unwrap().success());
    }

    /// How it ended, and what it said.
    fn end(mut self) -> (i32, String) {
        let mut stderr = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        (self.child.wait().unwrap().code().expect("no signal ended it"), stderr)
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_tells_what_is_there_and_then_each_change_at_once() {
    let sandbox = Sandbox::with_bucket();
    sandbox.put("a", b"xy");
    let mut watching = Watching::begin(&sandbox, &["--json", "b"]);
    assert_eq!(watching.next_json(), sandbox.info("a"));
    watching.is_caught_up();
    sandbox.put("c", b"new");
    assert_eq!(watching.next_json(), sandbox.info("c"));
    sandbox.run(&["link", "b/c", "b/l"]).succeeded();
    assert_eq!(watching.next_json()["link"], json!({ "bucket": "b", "name": "c" }));
    sandbox.run(&["rm", "b/a"]).succeeded();
    let marker = watching.next_json();
    assert_eq!((&marker["name"], &marker["deleted"]), (&json!("a"), &json!(true)));
    watching.kill("INT");
    assert_eq!(watching.end(), (130, String::new()));
}

#[test]
fn people_get_a_line_for_each_change() {
    let sandbox = Sandbox::with_bucket();
    let mut watching = Watching::begin(&sandbox, &["b"]);
    sandbox.put("a\n\u{1b}[31m", &[0; 2048]);
    sandbox.run(&["mv", "b/a\n\u{1b}[31m", "b/c"]).succeeded();
    sandbox.run(&["link", "b/c", "b/l"]).succeeded();
    let mut seen = Vec::new();
    while seen.last().is_none_or(|last: &String| !last.ends_with("l -> b/c")) {
        let line = watching.next();
        assert!(!line.contains('\u{1b}'), "{line:?}");
        seen.push(line.split_once("Z  ").unwrap().1.trim_start().to_owned());
    }
    // A name that changes twice before it is told may be told once.
    seen.retain(|line| !line.starts_with("1 "));
    assert_eq!(
        seen,
        [
            "2  put        2.0 KiB  c",
            "3  delete              a\\u{a}\\u{1b}[31m",
            "4  link                l -> b/c"
        ]
    );
    watching.kill("TERM");
    assert_eq!(watching.end(), (143, String::new()));
}

#[test]
fn it_can_end_where_it_has_caught_up_and_go_on_there() {
    let sandbox = Sandbox::with_bucket();
    for name in ["2025/a", "2026/a", "2026/b", "2026/c"] {
        sandbox.put(name, b"x");
    }
    sandbox.run(&["rm", "b/2026/c"]).succeeded();
    let names = |arguments: &[&str]| -> Vec<String> {
        let watch = [&["watch", "--json", "--until-caught-up"], arguments].concat();
        let mut lines = sandbox.run(&watch).succeeded().json_lines();
        assert_eq!(lines.pop(), Some(json!({ "caught_up": true })));
        lines.iter().map(|info| info["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&["b"]), ["2025/a", "2026/a", "2026/b", "2026/c"]);
    assert_eq!(names(&["--history", "b"]), ["2025/a", "2026/a", "2026/b", "2026/c"]);
    assert_eq!(names(&["b/2026/"]), ["2026/a", "2026/b", "2026/c"]);
    assert_eq!(names(&["b/2026/", "--ignore-deletes"]), ["2026/a", "2026/b"]);
    let seen = sandbox.info("2026/a")["revision"].to_string();
    assert_eq!(names(&["b", "--after", &seen]), ["2026/b", "2026/c"]);
    let shown = sandbox.run(&["watch", "--until-caught-up", "b/none"]).succeeded().text();
    assert_eq!(shown, "");
}

#[test]
fn updates_only_tell_nothing_of_what_is_there() {
    let sandbox = Sandbox::with_bucket();
    sandbox.put("a", b"x");
    let mut watching = Watching::begin(&sandbox, &["--json", "--updates-only", "b"]);
    // Nothing tells when it has begun: so it is written until it is seen.
    std::thread::scope(|scope| {
        let first = scope.spawn(|| watching.next_json());
        while !first.is_finished() {
            sandbox.put("c", b"x");
        }
        assert_eq!(first.join().unwrap()["name"], "c");
    });
}

#[test]
fn a_record_that_makes_no_sense_is_told_and_the_others_are_shown() {
    let sandbox = Sandbox::with_bucket();
    for name in ["a", "bad", "c"] {
        sandbox.put(name, b"x");
    }
    let mut files = files_below(&sandbox.store());
    files.retain(|file| file.ends_with("meta.db"));
    let database = Connection::open(&files[0]).unwrap();
    let forged = r#"{"name":"bad","nuid":"x","size":"ten"}"#;
    assert_eq!(database.execute("UPDATE obj SET info = ? WHERE name = 'bad'", [forged]).unwrap(), 1);

    let outcome = sandbox.run(&["watch", "--json", "--until-caught-up", "b"]).failed(1, "bad_meta");
    let names: Vec<_> = outcome.json_lines().iter().map(|info| info["name"].clone()).collect();
    assert_eq!(names, [json!("a"), json!("c"), json!(null)]);
    assert_eq!(outcome.stderr.lines().count(), 1);
    let outcome = sandbox.run(&["ls", "--json", "b"]).failed(1, "bad_meta");
    assert_eq!(outcome.json_lines().len(), 2);
}

#[test]
fn a_reader_that_went_away_ends_it_and_one_that_sleeps_keeps_no_signal_away() {
    let sandbox = Sandbox::with_bucket();
    let mut watching = Watching::begin(&sandbox, &["--json", "b"]);
    watching.is_caught_up();
    watching.lines = None;
    sandbox.put("a", b"x");
    assert_eq!(watching.end(), (141, String::new()));

    // More than a pipe holds.
    let long = "x".repeat(100_000);
    sandbox.feed(&["put", "-d", &long, "-", "b/a"], b"x").succeeded();
    let mut child = sandbox.command(&["watch", "--json", "b"]).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 10]).unwrap();
    let asleep = Watching { child, lines: None };
    asleep.kill("TERM");
    assert_eq!(asleep.end(), (143, String::new()));
    drop(stdout);
}

#[test]
fn what_cannot_be_watched_is_refused() {
    let sandbox = Sandbox::with_bucket();
    sandbox.run(&["watch", "none"]).failed(3, "bucket \"none\" not found");
    for arguments in [
        &["watch"][..],
        &["watch", "b", "--updates-only", "--history"],
        &["watch", "b", "--updates-only", "--after", "1"],
        &["watch", "b", "--updates-only", "--until-caught-up"],
        &["watch", "b", "--after", "-1"],
    ] {
        let outcome = sandbox.run(arguments).failed(2, "");
        assert!(!outcome.stderr.is_empty() && outcome.stdout.is_empty(), "{arguments:?}");
    }
}
