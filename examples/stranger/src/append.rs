//! Trigger `append`: appends a line to a file for each firing, once.
//!
//! A line begins with the id of its firing. One that is there already is not written again, so that a
//! firing which is executed a second time, after a crash say, has one effect.

use argo_events_core::{
    Error, ErrorKind, Executed, FieldPath, Firing, Problems, Rendered, Result, Trigger,
    TriggerContext,
    registry::{BuildTrigger, TriggerBuild, TriggerConfig},
};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{
    fs::OpenOptions,
    io::{self, Read as _, Write as _},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

/// Appends a line to a file.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AppendConfig {
    /// The file; it is made if it is not there. Its folder must be.
    pub path: String,
}

impl TriggerConfig for AppendConfig {
    const KIND: &'static str = "append";
    const EXAMPLE: &'static str = "append: { path: /var/log/orders }";

    fn validate(&self, path: &FieldPath, problems: &mut Problems) {
        problems.require(path.field("path"), &self.path);
    }
}

impl BuildTrigger for AppendConfig {
    fn build(self, _: &TriggerBuild) -> Result<Arc<dyn Trigger>> {
        Ok(Arc::new(Append(Arc::new(File {
            path: self.path.into(),
            writing: Mutex::new(()),
        }))))
    }
}

struct Append(Arc<File>);

/// What `render` hands to `execute`.
struct Line {
    key: String,
    text: String,
}

#[async_trait]
impl Trigger for Append {
    fn kind(&self) -> &'static str {
        AppendConfig::KIND
    }

    async fn render(&self, firing: &Firing) -> Result<Rendered> {
        let mut events = Map::new();
        for (dependency, event) in firing.events() {
            events.insert(dependency.to_owned(), event.json()?.clone());
        }
        let events = Value::Object(events);
        let key = firing.id().to_string();
        let text = format!("{key} {events}\n");
        Ok(Rendered::new(firing.id(), events, Line { key, text }))
    }

    async fn execute(&self, rendered: &Rendered, _: &TriggerContext) -> Result<Executed> {
        let line = rendered.content::<Line>().ok_or_else(|| {
            Error::permanent(ErrorKind::Unexpected, "another trigger has rendered this")
        })?;
        let (file, key, text) = (Arc::clone(&self.0), line.key.clone(), line.text.clone());
        let written = tokio::task::spawn_blocking(move || file.append(&key, &text)).await;
        let written = written.map_err(io::Error::other).and_then(|result| result);
        written.map_err(|error| self.0.failed(&error))?;
        Ok(Executed::default())
    }
}

struct File {
    path: PathBuf,
    /// Held while the file is looked through and written.
    writing: Mutex<()>,
}

impl File {
    /// Appends a line unless one with its key is there, and waits until it is on the disk.
    fn append(&self, key: &str, text: &str) -> io::Result<()> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut options = OpenOptions::new();
        let mut file = options
            .create(true)
            .read(true)
            .append(true)
            .open(&self.path)?;
        let mut present = String::new();
        file.read_to_string(&mut present)?;
        if present.lines().any(|line| line.starts_with(key)) {
            return Ok(());
        }
        file.write_all(text.as_bytes())?;
        file.sync_data()
    }

    /// Says whether another attempt can help: only we know.
    fn failed(&self, error: &io::Error) -> Error {
        let message = format!("cannot append: {error}");
        let failed = match error.kind() {
            io::ErrorKind::IsADirectory | io::ErrorKind::InvalidData => {
                Error::permanent(ErrorKind::Rejected, message)
            }
            io::ErrorKind::PermissionDenied => Error::permanent(ErrorKind::Unauthorized, message),
            // The folder may be mounted later, the disk may have room again.
            _ => Error::transient(ErrorKind::Unavailable, message),
        };
        failed.with("path", self.path.display())
    }
}
