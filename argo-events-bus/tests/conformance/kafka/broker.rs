//! A broker for several trials, and topics of their own.

use argo_events_bus::{KafkaBus, KafkaConfig};
use argo_events_core::{
    Error, ErrorKind, Result, SystemClock, registry::BusBuild, secret::MemorySecrets,
};
use argo_events_testkit::servers::{KafkaServer, Server};
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
};
use serde_json::{Value, json};
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU32, Ordering},
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
}

/// Opens a bus.
pub(super) async fn open(config: Value, secrets: MemorySecrets) -> Result<KafkaBus> {
    let config: KafkaConfig = serde_json::from_value(config).expect("is a setting");
    let build = BusBuild::new("trials", ".", Arc::new(secrets), Arc::new(SystemClock));
    KafkaBus::open(config, build).await
}

/// Makes a topic; one that is there stays as it is.
async fn make(address: &str, name: &str, partitions: i32) -> Result<()> {
    let admin: AdminClient<DefaultClientContext> = ClientConfig::new()
        .set("bootstrap.servers", address)
        .create()
        .expect("a client can be made");
    let topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
    let made = admin.create_topics(&[topic], &AdminOptions::new()).await;
    made.map(drop)
        .map_err(|error| Error::permanent(ErrorKind::Unavailable, error.to_string()))
}
