//! The keys under which records stand. One name may have several: older clients encode it in other ways.

use std::borrow::Cow;
use std::fmt;

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD};

/// The key under which the record of `name` stands: base64url with padding (ADR-20).
pub fn record_key(name: &str) -> String {
    BASE64URL.encode(name.as_bytes())
}

/// The other keys under which older clients wrote the record of `name`, to be looked at when [`record_key`] misses:
/// nats.java uses the standard alphabet, nats.c before 3.12 leaves the padding out, nats.js takes Latin-1 for UTF-8. Empty
/// for most names.
pub fn legacy_record_keys(name: &str) -> Vec<String> {
    let usual = record_key(name);
    let mut keys: Vec<String> = Vec::new();
    let standard = [BASE64.encode(name.as_bytes()), BASE64URL_NOPAD.encode(name.as_bytes())];
    let latin_1: Option<Vec<u8>> = name.chars().map(|char| u8::try_from(char).ok()).collect();
    // Bytes that are UTF-8 too are the usual key of another name.
    let latin_1 =
        latin_1.filter(|bytes| std::str::from_utf8(bytes).is_err()).map(|bytes| BASE64URL.encode(&bytes));
    for key in standard.into_iter().chain(latin_1) {
        if key != usual && !keys.contains(&key) {
            keys.push(key);
        }
    }
    keys
}

/// The key under which a record stands, in any client's encoding.
///
/// ```
/// use jetblob::protocol::key::RecordKey;
/// let key = RecordKey::parse("5pel5pys");
/// assert!(key.is_of("日本"));
/// assert_eq!(key, RecordKey::of("日本"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RecordKey(Form);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Form {
    /// The [`record_key`] of this name, which is ASCII: no other name has it, in any client's encoding.
    Plain(String),
    /// Any other, as it is.
    Other(String),
}

impl RecordKey {
    /// The [`record_key`] of `name`.
    pub fn of(name: &str) -> Self {
        Self(if name.is_ascii() { Form::Plain(name.to_owned()) } else { Form::Other(record_key(name)) })
    }

    /// Takes any text: a subject may end with anything.
    pub fn parse(key: &str) -> Self {
        Self(plain_name(key).map_or_else(|| Form::Other(key.to_owned()), Form::Plain))
    }

    /// Whether a record that stands here may bear `name`.
    ///
    /// nats.js encodes names as Latin-1, and nats.go keeps raw bytes in the subject but U+FFFD in the JSON.
    pub fn is_of(&self, name: &str) -> bool {
        match &self.0 {
            Form::Plain(own) => own == name,
            Form::Other(key) => *key == record_key(name) || is_legacy_key_of_name(key, name),
        }
    }

    /// Whether a record that stands here can only bear the name that this is the [`record_key`] of.
    pub fn is_plain(&self) -> bool {
        matches!(self.0, Form::Plain(_))
    }

    /// The name that it stands for, as far as it can be told: used to name a record that cannot be read.
    pub fn name(&self) -> Cow<'_, str> {
        match &self.0 {
            Form::Plain(name) => name.into(),
            Form::Other(key) => match decode_leniently(key) {
                Some(bytes) => String::from_utf8_lossy(&bytes).into_owned().into(),
                None => key.into(),
            },
        }
    }
}

/// As it stands at the end of the record's subject.
impl fmt::Display for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Plain(name) => BASE64URL.encode_display(name.as_bytes()).fmt(f),
            Form::Other(key) => f.write_str(key),
        }
    }
}

/// The name of ASCII characters whose [`record_key`] this is.
fn plain_name(key: &str) -> Option<String> {
    let bare = key.trim_end_matches('=');
    if key.len() != bare.len().next_multiple_of(4) {
        return None;
    }
    let mut name = vec![0; BASE64URL_NOPAD.decode_len(bare.len()).ok()?];
    BASE64URL_NOPAD.decode_mut(bare.as_bytes(), &mut name).ok()?;
    String::from_utf8(name).ok().filter(|name| name.is_ascii())
}

fn is_legacy_key_of_name(key: &str, name: &str) -> bool {
    let Some(bytes) = decode_leniently(key) else { return false };
    let as_latin_1 = || bytes.iter().map(|&byte| char::from(byte)).eq(name.chars());
    String::from_utf8_lossy(&bytes) == name || as_latin_1()
}

fn decode_leniently(key: &str) -> Option<Vec<u8>> {
    let bare = key.trim_end_matches('=').as_bytes();
    BASE64URL_NOPAD.decode(bare).or_else(|_| BASE64_NOPAD.decode(bare)).ok()
}
