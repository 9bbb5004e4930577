//! The variables that a pod is told everything by, read once; every fault is told at once.

use argo_events::{
    core::api::GoDuration,
    sensor::runtime::{Consumers, Layout},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;
use std::{collections::HashMap, env, fmt, fs, num::NonZeroUsize, time::Duration};

/// Largest object that is read from a file, in bytes.
const MAX_OBJECT_BYTES: u64 = 16 * 1024 * 1024;

/// Variables by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment(HashMap<String, String>);

/// What is wrong with a variable, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault(String);

impl Fault {
    /// Makes a fault of a variable.
    pub(crate) fn of(variable: &str, what: impl fmt::Display) -> Self {
        Self(format!("{variable} {what}"))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Environment {
    /// Takes the variables of this process that are text.
    pub(crate) fn of_process() -> Self {
        let all = env::vars_os();
        let texts = all.filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self(texts.collect())
    }

    /// Returns the same variables with one of them set.
    pub(crate) fn with(&self, variable: &str, value: &str) -> Self {
        let mut all = self.0.clone();
        all.insert(variable.to_owned(), value.to_owned());
        Self(all)
    }

    /// Returns a variable without blanks around it; `None` where it is absent or blank.
    pub(crate) fn get(&self, variable: &str) -> Option<&str> {
        let value = self.0.get(variable)?.trim();
        (!value.is_empty()).then_some(value)
    }

    /// Returns a variable that must be there.
    pub(crate) fn require(&self, variable: &str, what: &str) -> Result<&str, Fault> {
        self.get(variable)
            .ok_or_else(|| Fault::of(variable, format_args!("is not set; it is {what}")))
    }

    /// Returns a Go duration above zero, or the default.
    pub(crate) fn duration(&self, variable: &str, default: Duration) -> Result<Duration, Fault> {
        let Some(text) = self.get(variable) else {
            return Ok(default);
        };
        let parsed = serde_json::from_value::<GoDuration>(Value::from(text)).ok();
        let duration = parsed.map(GoDuration::to_std).filter(|it| !it.is_zero());
        let wrong = || {
            let right = "is not a duration above zero; write one such as 5s or 1m30s";
            Fault::of(variable, format_args!("`{text}` {right}"))
        };
        duration.ok_or_else(wrong)
    }

    /// Returns how a sensor is laid out over lanes.
    pub(crate) fn layout(&self) -> Result<Layout, Fault> {
        let mut layout = Layout::default();
        if let Some(text) = self.get("ARGO_EVENTS_SHARDS") {
            layout.shards = text.parse().map_err(|_| {
                let right = "is not a number of shards; write 1 or more";
                Fault::of("ARGO_EVENTS_SHARDS", format_args!("`{text}` {right}"))
            })?;
        }
        layout.consumers = match self.get("ARGO_EVENTS_CONSUMERS") {
            None | Some("lanes") => Consumers::Lanes,
            Some("reference") => Consumers::Reference,
            Some(other) => {
                let right = "is neither `lanes` nor `reference`";
                let fault = format_args!("`{other}` {right}");
                return Err(Fault::of("ARGO_EVENTS_CONSUMERS", fault));
            }
        };
        Ok(layout)
    }

    /// Returns how many threads a pod works on.
    pub(crate) fn workers(&self) -> Result<NonZeroUsize, Fault> {
        const VARIABLE: &str = "ARGO_EVENTS_WORKERS";
        let Some(text) = self.get(VARIABLE) else {
            return Ok(NonZeroUsize::MIN);
        };
        let right = "is not a number of threads; write 1 or more";
        let wrong = |_| Fault::of(VARIABLE, format_args!("`{text}` {right}"));
        text.parse().map_err(wrong)
    }

    /// Returns JSON that a variable holds in base64; `what` says of what.
    pub(crate) fn json(&self, variable: &str, what: &str) -> Result<Value, Fault> {
        let text = self.require(variable, &format!("the base64 of {what}, as JSON"))?;
        let compact: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
        let json = BASE64_STANDARD.decode(compact).map_err(|error| {
            let hint = if text.starts_with('{') {
                "; it is JSON already, which must be encoded"
            } else {
                ""
            };
            Fault::of(variable, format_args!("is not base64: {error}{hint}"))
        })?;
        serde_json::from_slice(&json).map_err(|error| {
            Fault::of(
                variable,
                format_args!("does not hold JSON in its base64: {error}"),
            )
        })
    }

    /// Returns the JSON of an object: in base64 in a variable, or as it is in the file that the
    /// variable with `_FILE` behind its name tells, for objects too large for an environment.
    pub(crate) fn object(&self, variable: &str, what: &str) -> Result<Value, Fault> {
        let file_variable = format!("{variable}_FILE");
        let Some(path) = self.get(&file_variable) else {
            return self.json(variable, what);
        };
        if self.get(variable).is_some() {
            let message = format_args!("and {variable} are both set; set one of them");
            return Err(Fault::of(&file_variable, message));
        }
        let unreadable = |reason: &dyn fmt::Display| {
            Fault::of(
                &file_variable,
                format_args!("names {path}, which cannot be read: {reason}"),
            )
        };
        let length = fs::metadata(path)
            .map_err(|error| unreadable(&error))?
            .len();
        if length > MAX_OBJECT_BYTES {
            return Err(unreadable(&format_args!(
                "it has {length} bytes, more than {MAX_OBJECT_BYTES}"
            )));
        }
        let text = fs::read(path).map_err(|error| unreadable(&error))?;
        serde_json::from_slice(&text).map_err(|error| {
            Fault::of(
                &file_variable,
                format_args!("names {path}, which holds no JSON: {error}"),
            )
        })
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(pairs: [(&str, &str); N]) -> Self {
        Self(
            pairs
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_variable_that_is_missing_or_garbled_is_named_with_what_is_wrong() {
        let cases = [
            ("", "X is not set; it is the base64 of a thing, as JSON"),
            ("  ", "X is not set"),
            ("{\"a\":1}", "X is not base64"),
            ("{\"a\":1}", "it is JSON already"),
            ("e30", "X is not base64"),
            ("aGVsbG8=", "X does not hold JSON in its base64"),
        ];
        for (value, wanted) in cases {
            let environment = Environment::from([("X", value)]);
            let fault = environment.json("X", "a thing").unwrap_err().to_string();
            assert!(fault.contains(wanted), "{value}: {fault}");
        }
    }

    #[test]
    fn lines_in_base64_are_no_fault() {
        let environment = Environment::from([("X", "e30\n=\n")]);
        assert_eq!(environment.json("X", "a thing").unwrap(), json!({}));
    }

    #[test]
    fn a_large_object_is_read_from_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("object.json");
        fs::write(&path, json!({ "text": "x".repeat(300_000) }).to_string()).unwrap();
        let path = path.to_str().unwrap();
        let object = Environment::from([("X_FILE", path)]).object("X", "a thing");
        assert_eq!(object.unwrap()["text"].as_str().unwrap().len(), 300_000);
        let both = Environment::from([("X_FILE", path), ("X", "e30=")]);
        let fault = both.object("X", "a thing").unwrap_err().to_string();
        assert!(fault.contains("both set"), "{fault}");
        let gone = Environment::from([("X_FILE", "/nowhere/object.json")]);
        let fault = gone.object("X", "a thing").unwrap_err().to_string();
        assert!(
            fault.starts_with("X_FILE names /nowhere/object.json"),
            "{fault}"
        );
    }

    #[test]
    fn a_layout_is_read_and_what_is_none_is_told() {
        let read = |name, text| Environment::from([(name, text)]).layout();
        let shards = read("ARGO_EVENTS_SHARDS", "2").unwrap().shards;
        assert_eq!(shards.get(), 2);
        let consumers = read("ARGO_EVENTS_CONSUMERS", "reference")
            .unwrap()
            .consumers;
        assert_eq!(consumers, Consumers::Reference);
        for (name, wrong) in [
            ("ARGO_EVENTS_SHARDS", "0"),
            ("ARGO_EVENTS_SHARDS", "many"),
            ("ARGO_EVENTS_CONSUMERS", "mine"),
        ] {
            let fault = read(name, wrong).unwrap_err().to_string();
            assert!(fault.contains(name) && fault.contains(wrong), "{fault}");
        }
    }

    #[test]
    fn durations_are_those_of_go_and_above_zero() {
        let read = |text| Environment::from([("D", text)]).duration("D", Duration::from_secs(5));
        assert_eq!(read("").unwrap(), Duration::from_secs(5));
        assert_eq!(read("1m30s").unwrap(), Duration::from_secs(90));
        for wrong in ["soon", "0s", "-1s", "5"] {
            assert!(
                read(wrong).unwrap_err().to_string().contains("5s or 1m30s"),
                "{wrong}"
            );
        }
    }
}
