//! A sensor that reads Kafka, beside a bare loop that polls and commits the same records with rdkafka:
//! one broker, one partition, the same events of 1 KiB, the same settings of the consumer. Times are per
//! event.
//!
//! Ours decodes, resolves and runs a trigger that does nothing; with `a && b` it also stores what
//! half-met conditions wait for. Without a broker (`cargo xtask servers`) there is nothing to measure.

mod rounds;

use argo_events::{
    EventBus,
    bus::{KafkaBus, KafkaConfig},
    core::{SystemClock, registry::BusBuild, secret::MemorySecrets},
};
use argo_events_testkit::servers::{KafkaServer, Server};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    consumer::{BaseConsumer, CommitMode, Consumer as _},
    error::KafkaResult,
};
use rounds::{ROUND, consume, measure, publish, runtime};
use std::{sync::Arc, time::Duration};
use tokio::{task::spawn_blocking, time::Instant};

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4));
    targets = sensor_on_kafka
}
criterion_main!(benches);

const TOPIC: &str = "events";
/// How often the bare loop commits: as often as ours.
const COMMIT_EVERY: Duration = Duration::from_millis(250);
/// How long a broker is given to answer.
const PATIENCE: Duration = Duration::from_secs(20);
const TICK: Duration = Duration::from_millis(100);

/// One broker, and our bus on it.
struct Rig {
    server: KafkaServer,
    bus: Arc<dyn EventBus>,
}

async fn rig() -> Option<Rig> {
    let server = KafkaServer::start(Server::Kafka).ok()?;
    let config = serde_json::json!({ "url": server.bootstrap(), "topic": TOPIC });
    let config: KafkaConfig = serde_json::from_value(config).expect("is a setting");
    let secrets = Arc::new(MemorySecrets::default());
    let build = BusBuild::new("bench", ".", secrets, Arc::new(SystemClock));
    let bus = Arc::new(KafkaBus::open(config, build).await.ok()?);
    Some(Rig { server, bus })
}

/// Reads a round of records and commits how far it is.
async fn poll_and_commit(rig: &Rig) -> Duration {
    let address = rig.server.bootstrap();
    let group = rounds::name("bare-");
    let consumer = spawn_blocking(move || begin(&address, &group)).await;
    let consumer = consumer.expect("does not panic").expect("begins");
    publish(&*rig.bus, "bare").await;
    let read = spawn_blocking(move || read(&consumer)).await;
    read.expect("does not panic").expect("reads")
}

/// Makes a consumer whose group begins at new records.
fn begin(address: &str, group: &str) -> KafkaResult<BaseConsumer> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", address)
        .set("group.id", group)
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("isolation.level", "read_committed")
        .set("fetch.wait.max.ms", "250")
        .set("fetch.queue.backoff.ms", "10")
        .set("queued.min.messages", "10000")
        .set("queued.max.messages.kbytes", "8192")
        .set("fetch.message.max.bytes", "2097152")
        .set("fetch.max.bytes", "8388608")
        .set("message.max.bytes", "8388608")
        .set("partition.assignment.strategy", "cooperative-sticky")
        .create()?;
    let (_, end) = consumer.fetch_watermarks(TOPIC, 0, PATIENCE)?;
    let mut place = TopicPartitionList::new();
    place.add_partition_offset(TOPIC, 0, Offset::Offset(end))?;
    consumer.commit(&place, CommitMode::Sync)?;
    Ok(consumer)
}

fn read(consumer: &BaseConsumer) -> KafkaResult<Duration> {
    consumer.subscribe(&[TOPIC])?;
    let (started, mut begun, mut committed) = (Instant::now(), None, Instant::now());
    let mut found = 0;
    while found < ROUND {
        // Nothing comes also when the group has let us in.
        let Some(message) = consumer.poll(TICK) else {
            assert!(started.elapsed() < PATIENCE, "{found} records came");
            continue;
        };
        let message = message?;
        found += 1;
        begun.get_or_insert_with(Instant::now);
        consumer.store_offset_from_message(&message)?;
        if committed.elapsed() >= COMMIT_EVERY {
            consumer.commit_consumer_state(CommitMode::Async)?;
            committed = Instant::now();
        }
    }
    consumer.commit_consumer_state(CommitMode::Sync)?;
    Ok(begun.map_or(Duration::ZERO, |begun| begun.elapsed()))
}

fn sensor_on_kafka(criterion: &mut Criterion) {
    let runtime = runtime();
    let Some(rig) = runtime.block_on(rig()) else {
        return;
    };
    for (name, conditions) in [("a", "a || b"), ("a && b", "a && b")] {
        let mut group = criterion.benchmark_group(format!("sensor/kafka {name}"));
        group.throughput(Throughput::Elements(1));
        measure(&mut group, "ours", || {
            runtime.block_on(consume(&rig.bus, conditions))
        });
        measure(&mut group, "baseline", || {
            runtime.block_on(poll_and_commit(&rig))
        });
        group.finish();
    }
}
