//! What `acl` prints. `tests/acl` shows on a server that it is enough, and no more.

use serde_json::Value;

use crate::sandbox::Sandbox;

#[test]
fn a_reader_publishes_to_no_subject_of_the_bucket() {
    let text = Sandbox::new().run(&["acl", "--bucket", "b", "--role", "reader"]).succeeded().text();
    assert!(
        text.starts_with("permissions: {\n  publish: {\n    allow: [\n      \"$JS.API.STREAM.INFO.OBJ_b\"\n"),
        "{text}"
    );
    assert!(text.ends_with("  subscribe: {\n    allow: [\n      \"_INBOX.>\"\n    ]\n  }\n}\n"), "{text}");
    assert!(!text.contains("$O.b"), "{text}");
}

#[test]
fn the_three_forms_hold_the_same_subjects() {
    let sandbox = Sandbox::new();
    let arguments = [
        "acl",
        "--bucket",
        "b",
        "--bucket",
        "c",
        "--role",
        "writer",
        "--domain",
        "hub",
        "--inbox-prefix",
        "_R.ann",
    ];
    let config = sandbox.run(&arguments).succeeded().text();
    let json = sandbox.run(&[&arguments[..], &["--json"]].concat()).succeeded().json();
    let nsc = sandbox.run(&[&arguments[..], &["--nsc", "o'hara"]].concat()).succeeded().text();
    assert!(nsc.starts_with(r"nsc edit user --name 'o'\''hara'"), "{nsc}");
    let mut subjects = 0;
    for (what, option) in [("publish", "--allow-pub"), ("subscribe", "--allow-sub")] {
        for subject in json["permissions"][what]["allow"].as_array().unwrap() {
            let subject = subject.as_str().unwrap();
            assert!(config.contains(&format!("\"{subject}\"\n")), "{subject}");
            assert!(nsc.contains(&format!("{option} '{subject}'")), "{subject}");
            subjects += 1;
        }
    }
    assert_eq!(config.matches("      \"").count(), subjects);
    let publish = json["permissions"]["publish"]["allow"].as_array().unwrap();
    for subject in ["$O.b.M.>", "$O.c.C.>", "$JS.hub.API.STREAM.INFO.OBJ_c"] {
        assert!(publish.contains(&Value::from(subject)), "{subject}");
    }
    assert_eq!(json["permissions"]["subscribe"]["allow"], serde_json::json!(["_R.ann.>"]));
}

#[test]
fn what_can_not_be_is_usage() {
    let sandbox = Sandbox::new();
    sandbox.run(&["acl", "--role", "reader"]).failed(2, "--bucket");
    sandbox.run(&["acl", "--bucket", "a.b", "--role", "reader"]).failed(2, "a.b");
    sandbox.run(&["acl", "--bucket", "b", "--role", "owner"]).failed(2, "admin");
    sandbox.run(&["acl", "--bucket", "b", "--role", "reader", "--domain", "a >"]).failed(2, "domain");
}
