//! Pushing an object in, chunk by chunk.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::protocol::{ObjectInfo, ObjectMeta};
use crate::{Body, Bucket, Error, PutOptions, Result};

/// How many bytes may wait to be stored. One piece may be larger.
const WAITING: u32 = 4 << 20;

/// An object that is being pushed in. Nothing of it is visible before [`finish`](Self::finish).
///
/// Dropping it, or [`abort`](Self::abort), leaves the old object as it was, and removes what was sent.
#[derive(Debug)]
pub struct Upload {
    pieces: mpsc::UnboundedSender<Piece>,
    room: Arc<Semaphore>,
    put: Option<oneshot::Receiver<Result<ObjectInfo>>>,
    failed: Option<Error>,
}

#[derive(Debug)]
enum Piece {
    Bytes(Bytes, OwnedSemaphorePermit),
    /// The end that the caller meant, unlike that of an upload that was dropped.
    End,
}

/// The pieces, for as long as the put takes them.
struct Pieces {
    receiver: mpsc::UnboundedReceiver<Piece>,
    room: Arc<Semaphore>,
    closing: CancellationToken,
}

impl Pieces {
    /// The next piece. A store that closes takes no more of them, but brings an upload to its end that was finished before.
    async fn next(&mut self) -> Option<Piece> {
        if let Some(piece) = self.closing.run_until_cancelled(self.receiver.recv()).await {
            return piece;
        }
        self.receiver.close();
        self.room.close();
        self.receiver.recv().await
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        self.room.close();
    }
}

impl Bucket {
    /// Begins an upload. Write to it, then finish it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> jetblob::Result<()> {
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let store = jetblob::Store::open(dir.path().to_str().unwrap()).await?;
    /// # let bucket = store.create_bucket(jetblob::BucketConfig::new("b")).await?;
    /// let mut upload = bucket.upload("log.txt");
    /// upload.write("first line\n").await?;
    /// upload.write("second line\n").await?;
    /// assert_eq!(upload.finish().await?.size, 23);
    /// # Ok(())
    /// # }
    /// ```
    pub fn upload(&self, meta: impl Into<ObjectMeta>) -> Upload {
        self.upload_with(meta, PutOptions::default())
    }

    /// Like [`upload`](Self::upload), with the options of a put.
    pub fn upload_with(&self, meta: impl Into<ObjectMeta>, options: PutOptions) -> Upload {
        let (sender, receiver) = mpsc::unbounded_channel();
        let room = Arc::new(Semaphore::new(WAITING as usize));
        let closing = self.closing.clone();
        let body =
            stream::unfold(Pieces { receiver, room: room.clone(), closing }, |mut pieces| async move {
                match pieces.next().await {
                    Some(Piece::Bytes(bytes, _room)) => Some((Ok(bytes), pieces)),
                    Some(Piece::End) => None,
                    None if pieces.closing.is_cancelled() => {
                        Some((Err(io::Error::other(Error::Closed { what: "the store" })), pieces))
                    }
                    None => Some((
                        Err(io::Error::new(io::ErrorKind::Interrupted, "the upload was dropped")),
                        pieces,
                    )),
                }
            });
        let (bucket, meta) = (self.clone(), meta.into());
        let (mut sent, outcome) = oneshot::channel();
        let engine = bucket.engine.clone();
        let under_way = bucket.begin_put();
        let put = async move {
            let _under_way = under_way;
            tokio::select! {
                outcome = bucket.put_with(meta, Body::stream(body), options) => {
                    let _ = sent.send(outcome);
                }
                () = sent.closed() => {}
            }
        };
        engine.in_background(Box::pin(put.in_current_span()));
        Upload { pieces: sender, room, put: Some(outcome), failed: None }
    }
}

impl Upload {
    /// Hands bytes over; waits while too much is under way. Fails with the error of the put, once that has failed. When
    /// it is dropped before its end, the bytes were not taken.
    pub async fn write(&mut self, bytes: impl Into<Bytes>) -> Result<()> {
        let bytes = bytes.into();
        let size = u32::try_from(bytes.len()).unwrap_or(WAITING).clamp(1, WAITING);
        let room = self.room.clone().acquire_many_owned(size).await;
        if room.is_ok_and(|room| self.pieces.send(Piece::Bytes(bytes, room)).is_ok()) {
            return Ok(());
        }
        self.outcome().await.map(drop)
    }

    /// Commits the object, and tells what the store has of it. Dropping the future gives the upload up, as that of a put.
    pub async fn finish(mut self) -> Result<ObjectInfo> {
        let _ = self.pieces.send(Piece::End);
        self.outcome().await
    }

    /// Gives the upload up, and waits until what was sent of it is removed.
    pub async fn abort(self) {
        let Self { pieces, put, .. } = self;
        drop(pieces);
        if let Some(put) = put {
            let _ = put.await;
        }
    }

    async fn outcome(&mut self) -> Result<ObjectInfo> {
        let outcome = match &mut self.put {
            None => Err(self.failed.clone().unwrap_or(Error::Closed { what: "the upload" })),
            Some(put) => {
                put.await.unwrap_or_else(|error| Err(Error::io("the upload", &io::Error::other(error))))
            }
        };
        self.put = None;
        self.failed = outcome.as_ref().err().cloned();
        outcome
    }
}
