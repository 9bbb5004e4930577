//! Proves that the trigger keeps its promises.

use argo_events_core::{
    Result, SystemClock, Trigger,
    registry::{BuildTrigger as _, TriggerBuild},
    secret::MemorySecrets,
};
use argo_events_testkit::trigger::{
    Effect, Need, Pace, Target, TriggerHarness, trigger_conformance,
};
use async_trait::async_trait;
use serde_json::Value;
use std::{fs, path::PathBuf, sync::Arc};
use stranger::append::AppendConfig;
use tempfile::TempDir;

/// The target is a file in a folder that comes and goes.
struct Folder(TempDir);

impl Default for Folder {
    fn default() -> Self {
        let folder = Self(tempfile::tempdir().expect("there is room"));
        fs::create_dir(folder.path()).expect("there is room");
        folder
    }
}

impl Folder {
    fn path(&self) -> PathBuf {
        self.0.path().join("orders")
    }

    fn file(&self) -> PathBuf {
        self.path().join("paid")
    }
}

fn effect(line: &str) -> Effect {
    let (key, events) = line.split_once(' ').expect("a line has two parts");
    let events: Value = serde_json::from_str(events).expect("the second is JSON");
    let number = events["paid"]["number"].as_u64().expect("it has a number");
    Effect {
        number: number.try_into().expect("it is small"),
        key: Some(key.to_owned()),
    }
}

#[async_trait]
impl TriggerHarness for Folder {
    async fn trigger(&self) -> Result<Arc<dyn Trigger>> {
        let path = self.file().display().to_string();
        let secrets = Arc::new(MemorySecrets::default());
        let build = TriggerBuild::new("orders", "keep", secrets, Arc::new(SystemClock));
        AppendConfig { path }.build(&build)
    }

    async fn effects(&self) -> Vec<Effect> {
        let lines = fs::read_to_string(self.file()).unwrap_or_default();
        lines.lines().map(effect).collect()
    }

    fn lacks(&self, need: Need) -> Option<&'static str> {
        match need {
            Need::Key | Need::Never | Need::Gone => None,
            Need::Secrets => Some("it is given no secrets"),
            _ => Some("a disk answers at once"),
        }
    }

    async fn target(&self, behavior: Target) {
        match behavior {
            Target::Never => fs::create_dir(self.file()).expect("there is no file yet"),
            Target::Gone => fs::remove_dir(self.path()).expect("there is no file yet"),
            _ => fs::create_dir_all(self.path()).expect("there is room"),
        }
    }

    fn pace(&self) -> Pace {
        Pace::REAL
    }
}

trigger_conformance!(Folder);
