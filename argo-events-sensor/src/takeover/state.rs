//! What the reference keeps of a sensor in its bucket, and how it is written.
//!
//! Reading is tolerant: what cannot be read is said and left out, since it must neither stop the
//! sensor nor stand in the way of newer events. Whether an entry still counts is the business of
//! `inheritance.rs`.

use super::names;
use argo_events_core::{Event, Result, StateStore, Timestamp, event::codec};
use argo_events_expr::gojson;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use std::{collections::BTreeMap, sync::Arc};

/// An event that waits for others, as it is kept under `<trigger>/<dependency>`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StoredEvent {
    /// Place of the dependency in the trigger's shape.
    pub dependency: u16,
    /// The event, as the dependency's transform left it.
    pub event: Arc<Event>,
    /// When it was published.
    pub arrived_at: Timestamp,
    /// Its place in the stream.
    pub sequence: u64,
    /// As how many-th its consumer got it; tells the reference nothing, and is kept for it.
    pub consumer_sequence: u64,
}

impl StoredEvent {
    /// Makes an event that waits in a place of its trigger's shape.
    pub fn new(dependency: u16, event: Arc<Event>, arrived_at: Timestamp, sequence: u64) -> Self {
        Self {
            dependency,
            event,
            arrived_at,
            sequence,
            consumer_sequence: 0,
        }
    }

    /// Reads what is kept of an event.
    ///
    /// # Errors
    /// What is wrong with it, in words for a log.
    pub fn decode(dependency: u16, kept: &Bytes) -> Result<Self, String> {
        let kept: Kept<'_> = serde_json::from_slice(kept).map_err(|error| error.to_string())?;
        let event = Bytes::copy_from_slice(kept.event.get().as_bytes());
        let event = codec::decode(&event).map_err(|error| error.to_string())?;
        Ok(Self {
            dependency,
            event: Arc::new(event),
            arrived_at: kept.timestamp,
            sequence: kept.stream_seq,
            consumer_sequence: kept.consumer_seq,
        })
    }

    /// Writes the event as the reference keeps it.
    pub fn encode(&self) -> Bytes {
        let event = codec::encode(&self.event);
        let event = String::from_utf8(event).expect("an event is written as text");
        let event = RawValue::from_string(event).expect("an event is written as JSON");
        let kept = Kept {
            stream_seq: self.sequence,
            consumer_seq: self.consumer_sequence,
            timestamp: self.arrived_at,
            event: &event,
        };
        let kept = serde_json::to_vec(&kept).expect("numbers, a time and JSON can be written");
        kept.into()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Kept<'a> {
    #[serde(default)]
    stream_seq: u64,
    #[serde(default)]
    consumer_seq: u64,
    timestamp: Timestamp,
    #[serde(borrow)]
    event: &'a RawValue,
}

/// The table of dependencies: names and the hashes of their definitions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Definitions(BTreeMap<String, u64>);

impl Definitions {
    /// Reads the table; says what of it cannot be read.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) async fn read(state: &dyn StateStore, warnings: &mut Vec<String>) -> Result<Self> {
        let Some(kept) = state.get(names::DEPENDENCIES).await? else {
            return Ok(Self::default());
        };
        let table = match serde_json::from_slice::<BTreeMap<String, Value>>(&kept.value) {
            Ok(table) => table,
            Err(error) => {
                let key = names::DEPENDENCIES;
                warnings.push(format!("{key:?} cannot be read, so that nothing says which dependencies changed: {error}"));
                return Ok(Self::default());
            }
        };
        let hash = |(name, hash): (String, Value)| Some((name, hash.as_u64()?));
        Ok(Self(table.into_iter().filter_map(hash).collect()))
    }

    /// Tells whether nothing is known of any dependency.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the hash of a dependency's definition.
    pub(super) fn get(&self, dependency: &str) -> Option<u64> {
        self.0.get(dependency).copied()
    }

    /// Writes the table as the reference does.
    pub(super) fn encode(&self) -> Bytes {
        let entry = |(name, hash): (&String, &u64)| {
            [text(name).as_slice(), b":", hash.to_string().as_bytes()].concat()
        };
        let entries: Vec<_> = self.0.iter().map(entry).collect();
        [b"{", entries.join(&b","[..]).as_slice(), b"}"]
            .concat()
            .into()
    }
}

impl FromIterator<(String, u64)> for Definitions {
    fn from_iter<I: IntoIterator<Item = (String, u64)>>(hashes: I) -> Self {
        Self(hashes.into_iter().collect())
    }
}

/// Reads the names of the triggers that ran last; none if that cannot be read.
///
/// # Errors
/// Those of the store.
pub(super) async fn read_triggers(state: &dyn StateStore) -> Result<Vec<String>> {
    let kept = state.get(names::TRIGGERS).await?;
    Ok(kept
        .and_then(|kept| serde_json::from_slice(&kept.value).ok())
        .unwrap_or_default())
}

/// Writes the list of triggers as the reference does.
pub(super) fn encode_triggers<'a>(triggers: impl IntoIterator<Item = &'a str>) -> Bytes {
    let triggers: Vec<_> = triggers.into_iter().map(text).collect();
    [b"[", triggers.join(&b","[..]).as_slice(), b"]"]
        .concat()
        .into()
}

/// Reads the condition that a trigger had; `None` if there is none, or if it is not text.
///
/// # Errors
/// Those of the store.
pub(super) async fn read_expression(
    state: &dyn StateStore,
    trigger: &str,
) -> Result<Option<String>> {
    let key = names::expression_key(trigger);
    if !names::is_key(&key) {
        return Ok(None);
    }
    let kept = state.get(&key).await?;
    Ok(kept.and_then(|kept| String::from_utf8(kept.value.into()).ok()))
}

fn text(text: &str) -> Vec<u8> {
    gojson::encode_string(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_written_as_it_was_read() {
        let kept = Bytes::from_static(br#"{"StreamSeq":5,"ConsumerSeq":4,"Timestamp":"2026-11-22T15:00:47.48674615Z","Event":{"specversion":"1.0","id":"75","source":"src","type":"webhook","subject":"a","datacontenttype":"application/json","time":"2026-11-22T15:00:47.486528808Z","data_base64":"eyJhIjoxfQ=="}}"#);
        let event = StoredEvent::decode(1, &kept).unwrap();
        assert_eq!((event.dependency, event.sequence), (1, 5));
        assert_eq!(event.event.data().unwrap().as_ref(), br#"{"a":1}"#);
        assert_eq!(event.encode(), kept);
    }

    #[test]
    fn what_is_no_event_is_refused_with_a_reason() {
        for kept in [
            "",
            "no JSON",
            "null",
            "{}",
            r#"{"StreamSeq":1,"Timestamp":"2026-11-22T15:00:47Z","Event":null}"#,
        ] {
            assert!(
                StoredEvent::decode(0, &Bytes::from_static(kept.as_bytes())).is_err(),
                "{kept}"
            );
        }
    }

    #[test]
    fn tables_are_written_sorted_and_escaped_as_in_go() {
        let table: Definitions = [("b".to_owned(), u64::MAX), ("a<".to_owned(), 1)]
            .into_iter()
            .collect();
        assert_eq!(table.encode(), r#"{"a\u003c":1,"b":18446744073709551615}"#);
        assert_eq!(encode_triggers(["t", "\"u"]), r#"["t","\"u"]"#);
        assert_eq!(encode_triggers([]), "[]");
    }
}
