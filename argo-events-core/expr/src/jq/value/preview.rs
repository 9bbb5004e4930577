//! How errors show values: as JSON, cut after thirty bytes.

use super::{Value, encode_limited};
use crate::gostrconv::runes;

const WIDTH: usize = 30;

/// Shows the beginning of a value.
pub(in crate::jq) fn preview(value: &Value) -> String {
    let mut shown = encode_limited(value, WIDTH + 2);
    if shown.len() > WIDTH {
        let ending = match value {
            Value::Text(_) => " ...\"",
            Value::Array(_) => " ...]",
            Value::Object(_) => " ...}",
            _ => " ...",
        };
        let mut kept = 0;
        for rune in runes(&shown) {
            if kept + rune.width > WIDTH - ending.len() {
                break;
            }
            kept += rune.width;
        }
        shown.truncate(kept);
        shown.extend_from_slice(ending.as_bytes());
    }
    String::from_utf8_lossy(&shown).into_owned()
}

/// Shows the type and the beginning of a value.
pub(in crate::jq) fn typed_preview(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        _ => format!("{} ({})", value.type_name(), preview(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_cut_between_characters() {
        let long = Value::from("ééééééééééééééééééééé");
        assert_eq!(preview(&long), "\"éééééééééééé ...\"");
        assert_eq!(typed_preview(&Value::Null), "null");
        assert_eq!(typed_preview(&Value::Int(-5)), "number (-5)");
    }
}
