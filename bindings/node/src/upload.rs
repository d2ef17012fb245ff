//! An object that is being pushed in.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
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
    /// Takes the bytes; gives a promise if one has to wait for that.
    #[napi]
    pub fn write<'env>(
        &self,
        env: &'env Env,
        bytes: Uint8ArraySlice<'_>,
    ) -> Result<Option<PromiseRaw<'env, ()>>> {
        let bytes = copied(&bytes);
        let failed = |env: &Env, error| thrown(*env, &error);
        if let Some(written) = self.0.write(bytes.clone()).now_or_never() {
            return written.map(|()| None).map_err(|error| failed(env, error));
        }
        let upload = Arc::clone(&self.0);
        let write = async move { Ok(upload.write(bytes).await) };
        env.spawn_future_with_callback(write, move |env, written| written.map_err(|error| failed(env, error)))
            .map(Some)
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
