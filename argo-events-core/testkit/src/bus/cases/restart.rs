//! What survives the process.

use crate::bus::{
    Outcome, World, ensure,
    world::{publish, publish_all, same_ids},
};
use argo_events_core::{Delivery, Subscription};
use std::collections::BTreeSet;

/// Makes a subscription whose ack wait passes while a case is patient: what was on its way to the reader
/// that left, or was handed back by it, may come only then.
fn subscription(world: &World) -> Subscription {
    let ack_wait = world.pace().patience / 12;
    world.subscription("group").ack_wait(ack_wait)
}

pub(super) async fn group_goes_on(world: &World) -> Outcome {
    let bus = world.open().await?;
    let mut deliveries = bus.subscribe(subscription(world)).await?;
    publish_all(&bus, 6).await?;
    // Which five come first is the bus's business, if it has several partitions.
    let mut left: BTreeSet<_> = (1..=6).map(|id: u8| id.to_string()).collect();
    let mut kept = Vec::new();
    for (place, delivery) in (0..).zip(world.take(&mut deliveries, 5).await?) {
        if matches!(place, 0 | 1 | 3) {
            left.remove(delivery.event().id());
            delivery.ack().await?;
        } else {
            kept.push(delivery);
        }
    }
    drop((kept, deliveries));
    let bus = world.reopen(bus).await?;
    let mut deliveries = bus.subscribe(subscription(world)).await?;
    let found = world.ack_ids(&mut deliveries, 3).await?;
    same_ids(&found, &Vec::from_iter(left))?;
    let bus = world.reopen(bus).await?;
    let mut deliveries = bus.subscribe(subscription(world)).await?;
    world.only_news(&bus, &mut deliveries).await
}

pub(super) async fn unread_is_kept(world: &World) -> Outcome {
    let bus = world.open().await?;
    drop(bus.subscribe(subscription(world)).await?);
    publish(&bus, "before").await?;
    let bus = world.reopen(bus).await?;
    publish(&bus, "between").await?;
    let bus = world.reopen(bus).await?;
    let mut deliveries = bus.subscribe(subscription(world)).await?;
    publish(&bus, "after").await?;
    let found = world.ack_ids(&mut deliveries, 3).await?;
    same_ids(&found, &["before", "between", "after"].map(str::to_owned))
}

pub(super) async fn repeated_id(world: &World) -> Outcome {
    let bus = world.open().await?;
    let mut deliveries = bus.subscribe(world.subscription("group")).await?;
    publish(&bus, "1").await?;
    world.ack_ids(&mut deliveries, 1).await?;
    drop(deliveries);
    let bus = world.reopen(bus).await?;
    let mut deliveries = bus.subscribe(world.subscription("group")).await?;
    let receipt = publish(&bus, "1").await?;
    ensure(receipt.duplicate, "the id was forgotten")?;
    world.only_news(&bus, &mut deliveries).await
}

pub(super) async fn keeps_places(world: &World) -> Outcome {
    let place = |delivery: &Delivery| (delivery.meta().position, delivery.meta().arrived_at);
    let bus = world.open().await?;
    let mut deliveries = bus.subscribe(subscription(world)).await?;
    publish(&bus, "1").await?;
    let before = place(&world.one(&mut deliveries).await?);
    drop(deliveries);
    let bus = world.reopen(bus).await?;
    let later = publish(&bus, "2").await?;
    let mut deliveries = bus.subscribe(subscription(world)).await?;
    let found = world.take(&mut deliveries, 2).await?;
    let after = found
        .iter()
        .find(|delivery| delivery.event().id() == "1")
        .map(place);
    ensure(
        after == Some(before),
        format!("at first {before:?}, now {after:?}"),
    )?;
    ensure(
        later.position.is_none_or(|position| {
            // Partitions number their events each by itself.
            position.partition != before.0.partition || position > before.0
        }),
        "a position was used again",
    )
}
