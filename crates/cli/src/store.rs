//! Which store a command works in, and its opening and closing.

use std::path::{Path, PathBuf};
use std::{env, fs};

use jetblob::{Store, StoreOptions};

use crate::args::{Connection, Global};
use crate::exit::Failure;
use crate::interrupt::Interrupt;

/// Opens the store, works in it, and closes it whatever happens: what is under way in its background, as the removal
/// of a put that was given up, comes to its end. A signal ends the work; a second one ends the closing too.
///
/// `url` is the store in front of a path, which wins over the option.
pub(crate) async fn in_store<T>(
    global: &Global,
    url: Option<&str>,
    work: impl AsyncFnOnce(&Store) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let url = match url.or(global.store.as_deref()) {
        Some(url) => url.to_owned(),
        None => default_directory()?,
    };
    let options = store_options(&global.connection)?;
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

/// `$XDG_DATA_HOME/jetblob`, or `~/.local/share/jetblob`.
fn default_directory() -> Result<String, Failure> {
    // By the XDG specification a relative path there is to be ignored.
    let data = env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|data| data.is_absolute());
    let home = || env::home_dir().filter(|home| !home.as_os_str().is_empty());
    let data = data.or_else(|| Some(home()?.join(".local/share")));
    let directory =
        data.map(|data| data.join("jetblob")).and_then(|directory| directory.to_str().map(str::to_owned));
    directory.ok_or_else(|| Failure::Usage("there is no home directory; give --store".to_owned()))
}

fn store_options(connection: &Connection) -> Result<StoreOptions, Failure> {
    let mut options = StoreOptions::default();
    options.credentials_file.clone_from(&connection.creds);
    options.user_and_password =
        connection.user.as_ref().map(|user| (user.clone(), connection.password.clone().unwrap_or_default()));
    options.token = env::var("NATS_TOKEN").ok().filter(|token| !token.is_empty());
    options.nkey_seed = connection.nkey.as_deref().map(read_seed).transpose()?;
    options.root_certificates.clone_from(&connection.tlsca);
    options.client_certificate = connection.tlscert.clone().zip(connection.tlskey.clone());
    options.domain.clone_from(&connection.domain);
    options.idle_timeout = connection.timeout;
    Ok(options)
}

/// The seed in a file that may hold more: markers around it, the public key.
fn read_seed(path: &Path) -> Result<String, Failure> {
    let what = || format!("nkey file {}", path.display());
    let text = fs::read_to_string(path).map_err(|error| Failure::io(what(), error))?;
    let seed = text.lines().map(str::trim).find(|line| line.starts_with("SU"));
    seed.map(str::to_owned).ok_or_else(|| Failure::Usage(format!("{}: there is no seed (SU…) in it", what())))
}
