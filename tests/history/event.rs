//! What a worker tells of its calls, a line of JSON each: when one begins, and how it ends.

use serde::{Deserialize, Serialize};

/// A call, as it begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Call {
    Put { name: String, digest: String, over: Option<u64> },
    Delete { name: String },
    Rename { from: String, to: String },
    Read { name: String },
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Outcome {
    /// It took effect. For a read and a rename: the digest of what it read or moved; `None` where nothing was there.
    Done { digest: Option<String> },
    /// It had no effect.
    Failed { code: String },
    /// Whether it had an effect, or will, isn't known.
    Unknown,
    /// What was read is not what any object may be.
    Broken { error: String },
}

/// A line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Event {
    /// The call's number in its worker.
    pub(crate) number: u64,
    /// Nanoseconds, by a clock that all workers share.
    pub(crate) at: u128,
    pub(crate) what: What,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum What {
    Begin(Call),
    End(Outcome),
}
