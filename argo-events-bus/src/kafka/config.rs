//! Settings of the Kafka bus, as manifests write them.

use argo_events_core::{
    FieldPath, Problems,
    api::{BusSasl, BusTls, KafkaBus},
    registry::BusConfig,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of a bus on Kafka: [`KafkaBus`], which the client is made of.
///
/// ```
/// let config: argo_events_bus::KafkaConfig = serde_json::from_str(r#"{ "url": "one:9092, two:9092" }"#)?;
/// assert_eq!(config.brokers().collect::<Vec<_>>(), ["one:9092", "two:9092"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct KafkaConfig(pub KafkaBus);

/// How events are spread over partitions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Partitioning {
    /// Anywhere.
    #[default]
    Random,
    /// By source and event name.
    Hash,
    /// One partition after the other.
    RoundRobin,
    /// All to the first partition.
    Manual,
}

/// How partitions are shared by the members of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strategy {
    CooperativeSticky,
    Range,
    RoundRobin,
}

const PARTITIONERS: [(&str, Partitioning); 4] = [
    ("random", Partitioning::Random),
    ("hash", Partitioning::Hash),
    ("roundrobin", Partitioning::RoundRobin),
    ("manual", Partitioning::Manual),
];

// `sticky` of the reference keeps partitions where they are; here only the cooperative kind does.
const STRATEGIES: [(&str, Strategy); 4] = [
    ("cooperative-sticky", Strategy::CooperativeSticky),
    ("sticky", Strategy::CooperativeSticky),
    ("range", Strategy::Range),
    ("roundrobin", Strategy::RoundRobin),
];

const MECHANISMS: [&str; 3] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];

impl KafkaConfig {
    /// Returns the brokers, without blanks around them.
    pub fn brokers(&self) -> impl Iterator<Item = &str> {
        self.0
            .url
            .split(',')
            .map(str::trim)
            .filter(|broker| !broker.is_empty())
    }

    /// Returns how events are spread, at random if what is written is unknown, as in the reference.
    #[cfg(feature = "kafka")]
    pub(super) fn partitioning(&self) -> Partitioning {
        named(self.partitioner(), &PARTITIONERS).unwrap_or(PARTITIONERS[0].1)
    }

    /// Returns how partitions are shared, by the first strategy if what is written is unknown.
    #[cfg(feature = "kafka")]
    pub(super) fn strategy(&self) -> Strategy {
        named(self.rebalance_strategy(), &STRATEGIES).unwrap_or(STRATEGIES[0].1)
    }

    fn partitioner(&self) -> &str {
        self.0.partitioner.as_deref().unwrap_or_default()
    }

    fn rebalance_strategy(&self) -> &str {
        let group = self.0.consumer_group.as_ref();
        let written = group.and_then(|group| group.rebalance_strategy.as_deref());
        written.unwrap_or_default()
    }

    fn check_names(&self, path: &FieldPath, problems: &mut Problems) {
        // The reference accepts any name and takes its default for it.
        if named(self.partitioner(), &PARTITIONERS).is_none() {
            problems.warning(path.field("partitioner"), one_of(&PARTITIONERS));
        }
        if named(self.rebalance_strategy(), &STRATEGIES).is_none() {
            let path = path.field("consumerGroup").field("rebalanceStrategy");
            problems.warning(path, one_of(&STRATEGIES));
        }
        if let Some(topic) = &self.0.topic
            && !is_topic(topic)
        {
            let message =
                "must be at most 200 of the characters a-z A-Z 0-9 . _ -, such as \"argo-events\"";
            problems.error(path.field("topic"), message);
        }
    }
}

/// Finds a name; an empty one is the first.
fn named<T: Copy>(written: &str, known: &[(&str, T)]) -> Option<T> {
    let mut known = known.iter();
    let found = known.find(|(name, _)| written.is_empty() || name.eq_ignore_ascii_case(written));
    found.map(|(_, value)| *value)
}

fn one_of<T>(known: &[(&str, T)]) -> String {
    let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
    format!("is none of {}; {} is used", names.join(", "), names[0])
}

/// Tells whether Kafka takes a name, with room for the suffix of the state's topic.
pub(super) fn is_topic(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !name.is_empty()
        && name.len() <= 200
        && name.bytes().all(allowed)
        && !matches!(name, "." | "..")
}

impl BusConfig for KafkaConfig {
    const KIND: &'static str = "kafka";

    fn validate(&self, path: &FieldPath, problems: &mut Problems) {
        if self.brokers().next().is_none() {
            let message = "must name brokers separated by commas, such as \"kafka:9092\"";
            problems.error(path.field("url"), message);
        }
        self.check_names(path, problems);
        if let Some(tls) = &self.0.tls {
            check_tls(tls, &path.field("tls"), problems);
        }
        if let Some(sasl) = &self.0.sasl {
            check_sasl(sasl, &path.field("sasl"), problems);
        }
    }
}

fn check_tls(tls: &BusTls, path: &FieldPath, problems: &mut Problems) {
    match (&tls.client_cert_secret, &tls.client_key_secret) {
        (Some(_), None) => {
            let message = "is missing; a client certificate is not used without its key";
            problems.warning(path.field("clientKeySecret"), message);
        }
        (None, Some(_)) => {
            let message = "is missing; a client key is not used without its certificate";
            problems.warning(path.field("clientCertSecret"), message);
        }
        (None, None)
            if tls.ca_cert_secret.is_none()
                && tls.insecure_skip_verify != Some(true)
                && tls.enabled != Some(true) =>
        {
            let message = "says nothing; write \"enabled: true\", or name certificates";
            problems.error(path.clone(), message);
        }
        _ => {}
    }
}

fn check_sasl(sasl: &BusSasl, path: &FieldPath, problems: &mut Problems) {
    let mechanism = mechanism(sasl);
    if mechanism == "OAUTHBEARER" {
        let message = "OAUTHBEARER needs a source of tokens, which a manifest cannot name; use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512";
        problems.error(path.field("mechanism"), message);
    } else if !MECHANISMS.contains(&mechanism) {
        let message = format!("must be one of {}; PLAIN if absent", MECHANISMS.join(", "));
        problems.error(path.field("mechanism"), message);
    }
    for (field, selector) in [
        ("userSecret", &sasl.user_secret),
        ("passwordSecret", &sasl.password_secret),
    ] {
        if selector.is_none() {
            let message = "is missing, and nobody can log in without; name a key of a Secret in \"name\" and \"key\"";
            problems.warning(path.field(field), message);
        }
    }
}

/// Returns the mechanism, which is PLAIN unless another one is named.
pub(super) fn mechanism(sasl: &BusSasl) -> &str {
    match sasl.mechanism.as_deref() {
        None | Some("") => "PLAIN",
        Some(mechanism) => mechanism,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(json: &str) -> Vec<String> {
        let config: KafkaConfig = serde_json::from_str(json).unwrap();
        let mut problems = Problems::default();
        let path = FieldPath::root().field("spec").field("kafka");
        config.validate(&path, &mut problems);
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_list_of_brokers_is_enough() {
        assert!(problems(r#"{"url":" one:9092 ,two:9092,"}"#).is_empty());
    }

    #[cfg(feature = "kafka")]
    #[test]
    fn what_is_absent_or_unknown_is_the_default() {
        let config = KafkaConfig::default();
        assert_eq!(config.partitioning(), Partitioning::Random);
        assert_eq!(config.strategy(), Strategy::CooperativeSticky);
    }

    #[test]
    fn what_cannot_work_is_reported_with_its_place() {
        for (json, place) in [
            (r#"{"url":" , "}"#, "spec.kafka.url"),
            (r#"{"url":"a:1","topic":"a b"}"#, "spec.kafka.topic"),
            (
                r#"{"url":"a:1","partitioner":"murmur"}"#,
                "spec.kafka.partitioner",
            ),
            (
                r#"{"url":"a:1","consumerGroup":{"rebalanceStrategy":"x"}}"#,
                "spec.kafka.consumerGroup.rebalanceStrategy",
            ),
            (r#"{"url":"a:1","tls":{}}"#, "spec.kafka.tls"),
            (
                r#"{"url":"a:1","tls":{"clientCertSecret":{"name":"a","key":"b"}}}"#,
                "spec.kafka.tls.clientKeySecret",
            ),
            (
                r#"{"url":"a:1","sasl":{"mechanism":"OAUTHBEARER","userSecret":{"key":"u"},"passwordSecret":{"key":"p"}}}"#,
                "spec.kafka.sasl.mechanism",
            ),
            (
                r#"{"url":"a:1","sasl":{"userSecret":{"name":"s","key":"u"}}}"#,
                "spec.kafka.sasl.passwordSecret",
            ),
        ] {
            let found = problems(json);
            assert_eq!(found.len(), 1, "{json}: {found:?}");
            assert!(found[0].starts_with(&format!("{place}: ")), "{found:?}");
        }
    }

    #[test]
    fn every_name_of_the_reference_is_understood() {
        for name in ["hash", "random", "roundrobin", "manual", "Hash"] {
            assert!(problems(&format!(r#"{{"url":"a:1","partitioner":"{name}"}}"#)).is_empty());
        }
        for name in ["range", "sticky", "roundrobin"] {
            let json =
                format!(r#"{{"url":"a:1","consumerGroup":{{"rebalanceStrategy":"{name}"}}}}"#);
            assert!(problems(&json).is_empty(), "{name}");
        }
    }
}
