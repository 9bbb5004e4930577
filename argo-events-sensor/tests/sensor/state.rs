//! Promises of shards: half-met conditions, joins and open firings survive, and move exactly once.

use crate::{
    faulty::Through,
    harness::{Act, World, ids, sensor},
};
use argo_events_core::{
    EventBus,
    api::{ConditionsReset, ConditionsResetByTime, Filters, GoDuration, Join, JoinKey, Sensor},
};
use argo_events_sensor::runtime::checkpoint::CheckpointLog;
use argo_events_testkit::leader::{Gate, GatedStore, Reach};
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;

const LONG: Duration = Duration::from_secs(600);

#[tokio::test(start_paused = true)]
async fn a_condition_fires_once_with_the_latest_of_each() {
    let mut world = World::new();
    world.act("ship", Act::Succeed);
    let _alive = world
        .start(&sensor(&["a", "b"], &[("ship", "a && b")]))
        .await;
    world.publish("a", "1", "{}").await;
    world.publish("a", "2", "{}").await;
    world.publish("b", "3", "{}").await;
    assert_eq!(ids(&world.next().await), ["2", "3"]);
    world.publish("b", "4", "{}").await;
    world.nothing_for(LONG).await;
}

#[tokio::test(start_paused = true)]
async fn a_half_met_condition_survives_a_crash() {
    let mut world = World::new();
    world.act("ship", Act::Succeed);
    let orders = sensor(&["a", "b"], &[("ship", "a && b")]);
    let alive = world.start(&orders).await;
    world.publish("a", "1", "{}").await;
    world.nothing_for(LONG).await;
    drop(alive);
    let _alive = world.start(&orders).await;
    world.publish("b", "2", "{}").await;
    assert_eq!(ids(&world.next().await), ["1", "2"]);
}

#[tokio::test(start_paused = true)]
async fn an_open_firing_is_acted_on_again_after_a_crash_with_the_same_id() {
    let mut world = World::new();
    world.act("ship", Act::Wait(Arc::new(Semaphore::new(0))));
    let orders = sensor(&["a", "b"], &[("ship", "a && b")]);
    let alive = world.start(&orders).await;
    world.publish("a", "1", "{}").await;
    world.publish("b", "2", "{}").await;
    let before = world.next().await.id();
    drop(alive);
    world.act("ship", Act::Succeed);
    let alive = world.start(&orders).await;
    assert_eq!(world.next().await.id(), before);
    world.nothing_for(LONG).await;
    drop(alive);
    let _alive = world.start(&orders).await;
    world.nothing_for(LONG).await;
}

/// Returns the world's bus with a state store behind a gate.
fn gated(world: &World) -> (Arc<dyn EventBus>, Gate) {
    let gate = Gate::default();
    let gated = gate.clone();
    let behind = move |store| GatedStore::new(store, gated.clone());
    (Arc::new(Through(world.bus.clone(), behind)), gate)
}

#[tokio::test(start_paused = true)]
async fn what_is_observed_while_a_record_is_on_its_way_waits_for_its_own() {
    let mut world = World::new();
    world.act("ship", Act::Succeed);
    let (bus, gate) = gated(&world);
    let orders = sensor(&["a", "b"], &[("ship", "a && b")]);
    let _alive = world.start_on(bus, &orders).await;
    world.nothing_for(Duration::from_secs(1)).await;
    gate.set(Reach::Slow(Duration::from_secs(10)));
    world.publish("a", "1", "{}").await;
    world.nothing_for(Duration::from_secs(1)).await;
    for (name, id) in [("b", "2"), ("a", "3"), ("b", "4")] {
        world.publish(name, id, "{}").await;
    }
    // The first record until 10, the second, of both firings, until 20.
    world.nothing_for(Duration::from_secs(18)).await;
    assert_eq!(ids(&world.next().await), ["1", "2"]);
    assert_eq!(ids(&world.next().await), ["3", "4"]);
    world.nothing_for(LONG).await;
}

#[tokio::test(start_paused = true)]
async fn what_must_not_run_twice_waits_for_a_record_though_it_leaves_no_state() {
    let mut world = World::new();
    for trigger in ["once", "other"] {
        world.act(trigger, Act::Succeed);
    }
    let (bus, gate) = gated(&world);
    let conditions = [("once", "a && b"), ("other", "c && d")];
    let mut orders = sensor(&["a", "b", "c", "d"], &conditions);
    orders.spec.triggers[0].at_least_once = Some(false);
    let _alive = world.start_on(bus, &orders).await;
    world.nothing_for(Duration::from_secs(1)).await;
    gate.set(Reach::Slow(Duration::from_secs(10)));
    world.publish("c", "0", "{}").await;
    world.nothing_for(Duration::from_secs(1)).await;
    // Both come and go between two records.
    world.publish("a", "1", "{}").await;
    world.publish("b", "2", "{}").await;
    // The first record until 10, the one that says so until 20.
    world.nothing_for(Duration::from_secs(17)).await;
    assert_eq!(ids(&world.next().await), ["1", "2"]);
}

#[tokio::test(start_paused = true)]
async fn a_shard_that_stops_waits_for_the_record_that_is_on_its_way() {
    let mut world = World::new();
    world.act("ship", Act::Succeed);
    let (bus, gate) = gated(&world);
    let orders = sensor(&["a", "b"], &[("ship", "a && b")]);
    let alive = world.start_on(bus, &orders).await;
    world.nothing_for(Duration::from_secs(1)).await;
    gate.set(Reach::Slow(Duration::from_secs(2)));
    world.publish("a", "1", "{}").await;
    world.publish("b", "2", "{}").await;
    world.nothing_for(Duration::from_secs(1)).await;
    alive.drain().await;
    assert_eq!(ids(&world.next().await), ["1", "2"]);
    gate.set(Reach::Open);
    let _alive = world.start(&orders).await;
    world.nothing_for(LONG).await;
}

#[tokio::test(start_paused = true)]
async fn a_join_pairs_what_belongs_together_over_a_crash() {
    let mut world = World::new();
    world.act("ship", Act::Succeed);
    let mut orders = sensor(&["a", "b"], &[("ship", "a && b")]);
    let join = Join {
        key: Some(JoinKey::All("order".into())),
        ..Join::default()
    };
    orders.spec.triggers[0]
        .template
        .as_mut()
        .expect("has a template")
        .join = Some(join);
    let alive = world.start(&orders).await;
    world.publish("a", "1", r#"{"order":7}"#).await;
    world.publish("b", "2", r#"{"order":8}"#).await;
    world.nothing_for(LONG).await;
    drop(alive);
    let _alive = world.start(&orders).await;
    world.publish("b", "3", r#"{"order":7}"#).await;
    assert_eq!(ids(&world.next().await), ["1", "3"]);
}

#[tokio::test(start_paused = true)]
async fn a_window_that_ends_fires_with_what_is_there() {
    let mut world = World::new();
    world.act("remind", Act::Succeed);
    let mut carts = sensor(&["a", "b"], &[("remind", "a && b")]);
    let join = Join {
        key: Some(JoinKey::All("cart".into())),
        within: Some(GoDuration(3_600_000_000_000)),
        on_expire: argo_events_core::api::JoinOnExpire::Fire,
        ..Join::default()
    };
    carts.spec.triggers[0]
        .template
        .as_mut()
        .expect("has a template")
        .join = Some(join);
    let _alive = world.start(&carts).await;
    world.publish("a", "1", r#"{"cart":7}"#).await;
    world.nothing_for(Duration::from_secs(3599)).await;
    assert_eq!(ids(&world.next().await), ["1"]);
}

fn reset_every_hour() -> Sensor {
    let mut orders = sensor(&["a", "b"], &[("ship", "a && b")]);
    let by_time = ConditionsResetByTime {
        cron: "0 * * * *".into(),
        timezone: String::new(),
    };
    orders.spec.triggers[0]
        .template
        .as_mut()
        .expect("has a template")
        .conditions_reset = vec![ConditionsReset {
        by_time: Some(by_time),
    }];
    orders
}

#[tokio::test(start_paused = true)]
async fn a_reset_missed_while_down_forgets_what_waited() {
    let mut world = World::new();
    world.act("ship", Act::Succeed);
    let alive = world.start(&reset_every_hour()).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    world.publish("a", "1", "{}").await;
    world.nothing_for(LONG).await;
    drop(alive);
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let _alive = world.start(&reset_every_hour()).await;
    world.publish("b", "2", "{}").await;
    world.nothing_for(LONG).await;
}

#[tokio::test(start_paused = true)]
async fn a_reset_forgets_what_waits() {
    let mut world = World::new();
    world.act("ship", Act::Succeed);
    let _alive = world.start(&reset_every_hour()).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    world.publish("a", "1", "{}").await;
    world.nothing_for(Duration::from_secs(3600)).await;
    world.publish("b", "2", "{}").await;
    world.nothing_for(LONG).await;
    world.publish("a", "3", "{}").await;
    assert_eq!(ids(&world.next().await), ["3", "2"]);
}

#[tokio::test(start_paused = true)]
async fn state_that_kept_its_meaning_survives_a_change_of_the_sensor() {
    let mut world = World::new();
    world.act("ship", Act::Succeed);
    world.act("more", Act::Succeed);
    let alive = world
        .start(&sensor(&["a", "b"], &[("ship", "a && b")]))
        .await;
    world.publish("a", "1", "{}").await;
    world.nothing_for(LONG).await;
    drop(alive);
    let changed = sensor(&["a", "b", "c"], &[("more", "b && c"), ("ship", " a&&b ")]);
    let _alive = world.start(&changed).await;
    world.publish("b", "2", "{}").await;
    assert_eq!(ids(&world.next().await), ["1", "2"]);
}

#[tokio::test(start_paused = true)]
async fn many_events_pair_exactly_once_whatever_crashes() {
    let mut world = World::new();
    world.act("ship", Act::Succeed);
    let mut orders = sensor(&["a", "b"], &[("ship", "a && b")]);
    let join = Join {
        key: Some(JoinKey::All("order".into())),
        ..Join::default()
    };
    orders.spec.triggers[0]
        .template
        .as_mut()
        .expect("has a template")
        .join = Some(join);
    let mut fired = std::collections::BTreeMap::new();
    for round in 0..20 {
        let alive = world.start(&orders).await;
        for number in 0..50 {
            let order = format!(r#"{{"order":{}}}"#, round * 50 + number);
            world
                .publish("a", &format!("a{round}-{number}"), &order)
                .await;
            world
                .publish("b", &format!("b{round}-{number}"), &order)
                .await;
            tokio::task::yield_now().await;
        }
        drop(alive);
    }
    let _alive = world.start(&orders).await;
    while let Ok(Some(firing)) = tokio::time::timeout(LONG, world.fired.recv()).await {
        let pair = ids(&firing).join(" ");
        assert_eq!(
            fired.entry(pair.clone()).or_insert_with(|| firing.id()),
            &firing.id()
        );
        assert_eq!(
            pair[1..]
                .split(" b")
                .collect::<std::collections::BTreeSet<_>>()
                .len(),
            1,
            "{pair}"
        );
    }
    assert_eq!(fired.len(), 1000);
}

#[tokio::test(start_paused = true)]
async fn a_shard_that_stops_notes_how_far_it_was_though_nothing_came_of_it() {
    let mut world = World::new();
    world.act("ship", Act::Succeed);
    let mut orders = sensor(&["a", "b"], &[("ship", "a && b")]);
    orders.spec.dependencies[0].filters = Some(Filters {
        script: "return false".to_owned(),
        ..Filters::default()
    });
    let alive = world.start(&orders).await;
    world.publish("a", "1", "{}").await;
    world.nothing_for(LONG).await;
    alive.drain().await;
    let store = world.bus.state("sensor/orders").await.unwrap();
    let (_, recovered) = CheckpointLog::open(store, "shard/0").await.unwrap();
    let last = recovered.records.last().unwrap();
    // It begins with the number of partitions that were read.
    assert_eq!(last[..4], 1_u32.to_le_bytes());
    let _alive = world.start(&orders).await;
    world.publish("b", "2", "{}").await;
    world.nothing_for(LONG).await;
}
