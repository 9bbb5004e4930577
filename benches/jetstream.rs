//! A sensor that reads NATS JetStream, beside a bare loop that pulls and acknowledges the same messages
//! with the official client: one server, the same events of 1 KiB. Times are per event.
//!
//! Ours decodes, resolves and runs a trigger that does nothing; with `a && b` it also stores what
//! half-met conditions wait for. Without a server (`cargo xtask servers`) there is nothing to measure.

use argo_events::{
    Engine, Event, EventBus, Running,
    api::{Dependency, Sensor, SensorSpec, Trigger, TriggerTemplate},
    bus::JetStreamBus,
};
use argo_events_testkit::servers::{NatsServer, Server};
use async_nats::jetstream::{self, consumer::pull};
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use futures::{StreamExt as _, stream};
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
    time::{Instant, timeout},
};

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(4));
    targets = sensor_on_jetstream
}
criterion_main!(benches);

/// Publishes that wait for their acknowledgement at a time.
const IN_FLIGHT: usize = 256;
/// Messages asked for at a time.
const BATCH: usize = 1024;
const BODY: usize = 1024;
/// Events of a round: whoever leads has been found by the first firing, where the clock starts.
const ROUND: u64 = 20_000;

/// How long a round may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Keeps ids and names apart over all measurements.
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// One server with both clients.
struct Rig {
    _server: NatsServer,
    bus: Arc<JetStreamBus>,
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

/// Publishes so many events, `a` and `b` in turn.
async fn publish(bus: &JetStreamBus, source: &str) {
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
    engine.start().await.expect("the server is there")
}

/// Lets a sensor handle events that wait for it.
async fn consume(rig: &Rig, conditions: &str) -> Duration {
    let source = format!("shop{}", NUMBER.fetch_add(1, Relaxed));
    let sensor = sensor(&source, conditions);
    let (fired, mut seen) = watch::channel(0);
    // Its first life makes the consumers, which begin at new events.
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
    let is_met = timeout(PATIENCE, fired).await.is_ok();
    assert!(is_met, "{} of {times} firings came", *seen.borrow());
}

async fn pull_and_acknowledge(rig: &Rig) -> Duration {
    let source = format!("shop{}", NUMBER.fetch_add(1, Relaxed));
    publish(&rig.bus, &source).await;
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

fn runtime() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    let builder = builder.worker_threads(2).enable_all();
    builder.build().expect("a runtime can be made")
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
            runtime.block_on(consume(&rig, conditions))
        });
        measure(&mut group, "baseline", || {
            runtime.block_on(pull_and_acknowledge(&rig))
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
