//! Spans of time.

use std::time::Duration;

use crate::failure::invalid;

/// A span of time: Swift's and Kotlin's own `Duration`.
#[derive(Debug, Clone, Copy)]
pub struct Seconds(f64);

uniffi::custom_type!(Seconds, f64, {
    lower: |span| span.0,
    try_lift: |seconds| Ok(Seconds(seconds)),
});

impl Seconds {
    /// The span, if there can be such a one.
    pub(crate) fn of(self, argument: &'static str) -> jetblob::Result<Duration> {
        Duration::try_from_secs_f64(self.0)
            .map_err(|error| invalid(argument, format!("{} seconds: {error}", self.0)))
    }
}

impl From<Duration> for Seconds {
    fn from(span: Duration) -> Self {
        Self(span.as_secs_f64())
    }
}
