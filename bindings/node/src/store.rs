//! A place that holds buckets.

use futures_util::TryStreamExt;
use napi::Result;
use napi::bindgen_prelude::within_runtime_if_available;
use napi_derive::napi;

use crate::bucket::Bucket;
use crate::call::Call;
use crate::config::Config;
use crate::connection::Connection;
use crate::items::Items;
use crate::runtime::InRuntime;
use crate::status::Status;

#[napi]
pub(crate) struct Store(InRuntime<jetblob::Store>);

/// Opens a store: by its URL, by a context, or the default one.
#[napi]
pub(crate) fn open(url: Option<String>, context: Option<String>, options: Connection) -> Result<Call> {
    let options = options.into_options()?;
    Ok(Call::new(async move {
        let store = match (url, context) {
            (Some(url), _) => jetblob::Store::open_with(&url, options).await?,
            (None, Some(context)) => jetblob::Store::open_context(&context, options).await?,
            (None, None) => jetblob::Store::open_default(options).await?,
        };
        Ok(Store(InRuntime::new(store)))
    }))
}

#[napi]
impl Store {
    #[napi]
    pub fn create_bucket(&self, config: Config) -> Result<Call> {
        let (store, config) = (self.0.clone(), config.into_config()?);
        Ok(Call::new(async move { store.create_bucket(config).await.map(Bucket::new) }))
    }

    #[napi]
    pub fn update_bucket(&self, config: Config) -> Result<Call> {
        let (store, config) = (self.0.clone(), config.into_config()?);
        Ok(Call::new(async move { store.update_bucket(config).await.map(Bucket::new) }))
    }

    #[napi]
    pub fn create_or_update_bucket(&self, config: Config) -> Result<Call> {
        let (store, config) = (self.0.clone(), config.into_config()?);
        Ok(Call::new(async move { store.create_or_update_bucket(config).await.map(Bucket::new) }))
    }

    #[napi]
    pub fn bucket(&self, name: String) -> Call {
        let store = self.0.clone();
        Call::new(async move { store.bucket(&name).await.map(Bucket::new) })
    }

    #[napi]
    pub fn delete_bucket(&self, name: String) -> Call {
        let store = self.0.clone();
        Call::new(async move { store.delete_bucket(&name).await })
    }

    #[napi]
    pub fn bucket_names(&self) -> Items {
        within_runtime_if_available(|| Items::new(self.0.bucket_names()))
    }

    #[napi]
    pub fn buckets(&self) -> Items {
        within_runtime_if_available(|| Items::new(self.0.buckets().map_ok(Status::from)))
    }

    #[napi]
    pub fn suspend(&self) -> Call {
        let store = self.0.clone();
        Call::new(async move { store.suspend().await })
    }

    #[napi]
    pub fn resume(&self) {
        self.0.resume();
    }

    #[napi]
    pub fn close(&self) -> Call {
        let store = self.0.clone();
        Call::new(async move {
            store.close().await;
            Ok(())
        })
    }
}
