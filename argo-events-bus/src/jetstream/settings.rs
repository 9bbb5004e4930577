//! Settings of the stream: the YAML text of a manifest, read with a reason for what is wrong.
//!
//! Keys are those of the reference, in any case. What is absent is left to the server, except that
//! there is no limit that nobody asked for. Nothing here talks to a server.

use crate::ByteSize;
use argo_events_expr::duration;
use granit_parser::{Event, Parser, ScalarStyle};
use std::{collections::BTreeMap, time::Duration};

/// Which events a stream drops of its own accord.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Retention {
    /// Those beyond its limits.
    #[default]
    Limits,
    /// Those that every consumer has settled.
    Interest,
}

/// Which event gives way at a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Discard {
    /// The oldest.
    #[default]
    Old,
    /// The new one, which is refused.
    New,
}

/// How the stream is made, if it is not there yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StreamSettings {
    pub(crate) retention: Retention,
    pub(crate) discard: Discard,
    /// Most events; `None` for any number.
    pub(crate) max_messages: Option<u64>,
    /// How long events are kept; `None` for ever.
    pub(crate) max_age: Option<Duration>,
    /// Most bytes; `None` for any number.
    pub(crate) max_bytes: Option<u64>,
    /// How many servers keep each event.
    pub(crate) replicas: u32,
    /// For how long ids are recognised; `None` for the server's two minutes.
    pub(crate) duplicates: Option<Duration>,
}

impl Default for StreamSettings {
    fn default() -> Self {
        Self {
            retention: Retention::Limits,
            discard: Discard::Old,
            max_messages: None,
            max_age: None,
            max_bytes: None,
            replicas: 1,
            duplicates: None,
        }
    }
}

/// Keys, as they are written in messages.
const KEYS: [&str; 7] = [
    "retention",
    "discard",
    "maxMsgs",
    "maxAge",
    "maxBytes",
    "replicas",
    "duplicates",
];
/// Most servers that can keep one event.
const MOST_REPLICAS: u64 = 5;

impl StreamSettings {
    /// Reads the text of a manifest.
    ///
    /// # Errors
    /// What is wrong, and what is right.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let mut settings = Self::default();
        for (key, value) in pairs(text)? {
            settings.set(&key, &value)?;
        }
        settings.check()
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key.to_lowercase().as_str() {
            "retention" => self.retention = retention(value)?,
            "discard" => self.discard = discard(value)?,
            "maxmsgs" => self.max_messages = limit("maxMsgs", value, whole)?,
            "maxbytes" => self.max_bytes = limit("maxBytes", value, bytes)?,
            "maxage" => self.max_age = span("maxAge", value)?,
            "duplicates" => self.duplicates = span("duplicates", value)?,
            "replicas" => self.replicas = replicas(value)?,
            _ => {
                return Err(format!(
                    "{key:?} is not known; known are {}",
                    KEYS.join(", ")
                ));
            }
        }
        Ok(())
    }

    fn check(self) -> Result<Self, String> {
        match (self.duplicates, self.max_age) {
            (Some(window), Some(age)) if window > age => {
                Err("duplicates is longer than maxAge; it may be as long at most".to_owned())
            }
            _ => Ok(self),
        }
    }
}

/// Reads a flat mapping.
pub(crate) fn pairs(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut scalars = Vec::new();
    let mut depth = 0;
    for event in Parser::new_from_str(text) {
        match event
            .map_err(|error| format!("not YAML: {}", error.info()))?
            .0
        {
            Event::MappingStart(..) if depth == 0 && scalars.is_empty() => depth = 1,
            Event::MappingEnd if depth == 1 => depth = 2,
            Event::Scalar(value, ..) if depth == 1 => scalars.push(value.into_owned()),
            Event::Scalar(value, ScalarStyle::Plain, ..) if depth == 0 && is_null(&value) => {}
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(..)
            | Event::DocumentEnd
            | Event::Comment(..) => {}
            _ => return Err(not_flat()),
        }
    }
    let mut pairs = BTreeMap::new();
    for pair in scalars.chunks(2) {
        let [key, value] = pair else {
            return Err(not_flat());
        };
        if pairs.insert(key.clone(), value.clone()).is_some() {
            return Err(format!("{key:?} is there twice"));
        }
    }
    Ok(pairs)
}

fn not_flat() -> String {
    "must be YAML with one setting a line, such as \"maxAge: 168h\"".to_owned()
}

fn is_null(value: &str) -> bool {
    matches!(value, "" | "~" | "null")
}

fn retention(value: &str) -> Result<Retention, String> {
    match value {
        "0" => Ok(Retention::Limits),
        "1" => Ok(Retention::Interest),
        "2" => Err(
            "retention 2 (work queue) lets only one sensor read an event; write 0 or 1".to_owned(),
        ),
        _ => Err(format!(
            "retention {value:?} is not known; write 0 (limits) or 1 (interest)"
        )),
    }
}

fn discard(value: &str) -> Result<Discard, String> {
    match value {
        "0" => Ok(Discard::Old),
        "1" => Ok(Discard::New),
        _ => Err(format!(
            "discard {value:?} is not known; write 0 (old events) or 1 (new events)"
        )),
    }
}

/// Reads a limit, of which there is none at 0 and -1.
fn limit(
    key: &str,
    value: &str,
    read: fn(&str) -> Result<u64, String>,
) -> Result<Option<u64>, String> {
    if is_null(value) || value == "-1" {
        return Ok(None);
    }
    let count = read(value).map_err(|reason| format!("{key} {value:?} is not {reason}"))?;
    if i64::try_from(count).is_err() {
        return Err(format!("{key} {value:?} is too large"));
    }
    Ok((count > 0).then_some(count))
}

fn whole(value: &str) -> Result<u64, String> {
    value
        .parse()
        .map_err(|_| "a whole number such as 50000, or -1 for no limit".to_owned())
}

fn bytes(value: &str) -> Result<u64, String> {
    // `1GB` and `512MiB` are written as often as `1G` and `512Mi`.
    let trimmed = value.strip_suffix('B').unwrap_or(value);
    let usual = match trimmed.strip_suffix('K') {
        Some(digits) => format!("{digits}k"),
        None => trimmed.to_owned(),
    };
    usual.parse::<ByteSize>().map(|size| size.0).map_err(|_| {
        "a number of bytes such as 1073741824, 1GB or 512Mi, or -1 for no limit".to_owned()
    })
}

/// Reads a duration, of which there is none at 0; a bare number is nanoseconds.
fn span(key: &str, value: &str) -> Result<Option<Duration>, String> {
    if is_null(value) {
        return Ok(None);
    }
    let nanos = value.parse::<i64>().or_else(|_| duration::parse(value));
    let nanos = nanos.map_err(|_| format!("{key} {value:?} is not a duration such as 168h"))?;
    let nanos = u64::try_from(nanos).map_err(|_| format!("{key} {value:?} is negative"))?;
    Ok((nanos > 0).then(|| Duration::from_nanos(nanos)))
}

fn replicas(value: &str) -> Result<u32, String> {
    let count = whole(value).ok().filter(|count| *count <= MOST_REPLICAS);
    count
        .and_then(|count| u32::try_from(count.max(1)).ok())
        .ok_or_else(|| format!("replicas {value:?} is not a number from 1 to {MOST_REPLICAS}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = "maxMsgs: 50000\nmaxAge: 168h\nmaxBytes: -1\nreplicas: 3\nduplicates: 300s\nretention: 0\ndiscard: 0\n";

    #[test]
    fn the_shipped_settings_are_read_in_any_case_of_keys() {
        let settings = StreamSettings::read(SHIPPED).unwrap();
        assert_eq!(
            settings,
            StreamSettings::read(&SHIPPED.to_lowercase()).unwrap()
        );
        assert_eq!(settings.max_messages, Some(50_000));
        assert_eq!(settings.max_age, Some(Duration::from_secs(168 * 3600)));
        assert_eq!((settings.max_bytes, settings.replicas), (None, 3));
        assert_eq!(settings.duplicates, Some(Duration::from_secs(300)));
    }

    #[test]
    fn nothing_is_the_default_and_flow_and_quotes_are_yaml_too() {
        assert_eq!(StreamSettings::read("").unwrap(), StreamSettings::default());
        assert_eq!(
            StreamSettings::read("# none\n").unwrap(),
            StreamSettings::default()
        );
        let settings = StreamSettings::read("{maxMsgs: '5', maxAge: 1000000000}").unwrap();
        assert_eq!(settings.max_messages, Some(5));
        assert_eq!(settings.max_age, Some(Duration::from_secs(1)));
    }

    #[test]
    fn sizes_with_units_are_read() {
        for (text, wanted) in [
            ("1GB", 1_000_000_000),
            ("1Gi", 1 << 30),
            ("512MiB", 512 << 20),
            ("10K", 10_000),
        ] {
            let settings = StreamSettings::read(&format!("maxBytes: {text}")).unwrap();
            assert_eq!(settings.max_bytes, Some(wanted), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_what_is_right() {
        for (text, wanted) in [
            (
                "maxBytes: 1XB",
                "maxBytes \"1XB\" is not a number of bytes such as",
            ),
            ("maxMsgs: many", "maxMsgs \"many\" is not a whole number"),
            (
                "maxAge: 7 days",
                "maxAge \"7 days\" is not a duration such as 168h",
            ),
            ("retention: 2", "work queue"),
            ("discard: 3", "write 0 (old events)"),
            ("replicas: 9", "a number from 1 to 5"),
            ("maxMessages: 1", "known are retention"),
            ("- 1", "one setting a line"),
            ("a: \"1", "not YAML"),
            ("maxAge: 1m\nduplicates: 5m", "longer than maxAge"),
        ] {
            let reason = StreamSettings::read(text).unwrap_err();
            assert!(reason.contains(wanted), "{text}: {reason}");
        }
    }
}
