//! One call of the public API, as it is told to `tracing`, and to the error that it fails with.
//!
//! Each has a span of target `jetblob`, at level INFO. It ends with the operation: that of a get, a list or a watch when
//! the last item is handed out, or it is dropped. Who doesn't listen pays nothing for it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::{FutureExt, Stream, StreamExt};
use tracing::{Instrument, Level, Span, span};

use crate::protocol::ObjectInfo;
use crate::{Error, Result};

/// Names of objects may be private: they are told to who enables this target at level TRACE.
const NAMES: &str = "jetblob::names";

/// The operation with a span of this name; what an error says was being done; the bucket and the object, where there
/// are any.
///
/// The fields of the span: `bucket`; `object`, its name, see [`NAMES`]; `nuid`, `size` in bytes, `chunks` and `revision`
/// of the object; `entries` of a list; `attempts`; `path`, the way that the engine took; `outcome`: `ok`, `error`,
/// `unknown`, `dropped`; `error`: its code.
macro_rules! operation {
    ($span:literal, $operation:literal, $bucket:expr, $name:expr) => {{
        let bucket: Option<&str> = $bucket;
        let span = tracing::info_span!(
            target: "jetblob",
            $span,
            bucket,
            object = tracing::field::Empty,
            nuid = tracing::field::Empty,
            size = tracing::field::Empty,
            chunks = tracing::field::Empty,
            revision = tracing::field::Empty,
            entries = tracing::field::Empty,
            attempts = tracing::field::Empty,
            path = tracing::field::Empty,
            outcome = tracing::field::Empty,
            error = tracing::field::Empty,
        );
        $crate::operation::Operation::new(span, $operation, bucket, $name)
    }};
}
pub(crate) use operation;

/// An operation that is about to begin.
#[derive(Debug)]
pub(crate) struct Operation<'c> {
    trace: Trace,
    doing: &'static str,
    bucket: Option<&'c str>,
    name: Option<&'c str>,
}

impl<'c> Operation<'c> {
    pub(crate) fn new(
        span: Span,
        doing: &'static str,
        bucket: Option<&'c str>,
        name: Option<&'c str>,
    ) -> Self {
        if let Some(name) = name.filter(|_| !span.is_disabled())
            && tracing::enabled!(target: NAMES, Level::TRACE)
        {
            span.record("object", name);
        }
        Self { trace: Trace { span, ended: false }, doing, bucket, name }
    }

    /// Does the work, from its beginning to its end.
    pub(crate) fn run<T>(self, work: impl Future<Output = Result<T>>) -> impl Future<Output = Result<T>> {
        self.begin(work).map(|begun| {
            let (answer, mut trace) = begun?;
            trace.end(None);
            Ok(answer)
        })
    }

    /// Does work whose answer is an object.
    pub(crate) fn run_on_object(
        self,
        work: impl Future<Output = Result<ObjectInfo>>,
    ) -> impl Future<Output = Result<ObjectInfo>> {
        self.begin(work).map(|begun| {
            let (info, mut trace) = begun?;
            trace.note(&info);
            trace.end(None);
            Ok(info)
        })
    }

    /// Does the first part of the work. What follows ends it.
    ///
    /// No `async fn`: that would hold the work twice.
    pub(crate) fn begin<T>(
        mut self,
        work: impl Future<Output = Result<T>>,
    ) -> impl Future<Output = Result<(T, Trace)>> {
        let span = self.trace.span.clone();
        work.instrument(span).map(move |begun| match begun {
            Ok(begun) => Ok((begun, self.trace)),
            Err(error) => {
                let error = error.during(self.doing, self.bucket, self.name);
                self.trace.end(Some(&error));
                Err(error)
            }
        })
    }

    /// Hands out these items. A `BadMeta` is one of them, and no end.
    pub(crate) fn items<S: Stream + Unpin>(self, source: S) -> Items<S> {
        let bucket = self.bucket.map(str::to_owned);
        Items { source, trace: self.trace, doing: self.doing, bucket, count: 0 }
    }
}

/// The span of an operation under way, which learns how it ends. One that is dropped before was given up.
#[derive(Debug)]
pub(crate) struct Trace {
    span: Span,
    ended: bool,
}

impl Trace {
    /// Makes what follows a part of the operation, until this is dropped.
    pub(crate) fn enter(&self) -> span::Entered<'_> {
        self.span.enter()
    }

    /// Tells of the object that it is about.
    pub(crate) fn note(&self, info: &ObjectInfo) {
        if self.span.is_disabled() {
            return;
        }
        if let Some(nuid) = &info.nuid {
            self.span.record("nuid", nuid.as_str());
        }
        self.span.record("size", info.size).record("chunks", info.chunks).record("revision", info.revision);
    }

    /// Tells how it ended, once.
    pub(crate) fn end(&mut self, error: Option<&Error>) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let outcome = match error {
            None => "ok",
            Some(Error::Unknown { .. }) => "unknown",
            Some(_) => "error",
        };
        self.span.record("outcome", outcome);
        if let Some(error) = error {
            self.span.record("error", error.code());
        }
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        if !self.ended {
            self.span.record("outcome", "dropped");
        }
    }
}

/// The items of an operation that lists.
pub(crate) struct Items<S> {
    source: S,
    trace: Trace,
    doing: &'static str,
    bucket: Option<String>,
    count: u64,
}

impl<T, S: Stream<Item = Result<T>> + Unpin> Stream for Items<S> {
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<T>>> {
        let this = self.get_mut();
        let item = {
            let _entered = this.trace.enter();
            ready!(this.source.poll_next_unpin(cx))
        };
        Poll::Ready(match item {
            None => {
                this.trace.span.record("entries", this.count);
                this.trace.end(None);
                None
            }
            Some(Err(error)) if !matches!(error, Error::BadMeta { .. }) => {
                let error = error.during(this.doing, this.bucket.as_deref(), None);
                this.trace.end(Some(&error));
                Some(Err(error))
            }
            item => {
                this.count += 1;
                item
            }
        })
    }
}
