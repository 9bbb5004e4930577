//! Durable consumers: found, made, moved to other subjects, and made anew where they were.
//!
//! A group has one consumer of its own. It begins at a sequence that is written into its
//! configuration, so that anybody can read later what its first event is. Consumers that have names
//! of their own are made as the reference makes them, and used as they are.

use super::{
    STREAM,
    api::{self, ConsumerInfo, Refusal, StreamInfo, code},
    floor::Floor,
    lock, names,
    stream::{Stream, identity},
};
use argo_events_core::{NamedConsumer, Result, Subscription, bus::StartAt};
use async_nats::Client;
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

/// How often a consumer is looked for while others make or delete it.
const ATTEMPTS: usize = 5;
/// What the reference's client asks for.
const NAMED_MAX_ACK_PENDING: u64 = 65536;
/// Stands for no subject at all; without one a consumer reads everything.
const NOTHING: &str = "=";

/// A consumer, and how far it is.
#[derive(Debug)]
pub(super) struct Consumer {
    pub(super) name: String,
    kind: Kind,
    floor: Mutex<Floor>,
    /// Which stream it reads; 0 before it was found.
    partition: AtomicU32,
}

/// How a consumer is configured.
#[derive(Debug)]
enum Kind {
    /// A group's own.
    Own {
        subjects: Vec<String>,
        ack_wait: Duration,
        max_ack_pending: usize,
        start: StartAt,
    },
    /// One with a name of its own.
    Named { subject: String },
}

impl Consumer {
    /// Describes the consumers of a subscription; nothing is asked of the server yet.
    pub(super) fn of(subscription: &Subscription) -> Result<Vec<Self>> {
        if !subscription.through.is_empty() {
            return subscription.through.iter().map(Self::named).collect();
        }
        let mut subjects = names::subjects(&subscription.subjects)?;
        if subjects.is_empty() {
            subjects.push(format!("{STREAM}.{NOTHING}.{NOTHING}"));
        }
        let kind = Kind::Own {
            subjects,
            ack_wait: subscription.ack_wait,
            max_ack_pending: subscription.max_in_flight.get(),
            start: subscription.start,
        };
        Ok(vec![Self::new(names::consumer(&subscription.group), kind)])
    }

    /// Describes a consumer that has a name of its own.
    pub(super) fn named(named: &NamedConsumer) -> Result<Self> {
        let subject = names::subject(&named.subject.source, &named.subject.event)?;
        Ok(Self::new(named.name.clone(), Kind::Named { subject }))
    }

    fn new(name: String, kind: Kind) -> Self {
        let floor = Mutex::default();
        let partition = AtomicU32::new(0);
        Self {
            name,
            kind,
            floor,
            partition,
        }
    }

    /// Returns the partition of what it delivers.
    pub(super) fn partition(&self) -> u32 {
        self.partition.load(Relaxed)
    }

    /// Notes a delivery.
    pub(super) fn delivered(&self, stream: u64, consumer: u64) {
        lock(&self.floor).deliver(stream, consumer);
    }

    /// Notes a settlement after which the event does not come again.
    pub(super) fn settled(&self, stream: u64) {
        lock(&self.floor).settle(stream);
    }

    /// Asks the server how far it is, where that is not known here.
    pub(super) async fn refresh(&self, client: &Client) {
        if lock(&self.floor).is_vague()
            && let Ok(found) = info(client, &self.name).await
        {
            lock(&self.floor).state(&found);
        }
    }

    /// Finds the consumer, or makes it: where it was if it was known, else where it begins.
    pub(super) async fn ensure(&self, client: &Client, stream: &Stream) -> Result<()> {
        let found = stream.ensure(client).await?;
        let is_new = self.partition() != identity(&found.created);
        let mut refused = None;
        for _ in 0..ATTEMPTS {
            match self.try_ensure(client, &found, is_new).await {
                Ok(info) => {
                    self.partition.store(identity(&found.created), Relaxed);
                    lock(&self.floor).state(&info);
                    return Ok(());
                }
                Err(refusal) if is_race(&refusal) => refused = Some(refusal),
                Err(refusal) => return Err(self.error(refusal)),
            }
        }
        Err(self.error(refused.unwrap_or(Refusal::Silent)))
    }

    fn error(&self, refusal: Refusal) -> argo_events_core::Error {
        refusal
            .during("find the consumer")
            .with("consumer", &self.name)
    }

    async fn try_ensure(
        &self,
        client: &Client,
        stream: &StreamInfo,
        is_new: bool,
    ) -> Result<ConsumerInfo, Refusal> {
        match info(client, &self.name).await {
            Ok(found) => self.adapt(client, found).await,
            Err(refusal) if refusal.is(&[code::CONSUMER_NOT_FOUND]) => {
                self.make(client, stream, is_new).await
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// Moves a consumer that exists to what is wanted now, without moving its position.
    async fn adapt(&self, client: &Client, found: ConsumerInfo) -> Result<ConsumerInfo, Refusal> {
        match &self.kind {
            Kind::Own {
                subjects,
                ack_wait,
                max_ack_pending,
                ..
            } => {
                let mut config = found.config.clone();
                config.remove("filter_subject");
                if filters(&found.config) != subjects.iter().map(String::as_str).collect() {
                    config.insert("filter_subjects".to_owned(), json!(subjects));
                } else if let Some(filter) = found.config.get("filter_subject") {
                    config.insert("filter_subject".to_owned(), filter.clone());
                }
                config.insert("ack_wait".to_owned(), json!(nanos(*ack_wait)));
                config.insert("max_ack_pending".to_owned(), json!(max_ack_pending));
                if config == found.config {
                    return Ok(found);
                }
                tracing::info!(
                    consumer = self.name,
                    "consumer changed to other subjects or limits"
                );
                create(client, &self.name, "", &config, "update").await
            }
            Kind::Named { subject }
                if filters(&found.config) == BTreeSet::from([subject.as_str()]) =>
            {
                Ok(found)
            }
            Kind::Named { subject } => {
                let (settled, old) = (found.ack_floor.stream_seq, filters(&found.config));
                tracing::warn!(
                    consumer = self.name,
                    ?old,
                    new = subject,
                    settled,
                    "consumer reads another subject: made anew behind what it settled"
                );
                delete(client, &self.name).await?;
                create(
                    client,
                    &self.name,
                    subject,
                    &named_config(&self.name, subject, Some(settled + 1)),
                    "",
                )
                .await
            }
        }
    }

    async fn make(
        &self,
        client: &Client,
        stream: &StreamInfo,
        is_new: bool,
    ) -> Result<ConsumerInfo, Refusal> {
        let was_known = self.partition() != 0;
        // On a stream made anew everything is unread.
        let settled = match (was_known, is_new) {
            (true, true) => Some(0),
            (true, false) => Some(lock(&self.floor).settled()),
            (false, _) => None,
        };
        if let Some(settled) = settled {
            tracing::warn!(
                consumer = self.name,
                settled,
                "consumer was gone: made anew"
            );
        }
        match &self.kind {
            Kind::Own { start, .. } => {
                let settled = settled.unwrap_or_else(|| begin(*start, stream));
                let config = self.own_config(settled);
                lock(&self.floor).reset(settled);
                create(client, &self.name, "", &config, "create").await
            }
            Kind::Named { subject } => {
                lock(&self.floor).reset(settled.unwrap_or(stream.state.last_seq));
                let config = named_config(&self.name, subject, settled.map(|settled| settled + 1));
                create(client, &self.name, subject, &config, "").await
            }
        }
    }

    fn own_config(&self, settled: u64) -> Map<String, Value> {
        let Kind::Own {
            subjects,
            ack_wait,
            max_ack_pending,
            ..
        } = &self.kind
        else {
            return Map::new();
        };
        object(json!({
            "durable_name": self.name,
            "name": self.name,
            "deliver_policy": "by_start_sequence",
            "opt_start_seq": settled + 1,
            "ack_policy": "explicit",
            "ack_wait": nanos(*ack_wait),
            "max_deliver": -1,
            "filter_subjects": subjects,
            "replay_policy": "instant",
            "max_ack_pending": max_ack_pending,
        }))
    }
}

/// Returns behind which sequence a new group begins.
fn begin(start: StartAt, stream: &StreamInfo) -> u64 {
    match start {
        StartAt::Oldest => 0,
        StartAt::After(position) if position.partition == identity(&stream.created) => {
            position.sequence
        }
        StartAt::After(_) => 0,
        _ => stream.state.last_seq,
    }
}

fn named_config(name: &str, subject: &str, first: Option<u64>) -> Map<String, Value> {
    let mut config = object(json!({
        "durable_name": name,
        "deliver_policy": "new",
        "ack_policy": "explicit",
        "filter_subject": subject,
        "replay_policy": "instant",
        "max_ack_pending": NAMED_MAX_ACK_PENDING,
        "num_replicas": 0,
    }));
    if let Some(first) = first {
        config.insert("deliver_policy".to_owned(), json!("by_start_sequence"));
        config.insert("opt_start_seq".to_owned(), json!(first));
    }
    config
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// Returns the subjects that a consumer reads.
pub(super) fn filters(config: &Map<String, Value>) -> BTreeSet<&str> {
    let one = config.get("filter_subject").and_then(Value::as_str);
    let many = config.get("filter_subjects").and_then(Value::as_array);
    let many = many.into_iter().flatten().filter_map(Value::as_str);
    one.into_iter()
        .chain(many)
        .filter(|subject| !subject.is_empty())
        .collect()
}

/// Tells whether somebody else made or deleted the consumer meanwhile.
fn is_race(refusal: &Refusal) -> bool {
    refusal.is(&[
        code::CONSUMER_NOT_FOUND,
        code::CONSUMER_IN_USE,
        code::CONSUMER_EXISTS,
        code::CONSUMER_ALREADY_EXISTS,
    ])
}

/// Returns what the server says of a consumer.
pub(super) async fn info(client: &Client, name: &str) -> Result<ConsumerInfo, Refusal> {
    api::call(
        client,
        &format!("CONSUMER.INFO.{STREAM}.{name}"),
        &json!({}),
    )
    .await
}

pub(super) async fn delete(client: &Client, name: &str) -> Result<(), Refusal> {
    let subject = format!("CONSUMER.DELETE.{STREAM}.{name}");
    match api::call::<Value>(client, &subject, &json!({})).await {
        Err(refusal) if !refusal.is(&[code::CONSUMER_NOT_FOUND]) => Err(refusal),
        _ => Ok(()),
    }
}

async fn create(
    client: &Client,
    name: &str,
    filter: &str,
    config: &Map<String, Value>,
    action: &str,
) -> Result<ConsumerInfo, Refusal> {
    let filter = if filter.is_empty() {
        String::new()
    } else {
        format!(".{filter}")
    };
    let subject = format!("CONSUMER.CREATE.{STREAM}.{name}{filter}");
    let mut body = json!({ "stream_name": STREAM, "config": config });
    if !action.is_empty() {
        body["action"] = json!(action);
    }
    api::call(client, &subject, &body).await
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
