//! The id of a blob.

use std::fmt;

use rand::Rng;
use rand::distributions::Alphanumeric;

use super::{Invalid, limits::MAX_NUID_CHARS};

/// The id under which the chunks of one put are kept: 1 to 64 characters of `[A-Za-z0-9]`.
///
/// It becomes a token of a subject and of purge filters, so nothing else is ever let in: a forged record with the
/// nuid `>` would otherwise make its next replacement empty the bucket.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Nuid(String);

impl Nuid {
    /// A fresh, random id of 22 characters (131 bits).
    pub fn fresh() -> Self {
        Self(rand::thread_rng().sample_iter(Alphanumeric).take(22).map(char::from).collect())
    }

    /// Accepts an id that some client wrote.
    ///
    /// ```
    /// use jetblob::protocol::Nuid;
    /// assert!(Nuid::parse("iHUnRLcbBtDFHbtNyUQ2Dr").is_ok());
    /// assert!(Nuid::parse(">").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let fits = (1..=MAX_NUID_CHARS).contains(&text.len());
        if fits && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid::new(format!("nuid {text:?} is not 1 to {MAX_NUID_CHARS} characters of [A-Za-z0-9]")))
        }
    }

    /// The id as it stands in subjects and records.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Nuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_nuid_is_valid_and_never_the_same() {
        let one = Nuid::fresh();
        assert_eq!(one.as_str().len(), 22);
        assert_eq!(Nuid::parse(one.as_str()).as_ref(), Ok(&one));
        assert_ne!(one, Nuid::fresh());
    }

    #[test]
    fn a_nuid_that_could_widen_a_subject_is_refused() {
        for forged in ["", ">", "*", "a.b", "a b", "a\r\nb", "$O", "日本", &"a".repeat(65)] {
            assert!(Nuid::parse(forged).is_err(), "{forged:?}");
        }
    }
}
