//! Strict order, for readers that keep their own position.

use crate::bus::{
    Outcome, World, ensure,
    world::{ids, in_order, publish_all, same_ids},
};

pub(super) async fn nothing_overtakes(world: &World) -> Outcome {
    let bus = world.open().await?;
    let subscription = world.subscription("group").in_order(Vec::new());
    let mut deliveries = bus.subscribe(subscription).await?;
    let all = publish_all(&bus, 5).await?;
    let mut held = world.take(&mut deliveries, 3).await?;
    let first = ids(&held).remove(0);
    held.remove(0).ack().await?;
    let again = ids(&held);
    drop(held);
    let found = world.take(&mut deliveries, 4).await?;
    ensure(
        ids(&found).starts_with(&again),
        format!("{again:?} come again, and came as {:?}", ids(&found)),
    )?;
    same_ids(&ids(&found), &without(&all, &first))?;
    in_order(&*bus, &found)
}

pub(super) async fn begins_behind(world: &World) -> Outcome {
    let bus = world.open().await?;
    let subscription = world.subscription("group").in_order(Vec::new());
    let mut deliveries = bus.subscribe(subscription).await?;
    let all = publish_all(&bus, 5).await?;
    let held = world.take(&mut deliveries, 3).await?;
    let first = ids(&held).remove(0);
    let behind = vec![held[0].meta().position];
    if bus.capabilities().shared {
        // As if its process had died, which the bus cannot know yet.
        std::mem::forget((held, deliveries));
    } else {
        drop((held, deliveries));
    }
    let subscription = world.subscription("group").in_order(behind);
    let mut deliveries = bus.subscribe(subscription).await?;
    let mut found = world.take(&mut deliveries, 4).await?;
    // A bus may hand out again what the reader has handled; that comes first where it belongs.
    in_order(&*bus, &found)?;
    if let Some(again) = ids(&found).iter().position(|id| *id == first) {
        found.remove(again).ack().await?;
        found.extend(world.take(&mut deliveries, 1).await?);
    }
    same_ids(&ids(&found), &without(&all, &first))?;
    in_order(&*bus, &found)
}

fn without(all: &[String], one: &str) -> Vec<String> {
    all.iter().filter(|id| *id != one).cloned().collect()
}
