//! The named faults: what other clients are known to do otherwise. See `README.md`.

use serde::Deserialize;

use crate::client::JETBLOB;
use crate::play::{End, Pair, Role};

/// A known fault of a client.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    pub(crate) client: String,
    pub(crate) role: FaultyRole,
    /// The scenarios that show it.
    pub(crate) scenarios: Vec<String>,
    /// With whom on the other side it shows; jetblob if it doesn't say.
    #[serde(default = "with_jetblob")]
    pub(crate) with: Vec<String>,
    /// What the client does.
    pub(crate) what: String,
    /// The issue, or the place in the client's source.
    pub(crate) source: String,
}

/// What the client does when its fault shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FaultyRole {
    Writes,
    Reads,
}

fn with_jetblob() -> Vec<String> {
    vec![JETBLOB.to_owned()]
}

/// All of them, in the order of `faults.json`.
pub(crate) fn faults() -> Vec<Fault> {
    serde_json::from_str(include_str!("faults.json")).expect("a list of faults")
}

impl Fault {
    /// Whether it explains how a pair ended. Between two others any fault of either explains it.
    pub(crate) fn explains(&self, pair: &Pair<'_>) -> bool {
        let End::Failed(role, _) = pair.end else { return false };
        let (faulty, other) = match self.role {
            FaultyRole::Writes => (pair.writer, pair.reader),
            FaultyRole::Reads if role == Role::Reader => (pair.reader, pair.writer),
            FaultyRole::Reads => return false,
        };
        let with = other != JETBLOB || self.with.iter().any(|with| with == JETBLOB);
        self.client == faulty && with && self.scenarios.iter().any(|scenario| scenario == pair.scenario)
    }

    /// The pairs that it must show in, and doesn't.
    pub(crate) fn disappeared<'p>(&self, pairs: &'p [Pair<'p>]) -> Vec<&'p Pair<'p>> {
        let told = |pair: &&Pair<'_>| {
            let (faulty, other) = match self.role {
                FaultyRole::Writes => (pair.writer, pair.reader),
                FaultyRole::Reads => (pair.reader, pair.writer),
            };
            self.client == faulty
                && self.with.iter().any(|with| with == other)
                && self.scenarios.iter().any(|scenario| scenario == pair.scenario)
                && !self.explains(pair)
        };
        pairs.iter().filter(told).collect()
    }
}
