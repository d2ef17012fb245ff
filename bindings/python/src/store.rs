//! A place that holds buckets.

use futures_util::TryStreamExt;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::bucket::Bucket;
use crate::call::Call;
use crate::config::Config;
use crate::connection::store_options;
use crate::items::Items;
use crate::process::{OfProcess, runtime};
use crate::status::Status;

#[pyclass(frozen, module = "jetblob._native")]
pub(crate) struct Store(OfProcess<jetblob::Store>);

/// Opens a store: by its URL, by a context, or the default one.
#[pyfunction]
pub(crate) fn open(
    url: Option<String>,
    context: Option<String>,
    options: &Bound<'_, PyDict>,
) -> PyResult<Call> {
    let options = store_options(options)?;
    Ok(Call::new(async move {
        let store = match (url, context) {
            (Some(url), _) => jetblob::Store::open_with(&url, options).await?,
            (None, Some(context)) => jetblob::Store::open_context(&context, options).await?,
            (None, None) => jetblob::Store::open_default(options).await?,
        };
        Ok(Store(OfProcess::new(store)))
    }))
}

impl Store {
    fn store(&self) -> PyResult<jetblob::Store> {
        self.0.get().cloned()
    }
}

#[pymethods]
impl Store {
    fn create_bucket(&self, config: Config) -> PyResult<Call> {
        let store = self.store()?;
        Ok(Call::new(async move { store.create_bucket(config.0).await.map(Bucket::new) }))
    }

    fn update_bucket(&self, config: Config) -> PyResult<Call> {
        let store = self.store()?;
        Ok(Call::new(async move { store.update_bucket(config.0).await.map(Bucket::new) }))
    }

    fn create_or_update_bucket(&self, config: Config) -> PyResult<Call> {
        let store = self.store()?;
        Ok(Call::new(async move { store.create_or_update_bucket(config.0).await.map(Bucket::new) }))
    }

    fn bucket(&self, name: String) -> PyResult<Call> {
        let store = self.store()?;
        Ok(Call::new(async move { store.bucket(&name).await.map(Bucket::new) }))
    }

    fn delete_bucket(&self, name: String) -> PyResult<Call> {
        let store = self.store()?;
        Ok(Call::new(async move { store.delete_bucket(&name).await }))
    }

    fn bucket_names(&self) -> PyResult<Items> {
        let store = self.store()?;
        let _entered = runtime().enter();
        Ok(Items::new(store.bucket_names()))
    }

    fn buckets(&self) -> PyResult<Items> {
        let store = self.store()?;
        let _entered = runtime().enter();
        Ok(Items::new(store.buckets().map_ok(Status)))
    }

    fn suspend(&self) -> PyResult<Call> {
        let store = self.store()?;
        Ok(Call::new(async move { store.suspend().await }))
    }

    fn resume(&self) -> PyResult<()> {
        self.store()?.resume();
        Ok(())
    }

    fn close(&self) -> PyResult<Call> {
        let store = self.store()?;
        Ok(Call::new(async move {
            store.close().await;
            Ok(())
        }))
    }
}
