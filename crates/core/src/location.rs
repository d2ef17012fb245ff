//! What a store's URL means.

use std::path::PathBuf;

use crate::{Error, Result};

/// Where a store is.
#[derive(Debug, PartialEq)]
pub(crate) enum Location {
    /// Servers, by their URL.
    Servers(String),
    Directory(PathBuf),
}

impl Location {
    pub(crate) fn parse(url: &str) -> Result<Self> {
        let invalid =
            |reason: &str| Error::InvalidArgument { argument: "store URL", reason: reason.to_owned() };
        if url.is_empty() {
            return Err(invalid("it is empty; give a directory, or nats://host:4222"));
        }
        if let Some(path) = url.strip_prefix("file:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return Ok(Self::Directory(path.into()));
        }
        match url.split_once("://") {
            Some(("nats" | "tls" | "ws" | "wss", _)) => Ok(Self::Servers(url.to_owned())),
            Some((scheme, _)) => {
                // What is no scheme may be a secret.
                let is_scheme = scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c));
                let scheme = if is_scheme { scheme } else { "what is before " };
                Err(invalid(&format!("{scheme}:// is not known; use nats, tls, ws, wss, file, or a path")))
            }
            None if is_server(url) => {
                Err(invalid("it looks like a server; write nats:// before it, or ./ before a directory"))
            }
            None => Ok(Self::Directory(url.into())),
        }
    }
}

/// Whether somebody forgot the scheme: a directory would be made that bears a password as its name.
fn is_server(url: &str) -> bool {
    url.contains('@') && !url.contains(['/', '\\'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_what_keeps_the_store() {
        let servers = "nats://a:4222,nats://b:4222";
        assert_eq!(Location::parse(servers).unwrap(), Location::Servers(servers.to_owned()));
        assert_eq!(Location::parse("file:///var/blobs").unwrap(), Location::Directory("/var/blobs".into()));
        assert_eq!(Location::parse("file:blobs").unwrap(), Location::Directory("blobs".into()));
        assert_eq!(Location::parse("./blobs").unwrap(), Location::Directory("./blobs".into()));
        assert_eq!(Location::parse("http://a").unwrap_err().code(), "invalid_argument");
        for forgotten in ["u:s3cret@host", "s3cret@host:4222", "s3cret@host", "u:s3cret@a,nats://b"] {
            let error = Location::parse(forgotten).unwrap_err();
            assert!(error.to_string().contains("nats") && !error.to_string().contains("s3cret"), "{error}");
        }
        assert_eq!(Location::parse("./u:x@host").unwrap(), Location::Directory("./u:x@host".into()));
        assert_eq!(Location::parse("/me@home").unwrap(), Location::Directory("/me@home".into()));
        assert_eq!(Location::parse("").unwrap_err().code(), "invalid_argument");
    }
}
