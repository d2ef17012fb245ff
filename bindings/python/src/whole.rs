//! A whole object as `bytes`.

use std::ptr;

use bytes::Bytes;
use jetblob::{Error, Object};
use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tokio::task::block_in_place;

use crate::ending::Entering;

/// Up to this size, in bytes, an object is copied for Python at its end: that costs less than to get hold of the interpreter
/// before its bytes come.
const COPIED: u64 = 64 << 10;

/// To Python: `bytes`.
pub(crate) enum Whole {
    /// A small object.
    Small(Bytes),
    /// Filled as the object came, so that it is in memory once.
    Filled(Py<PyBytes>),
}

impl<'py> IntoPyObject<'py> for Whole {
    type Target = PyBytes;
    type Output = Bound<'py, PyBytes>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        match self {
            Self::Small(bytes) => PyBytes::new_with(py, bytes.len(), |new| {
                new.copy_from_slice(&bytes);
                Ok(())
            }),
            Self::Filled(bytes) => Ok(bytes.into_bound(py)),
        }
    }
}

/// Reads the rest of an object.
pub(crate) async fn whole(mut object: Object) -> jetblob::Result<Whole> {
    let range = object.range();
    let size = range.end - range.start;
    if size <= COPIED {
        return object.into_bytes().await.map(Whole::Small);
    }
    let mut unfilled = Unfilled::new(size, &object)?;
    while let Some(chunk) = object.next().await? {
        unfilled.fill(&chunk)?;
    }
    unfilled.filled()
}

/// `bytes` that nobody else knows yet.
struct Unfilled {
    bytes: Py<PyBytes>,
    start: *mut u8,
    size: usize,
    filled: usize,
}

// SAFETY: the memory belongs to `bytes`, which is held, and which nobody else knows before it is filled.
#[allow(unsafe_code, reason = "the pointer is into the object that is held beside it")]
unsafe impl Send for Unfilled {}

impl Unfilled {
    fn new(size: u64, object: &Object) -> jetblob::Result<Self> {
        let no_memory = || too_large(object, size);
        let size = usize::try_from(size).ok().filter(|size| isize::try_from(*size).is_ok());
        let size = size.ok_or_else(no_memory)?;
        let allocated = block_in_place(|| {
            let _leave = Entering::begin()?;
            Python::try_attach(|py| Self::allocate(py, size))
        });
        allocated.ok_or(Error::Closed { what: "the interpreter" })?.map_err(|_| no_memory())
    }

    fn allocate(py: Python<'_>, size: usize) -> PyResult<Self> {
        let length = isize::try_from(size).map_err(|_| PyMemoryError::new_err(()))?;
        // SAFETY: with no bytes given, this makes an object of this length whose bytes may be written until it is shown
        // to anybody; or there is no memory, and an exception is set.
        #[allow(unsafe_code, reason = "there is no safe way to make `bytes` without touching their memory")]
        let (bytes, start) = unsafe {
            let bytes = pyo3::ffi::PyBytes_FromStringAndSize(ptr::null(), length);
            let bytes = Bound::from_owned_ptr_or_err(py, bytes)?;
            let start = pyo3::ffi::PyBytes_AsString(bytes.as_ptr()).cast::<u8>();
            (bytes.cast_into_unchecked::<PyBytes>().unbind(), start)
        };
        Ok(Self { bytes, start, size, filled: 0 })
    }

    fn fill(&mut self, chunk: &[u8]) -> jetblob::Result<()> {
        if chunk.len() > self.size - self.filled {
            return Err(wrong_size());
        }
        // SAFETY: the chunk fits into what is left of the object's memory.
        #[allow(unsafe_code, reason = "writes into memory of the interpreter")]
        unsafe {
            ptr::copy_nonoverlapping(chunk.as_ptr(), self.start.add(self.filled), chunk.len());
        }
        self.filled += chunk.len();
        Ok(())
    }

    fn filled(self) -> jetblob::Result<Whole> {
        if self.filled == self.size { Ok(Whole::Filled(self.bytes)) } else { Err(wrong_size()) }
    }
}

fn too_large(object: &Object, size: u64) -> Error {
    Error::Io {
        during: Box::default(),
        kind: std::io::ErrorKind::OutOfMemory,
        what: format!("object {:?}", object.info.name),
        reason: format!("no memory for its {size} bytes"),
    }
}

/// An object that ended is as long as its range.
fn wrong_size() -> Error {
    Error::InvalidArgument { argument: "range", reason: "the object is not as long as it says".to_owned() }
}
