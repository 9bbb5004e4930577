//! Source `file`, on real directories.

use crate::{bus::Recorder, webhook::source};
use argo_events_core::{Error, ErrorKind, Registry};
use argo_events_sources::{
    register,
    runtime::{Running, SourceRuntime, Status},
};
use serde_json::{Value, json};
use std::{fs, path::PathBuf, sync::Arc, time::Duration};
use tempfile::TempDir;

const GRACE: Duration = Duration::from_secs(60);

struct Rig {
    directory: TempDir,
    bus: Arc<Recorder>,
}

impl Rig {
    fn new() -> Self {
        Self {
            directory: TempDir::new().unwrap(),
            bus: Recorder::new(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn config(&self, event_type: &str, polling: bool) -> Value {
        let directory = format!("{}/", self.directory.path().display());
        let path = json!({"directory": directory, "pathRegexp": r"\.csv$"});
        json!({"eventType": event_type, "watchPathConfig": path, "polling": polling})
    }

    async fn start(&self, config: Value) -> Running {
        let runtime = SourceRuntime::new(self.bus.clone()).registry(register(Registry::default()));
        let running = runtime.start(&source(json!({"file": {"example": config}})));
        running.settled().await;
        running
    }
}

async fn finds_what_was_created(polling: bool) -> (Rig, String) {
    let rig = Rig::new();
    fs::write(rig.path("before.csv"), "1").unwrap();
    let running = rig.start(rig.config("CREATE", polling)).await;
    fs::write(rig.path("other.txt"), "1").unwrap();
    fs::write(rig.path("new.csv"), "1").unwrap();
    rig.bus.wait_for(1).await;
    running.drain(GRACE).await;
    let body = rig.bus.bodies().remove(0);
    (rig, body)
}

#[tokio::test]
async fn the_system_tells_of_a_file_that_is_created() {
    let (rig, body) = finds_what_was_created(false).await;
    let name = rig.path("new.csv");
    let wanted = format!(r#"{{"name":"{}","op":1,"metadata":null}}"#, name.display());
    assert_eq!(body, wanted);
}

#[tokio::test]
async fn a_look_finds_a_file_that_is_created() {
    let (_, body) = finds_what_was_created(true).await;
    assert_eq!(body, r#"{"name":"new.csv","op":1,"metadata":null}"#);
}

#[tokio::test]
async fn each_operation_is_told_apart() {
    let rig = Rig::new();
    fs::write(rig.path("a.csv"), "1").unwrap();
    fs::write(rig.path("b.csv"), "1").unwrap();
    for (index, event_type) in ["WRITE", "RENAME", "REMOVE"].into_iter().enumerate() {
        let running = rig.start(rig.config(event_type, false)).await;
        match event_type {
            "WRITE" => fs::write(rig.path("a.csv"), "22").unwrap(),
            "RENAME" => fs::rename(rig.path("a.csv"), rig.path("c.csv")).unwrap(),
            _ => fs::remove_file(rig.path("b.csv")).unwrap(),
        }
        rig.bus.wait_for(index + 1).await;
        running.drain(GRACE).await;
    }
}

#[tokio::test]
async fn a_directory_that_goes_away_is_watched_again_when_it_is_back() {
    let rig = Rig::new();
    let inbox = rig.path("inbox");
    fs::create_dir(&inbox).unwrap();
    let mut config = rig.config("CREATE", false);
    config["watchPathConfig"]["directory"] = json!(inbox);
    let running = rig.start(config).await;
    fs::remove_dir(&inbox).unwrap();
    let mut status = running.status("example").unwrap();
    let failing = |status: &Status| matches!(status, Status::Failing { .. });
    let reason = status.wait_for(failing).await.unwrap().to_string();
    assert!(reason.contains("the watched directory is gone"), "{reason}");
    fs::create_dir(&inbox).unwrap();
    status
        .wait_for(|status| *status == Status::Running)
        .await
        .unwrap();
    fs::write(inbox.join("new.csv"), "1").unwrap();
    rig.bus.wait_for(1).await;
}

#[tokio::test]
async fn what_the_bus_refuses_is_not_lost() {
    for polling in [false, true] {
        let rig = Rig::new();
        rig.bus.refuse(Error::permanent(ErrorKind::Closed, "down"));
        let running = rig.start(rig.config("CREATE", polling)).await;
        fs::write(rig.path("new.csv"), "1").unwrap();
        rig.bus.wait_for(1).await;
        running.drain(GRACE).await;
    }
}
