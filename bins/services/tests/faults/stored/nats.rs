//! What lies on JetStream, read with the official client.

use super::{Events, Result};
use async_nats::Client;
use futures::StreamExt as _;
use serde_json::{Value, json};
use std::{collections::HashSet, time::Duration};
use tokio::time::timeout;

/// How many messages are asked for at a time.
const BATCH: usize = 1_000;
const PATIENCE: Duration = Duration::from_secs(60);

/// Reads the whole stream.
pub(super) async fn events(url: &str) -> Result<Events> {
    let client = async_nats::connect(url).await?;
    let config = json!({ "ack_policy": "none", "deliver_policy": "all", "mem_storage": true });
    let request = json!({ "stream_name": "default", "config": config });
    let made = ask(&client, "CONSUMER.CREATE.default", &request).await?;
    let name = made["name"].as_str().ok_or("a consumer has no name")?;
    let mut left = made["num_pending"].as_u64().ok_or("nothing is pending")? as usize;
    let (mut found, mut ids) = (Events::default(), HashSet::new());
    let inbox = client.new_inbox();
    let mut answers = client.subscribe(inbox.clone()).await?;
    while left > 0 {
        let batch = left.min(BATCH);
        let request = json!({ "batch": batch }).to_string();
        let subject = format!("$JS.API.CONSUMER.MSG.NEXT.default.{name}");
        let published = client.publish_with_reply(subject, inbox.clone(), request.into());
        published.await?;
        for _ in 0..batch {
            let message = timeout(PATIENCE, answers.next()).await?;
            let message = message.ok_or("the connection has ended")?;
            found.add(&message.payload, &mut ids)?;
        }
        left -= batch;
    }
    Ok(found)
}

/// Returns which consumers have not settled everything, with how many they have left.
pub(super) async fn unsettled(url: &str) -> Result<Vec<String>> {
    let client = async_nats::connect(url).await?;
    let request = json!({ "offset": 0 });
    let list = ask(&client, "CONSUMER.LIST.default", &request).await?;
    let consumers = list["consumers"].as_array().into_iter().flatten();
    let count = |consumer: &Value, name: &str| consumer[name].as_u64().unwrap_or(0);
    let left = consumers.filter_map(|consumer| {
        let new = count(consumer, "num_pending");
        let open = count(consumer, "num_ack_pending");
        let name = &consumer["name"];
        (new + open > 0).then(|| format!("{name} has {new} to read and {open} to settle"))
    });
    Ok(left.collect())
}

async fn ask(client: &Client, subject: &str, request: &Value) -> Result<Value> {
    let subject = format!("$JS.API.{subject}");
    let request = client.request(subject, request.to_string().into());
    let answer: Value = serde_json::from_slice(&timeout(PATIENCE, request).await??.payload)?;
    match answer.get("error") {
        Some(error) => Err(error.to_string().into()),
        None => Ok(answer),
    }
}
