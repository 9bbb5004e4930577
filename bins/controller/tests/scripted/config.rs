//! The configuration file changes while the controller runs.

use crate::{
    objects::jetstream,
    server::Server,
    stage::{CONFIG, Stage},
};
use argo_events_controller::metrics::CONFIG_FAILURES;
use std::fs;

fn image(server: &Server) -> Option<String> {
    let servers = server.all("statefulsets").pop()?;
    let containers = servers["spec"]["template"]["spec"]["containers"].as_array()?;
    let main = containers.iter().find(|one| one["name"] == "main")?;
    main["image"].as_str().map(str::to_owned)
}

#[tokio::test(start_paused = true)]
async fn a_change_is_taken_over_and_a_mistake_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("controller-config.yaml");
    fs::write(&path, CONFIG).unwrap();
    let server = Server::default();
    server.apply(jetstream());
    let stage = Stage::with(&server, |controller| controller.config_file(&path));
    stage.deployed("eventbus", "default").await;
    assert_eq!(image(&server).as_deref(), Some("nats:latest"));
    fs::write(&path, "eventBus: [").unwrap();
    while !stage
        .metrics
        .render()
        .contains(&format!("{CONFIG_FAILURES} 1"))
    {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
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
