//! A sensor that reads NATS JetStream, beside a bare loop that pulls and acknowledges the same messages
//! with the official client: one server, the same events of 1 KiB. Times are per event.
//!
//! Ours decodes, resolves and runs a trigger that does nothing; with `a && b` it also stores what
//! half-met conditions wait for. Without a server (`cargo xtask servers`) there is nothing to measure.

mod rounds;

use argo_events::{EventBus, bus::JetStreamBus};
use argo_events_testkit::servers::{NatsServer, Server};
use async_nats::jetstream::{self, consumer::pull};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures::StreamExt as _;
use rounds::{ROUND, consume, measure, publish, runtime};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4));
    targets = sensor_on_jetstream
}
criterion_main!(benches);

/// Messages asked for at a time.
const BATCH: usize = 1024;

/// One server with both clients.
struct Rig {
    _server: NatsServer,
    bus: Arc<dyn EventBus>,
    raw: jetstream::Context,
}

async fn rig() -> Option<Rig> {
    let server = NatsServer::start(Server::Nats).ok()?;
    let bus = JetStreamBus::connect(server.url()).await.ok()?;
    bus.check().await.ok()?;
    let client = async_nats::connect(server.url()).await.ok()?;
    Some(Rig {
        _server: server,
        bus: Arc::new(bus),
        raw: jetstream::new(client),
    })
}

async fn pull_and_acknowledge(rig: &Rig) -> Duration {
    let source = rounds::name("shop");
    publish(&*rig.bus, &source).await;
    let config = pull::Config {
        durable_name: Some(source.clone()),
        filter_subject: format!("default.{source}.*"),
        max_ack_pending: 65_536,
        ..pull::Config::default()
    };
    let stream = rig.raw.get_stream("default").await.expect("is there");
    let consumer = stream.create_consumer(config).await.expect("is made");
    let messages = consumer.stream().max_messages_per_batch(BATCH).messages();
    let mut messages = messages.await.expect("begins");
    let mut begun = None;
    for _ in 0..ROUND {
        let message = messages.next().await.expect("is open").expect("comes");
        begun.get_or_insert_with(Instant::now);
        message.ack().await.expect("acknowledges");
    }
    begun.map_or(Duration::ZERO, |begun| begun.elapsed())
}

fn sensor_on_jetstream(criterion: &mut Criterion) {
    let runtime = runtime();
    let Some(rig) = runtime.block_on(rig()) else {
        return;
    };
    for (name, conditions) in [("a", "a || b"), ("a && b", "a && b")] {
        let mut group = criterion.benchmark_group(format!("sensor/jetstream {name}"));
        group.throughput(Throughput::Elements(1));
        measure(&mut group, "ours", || {
            runtime.block_on(consume(&rig.bus, conditions))
        });
        measure(&mut group, "baseline", || {
            runtime.block_on(pull_and_acknowledge(&rig))
        });
        group.finish();
    }
}
