//! Settings of the stream: what the controller is configured with, overlaid by what a bus says.

use argo_events::manifest::value_of;
use serde_json::{Map, Value};
use std::{collections::BTreeMap, fmt::Write as _};

/// Lays the settings of a bus over the controller's, key by key and whatever their case, as YAML
/// with sorted keys in lower case. No stream can have more copies than there are servers.
///
/// # Errors
/// What is wrong with one of them.
pub(super) fn merged(defaults: &str, own: &str, servers: i64) -> Result<String, String> {
    let mut settings = pairs(defaults)
        .map_err(|error| format!("eventBus.jetstream.streamConfig of the controller: {error}"))?;
    settings.extend(pairs(own).map_err(|error| format!("spec.jetstream.streamConfig: {error}"))?);
    if let Some(copies) = settings.get_mut("replicas")
        && whole(copies).is_some_and(|count| count > servers)
    {
        *copies = Value::from(servers);
    }
    let mut text = String::new();
    for (key, value) in &settings {
        writeln!(text, "{key}: {}", scalar(value)).expect("a String takes what is written");
    }
    Ok(text)
}

fn pairs(text: &str) -> Result<BTreeMap<String, Value>, String> {
    let value = value_of(text).map_err(|error| error.message().to_owned())?;
    let Value::Object(members) = value else {
        return Err(
            "is no list of settings; write a line such as `maxAge: 72h` for each".to_owned(),
        );
    };
    check(&members)?;
    let members = members.into_iter();
    Ok(members
        .map(|(key, value)| (key.to_lowercase(), value))
        .collect())
}

fn check(members: &Map<String, Value>) -> Result<(), String> {
    let nested = members
        .iter()
        .find(|(_, value)| value.is_object() || value.is_array());
    match nested {
        Some((key, _)) => Err(format!("{key} has more than one value")),
        None => Ok(()),
    }
}

fn whole(value: &Value) -> Option<i64> {
    value
        .as_i64()
        .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
}

/// Renders a value so that it is read as the same one.
fn scalar(value: &Value) -> String {
    let Value::String(text) = value else {
        return value.to_string();
    };
    let is_plain = value_of(&format!("k: {text}")).is_ok_and(|read| read["k"] == *value);
    if is_plain {
        text.clone()
    } else {
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::merged;

    const DEFAULTS: &str = "maxMsgs: 1000\nmaxAge: 72h\nreplicas: 3\n";

    #[test]
    fn a_bus_overrides_key_by_key_whatever_the_case() {
        assert_eq!(
            merged(DEFAULTS, "MAXAGE: 1h\nnewKey: v\nquoted: \"5\"\n", 3).as_deref(),
            Ok("maxage: 1h\nmaxmsgs: 1000\nnewkey: v\nquoted: \"5\"\nreplicas: 3\n")
        );
    }

    #[test]
    fn a_stream_has_no_more_copies_than_there_are_servers() {
        assert_eq!(
            merged(DEFAULTS, "", 1).as_deref(),
            Ok("maxage: 72h\nmaxmsgs: 1000\nreplicas: 1\n")
        );
        assert!(merged(DEFAULTS, "", 5).unwrap().contains("replicas: 3"));
    }

    #[test]
    fn what_is_no_list_of_settings_is_told() {
        assert!(
            merged(DEFAULTS, "::bad", 3)
                .unwrap_err()
                .starts_with("spec.jetstream")
        );
        assert!(merged("a: [1]", "", 3).unwrap_err().contains("controller"));
    }
}
