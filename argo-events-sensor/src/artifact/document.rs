//! Texts as objects: one document of YAML 1.1 or JSON that is a map.

use crate::param::yaml;
use argo_events_core::{Error, ErrorKind, Result};
use serde_json::{Map, Value};

/// Reads a text; an empty one is an empty object.
///
/// # Errors
/// `PayloadInvalid`, permanent, when it is neither YAML nor JSON or no map.
pub(super) fn read(text: &[u8]) -> Result<Map<String, Value>> {
    const MARK: &[u8] = "\u{feff}".as_bytes();
    let text = text.strip_prefix(MARK).unwrap_or(text);
    let json = yaml::to_json(text).map_err(|reason| invalid(format!("it is no YAML: {reason}")))?;
    match serde_json::from_slice(&json) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(Value::Array(_)) => Err(invalid("it is a list and no map".to_owned())),
        Ok(_) => Err(invalid("it is a single value and no map".to_owned())),
        Err(error) => Err(invalid(format!("it has no form in JSON: {error}"))),
    }
}

fn invalid(reason: String) -> Error {
    let message = format!("the artifact holds no object: {reason}");
    Error::permanent(ErrorKind::PayloadInvalid, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(text: &str) -> Result<Value> {
        read(text.as_bytes()).map(Value::Object)
    }

    #[test]
    fn yaml_is_that_of_version_1_1_and_only_its_first_document() {
        let text = "\u{feff}kind: ConfigMap\r\nmetadata: {name: n}\r\n---\r\nkind: Second\r\n";
        let wanted = json!({"kind": "ConfigMap", "metadata": {"name": false}});
        assert_eq!(object(text).unwrap(), wanted);
    }

    #[test]
    fn nothing_is_an_empty_object_and_what_is_no_map_an_error() {
        assert_eq!(object("").unwrap(), json!({}));
        for text in ["- a", "just text", "a: [", "{null: c}", "a: .inf"] {
            assert!(object(text).is_err(), "{text}");
        }
    }
}
