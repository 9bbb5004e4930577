//! What runs: order of start and end, identity, traces, metrics.

use argo_events::{
    ChannelSource, Draft, Emitter, Engine, Event, EventBus, Firing, MemoryBus, Running,
    core::telemetry::names,
};
use std::{num::NonZeroUsize, sync::Arc, time::Duration};
use tokio::sync::mpsc;

const GRACE: Duration = Duration::from_secs(10);

struct Service {
    running: Running,
    emitter: Emitter,
    seen: mpsc::Receiver<Arc<Event>>,
}

async fn service(bus: Arc<dyn EventBus>) -> Service {
    let (emitter, source) = ChannelSource::new(NonZeroUsize::new(64).expect("is not zero"));
    let (sender, seen) = mpsc::channel(64);
    let engine = Engine::builder()
        .shared_bus(bus)
        .source("shop/paid", source)
        .on("shop/paid", move |event: Arc<Event>| {
            let sender = sender.clone();
            async move {
                sender.send(event).await.expect("the test looks on");
                Ok(())
            }
        })
        .build()
        .expect("the builder was given what it needs");
    Service {
        running: engine.start().await.expect("the bus is there"),
        emitter,
        seen,
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_emitted_right_after_the_start_is_seen() {
    let mut service = service(Arc::new(MemoryBus::default())).await;
    service
        .emitter
        .emit(Draft::json("{}").with_id("1"))
        .await
        .unwrap();
    assert_eq!(service.seen.recv().await.unwrap().id(), "1");
}

#[tokio::test(start_paused = true)]
async fn source_subject_type_and_trace_travel_with_the_event() {
    let mut service = service(Arc::new(MemoryBus::default())).await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    service
        .emitter
        .emit(Draft::json("{}").with_extension("traceparent", trace))
        .await
        .unwrap();
    let event = service.seen.recv().await.unwrap();
    assert_eq!(
        (event.source(), event.subject(), event.event_type()),
        ("shop", "paid", "channel")
    );
    assert_eq!(event.extensions()["traceparent"].to_string(), trace);
    assert_eq!(event.id().len(), 32);
}

#[tokio::test(start_paused = true)]
async fn a_drain_lets_what_was_emitted_come_to_its_end() {
    let mut service = service(Arc::new(MemoryBus::default())).await;
    for _ in 0..50 {
        service.emitter.emit(Draft::json("{}")).await.unwrap();
    }
    service.running.drain(GRACE).await.unwrap();
    let mut count = 0;
    while service.seen.try_recv().is_ok() {
        count += 1;
    }
    assert_eq!(count, 50);
}

#[tokio::test(start_paused = true)]
async fn after_a_drain_nothing_is_accepted_any_more() {
    let service = service(Arc::new(MemoryBus::default())).await;
    service.running.drain(GRACE).await.unwrap();
    assert!(service.emitter.emit(Draft::json("{}")).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_was_kept_serves_the_next_engine() {
    let first = service(Arc::new(MemoryBus::default())).await;
    let bus = first.running.stop(GRACE).await;
    let mut second = service(bus).await;
    second
        .emitter
        .emit(Draft::json("{}").with_id("2"))
        .await
        .unwrap();
    assert_eq!(second.seen.recv().await.unwrap().id(), "2");
}

#[tokio::test(start_paused = true)]
async fn what_happens_is_counted_under_the_names_of_the_reference() {
    let mut service = service(Arc::new(MemoryBus::default())).await;
    service.emitter.emit(Draft::json("{}")).await.unwrap();
    service.seen.recv().await.unwrap();
    let metrics = service.running.metrics().clone();
    service.running.drain(GRACE).await.unwrap();
    let text = metrics.render();
    for name in [
        names::EVENTS_SENT,
        names::ACTION_TRIGGERED,
        names::SENSOR_EVENTS_RECEIVED,
    ] {
        let line = text
            .lines()
            .find(|line| line.starts_with(&format!("{name}{{")));
        assert!(
            line.is_some_and(|line| line.ends_with(" 1")),
            "{name}: {line:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_engine_is_ready_once_its_sources_are() {
    let service = service(Arc::new(MemoryBus::default())).await;
    assert!(service.running.ready().await.is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_trigger_that_fails_does_not_end_the_engine() {
    let (emitter, source) = ChannelSource::new(NonZeroUsize::MIN);
    let (sender, mut seen) = mpsc::channel(8);
    let engine = Engine::builder()
        .bus(MemoryBus::default())
        .source("shop/paid", source)
        .on("shop/paid", |_: Arc<Event>| async {
            panic!("a mistake in a handler")
        })
        .on("shop/paid", move |event: Arc<Event>| {
            let sender = sender.clone();
            async move {
                sender.send(event).await.expect("the test looks on");
                Ok(())
            }
        })
        .build()
        .unwrap();
    let running = engine.start().await.unwrap();
    for id in ["1", "2"] {
        emitter.emit(Draft::json("{}").with_id(id)).await.unwrap();
        assert_eq!(seen.recv().await.unwrap().id(), id);
    }
    running.drain(GRACE).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_firing_can_be_handed_over_and_kept() {
    let (emitter, source) = ChannelSource::new(NonZeroUsize::MIN);
    let (sender, mut seen) = mpsc::channel::<Firing>(1);
    let engine = Engine::builder()
        .bus(MemoryBus::default())
        .source("shop/paid", source)
        .manifests(argo_events::Manifests::from_text(
            "orders.yaml",
            "{apiVersion: argoproj.io/v1alpha1, kind: Sensor, metadata: {name: orders}, spec: {dependencies: [{name: paid, eventSourceName: shop, eventName: paid}], triggers: [{template: {name: ship}}]}}",
        ))
        .trigger("ship", move |firing: Firing| {
            let sender = sender.clone();
            async move {
                sender.send(firing).await.expect("the test looks on");
                Ok(())
            }
        })
        .build()
        .unwrap();
    let running = engine.start().await.unwrap();
    emitter.emit(Draft::json("{}").with_id("1")).await.unwrap();
    let firing = seen.recv().await.unwrap();
    assert_eq!((firing.sensor(), firing.trigger()), ("orders", "ship"));
    assert_eq!(firing.event("paid").unwrap().id(), "1");
    running.drain(GRACE).await.unwrap();
}
