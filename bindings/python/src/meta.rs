//! What the caller says of an object.

use std::collections::BTreeMap;

use jetblob::{Link, ObjectMeta};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::field::{field, wrong_type};

/// A name, or a `jetblob.ObjectMeta`.
pub(crate) struct Meta(ObjectMeta);

impl From<Meta> for ObjectMeta {
    fn from(meta: Meta) -> Self {
        meta.0
    }
}

impl<'py> FromPyObject<'_, 'py> for Meta {
    type Error = PyErr;

    fn extract(meta: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        if let Ok(name) = meta.extract::<String>() {
            return Ok(Self(name.into()));
        }
        if !meta.is_instance(CLASS.import(meta.py(), "jetblob._meta", "ObjectMeta")?)? {
            return Err(wrong_type("meta must be a name (str) or an ObjectMeta", &meta));
        }
        let headers: BTreeMap<String, Values> = field(&meta, "headers")?;
        let link: Option<LinkTo> = field(&meta, "link")?;
        Ok(Self(ObjectMeta {
            name: field(&meta, "name")?,
            description: field(&meta, "description")?,
            headers: headers.into_iter().map(|(header, Values(values))| (header, values)).collect(),
            metadata: field(&meta, "metadata")?,
            chunk_size: field(&meta, "chunk_size")?,
            link: link.map(Link::from),
        }))
    }
}

/// The values of a header; one may stand alone.
struct Values(Vec<String>);

impl<'py> FromPyObject<'_, 'py> for Values {
    type Error = PyErr;

    fn extract(values: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(value) = values.extract::<String>() {
            return Ok(Self(vec![value]));
        }
        let several = values.extract().map(Self);
        several.map_err(|_| wrong_type("a header's value must be a str or a sequence of them", &values))
    }
}

/// A `jetblob.Link`.
#[derive(FromPyObject)]
pub(crate) struct LinkTo {
    bucket: String,
    name: Option<String>,
}

impl From<LinkTo> for Link {
    fn from(link: LinkTo) -> Self {
        Self { bucket: link.bucket, name: link.name }
    }
}
