//! Promises of several replicas on a bus that they share: one leads a shard, another takes it over.

use crate::harness::{Act, World, ids, sensor};
use argo_events_sensor::runtime::Layout;
use std::{num::NonZeroU32, sync::Arc, time::Duration};
use tokio::{sync::Semaphore, time::Instant};

/// Within this long after a death a shard is led again.
const TAKEOVER: Duration = Duration::from_secs(8);

#[tokio::test(start_paused = true)]
async fn a_condition_fires_once_however_many_replicas_there_are() {
    let mut world = World::new();
    world.act("ship", Act::Succeed);
    let orders = sensor(&["a", "b"], &[("ship", "a && b")]);
    let _one = world.start_replica(&orders).await;
    let _other = world.start_replica(&orders).await;
    world.publish("a", "1", "{}").await;
    world.publish("b", "2", "{}").await;
    assert_eq!(ids(&world.next().await), ["1", "2"]);
    world.nothing_for(TAKEOVER * 4).await;
}

#[tokio::test(start_paused = true)]
async fn lanes_that_the_sensor_has_no_more_are_let_go_of() {
    let mut world = World::new();
    world.act("ship", Act::Succeed);
    world.act("log", Act::Succeed);
    for triggers in [&[("ship", "a && b"), ("log", "a")][..], &[("log", "a")]] {
        let replica = world.start_replica(&sensor(&["a", "b"], triggers)).await;
        world.nothing_for(Duration::from_secs(1)).await;
        replica.drain().await;
    }
    let lanes = |names: &[&str]| {
        let names = names.iter().map(|name| format!("sensor/orders/{name}"));
        ("sensor/orders/".to_owned(), names.collect())
    };
    let retired = world.retired.lock().unwrap().clone();
    assert_eq!(retired, [lanes(&["shared", "shard/0"]), lanes(&["shared"])]);
}

#[tokio::test(start_paused = true)]
async fn a_half_met_condition_is_taken_over_from_a_replica_that_died() {
    let mut world = World::new();
    world.act("ship", Act::Succeed);
    let orders = sensor(&["a", "b"], &[("ship", "a && b")]);
    let leader = world.start_replica(&orders).await;
    let _standby = world.start_replica(&orders).await;
    world.publish("a", "1", "{}").await;
    world.nothing_for(TAKEOVER).await;
    drop(leader);
    let died = Instant::now();
    world.publish("b", "2", "{}").await;
    assert_eq!(ids(&world.next().await), ["1", "2"]);
    assert!(died.elapsed() <= TAKEOVER, "{:?}", died.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_stops_hands_its_shard_over_at_once() {
    let mut world = World::new();
    world.act("ship", Act::Succeed);
    let orders = sensor(&["a", "b"], &[("ship", "a && b")]);
    let leader = world.start_replica(&orders).await;
    let _standby = world.start_replica(&orders).await;
    world.publish("a", "1", "{}").await;
    world.nothing_for(TAKEOVER).await;
    leader.drain().await;
    let stopped = Instant::now();
    world.publish("b", "2", "{}").await;
    assert_eq!(ids(&world.next().await), ["1", "2"]);
    assert!(stopped.elapsed() <= Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn an_open_firing_of_a_replica_that_died_is_acted_on_by_another() {
    let mut world = World::new();
    world.act("ship", Act::Wait(Arc::new(Semaphore::new(0))));
    let orders = sensor(&["a", "b"], &[("ship", "a && b")]);
    let leader = world.start_replica(&orders).await;
    world.act("ship", Act::Succeed);
    let _standby = world.start_replica(&orders).await;
    world.publish("a", "1", "{}").await;
    world.publish("b", "2", "{}").await;
    let before = world.next().await.id();
    drop(leader);
    assert_eq!(world.next().await.id(), before);
    world.nothing_for(TAKEOVER * 4).await;
}

#[tokio::test(start_paused = true)]
async fn every_shard_is_led_and_none_fires_for_another() {
    let mut world = World::new();
    world.layout.shards = NonZeroU32::new(2).unwrap();
    assert_ne!(world.layout, Layout::default());
    let names = ["ship", "bill", "log", "mail"];
    for name in names {
        world.act(name, Act::Succeed);
    }
    let triggers = names.map(|name| (name, "a && b"));
    let orders = sensor(&["a", "b"], &triggers);
    let one = world.start_replica(&orders).await;
    let _other = world.start_replica(&orders).await;
    world.publish("a", "1", "{}").await;
    world.nothing_for(TAKEOVER).await;
    drop(one);
    world.publish("b", "2", "{}").await;
    let mut fired = Vec::new();
    for _ in names {
        fired.push(world.next().await.trigger().to_owned());
    }
    fired.sort();
    assert_eq!(fired, ["bill", "log", "mail", "ship"]);
    world.nothing_for(TAKEOVER * 4).await;
}

#[tokio::test(start_paused = true)]
async fn a_sensor_keeps_the_shards_it_first_ran_with_and_so_its_state() {
    let mut world = World::new();
    world.act("ship", Act::Succeed);
    let orders = sensor(&["a", "b"], &[("ship", "a && b")]);
    let alive = world.start_replica(&orders).await;
    world.publish("a", "1", "{}").await;
    world.nothing_for(TAKEOVER).await;
    alive.drain().await;
    world.layout.shards = NonZeroU32::new(3).unwrap();
    let _alive = world.start_replica(&orders).await;
    world.publish("b", "2", "{}").await;
    assert_eq!(ids(&world.next().await), ["1", "2"]);
}
