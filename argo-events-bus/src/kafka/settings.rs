//! What the clients of a bus are made of: options of librdkafka with the secrets in them, and names.

use super::{
    config::{KafkaConfig, Partitioning, Strategy, is_topic, mechanism},
    membership::Replica,
};
use argo_events_core::{
    Error, ErrorKind, Result, SecretSource,
    api::{BusSasl, BusTls},
    registry::BusBuild,
};
use rdkafka::{ClientConfig, config::RDKafkaLogLevel};
use std::{fmt, sync::Arc};

/// What every client of a bus needs to know.
pub(super) struct Settings {
    client: ClientConfig,
    /// Topic of the events.
    pub(super) topic: String,
    /// Topic of the state.
    pub(super) state_topic: String,
    pub(super) partitioning: Partitioning,
    /// Whether new groups begin with the oldest event, whatever a subscription says.
    pub(super) oldest: bool,
    /// What this process is called in groups.
    pub(super) replica: Arc<Replica>,
    strategy: Strategy,
    namespace: String,
    group_name: Option<String>,
}

impl fmt::Debug for Settings {
    /// Leaves out the client's options: there are secrets among them.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Settings")
            .field("topic", &self.topic)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// The largest event or value that is tried; what the broker takes is usually less.
    const MOST_BYTES: &str = "8388608";

    /// Reads the secrets and makes the settings.
    pub(super) async fn of(config: &KafkaConfig, build: &BusBuild) -> Result<Self> {
        let topic = topic(config, build)?;
        let group = config.0.consumer_group.clone().unwrap_or_default();
        Ok(Self {
            client: client(config, build.secrets.as_ref()).await?,
            state_topic: format!("{topic}-argo-events-state"),
            topic,
            partitioning: config.partitioning(),
            strategy: config.strategy(),
            oldest: group.oldest == Some(true),
            replica: Arc::new(Replica::of(build.replica.as_deref())),
            namespace: build.namespace.clone(),
            group_name: group.group_name.filter(|name| !name.is_empty()),
        })
    }

    /// Returns the options of clients that only ask.
    pub(super) fn client(&self) -> ClientConfig {
        self.client.clone()
    }

    /// Returns the options of the producer.
    pub(super) fn producer(&self) -> ClientConfig {
        let mut client = self.client();
        client
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("linger.ms", "1")
            .set("message.timeout.ms", "30000")
            .set("message.max.bytes", Self::MOST_BYTES)
            // What is kept for publishers that have given up; beyond it new ones are told to wait.
            .set("queue.buffering.max.kbytes", "65536")
            // A partitioner of ours is asked for each event.
            .set("sticky.partitioning.linger.ms", "0");
        client
    }

    /// Returns the options of the producer of state: whoever writes waits for the answer, so that waiting
    /// for company would only cost time.
    pub(super) fn state_producer(&self) -> ClientConfig {
        let mut client = self.producer();
        client.set("linger.ms", "0");
        client
    }

    /// Returns the options of a consumer that commits itself.
    pub(super) fn consumer(&self, group: &str) -> ClientConfig {
        let mut client = self.client();
        client
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            // Where a group begins is committed before it reads; what lacks an offset came later.
            .set("auto.offset.reset", "earliest")
            .set("isolation.level", "read_committed")
            // The least that brokers allow unless told otherwise: for so long nobody reads the partitions
            // of a pod that died and did not come back under its name.
            .set("session.timeout.ms", "6000")
            .set("heartbeat.interval.ms", "500")
            .set("fetch.wait.max.ms", "250")
            .set("fetch.error.backoff.ms", "100")
            // A short queue that is filled again soon; by default it would be left empty for a second.
            .set("fetch.queue.backoff.ms", "10")
            .set("queued.min.messages", "10000")
            .set("queued.max.messages.kbytes", "8192")
            .set("fetch.message.max.bytes", "2097152")
            .set("fetch.max.bytes", "8388608")
            .set("message.max.bytes", "8388608")
            .set("statistics.interval.ms", "10000")
            .set("partition.assignment.strategy", self.strategy.name());
        client
    }

    /// Returns the options of a consumer that is a member of its group, maybe under a name.
    pub(super) fn member(&self, group: &str, name: Option<&str>) -> ClientConfig {
        let mut client = self.consumer(group);
        if let Some(name) = name {
            client.set("group.instance.id", name);
        }
        client
    }

    /// Returns the consumer group of a subscription.
    ///
    /// Those of sensors begin as the reference's do, `<namespace>-<sensor>`, so that the same rules of
    /// access hold; a group name from the manifest comes first, and does not make sensors share.
    pub(super) fn group(&self, subscription: &str) -> String {
        let sensor = subscription.strip_prefix("sensor/");
        let rest = sensor.map(|sensor| {
            let prefix = format!("{}/", self.namespace);
            sensor.strip_prefix(&prefix).unwrap_or(sensor)
        });
        match (&self.group_name, rest) {
            (Some(name), _) => format!("{name}/{subscription}"),
            (None, Some(rest)) if !self.namespace.is_empty() => {
                format!("{}-{rest}", self.namespace)
            }
            (None, _) if !self.namespace.is_empty() => format!("{}-{subscription}", self.namespace),
            (None, _) => subscription.to_owned(),
        }
    }

    /// Returns the group of the reference's sensor whose work a subscription goes on with.
    pub(super) fn reference_group(&self, subscription: &str) -> Option<String> {
        let sensor = subscription.strip_prefix("sensor/")?;
        let sensor = sensor.strip_prefix(&format!("{}/", self.namespace))?;
        let (name, _) = sensor.split_once('/')?;
        let default = || format!("{}-{name}", self.namespace);
        Some(self.group_name.clone().unwrap_or_else(default))
    }
}

impl Strategy {
    fn name(self) -> &'static str {
        match self {
            Self::CooperativeSticky => "cooperative-sticky",
            Self::Range => "range",
            Self::RoundRobin => "roundrobin",
        }
    }
}

fn topic(config: &KafkaConfig, build: &BusBuild) -> Result<String> {
    let written = config.0.topic.as_deref().filter(|topic| !topic.is_empty());
    let topic = match written {
        Some(topic) => topic.to_owned(),
        None if build.namespace.is_empty() => build.name.clone(),
        None => format!("{}-{}", build.namespace, build.name),
    };
    if is_topic(&topic) {
        return Ok(topic);
    }
    let message = "not a name of a topic; set spec.kafka.topic to one";
    Err(Error::permanent(ErrorKind::ConfigInvalid, message).with("topic", topic))
}

async fn client(config: &KafkaConfig, secrets: &dyn SecretSource) -> Result<ClientConfig> {
    let mut client = ClientConfig::new();
    let brokers: Vec<_> = config.brokers().collect();
    if brokers.is_empty() {
        let message = "spec.kafka.url names no broker";
        return Err(Error::permanent(ErrorKind::ConfigInvalid, message));
    }
    client
        .set("bootstrap.servers", brokers.join(","))
        .set("client.id", "argo-events")
        // What a subscription or a write waits for after an outage is several connections, one after the
        // other; a refused one costs next to nothing.
        .set("reconnect.backoff.ms", "50")
        .set("reconnect.backoff.max.ms", "500")
        .set("socket.keepalive.enable", "true")
        .set("topic.metadata.refresh.interval.ms", "30000")
        .set_log_level(RDKafkaLogLevel::Warning);
    let protocol = match (&config.0.sasl, &config.0.tls) {
        (Some(_), Some(_)) => "sasl_ssl",
        (Some(_), None) => "sasl_plaintext",
        (None, Some(_)) => "ssl",
        (None, None) => "plaintext",
    };
    client.set("security.protocol", protocol);
    if let Some(tls) = &config.0.tls {
        set_tls(&mut client, tls, secrets).await?;
    }
    if let Some(sasl) = &config.0.sasl {
        set_sasl(&mut client, sasl, secrets).await?;
    }
    Ok(client)
}

async fn set_tls(
    client: &mut ClientConfig,
    tls: &BusTls,
    secrets: &dyn SecretSource,
) -> Result<()> {
    if tls.insecure_skip_verify == Some(true) {
        client.set("enable.ssl.certificate.verification", "false");
    }
    // As in the reference, one without the other is not used.
    let (certificate, key) = match (&tls.client_cert_secret, &tls.client_key_secret) {
        (Some(certificate), Some(key)) => (Some(certificate), Some(key)),
        _ => (None, None),
    };
    for (option, selector) in [
        ("ssl.ca.pem", tls.ca_cert_secret.as_ref()),
        ("ssl.certificate.pem", certificate),
        ("ssl.key.pem", key),
    ] {
        if let Some(selector) = selector {
            client.set(option, secrets.secret(selector).await?.expose());
        }
    }
    Ok(())
}

async fn set_sasl(
    client: &mut ClientConfig,
    sasl: &BusSasl,
    secrets: &dyn SecretSource,
) -> Result<()> {
    client.set("sasl.mechanism", mechanism(sasl));
    for (option, field, selector) in [
        ("sasl.username", "userSecret", &sasl.user_secret),
        ("sasl.password", "passwordSecret", &sasl.password_secret),
    ] {
        let selector = selector.as_ref().ok_or_else(|| {
            let message = format!("spec.kafka.sasl.{field} is missing");
            Error::permanent(ErrorKind::ConfigInvalid, message)
        })?;
        client.set(option, secrets.secret(selector).await?.expose());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(namespace: &str, group_name: Option<&str>) -> Settings {
        Settings {
            client: ClientConfig::new(),
            topic: "argo-events-default".to_owned(),
            state_topic: "argo-events-default-argo-events-state".to_owned(),
            partitioning: Partitioning::Random,
            oldest: false,
            replica: Arc::default(),
            strategy: Strategy::CooperativeSticky,
            namespace: namespace.to_owned(),
            group_name: group_name.map(str::to_owned),
        }
    }

    #[test]
    fn groups_of_sensors_begin_as_the_reference_names_them() {
        for (namespace, name, subscription, expected) in [
            ("prod", None, "sensor/prod/ship/shared", "prod-ship/shared"),
            ("prod", None, "sensor/ship/shard/0", "prod-ship/shard/0"),
            ("prod", None, "audit", "prod-audit"),
            ("", None, "sensor/ship/shared", "sensor/ship/shared"),
            (
                "prod",
                Some("all"),
                "sensor/prod/ship/shared",
                "all/sensor/prod/ship/shared",
            ),
        ] {
            assert_eq!(settings(namespace, name).group(subscription), expected);
        }
    }
}
