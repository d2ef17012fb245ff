//! What must stand under a name for a write to take effect.

use clap::Args;
use jetblob::{Condition, WriteOptions};

/// The condition of a write that makes something, or replaces it.
#[derive(Debug, Args)]
pub(crate) struct Onto {
    /// Only if nothing has the name; else the exit code is 6.
    #[arg(long, conflicts_with = "if_revision")]
    if_absent: bool,
    #[command(flatten)]
    over: Over,
}

/// The condition of a write that needs something under the name.
#[derive(Debug, Args)]
pub(crate) struct Over {
    /// Only if this revision has the name, as `info` shows it; else the exit code is 6.
    #[arg(long, value_name = "REVISION")]
    if_revision: Option<u64>,
}

impl Onto {
    pub(super) fn condition(&self) -> Condition {
        if self.if_absent { Condition::IfAbsent } else { self.over.condition() }
    }

    pub(super) fn options(&self) -> WriteOptions {
        options(self.condition())
    }
}

impl Over {
    pub(super) fn is_given(&self) -> bool {
        self.if_revision.is_some()
    }

    fn condition(&self) -> Condition {
        self.if_revision.map_or(Condition::Always, Condition::IfRevision)
    }

    pub(super) fn options(&self) -> WriteOptions {
        options(self.condition())
    }
}

fn options(condition: Condition) -> WriteOptions {
    let mut options = WriteOptions::default();
    options.condition = condition;
    options
}
