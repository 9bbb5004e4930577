//! Secrets of a bus: nobody watches them, and nobody is shown them.

use crate::{objects::jetstream, server::Server, stage::Stage};
use serde_json::json;

const CLIENT: &str = "eventbus-default-js-client-auth";

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_lost_is_made_again_with_the_next_turn() {
    let stage = Stage::over([jetstream()]);
    stage.deployed("eventbus", "default").await;
    stage.server.quiet().await;
    stage.server.delete("secrets", CLIENT);
    // The loss itself is told to nobody.
    let mut bus = jetstream();
    bus["metadata"]["labels"] = json!({ "team": "shop" });
    stage.server.apply(bus);
    let is_back = |server: &Server| server.get("secrets", CLIENT);
    let made = stage.server.until("the Secret is there again", is_back);
    assert!(made.await["data"]["client-auth"].is_string());
}

#[tokio::test(start_paused = true)]
async fn what_a_secret_holds_is_in_no_event_and_no_status() {
    let stage = Stage::over([jetstream()]);
    stage.deployed("eventbus", "default").await;
    stage.server.quiet().await;
    let secret = stage.server.get("secrets", CLIENT).unwrap();
    let data = secret["data"]["client-auth"].as_str().unwrap().to_owned();
    let events = json!(stage.server.all("events")).to_string();
    let bus = stage.server.get("eventbus", "default").unwrap().to_string();
    assert!(!events.contains(&data) && !bus.contains(&data));
}
