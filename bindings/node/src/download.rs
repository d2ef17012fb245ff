//! An object that is being read.

use std::sync::Arc;

use bytes::Bytes;
use jetblob::handle;
use napi::bindgen_prelude::{BufferSlice, PromiseRaw};
use napi::{Env, Result};
use napi_derive::napi;

use crate::call::Call;
use crate::error::thrown;
use crate::info::Info;
use crate::number::{count, number};
use crate::progress::telling;
use crate::runtime::InRuntime;

/// Less than this is copied: it costs less than to share it, and a few bytes don't hold a whole message.
const SHARED: usize = 32 << 10;

#[napi]
pub(crate) struct Download(InRuntime<Arc<handle::Download>>);

impl Download {
    /// Made inside the runtime.
    pub(crate) fn new(object: jetblob::Object) -> Self {
        Self(InRuntime::new(Arc::new(handle::Download::new(object))))
    }
}

/// A `Buffer` of these bytes.
pub(crate) fn buffer(env: &Env, bytes: Bytes) -> Result<BufferSlice<'_>> {
    if bytes.len() < SHARED {
        return BufferSlice::copy_from(env, bytes);
    }
    let (start, size) = (bytes.as_ptr().cast_mut(), bytes.len());
    // SAFETY: the memory is there until the buffer is collected, which drops `bytes`, and it isn't empty. JavaScript may
    // write to it: the library hands each chunk out once, and keeps no view of its own of what it handed out.
    #[allow(unsafe_code, reason = "there is no safe way to share memory with JavaScript")]
    unsafe {
        BufferSlice::from_external(env, start, size, bytes, |_, bytes| drop(bytes))
    }
}

#[napi]
impl Download {
    #[napi(getter)]
    pub fn info(&self) -> Info {
        self.0.info().clone().into()
    }

    #[napi(getter)]
    pub fn range(&self) -> (i64, i64) {
        let range = self.0.range();
        (number(range.start), number(range.end))
    }

    #[napi(getter)]
    pub fn is_verified(&self) -> bool {
        self.0.is_verified()
    }

    #[napi(getter)]
    pub fn position(&self) -> i64 {
        number(self.0.position())
    }

    /// A promise of what is there, at most `max` bytes; of `null` at the end.
    #[napi]
    pub fn read<'env>(
        &self,
        env: &'env Env,
        max: i64,
    ) -> Result<PromiseRaw<'env, Option<BufferSlice<'env>>>> {
        let (download, max) = (Arc::clone(&self.0), usize::try_from(count(max)?).unwrap_or(usize::MAX));
        env.spawn_future_with_callback(async move { Ok(download.read(max).await) }, |env, read| {
            read.map_err(|error| thrown(*env, &error))?.map(|chunk| buffer(env, chunk)).transpose()
        })
    }

    #[napi]
    pub fn seek(&self, position: i64) -> Result<Call> {
        let (download, position) = (Arc::clone(&self.0), count(position)?);
        Ok(Call::new(async move { download.seek(position).await }))
    }

    #[napi]
    pub fn read_into_file(&self, path: String, progress: bool) -> Call {
        let download = Arc::clone(&self.0);
        let (tell, progress) = telling(progress);
        let call = Call::new(async move {
            download.take_object().await?.into_file_with(path, tell).await.map(Info::from)
        });
        call.telling(progress)
    }

    #[napi]
    pub fn close(&self) {
        self.0.close();
    }
}
