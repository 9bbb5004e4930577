//! Promises of the shared lane and of ordered and at-most-once triggers.

use crate::{
    faulty::{FaultyStore, Through},
    harness::{Act, World, ids, sensor},
};
use argo_events_bus::{MemoryBus, MemoryConfig};
use argo_events_core::{Event, EventBus as _, api::GoDuration};
use argo_events_sensor::runtime::Limits;
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
async fn what_the_journal_may_have_all_the_same_is_forgotten_once_it_is_done() {
    let mut world = World::new();
    let gate = Arc::new(Semaphore::new(0));
    world.act("slow", Act::Wait(gate.clone()));
    let orders = sensor(&["paid"], &[("slow", "paid")]);
    let bus = Arc::new(Through(world.bus.clone(), FaultyStore));
    let alive = world.start_on(bus, &orders).await;
    world.publish("paid", "1", "{}").await;
    world.next().await;
    // Late by then, and before it is journaled once more.
    world.nothing_for(Limits::default().ack_wait / 3).await;
    gate.add_permits(1);
    world.nothing_for(LONG).await;
    alive.drain().await;
    let _alive = world.start(&orders).await;
    world.nothing_for(LONG).await;
}

#[tokio::test(start_paused = true)]
async fn a_crowd_that_moves_is_not_journaled() {
    const MOMENT: Duration = Duration::from_millis(40);
    let mut world = World::new();
    let gate = Arc::new(Semaphore::new(0));
    world.act("brisk", Act::Wait(gate.clone()));
    let orders = sensor(&["paid"], &[("brisk", "paid")]);
    world.start(&orders).await.drain().await;
    for number in 0..3000 {
        world.publish("paid", &number.to_string(), "{}").await;
    }
    let _alive = world.start(&orders).await;
    let at_a_time = Limits::default().at_a_time.get();
    for _ in 0..3000 / at_a_time {
        for _ in 0..at_a_time {
            world.next().await;
        }
        world.nothing_for(MOMENT).await;
        let state = world.bus.state("sensor/orders").await.unwrap();
        let journaled = state.keys("journal/").await.unwrap();
        assert!(journaled.is_empty(), "{journaled:?}");
        gate.add_permits(at_a_time);
    }
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

#[tokio::test(start_paused = true)]
async fn only_events_of_that_source_and_name_count() {
    let mut world = World::new();
    world.act("ship", Act::Succeed);
    let _alive = world.start(&sensor(&["paid"], &[("ship", "paid")])).await;
    let elsewhere = Event::builder("1", "store", "paid").data("{}").build();
    world.bus.publish(Arc::new(elsewhere)).await.unwrap();
    world.publish("pai", "2", "{}").await;
    world.publish("paid", "3", "{}").await;
    assert_eq!(ids(&world.next().await), ["3"]);
    world.nothing_for(LONG).await;
}

#[tokio::test(start_paused = true)]
async fn a_new_sensor_begins_with_new_events() {
    let mut world = World::new();
    world.act("ship", Act::Succeed);
    world.publish("paid", "1", "{}").await;
    let _alive = world.start(&sensor(&["paid"], &[("ship", "paid")])).await;
    world.publish("paid", "2", "{}").await;
    assert_eq!(ids(&world.next().await), ["2"]);
    world.nothing_for(LONG).await;
}

#[tokio::test(start_paused = true)]
async fn an_event_that_its_source_repeats_is_handled_once() {
    for conditions in ["paid", "paid && sent"] {
        let mut world = World::new();
        let config = MemoryConfig {
            dedup_window: Some(GoDuration(0)),
            ..MemoryConfig::default()
        };
        world.bus = MemoryBus::new(config, world.clock.clone());
        world.act("ship", Act::Succeed);
        let _alive = world
            .start(&sensor(&["paid", "sent"], &[("ship", conditions)]))
            .await;
        for _ in 0..2 {
            world.publish("paid", "1", "{}").await;
            world.publish("sent", "2", "{}").await;
        }
        assert_eq!(ids(&world.next().await)[0], "1", "{conditions}");
        world.nothing_for(LONG).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejected_event_is_acknowledged_and_dropped() {
    let mut world = World::new();
    world.act("ship", Act::Succeed);
    let mut orders = sensor(&["paid"], &[("ship", "paid")]);
    let above_one = r#"{"data":[{"path":"n","type":"number","comparator":">","value":["1"]}]}"#;
    orders.spec.dependencies[0].filters = serde_json::from_str(above_one).unwrap();
    let alive = world.start(&orders).await;
    for (id, data) in [("1", r#"{"n":1}"#), ("2", "no JSON"), ("3", r#"{"n":2}"#)] {
        world.publish("paid", id, data).await;
    }
    assert_eq!(ids(&world.next().await), ["3"]);
    world.nothing_for(LONG).await;
    drop(alive);
    let _unfiltered = world.start(&sensor(&["paid"], &[("ship", "paid")])).await;
    world.nothing_for(LONG).await;
}

#[tokio::test(start_paused = true)]
async fn a_trigger_sees_the_transformed_body_as_json_and_all_else_as_it_came() {
    let mut world = World::new();
    world.act("ship", Act::Succeed);
    let mut orders = sensor(&["paid"], &[("ship", "paid")]);
    let increment = r#"{"jq":"{m: (.n + 1)}"}"#;
    orders.spec.dependencies[0].transform = serde_json::from_str(increment).unwrap();
    let _alive = world.start(&orders).await;
    let event = |id: &str, data: &'static str| {
        let event = Event::builder(id, "shop", "paid").event_type("webhook");
        event.data(data).data_content_type("text/plain").build()
    };
    for event in [event("1", "[]"), event("2", r#"{"n":2}"#)] {
        world.bus.publish(Arc::new(event)).await.unwrap();
    }
    let firing = world.next().await;
    let seen = &firing.held()[0].event;
    assert_eq!(&seen.data().unwrap()[..], br#"{"m":3}"#);
    assert_eq!(seen.data_content_type(), "application/json");
    assert_eq!((seen.id(), seen.event_type()), ("2", "webhook"));
    world.nothing_for(LONG).await;
}

#[tokio::test(start_paused = true)]
async fn a_jq_program_wins_over_a_script() {
    let mut world = World::new();
    world.act("ship", Act::Succeed);
    let mut orders = sensor(&["paid"], &[("ship", "paid")]);
    let both = r#"{"jq":"{by: \"jq\"}","script":"return { by = 'script' }"}"#;
    orders.spec.dependencies[0].transform = serde_json::from_str(both).unwrap();
    let _alive = world.start(&orders).await;
    world.publish("paid", "1", "{}").await;
    let firing = world.next().await;
    assert_eq!(
        &firing.held()[0].event.data().unwrap()[..],
        br#"{"by":"jq"}"#
    );
}

#[tokio::test(start_paused = true)]
async fn so_many_firings_of_a_trigger_run_at_a_time() {
    let mut world = World::new();
    let gate = Arc::new(Semaphore::new(0));
    world.act("slow", Act::Wait(gate.clone()));
    let _alive = world.start(&sensor(&["paid"], &[("slow", "paid")])).await;
    let (at_a_time, more) = (Limits::default().at_a_time.get(), 10);
    for number in 0..at_a_time + more {
        world.publish("paid", &number.to_string(), "{}").await;
    }
    for _ in 0..at_a_time {
        world.next().await;
    }
    world.nothing_for(LONG).await;
    gate.add_permits(at_a_time + more);
    for _ in 0..more {
        world.next().await;
    }
    world.nothing_for(LONG).await;
}

#[tokio::test(start_paused = true)]
async fn a_lane_runs_a_bounded_number_of_firings_and_starves_no_trigger() {
    const TRIGGERS: [&str; 5] = ["t1", "t2", "t3", "t4", "t5"];
    const EVENTS: usize = 100;
    let mut world = World::new();
    let gate = Arc::new(Semaphore::new(0));
    for name in TRIGGERS {
        world.act(name, Act::Wait(gate.clone()));
    }
    let triggers = TRIGGERS.map(|name| (name, "a"));
    let _alive = world.start(&sensor(&["a"], &triggers)).await;
    for id in 0..EVENTS {
        world.publish("a", &id.to_string(), "{}").await;
    }
    let mut begun = Vec::new();
    while let Ok(firing) = tokio::time::timeout(Duration::from_secs(5), world.fired.recv()).await {
        begun.extend(firing.map(|firing| firing.trigger().to_owned()));
    }
    assert_eq!(begun.len(), 256);
    gate.add_permits(EVENTS * TRIGGERS.len());
    while begun.len() < EVENTS * TRIGGERS.len() {
        begun.push(world.next().await.trigger().to_owned());
    }
    for name in TRIGGERS {
        assert_eq!(
            begun.iter().filter(|trigger| *trigger == name).count(),
            EVENTS
        );
    }
}
