//! Whether a result is what was expected.

use serde_json::Value;

use crate::keys::list;
use crate::value::{bytes, is_bytes, of_bytes, operator, text_of};

/// What is compared as a whole, and not by the fields that are expected.
const WHOLE: [&str; 4] = ["headers", "metadata", "link", "placement"];

/// Why the result, or what is at `place` in it, doesn't match.
pub(crate) fn matches(place: &str, expected: &Value, actual: &Value) -> Result<(), String> {
    let holds = match operator(expected) {
        Some(("$above", bound)) => number(actual) > number(bound),
        Some(("$not", other)) => matches(place, other, actual).is_err(),
        Some(("$any_order", items)) => return in_any_order(place, list(items), actual),
        Some((unknown, _)) => panic!("{unknown} is no way to match"),
        None => return plainly(place, expected, actual),
    };
    if holds { Ok(()) } else { Err(differs(place, expected, actual)) }
}

fn plainly(place: &str, expected: &Value, actual: &Value) -> Result<(), String> {
    match (expected, actual) {
        (Value::Object(_), _) if is_bytes(actual) => equal(place, &of_bytes(&bytes(expected)), actual),
        (Value::Object(expected), Value::Object(actual)) => {
            for (field, expected) in expected {
                let place = format!("{place}.{field}");
                let actual = actual.get(field).ok_or_else(|| format!("there is no {place}"))?;
                let compare = if WHOLE.contains(&field.as_str()) { equal } else { matches };
                compare(&place, expected, actual)?;
            }
            Ok(())
        }
        (Value::Array(items), Value::Array(found)) if items.len() == found.len() => items
            .iter()
            .zip(found)
            .enumerate()
            .try_for_each(|(index, (item, found))| matches(&format!("{place}[{index}]"), item, found)),
        _ => equal(place, expected, actual),
    }
}

fn in_any_order(place: &str, items: &[Value], actual: &Value) -> Result<(), String> {
    let mut left = list(actual).to_vec();
    for item in items {
        let found = left.iter().position(|actual| matches(place, item, actual).is_ok());
        let found = found.ok_or_else(|| differs(place, item, actual))?;
        left.remove(found);
    }
    if left.is_empty() { Ok(()) } else { Err(format!("{place} has {} too", text_of(&Value::Array(left)))) }
}

fn equal(place: &str, expected: &Value, actual: &Value) -> Result<(), String> {
    if expected == actual { Ok(()) } else { Err(differs(place, expected, actual)) }
}

fn differs(place: &str, expected: &Value, actual: &Value) -> String {
    format!("{place} is {}, it should be {}", text_of(actual), text_of(expected))
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}
