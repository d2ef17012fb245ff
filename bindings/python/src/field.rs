//! Fields of a caller's object, and what is wrong with them.

use pyo3::conversion::FromPyObjectOwned;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

/// The value of an attribute. An error of its conversion names it.
pub(crate) fn field<'py, T>(object: &Bound<'py, PyAny>, name: &str) -> PyResult<T>
where
    T: FromPyObjectOwned<'py>,
{
    converted(&object.getattr(name)?, name)
}

/// A converted value. An error of the conversion names it.
pub(crate) fn converted<'py, T>(value: &Bound<'py, PyAny>, name: &str) -> PyResult<T>
where
    T: FromPyObjectOwned<'py>,
{
    value.extract::<T>().map_err(|error| {
        let error: PyErr = error.into();
        named(value.py(), name, &error)
    })
}

/// An error that says what it is about.
fn named(py: Python<'_>, name: &str, error: &PyErr) -> PyErr {
    let text = || format!("{name}: {}", error.value(py));
    if error.is_instance_of::<PyTypeError>(py) {
        PyTypeError::new_err(text())
    } else if error.get_type(py).is(py.get_type::<PyValueError>()) {
        PyValueError::new_err(text())
    } else {
        error.clone_ref(py)
    }
}

/// Something of the wrong type.
pub(crate) fn wrong_type(what: &str, given: &Bound<'_, PyAny>) -> PyErr {
    match given.get_type().name() {
        Ok(class) => PyTypeError::new_err(format!("{what}, not {class}")),
        Err(error) => error,
    }
}
