//! Changes of a bucket, as they are made.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt};

use crate::engine::{Change, Start};
use crate::operation::{Trace, operation};
use crate::protocol::ObjectInfo;
use crate::{Bucket, Error, Result};

/// What [`Bucket::watch_with`] tells.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct WatchOptions {
    /// Only names that begin with this.
    pub prefix: String,
    /// Begin with everything that the store still has of each name, instead of its current record alone. Other clients
    /// leave old records behind; jetblob never does.
    pub include_history: bool,
    /// Leave deleted objects out. The marker [`WatchEvent::CaughtUp`] comes all the same.
    pub ignore_deletes: bool,
    /// Leave out what is there already, and the marker: only what is written from now on.
    pub updates_only: bool,
    /// Begin with what was written after this revision: to go on where an earlier watch ended, without a gap. Objects
    /// that were removed in between without a marker are not told.
    pub after: Option<u64>,
}

impl WatchOptions {
    /// Only names that begin with `prefix`.
    #[must_use]
    pub fn with_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Begin with all records that the store still has.
    #[must_use]
    pub fn with_history(mut self) -> Self {
        self.include_history = true;
        self
    }

    /// Leave deleted objects out.
    #[must_use]
    pub fn ignoring_deletes(mut self) -> Self {
        self.ignore_deletes = true;
        self
    }

    /// Only what is written from now on.
    #[must_use]
    pub fn updates_only(mut self) -> Self {
        self.updates_only = true;
        self
    }

    /// Only what was written after `revision`.
    #[must_use]
    pub fn after(mut self, revision: u64) -> Self {
        self.after = Some(revision);
        self
    }

    fn start(&self) -> Result<Start> {
        match (self.updates_only, self.include_history, self.after) {
            (true, false, None) => Ok(Start::Now),
            (true, ..) => Err(Error::InvalidArgument {
                argument: "watch options",
                reason: "updates only can't be together with history, or with a revision to begin after"
                    .to_owned(),
            }),
            (false, _, Some(revision)) => Ok(Start::After(revision)),
            (false, true, None) => Ok(Start::History),
            (false, false, None) => Ok(Start::Current),
        }
    }
}

/// What a [`Watch`] tells.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WatchEvent {
    /// An object or a link was written, or deleted: see [`ObjectInfo::deleted`]. Its `mtime` is when it was.
    Object(Box<ObjectInfo>),
    /// All that was there at the beginning has been told; what follows is new. Comes once.
    CaughtUp,
}

/// The changes of a bucket. See [`Bucket::watch`].
pub struct Watch {
    bucket: Bucket,
    options: WatchOptions,
    changes: BoxStream<'static, Result<Change>>,
    trace: Trace,
}

impl Bucket {
    /// Watches the bucket: tells of each object, link and deleted object as it is now, in the order in which they were
    /// written; then [`WatchEvent::CaughtUp`]; then of every write, whoever makes it, for as long as it is asked.
    ///
    /// What is written after this has returned is told. Nothing is lost or told twice when the connection or the server
    /// goes away and comes back; but an object that is written several times before it is told may be told only as it
    /// is then. A slow reader holds nobody up and loses nothing: what it has not asked for waits at the store.
    ///
    /// A record that makes no sense is an `Err` of `BadMeta` that names it; the others still follow. Any other error
    /// ends the watch: `BucketDeleted`, and `Unavailable` when no server was there for the idle limit.
    /// [`WatchOptions::after`] takes it up again. Dropping the watch ends it, at the server too.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> jetblob::Result<()> {
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let store = jetblob::Store::open(dir.path().to_str().unwrap()).await?;
    /// # let bucket = store.create_bucket(jetblob::BucketConfig::new("b")).await?;
    /// # bucket.put_string("a", "").await?;
    /// use jetblob::WatchEvent;
    ///
    /// let mut watch = bucket.watch().await?;
    /// while let Some(event) = watch.next().await? {
    ///     match event {
    ///         WatchEvent::Object(info) if info.deleted => println!("{} is gone", info.name),
    ///         WatchEvent::Object(info) => println!("{}: {} bytes", info.name, info.size),
    ///         WatchEvent::CaughtUp => break,
    ///         _ => {}
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn watch(&self) -> Result<Watch> {
        self.watch_with(WatchOptions::default()).await
    }

    /// Like [`watch`](Self::watch), with options. Fails with `InvalidArgument` if they contradict each other.
    pub async fn watch_with(&self, options: WatchOptions) -> Result<Watch> {
        let begin = async { self.engine.changes(options.start()?).await };
        let operation = operation!("jetblob.watch", "watch", Some(self.name()), None);
        let (changes, trace) = operation.begin(begin).await?;
        Ok(Watch { bucket: self.clone(), options, changes, trace })
    }
}

impl Watch {
    /// The next event, however long it takes until there is one.
    ///
    /// May be dropped and called again: nothing is lost.
    pub async fn next(&mut self) -> Result<Option<WatchEvent>> {
        StreamExt::next(self).await.transpose()
    }

    fn event(&self, change: Change) -> Option<Result<WatchEvent>> {
        let stored = match change {
            Change::CaughtUp if self.options.updates_only => return None,
            Change::CaughtUp => return Some(Ok(WatchEvent::CaughtUp)),
            Change::Record(stored) => stored,
        };
        let options = &self.options;
        match self.bucket.read_record(&stored) {
            Ok(info) if !info.name.starts_with(&options.prefix) || info.deleted && options.ignore_deletes => {
                None
            }
            Ok(info) => Some(Ok(WatchEvent::Object(Box::new(info)))),
            Err(Error::BadMeta { name, .. }) if !name.starts_with(&options.prefix) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

impl Stream for Watch {
    type Item = Result<WatchEvent>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let this = &mut *self;
            let change = {
                let _entered = this.trace.enter();
                ready!(this.changes.poll_next_unpin(cx))
            };
            let event = match change {
                Some(Ok(change)) => this.event(change),
                Some(Err(error)) => {
                    let error = error.during("watch", Some(this.bucket.name()), None);
                    this.trace.end(Some(&error));
                    Some(Err(error))
                }
                None => {
                    this.trace.end(None);
                    return Poll::Ready(None);
                }
            };
            if event.is_some() {
                return Poll::Ready(event);
            }
        }
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").field("bucket", &self.bucket.name()).finish_non_exhaustive()
    }
}
