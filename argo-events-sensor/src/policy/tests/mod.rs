//! Promises of the policies, on paused time, with a trigger that does as it is told.

mod dead_letter;
mod labels;

use super::*;
use crate::trigger::FunctionTrigger;
use argo_events_core::{
    Backoff, Error, ErrorKind, Event, Executed, Firing, Rendered, Result, Timestamp, TokioClock,
    Trigger, TriggerContext,
    api::{self, Policy, RateLimit, StatusPolicy, TriggerTemplate},
    resolver::{Held, Shape},
    telemetry::{Metrics, names},
};
use async_trait::async_trait;
use serde_json::json;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What the trigger does at an attempt.
#[derive(Clone, Copy)]
enum Act {
    Answer(u16),
    Fail,
    AskFor(Duration),
    Refuse,
    Panic,
    Hang,
}

/// When each attempt was made, and which one it was told to be.
type Calls = Arc<Mutex<Vec<(Duration, u32)>>>;

/// Does one act after another, the last one again and again, and notes its calls.
struct Scripted {
    acts: Vec<Act>,
    calls: Calls,
    began: Instant,
}

#[async_trait]
impl Trigger for Scripted {
    fn kind(&self) -> &'static str {
        "scripted"
    }

    async fn render(&self, firing: &Firing) -> Result<Rendered> {
        Ok(Rendered::new(firing.id(), json!(null), ()))
    }

    async fn execute(&self, _: &Rendered, context: &TriggerContext) -> Result<Executed> {
        let call = {
            let mut calls = self.calls.lock().unwrap();
            calls.push((self.began.elapsed(), context.attempt));
            calls.len() - 1
        };
        let unavailable = || Error::transient(ErrorKind::Unavailable, "told to fail");
        match self.acts[call.min(self.acts.len() - 1)] {
            Act::Answer(status) => Ok(Executed::with_status(status)),
            Act::Fail => Err(unavailable()),
            Act::AskFor(pause) => Err(unavailable().retry_after(pause)),
            Act::Refuse => Err(Error::permanent(ErrorKind::Rejected, "told to refuse")),
            Act::Panic => panic!("told to panic"),
            Act::Hang => std::future::pending().await,
        }
    }
}

/// A sensor's surroundings, in which triggers are made and looked into.
struct World {
    metrics: Metrics,
    began: Instant,
}

impl World {
    fn new() -> Self {
        Self {
            metrics: Metrics::default(),
            began: Instant::now(),
        }
    }

    fn trigger(
        &self,
        spec: &api::Trigger,
        acts: &[Act],
        dead_letter: Option<Guarded>,
    ) -> (Guarded, Calls) {
        let calls = Calls::default();
        let (acts, began) = (acts.to_vec(), self.began);
        let scripted = Scripted {
            acts,
            calls: calls.clone(),
            began,
        };
        let clock = Arc::new(TokioClock::starting_at(Timestamp::from_millis(
            1_767_225_600_000,
        )));
        let builder = GuardedBuilder::new("orders", spec, &self.metrics, clock);
        let guarded = builder
            .timeout(Duration::from_secs(30))
            .build(Arc::new(scripted), dead_letter);
        (guarded.with_random(|| 0.0), calls)
    }

    /// What was counted: attempts that succeeded, attempts that failed, and giving up.
    fn counted(&self, trigger: &str) -> (u64, u64, u64) {
        let labels = [("sensor_name", "orders"), ("trigger_name", trigger)];
        let value = |name| self.metrics.counter(name, &labels).value();
        (
            value(names::ACTION_TRIGGERED),
            value(names::ACTION_FAILED),
            value(names::ACTION_RETRIES_FAILED),
        )
    }
}

fn spec(name: &str) -> api::Trigger {
    api::Trigger::new(TriggerTemplate {
        name: name.to_owned(),
        ..TriggerTemplate::default()
    })
}

fn strategy(text: &str) -> Option<Backoff> {
    Some(serde_json::from_str(text).unwrap())
}

fn firing() -> Firing {
    let shape = Shape {
        sensor: "orders".to_owned(),
        trigger: "ship".to_owned(),
        dependencies: vec!["paid".to_owned()],
    };
    let event = Arc::new(Event::builder("77", "shop", "paid").data("{}").build());
    Firing::new(
        Arc::new(shape),
        [Held {
            dependency: 0,
            event,
        }],
    )
}

async fn perform(guarded: &Guarded) -> End {
    guarded.perform(&firing(), &CancellationToken::new()).await
}

/// When the attempts were made, in milliseconds.
fn moments(calls: &Calls) -> Vec<u128> {
    calls
        .lock()
        .unwrap()
        .iter()
        .map(|(moment, _)| moment.as_millis())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn without_a_strategy_there_is_one_attempt() {
    let world = World::new();
    let (guarded, calls) = world.trigger(&spec("ship"), &[Act::Fail], None);
    assert!(matches!(
        perform(&guarded).await,
        End::Failed {
            dead_lettered: false,
            ..
        }
    ));
    assert_eq!(moments(&calls), [0]);
    assert_eq!(world.counted("ship"), (0, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_is_repeated_after_pauses_that_grow_until_it_succeeds() {
    let world = World::new();
    let mut ship = spec("ship");
    ship.retry_strategy = strategy(r#"{"duration":"100ms","factor":2,"steps":5}"#);
    let (guarded, calls) = world.trigger(
        &ship,
        &[Act::Fail, Act::Refuse, Act::Fail, Act::Answer(200)],
        None,
    );
    let End::Succeeded(executed) = perform(&guarded).await else {
        panic!("should succeed")
    };
    assert_eq!(executed.status, Some(200));
    assert_eq!(moments(&calls), [0, 100, 300, 700]);
    assert_eq!(world.counted("ship"), (1, 3, 0));
}

#[tokio::test(start_paused = true)]
async fn the_trigger_is_told_which_attempt_it_is() {
    let world = World::new();
    let mut ship = spec("ship");
    ship.retry_strategy = strategy(r#"{"steps":3}"#);
    let (guarded, calls) = world.trigger(&ship, &[Act::Fail], None);
    perform(&guarded).await;
    let attempts: Vec<u32> = calls
        .lock()
        .unwrap()
        .iter()
        .map(|(_, attempt)| *attempt)
        .collect();
    assert_eq!(attempts, [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn giving_up_is_counted_once_however_many_attempts_failed() {
    let world = World::new();
    let mut ship = spec("ship");
    ship.retry_strategy = strategy(r#"{"duration":"1ms","steps":-1}"#);
    let (guarded, _) = world.trigger(&ship, &[Act::Fail], None);
    perform(&guarded).await;
    assert_eq!(world.counted("ship"), (0, 5, 1));
}

#[tokio::test(start_paused = true)]
async fn retry_after_overrides_the_backoff_within_its_limit() {
    let world = World::new();
    let mut ship = spec("ship");
    ship.retry_strategy = strategy(r#"{"duration":"100ms","steps":3}"#);
    let day = Duration::from_secs(86_400);
    let acts = [
        Act::AskFor(Duration::from_secs(7)),
        Act::AskFor(day),
        Act::Answer(200),
    ];
    let (guarded, calls) = world.trigger(&ship, &acts, None);
    perform(&guarded).await;
    assert_eq!(moments(&calls), [0, 7_000, 607_000]);
}

#[tokio::test(start_paused = true)]
async fn a_strategy_that_cannot_be_read_keeps_the_trigger_from_running_and_reaches_the_dead_letter()
{
    let world = World::new();
    let mut ship = spec("ship");
    ship.retry_strategy = strategy(r#"{"duration":"soon"}"#);
    let (complain, complaints) = world.trigger(&spec("complain"), &[Act::Answer(200)], None);
    let (guarded, calls) = world.trigger(&ship, &[Act::Answer(200)], Some(complain));
    let End::Failed {
        error,
        dead_lettered: true,
    } = perform(&guarded).await
    else {
        panic!("should be dead-lettered")
    };
    assert!(error.to_string().contains("soon"), "{error}");
    assert_eq!((moments(&calls).len(), moments(&complaints).len()), (0, 1));
    assert_eq!(world.counted("ship"), (0, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn each_attempt_waits_for_the_rate_limit() {
    let world = World::new();
    let mut ship = spec("ship");
    ship.rate_limit = Some(RateLimit {
        unit: "Second".to_owned(),
        requests_per_unit: 5,
    });
    ship.retry_strategy = strategy(r#"{"duration":"1ms","steps":3}"#);
    let (guarded, calls) = world.trigger(&ship, &[Act::Fail], None);
    perform(&guarded).await;
    assert_eq!(moments(&calls), [0, 200, 400]);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_the_rate_limit_is_not_part_of_the_duration() {
    let world = World::new();
    let mut ship = spec("ship");
    ship.rate_limit = Some(RateLimit {
        unit: "Minute".to_owned(),
        requests_per_unit: 1,
    });
    let (guarded, _) = world.trigger(&ship, &[Act::Answer(200)], None);
    for _ in 0..2 {
        perform(&guarded).await;
    }
    let labels = [("sensor_name", "orders"), ("trigger_name", "ship")];
    let duration = world.metrics.summary(names::ACTION_DURATION, &labels);
    assert_eq!((duration.count(), duration.sum()), (2, 0.0));
}

#[tokio::test(start_paused = true)]
async fn series_begin_at_zero_and_failed_attempts_are_part_of_the_duration() {
    let world = World::new();
    let mut ship = spec("ship");
    ship.retry_strategy = strategy(r#"{"duration":"1ms","steps":3}"#);
    let (guarded, _) = world.trigger(&ship, &[Act::Fail], None);
    let labels = r#"{sensor_name="orders",trigger_name="ship"}"#;
    for name in [
        names::ACTION_TRIGGERED,
        names::ACTION_FAILED,
        names::ACTION_RETRIES_FAILED,
    ] {
        assert!(
            world
                .metrics
                .render()
                .contains(&format!("{name}{labels} 0\n"))
        );
    }
    perform(&guarded).await;
    let count = format!("{}_count{labels} 3\n", names::ACTION_DURATION);
    assert!(world.metrics.render().contains(&count));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_takes_too_long_fails() {
    let world = World::new();
    let mut ship = spec("ship");
    ship.retry_strategy = strategy(r#"{"duration":"1s","steps":2}"#);
    let (guarded, calls) = world.trigger(&ship, &[Act::Hang], None);
    let End::Failed { error, .. } = perform(&guarded).await else {
        panic!("should fail")
    };
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(moments(&calls), [0, 31_000]);
}

#[tokio::test(start_paused = true)]
async fn only_an_allowed_status_is_a_success() {
    for (allow, fails) in [
        (None, false),
        (Some(vec![200, 201]), true),
        (Some(vec![]), true),
    ] {
        let world = World::new();
        let mut ship = spec("ship");
        let status = Some(StatusPolicy { allow });
        ship.policy = Some(Policy {
            status,
            ..Policy::default()
        });
        let (guarded, _) = world.trigger(&ship, &[Act::Answer(503)], None);
        let end = perform(&guarded).await;
        assert_eq!(matches!(end, End::Failed { .. }), fails, "{end:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_counts_as_a_failed_attempt() {
    let world = World::new();
    let mut ship = spec("ship");
    ship.retry_strategy = strategy(r#"{"steps":2}"#);
    let (guarded, _) = world.trigger(&ship, &[Act::Panic, Act::Answer(200)], None);
    assert!(matches!(perform(&guarded).await, End::Succeeded(_)));
    assert_eq!(world.counted("ship"), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_stop_in_between_leaves_the_firing_to_come_again() {
    for act in [Act::Hang, Act::Fail] {
        let world = World::new();
        let mut ship = spec("ship");
        ship.retry_strategy = strategy(r#"{"duration":"10s","steps":5}"#);
        let (complain, complaints) = world.trigger(&spec("complain"), &[Act::Answer(200)], None);
        let (guarded, calls) = world.trigger(&ship, &[act], Some(complain));
        let (stop, firing) = (CancellationToken::new(), firing());
        let stopped = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            stop.cancel();
        };
        let (end, ()) = tokio::join!(guarded.perform(&firing, &stop), stopped);
        assert!(matches!(end, End::Stopped), "{end:?}");
        assert_eq!((moments(&calls), moments(&complaints)), (vec![0], vec![]));
        assert_eq!(world.counted("ship").2, 0, "stopping is not giving up");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_tried_once_the_sensor_stops() {
    let world = World::new();
    let (guarded, calls) = world.trigger(&spec("ship"), &[Act::Answer(200)], None);
    let stop = CancellationToken::new();
    stop.cancel();
    assert!(matches!(
        guarded.perform(&firing(), &stop).await,
        End::Stopped
    ));
    assert_eq!(moments(&calls), []);
}

/// Cannot render, and counts how often it was asked to.
#[derive(Default)]
struct Unrenderable(AtomicU32);

#[async_trait]
impl Trigger for Unrenderable {
    fn kind(&self) -> &'static str {
        "unrenderable"
    }

    async fn render(&self, _: &Firing) -> Result<Rendered> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let message = "told to fail";
        Err(Error::permanent(ErrorKind::PayloadInvalid, message))
    }

    async fn execute(&self, _: &Rendered, _: &TriggerContext) -> Result<Executed> {
        Ok(Executed::default())
    }
}

fn guarded(spec: &api::Trigger, trigger: Arc<dyn Trigger>) -> Guarded {
    let clock = Arc::new(TokioClock::starting_at(Timestamp::EPOCH));
    GuardedBuilder::new("orders", spec, &Metrics::default(), clock).build(trigger, None)
}

#[tokio::test(start_paused = true)]
async fn each_attempt_renders_anew() {
    let mut ship = spec("ship");
    ship.retry_strategy = strategy(r#"{"duration":"1ms","steps":3}"#);
    let trigger = Arc::new(Unrenderable::default());
    let end = perform(&guarded(&ship, trigger.clone())).await;
    assert!(matches!(end, End::Failed { .. }), "{end:?}");
    assert_eq!(trigger.0.load(Ordering::Relaxed), 3);
}

#[tokio::test(start_paused = true)]
async fn a_status_policy_has_no_effect_where_there_is_no_status() {
    let mut ship = spec("ship");
    let status = Some(StatusPolicy {
        allow: Some(vec![200]),
    });
    ship.policy = Some(Policy {
        status,
        ..Policy::default()
    });
    let trigger = Arc::new(FunctionTrigger::new(|_| async { Ok(()) }));
    let end = perform(&guarded(&ship, trigger)).await;
    assert!(matches!(end, End::Succeeded(_)), "{end:?}");
}
