//! A `.creds` file, read anew for each connection: JWTs expire, and files are renewed while a store is open.

use std::path::{Path, PathBuf};
use std::{fs, io};

use async_nats::{Auth, AuthError, ConnectOptions};
use nkeys::KeyPair;
use tokio::task::spawn_blocking;

use crate::engine::StoreOptions;
use crate::{Error, Result};

/// Options to connect with what is in the file then. Fails if there is nothing of use in it now.
pub(super) async fn of_file(path: &Path, options: &StoreOptions) -> Result<ConnectOptions> {
    let unreadable = |error| Error::io(format!("credentials file {}", path.display()), &error);
    read(path.to_owned()).await.map_err(unreadable)?;
    let path = path.to_owned();
    // What the callback leaves out is not sent.
    let (user, token) = (options.user_and_password.clone(), options.token.clone());
    Ok(ConnectOptions::with_auth_callback(move |nonce| {
        let path = path.clone();
        let mut auth = Auth::new();
        (auth.username, auth.password) = user.clone().unzip();
        auth.token.clone_from(&token);
        async move {
            let (jwt, key) = read(path).await.map_err(AuthError::new)?;
            auth.jwt = Some(jwt);
            auth.signature = Some(key.sign(&nonce).map_err(AuthError::new)?);
            Ok(auth)
        }
    }))
}

async fn read(path: PathBuf) -> io::Result<(String, KeyPair)> {
    let text = spawn_blocking(move || fs::read_to_string(path)).await.map_err(io::Error::other)??;
    // The parser's own words may repeat a secret.
    let reason = "it is not a .creds file, a JWT and a seed";
    parse(&text).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, reason))
}

/// The JWT and the key of its user: each stands alone between two lines of dashes and words.
fn parse(text: &str) -> Option<(String, KeyPair)> {
    let is_marker = |line: &&str| line.starts_with("---") && line.ends_with("---");
    let mut lines = text.lines().map(str::trim);
    let mut part = || {
        lines.find(is_marker)?;
        let part = lines.next()?;
        lines.next().filter(is_marker).map(|_| part)
    };
    let (jwt, seed) = (part()?, part()?);
    Some((jwt.to_owned(), KeyPair::from_seed(seed).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_jwt_and_the_key_are_found_among_other_lines() {
        let user = KeyPair::new_user();
        let seed = user.seed().unwrap();
        let text = format!(
            "-----BEGIN NATS USER JWT-----\r\na.jwt-of_it=\r\n------END NATS USER JWT------\r\n\r\n\
             ************************* IMPORTANT *************************\r\n\
             -----BEGIN USER NKEY SEED-----\r\n{seed}\r\n------END USER NKEY SEED------"
        );
        let (jwt, key) = parse(&text).unwrap();
        assert_eq!((jwt.as_str(), key.public_key()), ("a.jwt-of_it=", user.public_key()));
        for broken in ["", "s3cret", &text[..text.len() / 2], &text.replace(&seed, "SUs3cret"), &seed] {
            assert!(parse(broken).is_none(), "{broken}");
        }
    }

    #[tokio::test]
    async fn a_file_that_is_none_is_named_without_its_text() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, "s3cret").unwrap();
        let error = of_file(file.path(), &StoreOptions::default()).await.unwrap_err();
        assert_eq!(error.code(), "io");
        let text = error.to_string();
        assert!(text.contains(file.path().to_str().unwrap()) && !text.contains("s3cret"), "{text}");
    }
}
