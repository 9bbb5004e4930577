//! What lies on the bus, read past it: the events of the stream in order, and whether every consumer has
//! settled everything.

use super::posts::Kind;
use argo_events::core::event::codec;
use async_nats::{Client, Message};
use futures::StreamExt as _;
use serde_json::{Value, json};
use std::{collections::HashSet, error::Error, time::Duration};
use tokio::time::timeout;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// How many messages are asked for at a time.
const BATCH: usize = 1_000;
const PATIENCE: Duration = Duration::from_secs(10);

/// An event as it lies on the bus.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) kind: Kind,
    pub(crate) number: usize,
    pub(crate) key: String,
}

/// The events of a stream.
#[derive(Debug, Default)]
pub(crate) struct Events {
    /// In order; an event that lies there twice counts once.
    pub(crate) events: Vec<Stored>,
    /// How many lie there twice.
    pub(crate) twice: usize,
}

/// Reads the whole stream.
pub(crate) async fn events(url: &str) -> Result<Events> {
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
            found.add(&message, &mut ids)?;
        }
        left -= batch;
    }
    Ok(found)
}

impl Events {
    fn add(&mut self, message: &Message, ids: &mut HashSet<String>) -> Result<()> {
        let event = codec::decode(&message.payload)?;
        if !ids.insert(event.id().to_owned()) {
            self.twice += 1;
            return Ok(());
        }
        let body = &event.json()?["body"];
        let number = body["number"].as_u64().ok_or("an event has no number")?;
        let kind = match event.subject() {
            "a" => Kind::A,
            _ => Kind::B,
        };
        let key = body["key"].as_str().unwrap_or_default().to_owned();
        let number = number as usize;
        self.events.push(Stored { kind, number, key });
        Ok(())
    }
}

/// Returns which consumers have not settled everything, with how many they have left.
pub(crate) async fn unsettled(client: &Client) -> Result<Vec<String>> {
    let request = json!({ "offset": 0 });
    let list = ask(client, "CONSUMER.LIST.default", &request).await?;
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
