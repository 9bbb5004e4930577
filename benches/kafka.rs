//! A sensor that reads Kafka, beside a bare loop that polls and commits the same records with rdkafka:
//! one broker, one partition, the same events of 1 KiB, the same settings of the consumer. Times are per
//! event, from the first that is handled to the last: joining a group and being elected take their time
//! once, whatever follows.
//!
//! Ours decodes, resolves and runs a trigger that does nothing; with `a && b` it also stores what
//! half-met conditions wait for. Without a broker (`cargo xtask servers`) there is nothing to measure.

use argo_events::{
    Engine, Event, EventBus, Running,
    api::{Dependency, Sensor, SensorSpec, Trigger, TriggerTemplate},
    bus::{KafkaBus, KafkaConfig},
    core::{SystemClock, registry::BusBuild, secret::MemorySecrets},
};
use argo_events_testkit::servers::{KafkaServer, Server};
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use futures::{StreamExt as _, stream};
use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    consumer::{BaseConsumer, CommitMode, Consumer as _},
    error::KafkaResult,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    runtime::{Builder, Runtime},
    sync::watch,
    task::spawn_blocking,
    time::{Instant, timeout},
};

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4));
    targets = sensor_on_kafka
}
criterion_main!(benches);

/// Events of a round; rounds are of one size, since criterion would take a short first one, with
/// everything cold, for the rule.
const ROUND: u64 = 30_000;
/// Publishes that wait for their acknowledgement at a time.
const IN_FLIGHT: usize = 256;
const BODY: usize = 1024;
const TOPIC: &str = "events";
/// How often the bare loop commits: as often as ours.
const COMMIT_EVERY: Duration = Duration::from_millis(250);
/// How long a broker is given to answer.
const PATIENCE: Duration = Duration::from_secs(20);
const TICK: Duration = Duration::from_millis(100);

/// Keeps ids and names apart over all measurements.
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// One broker, and our bus on it.
struct Rig {
    server: KafkaServer,
    bus: Arc<KafkaBus>,
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

/// Publishes a round of events, `a` and `b` in turn.
async fn publish(bus: &KafkaBus, source: &str) {
    let events = (0..ROUND).map(|number| {
        let id = NUMBER.fetch_add(1, Relaxed).to_string();
        let name = if number.is_multiple_of(2) { "a" } else { "b" };
        Event::builder(id, source, name).data(vec![b'x'; BODY])
    });
    stream::iter(events)
        .map(|event| bus.publish(Arc::new(event.build())))
        .buffer_unordered(IN_FLIGHT)
        .for_each(async |published| assert!(published.is_ok()))
        .await;
}

fn sensor(source: &str, conditions: &str) -> Sensor {
    let trigger = Trigger::new(TriggerTemplate {
        name: "nothing".to_owned(),
        conditions: conditions.to_owned(),
        ..TriggerTemplate::default()
    });
    let dependency = |name: &str| Dependency::new(name, source, name);
    let spec = SensorSpec {
        dependencies: vec![dependency("a"), dependency("b")],
        triggers: vec![trigger],
        ..SensorSpec::default()
    };
    Sensor::new(source, spec)
}

async fn start(rig: &Rig, sensor: &Sensor, fired: watch::Sender<u64>) -> Running {
    let engine = Engine::builder()
        .shared_bus(rig.bus.clone())
        .sensor(sensor.clone())
        .trigger("nothing", move |_| {
            fired.send_modify(|count| *count += 1);
            std::future::ready(Ok(()))
        })
        .build()
        .expect("the sensor is right");
    engine.start().await.expect("the broker is there")
}

/// Lets a sensor handle events that wait for it.
async fn consume(rig: &Rig, conditions: &str) -> Duration {
    let source = format!("shop{}", NUMBER.fetch_add(1, Relaxed));
    let sensor = sensor(&source, conditions);
    let (fired, mut seen) = watch::channel(0);
    // Its first life makes the groups, which begin at new events.
    let first = start(rig, &sensor, fired.clone()).await;
    first.stop(Duration::from_secs(5)).await;
    publish(&rig.bus, &source).await;
    let expected = match conditions.contains('&') {
        // Publishes under way together may swap places, so that a few pairs fall apart.
        true => ROUND / 2 - ROUND / 50,
        false => ROUND,
    };
    let running = start(rig, &sensor, fired).await;
    wait(&mut seen, 1).await;
    let begun = Instant::now();
    wait(&mut seen, expected).await;
    let elapsed = begun.elapsed();
    running.stop(Duration::from_secs(5)).await;
    elapsed
}

/// Waits until a trigger has fired so often.
async fn wait(seen: &mut watch::Receiver<u64>, times: u64) {
    let fired = seen.wait_for(|fired| *fired >= times);
    let is_met = timeout(PATIENCE * 3, fired).await.is_ok();
    assert!(is_met, "{} of {times} firings came", *seen.borrow());
}

/// Reads a round of records and commits how far it is.
async fn poll_and_commit(rig: &Rig) -> Duration {
    let address = rig.server.bootstrap();
    let group = format!("bare-{}", NUMBER.fetch_add(1, Relaxed));
    let consumer = spawn_blocking(move || begin(&address, &group)).await;
    let consumer = consumer.expect("does not panic").expect("begins");
    publish(&rig.bus, "bare").await;
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

fn runtime() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    let builder = builder.worker_threads(2).enable_all();
    builder.build().expect("a runtime can be made")
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
            runtime.block_on(consume(&rig, conditions))
        });
        measure(&mut group, "baseline", || {
            runtime.block_on(poll_and_commit(&rig))
        });
        group.finish();
    }
}

/// Measures rounds, and scales them to as many events as were asked for.
fn measure(
    group: &mut BenchmarkGroup<'_, criterion::measurement::WallTime>,
    name: &str,
    round: impl Fn() -> Duration,
) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|count| round().mul_f64(count as f64 / ROUND as f64));
    });
}
