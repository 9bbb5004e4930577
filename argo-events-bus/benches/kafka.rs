//! The Kafka bus beside rdkafka as a service would use it by hand: the same settings, the same bytes.
//! Times are per event. Needs a broker: `cargo xtask servers`; without one, nothing is measured.

use argo_events_bus::{KafkaBus, KafkaConfig};
use argo_events_core::{
    Event, EventBus as _, Subject, Subscription, SystemClock, bus::StartAt, event::codec,
    registry::BusBuild, secret::MemorySecrets,
};
use argo_events_testkit::servers::{KafkaServer, Server, available};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures::{StreamExt as _, stream};
use rdkafka::{
    ClientConfig, Message as _,
    consumer::{CommitMode, Consumer as _, StreamConsumer},
    producer::{FutureProducer, FutureRecord},
};
use std::{
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::{
    runtime::{Builder, Runtime},
    time::Instant,
};

const IN_FLIGHT: usize = 256;
const KEPT: u64 = 30_000;
const TOPIC: &str = "events";

fn event(id: u64) -> Arc<Event> {
    let data = vec![b'x'; 1024];
    Arc::new(
        Event::builder(id.to_string(), "shop", "paid")
            .data(data)
            .build(),
    )
}

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime can be made")
}

async fn open(server: &KafkaServer) -> KafkaBus {
    let config = serde_json::json!({ "url": server.bootstrap(), "topic": TOPIC });
    let config: KafkaConfig = serde_json::from_value(config).expect("is a setting");
    let secrets = Arc::new(MemorySecrets::default());
    let build = BusBuild::new("bench", ".", secrets, Arc::new(SystemClock));
    KafkaBus::open(config, build)
        .await
        .expect("the broker is there")
}

fn client(server: &KafkaServer) -> ClientConfig {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", server.bootstrap());
    client
}

fn name() -> String {
    static LAST: AtomicU32 = AtomicU32::new(0);
    format!("group-{}", LAST.fetch_add(1, Ordering::Relaxed))
}

async fn publish(bus: &KafkaBus, count: u64) -> Duration {
    let began = Instant::now();
    let published = stream::iter(0..count)
        .map(|id| async move { bus.publish(event(id)).await.expect("is accepted") })
        .buffer_unordered(IN_FLIGHT);
    published
        .for_each(|receipt| async move {
            black_box(receipt);
        })
        .await;
    began.elapsed()
}

async fn publish_by_hand(producer: &FutureProducer, count: u64) -> Duration {
    let began = Instant::now();
    let send = |id| async move {
        let value = codec::encode(&event(id));
        let record = FutureRecord::to(TOPIC).key("shop.paid").payload(&value);
        producer
            .send(record, Duration::from_secs(30))
            .await
            .expect("is accepted")
    };
    let published = stream::iter(0..count).map(send).buffer_unordered(IN_FLIGHT);
    published
        .for_each(|placed| async move {
            black_box(placed);
        })
        .await;
    began.elapsed()
}

fn publishing(criterion: &mut Criterion, server: &KafkaServer) {
    let mut group = criterion.benchmark_group("bus/kafka publish");
    group.throughput(Throughput::Elements(1));
    let runtime = runtime();
    let bus = runtime.block_on(open(server));
    // Connects.
    runtime.block_on(publish(&bus, 1));
    group.bench_function("ours", |bencher| {
        bencher.iter_custom(|count| scaled(runtime.block_on(publish(&bus, KEPT)), count));
    });
    let producer: FutureProducer = client(server)
        .set("enable.idempotence", "true")
        .set("linger.ms", "1")
        .create()
        .expect("a producer can be made");
    group.bench_function("baseline", |bencher| {
        bencher
            .iter_custom(|count| scaled(runtime.block_on(publish_by_hand(&producer, KEPT)), count));
    });
    group.finish();
}

/// Reads and settles so many events of a new group, from the first that comes.
async fn consume(bus: &KafkaBus, count: u64) -> Duration {
    let subjects = vec![Subject::new("shop", "paid")];
    let subscription = Subscription::new(name(), subjects).start(StartAt::Oldest);
    let mut deliveries = bus.subscribe(subscription).await.expect("the bus is open");
    let (mut began, mut found) = (None, 0);
    while found < count {
        let batch = deliveries.next(256).await.expect("the bus is open");
        began.get_or_insert_with(Instant::now);
        for delivery in batch.expect("events come") {
            found += 1;
            black_box(delivery.event().id().len());
            delivery.ack().await.expect("is settled");
        }
    }
    began.map_or(Duration::ZERO, |began| began.elapsed())
}

/// The same by hand: reads, decodes, and commits four times in a second.
async fn consume_by_hand(server: &KafkaServer, count: u64) -> Duration {
    let consumer: StreamConsumer = client(server)
        .set("group.id", name())
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .create()
        .expect("a consumer can be made");
    consumer.subscribe(&[TOPIC]).expect("is subscribed");
    let (mut began, mut committed, mut found) = (None, Instant::now(), 0);
    while found < count {
        let message = consumer.recv().await.expect("records come");
        began.get_or_insert_with(Instant::now);
        found += 1;
        let payload = bytes::Bytes::copy_from_slice(message.payload().unwrap_or_default());
        let event = codec::decode(&payload).expect("is an event");
        black_box(event.id().len());
        consumer
            .store_offset_from_message(&message)
            .expect("is ours");
        if committed.elapsed() >= Duration::from_millis(250) {
            consumer
                .commit_consumer_state(CommitMode::Async)
                .expect("is committed");
            committed = Instant::now();
        }
    }
    began.map_or(Duration::ZERO, |began| began.elapsed())
}

/// Scales what was measured of a round to as many events as were asked for. Rounds are of one size, since
/// criterion would take the first one, with everything cold, for the rule.
fn scaled(time: Duration, count: u64) -> Duration {
    time.mul_f64(count as f64 / KEPT as f64)
}

fn consuming(criterion: &mut Criterion, server: &KafkaServer) {
    let mut group = criterion.benchmark_group("bus/kafka next-ack");
    group.throughput(Throughput::Elements(1));
    let runtime = runtime();
    let bus = runtime.block_on(open(server));
    runtime.block_on(publish(&bus, KEPT));
    group.bench_function("ours", |bencher| {
        bencher.iter_custom(|count| scaled(runtime.block_on(consume(&bus, KEPT)), count));
    });
    group.bench_function("baseline", |bencher| {
        bencher.iter_custom(|count| scaled(runtime.block_on(consume_by_hand(server, KEPT)), count));
    });
    group.finish();
}

fn all(criterion: &mut Criterion) {
    if available(Server::Kafka).is_err() {
        return;
    }
    let server = KafkaServer::start(Server::Kafka).expect("the broker starts");
    publishing(criterion, &server);
    consuming(criterion, &server);
}

fn settings() -> Criterion {
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
}

criterion_group! {
    name = benches;
    config = settings();
    targets = all
}
criterion_main!(benches);
