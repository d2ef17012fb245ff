//! An object that is being pushed in, held from another language.

use bytes::Bytes;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::protocol::ObjectInfo;
use crate::{Error, Result};

/// An [`Upload`](crate::Upload) that several may share.
#[derive(Debug)]
pub struct Upload {
    open: Mutex<Option<crate::Upload>>,
    aborted: CancellationToken,
}

impl Upload {
    /// Holds this upload.
    pub fn new(upload: crate::Upload) -> Self {
        Self { open: Mutex::new(Some(upload)), aborted: CancellationToken::new() }
    }

    /// Hands bytes over; waits while too much is under way. Fails with the error of the put, once that has failed, and
    /// with `Closed` after the end of the upload.
    ///
    /// When it is dropped before its end, the bytes were not taken.
    pub async fn write(&self, bytes: Bytes) -> Result<()> {
        let write = async {
            let mut open = self.open.lock().await;
            open.as_mut().ok_or_else(closed)?.write(bytes).await
        };
        self.aborted.run_until_cancelled(write).await.unwrap_or_else(|| Err(closed()))
    }

    /// Commits the object, and tells what the store has of it. Dropping the future gives the upload up.
    pub async fn finish(&self) -> Result<ObjectInfo> {
        let finish = async {
            let upload = self.open.lock().await.take().ok_or_else(closed)?;
            upload.finish().await
        };
        self.aborted.run_until_cancelled(finish).await.unwrap_or_else(|| Err(closed()))
    }

    /// Gives the upload up, and waits until what was sent of it is removed. A `write` or `finish` that is under way ends
    /// with `Closed`. Does nothing after the end of the upload.
    pub async fn abort(&self) {
        self.aborted.cancel();
        let upload = self.open.lock().await.take();
        if let Some(upload) = upload {
            upload.abort().await;
        }
    }
}

fn closed() -> Error {
    Error::Closed { what: "the upload" }
}
