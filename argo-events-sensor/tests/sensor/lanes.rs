//! Promises of the shared lane and of ordered and at-most-once triggers.

use crate::harness::{Act, World, ids, sensor};
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// Long for a lane, shorter than the time that an attempt may take.
const LONG: Duration = Duration::from_secs(300);

#[tokio::test(start_paused = true)]
async fn an_event_fires_every_trigger_that_names_it_once() {
    let mut world = World::new();
    world.act("first", Act::Succeed);
    world.act("second", Act::Succeed);
    let _alive = world
        .start(&sensor(&["paid"], &[("first", "paid"), ("second", "paid")]))
        .await;
    world.publish("paid", "1", "{}").await;
    let mut fired = [world.next().await, world.next().await].map(|it| it.trigger().to_owned());
    fired.sort();
    assert_eq!(fired, ["first", "second"]);
    world.nothing_for(LONG).await;
}

#[tokio::test(start_paused = true)]
async fn either_dependency_fires_alone() {
    let mut world = World::new();
    world.act("either", Act::Succeed);
    let _alive = world
        .start(&sensor(&["a", "b"], &[("either", "a || b")]))
        .await;
    world.publish("b", "1", "{}").await;
    assert_eq!(ids(&world.next().await), ["1"]);
    world.publish("a", "2", "{}").await;
    assert_eq!(ids(&world.next().await), ["2"]);
}

#[tokio::test(start_paused = true)]
async fn an_unfinished_firing_comes_again_after_a_crash_with_the_same_id() {
    let mut world = World::new();
    world.act("ship", Act::Wait(Arc::new(Semaphore::new(0))));
    let orders = sensor(&["paid"], &[("ship", "paid")]);
    let alive = world.start(&orders).await;
    world.publish("paid", "1", "{}").await;
    let before = world.next().await.id();
    drop(alive);
    world.act("ship", Act::Succeed);
    let _alive = world.start(&orders).await;
    assert_eq!(world.next().await.id(), before);
    world.nothing_for(LONG).await;
}

#[tokio::test(start_paused = true)]
async fn a_trigger_that_hangs_does_not_hold_others_back() {
    let mut world = World::new();
    world.act("stuck", Act::Wait(Arc::new(Semaphore::new(0))));
    world.act("free", Act::Succeed);
    let _alive = world
        .start(&sensor(&["paid"], &[("stuck", "paid"), ("free", "paid")]))
        .await;
    for number in 0..3000 {
        world.publish("paid", &number.to_string(), "{}").await;
    }
    let mut free = 0;
    while free < 3000 {
        free += usize::from(world.next().await.trigger() == "free");
    }
}

#[tokio::test(start_paused = true)]
async fn a_journaled_firing_survives_a_crash() {
    let mut world = World::new();
    world.act("slow", Act::Wait(Arc::new(Semaphore::new(0))));
    let orders = sensor(&["paid"], &[("slow", "paid")]);
    let alive = world.start(&orders).await;
    world.publish("paid", "1", "{}").await;
    let before = world.next().await.id();
    world.nothing_for(LONG).await;
    drop(alive);
    world.act("slow", Act::Succeed);
    let alive = world.start(&orders).await;
    assert_eq!(world.next().await.id(), before);
    world.nothing_for(LONG).await;
    alive.drain().await;
    let _alive = world.start(&orders).await;
    world.nothing_for(LONG).await;
}

#[tokio::test(start_paused = true)]
async fn an_ordered_trigger_runs_one_at_a_time_in_order() {
    let mut world = World::new();
    let gate = Arc::new(Semaphore::new(0));
    world.act("ordered", Act::Wait(gate.clone()));
    let mut orders = sensor(&["paid"], &[("ordered", "paid")]);
    orders.spec.triggers[0].at_least_once = Some(true);
    let _alive = world.start(&orders).await;
    for id in ["1", "2", "3"] {
        world.publish("paid", id, "{}").await;
    }
    for id in ["1", "2", "3"] {
        assert_eq!(ids(&world.next().await), [id]);
        world.nothing_for(LONG).await;
        gate.add_permits(1);
    }
}

#[tokio::test(start_paused = true)]
async fn at_most_once_does_not_repeat_after_a_crash() {
    let mut world = World::new();
    world.act("once", Act::Wait(Arc::new(Semaphore::new(0))));
    let mut orders = sensor(&["paid"], &[("once", "paid")]);
    orders.spec.triggers[0].at_least_once = Some(false);
    let alive = world.start(&orders).await;
    world.publish("paid", "1", "{}").await;
    world.next().await;
    drop(alive);
    let _alive = world.start(&orders).await;
    world.nothing_for(LONG).await;
}

#[tokio::test(start_paused = true)]
async fn a_drain_lets_running_actions_end() {
    let mut world = World::new();
    let gate = Arc::new(Semaphore::new(0));
    world.act("ship", Act::Wait(gate.clone()));
    let orders = sensor(&["paid"], &[("ship", "paid")]);
    let alive = world.start(&orders).await;
    world.publish("paid", "1", "{}").await;
    world.next().await;
    gate.add_permits(1);
    alive.drain().await;
    let _alive = world.start(&orders).await;
    world.nothing_for(LONG).await;
}

#[tokio::test(start_paused = true)]
async fn what_a_drain_could_not_end_comes_again() {
    let mut world = World::new();
    world.act("ship", Act::Wait(Arc::new(Semaphore::new(0))));
    let orders = sensor(&["paid"], &[("ship", "paid")]);
    let alive = world.start(&orders).await;
    world.publish("paid", "1", "{}").await;
    let before = world.next().await.id();
    alive.drain().await;
    world.act("ship", Act::Succeed);
    let _alive = world.start(&orders).await;
    assert_eq!(world.next().await.id(), before);
}
