//! Upstream of a file source: a directory, which nobody tells anything.

use argo_events_core::{Clock, Draft, EventSource, Result, SystemClock};
use argo_events_testkit::source::{Need, Pace, SourceHarness};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::{fs, path::PathBuf, sync::Arc};
use tempfile::TempDir;

/// Creates files whose names are numbers.
pub(crate) struct Folder {
    home: TempDir,
    polling: bool,
}

impl Folder {
    /// Makes an empty directory, to be looked through or watched.
    pub(crate) fn new(polling: bool) -> Self {
        let folder = Self {
            home: tempfile::tempdir().expect("there is room"),
            polling,
        };
        fs::create_dir(folder.path()).expect("there is room");
        folder
    }

    fn path(&self) -> PathBuf {
        self.home.path().join("inbox")
    }
}

#[async_trait]
impl SourceHarness for Folder {
    async fn source(&self) -> Result<Arc<dyn EventSource>> {
        let path = json!({"directory": self.path(), "pathRegexp": "[0-9]+$"});
        let config =
            json!({"eventType": "CREATE", "watchPathConfig": path, "polling": self.polling});
        crate::build("file", &config)
    }

    async fn occur(&self, number: u32) {
        fs::write(self.path().join(number.to_string()), "").expect("there is room");
    }

    fn number(&self, draft: &Draft) -> Option<u32> {
        let data: Value = serde_json::from_slice(&draft.data).ok()?;
        data["name"].as_str()?.rsplit('/').next()?.parse().ok()
    }

    fn lacks(&self, need: Need) -> Option<&'static str> {
        match need {
            Need::Answers => Some("a directory is told nothing"),
            Need::Malformed => Some("every file is an event"),
            _ => None,
        }
    }

    async fn fail(&self) {
        // Not removed: where the file system tells no birth, a new file with the number of one that
        // is gone may look like that file renamed.
        fs::rename(self.path(), self.home.path().join("gone")).expect("it is there");
    }

    async fn repair(&self) {
        fs::create_dir(self.path()).expect("there is room");
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }

    fn pace(&self) -> Pace {
        Pace::REAL
    }
}
