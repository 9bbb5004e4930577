//! How much comes, in which order, and when it ends.

use crate::bus::{
    Broken, Outcome, World, ensure,
    world::{event, ids, in_order, publish_all, same_ids},
};
use argo_events_core::ErrorKind;
use std::num::NonZeroUsize;
use tokio::time::timeout;

pub(super) async fn in_flight_is_bounded(world: &World) -> Outcome {
    const BOUND: NonZeroUsize = NonZeroUsize::new(3).expect("is not zero");
    let bus = world.open().await?;
    let subscription = world.subscription("group").max_in_flight(BOUND);
    let mut deliveries = bus.subscribe(subscription).await?;
    publish_all(&bus, 10).await?;
    let mut held = world.take(&mut deliveries, BOUND.get()).await?;
    world.quiet(&mut deliveries, world.settling()).await?;
    for _ in BOUND.get()..10 {
        held.remove(0).ack().await?;
        held.push(world.one(&mut deliveries).await?);
        world.quiet(&mut deliveries, world.settling()).await?;
    }
    Ok(())
}

pub(super) async fn held_holds_up_no_others(world: &World) -> Outcome {
    const BOUND: NonZeroUsize = NonZeroUsize::new(3).expect("is not zero");
    const COUNT: usize = 100;
    let bus = world.open().await?;
    let subscription = world.subscription("group").max_in_flight(BOUND);
    let mut deliveries = bus.subscribe(subscription.in_order(Vec::new())).await?;
    let all = publish_all(&bus, COUNT).await?;
    let mut held = world.take(&mut deliveries, BOUND.get()).await?;
    world.quiet(&mut deliveries, world.settling()).await?;
    let mut found = ids(&held);
    for _ in BOUND.get()..COUNT {
        held.remove(1).ack().await?;
        held.push(world.one(&mut deliveries).await?);
        found.extend(held.last().map(|last| last.event().id().to_owned()));
    }
    same_ids(&found, &all)
}

pub(super) async fn is_ordered(world: &World) -> Outcome {
    let bus = world.open().await?;
    let mut deliveries = bus.subscribe(world.subscription("group")).await?;
    let expected = publish_all(&bus, 100).await?;
    let found = world.take(&mut deliveries, 100).await?;
    same_ids(&ids(&found), &expected)?;
    in_order(&*bus, &found)
}

pub(super) async fn closed(world: &World) -> Outcome {
    let bus = world.open().await?;
    let mut deliveries = bus.subscribe(world.subscription("group")).await?;
    bus.check().await?;
    let waiting = async {
        let ended = timeout(world.pace().patience, deliveries.next(1)).await;
        ensure(
            matches!(ended, Ok(None)),
            "a waiting reader does not learn that the bus is closed",
        )
    };
    let close = async {
        // Lets the reader begin to wait.
        tokio::task::yield_now().await;
        Outcome::Ok(bus.close().await?)
    };
    let (waited, closed) = futures::join!(waiting, close);
    waited.and(closed)?;
    ensure(deliveries.next(1).await.is_none(), "deliveries go on")?;
    match bus.publish(event("late")).await {
        Ok(receipt) => Err(Broken(format!(
            "a closed bus accepted an event: {receipt:?}"
        ))),
        Err(error) if error.kind() == ErrorKind::Closed && !error.is_transient() => Ok(()),
        Err(error) => Err(Broken(format!("not a permanent `Closed`: {error:?}"))),
    }?;
    ensure(
        bus.check().await.is_err(),
        "a closed bus says that it accepts events",
    )?;
    Ok(bus.close().await?)
}
