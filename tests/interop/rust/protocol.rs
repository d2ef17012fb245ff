//! The protocol of the drivers in Rust: see `../README.md`.

use std::io::{BufRead, Write};

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Why there is no value.
pub(crate) enum Refusal {
    /// This client has no such thing.
    Absent(&'static str),
    /// It has, and failed.
    Error(String),
}

impl<E: std::error::Error> From<E> for Refusal {
    fn from(error: E) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            text = format!("{text}: {error}");
            source = error.source();
        }
        Self::Error(text)
    }
}

pub(crate) type Answer = Result<Value, Refusal>;

/// A request. What it doesn't say is empty.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Request {
    pub(crate) op: String,
    pub(crate) url: String,
    pub(crate) bucket: String,
    pub(crate) name: String,
    pub(crate) new_name: String,
    pub(crate) target_bucket: String,
    pub(crate) target: String,
    pub(crate) file: String,
    pub(crate) piece: usize,
    pub(crate) chunk_size: Option<usize>,
    pub(crate) description: String,
    pub(crate) headers: Map<String, Value>,
    pub(crate) metadata: std::collections::BTreeMap<String, String>,
    pub(crate) ttl: Option<u64>,
    pub(crate) max_bytes: Option<u64>,
    pub(crate) compression: bool,
}

impl Request {
    /// The file of a put, in pieces of the size that was asked for.
    pub(crate) fn pieces(
        &self,
    ) -> std::io::Result<impl Stream<Item = std::io::Result<Bytes>> + Send + Unpin + 'static> {
        let bytes = Bytes::from(std::fs::read(&self.file)?);
        let piece = if self.piece == 0 { bytes.len().max(1) } else { self.piece };
        let pieces: Vec<_> = (0..bytes.len())
            .step_by(piece)
            .map(|start| Ok(bytes.slice(start..bytes.len().min(start + piece))))
            .collect();
        Ok(stream::iter(pieces))
    }

    /// The values of each header.
    pub(crate) fn header_values(&self) -> impl Iterator<Item = (&str, Vec<&str>)> {
        self.headers.iter().map(|(name, values)| {
            let values = values.as_array().map(Vec::as_slice).unwrap_or_default();
            (name.as_str(), values.iter().filter_map(Value::as_str).collect())
        })
    }
}

/// The version of a package that the workspace has locked.
pub(crate) fn locked(package: &str) -> &'static str {
    let lock = include_str!("../../../Cargo.lock");
    let (_, after) = lock
        .split_once(&format!("name = \"{package}\"\nversion = \""))
        .expect("a lock file with the package");
    after.split('"').next().expect("a version")
}

/// Answers each line of standard input, until there is none.
pub(crate) async fn serve(mut answer: impl AsyncFnMut(Request) -> Answer) {
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line");
        let answered = match serde_json::from_str(&line) {
            Ok(request) => answer(request).await,
            Err(error) => Err(Refusal::Error(format!("not a request: {error}"))),
        };
        let answered = match answered {
            Ok(value) => json!({ "value": value }),
            Err(Refusal::Absent(what)) => json!({ "absent": what }),
            Err(Refusal::Error(text)) => json!({ "error": text }),
        };
        let mut out = std::io::stdout().lock();
        writeln!(out, "{answered}").and_then(|()| out.flush()).expect("a reader of the answers");
    }
}
