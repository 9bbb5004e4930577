//! A dry run tells what the runtime would do, and does nothing itself.

use super::{Decision, DryRun, LapseCause};
use crate::{
    dependency::{StageOutcome, Verdict},
    runtime::{OwnTriggers, SensorBuild, SensorPlan},
    trigger::FunctionTrigger,
};
use argo_events_core::{
    Event, Registry, SystemClock, Timestamp, api, resolver::Rejection, secret::MemorySecrets,
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

const HOUR: Duration = Duration::from_secs(3600);

fn dry_run(spec: &Value, own: &OwnTriggers) -> DryRun {
    let sensor = json!({"metadata": {"name": "orders"}, "spec": spec});
    let sensor: api::Sensor = serde_json::from_value(sensor).unwrap();
    let kinds = crate::trigger::descriptors();
    let registry = kinds.into_iter().fold(Registry::default(), Registry::with);
    let secrets = Arc::new(MemorySecrets::default());
    let build = SensorBuild::new(registry, secrets, Arc::new(SystemClock));
    let plan = SensorPlan::compile(&sensor, own, build).expect("the sensor has no mistake");
    DryRun::new(Arc::new(plan)).unwrap()
}

/// A sensor of two dependencies with one trigger that logs.
fn orders(template: Value) -> DryRun {
    let mut template = template;
    template["name"] = "close".into();
    template["log"] = json!({});
    let spec = json!({
        "dependencies": [
            {"name": "paid", "eventSourceName": "shop", "eventName": "paid"},
            {"name": "shipped", "eventSourceName": "shop", "eventName": "shipped"}],
        "triggers": [{"template": template}]});
    dry_run(&spec, &OwnTriggers::new())
}

fn at(hours: u32) -> Timestamp {
    Timestamp::EPOCH + HOUR * hours
}

async fn offer(run: &mut DryRun, subject: &str, id: &str, body: Value, hours: u32) -> Decision {
    let event = Event::builder(id, "shop", subject)
        .data(body.to_string())
        .time(at(hours))
        .build();
    run.offer(Arc::new(event), at(hours)).await
}

fn triggers(decision: &Decision) -> Vec<&str> {
    decision
        .fired
        .iter()
        .map(|fired| fired.firing.trigger())
        .collect()
}

#[tokio::test]
async fn what_is_missing_is_named_until_the_trigger_fires() {
    let mut run = orders(json!({}));
    let first = offer(&mut run, "paid", "1", json!({}), 0).await;
    assert_eq!(first.unmet[0].condition, "paid && shipped");
    assert_eq!(first.unmet[0].missing.to_string(), "shipped");
    assert_eq!(first.unmet[0].present, ["paid"]);
    let second = offer(&mut run, "shipped", "2", json!({}), 0).await;
    assert_eq!(triggers(&second), ["close"]);
    assert!(second.unmet.is_empty() && run.unmet().is_empty());
}

#[tokio::test]
async fn a_filter_that_says_no_is_shown_with_what_it_saw() {
    let filter = json!({"path": "amount", "type": "number", "comparator": ">", "value": ["100"]});
    let spec = json!({
        "dependencies": [{"name": "paid", "eventSourceName": "shop", "eventName": "paid",
                          "filters": {"data": [filter]}}],
        "triggers": [{"template": {"name": "ship", "log": {}}}]});
    let mut run = dry_run(&spec, &OwnTriggers::new());
    let decision = offer(&mut run, "paid", "1", json!({"amount": 5}), 0).await;
    let considered = &decision.considered[0];
    assert!(matches!(considered.verdict, Verdict::Rejected(_)));
    assert_eq!(considered.stages[0].seen.as_deref(), Some("5"));
    assert_eq!(considered.stages[0].outcome, StageOutcome::No);
    assert_eq!(decision.unmet[0].missing.to_string(), "paid");
}

#[tokio::test]
async fn an_event_that_nobody_asks_for_concerns_no_trigger() {
    let mut run = orders(json!({}));
    let decision = offer(&mut run, "refunded", "1", json!({}), 0).await;
    assert!(decision.considered.is_empty() && decision.unmet.is_empty());
}

#[tokio::test]
async fn a_join_shows_key_and_end_of_its_window() {
    let mut run = orders(json!({"join": {"key": "order", "within": "24h"}}));
    offer(&mut run, "paid", "1", json!({"order": 7}), 0).await;
    let decision = offer(&mut run, "shipped", "2", json!({"order": 8}), 1).await;
    let waiting = decision.unmet[0].waiting.as_ref().unwrap();
    assert_eq!(
        (waiting.key.as_deref(), waiting.until),
        (Some("8"), Some(at(25)))
    );
    assert_eq!(decision.unmet[0].missing.to_string(), "paid");
    assert_eq!(run.unmet().len(), 2);
}

#[tokio::test]
async fn an_event_without_the_key_is_rejected_with_a_reason() {
    let mut run = orders(json!({"join": {"key": "order"}}));
    let decision = offer(&mut run, "paid", "1", json!({}), 0).await;
    assert_eq!(
        decision.rejected,
        [("close".to_owned(), Rejection::KeyMissing)]
    );
    assert!(decision.unmet.is_empty());
}

#[tokio::test]
async fn a_window_that_ends_says_what_waited() {
    let mut run = orders(json!({"join": {"key": "order", "within": "1h"}}));
    offer(&mut run, "paid", "1", json!({"order": 7}), 0).await;
    let decision = offer(&mut run, "shipped", "2", json!({"order": 7}), 2).await;
    let lapse = &decision.lapses[0];
    assert_eq!(
        (&*lapse.trigger, lapse.cause),
        ("close", LapseCause::WindowEnded)
    );
    assert_eq!(lapse.dependencies, ["paid"]);
    assert!(decision.fired.is_empty());
}

#[tokio::test]
async fn a_window_that_hands_over_what_is_there_fires_when_time_passes() {
    let mut run = orders(json!({"join": {"key": "order", "within": "1h", "onExpire": "fire"}}));
    offer(&mut run, "paid", "1", json!({"order": 7}), 0).await;
    let (lapses, fired) = run.advance(at(1)).await;
    assert!(lapses.is_empty());
    assert_eq!(fired[0].firing.event("paid").unwrap().id(), "1");
}

#[tokio::test]
async fn a_reset_between_two_events_is_told() {
    let reset = json!([{"byTime": {"cron": "0 5 * * *"}}]);
    let mut run = orders(json!({"conditionsReset": reset}));
    offer(&mut run, "paid", "1", json!({}), 4).await;
    let decision = offer(&mut run, "shipped", "2", json!({}), 6).await;
    assert_eq!(decision.lapses[0].cause, LapseCause::Reset(at(5)));
    assert_eq!(decision.unmet[0].missing.to_string(), "paid");
}

#[tokio::test]
async fn a_count_that_is_not_reached_says_how_far_it_is() {
    let spec = json!({
        "dependencies": [{"name": "failed", "eventSourceName": "shop", "eventName": "failed", "atLeast": 3}],
        "triggers": [{"template": {"name": "alarm", "log": {}}}]});
    let mut run = dry_run(&spec, &OwnTriggers::new());
    let first = offer(&mut run, "failed", "1", json!({}), 0).await;
    assert_eq!(first.unmet[0].missing.to_string(), "failed (1 of 3)");
    offer(&mut run, "failed", "2", json!({}), 0).await;
    let third = offer(&mut run, "failed", "3", json!({}), 0).await;
    assert_eq!(triggers(&third), ["alarm"]);
}

#[tokio::test]
async fn a_repeat_counts_for_nothing() {
    let mut run = orders(json!({"conditions": "paid || shipped"}));
    assert_eq!(
        triggers(&offer(&mut run, "paid", "1", json!({}), 0).await),
        ["close"]
    );
    let again = offer(&mut run, "paid", "1", json!({}), 0).await;
    assert!(again.repeated && again.fired.is_empty());
}

#[tokio::test]
async fn a_function_of_the_program_is_shown_and_not_called() {
    let called = FunctionTrigger::new(|_| async { panic!("a dry run has no effects") });
    let mut own = OwnTriggers::new();
    own.insert("ship".to_owned(), Arc::new(called));
    let spec = json!({
        "dependencies": [{"name": "paid", "eventSourceName": "shop", "eventName": "paid"}],
        "triggers": [{"template": {"name": "ship"}}]});
    let mut run = dry_run(&spec, &own);
    let decision = offer(&mut run, "paid", "1", json!({}), 0).await;
    assert_eq!(
        decision.fired[0].rendered.as_ref().unwrap().view(),
        &json!({"paid": "1"})
    );
}
