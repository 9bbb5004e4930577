//! One thing that a sensor is fed with, as it is written down: an event, or time that passes.
//!
//! An item is a CloudEvent (it has a `specversion`), an object with `source` and `event` or with
//! `dependency`, or `{ wait: 25h }`.

use super::subjects::{Subject, Subjects};
use argo_events::{Event, Timestamp, api::GoDuration, core::event::codec};
use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};
use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

/// What a sensor is fed with.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// An event.
    Event(Arc<Event>),
    /// Time passes.
    Wait(Duration),
}

/// What an item may say.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Item {
    dependency: Option<String>,
    source: Option<String>,
    event: Option<String>,
    id: Option<String>,
    time: Option<Timestamp>,
    #[serde(rename = "type")]
    event_type: Option<String>,
    content_type: Option<String>,
    extensions: BTreeMap<String, String>,
    data: Option<Box<RawValue>>,
    file: Option<String>,
    wait: Option<GoDuration>,
}

const FIELDS: [&str; 11] = [
    "dependency",
    "source",
    "event",
    "id",
    "time",
    "type",
    "contentType",
    "extensions",
    "data",
    "file",
    "wait",
];

/// Characters of an item that a message shows.
const SHOWN: usize = 80;

/// Tells whether an object is an item, rather than the body of an event.
pub(crate) fn is_item(object: &Map<String, Value>) -> bool {
    let has = |name: &str| object.contains_key(name);
    let named = has("dependency") || (has("source") && has("event")) || has("wait");
    is_cloud_event(object) || (named && object.keys().all(|key| FIELDS.contains(&key.as_str())))
}

fn is_cloud_event(object: &Map<String, Value>) -> bool {
    object.get("specversion").is_some_and(Value::is_string)
}

/// Makes events of items and bodies; those without an id are numbered.
#[derive(Debug)]
pub(crate) struct Maker<'a> {
    pub(crate) subjects: &'a Subjects,
    made: usize,
}

impl<'a> Maker<'a> {
    pub(crate) fn new(subjects: &'a Subjects) -> Self {
        Self { subjects, made: 0 }
    }

    /// Makes an event of a body.
    pub(crate) fn body(&mut self, subject: &Subject, body: Vec<u8>) -> Step {
        let builder = Event::builder(self.next_id(), &subject.source, &subject.event);
        let event = builder
            .event_type(self.subjects.type_of(subject))
            .data(body)
            .build();
        Step::Event(Arc::new(event))
    }

    /// Reads an item, given as JSON; files that it names lie in `folder`.
    pub(crate) fn item(&mut self, json: &str, folder: &Path) -> Result<Step, String> {
        let object: Map<String, Value> = serde_json::from_str(json)
            .map_err(|_| "an event is an object, or the name of a file".to_owned())?;
        if is_cloud_event(&object) {
            return cloud_event(json.to_owned());
        }
        let item: Item = serde_json::from_str(json).map_err(|error| misread(&error, json))?;
        match item.wait {
            Some(_) if object.len() > 1 => {
                Err("`wait` stands alone: time passes, and nothing else happens".to_owned())
            }
            Some(wait) => Ok(Step::Wait(wait.to_std())),
            None => self.event(item, folder),
        }
    }

    fn event(&mut self, item: Item, folder: &Path) -> Result<Step, String> {
        let subject = self.subject(&item)?;
        let id = item.id.unwrap_or_else(|| self.next_id());
        let known = self.subjects.type_of(&subject);
        let event_type = item.event_type.as_deref().unwrap_or(known);
        let mut builder =
            Event::builder(id, &subject.source, &subject.event).event_type(event_type);
        if let Some(time) = item.time {
            builder = builder.time(time);
        }
        if let Some(content_type) = item.content_type {
            builder = builder.data_content_type(content_type);
        }
        for (name, value) in item.extensions {
            builder = builder.extension(name, value);
        }
        match (item.data, item.file) {
            (Some(_), Some(_)) => return Err("has both `data` and `file`; keep one".to_owned()),
            (Some(data), None) => builder = builder.data(data.get().to_owned()),
            (None, Some(file)) => {
                let path = folder.join(file);
                let body = std::fs::read(&path);
                builder =
                    builder.data(body.map_err(|error| format!("{}: {error}", path.display()))?);
            }
            (None, None) => {}
        }
        Ok(Step::Event(Arc::new(builder.build())))
    }

    fn subject(&self, item: &Item) -> Result<Subject, String> {
        match (&item.dependency, &item.source, &item.event) {
            (Some(name), None, None) => self.subjects.of_dependency(name),
            (None, Some(source), Some(event)) => Ok(Subject::new(source, event)),
            (Some(_), ..) => Err("`dependency` says source and event already".to_owned()),
            _ => Err("names no event; write `source` and `event`, or `dependency`".to_owned()),
        }
    }

    fn next_id(&mut self) -> String {
        self.made += 1;
        format!("event-{}", self.made)
    }
}

fn cloud_event(json: String) -> Result<Step, String> {
    let decoded = codec::decode(&json.into());
    decoded
        .map(|event| Step::Event(Arc::new(event)))
        .map_err(|error| error.to_string())
}

/// Shows what was read instead of line and column, which would be those of a text that nobody wrote.
fn misread(error: &serde_json::Error, json: &str) -> String {
    let text = error.to_string();
    let message = text.split(" at line ").next().unwrap_or_default();
    match json.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{message} in {}…", &json[..end]),
        None => format!("{message} in {json}"),
    }
}
