//! An object that is being read.

use std::sync::Arc;

use futures_util::FutureExt;
use jetblob::handle;

use crate::cancellation::Cancellation;
use crate::failure::{Result, signed, unsigned};
use crate::info::ObjectInfo;
use crate::memory::{Chunk, Chunks};
use crate::progress::{Count, telling};
use crate::runtime::{Held, hand_over, run};

/// An object that is being read.
#[derive(uniffi::Object)]
pub struct Download(Held<Arc<handle::Download>>);

impl Download {
    /// Made inside the runtime.
    pub(crate) fn new(object: jetblob::Object) -> Arc<Self> {
        Arc::new(Self(Held::new(Arc::new(handle::Download::new(object)))))
    }
}

#[uniffi::export]
impl Download {
    /// What the store tells of the object that the bytes belong to.
    pub fn info(&self) -> ObjectInfo {
        self.0.info().clone().into()
    }

    /// The first byte of the part that this reads.
    pub fn range_start(&self) -> i64 {
        signed(self.0.range().start)
    }

    /// The byte after the last one of that part.
    pub fn range_end(&self) -> i64 {
        signed(self.0.range().end)
    }

    /// Whether the bytes are verified before the last of them is handed out.
    pub fn is_verified(&self) -> bool {
        self.0.is_verified()
    }

    /// What is at hand from a position on, where it stays; nothing if one has to wait for it, or for what follows.
    pub fn chunks_at_hand(&self, position: i64) -> Arc<Chunks> {
        Chunks::new(u64::try_from(position).map_or_else(|_| Vec::new(), |position| self.0.at_hand(position)))
    }

    /// What is there from a position on, or what comes first; nothing at the end.
    pub async fn chunks(
        &self,
        position: i64,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<Arc<Chunks>> {
        let position = unsigned(position, "position")?;
        hand_over(cancellation, async { Ok(Chunks::new(self.0.chunks(position).await?)) }).await
    }

    /// What is at hand, at most `max` bytes; none if one has to wait for more, or for what follows.
    pub fn at_hand(&self, max: i64) -> Option<Arc<Chunk>> {
        let max = usize::try_from(max).ok().filter(|max| *max > 0)?;
        // The end and an error come again.
        self.0.read(max).now_or_never()?.ok()?.map(Chunk::new)
    }

    /// What is there, at most `max` bytes; none at the end.
    pub async fn read(
        &self,
        max: i64,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<Option<Arc<Chunk>>> {
        let max = usize::try_from(unsigned(max, "size")?).unwrap_or(usize::MAX);
        hand_over(cancellation, async { Ok(self.0.read(max).await?.map(Chunk::new)) }).await
    }

    /// The position of the next byte.
    pub fn position(&self) -> i64 {
        signed(self.0.position())
    }

    /// Goes on at this position.
    pub async fn seek(&self, position: i64, cancellation: Option<Arc<Cancellation>>) -> Result<()> {
        let position = unsigned(position, "position")?;
        hand_over(cancellation, self.0.seek(position)).await
    }

    /// Reads the rest.
    pub async fn into_bytes(&self, cancellation: Option<Arc<Cancellation>>) -> Result<Arc<Chunk>> {
        let download = self.0.clone();
        let rest = async move { Ok(Chunk::new(download.take_object().await?.into_bytes().await?)) };
        run(cancellation, rest).await
    }

    /// Reads the rest as text.
    pub async fn into_string(&self, cancellation: Option<Arc<Cancellation>>) -> Result<String> {
        let download = self.0.clone();
        run(cancellation, async move { download.take_object().await?.into_string().await }).await
    }

    /// Reads the rest into a file.
    pub async fn into_file(
        &self,
        path: String,
        count: Option<Arc<Count>>,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Result<ObjectInfo> {
        let (download, tell) = (self.0.clone(), telling(count));
        let file = async move {
            let object = download.take_object().await?;
            let tell = move |count| tell.iter().for_each(|tell| tell(count));
            object.into_file_with(path, tell).await.map(ObjectInfo::from)
        };
        run(cancellation, file).await
    }

    /// Ends the transfer, at the server too, and wakes who waits for bytes.
    pub fn end(&self) {
        self.0.close();
    }
}
