//! Whether a history can be: each read must have read what some write may have left at that time.

use std::collections::HashMap;

use crate::event::{Call, Outcome};

/// How many calls before what can't be are told with it.
const CALLS_TOLD: usize = 40;

/// A call with its times. One that never ended, as its worker was killed, has no outcome that is known.
#[derive(Debug, Clone)]
pub(crate) struct Done {
    pub(crate) call: Call,
    pub(crate) start: u128,
    pub(crate) end: u128,
    pub(crate) outcome: Outcome,
}

/// What a write leaves under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Left {
    Nothing,
    Bytes(String),
    /// What was under another name: it isn't known what.
    Anything,
}

/// One write of one name.
#[derive(Debug)]
struct Write {
    left: Left,
    start: u128,
    /// When it had taken effect at the latest; never, where that isn't known.
    end: Option<u128>,
}

/// Says what can't be, if anything can't, in a bucket that renames in one step, or doesn't.
pub(crate) fn check(history: &[Done], renames_at_once: bool) -> Result<(), String> {
    let mut writes = writes(history);
    let reads: Vec<_> = history.iter().filter_map(read).collect();
    for done in history {
        if let Outcome::Broken { error } = &done.outcome {
            return Err(format!("{done:?}: {error}"));
        }
    }
    // Who reads what only one write left knows that it has taken effect. A rename may bring the same bytes back.
    for (name, digest, done) in &reads {
        let of_it = |write: &&mut Write| matches!((&write.left, digest), (Left::Bytes(left), Some(digest)) if left == *digest);
        let mut left: Vec<_> = writes.get_mut(*name).into_iter().flatten().filter(of_it).collect();
        if let [write] = &mut left[..] {
            write.end = Some(write.end.map_or(done.end, |end| end.min(done.end)));
        }
    }
    for (name, digest, done) in &reads {
        let writes = writes.get(*name).map_or(&[][..], Vec::as_slice);
        let can_be = writes.iter().any(|write| {
            let is_it = match (&write.left, digest) {
                (Left::Nothing, None) | (Left::Anything, Some(_)) => true,
                (Left::Bytes(left), Some(digest)) => left == *digest,
                _ => false,
            };
            let over = |other: &Write| {
                write.end.is_some_and(|end| other.start > end)
                    && other.end.is_some_and(|end| end < done.start)
            };
            is_it && write.start < done.end && !writes.iter().any(over)
        });
        if !can_be && (renames_at_once || !is_seen_in_vain(name, *digest, done, history)) {
            return Err(format!("{done:?} can't be beside\n{}", calls_around(done, name, history)));
        }
    }
    check_conditions(history)
}

/// What was called on a name before a read ended, in the order in which the calls began.
fn calls_around(read: &Done, name: &str, history: &[Done]) -> String {
    let is_of_name = |done: &&Done| match &done.call {
        Call::Put { name: of, .. } | Call::Delete { name: of } | Call::Read { name: of } => of == name,
        Call::Rename { from, to } => from == name || to == name,
    };
    let mut calls: Vec<_> = history.iter().filter(|done| done.start < read.end).filter(is_of_name).collect();
    calls.sort_by_key(|done| done.start);
    let latest = calls.len().saturating_sub(CALLS_TOLD);
    let lines: Vec<_> = calls[latest..].iter().map(|done| format!("{done:?}")).collect();
    lines.join("\n")
}

/// Whether a rename to this name was under way that failed: where it takes several steps, what was under the old name is seen
/// under the new one until it is taken back.
fn is_seen_in_vain(name: &str, digest: Option<&str>, read: &Done, history: &[Done]) -> bool {
    history.iter().any(|done| match (&done.call, &done.outcome) {
        (Call::Rename { from, to }, Outcome::Failed { .. }) => {
            let is_meanwhile = to == name && done.start < read.end && read.start < done.end;
            is_meanwhile && digest.is_some_and(|digest| may_have_been(from, digest, done.end, history))
        }
        _ => false,
    })
}

/// Whether something of this digest was put under a name, or something may have been renamed to it, before `end`.
fn may_have_been(name: &str, digest: &str, end: u128, history: &[Done]) -> bool {
    writes(history).get(name).into_iter().flatten().any(|write| {
        let is_it = write.left == Left::Anything || write.left == Left::Bytes(digest.to_owned());
        is_it && write.start < end
    })
}

/// The writes of each name that may have taken effect. Each name begins with nothing.
fn writes(history: &[Done]) -> HashMap<&str, Vec<Write>> {
    let mut writes: HashMap<&str, Vec<Write>> = HashMap::new();
    let mut add = |name, left, start, end| {
        let begin = || vec![Write { left: Left::Nothing, start: 0, end: Some(0) }];
        writes.entry(name).or_insert_with(begin).push(Write { left, start, end });
    };
    for done in history {
        let end = match done.outcome {
            Outcome::Done { .. } => Some(done.end),
            Outcome::Unknown => None,
            Outcome::Failed { .. } | Outcome::Broken { .. } => continue,
        };
        match &done.call {
            Call::Put { name, digest, .. } => add(name, Left::Bytes(digest.clone()), done.start, end),
            Call::Delete { name } => add(name, Left::Nothing, done.start, end),
            Call::Rename { from, to } => {
                let moved = match &done.outcome {
                    Outcome::Done { digest: Some(digest) } => Left::Bytes(digest.clone()),
                    _ => Left::Anything,
                };
                add(to, moved, done.start, end);
                add(from, Left::Nothing, done.start, end);
            }
            // So that the name is known.
            Call::Read { name } => add(name, Left::Nothing, 0, Some(0)),
        }
    }
    writes
}

/// A read that ended: the name, and what was there.
fn read(done: &Done) -> Option<(&str, Option<&str>, &Done)> {
    match (&done.call, &done.outcome) {
        (Call::Read { name }, Outcome::Done { digest }) => Some((name, digest.as_deref(), done)),
        _ => None,
    }
}

/// Over one revision only one write takes effect.
fn check_conditions(history: &[Done]) -> Result<(), String> {
    let mut winners: HashMap<(&str, u64), &Done> = HashMap::new();
    for done in history {
        if let (Call::Put { name, over: Some(revision), .. }, Outcome::Done { .. }) =
            (&done.call, &done.outcome)
            && let Some(other) = winners.insert((name, *revision), done)
        {
            return Err(format!("both over revision {revision}: {other:?} and {done:?}"));
        }
    }
    Ok(())
}
