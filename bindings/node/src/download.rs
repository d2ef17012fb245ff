//! An object that is being read.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use jetblob::handle;
use napi::bindgen_prelude::{BufferSlice, Either, PromiseRaw};
use napi::{Env, Result};
use napi_derive::napi;

use crate::call::Call;
use crate::error::thrown;
use crate::info::Info;
use crate::number::{count, number};
use crate::progress::telling;
use crate::runtime::InRuntime;

#[napi]
pub(crate) struct Download(InRuntime<Arc<handle::Download>>);

impl Download {
    /// Made inside the runtime.
    pub(crate) fn new(object: jetblob::Object) -> Self {
        Self(InRuntime::new(Arc::new(handle::Download::new(object))))
    }
}

type Later<'env> = PromiseRaw<'env, Option<BufferSlice<'env>>>;

fn given(env: &Env, read: jetblob::Result<Option<Bytes>>) -> Result<Option<BufferSlice<'_>>> {
    read.map_err(|error| thrown(*env, &error))?.map(|chunk| BufferSlice::copy_from(env, chunk)).transpose()
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

    /// What is there, at most `max` bytes; `null` at the end; or a promise of it, if one has to wait: that costs as much as
    /// some 100 KiB.
    ///
    /// The bytes are copied: a view would keep all that came with them from the network until the garbage collector finds
    /// it, which in a loop of reads is late.
    #[napi]
    pub fn read<'env>(
        &self,
        env: &'env Env,
        max: i64,
    ) -> Result<Either<Option<BufferSlice<'env>>, Later<'env>>> {
        let max = usize::try_from(count(max)?).unwrap_or(usize::MAX);
        if let Some(read) = self.0.read(max).now_or_never() {
            return given(env, read).map(Either::A);
        }
        let download = Arc::clone(&self.0);
        env.spawn_future_with_callback(async move { Ok(download.read(max).await) }, given).map(Either::B)
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
