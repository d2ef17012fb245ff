//! The options of operations.

use std::time::Duration;

use jetblob::{
    ByteRange, CheckLevel, CheckOptions, Condition, Consistency, Error, GcOptions, GetOptions, InfoOptions,
    PutOptions, Subset, WriteOptions,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDelta, PySlice, PyString};

use crate::error::raise;
use crate::field::wrong_type;
use crate::progress::{Progress, telling};

/// A time span: a `timedelta`, or a number of seconds.
pub(crate) struct Seconds(pub(crate) Duration);

impl<'py> FromPyObject<'_, 'py> for Seconds {
    type Error = PyErr;

    fn extract(span: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if span.is_instance_of::<PyDelta>() {
            return Ok(Self(span.extract()?));
        }
        let Ok(seconds) = span.extract::<f64>() else {
            return Err(wrong_type("a time span is a timedelta or seconds", &span));
        };
        let span = Duration::try_from_secs_f64(seconds);
        span.map(Self).map_err(|error| PyValueError::new_err(format!("{seconds} seconds: {error}")))
    }
}

/// Which bytes: a `slice` as of a sequence of bytes.
pub(crate) struct Bytes(ByteRange);

impl<'py> FromPyObject<'_, 'py> for Bytes {
    type Error = PyErr;

    fn extract(range: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let Ok(slice) = range.cast::<PySlice>() else {
            return Err(wrong_type("a range of bytes is a slice", &range));
        };
        let bound = |name: &str| slice.getattr(name)?.extract::<Option<i64>>();
        let range = match (bound("start")?, bound("stop")?, bound("step")?) {
            (None | Some(0), None, None | Some(1)) => ByteRange::All,
            (Some(last @ ..0), None, None | Some(1)) => ByteRange::Suffix(last.unsigned_abs()),
            (start, stop, None | Some(1)) if start.unwrap_or(0) >= 0 && stop.unwrap_or(0) >= 0 => {
                let start = start.map_or(0, i64::unsigned_abs);
                stop.map_or(ByteRange::From(start), |stop| ByteRange::Bounded(start..stop.unsigned_abs()))
            }
            _ => {
                return Err(PyValueError::new_err(format!(
                    "no range of bytes: {}; use slice(start, stop), slice(start, None) or slice(-last, None)",
                    slice.repr()?
                )));
            }
        };
        Ok(Self(range))
    }
}

/// Of which objects the bytes are read: a text, or a number of bytes.
pub(crate) struct PartOf(pub(crate) Subset);

impl<'py> FromPyObject<'_, 'py> for PartOf {
    type Error = PyErr;

    fn extract(subset: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if subset.is_instance_of::<PyString>() {
            let parsed = subset.extract::<&str>()?.parse();
            return parsed.map(Self).map_err(|error| raise(subset.py(), &error));
        }
        match subset.extract::<u64>() {
            Ok(bytes) => Ok(Self(Subset::Bytes(bytes))),
            Err(_) => {
                Err(wrong_type("a subset is a text like '10%' or '3/7', or a number of bytes", &subset))
            }
        }
    }
}

/// What must stand under the name, where it must be one thing.
pub(crate) fn condition(if_absent: bool, if_revision: Option<u64>) -> jetblob::Result<Condition> {
    match (if_absent, if_revision) {
        (true, Some(_)) => Err(Error::InvalidArgument {
            argument: "condition",
            reason: "if_absent can't be together with if_revision".to_owned(),
        }),
        (true, None) => Ok(Condition::IfAbsent),
        (false, Some(revision)) => Ok(Condition::IfRevision(revision)),
        (false, None) => Ok(Condition::Always),
    }
}

pub(crate) fn write_options(if_absent: bool, if_revision: Option<u64>) -> jetblob::Result<WriteOptions> {
    let mut options = WriteOptions::default();
    options.condition = condition(if_absent, if_revision)?;
    Ok(options)
}

/// The options of a put, and what tells how far it is.
pub(crate) fn put_options(
    if_absent: bool,
    if_revision: Option<u64>,
    expires: Option<Seconds>,
    progress: Option<Py<PyAny>>,
) -> (jetblob::Result<PutOptions>, Option<Progress>) {
    let (tell, progress) = telling(progress);
    let options = condition(if_absent, if_revision).map(|condition| {
        let mut options = PutOptions::default();
        options.condition = condition;
        options.expires = expires.map(|Seconds(time)| time);
        if progress.is_some() { options.with_progress(tell) } else { options }
    });
    (options, progress)
}

pub(crate) fn get_options(
    range: Option<Bytes>,
    show_deleted: bool,
    consistency: &str,
    ignore_digest: bool,
) -> PyResult<GetOptions> {
    let mut options = GetOptions::default();
    options.range = range.map_or(ByteRange::All, |Bytes(range)| range);
    options.show_deleted = show_deleted;
    options.consistency = consistent(consistency)?;
    options.ignore_digest = ignore_digest;
    Ok(options)
}

pub(crate) fn info_options(show_deleted: bool, consistency: &str) -> PyResult<InfoOptions> {
    let mut options = InfoOptions::default();
    options.show_deleted = show_deleted;
    options.consistency = consistent(consistency)?;
    Ok(options)
}

fn consistent(consistency: &str) -> PyResult<Consistency> {
    match consistency {
        "read_your_writes" => Ok(Consistency::ReadYourWrites),
        "leader" => Ok(Consistency::Leader),
        other => Err(PyValueError::new_err(format!(
            "consistency must be 'read_your_writes' or 'leader', not '{other}'"
        ))),
    }
}

pub(crate) fn check_options(
    level: Option<&str>,
    subset: Option<Subset>,
    seed: u64,
    grace: Option<Seconds>,
) -> PyResult<CheckOptions> {
    let mut options = CheckOptions::default().with_seed(seed);
    if let Some(subset) = subset {
        options = options.with_subset(subset);
    }
    options.level = match level {
        None => options.level,
        Some("settings") => CheckLevel::Settings,
        Some("structure") => CheckLevel::Structure,
        Some("data") => CheckLevel::Data,
        Some(other) => {
            return Err(PyValueError::new_err(format!(
                "level must be 'settings', 'structure' or 'data', not '{other}'"
            )));
        }
    };
    options.grace = grace.map_or(options.grace, |Seconds(grace)| grace);
    Ok(options)
}

pub(crate) fn gc_options(grace: Option<Seconds>, dry_run: bool) -> GcOptions {
    let mut options = GcOptions::default();
    options.grace = grace.map_or(options.grace, |Seconds(grace)| grace);
    options.dry_run = dry_run;
    options
}
