//! Topics: whether they are there, how many partitions they have, and how they are made.

use super::{
    failure::{explained, failure, gone, of_code},
    settings::Settings,
    watch::Watch,
};
use argo_events_core::{Error, ErrorKind, Result};
use rdkafka::{
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
    metadata::Metadata,
    types::RDKafkaErrorCode as Code,
};
use std::{sync::Arc, time::Duration};
use tokio::{
    task::spawn_blocking,
    time::{Instant, sleep},
};

/// How long a broker is given to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a topic that was made may take to get leaders.
const BIRTH: Duration = Duration::from_secs(20);
/// How long to wait before looking again.
const AGAIN: Duration = Duration::from_millis(50);

/// Settings of a topic beside those of the broker.
type Extra = &'static [(&'static str, &'static str)];

/// Events keep the time when the broker took them.
const EVENTS: Extra = &[("message.timestamp.type", "LogAppendTime")];

/// State is compacted, but not what is younger than repairs may take; see the decision record.
const STATE: Extra = &[
    ("cleanup.policy", "compact"),
    ("message.timestamp.type", "LogAppendTime"),
    ("min.compaction.lag.ms", "300000"),
    ("delete.retention.ms", "3600000"),
    ("segment.bytes", "16777216"),
    ("min.cleanable.dirty.ratio", "0.3"),
];

/// Makes sure that the topic of the events is there; returns how many partitions it has.
pub(super) async fn ensure_events(settings: &Arc<Settings>) -> Result<i32> {
    ensure(settings, &settings.topic, -1, EVENTS).await
}

/// Makes sure that the topic of the state is there.
pub(super) async fn ensure_state(settings: &Arc<Settings>) -> Result<()> {
    let count = ensure(settings, &settings.state_topic, 1, STATE).await?;
    if count == 1 {
        return Ok(());
    }
    let message = format!("has {count} partitions, and must have one");
    Err(Error::permanent(ErrorKind::ConfigInvalid, message).with("topic", &settings.state_topic))
}

async fn ensure(
    settings: &Arc<Settings>,
    topic: &str,
    partitions: i32,
    extra: Extra,
) -> Result<i32> {
    let began = Instant::now();
    let mut is_made = false;
    loop {
        match look(settings, topic).await? {
            Found::Partitions(count) => return Ok(count),
            Found::Nothing if !is_made => match make(settings, topic, partitions, extra).await {
                Err(Refusal::TooFewBrokers(_)) if began.elapsed() < BIRTH => {
                    sleep(AGAIN).await;
                }
                Err(Refusal::TooFewBrokers(error) | Refusal::Other(error)) => return Err(error),
                Ok(()) => is_made = true,
            },
            Found::Nothing | Found::NotYet if began.elapsed() < BIRTH => {
                sleep(AGAIN).await;
            }
            Found::Nothing | Found::NotYet => {
                let message = "the topic has no leaders";
                return Err(Error::transient(ErrorKind::Unavailable, message).with("topic", topic));
            }
        }
    }
}

enum Found {
    Partitions(i32),
    NotYet,
    Nothing,
}

/// Looks for a topic with a client of its own, which does not make it by looking.
async fn look(settings: &Arc<Settings>, topic: &str) -> Result<Found> {
    let (settings, topic) = (Arc::clone(settings), topic.to_owned());
    let looked = spawn_blocking(move || {
        // A consumer: a producer that asks for a topic may make it.
        let client: BaseConsumer<Watch> = settings
            .client()
            .create_with_context(Watch::default())
            .map_err(|error| failure(error, "open"))?;
        let metadata = ask(&client, &topic)?;
        read(&metadata, &topic)
    });
    looked.await.map_err(|_| gone("open"))?
}

/// Asks until brokers answer, and no longer than needed to learn that they refuse us.
fn ask(client: &BaseConsumer<Watch>, topic: &str) -> Result<Metadata> {
    let began = Instant::now();
    loop {
        let error = match client.fetch_metadata(Some(topic), Duration::from_secs(1)) {
            Ok(metadata) => return Ok(metadata),
            Err(error) => error,
        };
        // What is wrong is heard while the client is polled.
        drop(client.poll(Duration::from_millis(50)));
        let trouble = client.context().trouble();
        let is_refused = trouble.is_some_and(|it| it.kind == ErrorKind::Unauthorized);
        if is_refused || began.elapsed() >= PATIENCE {
            return Err(explained(error, "open", client.context()));
        }
    }
}

/// Reads what brokers say of a topic.
fn read(metadata: &Metadata, topic: &str) -> Result<Found> {
    let Some(found) = metadata.topics().iter().find(|found| found.name() == topic) else {
        return Ok(Found::Nothing);
    };
    match found.error().map(Code::from) {
        None if found.partitions().is_empty() => Ok(Found::NotYet),
        None => Ok(Found::Partitions(
            i32::try_from(found.partitions().len()).unwrap_or(i32::MAX),
        )),
        Some(Code::UnknownTopicOrPartition | Code::UnknownTopic) => Ok(Found::Nothing),
        Some(Code::LeaderNotAvailable) => Ok(Found::NotYet),
        Some(code) => Err(of_code(Some(code), code.to_string())
            .during("open")
            .with("topic", topic)),
    }
}

/// Why a topic was not made.
enum Refusal {
    /// Fewer brokers are there than it is to have copies, as while they start.
    TooFewBrokers(Error),
    Other(Error),
}

async fn make(
    settings: &Settings,
    topic: &str,
    partitions: i32,
    extra: Extra,
) -> Result<(), Refusal> {
    let failed = |error, what| Refusal::Other(failure(error, what).with("topic", topic));
    let admin: AdminClient<Watch> = settings
        .client()
        .create_with_context(Watch::default())
        .map_err(|error| failed(error, "open"))?;
    let mut wanted = NewTopic::new(topic, partitions, TopicReplication::Fixed(-1));
    for (key, value) in extra {
        wanted = wanted.set(key, value);
    }
    let options = AdminOptions::new().request_timeout(Some(PATIENCE));
    let made = admin.create_topics(&[wanted], &options).await;
    // Its thread is waited for.
    drop(spawn_blocking(move || drop(admin)));
    let code = match made.map(|results| results.into_iter().next()) {
        Ok(Some(Err((_, code)))) | Err(KafkaError::AdminOp(code)) => code,
        Ok(_) => {
            tracing::info!(topic, "topic made");
            return Ok(());
        }
        Err(error) => return Err(failed(error, "create topic")),
    };
    let message = format!("the topic is missing and could not be made: {code}");
    let error = of_code(Some(code), message)
        .during("open")
        .with("topic", topic);
    match code {
        Code::TopicAlreadyExists => Ok(()),
        Code::InvalidReplicationFactor => Err(Refusal::TooFewBrokers(error)),
        _ => Err(Refusal::Other(error)),
    }
}

/// Asks whether a topic can be written to, through a client that is there.
pub(super) fn probe(metadata: &Metadata, topic: &str) -> Result<()> {
    let error = match read(metadata, topic)? {
        Found::Partitions(_) => return Ok(()),
        Found::Nothing => Error::transient(ErrorKind::NotFound, "the topic is missing"),
        Found::NotYet => Error::transient(ErrorKind::Unavailable, "the topic has no leaders"),
    };
    Err(error.during("check").with("topic", topic))
}
