//! What a process is told by who runs it: variables and directories.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{env, fmt};

use crate::{Error, Result};

/// Looks a variable up.
type Variables = dyn Fn(&str) -> Option<OsString>;

/// The variables and the home directory of whoever runs the process. An empty variable is none.
pub(super) struct Environment {
    variables: Box<Variables>,
    home: Option<PathBuf>,
}

impl Environment {
    /// That of this process.
    pub(super) fn of_process() -> Self {
        Self::new(|name| env::var_os(name), env::home_dir())
    }

    pub(super) fn new(variables: impl Fn(&str) -> Option<OsString> + 'static, home: Option<PathBuf>) -> Self {
        Self { variables: Box::new(variables), home: home.filter(|home| !home.as_os_str().is_empty()) }
    }

    fn variable(&self, name: &str) -> Option<OsString> {
        (self.variables)(name).filter(|value| !value.is_empty())
    }

    /// A variable that is a text.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>> {
        let Some(value) = self.variable(name) else { return Ok(None) };
        value.into_string().map(Some).map_err(|_| invalid(&format!("${name} is not UTF-8")))
    }

    /// A variable that names a file.
    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        self.variable(name).map(PathBuf::from)
    }

    /// The home directory.
    pub(super) fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    /// `$XDG_DATA_HOME`, or `~/.local/share`.
    pub(super) fn data(&self) -> Option<PathBuf> {
        // By the XDG specification a relative path there is to be ignored.
        let data = self.path("XDG_DATA_HOME").filter(|data| data.is_absolute());
        data.or_else(|| Some(self.home()?.join(".local/share")))
    }

    /// `$XDG_CONFIG_HOME`, or `~/.config`.
    pub(super) fn config(&self) -> Option<PathBuf> {
        // A relative path counts here: it does for the `nats` command, whose files these are.
        self.path("XDG_CONFIG_HOME").or_else(|| Some(self.home()?.join(".config")))
    }
}

/// Shows no secret.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").field("home", &self.home).finish_non_exhaustive()
    }
}

/// A variable that can't be.
pub(super) fn invalid(reason: &str) -> Error {
    Error::InvalidArgument { argument: "environment", reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &'static [(&str, &str)]) -> Environment {
        let variable = |name: &str| variables.iter().find(|(known, _)| *known == name);
        Environment::new(move |name| variable(name).map(|(_, value)| value.into()), Some("/home/ann".into()))
    }

    #[test]
    fn an_empty_variable_is_none() {
        let environment = of(&[("A", ""), ("B", "b"), ("XDG_CONFIG_HOME", ""), ("XDG_DATA_HOME", "")]);
        assert_eq!(environment.text("A").unwrap(), None);
        assert_eq!(environment.path("A"), None);
        assert_eq!(environment.text("B").unwrap().as_deref(), Some("b"));
        assert_eq!(environment.config(), Some("/home/ann/.config".into()));
        assert_eq!(environment.data(), Some("/home/ann/.local/share".into()));
    }

    #[test]
    fn a_relative_directory_counts_for_the_nats_command_alone() {
        let environment = of(&[("XDG_CONFIG_HOME", "c"), ("XDG_DATA_HOME", "d")]);
        assert_eq!(environment.config(), Some("c".into()));
        assert_eq!(environment.data(), Some("/home/ann/.local/share".into()));
    }

    #[cfg(unix)]
    #[test]
    fn a_text_is_utf8() {
        use std::os::unix::ffi::OsStringExt;
        let environment = Environment::new(|_| Some(OsString::from_vec(b"s3cret\xff".to_vec())), None);
        let error = environment.text("NATS_TOKEN").unwrap_err().to_string();
        assert_eq!(error, "invalid environment: $NATS_TOKEN is not UTF-8");
        assert!(environment.path("NATS_CREDS").is_some());
    }
}
