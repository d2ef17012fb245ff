//! What a handle committed, so that no read through it is older.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::engine::StoredRecord;

/// The revisions that a handle committed, so that no read through it is older. Replicas may lag.
#[derive(Debug, Default)]
pub(super) struct Committed(Mutex<Names>);

#[derive(Debug, Default)]
struct Names {
    revisions: HashMap<String, u64>,
    /// Names were forgotten: what isn't in `revisions` may have been committed as well.
    forgot: bool,
}

/// How many names are remembered. Beyond it reads go to the leader.
const REMEMBERED: usize = 16 * 1024;

impl Committed {
    pub(super) fn note(&self, name: &str, revision: u64) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if names.revisions.len() >= REMEMBERED && !names.revisions.contains_key(name) {
            names.revisions.clear();
            names.forgot = true;
        }
        let newest = names.revisions.entry(name.to_owned()).or_default();
        *newest = revision.max(*newest);
    }

    /// Whether nothing was committed.
    pub(super) fn is_empty(&self) -> bool {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.revisions.is_empty() && !names.forgot
    }

    /// Whether a replica's answer is not older than what was committed.
    pub(super) fn allows(&self, name: &str, answer: Option<&StoredRecord>) -> bool {
        let names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match names.revisions.get(name) {
            Some(&revision) => answer.is_some_and(|record| record.revision >= revision),
            None => !names.forgot,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use bytes::Bytes;

    use super::*;
    use crate::protocol::key::RecordKey;

    fn at(revision: u64) -> StoredRecord {
        StoredRecord::new(RecordKey::of(""), Bytes::from_static(b"{}"), revision, SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn a_lagging_replica_is_not_believed() {
        let committed = Committed::default();
        assert!(committed.allows("a", None) && committed.is_empty());
        committed.note("a", 7);
        assert!(!committed.allows("a", None) && !committed.is_empty());
        assert!(!committed.allows("a", Some(&at(6))));
        assert!(committed.allows("a", Some(&at(7))));
        for other in 0..REMEMBERED {
            committed.note(&other.to_string(), 8);
        }
        assert!(!committed.allows("a", Some(&at(6))), "forgotten names are asked from the leader");
    }
}
