//! Plain JSON: one object of texts without escapes, whole numbers, and little else, without line breaks. Read in one go,
//! without a tree of it.
//!
//! That is what nearly all records are, and reading them is what a list takes most of its time for. What isn't plain is
//! `None` here, and read by `serde_json`: also what isn't JSON at all.

use std::collections::BTreeMap;

/// A reader of it.
pub(super) struct Plain<'j> {
    json: &'j str,
    /// How much is read.
    at: usize,
}

impl<'j> Plain<'j> {
    pub(super) fn new(json: &'j [u8]) -> Option<Self> {
        let is_plain = |byte: u8| byte >= b' ' && byte != b'\\';
        // To look at each, always, takes less than to look for the first.
        let all_are_plain = json.iter().fold(true, |all, &byte| all & is_plain(byte));
        if !all_are_plain {
            return None;
        }
        std::str::from_utf8(json).ok().map(|json| Self { json, at: 0 })
    }

    /// Reads an object: `read` takes the value of each field.
    pub(super) fn object(&mut self, mut read: impl FnMut(&mut Self, &'j str) -> Option<()>) -> Option<()> {
        self.punctuation(b'{')?;
        if self.punctuation(b'}').is_some() {
            return Some(());
        }
        loop {
            let field = self.text()?;
            self.punctuation(b':')?;
            read(self, field)?;
            if self.punctuation(b',').is_none() {
                return self.punctuation(b'}');
            }
        }
    }

    /// Reads an object whose values are all alike.
    pub(super) fn map<T>(&mut self, read: impl Fn(&mut Self) -> Option<T>) -> Option<BTreeMap<String, T>> {
        let mut map = BTreeMap::new();
        self.object(|json, key| {
            map.insert(key.to_owned(), read(json)?);
            Some(())
        })?;
        Some(map)
    }

    pub(super) fn texts(&mut self) -> Option<Vec<String>> {
        let mut texts = Vec::new();
        self.punctuation(b'[')?;
        if self.punctuation(b']').is_some() {
            return Some(texts);
        }
        loop {
            texts.push(self.text()?.to_owned());
            if self.punctuation(b',').is_none() {
                return self.punctuation(b']').map(|()| texts);
            }
        }
    }

    pub(super) fn text(&mut self) -> Option<&'j str> {
        self.punctuation(b'"')?;
        let text = self.until(|byte| byte == b'"')?;
        self.at += 1;
        Some(text)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        self.skip_spaces();
        let digits = self.until(|byte| !byte.is_ascii_digit())?;
        let is_padded = digits.len() > 1 && digits.starts_with('0');
        digits.parse().ok().filter(|_| !is_padded)
    }

    pub(super) fn boolean(&mut self) -> Option<bool> {
        match self.word("true") {
            Some(()) => Some(true),
            None => self.word("false").map(|()| false),
        }
    }

    /// Reads what `read` does, or `null` for the default of it.
    pub(super) fn or_null<T: Default>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        match self.word("null") {
            Some(()) => Some(T::default()),
            None => read(self),
        }
    }

    /// Whether all is read.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.skip_spaces();
        self.at == self.json.len()
    }

    /// Reads up to a byte like that.
    fn until(&mut self, is_end: impl Fn(u8) -> bool) -> Option<&'j str> {
        let rest = self.json.get(self.at..)?;
        let text = &rest[..rest.bytes().position(is_end)?];
        self.at += text.len();
        Some(text)
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.skip_spaces();
        self.json.as_bytes()[self.at..].starts_with(word.as_bytes()).then(|| self.at += word.len())
    }

    fn punctuation(&mut self, byte: u8) -> Option<()> {
        self.skip_spaces();
        (self.next() == Some(byte)).then(|| self.at += 1)
    }

    fn skip_spaces(&mut self) {
        while self.next() == Some(b' ') {
            self.at += 1;
        }
    }

    fn next(&self) -> Option<u8> {
        self.json.as_bytes().get(self.at).copied()
    }
}
