//! Which objects of a bucket are read when not all of them are.

use std::str::FromStr;

use crate::protocol::{Digest, Nuid};
use crate::{Error, Result};

/// A part of the objects of a bucket, chosen at random by a seed: the same for the same seed, and for the same objects.
///
/// ```
/// # fn main() -> jetblob::Result<()> {
/// use jetblob::Subset;
/// assert_eq!("10%".parse::<Subset>()?, Subset::Percent(10.0));
/// assert_eq!("3/7".parse::<Subset>()?, Subset::Part { part: 3, of: 7 });
/// assert_eq!("2147483648".parse::<Subset>()?, Subset::Bytes(2 << 30));
/// assert!("110%".parse::<Subset>().is_err() && "8/7".parse::<Subset>().is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Subset {
    /// So many objects of a hundred.
    Percent(f64),
    /// One of several parts, counted from 1. Together they are all objects: a check of another part each night has
    /// read everything in the end.
    Part {
        /// Which of them.
        part: u64,
        /// How many there are.
        of: u64,
    },
    /// Objects of about so many bytes together.
    Bytes(u64),
}

impl Subset {
    pub(crate) fn check(self) -> Result<()> {
        let reason = match self {
            Self::Percent(percent) if !(percent > 0.0 && percent <= 100.0) => {
                format!("{percent}% is not between 0% and 100%")
            }
            Self::Part { part, of } if part == 0 || part > of => {
                format!("there is no part {part} of {of}; the first is 1/{of}")
            }
            Self::Bytes(0) => "no bytes at all are nothing to read".to_owned(),
            _ => return Ok(()),
        };
        Err(Error::InvalidArgument { argument: "subset", reason })
    }

    /// Whether a blob is in it, in a bucket whose objects hold `total` bytes.
    #[allow(clippy::cast_precision_loss, reason = "chance is not exact")]
    pub(crate) fn has(self, seed: u64, nuid: &Nuid, total: u64) -> bool {
        let digest = Digest::of(format!("{seed} {nuid}").as_bytes());
        let lot = digest.as_bytes().iter().take(8).fold(0, |lot, &byte| lot << 8 | u64::from(byte));
        let is_below = |share: f64| (lot as f64) < share * 2_f64.powi(64);
        match self {
            Self::Percent(percent) => is_below(percent / 100.0),
            Self::Part { part, of } => lot % of == part - 1,
            Self::Bytes(bytes) => total <= bytes || is_below(bytes as f64 / total as f64),
        }
    }
}

/// `10%`, `3/7`, or a number of bytes.
impl FromStr for Subset {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parsed = if let Some(percent) = text.strip_suffix('%') {
            percent.parse().ok().map(Self::Percent)
        } else if let Some((part, of)) = text.split_once('/') {
            part.parse().ok().zip(of.parse().ok()).map(|(part, of)| Self::Part { part, of })
        } else {
            text.parse().ok().map(Self::Bytes)
        };
        let unreadable = || Error::InvalidArgument {
            argument: "subset",
            reason: format!("{text:?} is none; it must be like 10%, 3/7, or a number of bytes"),
        };
        let subset = parsed.ok_or_else(unreadable)?;
        subset.check().map(|()| subset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nuids() -> Vec<Nuid> {
        (0..2000).map(|number| Nuid::parse(&format!("n{number}")).unwrap()).collect()
    }

    #[test]
    fn parts_are_apart_and_all_there_is() {
        for nuid in nuids() {
            let parts: Vec<_> =
                (1..=7).filter(|&part| Subset::Part { part, of: 7 }.has(5, &nuid, 0)).collect();
            assert_eq!(parts.len(), 1, "{nuid}");
        }
    }

    #[test]
    fn a_share_is_about_as_large_as_asked_for_and_another_with_another_seed() {
        let chosen = |subset: Subset, seed| -> Vec<Nuid> {
            nuids().into_iter().filter(|nuid| subset.has(seed, nuid, 1000)).collect()
        };
        for subset in [Subset::Percent(10.0), Subset::Bytes(100)] {
            assert!((120..280).contains(&chosen(subset, 1).len()), "{subset:?}");
            assert_eq!(chosen(subset, 1), chosen(subset, 1));
            assert_ne!(chosen(subset, 1), chosen(subset, 2));
        }
        assert_eq!(chosen(Subset::Percent(100.0), 1).len(), 2000);
        assert_eq!(chosen(Subset::Bytes(1000), 1).len(), 2000);
    }

    #[test]
    fn what_is_no_part_is_refused() {
        for text in ["", "x", "%", "0%", "-1%", "101%", "nan%", "0/7", "8/7", "1/0", "1/", "0", "-5", "1.5"] {
            assert_eq!(text.parse::<Subset>().unwrap_err().code(), "invalid_argument", "{text:?}");
        }
    }
}
