//! Accepted events arrive.

use crate::bus::{
    Outcome, World, ensure,
    world::{event, publish, publish_all, same_ids},
};
use argo_events_core::{Event, Subject};
use futures::future::try_join_all;
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

pub(super) async fn reaches_every_group(world: &World) -> Outcome {
    let bus = world.open().await?;
    let mut first = bus.subscribe(world.subscription("first")).await?;
    let mut second = bus.subscribe(world.subscription("second")).await?;
    let mut other = world.subscription("other");
    other.subjects = vec![
        Subject::new("shop", "shipped"),
        Subject::new("warehouse", "paid"),
    ];
    let mut other = bus.subscribe(other).await?;
    let expected = publish_all(&bus, 5).await?;
    same_ids(&world.ack_ids(&mut first, 5).await?, &expected)?;
    same_ids(&world.ack_ids(&mut second, 5).await?, &expected)?;
    let shipped = Event::builder("shipped", "shop", "shipped").build();
    bus.publish(Arc::new(shipped)).await?;
    let found = world.ack_ids(&mut other, 1).await?;
    ensure(
        found == ["shipped"],
        format!("a group got what it had not asked for: {found:?}"),
    )
}

pub(super) async fn many_publishers(world: &World) -> Outcome {
    const PUBLISHERS: usize = 32;
    const EACH: usize = 16;
    let bus = world.open().await?;
    let mut deliveries = bus.subscribe(world.subscription("group")).await?;
    let publisher = async |publisher: usize| {
        for number in 0..EACH {
            publish(&bus, &format!("{publisher}-{number}")).await?;
        }
        Outcome::Ok(())
    };
    let all = try_join_all((0..PUBLISHERS).map(publisher));
    let (published, found) = futures::join!(all, world.ack_ids(&mut deliveries, PUBLISHERS * EACH));
    published?;
    let expected: Vec<_> = (0..PUBLISHERS * EACH)
        .map(|number| format!("{}-{}", number / EACH, number % EACH))
        .collect();
    same_ids(&found?, &expected)
}

pub(super) async fn dropped_next_loses_nothing(world: &World) -> Outcome {
    const COUNT: usize = 20;
    let bus = world.open().await?;
    let mut deliveries = bus.subscribe(world.subscription("group")).await?;
    let (mut expected, mut found) = (Vec::new(), Vec::new());
    for number in 0..COUNT {
        let id = number.to_string();
        // Polled once before and once after the event is there, then dropped.
        let impatient = timeout(Duration::ZERO, deliveries.next(1)).await;
        bus.publish(event(&id)).await?;
        let hasty = timeout(Duration::ZERO, deliveries.next(1)).await;
        for batch in [impatient, hasty]
            .into_iter()
            .filter_map(Result::ok)
            .flatten()
        {
            for delivery in batch? {
                found.push(delivery.event().id().to_owned());
                delivery.ack().await?;
            }
        }
        expected.push(id);
    }
    found.extend(world.ack_ids(&mut deliveries, COUNT - found.len()).await?);
    same_ids(&found, &expected)
}
