//! The directories of whoever runs the command.

use std::env;
use std::path::PathBuf;

use crate::exit::Failure;

/// The home directory.
pub(crate) fn home() -> Option<PathBuf> {
    env::home_dir().filter(|home| !home.as_os_str().is_empty())
}

/// `$XDG_DATA_HOME`, or `~/.local/share`.
pub(crate) fn data() -> Option<PathBuf> {
    // By the XDG specification a relative path there is to be ignored.
    let data = env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|data| data.is_absolute());
    data.or_else(|| Some(home()?.join(".local/share")))
}

/// `$XDG_CONFIG_HOME`, or `~/.config`.
pub(crate) fn config() -> Option<PathBuf> {
    // A relative path counts here: it does for the `nats` command, whose files these are.
    let config = env::var_os("XDG_CONFIG_HOME").filter(|config| !config.is_empty()).map(PathBuf::from);
    config.or_else(|| Some(home()?.join(".config")))
}

/// A variable of the environment. An empty one is none.
pub(crate) fn variable(name: &str) -> Result<Option<String>, Failure> {
    match env::var(name) {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => Err(Failure::Usage(format!("${name} is not UTF-8"))),
    }
}
