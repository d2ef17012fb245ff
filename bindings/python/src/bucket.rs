//! A named collection of objects.

use std::path::PathBuf;

use futures_util::TryStreamExt;
use jetblob::{Body, ListOptions, Object, Resolved, WatchEvent, WatchOptions, handle};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::call::Call;
use crate::check::Check;
use crate::download::Download;
use crate::error::{Unknown, raise};
use crate::gc::Removed;
use crate::info::{Info, Target};
use crate::items::Items;
use crate::meta::Meta;
use crate::options::{
    Bytes, PartOf, Seconds, check_options, gc_options, get_options, info_options, put_options, write_options,
};
use crate::process::{OfProcess, runtime};
use crate::progress::telling;
use crate::status::Status;
use crate::upload::Upload;
use crate::whole::whole;

#[pyclass(frozen, module = "jetblob._native")]
pub(crate) struct Bucket(OfProcess<jetblob::Bucket>);

impl Bucket {
    pub(crate) fn new(bucket: jetblob::Bucket) -> Self {
        Self(OfProcess::new(bucket))
    }

    fn bucket(&self) -> PyResult<jetblob::Bucket> {
        self.0.get().cloned()
    }
}

/// To Python: a `jetblob.ObjectInfo`, or `jetblob.CAUGHT_UP`.
struct Event(WatchEvent);

impl<'py> IntoPyObject<'py> for Event {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        static CAUGHT_UP: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        match self.0 {
            WatchEvent::Object(info) => Info(*info).into_pyobject(py),
            _ => CAUGHT_UP.import(py, "jetblob._watch", "CAUGHT_UP").cloned(),
        }
    }
}

#[pymethods]
impl Bucket {
    #[getter]
    fn name(&self) -> PyResult<&str> {
        Ok(self.0.get()?.name())
    }

    fn status(&self) -> PyResult<Call> {
        let bucket = self.bucket()?;
        Ok(Call::new(async move { bucket.status().await.map(Status) }))
    }

    fn seal(&self) -> PyResult<Call> {
        let bucket = self.bucket()?;
        Ok(Call::new(async move { bucket.seal().await.map(Status) }))
    }

    fn put_bytes(
        &self,
        meta: Meta,
        data: bytes::Bytes,
        if_absent: bool,
        if_revision: Option<u64>,
        expires: Option<Seconds>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Call> {
        let bucket = self.bucket()?;
        let (options, progress) = put_options(if_absent, if_revision, expires, progress);
        Ok(Call::telling(progress, async move { bucket.put_with(meta, data, options?).await.map(Info) }))
    }

    fn put_file(
        &self,
        meta: Meta,
        path: PathBuf,
        if_absent: bool,
        if_revision: Option<u64>,
        expires: Option<Seconds>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Call> {
        let bucket = self.bucket()?;
        let (options, progress) = put_options(if_absent, if_revision, expires, progress);
        Ok(Call::telling(progress, async move {
            bucket.put_with(meta, Body::file(path), options?).await.map(Info)
        }))
    }

    fn upload(
        &self,
        py: Python<'_>,
        meta: Meta,
        if_absent: bool,
        if_revision: Option<u64>,
        expires: Option<Seconds>,
    ) -> PyResult<Upload> {
        let bucket = self.bucket()?;
        let (options, _) = put_options(if_absent, if_revision, expires, None);
        let options = options.map_err(|error| raise(py, &error))?;
        let _entered = runtime().enter();
        Ok(Upload::new(bucket.upload_with(meta, options)))
    }

    fn get(
        &self,
        name: String,
        range: Option<Bytes>,
        show_deleted: bool,
        consistency: &str,
        ignore_digest: bool,
    ) -> PyResult<Call> {
        let bucket = self.bucket()?;
        let options = get_options(range, show_deleted, consistency, ignore_digest)?;
        Ok(Call::new(async move { bucket.get_with(&name, options).await.map(Download::new) }))
    }

    fn get_bytes(
        &self,
        name: String,
        range: Option<Bytes>,
        show_deleted: bool,
        consistency: &str,
        ignore_digest: bool,
    ) -> PyResult<Call> {
        let bucket = self.bucket()?;
        let options = get_options(range, show_deleted, consistency, ignore_digest)?;
        Ok(Call::new(async move { handle::whole(&bucket, &name, options, whole).await }))
    }

    fn get_string(
        &self,
        name: String,
        range: Option<Bytes>,
        show_deleted: bool,
        consistency: &str,
        ignore_digest: bool,
    ) -> PyResult<Call> {
        let bucket = self.bucket()?;
        let options = get_options(range, show_deleted, consistency, ignore_digest)?;
        Ok(Call::new(async move { handle::whole(&bucket, &name, options, Object::into_string).await }))
    }

    #[expect(clippy::too_many_arguments, reason = "each is an option of the operation")]
    fn get_file(
        &self,
        name: String,
        path: PathBuf,
        range: Option<Bytes>,
        show_deleted: bool,
        consistency: &str,
        ignore_digest: bool,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Call> {
        let bucket = self.bucket()?;
        let options = get_options(range, show_deleted, consistency, ignore_digest)?;
        let (tell, progress) = telling(progress);
        Ok(Call::telling(progress, async move {
            bucket.get_with(&name, options).await?.into_file_with(path, tell).await.map(Info)
        }))
    }

    fn info(&self, name: String, show_deleted: bool, consistency: &str) -> PyResult<Call> {
        let bucket = self.bucket()?;
        let options = info_options(show_deleted, consistency)?;
        Ok(Call::new(async move { bucket.info_with(&name, options).await.map(Info) }))
    }

    fn update_meta(&self, name: String, meta: Meta, if_revision: Option<u64>) -> PyResult<Call> {
        let bucket = self.bucket()?;
        Ok(Call::new(async move {
            let options = write_options(false, if_revision)?;
            bucket.update_meta_with(&name, meta.into(), options).await.map(Info)
        }))
    }

    fn rename(&self, name: String, new_name: String, if_revision: Option<u64>) -> PyResult<Call> {
        let bucket = self.bucket()?;
        Ok(Call::new(async move {
            bucket.rename_with(&name, &new_name, write_options(false, if_revision)?).await.map(Info)
        }))
    }

    fn delete(&self, name: String, if_revision: Option<u64>) -> PyResult<Call> {
        let bucket = self.bucket()?;
        Ok(Call::new(
            async move { bucket.delete_with(&name, write_options(false, if_revision)?).await.map(Info) },
        ))
    }

    fn purge(&self, name: String, if_revision: Option<u64>) -> PyResult<Call> {
        let bucket = self.bucket()?;
        Ok(Call::new(async move { bucket.purge_with(&name, write_options(false, if_revision)?).await }))
    }

    fn add_link(
        &self,
        meta: Meta,
        target: Target,
        if_absent: bool,
        if_revision: Option<u64>,
    ) -> PyResult<Call> {
        let bucket = self.bucket()?;
        Ok(Call::new(async move {
            let options = write_options(if_absent, if_revision)?;
            bucket.add_link_with(meta, &target.0, options).await.map(Info)
        }))
    }

    fn add_bucket_link(
        &self,
        meta: Meta,
        target: &Bound<'_, Self>,
        if_absent: bool,
        if_revision: Option<u64>,
    ) -> PyResult<Call> {
        let (bucket, target) = (self.bucket()?, target.get().bucket()?);
        Ok(Call::new(async move {
            let options = write_options(if_absent, if_revision)?;
            bucket.add_bucket_link_with(meta, &target, options).await.map(Info)
        }))
    }

    fn list(&self, prefix: String, show_deleted: bool) -> PyResult<Items> {
        let bucket = self.bucket()?;
        let mut options = ListOptions::default();
        (options.prefix, options.show_deleted) = (prefix, show_deleted);
        let _entered = runtime().enter();
        Ok(Items::new(bucket.list(options).map_ok(Info)))
    }

    fn watch(
        &self,
        prefix: String,
        include_history: bool,
        ignore_deletes: bool,
        updates_only: bool,
        after: Option<u64>,
    ) -> PyResult<Call> {
        let bucket = self.bucket()?;
        let mut options = WatchOptions::default();
        options.prefix = prefix;
        options.include_history = include_history;
        options.ignore_deletes = ignore_deletes;
        options.updates_only = updates_only;
        options.after = after;
        Ok(Call::new(async move {
            let watch = bucket.watch_with(options).await?;
            Ok(Items::new(watch.map_ok(Event)))
        }))
    }

    fn resolve(&self, error: Unknown) -> PyResult<Call> {
        let bucket = self.bucket()?;
        Ok(Call::new(async move {
            let resolved = bucket.resolve(&error.try_into()?).await?;
            Ok(match resolved {
                Resolved::Committed(info) => ("committed", Some(Info(*info))),
                Resolved::Changed(info) => ("changed", info.map(|info| Info(*info))),
                _ => ("not_committed", None),
            })
        }))
    }

    fn check(
        &self,
        py: Python<'_>,
        level: Option<&str>,
        subset: Option<PartOf>,
        seed: u64,
        grace: Option<Seconds>,
    ) -> PyResult<Check> {
        let options = check_options(level, subset.map(|PartOf(subset)| subset), seed, grace)?;
        self.0.get()?.check(options).map(Check::new).map_err(|error| raise(py, &error))
    }

    fn gc(&self, grace: Option<Seconds>, dry_run: bool) -> PyResult<Call> {
        let (bucket, options) = (self.bucket()?, gc_options(grace, dry_run));
        Ok(Call::new(async move { bucket.gc(options).await.map(Removed) }))
    }
}
