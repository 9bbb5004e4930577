//! Firings of the shared lane that take long, kept in the state store so that their deliveries can be released.
//!
//! One key per firing; it is deleted when the action has come to its end, and read back at start.

use argo_events_core::{
    Error, ErrorKind, Event, Firing, Result, StateStore,
    event::codec,
    resolver::{Held, Shape},
};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::{fmt, sync::Arc};

/// A firing as it is stored.
#[derive(Serialize, Deserialize)]
struct Entry {
    trigger: String,
    held: Vec<(String, Box<RawValue>)>,
}

/// Stores firings of one lane.
pub(crate) struct Journal {
    store: Arc<dyn StateStore>,
    prefix: String,
}

impl Journal {
    pub(crate) fn new(store: Arc<dyn StateStore>, prefix: impl Into<String>) -> Self {
        Self {
            store,
            prefix: prefix.into(),
        }
    }

    /// Stores a firing; storing it again is no error.
    pub(crate) async fn put(&self, firing: &Firing) -> Result<()> {
        let held: Result<Vec<_>> = firing
            .events()
            .map(|(name, event)| Ok((name.to_owned(), raw(event)?)))
            .collect();
        let entry = Entry {
            trigger: firing.trigger().to_owned(),
            held: held?,
        };
        let value = serde_json::to_vec(&entry).map_err(|error| unreadable(&error))?;
        match self.store.put(&self.key(firing), value.into(), None).await {
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    /// Deletes a firing.
    pub(crate) async fn remove(&self, firing: &Firing) -> Result<()> {
        let key = self.key(firing);
        match self.store.get(&key).await? {
            Some(found) => self.store.delete(&key, found.version).await,
            None => Ok(()),
        }
    }

    /// Reads every firing back; `shape_of` finds a trigger's shape, `None` for one that is gone.
    ///
    /// A firing whose trigger is gone stays in the store: its trigger may come back.
    pub(crate) async fn load(
        &self,
        shape_of: impl Fn(&str) -> Option<Arc<Shape>> + Send + Sync,
    ) -> Result<Vec<Firing>> {
        let mut firings = Vec::new();
        for key in self.store.keys(&format!("{}/", self.prefix)).await? {
            let Some(found) = self.store.get(&key).await? else {
                continue;
            };
            let entry: Entry = serde_json::from_slice(&found.value).map_err(|e| unreadable(&e))?;
            if let Some(shape) = shape_of(&entry.trigger) {
                firings.push(firing(shape, entry)?);
            }
        }
        Ok(firings)
    }

    fn key(&self, firing: &Firing) -> String {
        format!("{}/{}", self.prefix, firing.id())
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Journal")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

fn raw(event: &Event) -> Result<Box<RawValue>> {
    let text = String::from_utf8(codec::encode(event)).map_err(|error| unreadable(&error))?;
    RawValue::from_string(text).map_err(|error| unreadable(&error))
}

fn firing(shape: Arc<Shape>, entry: Entry) -> Result<Firing> {
    let mut held = Vec::with_capacity(entry.held.len());
    for (name, event) in entry.held {
        let Some(dependency) = shape.dependencies.iter().position(|known| *known == name) else {
            continue;
        };
        let event = codec::decode(&Bytes::from(event.get().to_owned()))?;
        held.push(Held {
            dependency: index(dependency),
            event: Arc::new(event),
        });
    }
    Ok(Firing::new(shape, held))
}

fn index(position: usize) -> u16 {
    u16::try_from(position).expect("a trigger names fewer than 65 536 dependencies")
}

fn unreadable(error: &dyn fmt::Display) -> Error {
    Error::permanent(
        ErrorKind::PayloadInvalid,
        format!("a journaled firing is not readable: {error}"),
    )
}
