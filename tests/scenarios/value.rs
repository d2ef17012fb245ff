//! Values that stand for others, and bytes.

use bytes::Bytes;
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use crate::keys::{Keys, number, text};

/// The only key of an object that stands for something, and what is under it.
pub(crate) fn operator(value: &Value) -> Option<(&str, &Value)> {
    let object = value.as_object()?;
    let (key, operand) = object.iter().find(|(key, _)| key.starts_with('$'))?;
    assert!(object.len() == 1, "more than one key in {value}");
    Some((key, operand))
}

/// The value with what `stands_for` knows put in the place of what stands for it.
pub(crate) fn resolved(value: &Value, stands_for: &impl Fn(&str, &Value) -> Option<Value>) -> Value {
    if let Some((operator, operand)) = operator(value)
        && let Some(value) = stands_for(operator, operand)
    {
        return resolved(&value, stands_for);
    }
    match value {
        Value::Object(object) => {
            object.iter().map(|(key, value)| (key.clone(), resolved(value, stands_for))).collect()
        }
        Value::Array(items) => items.iter().map(|item| resolved(item, stands_for)).collect(),
        other => other.clone(),
    }
}

/// The bytes that a value stands for.
pub(crate) fn bytes(value: &Value) -> Bytes {
    Keys::all("bytes", value.clone(), |keys| {
        if let Some(text) = keys.text("text") {
            return text.into();
        }
        if let Some(hex) = keys.text("hex") {
            return HEXLOWER.decode(hex.as_bytes()).expect("hexadecimal digits").into();
        }
        let size = number(&keys.need("pattern"));
        let from = keys.number("from").unwrap_or(0);
        (from..from + size).map(|place| u8::try_from(place % 251).expect("less than 251")).collect()
    })
}

/// Bytes as a result.
pub(crate) fn of_bytes(bytes: &[u8]) -> Value {
    json!({ "hex": HEXLOWER.encode(bytes) })
}

/// Whether a result is bytes.
pub(crate) fn is_bytes(result: &Value) -> bool {
    result.as_object().is_some_and(|object| object.len() == 1 && object.contains_key("hex"))
}

/// A field of a field of a value, by a path with dots.
pub(crate) fn at(saved: &Value, path: &[&str]) -> Value {
    let step = |value: &Value, field: &&str| {
        value.get(field).unwrap_or_else(|| panic!("there is no {field} in {}", text_of(value))).clone()
    };
    path.iter().fold(saved.clone(), |value, field| step(&value, field))
}

/// A value for a message: long ones are cut.
pub(crate) fn text_of(value: &Value) -> String {
    let whole = value.to_string();
    match whole.char_indices().nth(600) {
        Some((end, _)) => format!("{}… ({} characters)", &whole[..end], whole.len()),
        None => whole,
    }
}

/// A text that must be one of a few.
pub(crate) fn one_of<T: Copy>(value: &Value, choices: &[(&str, T)]) -> T {
    let chosen = text(value);
    let found = choices.iter().find(|(name, _)| *name == chosen);
    found.unwrap_or_else(|| panic!("{chosen:?} is none of the choices")).1
}
