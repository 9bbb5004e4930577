//! A broker for several trials, and topics of their own.

use argo_events_bus::{KafkaBus, KafkaConfig};
use argo_events_core::{
    Error, ErrorKind, Result, SystemClock, registry::BusBuild, secret::MemorySecrets,
};
use argo_events_testkit::servers::{KafkaServer, Server};
use rdkafka::{
    ClientConfig, Message as _, Offset, TopicPartitionList,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    consumer::{BaseConsumer, CommitMode, Consumer as _},
    error::{KafkaError, KafkaResult},
    message::OwnedHeaders,
    producer::{FutureProducer, FutureRecord},
};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

/// A broker that is started when it is first needed, and ends with the last trial.
#[derive(Debug, Default)]
pub(super) struct Broker(OnceLock<Result<KafkaServer, String>>);

impl Broker {
    pub(super) fn server(&self) -> Result<&KafkaServer> {
        let started = self
            .0
            .get_or_init(|| KafkaServer::start(Server::Kafka).map_err(|error| error.to_string()));
        started
            .as_ref()
            .map_err(|reason| Error::permanent(ErrorKind::Unavailable, reason.clone()))
    }
}

/// A topic that no other trial knows.
#[derive(Clone, Debug)]
pub(super) struct Topic {
    broker: Arc<Broker>,
    pub(super) name: String,
    pub(super) partitions: i32,
}

impl Topic {
    pub(super) fn new(broker: &Arc<Broker>, partitions: i32) -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        Self {
            broker: Arc::clone(broker),
            name: format!("trial-{}", LAST.fetch_add(1, Ordering::Relaxed)),
            partitions,
        }
    }

    pub(super) fn server(&self) -> Result<&KafkaServer> {
        self.broker.server()
    }

    /// Opens a bus on the topic; the topic is made before if it has several partitions.
    pub(super) async fn open(&self) -> Result<KafkaBus> {
        self.open_with(json!({})).await
    }

    /// Opens a bus in a namespace.
    pub(super) async fn open_in(&self, namespace: &str) -> Result<KafkaBus> {
        let config = json!({ "url": self.server()?.bootstrap(), "topic": self.name });
        let mut build = build(MemorySecrets::default());
        build.namespace = namespace.to_owned();
        KafkaBus::open(setting(config), build).await
    }

    /// Opens a bus with more settings.
    pub(super) async fn open_with(&self, more: Value) -> Result<KafkaBus> {
        let address = self.server()?.bootstrap();
        if self.partitions > 1 {
            make(&address, &self.name, self.partitions).await?;
        }
        let mut config = json!({ "url": address, "topic": self.name });
        if let (Some(config), Value::Object(more)) = (config.as_object_mut(), more) {
            config.extend(more);
        }
        open(config, MemorySecrets::default()).await
    }

    fn client(&self) -> Result<ClientConfig> {
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", self.server()?.bootstrap());
        Ok(client)
    }

    /// Commits an offset of the first partition for a group, as another implementation does.
    pub(super) async fn commit(&self, group: &str, offset: i64) -> Result<()> {
        let mut client = self.client()?;
        client.set("group.id", group);
        let name = self.name.clone();
        blocking(move || {
            let consumer: BaseConsumer = client.create()?;
            let mut list = TopicPartitionList::new();
            list.add_partition_offset(&name, 0, Offset::Offset(offset))?;
            consumer.commit(&list, CommitMode::Sync)
        })
        .await
    }
}

/// Puts a record on a topic, as anybody might.
pub(super) async fn produce(
    topic: &Topic,
    name: &str,
    key: Option<&str>,
    value: Option<&str>,
    headers: Option<OwnedHeaders>,
) -> Result<()> {
    let producer: FutureProducer = topic.client()?.create().map_err(failed)?;
    let mut record = FutureRecord::<str, str>::to(name);
    (record.key, record.payload, record.headers) = (key, value, headers);
    let sent = producer.send(record, Duration::from_secs(20)).await;
    sent.map(drop).map_err(|(error, _)| failed(error))
}

/// Reads keys and values of all records of a topic's only partition.
pub(super) async fn records(topic: &Topic, name: &str) -> Result<Vec<(String, String)>> {
    let mut client = topic.client()?;
    client
        .set("group.id", "trial")
        .set("enable.partition.eof", "true");
    let name = name.to_owned();
    blocking(move || {
        let consumer: BaseConsumer = client.create()?;
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&name, 0, Offset::Beginning)?;
        consumer.assign(&list)?;
        let mut found = Vec::new();
        loop {
            match consumer.poll(Duration::from_secs(20)) {
                Some(Ok(message)) => found.push((text(message.key()), text(message.payload()))),
                Some(Err(KafkaError::PartitionEOF(_))) | None => return Ok(found),
                Some(Err(error)) => return Err(error),
            }
        }
    })
    .await
}

fn text(bytes: Option<&[u8]>) -> String {
    String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> KafkaResult<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.expect("does not panic").map_err(failed)
}

fn failed(error: KafkaError) -> Error {
    Error::permanent(ErrorKind::Unavailable, error.to_string())
}

/// Opens a bus.
pub(super) async fn open(config: Value, secrets: MemorySecrets) -> Result<KafkaBus> {
    KafkaBus::open(setting(config), build(secrets)).await
}

fn setting(config: Value) -> KafkaConfig {
    serde_json::from_value(config).expect("is a setting")
}

fn build(secrets: MemorySecrets) -> BusBuild {
    BusBuild::new("trials", ".", Arc::new(secrets), Arc::new(SystemClock))
}

/// Makes a topic; one that is there stays as it is.
async fn make(address: &str, name: &str, partitions: i32) -> Result<()> {
    let admin: AdminClient<DefaultClientContext> = ClientConfig::new()
        .set("bootstrap.servers", address)
        .create()
        .expect("a client can be made");
    let topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
    let made = admin.create_topics(&[topic], &AdminOptions::new()).await;
    made.map(drop).map_err(failed)
}
