//! An object that is being pushed in.

use std::sync::Arc;

use bytes::Bytes;
use jetblob::handle;
use napi::bindgen_prelude::{PromiseRaw, Uint8ArraySlice};
use napi::{Env, Result};
use napi_derive::napi;

use crate::call::Call;
use crate::error::thrown;
use crate::info::Info;
use crate::runtime::InRuntime;

#[napi]
pub(crate) struct Upload(InRuntime<Arc<handle::Upload>>);

impl Upload {
    /// Made inside the runtime.
    pub(crate) fn new(upload: jetblob::Upload) -> Self {
        Self(InRuntime::new(Arc::new(handle::Upload::new(upload))))
    }
}

/// The bytes are copied: JavaScript may change them, and take their memory away, before they are sent.
pub(crate) fn copied(bytes: &Uint8ArraySlice<'_>) -> Bytes {
    Bytes::copy_from_slice(bytes)
}

#[napi]
impl Upload {
    /// A promise that the bytes were taken.
    #[napi]
    pub fn write<'env>(&self, env: &'env Env, bytes: Uint8ArraySlice<'_>) -> Result<PromiseRaw<'env, ()>> {
        let (upload, bytes) = (Arc::clone(&self.0), copied(&bytes));
        env.spawn_future_with_callback(async move { Ok(upload.write(bytes).await) }, |env, written| {
            written.map_err(|error| thrown(*env, &error))
        })
    }

    #[napi]
    pub fn finish(&self) -> Call {
        let upload = Arc::clone(&self.0);
        Call::new(async move { upload.finish().await.map(Info::from) })
    }

    #[napi]
    pub fn abort(&self) -> Call {
        let upload = Arc::clone(&self.0);
        Call::new(async move {
            upload.abort().await;
            Ok(())
        })
    }
}
