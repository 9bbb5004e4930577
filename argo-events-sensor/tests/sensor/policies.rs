//! Promises of retry and dead letter, as a lane keeps them.

use crate::harness::{Act, World, ids, sensor};
use argo_events_core::{
    Backoff,
    api::{ConditionsReset, ConditionsResetByTime, Trigger, TriggerTemplate},
};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(600);

fn steps(steps: i32) -> Option<Backoff> {
    Some(Backoff {
        steps: Some(steps),
        ..Backoff::default()
    })
}

#[tokio::test(start_paused = true)]
async fn a_failing_trigger_is_tried_as_often_as_its_strategy_says_in_every_mode() {
    for mode in [None, Some(true), Some(false)] {
        let mut world = World::new();
        world.act("ship", Act::Fail);
        let mut orders = sensor(&["paid"], &[("ship", "paid")]);
        orders.spec.triggers[0].retry_strategy = steps(3);
        orders.spec.triggers[0].at_least_once = mode;
        let _alive = world.start(&orders).await;
        world.publish("paid", "1", "{}").await;
        let first = world.next().await.id();
        for _ in 0..2 {
            assert_eq!(world.next().await.id(), first);
        }
        world.nothing_for(LONG).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_failed_for_good_goes_to_the_dead_letter_with_its_events() {
    let mut world = World::new();
    world.act("ship", Act::Fail);
    world.act("complain", Act::Succeed);
    let mut orders = sensor(&["paid"], &[("ship", "paid")]);
    let template = TriggerTemplate {
        name: "complain".into(),
        ..TriggerTemplate::default()
    };
    orders.spec.triggers[0].dlq_trigger = Some(Box::new(Trigger::new(template)));
    let _alive = world.start(&orders).await;
    world.publish("paid", "1", "{}").await;
    assert_eq!(ids(&world.next().await), ["1"]);
    assert_eq!(ids(&world.next().await), ["1"]);
    world.nothing_for(LONG).await;
}

#[tokio::test(start_paused = true)]
async fn conditions_of_a_dead_letter_and_their_reset_have_no_effect() {
    let mut world = World::new();
    world.act("ship", Act::Fail);
    world.act("complain", Act::Succeed);
    let mut orders = sensor(&["paid", "sent"], &[("ship", "paid")]);
    let by_time = ConditionsResetByTime {
        cron: "no schedule".into(),
        ..ConditionsResetByTime::default()
    };
    let template = TriggerTemplate {
        name: "complain".into(),
        conditions: "sent && unknown".into(),
        conditions_reset: vec![ConditionsReset {
            by_time: Some(by_time),
        }],
        ..TriggerTemplate::default()
    };
    orders.spec.triggers[0].dlq_trigger = Some(Box::new(Trigger::new(template)));
    let _alive = world.start(&orders).await;
    world.publish("sent", "1", "{}").await;
    world.publish("paid", "2", "{}").await;
    for _ in 0..2 {
        assert_eq!(ids(&world.next().await), ["2"]);
    }
    world.nothing_for(LONG).await;
}

#[tokio::test(start_paused = true)]
async fn an_event_whose_attempts_are_exhausted_does_not_come_again() {
    let mut world = World::new();
    world.act("ship", Act::Fail);
    let orders = sensor(&["paid"], &[("ship", "paid")]);
    let alive = world.start(&orders).await;
    world.publish("paid", "1", "{}").await;
    world.next().await;
    world.nothing_for(LONG).await;
    drop(alive);
    let _alive = world.start(&orders).await;
    world.nothing_for(LONG).await;
}
