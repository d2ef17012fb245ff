//! Finding the chunk that a byte is in, without the bytes before it.

use std::sync::Arc;

use super::api::Refusal;
use super::pull::Pull;
use super::selection::Selection;
use super::stream::BucketStream;
use crate::protocol::{ObjectInfo, chunk};
use crate::{Error, Result};

/// Headers in one request.
const BATCH: usize = 1000;

/// Where a chunk is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ChunkPlace {
    /// Its sequence in the stream, or one between it and the chunk before it.
    pub(super) sequence: u64,
    /// The first of its bytes, as an offset in the blob.
    pub(super) offset: u64,
}

/// Where the chunk of a byte is, if the record was committed right after the last chunk, and nobody wrote in between; and
/// how many chunks there must be from there on. Only an object of full chunks tells.
pub(super) fn guess(info: &ObjectInfo, offset: u64) -> Option<(ChunkPlace, u64)> {
    let chunk_size = info.chunk_size.filter(|_| info.full_chunks)?;
    let before = offset / chunk_size;
    let count = chunk::chunk_count(info.size, usize::try_from(chunk_size).ok()?);
    let left = count.checked_sub(before).filter(|&left| left > 0 && count == info.chunks)?;
    let sequence = info.revision.checked_sub(left).filter(|&sequence| sequence > 0)?;
    Some((ChunkPlace { sequence, offset: before * chunk_size }, left))
}

/// Where the chunk of a byte is, by the sizes of those before it.
pub(super) async fn walk(
    stream: &Arc<BucketStream>,
    subject: &str,
    offset: u64,
) -> Result<ChunkPlace, Refusal> {
    let selection = Selection { headers_only: true, ..Selection::all(subject.to_owned(), BATCH) };
    let mut pull = Pull::open(stream.clone(), selection).await?;
    let mut place = ChunkPlace { sequence: 1, offset: 0 };
    while let Some(message) = pull.next().await.map_err(Refusal::Failed)? {
        place.sequence = message.sequence;
        let size =
            message.headers.as_ref().and_then(|headers| headers.get("Nats-Msg-Size")?.as_str().parse().ok());
        let size: u64 = size.ok_or_else(|| {
            Refusal::Failed(Error::unavailable("the server doesn't tell the size of a chunk"))
        })?;
        if place.offset + size > offset {
            break;
        }
        place.offset += size;
        // What follows, if no chunk does.
        place.sequence += 1;
    }
    Ok(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guess_needs_full_chunks_and_room_before_the_record() {
        let info = ObjectInfo {
            size: 250,
            chunks: 3,
            chunk_size: Some(100),
            full_chunks: true,
            revision: 50,
            ..ObjectInfo::default()
        };
        let at = |sequence, offset, left| Some((ChunkPlace { sequence, offset }, left));
        assert_eq!(guess(&info, 0), at(47, 0, 3));
        assert_eq!(guess(&info, 199), at(48, 100, 2));
        assert_eq!(guess(&info, 249), at(49, 200, 1));
        assert_eq!(guess(&ObjectInfo { full_chunks: false, ..info.clone() }, 100), None);
        assert_eq!(guess(&ObjectInfo { chunks: 4, ..info.clone() }, 100), None);
        assert_eq!(guess(&ObjectInfo { revision: 2, ..info.clone() }, 100), None);
        assert_eq!(guess(&ObjectInfo { chunk_size: Some(1), size: u64::MAX, ..info }, 100), None);
    }
}
