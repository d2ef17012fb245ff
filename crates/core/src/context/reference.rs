//! Values of a context that say where the value is: paths, variables in them, and references.

use std::fs;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::file::Origin;
use crate::{Error, Result};

/// What stands in front of a value that is kept elsewhere, as the `nats` command knows it.
const SCHEMES: [&str; 5] = ["data", "env", "file", "nsc", "op"];

impl Origin {
    /// The value of a field that names a file.
    pub(super) fn path(
        &self,
        environment: &Environment,
        field: &str,
        value: Option<&str>,
    ) -> Result<Option<PathBuf>> {
        let Some(value) = value else { return Ok(None) };
        let path = match scheme(value).as_deref() {
            None => value,
            Some("file") => {
                let path = &value["file:".len()..];
                path.strip_prefix("//").unwrap_or(path)
            }
            Some(scheme) => return Err(self.elsewhere(field, scheme)),
        };
        let path = expand(path, environment.home(), |name| environment.text(name).ok().flatten());
        Ok(Some(path.map_err(|name| {
            self.refuse(&format!("{field} is below ${name}, and there is no such variable"))
        })?))
    }

    /// The value of a field that is itself what is meant, unless it says where that is.
    pub(super) fn literal(
        &self,
        environment: &Environment,
        field: &str,
        value: Option<&str>,
    ) -> Result<Option<String>> {
        match value.and_then(scheme).as_deref().filter(|scheme| SCHEMES.contains(scheme)) {
            None => Ok(value.map(str::to_owned)),
            Some("file") => {
                let Some(path) = self.path(environment, field, value)? else { return Ok(None) };
                let what = || format!("{field} of context {:?}, {}", self.name, path.display());
                let text = fs::read_to_string(&path).map_err(|error| Error::io(what(), &error))?;
                Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
            }
            Some(scheme) => Err(self.elsewhere(field, scheme)),
        }
    }

    fn elsewhere(&self, field: &str, scheme: &str) -> Error {
        // Variables are the same in every language, and on the command line.
        let way_out = match field {
            "creds" => "set $NATS_CREDS to a file",
            "nkey" => "set $NATS_NKEY to a file",
            "token" => "set $NATS_TOKEN",
            "password" => "set $NATS_PASSWORD",
            "user_jwt" | "user_seed" => "set $NATS_CREDS to a file with both",
            "ca" => "set $NATS_CA to a file",
            _ => "set $NATS_CERT and $NATS_KEY to files",
        };
        self.refuse(&format!("{field} is a `{scheme}:` reference, which can't be followed; {way_out}"))
    }
}

/// The scheme of a value in small letters, if it begins like a URI. One letter is a drive, not a scheme.
fn scheme(value: &str) -> Option<String> {
    let (scheme, _) = value.split_once(':')?;
    let is_scheme = scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    is_scheme.then(|| scheme.to_ascii_lowercase())
}

/// A path with `~`, `$NAME` and `${NAME}` replaced; or the name of a variable that there isn't.
fn expand(
    path: &str,
    home: Option<&Path>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<PathBuf, String> {
    let home = || home.and_then(Path::to_str);
    let variable = |name: &str| variable(name).map(Some).ok_or_else(|| name.to_owned());
    let expanded = shellexpand::full_with_context(path, home, variable);
    expanded.map(|path| path.into_owned().into()).map_err(|missing| missing.cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_in_paths_are_replaced() {
        let home = Some(Path::new("/home/ann"));
        let variable = |name: &str| (name == "A_1").then(|| "/a".to_owned());
        for (text, expanded) in [
            ("$A_1/f", "/a/f"),
            ("x${A_1}y", "x/ay"),
            ("a$", "a$"),
            ("$/", "$/"),
            ("${A_1", "${A_1"),
            ("~/f", "/home/ann/f"),
            ("~", "/home/ann"),
            ("~bob/f", "~bob/f"),
            ("", ""),
        ] {
            assert_eq!(expand(text, home, variable), Ok(expanded.into()), "{text}");
        }
        assert_eq!(expand("$A_1$B/c", home, variable), Err("B".to_owned()));
    }
}
