//! A value that a source keeps in the state store, so that it survives the process.
//!
//! Without a store it is not kept, and one that cannot be read counts as absent.

use argo_events_core::{Error, ErrorKind, Result, SourceContext, StateStore};
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt::Write as _, sync::Arc};
use tracing::warn;

/// A value under one key.
pub(crate) struct Kept {
    store: Option<Arc<dyn StateStore>>,
    key: String,
    version: Option<u64>,
}

impl Kept {
    /// Keeps how far a source is, where `keeps` says so.
    pub(crate) fn mark(kind: &str, keeps: bool, context: &SourceContext) -> Self {
        let kept = Self::part("watermark", kind, "", context);
        if keeps && kept.store.is_none() {
            let event = context.event();
            warn!(
                event,
                "there is no state store, so what is missed while nothing runs stays missed"
            );
        }
        let store = kept.store.filter(|_| keeps);
        Self { store, ..kept }
    }

    /// Keeps something else about the event of a source, under a key that ends in `part`.
    pub(crate) fn part(what: &str, kind: &str, part: &str, context: &SourceContext) -> Self {
        let (source, event) = (encoded(context.source()), encoded(context.event()));
        Self {
            store: context.state().cloned(),
            key: format!("{what}/{kind}/{source}/{event}{part}"),
            version: None,
        }
    }

    /// Returns what was kept.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(crate) async fn load<M: DeserializeOwned>(&mut self) -> Result<Option<M>> {
        let Some(store) = &self.store else {
            return Ok(None);
        };
        let Some(stored) = store.get(&self.key).await? else {
            return Ok(None);
        };
        self.version = Some(stored.version);
        match serde_json::from_slice(&stored.value) {
            Ok(mark) => Ok(Some(mark)),
            Err(error) => {
                warn!(%error, key = self.key, "a stored mark cannot be read and is replaced");
                Ok(None)
            }
        }
    }

    /// Stores a value and tells whether nothing is left to store; without a store nothing ever is. A failure costs a repeat after a restart, which
    /// carries the same id.
    pub(crate) async fn save<M: Serialize + Sync>(&mut self, mark: &M) -> bool {
        let Some(store) = &self.store else {
            return true;
        };
        let stored = match serde_json::to_vec(mark) {
            Ok(value) => store.put(&self.key, value.into(), self.version).await,
            Err(error) => Err(
                Error::permanent(ErrorKind::Unexpected, "the mark has no JSON").caused_by(error),
            ),
        };
        match stored {
            Ok(version) => {
                self.version = Some(version);
                true
            }
            Err(error) => {
                warn!(%error, key = self.key, "could not store what the source keeps");
                let present = store.get(&self.key).await;
                self.version = present.ok().flatten().map(|present| present.version);
                false
            }
        }
    }
}

/// Writes a name with the letters that keys may have.
fn encoded(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            key.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(key, "={byte:02x}");
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_keys_that_differ() {
        assert_eq!(encoded("a-b_c.d"), "a-b_c.d");
        assert_eq!(encoded("a/b=é"), "a=2fb=3d=c3=a9");
    }
}
