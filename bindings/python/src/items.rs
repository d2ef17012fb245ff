//! A list or a watch.

use std::sync::Arc;

use futures_util::{Stream, TryStreamExt};
use jetblob::handle;
use pyo3::{IntoPyObject, IntoPyObjectExt, prelude::*};

use crate::call::Call;
use crate::error::exception;
use crate::process::OfProcess;

/// Makes an item a Python object.
type Item = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;

#[pyclass(frozen, module = "jetblob._native")]
pub(crate) struct Items(OfProcess<Arc<handle::Items<Item>>>);

impl Items {
    /// The items of a stream. Made inside the runtime.
    pub(crate) fn new<T>(stream: impl Stream<Item = jetblob::Result<T>> + Send + 'static) -> Self
    where
        T: for<'py> IntoPyObject<'py> + Send + 'static,
    {
        let items = stream.map_ok(|item| Box::new(move |py: Python<'_>| item.into_py_any(py)) as Item);
        Self(OfProcess::new(Arc::new(handle::Items::new(items))))
    }
}

/// To Python: a list in which an error is an exception.
struct Batch(Vec<jetblob::Result<Item>>);

impl<'py> IntoPyObject<'py> for Batch {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let items = self.0.into_iter().map(|item| match item {
            Ok(item) => item(py),
            Err(error) => exception(py, &error).map(Bound::unbind),
        });
        items.collect::<PyResult<Vec<_>>>()?.into_bound_py_any(py)
    }
}

#[pymethods]
impl Items {
    /// The next items; `None` at the end.
    fn next_batch(&self) -> PyResult<Call> {
        let items = self.0.get()?.clone();
        Ok(Call::hand_over(async move { Ok(items.next_batch().await.map(Batch)) }))
    }

    fn close(&self) {
        if let Ok(items) = self.0.get() {
            items.close();
        }
    }
}
