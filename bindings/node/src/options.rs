//! The options of operations.

use jetblob::{
    ByteRange, CheckLevel, CheckOptions, Condition, Consistency, Error, GcOptions, GetOptions, InfoOptions,
    ListOptions, PutOptions, Subset, WatchOptions, WriteOptions,
};
use napi::Result;
use napi::bindgen_prelude::Either;
use napi_derive::napi;

use crate::number::{count, span};
use crate::progress::{Progress, telling};

/// Of a write.
#[napi(object, object_to_js = false)]
pub(crate) struct Write {
    pub if_absent: Option<bool>,
    pub if_revision: Option<i64>,
    pub expires: Option<f64>,
    pub progress: Option<bool>,
}

impl Write {
    fn condition(&self) -> Result<jetblob::Result<Condition>> {
        Ok(match (self.if_absent.unwrap_or_default(), self.if_revision.map(count).transpose()?) {
            (true, Some(_)) => Err(Error::InvalidArgument {
                argument: "condition",
                reason: "ifAbsent can't be together with ifRevision".to_owned(),
            }),
            (true, None) => Ok(Condition::IfAbsent),
            (false, Some(revision)) => Ok(Condition::IfRevision(revision)),
            (false, None) => Ok(Condition::Always),
        })
    }

    /// The options of a put, and where is heard how far it is.
    pub(crate) fn into_put(self) -> Result<(jetblob::Result<PutOptions>, Option<Progress>)> {
        let (tell, progress) = telling(self.progress.unwrap_or_default());
        let expires = self.expires.map(span).transpose()?;
        let options = self.condition()?.map(|condition| {
            let mut options = PutOptions::default();
            options.condition = condition;
            options.expires = expires;
            if progress.is_some() { options.with_progress(tell) } else { options }
        });
        Ok((options, progress))
    }

    pub(crate) fn into_write(self) -> Result<jetblob::Result<WriteOptions>> {
        Ok(self.condition()?.map(|condition| {
            let mut options = WriteOptions::default();
            options.condition = condition;
            options
        }))
    }
}

/// Of a read.
#[napi(object, object_to_js = false)]
pub(crate) struct Read {
    pub range: Option<Bytes>,
    pub show_deleted: Option<bool>,
    pub leader: Option<bool>,
    pub ignore_digest: Option<bool>,
    pub progress: Option<bool>,
}

/// Which bytes: the last ones, or those from a start to an end.
#[napi(object, object_to_js = false)]
pub(crate) struct Bytes {
    pub start: Option<i64>,
    pub end: Option<i64>,
    pub suffix: Option<i64>,
}

impl Bytes {
    fn into_range(self) -> Result<ByteRange> {
        let bound = |number: Option<i64>| number.map(count).transpose();
        Ok(match (bound(self.start)?, bound(self.end)?, bound(self.suffix)?) {
            (_, _, Some(last)) => ByteRange::Suffix(last),
            (start, Some(end), None) => ByteRange::Bounded(start.unwrap_or_default()..end),
            (Some(start), None, None) => ByteRange::From(start),
            (None, None, None) => ByteRange::All,
        })
    }
}

impl Read {
    fn consistency(&self) -> Consistency {
        if self.leader.unwrap_or_default() { Consistency::Leader } else { Consistency::ReadYourWrites }
    }

    pub(crate) fn into_get(self) -> Result<GetOptions> {
        let mut options = GetOptions::default();
        options.show_deleted = self.show_deleted.unwrap_or_default();
        options.consistency = self.consistency();
        options.ignore_digest = self.ignore_digest.unwrap_or_default();
        options.range = self.range.map_or(Ok(ByteRange::All), Bytes::into_range)?;
        Ok(options)
    }

    pub(crate) fn into_info(self) -> InfoOptions {
        let mut options = InfoOptions::default();
        options.show_deleted = self.show_deleted.unwrap_or_default();
        options.consistency = self.consistency();
        options
    }
}

/// Of a list.
#[napi(object, object_to_js = false)]
pub(crate) struct List {
    pub prefix: Option<String>,
    pub show_deleted: Option<bool>,
}

impl From<List> for ListOptions {
    fn from(list: List) -> Self {
        let mut options = Self::default();
        options.prefix = list.prefix.unwrap_or_default();
        options.show_deleted = list.show_deleted.unwrap_or_default();
        options
    }
}

/// Of a watch.
#[napi(object, object_to_js = false)]
pub(crate) struct Watch {
    pub prefix: Option<String>,
    pub include_history: Option<bool>,
    pub ignore_deletes: Option<bool>,
    pub updates_only: Option<bool>,
    pub after: Option<i64>,
}

impl Watch {
    pub(crate) fn into_options(self) -> Result<WatchOptions> {
        let mut options = WatchOptions::default();
        options.prefix = self.prefix.unwrap_or_default();
        options.include_history = self.include_history.unwrap_or_default();
        options.ignore_deletes = self.ignore_deletes.unwrap_or_default();
        options.updates_only = self.updates_only.unwrap_or_default();
        options.after = self.after.map(count).transpose()?;
        Ok(options)
    }
}

/// Of a check. The subset is a text, or a number of bytes.
#[napi(object, object_to_js = false)]
pub(crate) struct Examine {
    pub level: Option<String>,
    pub subset: Option<Either<String, i64>>,
    pub seed: Option<i64>,
    pub grace: Option<f64>,
}

impl Examine {
    /// The options; an error of the library is that of a subset.
    pub(crate) fn into_check(self) -> Result<jetblob::Result<CheckOptions>> {
        let mut options = CheckOptions::default();
        options.seed = self.seed.map_or(Ok(options.seed), count)?;
        options.grace = self.grace.map_or(Ok(options.grace), span)?;
        let subset = match self.subset {
            None => None,
            Some(Either::A(text)) => match text.parse() {
                Ok(subset) => Some(subset),
                Err(error) => return Ok(Err(error)),
            },
            Some(Either::B(bytes)) => Some(Subset::Bytes(count(bytes)?)),
        };
        if let Some(subset) = subset {
            options = options.with_subset(subset);
        }
        options.level = match self.level.as_deref() {
            None => options.level,
            Some("settings") => CheckLevel::Settings,
            Some("data") => CheckLevel::Data,
            Some(_) => CheckLevel::Structure,
        };
        Ok(Ok(options))
    }
}

/// Of a clean-up.
#[napi(object, object_to_js = false)]
pub(crate) struct Gc {
    pub grace: Option<f64>,
    pub dry_run: Option<bool>,
}

impl Gc {
    pub(crate) fn into_gc(self) -> Result<GcOptions> {
        let mut options = GcOptions::default();
        options.grace = self.grace.map_or(Ok(options.grace), span)?;
        options.dry_run = self.dry_run.unwrap_or_default();
        Ok(options)
    }
}
