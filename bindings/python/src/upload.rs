//! An object that is being pushed in.

use std::sync::Arc;

use jetblob::handle;
use pyo3::prelude::*;

use crate::call::Call;
use crate::info::Info;
use crate::process::{OfProcess, runtime};

#[pyclass(frozen, module = "jetblob._native")]
pub(crate) struct Upload(OfProcess<Arc<handle::Upload>>);

impl Upload {
    pub(crate) fn new(upload: jetblob::Upload) -> Self {
        Self(OfProcess::new(Arc::new(handle::Upload::new(upload))))
    }
}

#[pymethods]
impl Upload {
    fn write(&self, data: bytes::Bytes) -> PyResult<Call> {
        let upload = self.0.get()?.clone();
        Ok(Call::hand_over(async move { upload.write(data).await }))
    }

    fn finish(&self) -> PyResult<Call> {
        let upload = self.0.get()?.clone();
        Ok(Call::hand_over(async move { upload.finish().await.map(Info) }))
    }

    fn abort(&self) -> PyResult<Call> {
        let upload = self.0.get()?.clone();
        Ok(Call::hand_over(async move {
            upload.abort().await;
            Ok(())
        }))
    }

    /// Gives the upload up, and waits for nothing. That of a process that this one was forked from is left to it.
    fn drop(&self) {
        if let Ok(upload) = self.0.get().cloned() {
            runtime().spawn(async move { upload.abort().await });
        }
    }
}
