//! Groups and their subscriptions.

use crate::bus::{
    Outcome, World, ensure,
    world::{ids, publish, publish_all, same_ids},
};
use argo_events_core::bus::StartAt;
use std::time::Duration;
use tokio::time::timeout;

pub(super) async fn are_independent(world: &World) -> Outcome {
    let bus = world.open().await?;
    let mut idle = bus.subscribe(world.subscription("idle")).await?;
    let mut hasty = bus.subscribe(world.subscription("hasty")).await?;
    let mut steady = bus.subscribe(world.subscription("steady")).await?;
    let expected = publish_all(&bus, 3).await?;
    same_ids(&world.ack_ids(&mut hasty, 3).await?, &expected)?;
    drop(world.take(&mut steady, 3).await?);
    same_ids(&world.ack_ids(&mut steady, 3).await?, &expected)?;
    world.quiet(&mut hasty, world.settling()).await?;
    let found = world.take(&mut idle, 3).await?;
    let attempts: Vec<_> = found
        .iter()
        .map(|delivery| delivery.meta().attempt)
        .collect();
    ensure(
        attempts == [1, 1, 1],
        format!("attempts of another group are counted: {attempts:?}"),
    )?;
    same_ids(&ids(&found), &expected)
}

pub(super) async fn share(world: &World) -> Outcome {
    const COUNT: usize = 40;
    let bus = world.open().await?;
    let mut one = bus.subscribe(world.subscription("group")).await?;
    let mut other = bus.subscribe(world.subscription("group")).await?;
    let expected = publish_all(&bus, COUNT).await?;
    let mut found = Vec::new();
    while found.len() < COUNT {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for (deliveries, batch) in [(&mut one, &mut ours), (&mut other, &mut theirs)] {
            if let Ok(Some(next)) = timeout(Duration::from_millis(20), deliveries.next(3)).await {
                *batch = next?;
            }
        }
        for delivery in ours.into_iter().chain(theirs) {
            found.push(delivery.event().id().to_owned());
            delivery.ack().await?;
        }
    }
    same_ids(&found, &expected)?;
    world.quiet(&mut one, world.settling()).await?;
    world.quiet(&mut other, world.settling()).await
}

pub(super) async fn inherit(world: &World) -> Outcome {
    const HELD: usize = 2;
    const MOST: usize = 100;
    let bus = world.open().await?;
    let mut leaving = bus.subscribe(world.impatient("group")).await?;
    let mut staying = bus.subscribe(world.impatient("group")).await?;
    // Who gets which event is the bus's business: the one that leaves has some in hand in the end.
    let (mut held, mut found, mut expected) = (Vec::new(), Vec::new(), Vec::new());
    while held.len() < HELD {
        ensure(expected.len() < MOST, "one of two subscriptions gets none")?;
        let id = (expected.len() + 1).to_string();
        publish(&bus, &id).await?;
        expected.push(id);
        while held.len() + found.len() < expected.len() {
            tokio::select! {
                one = world.one(&mut leaving) => held.push(one?),
                other = world.one(&mut staying) => {
                    let other = other?;
                    found.push(other.event().id().to_owned());
                    other.ack().await?;
                }
            }
        }
    }
    // What it holds is never settled and never dropped, as if its process had died.
    std::mem::forget(held);
    drop(leaving);
    let left = expected.len() - found.len();
    found.extend(world.ack_ids(&mut staying, left).await?);
    same_ids(&found, &expected)
}

pub(super) async fn start(world: &World) -> Outcome {
    let bus = world.open().await?;
    let early = publish_all(&bus, 3).await?;
    let mut new = bus.subscribe(world.subscription("new")).await?;
    let oldest = world.subscription("oldest").start(StartAt::Oldest);
    let mut oldest = bus.subscribe(oldest).await?;
    publish(&bus, "late").await?;
    let found = world.ack_ids(&mut new, 1).await?;
    ensure(
        found == ["late"],
        format!("a group that begins at new events got {found:?}"),
    )?;
    let all: Vec<_> = early.into_iter().chain(["late".to_owned()]).collect();
    same_ids(&world.ack_ids(&mut oldest, 4).await?, &all)?;
    world.quiet(&mut new, world.settling()).await
}

pub(super) async fn known_goes_on(world: &World) -> Outcome {
    let bus = world.open().await?;
    let mut deliveries = bus.subscribe(world.subscription("group")).await?;
    publish(&bus, "1").await?;
    world.ack_ids(&mut deliveries, 1).await?;
    drop(deliveries);
    publish(&bus, "2").await?;
    let again = world.subscription("group").start(StartAt::Oldest);
    let mut deliveries = bus.subscribe(again).await?;
    let found = world.ack_ids(&mut deliveries, 1).await?;
    ensure(
        found == ["2"],
        format!("the group did not go on where it was: {found:?}"),
    )?;
    world.quiet(&mut deliveries, world.settling()).await
}

pub(super) async fn retire(world: &World) -> Outcome {
    let bus = world.open().await?;
    let mut kept = bus.subscribe(world.subscription("sensor/a/kept")).await?;
    let mut read = bus.subscribe(world.subscription("sensor/a/read")).await?;
    let mut other = bus.subscribe(world.subscription("sensor/b/kept")).await?;
    drop(bus.subscribe(world.subscription("sensor/a/left")).await?);
    let keep = ["sensor/a/kept".to_owned()].into();
    bus.retire("sensor/a/", &keep).await?;
    let expected = publish_all(&bus, 3).await?;
    for deliveries in [&mut kept, &mut read, &mut other] {
        same_ids(&world.ack_ids(deliveries, 3).await?, &expected)?;
    }
    // Letting go of what is gone, and coming back to it, are both fine.
    bus.retire("sensor/a/", &keep).await?;
    let mut left = bus.subscribe(world.subscription("sensor/a/left")).await?;
    publish(&bus, "late").await?;
    while world.ack_ids(&mut left, 1).await? != ["late"] {}
    Ok(())
}
