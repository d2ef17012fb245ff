//! Opening a store by the name of a context, or without any name.

use super::Choice;
use crate::{Result, Store, StoreOptions};

impl Store {
    /// Opens the server that a context of the `nats` command leads to, in the way that the context says: with its
    /// credentials, TLS, JetStream domain or API prefix, and inbox prefix.
    ///
    /// What `options` give wins over the variables `$NATS_CREDS`, `$NATS_USER` with `$NATS_PASSWORD`, `$NATS_TOKEN`,
    /// `$NATS_NKEY`, `$NATS_CA`, `$NATS_CERT` with `$NATS_KEY` and `$NATS_INBOX_PREFIX`, and these win over the context.
    /// Credentials of all kinds are one thing: any that win are in the place of all others; a password alone is for the
    /// context's user.
    ///
    /// A context is the file `nats/context/<name>.json` in `$XDG_CONFIG_HOME` or `~/.config`; `nats context add` makes
    /// one.
    ///
    /// ```no_run
    /// # async fn staging() -> jetblob::Result<()> {
    /// use jetblob::{Store, StoreOptions};
    ///
    /// let store = Store::open_context("staging", StoreOptions::default()).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Fails with `InvalidArgument` if there is no such context, or something in it, or in a variable, can't be followed;
    /// `Io` and `PermissionDenied` if a file can't be read; and as [`open`](Self::open).
    pub async fn open_context(name: &str, options: StoreOptions) -> Result<Self> {
        Choice { context: Some(name.to_owned()), of_context: true, options, ..Choice::default() }.open().await
    }

    /// Opens the store that is meant where none is named, the same in every language and for the `jetblob` command.
    ///
    /// It is the first of:
    ///
    /// 1. `$JETBLOB_STORE`, a URL or a directory. A server there is reached as the context `$NATS_CONTEXT` says, if that
    ///    is set;
    /// 2. the server of the context `$NATS_CONTEXT`;
    /// 3. `$NATS_URL`, servers;
    /// 4. the server of the context that the `nats` command has selected;
    /// 5. the directory `jetblob` in `$XDG_DATA_HOME`, or in `~/.local/share`. It is made if it isn't there.
    ///
    /// An empty variable is none. For a server, options, variables and contexts add up as in
    /// [`open_context`](Self::open_context); a directory needs none of it.
    ///
    /// ```no_run
    /// # async fn any() -> jetblob::Result<()> {
    /// use jetblob::{Store, StoreOptions};
    ///
    /// let store = Store::open_default(StoreOptions::default()).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Fails as `open_context`. What is wrong with the selected context is an error too, and names the way around it.
    pub async fn open_default(options: StoreOptions) -> Result<Self> {
        Choice { options, ..Choice::default() }.open().await
    }
}
