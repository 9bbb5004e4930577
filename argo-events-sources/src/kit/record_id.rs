//! The id of an event that was a record of a log: the same whenever the record is read again.

/// Returns the id of the event of a Kafka record, as the reference makes it.
///
/// Of several brokers the first one counts, whatever stands there.
///
/// ```
/// use argo_events_sources::kit::record_id::kafka;
/// assert_eq!(kafka("shop", "paid", "k1:9092,k2:9092", "orders", 3, 29), "shop:paid:k1:9092:orders:3:29");
/// ```
pub fn kafka(
    source: &str,
    event: &str,
    brokers: &str,
    topic: &str,
    partition: i32,
    offset: i64,
) -> String {
    let broker = brokers.split(',').next().unwrap_or_default();
    format!("{source}:{event}:{broker}:{topic}:{partition}:{offset}")
}
