//! The keys of a JSON object, each of which must be used.

use serde_json::{Map, Value};

/// What is left of a JSON object.
#[derive(Debug)]
pub(crate) struct Keys {
    /// What it is, for the message of a failure.
    what: String,
    left: Map<String, Value>,
}

impl Keys {
    /// Hands the object to `read`, which must take all of it.
    pub(crate) fn all<T>(what: &str, object: Value, read: impl FnOnce(&mut Self) -> T) -> T {
        let mut keys = Self::of(what, object);
        let read = read(&mut keys);
        keys.finish();
        read
    }

    pub(crate) fn of(what: &str, object: Value) -> Self {
        match object {
            Value::Object(left) => Self { what: what.to_owned(), left },
            other => panic!("{what} is no object: {other}"),
        }
    }

    /// Fails if a key was passed over.
    pub(crate) fn finish(self) {
        let left: Vec<_> = self.left.keys().collect();
        assert!(left.is_empty(), "unknown keys in {}: {left:?}", self.what);
    }

    pub(crate) fn take(&mut self, key: &str) -> Option<Value> {
        self.left.remove(key)
    }

    pub(crate) fn need(&mut self, key: &str) -> Value {
        self.take(key).unwrap_or_else(|| panic!("{} needs {key:?}", self.what))
    }

    pub(crate) fn text(&mut self, key: &str) -> Option<String> {
        self.take(key).map(|value| text(&value))
    }

    pub(crate) fn need_text(&mut self, key: &str) -> String {
        text(&self.need(key))
    }

    pub(crate) fn number(&mut self, key: &str) -> Option<u64> {
        self.take(key).map(|value| number(&value))
    }

    /// Whether the key is there; it can only be `true`.
    pub(crate) fn is_set(&mut self, key: &str) -> bool {
        let value = self.take(key);
        assert!(matches!(value, None | Some(Value::Bool(true))), "{key} in {} is not true", self.what);
        value.is_some()
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

pub(crate) fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list"))
}
