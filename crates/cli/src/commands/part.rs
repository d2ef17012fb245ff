//! The part of an object that is read.

use clap::Args;
use jetblob::{ByteRange, GetOptions, Object};

/// All of an object, or a range of its bytes.
#[derive(Debug, Args)]
pub(crate) struct Part {
    /// Only these bytes, as in HTTP: 0-99 are the first hundred, 100- all but those, -100 the last hundred.
    ///
    /// What is beyond the end is left out. A part can't be verified by the digest, which is that of the whole object.
    #[arg(long, value_name = "RANGE", value_parser = parse_range, allow_hyphen_values = true)]
    range: Option<ByteRange>,
    /// Read on although the bytes are not those of the object's digest: some clients wrote wrong ones.
    #[arg(long)]
    ignore_digest: bool,
}

impl Part {
    pub(super) fn options(&self) -> GetOptions {
        let mut options = GetOptions::default().with_range(self.range.clone().unwrap_or_default());
        options.ignore_digest = self.ignore_digest;
        options
    }
}

/// How many bytes are read of an object.
pub(super) fn size(object: &Object) -> u64 {
    let range = object.range();
    range.end.saturating_sub(range.start)
}

/// Reads a range as HTTP writes it: its last byte is in it.
fn parse_range(text: &str) -> Result<ByteRange, String> {
    let invalid = || "it must be FIRST-LAST, FIRST- or -COUNT, as in 0-99, 100- or -100".to_owned();
    let number = |digits: &str| match digits.parse() {
        Ok(number) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Ok(number),
        _ => Err(invalid()),
    };
    match text.split_once('-').ok_or_else(invalid)? {
        ("", count) => Ok(ByteRange::Suffix(number(count)?)),
        (first, "") => Ok(ByteRange::From(number(first)?)),
        (first, last) => {
            let (first, last): (u64, u64) = (number(first)?, number(last)?);
            if last < first {
                return Err(format!("it ends at {last}, before it begins at {first}"));
            }
            Ok(ByteRange::Bounded(first..last.saturating_add(1)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_http_writes_it() {
        for (text, range) in [
            ("0-99", ByteRange::Bounded(0..100)),
            ("7-7", ByteRange::Bounded(7..8)),
            ("0-18446744073709551615", ByteRange::Bounded(0..u64::MAX)),
            ("100-", ByteRange::From(100)),
            ("-100", ByteRange::Suffix(100)),
        ] {
            assert_eq!(parse_range(text), Ok(range), "{text}");
        }
        for text in [
            "",
            "-",
            "5",
            "5-4",
            "a-b",
            "+1-2",
            "1-+2",
            "--1",
            "1--",
            "0-1,3-4",
            "1 - 2",
            "٣-",
            "99999999999999999999-",
        ] {
            assert!(parse_range(text).is_err(), "{text}");
        }
    }
}
