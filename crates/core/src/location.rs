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
                Err(invalid(&format!("{scheme}:// is not known; use nats, tls, ws, wss, file, or a path")))
            }
            None => Ok(Self::Directory(url.into())),
        }
    }
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
        assert_eq!(Location::parse("").unwrap_err().code(), "invalid_argument");
    }
}
