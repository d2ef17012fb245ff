//! Which store is meant.

use std::fmt;
use std::io;
use std::path::PathBuf;

use tokio::task::spawn_blocking;

use super::environment::{Environment, invalid};
use super::{Context, servers};
use crate::location::Location;
use crate::{Error, Result, Store, StoreOptions};

/// What is said of a store that is to be opened. Nothing need be: then it is the one of
/// [`Store::open_default`].
///
/// It is for command lines, where a URL and a context may be given both, and credentials in pieces; elsewhere
/// [`Store::open`], [`Store::open_context`] and [`Store::open_default`] are enough.
///
/// The store is the first of: `url`, `$JETBLOB_STORE`, the server of `context` or `$NATS_CONTEXT`, `$NATS_URL`, the
/// server of the context that the `nats` command has selected, the directory `jetblob` in `$XDG_DATA_HOME` or
/// `~/.local/share`. An empty variable is none.
///
/// `context` or `$NATS_CONTEXT` also says how to reach a server that stands before it in this list. The selected context
/// is for its own server alone.
///
/// ```
/// # #[cfg(feature = "local")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> jetblob::Result<()> {
/// # let dir = tempfile::tempdir().unwrap();
/// # let directory = dir.path().to_str().unwrap().to_owned();
/// use jetblob::context::Choice;
///
/// let mut choice = Choice::default();
/// choice.url = Some(directory);
/// let store = choice.open().await?;
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "local"))] fn main() {}
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Choice {
    /// The URL of the store, as [`Store::open`] takes it.
    pub url: Option<String>,
    /// The name of a context. An error where the store is a directory.
    pub context: Option<String>,
    /// A user. The password is `password`, else `$NATS_PASSWORD`, else empty.
    pub user: Option<String>,
    /// A password, for `user`, or for the user of `$NATS_USER` or the context.
    pub password: Option<String>,
    /// A file with the seed of an nkey.
    pub nkey_file: Option<PathBuf>,
    /// The client's certificate, a file in PEM; the key is `certificate_key`, or in `$NATS_KEY`.
    pub certificate: Option<PathBuf>,
    /// The key of the client's certificate, a file in PEM; the certificate is `certificate`, or in `$NATS_CERT`.
    pub certificate_key: Option<PathBuf>,
    /// All else; it wins over variables and context.
    pub options: StoreOptions,
    /// The store is the server of the context, whatever `$JETBLOB_STORE` says.
    pub(super) of_context: bool,
}

impl Choice {
    /// Finds the store, and opens it.
    ///
    /// Fails with `InvalidArgument` where a variable, a context or the file of an nkey can't be followed, `Io` and
    /// `PermissionDenied` where a file can't be read, and as [`Store::open`].
    pub async fn open(self) -> Result<Store> {
        // A home directory may be on a slow disk.
        let found = spawn_blocking(move || self.find(&Environment::of_process())).await;
        let found = found.map_err(|error| Error::io("the context", &io::Error::other(error))).flatten();
        let (location, options) = found.map_err(|error| error.during("open", None, None))?;
        Store::open_at(location, options).await
    }

    fn find(mut self, environment: &Environment) -> Result<(Location, StoreOptions)> {
        let url = match self.url.take() {
            None if !self.of_context => environment.text("JETBLOB_STORE")?,
            url => url,
        };
        let name = match &self.context {
            Some(name) => Some(name.clone()),
            None => environment.text("NATS_CONTEXT")?,
        };
        let named = |name: &String| Context::named(environment, name);
        let (url, context) = if let Some(url) = url {
            match Location::parse(&url)? {
                Location::Servers(url) => (url, name.as_ref().map(named).transpose()?),
                // The variable may well be for other commands.
                directory if self.context.is_none() => return Ok((directory, self.options)),
                Location::Directory(_) => return Err(for_a_directory(name.as_deref())),
            }
        } else if let Some(name) = &name {
            let context = named(name)?;
            (context.url()?, Some(context))
        } else if let Some(url) = environment.text("NATS_URL")? {
            (servers(&url).map_err(|reason| invalid(&format!("$NATS_URL {reason}")))?, None)
        } else if let Some(context) = Context::selected(environment)? {
            (context.url()?, Some(context))
        } else {
            return Ok((default_directory(environment)?, self.options));
        };
        let options = self.options(environment, &url, context.as_ref())?;
        Ok((Location::Servers(url), options))
    }
}

/// Shows no secret, and a URL may hold one.
impl fmt::Debug for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Choice")
            .field("context", &self.context)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

fn for_a_directory(name: Option<&str>) -> Error {
    let name = name.unwrap_or_default();
    let reason = format!(
        "{name:?} is for a server, and the store that is given, or in $JETBLOB_STORE, is a directory; leave one of them out"
    );
    Error::InvalidArgument { argument: "context", reason }
}

/// `jetblob` in the directory for data.
fn default_directory(environment: &Environment) -> Result<Location> {
    let data = environment.data().ok_or_else(|| {
        let reason = "there is no home directory to keep one in; name a store, or set $JETBLOB_STORE";
        Error::InvalidArgument { argument: "store", reason: reason.to_owned() }
    })?;
    Ok(Location::Directory(data.join("jetblob")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use super::*;

    /// A home directory, with contexts called by their URLs, and variables.
    struct Process {
        home: tempfile::TempDir,
        variables: BTreeMap<&'static str, &'static str>,
    }

    impl Process {
        fn new(variables: &[(&'static str, &'static str)]) -> Self {
            let home = tempfile::tempdir().unwrap();
            let contexts = home.path().join(".config/nats/context");
            fs::create_dir_all(&contexts).unwrap();
            for name in ["given", "variable", "selected"] {
                let fields = format!(r#"{{"url": "{name}", "token": "{name}'s"}}"#);
                fs::write(contexts.join(format!("{name}.json")), fields).unwrap();
            }
            Self { home, variables: variables.iter().copied().collect() }
        }

        fn select(&self, name: &str) {
            fs::write(self.home.path().join(".config/nats/context.txt"), name).unwrap();
        }

        /// The store, and the token for it.
        fn finds(&self, choice: Choice) -> Result<(Location, Option<String>)> {
            let variables = self.variables.clone();
            let environment = Environment::new(
                move |name| variables.get(name).map(Into::into),
                Some(self.home.path().to_owned()),
            );
            choice.find(&environment).map(|(location, options)| (location, options.token))
        }
    }

    const ALL: &[(&str, &str)] =
        &[("NATS_URL", "url"), ("NATS_CONTEXT", "variable"), ("JETBLOB_STORE", "nats://store")];

    fn servers(url: &str, token: Option<&str>) -> (Location, Option<String>) {
        (Location::Servers(url.to_owned()), token.map(str::to_owned))
    }

    #[test]
    fn the_first_store_that_is_given_is_taken() {
        let finds = |variables: &[_], selected: &str| {
            let process = Process::new(variables);
            process.select(selected);
            process.finds(Choice::default()).unwrap()
        };
        assert_eq!(finds(ALL, "selected"), servers("nats://store", Some("variable's")));
        assert_eq!(finds(&ALL[..2], "selected"), servers("nats://variable", Some("variable's")));
        assert_eq!(finds(&ALL[..1], "selected"), servers("nats://url", None));
        assert_eq!(finds(&[], "selected\n"), servers("nats://selected", Some("selected's")));
        let process = Process::new(&[("JETBLOB_STORE", ""), ("NATS_CONTEXT", ""), ("NATS_URL", "")]);
        process.select(" \n");
        let data = process.home.path().join(".local/share/jetblob");
        assert_eq!(process.finds(Choice::default()).unwrap(), (Location::Directory(data), None));
    }

    #[test]
    fn a_context_may_be_for_the_server_of_another() {
        let mut choice = Choice { context: Some("given".to_owned()), ..Choice::default() };
        let process = Process::new(ALL);
        process.select("selected");
        assert_eq!(process.finds(choice.clone()).unwrap(), servers("nats://store", Some("given's")));
        choice.url = Some("nats://mine".to_owned());
        assert_eq!(process.finds(choice.clone()).unwrap(), servers("nats://mine", Some("given's")));
        choice.options.token = Some("mine".to_owned());
        assert_eq!(process.finds(choice.clone()).unwrap(), servers("nats://mine", Some("mine")));
        choice.url = None;
        choice.of_context = true;
        assert_eq!(process.finds(choice).unwrap(), servers("nats://given", Some("mine")));
    }

    #[test]
    fn a_directory_needs_no_context_and_takes_none() {
        let process =
            Process::new(&[("NATS_CONTEXT", "none"), ("NATS_NKEY", "none"), ("JETBLOB_STORE", "/d")]);
        process.select("none");
        let mut choice = Choice::default();
        assert_eq!(process.finds(choice.clone()).unwrap(), (Location::Directory("/d".into()), None));
        choice.context = Some("given".to_owned());
        let error = process.finds(choice).unwrap_err();
        assert_eq!(error.code(), "invalid_argument");
        assert!(error.to_string().contains("$JETBLOB_STORE"), "{error}");
    }

    #[test]
    fn without_a_home_directory_a_store_must_be_named() {
        let nowhere = Environment::new(|_| None, None);
        let error = Choice::default().find(&nowhere).unwrap_err();
        assert!(error.to_string().contains("$JETBLOB_STORE"), "{error}");
        let choice = Choice { context: Some("x".to_owned()), ..Choice::default() };
        let error = choice.find(&nowhere).unwrap_err();
        assert!(error.to_string().contains("name a store"), "{error}");
        let url = Environment::new(|name| (name == "NATS_URL").then(|| "s3cret://h".into()), None);
        let error = Choice::default().find(&url).unwrap_err().to_string();
        assert!(error.contains("$NATS_URL") && !error.contains("s3cret"), "{error}");
    }
}
