//! How much is asked for ahead of a reader.

/// How much smaller than the largest a request may be, in halvings.
const HALVINGS: u32 = 3;

/// The size of requests: small at first, larger when the reader had to wait, smaller when it had not. Who reads slowly, or
/// only the beginning of something large, is not sent much ahead.
#[derive(Debug)]
pub(super) struct Pace {
    halvings: u32,
    waited: bool,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self { halvings: HALVINGS, waited: false }
    }

    /// The reader waits for what was asked for.
    pub(super) fn wait(&mut self) {
        self.waited = true;
    }

    /// How many messages the next request asks for, of `most`.
    pub(super) fn next(&mut self, most: u64) -> u64 {
        self.halvings = if std::mem::take(&mut self.waited) {
            self.halvings.saturating_sub(1)
        } else {
            HALVINGS.min(self.halvings + 1)
        };
        (most >> self.halvings).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_grow_for_who_waits_and_shrink_for_who_does_not() {
        let mut pace = Pace::new();
        assert_eq!([pace.next(64), pace.next(64)], [8, 8]);
        let mut waiting = || {
            pace.wait();
            pace.next(64)
        };
        assert_eq!([waiting(), waiting(), waiting(), waiting()], [16, 32, 64, 64]);
        assert_eq!([pace.next(64), pace.next(64), pace.next(64), pace.next(64)], [32, 16, 8, 8]);
        assert_eq!(pace.next(3), 1);
    }
}
