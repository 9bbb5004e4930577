//! What lies on Kafka, read with rdkafka.

use super::{Events, Result};
use crate::bus::TOPIC;
use bytes::Bytes;
use rdkafka::{
    ClientConfig, Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    error::{KafkaError, KafkaResult},
};
use std::{collections::HashSet, time::Duration};
use tokio::task::spawn_blocking;

const PATIENCE: Duration = Duration::from_secs(60);
/// What the groups of the sensor begin with.
const GROUPS: &str = "shop-sn";

/// Reads the topic, which has one partition.
pub(super) async fn events(address: String) -> Result<Events> {
    let values = spawn_blocking(move || values(&address)).await??;
    let (mut found, mut ids) = (Events::default(), HashSet::new());
    for value in values {
        found.add(&value, &mut ids)?;
    }
    Ok(found)
}

fn values(address: &str) -> KafkaResult<Vec<Bytes>> {
    let consumer = client(address, "audit")?;
    let mut place = TopicPartitionList::new();
    place.add_partition_offset(TOPIC, 0, Offset::Beginning)?;
    consumer.assign(&place)?;
    let mut values = Vec::new();
    loop {
        match consumer.poll(PATIENCE) {
            Some(Ok(record)) => {
                values.push(Bytes::copy_from_slice(record.payload().unwrap_or_default()));
            }
            Some(Err(KafkaError::PartitionEOF(_))) => return Ok(values),
            Some(Err(error)) => return Err(error),
            None => return Err(KafkaError::NoMessageReceived),
        }
    }
}

/// Returns which groups are not at the end.
pub(super) async fn unsettled(address: String) -> Result<Vec<String>> {
    Ok(spawn_blocking(move || behind(&address)).await??)
}

fn behind(address: &str) -> KafkaResult<Vec<String>> {
    let consumer = client(address, "audit")?;
    let (_, end) = consumer.fetch_watermarks(TOPIC, 0, PATIENCE)?;
    let list = consumer.fetch_group_list(None, PATIENCE)?;
    let groups = list.groups().iter().map(|group| group.name());
    let groups: Vec<_> = groups.filter(|name| name.starts_with(GROUPS)).collect();
    if groups.is_empty() {
        return Ok(vec!["the sensor has no group".to_owned()]);
    }
    let mut left = Vec::new();
    for group in groups {
        let mut asked = TopicPartitionList::new();
        asked.add_partition(TOPIC, 0);
        let committed = client(address, group)?.committed_offsets(asked, PATIENCE)?;
        let elements = committed.elements();
        let place = elements.first().map(|element| element.offset());
        if place != Some(Offset::Offset(end)) {
            left.push(format!("{group} is at {place:?} of {end}"));
        }
    }
    Ok(left)
}

fn client(address: &str, group: &str) -> KafkaResult<BaseConsumer> {
    ClientConfig::new()
        .set("bootstrap.servers", address)
        .set("group.id", group)
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .set("isolation.level", "read_committed")
        .create()
}
