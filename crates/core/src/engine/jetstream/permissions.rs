//! What a user must be allowed on a server. The tests run every operation with no more than this.

use super::api::api_prefix;
use super::connect::check_subjects;
use crate::Result;
use crate::engine::StoreOptions;
use crate::protocol::BucketName;

/// What somebody may do in a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Role {
    /// Read everything in it: get, info, list, watch, status, check.
    Reader,
    /// What a reader does; and put, link, update, rename, delete and purge objects; gc.
    Writer,
    /// What a writer does; and create, update, seal and delete the bucket.
    Admin,
}

/// The subjects that a user of a NATS server must be allowed, and no others, to do what jetblob does.
///
/// ```
/// use jetblob::engine::jetstream::{Permissions, Role};
/// use jetblob::{BucketName, StoreOptions};
///
/// let mut permissions = Permissions::new(&StoreOptions::default())?;
/// permissions.allow(Role::Writer, &BucketName::parse("photos").unwrap());
/// assert!(permissions.publish.contains(&"$O.photos.M.>".to_owned()));
/// assert_eq!(permissions.subscribe, ["_INBOX.>"]);
/// # Ok::<(), jetblob::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Permissions {
    /// Subjects to publish to.
    pub publish: Vec<String>,
    /// Subjects to subscribe to: those of replies. Who shares them with others reads what these read, so each user
    /// should have an inbox prefix of its own.
    pub subscribe: Vec<String>,
    prefixes: Vec<String>,
}

impl Permissions {
    /// Those of somebody who may do nothing yet, with the domain, API prefix and inbox prefix of these options.
    ///
    /// Fails with `InvalidArgument` if one of them is no subject.
    pub fn new(options: &StoreOptions) -> Result<Self> {
        check_subjects(options)?;
        let inbox = options.inbox_prefix.as_deref().unwrap_or("_INBOX");
        let subscribe = vec![format!("{inbox}.>")];
        let mut prefixes = vec![api_prefix(options)];
        // A server in the domain itself takes the domain out before it looks at permissions.
        if options.api_prefix.is_none() && options.domain.is_some() {
            prefixes.push(api_prefix(&StoreOptions::default()));
        }
        Ok(Self { publish: Vec::new(), subscribe, prefixes })
    }

    /// Allows what the role does in the bucket.
    pub fn allow(&mut self, role: Role, bucket: &BucketName) {
        let stream = bucket.stream();
        for call in ["STREAM.INFO", "STREAM.MSG.GET", "DIRECT.GET"] {
            self.call(&format!("{call}.{stream}"));
        }
        // The name of a consumer is fresh, what it reads follows.
        for call in ["DIRECT.GET", "CONSUMER.CREATE", "CONSUMER.INFO", "CONSUMER.MSG.NEXT", "CONSUMER.DELETE"]
        {
            self.call(&format!("{call}.{stream}.>"));
        }
        if role >= Role::Writer {
            self.add(bucket.all_chunks());
            self.add(bucket.all_records());
        }
        if role >= Role::Admin {
            for call in ["STREAM.CREATE", "STREAM.UPDATE", "STREAM.DELETE"] {
                self.call(&format!("{call}.{stream}"));
            }
            self.allow_purge(bucket);
        }
    }

    /// Allows to purge the bucket's stream: all of it. It is how the bytes of what is replaced or deleted are removed
    /// where the stream knows no TTL per message (a bucket that is `plain` or of another client, a server before 2.11); a
    /// writer without it leaves them there.
    pub fn allow_purge(&mut self, bucket: &BucketName) {
        self.call(&format!("STREAM.PURGE.{}", bucket.stream()));
    }

    /// Allows to list all streams of the account, with their configurations, and so the buckets among them.
    pub fn allow_bucket_list(&mut self) {
        self.call("STREAM.NAMES");
        self.call("STREAM.LIST");
    }

    fn call(&mut self, rest: &str) {
        for prefix in self.prefixes.clone() {
            self.add(format!("{prefix}.{rest}"));
        }
    }

    fn add(&mut self, subject: String) {
        if !self.publish.contains(&subject) {
            self.publish.push(subject);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(role: Role, options: &StoreOptions) -> Permissions {
        let mut permissions = Permissions::new(options).unwrap();
        permissions.allow(role, &BucketName::parse("b").unwrap());
        permissions
    }

    #[test]
    fn each_role_has_what_the_one_before_it_has() {
        let [reader, writer, admin] =
            [Role::Reader, Role::Writer, Role::Admin].map(|role| of(role, &StoreOptions::default()).publish);
        assert!(writer.starts_with(&reader) && admin.starts_with(&writer));
        assert_eq!(writer[reader.len()..], ["$O.b.C.>", "$O.b.M.>"]);
        assert!(reader.iter().all(|subject| subject.contains(".OBJ_b")), "{reader:?}");
    }

    #[test]
    fn the_prefixes_of_the_connection_are_in_them() {
        let mut options = StoreOptions::default();
        (options.domain, options.inbox_prefix) = (Some("hub".into()), Some("_INBOX.ann".into()));
        let permissions = of(Role::Reader, &options);
        assert_eq!(permissions.subscribe, ["_INBOX.ann.>"]);
        let [far, near] = ["$JS.hub.API.STREAM.INFO.OBJ_b", "$JS.API.STREAM.INFO.OBJ_b"].map(String::from);
        assert_eq!(permissions.publish[..2], [far, near]);
        options.api_prefix = Some("JS.acc".into());
        assert_eq!(of(Role::Reader, &options).publish[0], "JS.acc.STREAM.INFO.OBJ_b");
        options.inbox_prefix = Some("a b".into());
        assert_eq!(Permissions::new(&options).unwrap_err().code(), "invalid_argument");
    }
}
