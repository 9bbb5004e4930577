//! Strict order, for readers that keep their own position.

use crate::bus::{
    Outcome, World, ensure,
    world::{ids, publish_all},
};
use argo_events_core::Delivery;

pub(super) async fn nothing_overtakes(world: &World) -> Outcome {
    let bus = world.open().await?;
    let subscription = world.subscription("group").in_order(Vec::new());
    let mut deliveries = bus.subscribe(subscription).await?;
    publish_all(&bus, 5).await?;
    let mut held = world.take(&mut deliveries, 3).await?.into_iter();
    if let Some(first) = held.next() {
        first.ack().await?;
    }
    held.for_each(drop);
    are_in_order(&world.take(&mut deliveries, 4).await?)
}

pub(super) async fn begins_behind(world: &World) -> Outcome {
    let bus = world.open().await?;
    let subscription = world.subscription("group").in_order(Vec::new());
    let mut deliveries = bus.subscribe(subscription).await?;
    publish_all(&bus, 5).await?;
    let held = world.take(&mut deliveries, 3).await?;
    let behind = held.iter().take(1).map(|it| it.meta().position).collect();
    if bus.capabilities().shared {
        // As if its process had died, which the bus cannot know yet.
        std::mem::forget((held, deliveries));
    } else {
        drop((held, deliveries));
    }
    let subscription = world.subscription("group").in_order(behind);
    let mut deliveries = bus.subscribe(subscription).await?;
    let mut found = world.take(&mut deliveries, 4).await?;
    // A bus may hand out again what the reader has handled; that comes first.
    if ids(&found).first().is_some_and(|id| id == "1") {
        found.remove(0).ack().await?;
        found.extend(world.take(&mut deliveries, 1).await?);
    }
    are_in_order(&found)
}

fn are_in_order(found: &[Delivery]) -> Outcome {
    let found = ids(found);
    ensure(
        found == ["2", "3", "4", "5"],
        format!("2 to 5 were expected, and came as {found:?}"),
    )
}
