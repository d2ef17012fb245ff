//! SHA-256 of a body, and its text forms.

use std::fmt;

use data_encoding::{BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
use sha2::Digest as _;

use super::Invalid;

/// What the text of a digest begins with.
const ALGORITHM: &str = "SHA-256=";

/// The SHA-256 of an object's bytes.
///
/// Its text is `SHA-256=` and the 32 bytes in base64url with padding (ADR-20).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The digest as 64 lower-case hexadecimal digits, as `sha256sum` prints it.
    pub fn to_hex(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.0)
    }

    /// Reads a digest as any client writes it: `SHA-256=` in any case; then base64 in the URL or the standard
    /// alphabet, with or without padding, or hexadecimal.
    ///
    /// ```
    /// use jetblob::protocol::Digest;
    /// let digest = Digest::parse("sha-256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU").unwrap();
    /// assert_eq!(digest, Digest::of(b""));
    /// assert_eq!(digest.to_string(), "SHA-256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=");
    /// ```
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let invalid = || Invalid::new(format!("digest {text:?} is not `SHA-256=` and 32 bytes in base64url"));
        let (algorithm, value) = text.trim().split_at_checked(ALGORITHM.len()).ok_or_else(invalid)?;
        if !algorithm.eq_ignore_ascii_case(ALGORITHM) {
            return Err(invalid());
        }
        let bare = value.trim_end_matches('=').as_bytes();
        let mut digest = [0; 32];
        let read = match bare.len() {
            64 => HEXLOWER_PERMISSIVE.decode_mut(bare, &mut digest),
            43 => BASE64URL_NOPAD
                .decode_mut(bare, &mut digest)
                .or_else(|_| BASE64_NOPAD.decode_mut(bare, &mut digest)),
            _ => return Err(invalid()),
        };
        read.map(|_| Self(digest)).map_err(|_| invalid())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{ALGORITHM}{}", BASE64URL.encode_display(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A SHA-256 that is summed up as bytes pass by.
#[derive(Clone, Default, Debug)]
pub struct RunningDigest(sha2::Sha256);

impl RunningDigest {
    /// Takes these bytes in.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes taken in.
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}
