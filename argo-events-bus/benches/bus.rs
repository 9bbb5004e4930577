//! The buses beside what a service would write by hand: a channel, and an appender that syncs what
//! waits together. Times are per event.

mod appender;

use appender::Appender;
use argo_events_bus::{LocalBus, LocalConfig, MemoryBus};
use argo_events_core::{Event, EventBus, Subject, Subscription, SystemClock};
use criterion::{
    BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};
use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    runtime::{Builder, Runtime},
    task::JoinSet,
};

const PUBLISHERS: u64 = 64;
const BODY: usize = 1024;

fn event(id: u64) -> Arc<Event> {
    Arc::new(
        Event::builder(id.to_string(), "shop", "paid")
            .data(vec![b'x'; BODY])
            .build(),
    )
}

fn subscription() -> Subscription {
    Subscription::new("bench", vec![Subject::new("shop", "paid")])
}

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime can be made")
}

/// Publishes, reads and acknowledges one event at a time, and in batches.
fn memory(criterion: &mut Criterion) {
    for batch in [1, 64] {
        let mut group =
            criterion.benchmark_group(format!("bus/memory publish-next-ack by {batch}"));
        group.throughput(Throughput::Elements(1));
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime can be made");
        group.bench_function("ours", |bencher| {
            bencher.iter_custom(|count| runtime.block_on(through_memory(count, batch)));
        });
        group.bench_function("baseline", |bencher| {
            bencher.iter_custom(|count| runtime.block_on(through_channel(count, batch)));
        });
        group.finish();
    }
}

async fn through_memory(count: u64, batch: u64) -> Duration {
    let bus = MemoryBus::default();
    let mut deliveries = bus
        .subscribe(subscription())
        .await
        .expect("the bus is open");
    let events: Vec<_> = (0..count).map(event).collect();
    let begun = now();
    for events in events.chunks(batch as usize) {
        for event in events {
            bus.publish(Arc::clone(event)).await.expect("there is room");
        }
        let found = deliveries
            .next(batch as usize)
            .await
            .expect("the bus is open");
        for delivery in found.expect("memory does not fail") {
            black_box(delivery.event());
            delivery.ack().await.expect("memory does not fail");
        }
    }
    begun.elapsed()
}

async fn through_channel(count: u64, batch: u64) -> Duration {
    let (sender, mut receiver) = tokio::sync::mpsc::channel(batch as usize);
    let events: Vec<_> = (0..count).map(event).collect();
    let mut found = Vec::new();
    let begun = now();
    for events in events.chunks(batch as usize) {
        for event in events {
            sender
                .send(Arc::clone(event))
                .await
                .expect("the channel is open");
        }
        receiver.recv_many(&mut found, batch as usize).await;
        found.drain(..).for_each(|event| drop(black_box(event)));
    }
    begun.elapsed()
}

/// Publishes durably from many tasks, beside the appender that was handed only the body.
fn local(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group(format!("bus/local publish by {PUBLISHERS}"));
    group
        .throughput(Throughput::Elements(1))
        .sample_size(20)
        .measurement_time(Duration::from_secs(5));
    beside_appender(&mut group, false);
    group.finish();
    let mut group =
        criterion.benchmark_group(format!("bus/local publish by {PUBLISHERS} with a reader"));
    group
        .throughput(Throughput::Elements(1))
        .sample_size(20)
        .measurement_time(Duration::from_secs(5));
    beside_appender(&mut group, true);
    group.finish();
}

fn beside_appender(group: &mut BenchmarkGroup<'_, WallTime>, read: bool) {
    let runtime = runtime();
    group.bench_function("ours", |bencher| {
        bencher.iter_custom(|count| runtime.block_on(through_local(count, read)));
    });
    group.bench_function("baseline", |bencher| {
        bencher.iter_custom(|count| runtime.block_on(through_appender(count)));
    });
}

async fn through_local(count: u64, read: bool) -> Duration {
    let directory =
        tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory can be made");
    let bus = LocalBus::open(
        directory.path(),
        LocalConfig::default(),
        Arc::new(SystemClock),
    );
    let bus = bus.expect("the directory is new");
    let mut deliveries = bus
        .subscribe(subscription())
        .await
        .expect("the bus is open");
    let mut tasks = JoinSet::new();
    let begun = now();
    for publisher in 0..PUBLISHERS {
        let bus = bus.clone();
        tasks.spawn(async move {
            for id in (publisher..count).step_by(PUBLISHERS as usize) {
                bus.publish(event(id)).await.expect("the disk has room");
            }
        });
    }
    let mut left = if read { count } else { 0 };
    while left > 0 {
        let found = deliveries.next(256).await.expect("the bus is open");
        for delivery in found.expect("the disk can be read") {
            delivery.ack().await.expect("the bus is open");
            left -= 1;
        }
    }
    while tasks.join_next().await.is_some() {}
    let elapsed = begun.elapsed();
    bus.close().await.expect("the disk has room");
    elapsed
}

async fn through_appender(count: u64) -> Duration {
    let directory =
        tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory can be made");
    let appender = Appender::start(&directory.path().join("log"));
    let mut tasks = JoinSet::new();
    let begun = now();
    for publisher in 0..PUBLISHERS {
        let appender = appender.clone();
        tasks.spawn(async move {
            for _ in (publisher..count).step_by(PUBLISHERS as usize) {
                appender.append(vec![b'x'; BODY].into()).await;
            }
        });
    }
    while tasks.join_next().await.is_some() {}
    begun.elapsed()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark measures the machine's time"
)]
fn now() -> Instant {
    Instant::now()
}

criterion_group!(benches, memory, local);
criterion_main!(benches);
