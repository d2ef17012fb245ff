//! What is said of an object or a link when it is made.

use std::collections::BTreeMap;

use clap::Args;
use jetblob::ObjectMeta;

use crate::args::parse_entry;

/// Description, headers and metadata.
#[derive(Debug, Args)]
pub(crate) struct Described {
    /// Free text.
    #[arg(short, long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    description: String,
    /// A header; may be given more than once, also for the same NAME.
    #[arg(short = 'H', long = "header", value_name = "NAME:VALUE", value_parser = parse_header)]
    headers: Vec<(String, String)>,
    /// An entry of metadata; may be given more than once.
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = parse_entry)]
    metadata: Vec<(String, String)>,
}

impl Described {
    /// The same, of what has this name.
    pub(super) fn named(self, name: String) -> ObjectMeta {
        ObjectMeta {
            description: self.description,
            headers: headers_of(self.headers),
            metadata: self.metadata.into_iter().collect(),
            ..ObjectMeta::from(name)
        }
    }
}

fn parse_header(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err("it must be NAME:VALUE".to_owned()),
    }
}

/// Gathers the values of each header under its name.
fn headers_of(headers: Vec<(String, String)>) -> BTreeMap<String, Vec<String>> {
    let mut gathered: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in headers {
        gathered.entry(name).or_default().push(value);
    }
    gathered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_split_at_its_first_separator_and_may_have_several_values() {
        let headers = ["Content-Type: a:b", "A:2", "B:", "A:1"].map(|text| parse_header(text).unwrap());
        let gathered = headers_of(headers.into());
        assert_eq!(gathered["Content-Type"], ["a:b"]);
        assert_eq!(gathered["A"], ["2", "1"]);
        assert_eq!(gathered["B"], [""]);
        assert!(parse_header(":v").is_err() && parse_header("v").is_err());
    }
}
