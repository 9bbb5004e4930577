//! Builds the source, and decides which happenings it publishes.

use super::{FileConfig, Operation, payload::FileEventData, polling::Polling, watching::Watching};
use crate::kit::{poll::Poll, watch_path::WatchedPath};
use argo_events_core::{Draft, Error, ErrorKind, EventSource, Result, registry::BuildSource};
use std::{collections::BTreeMap, sync::Arc};

impl BuildSource for FileConfig {
    fn build(self) -> Result<Arc<dyn EventSource>> {
        let path = WatchedPath::new(&self.watch_path_config).map_err(|error| {
            Error::permanent(ErrorKind::ConfigInvalid, error.to_string())
                .with("field", "pathRegexp")
        })?;
        let wanted = Wanted {
            event_type: self.event_type,
            path,
            metadata: self.metadata,
        };
        Ok(if self.polling {
            Arc::new(Poll::new(Polling::new(wanted)))
        } else {
            Arc::new(Watching::new(wanted))
        })
    }
}

/// Which happenings are published, and how.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    event_type: String,
    path: WatchedPath,
    metadata: Option<BTreeMap<String, String>>,
}

impl Wanted {
    /// Returns the directory, as it was written.
    pub(super) fn directory(&self) -> &str {
        self.path.directory()
    }

    /// Makes a draft of what happened to a file, if that is wanted.
    pub(super) fn draft(&self, name: &str, operation: Operation) -> Option<Draft> {
        if operation.to_string() != self.event_type || !self.path.wants(name) {
            return None;
        }
        let data = FileEventData {
            name,
            operation,
            metadata: self.metadata.as_ref(),
        };
        Some(Draft::json(data.encode()))
    }
}
