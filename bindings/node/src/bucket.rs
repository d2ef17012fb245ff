//! A named collection of objects.

use futures_util::TryStreamExt;
use jetblob::handle::whole;
use jetblob::{Body, Object, Resolved, WatchEvent};
use napi::bindgen_prelude::{BufferSlice, JsValue, Uint8ArraySlice, within_runtime_if_available};
use napi::{Env, Result};
use napi_derive::napi;

use crate::call::Call;
use crate::check::Check;
use crate::download::Download;
use crate::error::{Unknown, thrown};
use crate::gc::Collected;
use crate::info::{Info, Target};
use crate::items::Items;
use crate::meta::Meta;
use crate::options::{Examine, Gc, List, Read, Watch, Write};
use crate::progress::telling;
use crate::runtime::InRuntime;
use crate::status::Status;
use crate::upload::{Upload, copied};

#[napi]
pub(crate) struct Bucket(InRuntime<jetblob::Bucket>);

impl Bucket {
    /// Made inside the runtime.
    pub(crate) fn new(bucket: jetblob::Bucket) -> Self {
        Self(InRuntime::new(bucket))
    }
}

#[napi]
impl Bucket {
    #[napi(getter)]
    pub fn name(&self) -> String {
        self.0.name().to_owned()
    }

    #[napi]
    pub fn status(&self) -> Call {
        let bucket = self.0.clone();
        Call::new(async move { bucket.status().await.map(Status::from) })
    }

    #[napi]
    pub fn seal(&self) -> Call {
        let bucket = self.0.clone();
        Call::new(async move { bucket.seal().await.map(Status::from) })
    }

    #[napi]
    pub fn put_bytes(&self, meta: Meta, bytes: Uint8ArraySlice<'_>, options: Write) -> Result<Call> {
        let (bucket, meta, bytes) = (self.0.clone(), meta.into_meta()?, copied(&bytes));
        let (options, progress) = options.into_put()?;
        let call = Call::new(async move { bucket.put_with(meta, bytes, options?).await.map(Info::from) });
        Ok(call.telling(progress))
    }

    #[napi]
    pub fn put_file(&self, meta: Meta, path: String, options: Write) -> Result<Call> {
        let (bucket, meta) = (self.0.clone(), meta.into_meta()?);
        let (options, progress) = options.into_put()?;
        let call =
            Call::new(async move { bucket.put_with(meta, Body::file(path), options?).await.map(Info::from) });
        Ok(call.telling(progress))
    }

    #[napi]
    pub fn upload(&self, env: Env, meta: Meta, options: Write) -> Result<Upload> {
        let (options, _) = options.into_put()?;
        let options = options.map_err(|error| thrown(env, &error))?;
        let meta = meta.into_meta()?;
        Ok(within_runtime_if_available(|| Upload::new(self.0.upload_with(meta, options))))
    }

    #[napi]
    pub fn get(&self, name: String, options: Read) -> Result<Call> {
        let (bucket, options) = (self.0.clone(), options.into_get()?);
        Ok(Call::new(async move { bucket.get_with(&name, options).await.map(Download::new) }))
    }

    #[napi]
    pub fn get_bytes(&self, name: String, options: Read) -> Result<Call> {
        let (bucket, options) = (self.0.clone(), options.into_get()?);
        let whole = async move { whole(&bucket, &name, options, Object::into_bytes).await };
        // What was gathered is handed over without a copy.
        Ok(Call::giving(whole, |env, bytes| {
            BufferSlice::from_data(env, Vec::from(bytes)).map(|buffer| buffer.to_unknown())
        }))
    }

    #[napi]
    pub fn get_string(&self, name: String, options: Read) -> Result<Call> {
        let (bucket, options) = (self.0.clone(), options.into_get()?);
        Ok(Call::new(async move { whole(&bucket, &name, options, Object::into_string).await }))
    }

    #[napi]
    pub fn get_file(&self, name: String, path: String, options: Read) -> Result<Call> {
        let bucket = self.0.clone();
        let (tell, progress) = telling(options.progress.unwrap_or_default());
        let options = options.into_get()?;
        let call = Call::new(async move {
            bucket.get_with(&name, options).await?.into_file_with(path, tell).await.map(Info::from)
        });
        Ok(call.telling(progress))
    }

    #[napi]
    pub fn info(&self, name: String, options: Read) -> Call {
        let (bucket, options) = (self.0.clone(), options.into_info());
        Call::new(async move { bucket.info_with(&name, options).await.map(Info::from) })
    }

    #[napi]
    pub fn update_meta(&self, name: String, meta: Meta, options: Write) -> Result<Call> {
        let (bucket, meta, options) = (self.0.clone(), meta.into_meta()?, options.into_write()?);
        Ok(Call::new(async move { bucket.update_meta_with(&name, meta, options?).await.map(Info::from) }))
    }

    #[napi]
    pub fn rename(&self, name: String, new_name: String, options: Write) -> Result<Call> {
        let (bucket, options) = (self.0.clone(), options.into_write()?);
        Ok(Call::new(async move { bucket.rename_with(&name, &new_name, options?).await.map(Info::from) }))
    }

    #[napi]
    pub fn delete(&self, name: String, options: Write) -> Result<Call> {
        let (bucket, options) = (self.0.clone(), options.into_write()?);
        Ok(Call::new(async move { bucket.delete_with(&name, options?).await.map(Info::from) }))
    }

    #[napi]
    pub fn purge(&self, name: String, options: Write) -> Result<Call> {
        let (bucket, options) = (self.0.clone(), options.into_write()?);
        Ok(Call::new(async move { bucket.purge_with(&name, options?).await }))
    }

    #[napi]
    pub fn add_link(&self, meta: Meta, target: Target, options: Write) -> Result<Call> {
        let (bucket, meta, options) = (self.0.clone(), meta.into_meta()?, options.into_write()?);
        Ok(Call::new(
            async move { bucket.add_link_with(meta, &target.into(), options?).await.map(Info::from) },
        ))
    }

    #[napi]
    pub fn add_bucket_link(&self, meta: Meta, target: &Bucket, options: Write) -> Result<Call> {
        let (bucket, target) = (self.0.clone(), target.0.clone());
        let (meta, options) = (meta.into_meta()?, options.into_write()?);
        Ok(Call::new(
            async move { bucket.add_bucket_link_with(meta, &target, options?).await.map(Info::from) },
        ))
    }

    #[napi]
    pub fn list(&self, options: List) -> Items {
        within_runtime_if_available(|| Items::new(self.0.list(options.into()).map_ok(Info::from)))
    }

    /// The items are infos, and `null` for having caught up.
    #[napi]
    pub fn watch(&self, options: Watch) -> Result<Call> {
        let (bucket, options) = (self.0.clone(), options.into_options()?);
        Ok(Call::new(async move {
            let watch = bucket.watch_with(options).await?;
            Ok(Items::new(watch.map_ok(|event| match event {
                WatchEvent::Object(info) => Some(Info::from(*info)),
                _ => None,
            })))
        }))
    }

    #[napi]
    pub fn check(&self, env: Env, options: Examine) -> Result<Check> {
        let check = options.into_check()?.and_then(|options| self.0.check(options));
        check.map(Check::new).map_err(|error| thrown(env, &error))
    }

    #[napi]
    pub fn gc(&self, options: Gc) -> Result<Call> {
        let (bucket, options) = (self.0.clone(), options.into_gc()?);
        Ok(Call::new(async move { bucket.gc(options).await.map(Collected::from) }))
    }

    /// How it ended, and what is there now.
    #[napi]
    pub fn resolve(&self, error: Unknown) -> Result<Call> {
        let (bucket, error) = (self.0.clone(), error.into_error()?);
        Ok(Call::new(async move {
            Ok(match bucket.resolve(&error?).await? {
                Resolved::Committed(info) => ("committed".to_owned(), Some(Info::from(*info))),
                Resolved::Changed(info) => ("changed".to_owned(), info.map(|info| Info::from(*info))),
                _ => ("not_committed".to_owned(), None),
            })
        }))
    }
}
