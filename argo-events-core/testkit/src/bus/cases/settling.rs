//! What becomes of a delivery.

use crate::bus::{
    Broken, Outcome, World, ensure,
    world::{publish, publish_all},
};
use argo_events_core::{Deliveries, Delivery, DeliveryMeta, EventBus, Timestamp};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

/// Most events after which a clock must have moved.
const MOST_TICKS: usize = 10_000;

pub(super) async fn acknowledged_is_over(world: &World) -> Outcome {
    let bus = world.open().await?;
    let mut deliveries = bus.subscribe(world.impatient("group")).await?;
    publish_all(&bus, 3).await?;
    world.ack_ids(&mut deliveries, 3).await?;
    world
        .quiet(&mut deliveries, world.pace().ack_wait * 2)
        .await?;
    world.only_news(&bus, &mut deliveries).await
}

pub(super) async fn rejected_is_over(world: &World) -> Outcome {
    let bus = world.open().await?;
    let mut deliveries = bus.subscribe(world.impatient("group")).await?;
    publish(&bus, "1").await?;
    world
        .one(&mut deliveries)
        .await?
        .reject("cannot be rendered")
        .await?;
    world
        .quiet(&mut deliveries, world.pace().ack_wait * 2)
        .await?;
    world.only_news(&bus, &mut deliveries).await
}

pub(super) async fn dropped_comes_again(world: &World) -> Outcome {
    let bus = world.open().await?;
    let mut deliveries = bus.subscribe(world.subscription("group")).await?;
    publish(&bus, "1").await?;
    let mut attempts = Vec::new();
    for _ in 0..3 {
        let delivery = world.one(&mut deliveries).await?;
        ensure(
            delivery.event().id() == "1",
            format!("unexpected: {delivery:?}"),
        )?;
        attempts.push(delivery.meta().attempt);
        drop(delivery);
    }
    ensure(
        attempts[0] == 1,
        format!("the first attempt is not 1: {attempts:?}"),
    )?;
    ensure(
        attempts.is_sorted_by(|a, b| a < b),
        format!("attempts do not rise: {attempts:?}"),
    )?;
    world.ack_ids(&mut deliveries, 1).await?;
    world.only_news(&bus, &mut deliveries).await
}

pub(super) async fn silent_comes_again(world: &World) -> Outcome {
    let wait = world.pace().ack_wait;
    let bus = world.open().await?;
    let mut deliveries = bus.subscribe(world.impatient("group")).await?;
    // The bus may have handed the event out before its publisher goes on.
    let begun = Instant::now();
    publish(&bus, "1").await?;
    let silent = world.one(&mut deliveries).await?;
    let again = world.one(&mut deliveries).await?;
    let waited = begun.elapsed();
    ensure(
        waited >= wait,
        format!("came again after {waited:?}, the ack wait is {wait:?}"),
    )?;
    ensure(
        again.meta().attempt > silent.meta().attempt,
        "the attempt did not rise",
    )?;
    again.ack().await?;
    // The first holder is late: whatever it does changes nothing any more.
    drop(silent);
    world.only_news(&bus, &mut deliveries).await
}

pub(super) async fn alive_stays(world: &World) -> Outcome {
    let wait = world.pace().ack_wait;
    let bus = world.open().await?;
    let mut deliveries = bus.subscribe(world.impatient("group")).await?;
    publish(&bus, "1").await?;
    let delivery = world.one(&mut deliveries).await?;
    for _ in 0..10 {
        sleep(wait / 5).await;
        delivery.keep_alive().await?;
        world
            .quiet(&mut deliveries, Duration::from_millis(1))
            .await?;
    }
    delivery.ack().await?;
    world.only_news(&bus, &mut deliveries).await
}

pub(super) async fn retry_is_delayed(world: &World) -> Outcome {
    let delay = world.pace().ack_wait;
    let bus = world.open().await?;
    let mut deliveries = bus.subscribe(world.subscription("group")).await?;
    publish(&bus, "1").await?;
    let first = world.one(&mut deliveries).await?;
    let (attempt, asked) = (first.meta().attempt, Instant::now());
    first.retry(delay).await?;
    let again = world.one(&mut deliveries).await?;
    let waited = asked.elapsed();
    ensure(
        waited >= delay,
        format!("came again after {waited:?}, the delay is {delay:?}"),
    )?;
    ensure(again.meta().attempt > attempt, "the attempt did not rise")?;
    again.ack().await?;
    world.only_news(&bus, &mut deliveries).await
}

pub(super) async fn redelivery_keeps_its_place(world: &World) -> Outcome {
    let bus = world.open().await?;
    let mut deliveries = bus.subscribe(world.subscription("group")).await?;
    publish(&bus, "1").await?;
    let receipt = publish(&bus, "2").await?;
    let both = world.take(&mut deliveries, 2).await?;
    let first = places(&both);
    let published = both.iter().find(|delivery| delivery.event().id() == "2");
    let position = published.map(|delivery| delivery.meta().position);
    ensure(
        receipt.position.is_none() || receipt.position == position,
        "the receipt names another position",
    )?;
    ensure(
        first[0].1.position != first[1].1.position,
        "two events have one position",
    )?;
    pass_time(world, &bus, &mut deliveries, first[1].1.arrived_at).await?;
    drop(both);
    let again = places(&world.take(&mut deliveries, 2).await?);
    for ((id, meta), (_, then)) in again.iter().zip(&first) {
        let same = (meta.position, meta.arrived_at) == (then.position, then.arrived_at);
        ensure(same, format!("event {id}: {meta:?}, at first {then:?}"))?;
    }
    Ok(())
}

/// Lets time pass by the bus's own clock, so that a bus that asks it again is found out.
async fn pass_time(
    world: &World,
    bus: &Arc<dyn EventBus>,
    deliveries: &mut Box<dyn Deliveries>,
    since: Timestamp,
) -> Outcome {
    for number in 0..MOST_TICKS {
        if world.pace().paused {
            // Paused time moves only while everybody waits.
            sleep(Duration::from_millis(1)).await;
        }
        publish(bus, &format!("later {number}")).await?;
        let later = world.one(deliveries).await?;
        let has_moved = later.meta().arrived_at > since;
        later.ack().await?;
        if has_moved {
            return Ok(());
        }
    }
    Err(Broken("the clock of the bus does not move".to_owned()))
}

fn places(deliveries: &[Delivery]) -> Vec<(String, DeliveryMeta)> {
    let place = |delivery: &Delivery| (delivery.event().id().to_owned(), *delivery.meta());
    let mut places: Vec<_> = deliveries.iter().map(place).collect();
    places.sort_by(|a, b| a.0.cmp(&b.0));
    places
}
