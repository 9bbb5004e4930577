//! Brokers for several trials, and topics of their own.

use argo_events_bus::{KafkaBus, KafkaConfig};
use argo_events_core::{
    Error, ErrorKind, Result, SystemClock, registry::BusBuild, secret::MemorySecrets,
};
use argo_events_testkit::servers::{KafkaCluster, KafkaServer, Server};
use rdkafka::{
    ClientConfig, Message as _, Offset, TopicPartitionList,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    consumer::{BaseConsumer, CommitMode, Consumer as _},
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    message::OwnedHeaders,
    producer::{BaseProducer, FutureProducer, FutureRecord, Producer as _},
};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::{
    task::block_in_place,
    time::{Instant, sleep},
};

/// How long a broker is given.
const WAIT: Duration = Duration::from_secs(60);

/// Brokers as they are started, and what a manifest says to use them.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) address: String,
    pub(super) settings: Value,
    pub(super) secrets: MemorySecrets,
    /// Ends with this.
    pub(super) _running: Running,
}

/// Whose end is the end of the brokers.
#[derive(Debug)]
#[expect(dead_code, reason = "held so that brokers go on")]
pub(super) enum Running {
    One(KafkaServer),
    Three(KafkaCluster),
}

type Start = fn() -> Result<Started>;

/// Brokers that are started when they are first needed, and end with the last trial.
#[derive(Debug)]
pub(super) struct Broker {
    start: Start,
    started: OnceLock<Result<Started, String>>,
}

impl Broker {
    /// Describes brokers.
    pub(super) fn new(start: Start) -> Arc<Self> {
        let started = OnceLock::new();
        Arc::new(Self { start, started })
    }

    /// Describes one broker of a version.
    pub(super) fn newest() -> Arc<Self> {
        Self::new(|| one(Server::Kafka))
    }

    /// Describes one broker of the last line before 4.
    pub(super) fn older() -> Arc<Self> {
        Self::new(|| one(Server::Kafka39))
    }

    fn started(&self) -> Result<&Started> {
        let start = || block_in_place(self.start).map_err(|error| error.to_string());
        let started = self.started.get_or_init(start);
        started
            .as_ref()
            .map_err(|reason| Error::permanent(ErrorKind::Unavailable, reason.clone()))
    }
}

fn one(server: Server) -> Result<Started> {
    let server = KafkaServer::start(server)?;
    Ok(Started {
        address: server.bootstrap(),
        settings: json!({}),
        secrets: MemorySecrets::default(),
        _running: Running::One(server),
    })
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

    /// Describes a topic of one partition on brokers that run.
    pub(super) fn of(started: Started, name: &str) -> Self {
        let broker = Broker {
            start: || unreachable!("these brokers run"),
            started: OnceLock::from(Ok(started)),
        };
        Self {
            broker: Arc::new(broker),
            name: name.to_owned(),
            partitions: 1,
        }
    }

    fn address(&self) -> Result<&str> {
        Ok(&self.broker.started()?.address)
    }

    /// Opens a bus on the topic; the topic is made before if it has several partitions.
    pub(super) async fn open(&self) -> Result<KafkaBus> {
        self.open_with(json!({})).await
    }

    /// Opens a bus in a namespace.
    pub(super) async fn open_in(&self, namespace: &str) -> Result<KafkaBus> {
        let config = json!({ "url": self.address()?, "topic": self.name });
        let mut build = build(MemorySecrets::default());
        build.namespace = namespace.to_owned();
        KafkaBus::open(setting(config), build).await
    }

    /// Opens a bus as the replica of a name.
    pub(super) async fn open_as(&self, replica: &str) -> Result<KafkaBus> {
        let config = json!({ "url": self.address()?, "topic": self.name });
        let mut build = build(MemorySecrets::default());
        build.replica = Some(replica.to_owned());
        KafkaBus::open(setting(config), build).await
    }

    /// Opens a bus with more settings.
    pub(super) async fn open_with(&self, more: Value) -> Result<KafkaBus> {
        let started = self.broker.started()?;
        if self.partitions > 1 {
            make(&started.address, &self.name, self.partitions).await?;
        }
        let mut config = json!({ "url": started.address, "topic": self.name });
        for settings in [&started.settings, &more] {
            if let (Some(config), Some(settings)) = (config.as_object_mut(), settings.as_object()) {
                config.extend(settings.clone());
            }
        }
        open(config, started.secrets.clone()).await
    }

    fn client(&self) -> Result<ClientConfig> {
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", self.address()?);
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

/// An offset that somebody commits with a transaction, which is not complete yet.
pub(super) struct Pending(BaseProducer);

impl Pending {
    /// Completes the transaction.
    pub(super) async fn complete(self) -> Result<()> {
        blocking(move || self.0.commit_transaction(WAIT)).await
    }
}

impl Topic {
    /// Begins to commit an offset of the first partition for a group, as sensors of the reference do.
    pub(super) async fn begin_commit(&self, group: &str, offset: i64) -> Result<Pending> {
        let (mut client, name) = (self.client()?, self.name.clone());
        client
            .set("group.id", group)
            .set("transactional.id", format!("{name}-{group}"));
        blocking(move || {
            let consumer: BaseConsumer = client.create()?;
            let producer: BaseProducer = client.create()?;
            producer.init_transactions(WAIT)?;
            producer.begin_transaction()?;
            let mut list = TopicPartitionList::new();
            list.add_partition_offset(&name, 0, Offset::Offset(offset))?;
            let member = consumer.group_metadata().expect("it has a group");
            producer.send_offsets_to_transaction(&list, &member, WAIT)?;
            Ok(Pending(producer))
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
    let sent = producer.send(record, WAIT).await;
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
            match consumer.poll(WAIT) {
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
    let began = Instant::now();
    loop {
        let topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
        let made = admin.create_topics(&[topic], &AdminOptions::new()).await;
        match made.map_err(failed)?.into_iter().next() {
            // A busy machine may have kept brokers silent for so long that they count as gone.
            Some(Err((_, code))) if is_passing(code) && began.elapsed() < WAIT => {
                sleep(Duration::from_millis(100)).await;
            }
            Some(Err((_, code))) if code != RDKafkaErrorCode::TopicAlreadyExists => {
                return Err(failed(KafkaError::AdminOp(code)));
            }
            _ => return Ok(()),
        }
    }
}

fn is_passing(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode::{InvalidReplicationFactor, OperationTimedOut, RequestTimedOut};
    matches!(
        code,
        InvalidReplicationFactor | OperationTimedOut | RequestTimedOut
    )
}
