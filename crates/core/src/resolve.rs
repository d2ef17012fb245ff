//! How a write ended whose answer never came.

use crate::engine::Consistency;
use crate::operation::operation;
use crate::protocol::ObjectInfo;
use crate::{Bucket, Error, InfoOptions, Result};

/// What became of a write that failed with [`Error::Unknown`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resolved {
    /// It took effect, and what it wrote is what stands there.
    Committed(Box<ObjectInfo>),
    /// It took no effect: what was there before it still is. Where nothing was, and nothing is, it may also have gone by
    /// itself since. A write that the network still holds, against all odds, can take effect later, until something else
    /// is written under the name.
    NotCommitted,
    /// Something was written since, and nobody can tell any more whether it stood there in between: this is there now, or
    /// nothing. Of a put that took its name for free, it may also be what was there before.
    Changed(Option<Box<ObjectInfo>>),
}

impl Bucket {
    /// Tells how a write of this bucket ended whose answer never came: give it the [`Error::Unknown`] that the write
    /// failed with, once the store answers again. Of a write that doesn't put or link anything (`delete`,
    /// `update_meta`) it can tell that it took no effect, or that something did; then look at what is there.
    ///
    /// Fails with `InvalidArgument` for any other error.
    ///
    /// ```no_run
    /// # async fn example(bucket: &jetblob::Bucket) -> jetblob::Result<()> {
    /// use jetblob::{Error, Resolved};
    ///
    /// match bucket.put_string("a", "new").await {
    ///     Err(unknown @ Error::Unknown { .. }) => match bucket.resolve(&unknown).await? {
    ///         Resolved::Committed(info) => println!("stored as revision {}", info.revision),
    ///         _ => println!("not stored"),
    ///     },
    ///     put => println!("revision {}", put?.revision),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn resolve(&self, unknown: &Error) -> Result<Resolved> {
        let resolved = self.how_it_ended(unknown);
        operation!("jetblob.resolve", "resolve", Some(self.name()), unknown.name()).run(resolved).await
    }

    async fn how_it_ended(&self, unknown: &Error) -> Result<Resolved> {
        let Error::Unknown { during, nuid, revision_before } = unknown else {
            return Err(not_unknown(format!("its code is {}, not unknown", unknown.code())));
        };
        if during.bucket.as_deref().is_some_and(|bucket| bucket != self.name()) {
            return Err(not_unknown("it is of another bucket".to_owned()));
        }
        let Some(name) = &during.name else {
            return Err(not_unknown("it names no object".to_owned()));
        };
        let look = InfoOptions { show_deleted: true, consistency: Consistency::Leader };
        let now = match self.look_up(name, look).await {
            Ok(info) => Some(Box::new(info)),
            Err(Error::NotFound { .. }) => None,
            Err(error) => return Err(error),
        };
        Ok(match now {
            now if now.as_ref().map_or(0, |info| info.revision) == *revision_before => Resolved::NotCommitted,
            Some(info) if nuid.is_some() && info.nuid == *nuid && !info.deleted => Resolved::Committed(info),
            now => Resolved::Changed(now),
        })
    }
}

fn not_unknown(reason: String) -> Error {
    Error::InvalidArgument { argument: "error to resolve", reason }
}
