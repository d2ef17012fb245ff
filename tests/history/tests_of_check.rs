//! The checker says no to what can't be, and yes to what can.

use crate::check::{Done, check};
use crate::event::{Call, Outcome};

fn put(digest: &str, start: u128, end: u128) -> Done {
    let call = Call::Put { name: "a".into(), digest: digest.into(), over: None };
    Done { call, start, end, outcome: Outcome::Done { digest: Some(digest.into()) } }
}

fn read(digest: Option<&str>, start: u128, end: u128) -> Done {
    let outcome = Outcome::Done { digest: digest.map(Into::into) };
    Done { call: Call::Read { name: "a".into() }, start, end, outcome }
}

fn with(done: Done, outcome: Outcome) -> Done {
    Done { outcome, ..done }
}

fn delete(start: u128, end: u128) -> Done {
    Done { call: Call::Delete { name: "a".into() }, start, end, outcome: Outcome::Done { digest: None } }
}

fn rename(from: &str, to: &str, start: u128, end: u128) -> Done {
    let call = Call::Rename { from: from.into(), to: to.into() };
    Done { call, start, end, outcome: Outcome::Done { digest: Some("x".into()) } }
}

fn failed() -> Outcome {
    Outcome::Failed { code: "timeout".into() }
}

#[test]
fn what_can_be() {
    let unknown = || with(put("x", 20, 30), Outcome::Unknown);
    for history in [
        vec![read(None, 5, 6)],
        vec![put("x", 10, 20), read(Some("x"), 30, 40)],
        vec![put("x", 10, 40), read(None, 20, 30)],
        vec![put("x", 10, 40), read(Some("x"), 20, 30)],
        vec![put("x", 10, 20), put("y", 15, 40), read(Some("x"), 50, 60)],
        vec![put("w", 1, 2), unknown(), read(Some("w"), 40, 50), read(Some("x"), 60, 70)],
        vec![put("x", 10, 20), delete(30, 40), read(None, 50, 60)],
        vec![with(put("x", 10, 20), failed()), read(None, 30, 40)],
        vec![
            put("x", 10, 20),
            read(Some("x"), 21, 22),
            rename("a", "b", 30, 40),
            rename("b", "a", 50, 60),
            read(Some("x"), 70, 80),
        ],
    ] {
        assert_eq!(check(&history, true), Ok(()), "{history:?}");
    }
}

#[test]
fn what_can_not_be() {
    let rename = Call::Rename { from: "a".into(), to: "b".into() };
    let rename =
        Done { call: rename, start: 30, end: 40, outcome: Outcome::Done { digest: Some("x".into()) } };
    let over = |digest: &str| {
        let call = Call::Put { name: "a".into(), digest: digest.into(), over: Some(7) };
        Done { call, ..put(digest, 30, 40) }
    };
    for (what, history) in [
        ("bytes that nobody put", vec![put("x", 10, 20), read(Some("y"), 30, 40)]),
        ("an acknowledged put is lost", vec![put("x", 10, 20), read(None, 30, 40)]),
        ("what was replaced comes back", vec![put("x", 10, 20), put("y", 30, 40), read(Some("x"), 50, 60)]),
        ("what was deleted comes back", vec![put("x", 10, 20), delete(30, 40), read(Some("x"), 50, 60)]),
        ("what was renamed is still there", vec![put("x", 10, 20), rename, read(Some("x"), 50, 60)]),
        ("a put that failed took effect", vec![with(put("x", 10, 20), failed()), read(Some("x"), 30, 40)]),
        ("a read before the put began", vec![put("x", 30, 40), read(Some("x"), 10, 20)]),
        (
            "what was read is gone again",
            vec![
                put("w", 1, 2),
                with(put("x", 10, 20), Outcome::Unknown),
                read(Some("x"), 30, 40),
                read(Some("w"), 50, 60),
            ],
        ),
        ("two put over one revision", vec![over("x"), over("y")]),
        ("half an object", vec![with(read(None, 10, 20), Outcome::Broken { error: "data_missing".into() })]),
    ] {
        assert!(check(&history, true).is_err(), "{what}");
    }
}

#[test]
fn a_rename_of_several_steps_that_fails_is_seen_for_an_instant() {
    let source = |digest: &str| {
        let call = Call::Put { name: "b".into(), digest: digest.into(), over: None };
        Done { call, ..put(digest, 1, 2) }
    };
    let renamed = with(rename("b", "a", 10, 20), failed());
    let history = |digest, start| vec![source(digest), renamed.clone(), read(Some("x"), start, 25)];
    assert_eq!(check(&history("x", 15), false), Ok(()));
    for (what, history, renames_at_once) in [
        ("it is in one step", history("x", 15), true),
        ("it has failed already", history("x", 21), false),
        ("other bytes were there", history("y", 15), false),
    ] {
        assert!(check(&history, renames_at_once).is_err(), "{what}");
    }
}
