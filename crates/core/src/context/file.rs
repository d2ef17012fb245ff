//! The files of contexts: where they are, and the fields in one.

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde_json::{Map, Value};

use super::environment::Environment;
use crate::{Error, Result};

/// Fields that would change the connection in a way that this library can't, and what to do instead.
const UNSUPPORTED: [(&str, &str); 6] = [
    ("socks_proxy", "take it out, and give a server that needs no proxy"),
    ("nsc", "put url and creds in its place; `nsc generate creds` writes the file"),
    ("windows_cert_store", "put cert and key in its place, files in PEM"),
    ("windows_cert_match_by", "put cert and key in its place, files in PEM"),
    ("windows_cert_match", "put cert and key in its place, files in PEM"),
    ("windows_ca_certs_match", "put ca in its place, a file in PEM"),
];

/// How to get past a context that nobody asked for here.
const WITHOUT: &str = "name a store, or set $JETBLOB_STORE, to do without it";

/// Where a context comes from: what every error about it names.
#[derive(Debug)]
pub(super) struct Origin {
    pub(super) name: String,
    pub(super) file: PathBuf,
    /// By the `nats` command, not by who opens the store.
    pub(super) selected: bool,
}

/// The context of this name.
pub(super) fn named(environment: &Environment, name: &str) -> Result<Fields> {
    let directory = nats_directory(environment).ok_or_else(|| {
        let reason = format!("{name:?}: there is no home directory, so there are no contexts; name a store");
        Error::InvalidArgument { argument: "context", reason }
    })?;
    load(&directory, name, false)
}

/// The context that the `nats` command has selected, if there is one.
pub(super) fn selected(environment: &Environment) -> Result<Option<Fields>> {
    let Some(directory) = nats_directory(environment) else { return Ok(None) };
    let file = directory.join("context.txt");
    match fs::read_to_string(&file) {
        Ok(name) if name.trim().is_empty() => Ok(None),
        Ok(name) => load(&directory, name.trim(), true).map(Some),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => {
            let what = format!("{}, which names the selected context ({WITHOUT})", file.display());
            Err(Error::io(what, &error))
        }
    }
}

fn load(directory: &Path, name: &str, selected: bool) -> Result<Fields> {
    let directory = directory.join("context");
    let origin = Origin { name: name.to_owned(), file: directory.join(format!("{name}.json")), selected };
    if name.is_empty() || name.contains(['/', '\\', '\0']) || name.contains("..") {
        return Err(origin.refuse("a name is not empty, and has no slash, backslash or `..` in it"));
    }
    match fs::read(&origin.file) {
        Ok(text) => Fields::parse(origin, &text),
        Err(error) if is_missing(&error) => Err(origin.missing(&names_in(&directory))),
        Err(error) => {
            Err(Error::io(format!("context file {}{}", origin.file.display(), origin.way_out()), &error))
        }
    }
}

impl Origin {
    fn way_out(&self) -> String {
        if self.selected { format!(" (it is the selected one; {WITHOUT})") } else { String::new() }
    }

    pub(super) fn refuse(&self, reason: &str) -> Error {
        let reason = format!("{:?}, {}{}: {reason}", self.name, self.file.display(), self.way_out());
        Error::InvalidArgument { argument: "context", reason }
    }

    fn missing(&self, names: &[String]) -> Error {
        let names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
        self.refuse(&if names.is_empty() {
            "there is no such file, nor any other context; `nats context add` makes one".to_owned()
        } else {
            format!("there is no such file; there are {}", names.join(", "))
        })
    }
}

/// The fields of a context's file. Unknown ones are let be; empty ones are as good as missing ones.
pub(super) struct Fields {
    pub(super) origin: Origin,
    fields: Map<String, Value>,
}

impl Fields {
    pub(super) fn parse(origin: Origin, text: &[u8]) -> Result<Self> {
        let fields = match serde_json::from_slice(text) {
            Ok(Value::Object(fields)) => Self { origin, fields },
            Ok(_) => return Err(origin.refuse("it is not a JSON object")),
            Err(error) => return Err(origin.refuse(&format!("it is not JSON: {error}"))),
        };
        for (field, way_out) in UNSUPPORTED {
            if !fields.is_empty(field) {
                return Err(fields.origin.refuse(&format!("{field} can't be honoured; {way_out}")));
            }
        }
        Ok(fields)
    }

    pub(super) fn text(&self, field: &str) -> Result<Option<String>> {
        match self.fields.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
            Some(_) => Err(self.origin.refuse(&format!("{field} must be a string"))),
        }
    }

    pub(super) fn flag(&self, field: &str) -> Result<bool> {
        match self.fields.get(field) {
            Some(Value::Bool(flag)) => Ok(*flag),
            _ if self.is_empty(field) => Ok(false),
            _ => Err(self.origin.refuse(&format!("{field} must be true or false"))),
        }
    }

    fn is_empty(&self, field: &str) -> bool {
        match self.fields.get(field) {
            None | Some(Value::Null) => true,
            Some(Value::String(text)) => text.is_empty(),
            Some(Value::Array(items)) => items.is_empty(),
            _ => false,
        }
    }
}

/// Where the `nats` command keeps its files.
fn nats_directory(environment: &Environment) -> Option<PathBuf> {
    Some(environment.config()?.join("nats"))
}

/// The contexts that exist, in order.
fn names_in(directory: &Path) -> Vec<String> {
    let files = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<String> = files
        .filter_map(|file| Some(file.file_name().to_str()?.strip_suffix(".json")?.to_owned()))
        .filter(|name| !name.is_empty())
        .collect();
    names.sort();
    names
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let home = tempfile::tempdir().unwrap();
        let environment = Environment::new(|_| None, Some(home.path().to_owned()));
        let nats = home.path().join(".config/nats");
        fs::create_dir_all(nats.join("context/x.json")).unwrap();
        let error = named(&environment, "x").map(drop).unwrap_err();
        assert_eq!(error.code(), "io");
        let file = nats.join("context/x.json");
        assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
        assert!(selected(&environment).unwrap().is_none());
        fs::create_dir(nats.join("context.txt")).unwrap();
        let error = selected(&environment).map(drop).unwrap_err();
        assert_eq!(error.code(), "io");
        let text = error.to_string();
        assert!(text.contains("context.txt") && text.contains("$JETBLOB_STORE"), "{text}");
    }
}
