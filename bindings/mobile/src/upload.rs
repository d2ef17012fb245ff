//! An object that is being pushed in.

use std::sync::Arc;

use jetblob::handle;

use crate::cancellation::Cancellation;
use crate::failure::Result;
use crate::info::ObjectInfo;
use crate::memory::Buffer;
use crate::runtime::{Held, hand_over, run, runtime};

/// An object that is being pushed in.
#[derive(uniffi::Object)]
pub struct Upload(Held<Arc<handle::Upload>>);

impl Upload {
    pub(crate) fn new(upload: jetblob::Upload) -> Arc<Self> {
        Arc::new(Self(Held::new(Arc::new(handle::Upload::new(upload)))))
    }
}

#[uniffi::export]
impl Upload {
    /// Hands bytes over; waits while too much is under way.
    pub async fn write(&self, data: Arc<Buffer>, cancellation: Option<Arc<Cancellation>>) -> Result<()> {
        hand_over(cancellation, self.0.write(data.take())).await
    }

    /// Commits the object.
    pub async fn finish(&self, cancellation: Option<Arc<Cancellation>>) -> Result<ObjectInfo> {
        let upload = self.0.clone();
        run(cancellation, async move { upload.finish().await.map(ObjectInfo::from) }).await
    }

    /// Gives the upload up, and waits until what was sent of it is removed.
    pub async fn abort(&self) -> Result<()> {
        let upload = self.0.clone();
        let abort = async move {
            upload.abort().await;
            Ok(())
        };
        run(None, abort).await
    }

    /// Gives the upload up, and waits for nothing.
    pub fn give_up(&self) {
        let upload = self.0.clone();
        runtime().spawn(async move { upload.abort().await });
    }
}
