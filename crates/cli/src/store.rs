//! Which store a command works in, and its opening and closing.

use jetblob::{Store, StoreOptions};

use crate::args::Global;
use crate::context::{self, Context};
use crate::exit::Failure;
use crate::interrupt::Interrupt;
use crate::{connection, home};

/// Opens the store, works in it, and closes it whatever happens: what is under way in its background, as the removal
/// of a put that was given up, comes to its end. A signal ends the work; a second one ends the closing too.
///
/// `url` is the store in front of a path, which wins over the option.
pub(crate) async fn in_store<T>(
    global: &Global,
    url: Option<&str>,
    work: impl AsyncFnOnce(&Store) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let Choice { url, context } = choose(global, url)?;
    let options = if is_directory(&url) {
        StoreOptions::default()
    } else {
        connection::options(&global.connection, &url, context.as_ref())?
    };
    let mut interrupt = Interrupt::listen().map_err(|error| Failure::io("signals", error))?;

    let store = tokio::select! {
        opened = Store::open_with(&url, options) => opened?,
        signal = interrupt.came() => return Err(Failure::Interrupted(signal)),
    };
    let outcome = tokio::select! {
        outcome = work(&store) => outcome,
        signal = interrupt.came() => Err(Failure::Interrupted(signal)),
    };
    tokio::select! {
        () = store.close() => outcome,
        signal = interrupt.came() => outcome.and(Err(Failure::Interrupted(signal))),
    }
}

/// The store that a command works in.
struct Choice {
    url: String,
    /// What else is said of the connection.
    context: Option<Context>,
}

/// The first store that is given: in front of the path, by option or variable, by the context that is asked for, by the
/// `nats` command's own variable or selected context; else the directory.
///
/// The selected context is for its own server alone. Nobody asked for it here, and its credentials are not for others.
fn choose(global: &Global, url: Option<&str>) -> Result<Choice, Failure> {
    let context = match &global.connection.context {
        Some(name) => Some(name.clone()),
        None => home::variable("NATS_CONTEXT")?,
    };
    if let Some(url) = url.or(global.store.as_deref()) {
        if is_directory(url) {
            return match &global.connection.context {
                // The variable may well be for other commands.
                None => Ok(Choice { url: url.to_owned(), context: None }),
                Some(_) => Err(Failure::Usage(
                    "--context is for a server, and the store is a directory, by --store or $JETBLOB_STORE; leave one of them out"
                        .to_owned(),
                )),
            };
        }
        let context = context.as_deref().map(Context::named).transpose()?;
        return Ok(Choice { url: url.to_owned(), context });
    }
    if let Some(name) = context {
        let context = Context::named(&name)?;
        return Ok(Choice { url: context.url()?, context: Some(context) });
    }
    if let Some(url) = home::variable("NATS_URL")? {
        let url = context::servers(&url).map_err(|reason| Failure::Usage(format!("$NATS_URL {reason}")))?;
        return Ok(Choice { url, context: None });
    }
    if let Some(context) = Context::selected()? {
        return Ok(Choice { url: context.url()?, context: Some(context) });
    }
    Ok(Choice { url: default_directory()?, context: None })
}

/// Whether a store is a directory, as the library reads its URL.
fn is_directory(url: &str) -> bool {
    url.starts_with("file:") || !url.contains("://")
}

/// `jetblob` in the directory for data.
fn default_directory() -> Result<String, Failure> {
    let directory = home::data().and_then(|data| data.join("jetblob").to_str().map(str::to_owned));
    directory.ok_or_else(|| Failure::Usage("there is no home directory; give --store".to_owned()))
}
