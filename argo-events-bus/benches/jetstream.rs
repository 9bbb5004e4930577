//! The bus on NATS JetStream beside the official client used directly, on one server. Times are per
//! event; without a server there is nothing to measure.

use argo_events_bus::JetStreamBus;
use argo_events_core::{Event, EventBus, Subject, Subscription, bus::StartAt, event::codec};
use argo_events_testkit::servers::{NatsServer, Server};
use async_nats::{
    HeaderMap,
    jetstream::{self, consumer::pull},
};
use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures::{StreamExt as _, stream};
use std::{
    future::IntoFuture as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    runtime::{Builder, Runtime},
    time::Instant,
};

/// Publishes that wait for their acknowledgement at a time.
const IN_FLIGHT: usize = 256;
/// Messages asked for at a time.
const BATCH: usize = 512;
const BODY: usize = 1024;

/// Keeps ids apart over all measurements.
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// One server with both clients.
struct Rig {
    _server: NatsServer,
    bus: JetStreamBus,
    raw: jetstream::Context,
}

async fn rig() -> Option<Rig> {
    let server = NatsServer::start(Server::Nats).ok()?;
    let bus = JetStreamBus::connect(server.url()).await.ok()?;
    bus.check().await.ok()?;
    let client = async_nats::connect(server.url()).await.ok()?;
    let raw = jetstream::ContextBuilder::new()
        .max_ack_inflight(IN_FLIGHT * 4)
        .build(client);
    Some(Rig {
        _server: server,
        bus,
        raw,
    })
}

fn event() -> Arc<Event> {
    let id = NUMBER.fetch_add(1, Relaxed).to_string();
    let event = Event::builder(id, "shop", "paid").data(vec![b'x'; BODY]);
    Arc::new(event.build())
}

async fn publish(bus: &JetStreamBus, count: u64) -> Duration {
    let events: Vec<_> = (0..count).map(|_| event()).collect();
    let begun = Instant::now();
    stream::iter(events)
        .map(|event| bus.publish(event))
        .buffer_unordered(IN_FLIGHT)
        .for_each(async |published| assert!(published.is_ok()))
        .await;
    begun.elapsed()
}

async fn publish_raw(raw: &jetstream::Context, count: u64) -> Duration {
    let events: Vec<_> = (0..count).map(|_| event()).collect();
    let begun = Instant::now();
    stream::iter(events)
        .map(async |event| {
            let mut headers = HeaderMap::new();
            headers.insert("Nats-Msg-Id", event.id());
            let body = Bytes::from(codec::encode(&event));
            let sent = raw
                .publish_with_headers("default.shop.paid", headers, body)
                .await;
            sent.expect("is sent")
                .into_future()
                .await
                .expect("is accepted");
        })
        .buffer_unordered(IN_FLIGHT)
        .for_each(async |()| {})
        .await;
    begun.elapsed()
}

async fn consume(bus: &JetStreamBus, count: u64) -> Duration {
    let group = format!("bench-{}", NUMBER.fetch_add(1, Relaxed));
    let subjects = vec![Subject::new("shop", "paid")];
    publish(bus, count).await;
    let begun = Instant::now();
    let subscription = Subscription::new(group, subjects).start(StartAt::Oldest);
    let mut deliveries = bus.subscribe(subscription).await.expect("subscribes");
    let mut left = count;
    while left > 0 {
        let batch = deliveries
            .next(BATCH)
            .await
            .expect("is open")
            .expect("reads");
        for delivery in batch {
            delivery.ack().await.expect("acknowledges");
            left = left.saturating_sub(1);
        }
    }
    begun.elapsed()
}

async fn consume_raw(bus: &JetStreamBus, raw: &jetstream::Context, count: u64) -> Duration {
    publish(bus, count).await;
    let name = format!("raw-{}", NUMBER.fetch_add(1, Relaxed));
    let config = pull::Config {
        durable_name: Some(name),
        filter_subject: "default.shop.paid".to_owned(),
        ..pull::Config::default()
    };
    let begun = Instant::now();
    let stream = raw.get_stream("default").await.expect("is there");
    let consumer = stream.create_consumer(config).await.expect("is made");
    let messages = consumer
        .stream()
        .max_messages_per_batch(BATCH * 2)
        .messages()
        .await;
    let mut messages = messages.expect("begins");
    let mut left = count;
    while left > 0 {
        let message = messages.next().await.expect("is open").expect("comes");
        let event = codec::decode(&message.payload).expect("is an event");
        drop(std::hint::black_box(event));
        message.ack().await.expect("acknowledges");
        left -= 1;
    }
    begun.elapsed()
}

fn runtime() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    let builder = builder.worker_threads(2).enable_all();
    builder.build().expect("a runtime can be made")
}

fn jetstream_bus(criterion: &mut Criterion) {
    let runtime = runtime();
    let Some(rig) = runtime.block_on(rig()) else {
        return;
    };
    let mut group = criterion.benchmark_group("bus/jetstream publish pipelined");
    group.throughput(Throughput::Elements(1));
    group.bench_function("ours", |bencher| {
        bencher.iter_custom(|count| runtime.block_on(publish(&rig.bus, count)));
    });
    group.bench_function("baseline", |bencher| {
        bencher.iter_custom(|count| runtime.block_on(publish_raw(&rig.raw, count)));
    });
    group.finish();
    let mut group = criterion.benchmark_group("bus/jetstream next-ack");
    group.throughput(Throughput::Elements(1));
    group.bench_function("ours", |bencher| {
        bencher.iter_custom(|count| runtime.block_on(consume(&rig.bus, count)));
    });
    group.bench_function("baseline", |bencher| {
        bencher.iter_custom(|count| runtime.block_on(consume_raw(&rig.bus, &rig.raw, count)));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4));
    targets = jetstream_bus
}
criterion_main!(benches);
