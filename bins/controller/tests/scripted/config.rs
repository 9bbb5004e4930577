//! The configuration file changes while the controller runs.

use crate::{
    objects::jetstream,
    server::Server,
    stage::{CONFIG, Stage, eventually},
};
use argo_events_controller::metrics::CONFIG_FAILURES;
use std::{fs, path::Path, time::Duration};
use tokio::time::sleep;

fn image(server: &Server) -> Option<String> {
    let servers = server.all("statefulsets").pop()?;
    let containers = servers["spec"]["template"]["spec"]["containers"].as_array()?;
    let main = containers.iter().find(|one| one["name"] == "main")?;
    main["image"].as_str().map(str::to_owned)
}

/// Returns how often it was told that the file is of no use.
fn failures(stage: &Stage) -> u64 {
    let text = stage.metrics.render();
    let mut lines = text.lines();
    let count = lines.find_map(|line| line.strip_prefix(CONFIG_FAILURES)?.trim().parse().ok());
    count.unwrap_or_default()
}

/// Starts a controller with a file, and waits until it has made a bus of what stands there.
async fn configured(path: &Path) -> (Server, Stage) {
    fs::write(path, CONFIG).unwrap();
    let server = Server::default();
    server.apply(jetstream());
    let stage = Stage::with(&server, |controller| controller.config_file(path));
    stage.deployed("eventbus", "default").await;
    (server, stage)
}

#[tokio::test(start_paused = true)]
async fn a_change_is_taken_over_and_a_mistake_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("controller-config.yaml");
    let (server, stage) = configured(&path).await;
    assert_eq!(image(&server).as_deref(), Some("nats:latest"));
    fs::write(&path, "eventBus: [").unwrap();
    eventually("the mistake is counted", || failures(&stage) == 1).await;
    server.quiet().await;
    assert_eq!(image(&server).as_deref(), Some("nats:latest"));
    fs::write(&path, CONFIG.replace("nats:latest", "nats:next")).unwrap();
    let is_taken_over = |server: &Server| {
        image(server)
            .filter(|image| image == "nats:next")
            .map(|_| ())
    };
    server.until("the new image is used", is_taken_over).await;
}

#[tokio::test(start_paused = true)]
async fn a_file_that_cannot_be_read_is_told_once_and_its_last_text_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("controller-config.yaml");
    let (server, stage) = configured(&path).await;
    for told in 1..=2 {
        fs::remove_file(&path).unwrap();
        eventually("it is told", || failures(&stage) == told).await;
        sleep(Duration::from_secs(600)).await;
        assert_eq!(failures(&stage), told, "once, not at every look");
        fs::write(&path, CONFIG).unwrap();
        sleep(Duration::from_secs(60)).await;
    }
    assert_eq!(image(&server).as_deref(), Some("nats:latest"));
}
