//! What a consumer is to bring.

/// Bytes that one request brings.
pub(super) const REQUEST_BYTES: usize = 8 << 20;

/// What to read.
#[derive(Debug, Clone)]
pub(super) struct Selection {
    /// The subject; wildcards allowed.
    pub(super) filter: String,
    /// Which messages of it.
    pub(super) deliver: Deliver,
    /// Without their payloads; a header tells how large each is.
    pub(super) headers_only: bool,
    /// How many at most.
    pub(super) limit: u64,
    /// Messages in one request.
    pub(super) batch: usize,
    /// Bytes in one request.
    pub(super) max_bytes: usize,
}

/// With which messages a selection begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deliver {
    All,
    LastPerSubject,
    /// Those that are stored from now on.
    New,
}

impl Selection {
    /// All messages of a subject.
    pub(super) fn all(filter: String, batch: usize) -> Self {
        let (deliver, headers_only, limit) = (Deliver::All, false, u64::MAX);
        Self { filter, deliver, headers_only, limit, batch, max_bytes: REQUEST_BYTES }
    }
}
