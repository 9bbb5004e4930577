//! Configurations of consumers, and the requests that carry them.

use super::super::{
    STREAM,
    api::{self, ConsumerInfo, Refusal, code},
};
use async_nats::Client;
use serde_json::{Map, Value, json};
use std::{collections::BTreeSet, time::Duration};

/// What the reference's client asks for.
const NAMED_MAX_ACK_PENDING: u64 = 65536;
/// Member of a consumer's metadata: the first sequence of its group, if it begins behind it.
const FIRST: &str = "argo-events-first";
/// Member of a consumer's metadata: which group of ours it is for.
const GROUP: &str = "argo-events-group";
/// For how long a consumer stays that nobody reads; without it for ever.
const INACTIVE: &str = "inactive_threshold";

/// What a group's own consumer is like.
#[derive(Clone, Debug)]
pub(super) struct Own {
    pub(super) group: String,
    pub(super) subjects: Vec<String>,
    pub(super) ack_wait: Duration,
    pub(super) max_ack_pending: i64,
    /// Whether an acknowledgement is one of everything before as well.
    pub(super) acks_all: bool,
}

impl Own {
    /// Configures a consumer that begins at a sequence.
    pub(super) fn config(&self, name: &str, begin: u64) -> Map<String, Value> {
        object(json!({
            "durable_name": name,
            "name": name,
            "deliver_policy": "by_start_sequence",
            "opt_start_seq": begin,
            "ack_policy": if self.acks_all { "all" } else { "explicit" },
            "ack_wait": nanos(self.ack_wait),
            "max_deliver": -1,
            "filter_subjects": self.subjects,
            "replay_policy": "instant",
            "max_ack_pending": self.max_ack_pending,
            "metadata": { GROUP: self.group },
        }))
    }

    /// Configures a consumer that is made anew behind what its group has settled, and notes what the
    /// group's first sequence is.
    pub(super) fn config_behind(
        &self,
        name: &str,
        settled: u64,
        first: Option<u64>,
    ) -> Map<String, Value> {
        let mut config = self.config(name, settled + 1);
        if let Some(first) = first {
            config["metadata"][FIRST] = json!(first.to_string());
        }
        config
    }

    /// Changes what may change of a consumer that exists.
    pub(super) fn adapted(&self, found: &Map<String, Value>) -> Map<String, Value> {
        let mut config = found.clone();
        if filters(found) != self.subjects.iter().map(String::as_str).collect() {
            config.remove("filter_subject");
            config.insert("filter_subjects".to_owned(), json!(self.subjects));
        }
        let metadata = config.entry("metadata").or_insert_with(|| json!({}));
        metadata[GROUP] = json!(self.group);
        // It was let go of, and is needed again.
        config.remove(INACTIVE);
        config.insert("ack_wait".to_owned(), json!(nanos(self.ack_wait)));
        config.insert("max_ack_pending".to_owned(), json!(self.max_ack_pending));
        config
    }
}

/// Configures a consumer as the reference does; with a first sequence if it shall begin there.
pub(super) fn named(name: &str, subject: &str, first: Option<u64>) -> Map<String, Value> {
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
pub(crate) fn filters(config: &Map<String, Value>) -> BTreeSet<&str> {
    let one = config.get("filter_subject").and_then(Value::as_str);
    let many = config.get("filter_subjects").and_then(Value::as_array);
    let many = many.into_iter().flatten().filter_map(Value::as_str);
    one.into_iter()
        .chain(many)
        .filter(|subject| !subject.is_empty())
        .collect()
}

/// Returns the first sequence that is a group's own.
pub(crate) fn first(config: &Map<String, Value>) -> u64 {
    let noted = config
        .get("metadata")
        .and_then(|metadata| metadata[FIRST].as_str()?.parse().ok());
    let written = config.get("opt_start_seq").and_then(Value::as_u64);
    noted.or(written).unwrap_or(1)
}

/// Returns which group of ours a consumer is for; `None` if it is somebody else's.
pub(crate) fn group_of(config: &Map<String, Value>) -> Option<&str> {
    config.get("metadata")?.get(GROUP)?.as_str()
}

/// Tells whether a consumer goes when nobody has read it for a while.
pub(crate) fn is_leaving(config: &Map<String, Value>) -> bool {
    config.contains_key(INACTIVE)
}

/// Changes a consumer so that it goes when nobody has read it for so long.
pub(crate) fn leaving(config: &Map<String, Value>, after: Duration) -> Map<String, Value> {
    let mut config = config.clone();
    config.insert(INACTIVE.to_owned(), json!(nanos(after)));
    config
}

/// Returns what the server says of a consumer.
pub(crate) async fn info(client: &Client, name: &str) -> Result<ConsumerInfo, Refusal> {
    api::call(
        client,
        &format!("CONSUMER.INFO.{STREAM}.{name}"),
        &json!({}),
    )
    .await
}

/// Deletes a consumer, if there is one.
pub(crate) async fn delete(client: &Client, name: &str) -> Result<(), Refusal> {
    let subject = format!("CONSUMER.DELETE.{STREAM}.{name}");
    match api::call::<Value>(client, &subject, &json!({})).await {
        Err(refusal) if !refusal.is(&[code::CONSUMER_NOT_FOUND]) => Err(refusal),
        _ => Ok(()),
    }
}

/// Makes or changes a consumer.
pub(crate) async fn create(
    client: &Client,
    name: &str,
    filter: &str,
    config: &Map<String, Value>,
    action: &str,
) -> Result<ConsumerInfo, Refusal> {
    let mut subject = format!("CONSUMER.CREATE.{STREAM}.{name}");
    if !filter.is_empty() {
        subject.push('.');
        subject.push_str(filter);
    }
    let mut body = json!({ "stream_name": STREAM, "config": config });
    if !action.is_empty() {
        body["action"] = json!(action);
    }
    api::call(client, &subject, &body).await
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Own {
        Own {
            group: "sensor/ns/pay/shared".to_owned(),
            subjects: vec!["default.a.b".to_owned()],
            ack_wait: Duration::from_secs(1),
            max_ack_pending: 3,
            acks_all: false,
        }
    }

    #[test]
    fn the_first_sequence_of_a_group_survives_a_new_consumer() {
        let config = own().config("group", 17);
        assert_eq!(first(&config), 17);
        let config = own().config_behind("group", 16, Some(4));
        assert_eq!(
            (first(&config), group_of(&config)),
            (4, Some("sensor/ns/pay/shared"))
        );
    }

    #[test]
    fn a_consumer_that_is_needed_again_stays() {
        let config = own().config("group", 17);
        let left = leaving(&config, Duration::from_secs(5));
        assert!(is_leaving(&left) && !is_leaving(&config));
        assert_eq!(own().adapted(&left), config);
        let of_reference = named("other", "default.a.b", None);
        assert_eq!(group_of(&of_reference), None);
    }

    #[test]
    fn one_filter_or_many_are_read_alike() {
        let one = object(json!({ "filter_subject": "a" }));
        let many = object(json!({ "filter_subjects": ["a"] }));
        assert_eq!(filters(&one), filters(&many));
    }
}
