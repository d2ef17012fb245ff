//! An object that is being read.

use std::path::PathBuf;
use std::ptr;
use std::sync::Arc;

use futures_util::FutureExt;
use jetblob::handle;
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyBufferError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::call::{Call, block};
use crate::error::raise;
use crate::info::Info;
use crate::process::OfProcess;
use crate::progress::telling;

#[pyclass(frozen, module = "jetblob._native")]
pub(crate) struct Download(OfProcess<Arc<handle::Download>>);

impl Download {
    /// Made inside the runtime.
    pub(crate) fn new(object: jetblob::Object) -> Self {
        Self(OfProcess::new(Arc::new(handle::Download::new(object))))
    }
}

/// To Python: `bytes`, none at the end.
struct Chunk(Option<bytes::Bytes>);

impl<'py> IntoPyObject<'py> for Chunk {
    type Target = PyBytes;
    type Output = Bound<'py, PyBytes>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, self.0.as_deref().unwrap_or_default()))
    }
}

#[pymethods]
impl Download {
    #[getter]
    fn info(&self) -> PyResult<Info> {
        Ok(Info(self.0.get()?.info().clone()))
    }

    #[getter]
    fn range(&self) -> PyResult<(u64, u64)> {
        let range = self.0.get()?.range();
        Ok((range.start, range.end))
    }

    #[getter]
    fn is_verified(&self) -> PyResult<bool> {
        Ok(self.0.get()?.is_verified())
    }

    /// What is at hand, at most `max` bytes; none at the end; `None` if one has to wait.
    fn at_hand<'py>(&self, py: Python<'py>, max: usize) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let Some(read) = self.0.get()?.read(max).now_or_never() else { return Ok(None) };
        Chunk(read.map_err(|error| raise(py, &error))?).into_pyobject(py).map(Some)
    }

    /// What is there, at most `max` bytes; none at the end.
    fn read(&self, max: usize) -> PyResult<Call> {
        let download = self.0.get()?.clone();
        Ok(Call::hand_over(async move { download.read(max).await.map(Chunk) }))
    }

    /// What is there, copied to the beginning of a writable buffer; how many bytes it is.
    fn readinto(&self, py: Python<'_>, buffer: &Bound<'_, PyAny>) -> PyResult<usize> {
        let buffer: PyBuffer<u8> = buffer.extract().map_err(|_| {
            PyTypeError::new_err("readinto() argument must be a writable buffer of bytes, as a bytearray is")
        })?;
        if buffer.readonly() || !buffer.is_c_contiguous() {
            return Err(PyBufferError::new_err("the buffer of readinto() must be writable and in one piece"));
        }
        if buffer.len_bytes() == 0 {
            return Ok(0);
        }
        let (download, size) = (self.0.get()?, buffer.len_bytes());
        let read = match download.read(size).now_or_never() {
            Some(read) => read,
            None => block(py, download.read(size))?,
        };
        let chunk = read.map_err(|error| raise(py, &error))?.unwrap_or_default();
        debug_assert!(chunk.len() <= buffer.len_bytes());
        // SAFETY: the buffer is held, writable, contiguous and at least as long as the chunk, which was asked for so. The
        // interpreter is held during the copy; who writes to a buffer that it lent for reading races as with `readinto`
        // of a file.
        #[allow(unsafe_code, reason = "copies into memory of the interpreter")]
        unsafe {
            ptr::copy_nonoverlapping(chunk.as_ptr(), buffer.buf_ptr().cast::<u8>(), chunk.len());
        }
        Ok(chunk.len())
    }

    #[getter]
    fn position(&self) -> PyResult<u64> {
        Ok(self.0.get()?.position())
    }

    fn seek(&self, position: u64) -> PyResult<Call> {
        let download = self.0.get()?.clone();
        Ok(Call::hand_over(async move { download.seek(position).await }))
    }

    fn read_into_file(&self, path: PathBuf, progress: Option<Py<PyAny>>) -> PyResult<Call> {
        let download = self.0.get()?.clone();
        let (tell, progress) = telling(progress);
        Ok(Call::telling(progress, async move {
            download.take_object().await?.into_file_with(path, tell).await.map(Info)
        }))
    }

    fn close(&self) {
        if let Ok(download) = self.0.get() {
            download.close();
        }
    }
}
