//! The loop around every source.

use crate::{bus::Recorder, webhook::source};
use argo_events_core::{
    Draft, Error, ErrorKind, EventSource, Registry, Result, SourceContext,
    telemetry::{Metrics, names},
};
use argo_events_sources::{
    register,
    runtime::{Entry, Leadership, Running, SourceRuntime, Status, Term},
};
use async_trait::async_trait;
use serde_json::json;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

const GRACE: Duration = Duration::from_secs(5);

type Behaviour =
    dyn Fn(u32, SourceContext) -> futures::future::BoxFuture<'static, Result<()>> + Send + Sync;

/// Behaves by the number of its run.
struct Scripted(AtomicU32, Box<Behaviour>);

#[async_trait]
impl EventSource for Scripted {
    fn kind(&self) -> &'static str {
        "scripted"
    }

    async fn run(&self, context: SourceContext) -> Result<()> {
        (self.1)(self.0.fetch_add(1, Ordering::Relaxed), context).await
    }
}

fn scripted<F, R>(behaviour: F) -> Entry
where
    F: Fn(u32, SourceContext) -> R + Send + Sync + 'static,
    R: Future<Output = Result<()>> + Send + 'static,
{
    let boxed: Box<Behaviour> = Box::new(move |run, context| Box::pin(behaviour(run, context)));
    Entry::new("example", Arc::new(Scripted(AtomicU32::new(0), boxed)))
}

fn down() -> Error {
    Error::transient(ErrorKind::Unavailable, "bus is down")
}

async fn until(running: &Running, wanted: impl FnMut(&Status) -> bool) -> Status {
    let mut status = running.status("example").unwrap();
    status.wait_for(wanted).await.unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn a_failing_source_is_started_again_with_growing_pauses() {
    let runtime = SourceRuntime::new(Recorder::new());
    let began = Instant::now();
    let (starts, mut seen) = watch::channel(Vec::new());
    let entry = scripted(move |_, _| {
        starts.send_modify(|all| all.push(began.elapsed().as_secs()));
        async { Err(Error::permanent(ErrorKind::Unavailable, "no broker")) }
    });
    let running = runtime.start_entries("shop", vec![entry]);
    let starts = seen
        .wait_for(|starts| starts.len() == 9)
        .await
        .unwrap()
        .clone();
    assert_eq!(starts, [0, 1, 3, 7, 15, 31, 63, 123, 183]);
    let failing = until(&running, |status| matches!(status, Status::Failing { .. })).await;
    assert_eq!(failing.to_string(), "failing: no broker");
    assert!(!running.is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_healthy_while_makes_the_pauses_short_again() {
    let runtime = SourceRuntime::new(Recorder::new());
    let began = Instant::now();
    let (starts, mut seen) = watch::channel(Vec::new());
    let entry = scripted(move |run, _| {
        starts.send_modify(|all| all.push(began.elapsed().as_secs()));
        async move {
            tokio::time::sleep(Duration::from_secs(if run == 3 { 100 } else { 0 })).await;
            Err(down())
        }
    });
    let _running = runtime.start_entries("shop", vec![entry]);
    let starts = seen
        .wait_for(|starts| starts.len() == 6)
        .await
        .unwrap()
        .clone();
    assert_eq!(starts, [0, 1, 3, 7, 108, 110]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_or_an_end_unasked_is_a_failure_like_others() {
    let runtime = SourceRuntime::new(Recorder::new());
    let entry = scripted(|run, context| async move {
        match run {
            0 => panic!("oops"),
            1 => {}
            _ => context.stopped().await,
        }
        Ok(())
    });
    let running = runtime.start_entries("shop", vec![entry]);
    let reason = |text: &'static str| move |status: &Status| matches!(status, Status::Failing { reason } if reason.contains(text));
    until(&running, reason("panicked")).await;
    until(&running, reason("ended by itself")).await;
    until(&running, |status| *status == Status::Running).await;
    assert!(running.drain(GRACE).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_bad_entry_leaves_its_neighbours_alone() {
    let runtime = SourceRuntime::new(Recorder::new()).registry(register(Registry::default()));
    let spec = json!({"nothing": {"a": {}}, "webhook": {"b": {"port": 5}, "a": {"port": "1"}}});
    let running = runtime.start(&source(spec));
    let statuses: Vec<_> = running
        .statuses()
        .map(|(kind, event, status)| format!("{kind}/{event} {status}"))
        .collect();
    assert!(
        statuses[0].starts_with("nothing/a invalid: unknown kind"),
        "{statuses:?}"
    );
    assert!(
        statuses[1].starts_with("webhook/a invalid: the event name"),
        "{statuses:?}"
    );
    assert!(
        statuses[2].starts_with("webhook/b invalid: "),
        "{statuses:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_event_that_the_bus_refuses_for_a_while_is_offered_again() {
    let (bus, metrics) = (Recorder::new(), Metrics::default());
    (0..4).for_each(|_| bus.refuse(down()));
    let runtime = SourceRuntime::new(bus.clone()).metrics(metrics.clone());
    let entry = scripted(|_, context| async move {
        context
            .emit(
                Draft::json("1")
                    .with_id("a")
                    .with_extension("traceparent", "t"),
            )
            .await?;
        context.stopped().await;
        Ok(())
    });
    let running = runtime.start_entries("shop", vec![entry]);
    let events = bus.wait_for(1).await;
    assert_eq!(
        (events[0].id(), &*events[0].extensions()["traceparent"]),
        ("a", "t")
    );
    running.drain(GRACE).await;
    let labels = &[("eventsource_name", "shop"), ("event_name", "example")];
    assert_eq!(metrics.counter(names::EVENTS_SENT, labels).value(), 1);
    assert_eq!(
        metrics.counter(names::EVENTS_SENT_FAILED, labels).value(),
        0
    );
}

#[tokio::test(start_paused = true)]
async fn an_event_that_the_bus_never_takes_is_an_error_after_five_attempts() {
    let (bus, metrics) = (Recorder::new(), Metrics::default());
    (0..5).for_each(|_| bus.refuse(down()));
    let runtime = SourceRuntime::new(bus.clone()).metrics(metrics.clone());
    let entry = scripted(|run, context| async move {
        if run == 0 {
            context.emit(Draft::json("1")).await?;
        }
        context.stopped().await;
        Ok(())
    });
    let running = runtime.start_entries("shop", vec![entry]);
    until(&running, |status| matches!(status, Status::Failing { .. })).await;
    let labels = &[("eventsource_name", "shop"), ("event_name", "example")];
    for name in [names::EVENTS_SENT_FAILED, names::EVENTS_PROCESSING_FAILED] {
        assert_eq!(metrics.counter(name, labels).value(), 1, "{name}");
    }
    assert!(bus.events().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_ends_before_a_drain_does() {
    let bus = Recorder::new();
    let entry = scripted(|_, context| async move {
        context.ready();
        context.stopped().await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        context.emit(Draft::json("last")).await.map(|_| ())
    });
    let running = SourceRuntime::new(bus.clone()).start_entries("shop", vec![entry]);
    running.settled().await;
    assert!(running.drain(GRACE).await.is_empty());
    assert_eq!(bus.bodies(), ["last"]);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_does_not_stop_is_cut_off_and_named() {
    let entry = scripted(|_, _| std::future::pending());
    let running = SourceRuntime::new(Recorder::new()).start_entries("shop", vec![entry]);
    assert_eq!(running.drain(GRACE).await, ["example"]);
}

/// Gives the turn when told, once; later turns never come.
struct Turns(watch::Receiver<bool>, CancellationToken);

#[async_trait]
impl Leadership for Turns {
    async fn lead(&self, scope: &str) -> Result<Term> {
        assert_eq!(scope, "shop/example");
        self.0.clone().wait_for(|now| *now).await.unwrap();
        Ok(Term::new(self.1.child_token(), ()))
    }
}

#[tokio::test(start_paused = true)]
async fn what_must_run_once_waits_for_its_turn_and_ends_with_it() {
    let (turn, turns) = watch::channel(false);
    let lost = CancellationToken::new();
    let leadership = Arc::new(Turns(turns, lost.clone()));
    let runtime = SourceRuntime::new(Recorder::new()).leadership(leadership);
    let entry = scripted(|_, context| async move {
        context.ready();
        context.stopped().await;
        Ok(())
    });
    let running = runtime.start_entries("shop", vec![entry.single()]);
    until(&running, |status| *status == Status::Waiting).await;
    assert!(running.is_ready());
    turn.send(true).unwrap();
    until(&running, |status| *status == Status::Running).await;
    turn.send(false).unwrap();
    lost.cancel();
    until(&running, |status| *status != Status::Running).await;
    assert!(running.drain(GRACE).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_event_that_a_caller_waits_for_is_offered_for_a_second() {
    let bus = Recorder::new();
    let runtime = SourceRuntime::new(bus.clone());
    let (told, mut seen) = watch::channel(Vec::new());
    let entry = scripted(move |_, context| {
        let (told, bus) = (told.clone(), bus.clone());
        async move {
            let patient = down().retry_after(Duration::from_secs(3));
            for refusals in [
                vec![down(), down()],
                (0..5).map(|_| down()).collect(),
                vec![patient],
            ] {
                refusals.into_iter().for_each(|error| bus.refuse(error));
                let began = Instant::now();
                let taken = context.emit_briefly(Draft::json("{}")).await.is_ok();
                told.send_modify(|all| all.push((taken, began.elapsed().as_millis())));
            }
            context.stopped().await;
            Ok(())
        }
    });
    let _running = runtime.start_entries("shop", vec![entry]);
    let all = seen.wait_for(|all| all.len() == 3).await.unwrap().clone();
    assert_eq!(all, [(true, 400), (false, 800), (false, 0)]);
}

#[tokio::test(start_paused = true)]
async fn every_event_that_runs_is_counted_and_its_counters_begin_at_zero() {
    let metrics = Metrics::default();
    let runtime = SourceRuntime::new(Recorder::new()).metrics(metrics.clone());
    let idle: Box<Behaviour> = Box::new(|_, context| {
        Box::pin(async move {
            context.stopped().await;
            Ok(())
        })
    });
    let first = scripted(|_, context| async move {
        context.stopped().await;
        Ok(())
    });
    let other = Entry::new("other", Arc::new(Scripted(AtomicU32::new(0), idle)));
    let running = runtime.start_entries("shop", vec![first, other]);
    running.settled().await;
    let services = metrics.gauge(
        names::EVENT_SERVICES_RUNNING,
        &[("eventsource_name", "shop")],
    );
    assert_eq!(services.value().to_bits(), 2_f64.to_bits());
    for (name, event) in [
        (names::EVENTS_SENT, "example"),
        (names::EVENTS_SENT_FAILED, "other"),
        (names::EVENTS_PROCESSING_FAILED, "other"),
    ] {
        let line = format!("{name}{{event_name=\"{event}\",eventsource_name=\"shop\"}} 0\n");
        assert!(metrics.render().contains(&line), "{line}");
    }
    assert!(running.drain(GRACE).await.is_empty());
    assert_eq!(services.value().to_bits(), 0_f64.to_bits());
}
