//! A bucket's configuration.

use jetblob::{BucketConfig, Placement, Storage};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::field::{field, wrong_type};
use crate::options::Seconds;

/// A `jetblob.BucketConfig`.
pub(crate) struct Config(pub(crate) BucketConfig);

impl<'py> FromPyObject<'_, 'py> for Config {
    type Error = PyErr;

    fn extract(config: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        if !config.is_instance(CLASS.import(config.py(), "jetblob._bucket_config", "BucketConfig")?)? {
            return Err(wrong_type("config must be a name (str) or a BucketConfig", &config));
        }
        let storage: String = field(&config, "storage")?;
        let storage = match storage.as_str() {
            "file" => Storage::File,
            "memory" => Storage::Memory,
            _ => return Err(PyValueError::new_err(format!("storage: 'file' or 'memory', not {storage:?}"))),
        };
        let ttl: Option<Seconds> = field(&config, "ttl")?;
        let placement: Option<PlacementOf> = field(&config, "placement")?;
        Ok(Self(BucketConfig {
            name: field(&config, "name")?,
            description: field(&config, "description")?,
            ttl: ttl.map(|Seconds(ttl)| ttl),
            max_bytes: field(&config, "max_bytes")?,
            storage,
            replicas: field(&config, "replicas")?,
            placement: placement.map(Placement::from),
            compression: field(&config, "compression")?,
            metadata: field(&config, "metadata")?,
            plain: field(&config, "plain")?,
        }))
    }
}

/// A `jetblob.Placement`.
#[derive(FromPyObject)]
struct PlacementOf {
    cluster: String,
    tags: Vec<String>,
}

impl From<PlacementOf> for Placement {
    fn from(placement: PlacementOf) -> Self {
        Self { cluster: placement.cluster, tags: placement.tags }
    }
}
