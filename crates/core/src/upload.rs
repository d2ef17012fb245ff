//! Pushing an object in, chunk by chunk.

use std::io;

use bytes::Bytes;
use futures_util::stream;
use tokio::sync::{mpsc, oneshot};

use crate::protocol::{ObjectInfo, ObjectMeta};
use crate::{Body, Bucket, Error, PutOptions, Result};

/// How many pieces may wait to be stored.
const WAITING: usize = 16;

/// An object that is being pushed in. Nothing of it is visible before [`finish`](Self::finish).
///
/// Dropping it, or [`abort`](Self::abort), leaves the old object as it was, and removes what was sent.
#[derive(Debug)]
pub struct Upload {
    pieces: mpsc::Sender<Piece>,
    put: Option<oneshot::Receiver<Result<ObjectInfo>>>,
    failed: Option<Error>,
}

#[derive(Debug)]
enum Piece {
    Bytes(Bytes),
    /// The end that the caller meant, unlike that of an upload that was dropped.
    End,
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
        let (sender, receiver) = mpsc::channel(WAITING);
        let body = stream::unfold(receiver, |mut receiver| async move {
            match receiver.recv().await {
                Some(Piece::Bytes(bytes)) => Some((Ok(bytes), receiver)),
                Some(Piece::End) => None,
                None => Some((
                    Err(io::Error::new(io::ErrorKind::Interrupted, "the upload was dropped")),
                    receiver,
                )),
            }
        });
        let (bucket, meta) = (self.clone(), meta.into());
        let (sent, outcome) = oneshot::channel();
        let engine = bucket.engine.clone();
        let under_way = bucket.begin_put();
        engine.in_background(Box::pin(async move {
            let _under_way = under_way;
            let _ = sent.send(bucket.put_with(meta, Body::stream(body), options).await);
        }));
        Upload { pieces: sender, put: Some(outcome), failed: None }
    }
}

impl Upload {
    /// Hands bytes over; waits while too much is under way. Fails with the error of the put, once that has failed.
    pub async fn write(&mut self, bytes: impl Into<Bytes>) -> Result<()> {
        if self.pieces.send(Piece::Bytes(bytes.into())).await.is_err() {
            self.outcome().await?;
        }
        Ok(())
    }

    /// Commits the object, and tells what the store has of it.
    pub async fn finish(mut self) -> Result<ObjectInfo> {
        let _ = self.pieces.send(Piece::End).await;
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
        let outcome = match self.put.take() {
            None => Err(self.failed.clone().unwrap_or(Error::Closed { what: "the upload" })),
            Some(put) => {
                put.await.unwrap_or_else(|error| Err(Error::io("the upload", &io::Error::other(error))))
            }
        };
        self.failed = outcome.as_ref().err().cloned();
        outcome
    }
}
