//! Rounds of events that a sensor on a real bus handles with a trigger that does nothing.
//!
//! A round is timed from the first event that is handled to the last: joining a group and being elected
//! take their time once, whatever follows. What the official client does beside it is each bench's own.

use argo_events::{
    Engine, Event, EventBus, Running,
    api::{Dependency, Sensor, SensorSpec, Trigger, TriggerTemplate},
};
use criterion::{BenchmarkGroup, measurement::WallTime};
use futures::{StreamExt as _, stream};
use std::{
    sync::{
        Arc,
        atomic::{
            AtomicU64,
            Ordering::{Relaxed, SeqCst},
        },
    },
    time::Duration,
};
use tokio::{
    runtime::{Builder, Runtime},
    sync::Notify,
    time::{Instant, timeout},
};

/// Events of a round; rounds are of one size, since criterion would take a short first one, with
/// everything cold, for the rule.
pub(crate) const ROUND: u64 = 30_000;
/// Publishes that wait for their acknowledgement at a time.
const IN_FLIGHT: usize = 256;
const BODY: usize = 1024;
/// How long a round may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Keeps ids and names apart over all measurements.
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// Makes a name that no other measurement has.
pub(crate) fn name(prefix: &str) -> String {
    format!("{prefix}{}", NUMBER.fetch_add(1, Relaxed))
}

/// Publishes a round of events, `a` and `b` in turn.
pub(crate) async fn publish(bus: &dyn EventBus, source: &str) {
    let events = (0..ROUND).map(|number| {
        let event = if number.is_multiple_of(2) { "a" } else { "b" };
        Event::builder(name(""), source, event).data(vec![b'x'; BODY])
    });
    stream::iter(events)
        .map(|event| bus.publish(Arc::new(event.build())))
        .buffer_unordered(IN_FLIGHT)
        .for_each(async |published| assert!(published.is_ok()))
        .await;
}

/// Lets a sensor handle a round of events that waits for it.
pub(crate) async fn consume(bus: &Arc<dyn EventBus>, conditions: &str) -> Duration {
    let source = name("shop");
    let sensor = sensor(&source, conditions);
    let fired = Arc::new(Fired::default());
    // Its first life makes the consumers, which begin at new events.
    let first = start(bus, &sensor, &fired).await;
    first.stop(Duration::from_secs(5)).await;
    publish(&**bus, &source).await;
    let expected = match conditions.contains('&') {
        // Publishes under way together may swap places, so that a few pairs fall apart.
        true => ROUND / 2 - ROUND / 50,
        false => ROUND,
    };
    let running = start(bus, &sensor, &fired).await;
    fired.wait(1).await;
    let begun = Instant::now();
    fired.wait(expected).await;
    let elapsed = begun.elapsed();
    running.stop(Duration::from_secs(5)).await;
    elapsed
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

async fn start(bus: &Arc<dyn EventBus>, sensor: &Sensor, fired: &Arc<Fired>) -> Running {
    let fired = Arc::clone(fired);
    let engine = Engine::builder()
        .shared_bus(Arc::clone(bus))
        .sensor(sensor.clone())
        .trigger("nothing", move |_| {
            fired.count();
            std::future::ready(Ok(()))
        })
        .build()
        .expect("the sensor is right");
    engine.start().await.expect("the server is there")
}

/// Counts firings. Wakes who waits for them once: a thread that is woken by each would be measured too.
#[derive(Default)]
struct Fired {
    times: AtomicU64,
    awaited: AtomicU64,
    has_come: Notify,
}

impl Fired {
    fn count(&self) {
        if self.times.fetch_add(1, SeqCst) + 1 == self.awaited.load(SeqCst) {
            self.has_come.notify_one();
        }
    }

    /// Waits until a trigger has fired so often.
    async fn wait(&self, times: u64) {
        self.awaited.store(times, SeqCst);
        while self.times.load(SeqCst) < times {
            let is_met = timeout(PATIENCE, self.has_come.notified()).await.is_ok();
            let came = self.times.load(SeqCst);
            assert!(is_met || came >= times, "{came} of {times} firings came");
        }
    }
}

/// Measures rounds, and scales them to as many events as were asked for.
pub(crate) fn measure(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    round: impl Fn() -> Duration,
) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|count| round().mul_f64(count as f64 / ROUND as f64));
    });
}

/// Makes what a bench runs on.
pub(crate) fn runtime() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    let builder = builder.worker_threads(2).enable_all();
    builder.build().expect("a runtime can be made")
}
