//! The event itself, and its id.

use crate::bus::{
    Outcome, World, ensure,
    world::{event, publish},
};
use argo_events_core::{Event, Timestamp};
use bytes::Bytes;
use futures::future::try_join_all;
use std::sync::Arc;

pub(super) async fn arrives_unchanged(world: &World) -> Outcome {
    let bus = world.open().await?;
    let mut deliveries = bus.subscribe(world.subscription("group")).await?;
    for event in events() {
        bus.publish(Arc::clone(&event)).await?;
        let delivery = world.one(&mut deliveries).await?;
        let (found, expected) = (delivery.event(), &event);
        ensure(
            found == expected,
            format!("published {expected:?}, arrived {found:?}"),
        )?;
        delivery.ack().await?;
    }
    Ok(())
}

fn events() -> Vec<Arc<Event>> {
    let new = |id: &str| Event::builder(id, "shop", "paid");
    let every_byte: Vec<u8> = (0..=u8::MAX).collect();
    let all = new("all")
        .event_type("webhook")
        .data_content_type("text/plain; charset=utf-8")
        .data_schema("https://example.org/schema")
        .time(Timestamp::from_nanos(1_772_600_767_123_456_789))
        .data("{\"a\":1}")
        .extension(
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        )
        .extension("note", "line\nbreak \"quoted\" \\ ü 🦀");
    let events = [
        new("bare"),
        new("empty-body").data(Bytes::new()),
        new("no-content-type").data_content_type("").data("x"),
        new("binary")
            .data_content_type("application/octet-stream")
            .data(every_byte),
        new("json-with-blanks").data(" { \"b\" : 1.0 , \"a\" : [ ] }\n"),
        new("large").data(vec![b'x'; 300_000]),
        new("ünïcödé \"id\"").data("\u{0}\u{1f}é🦀"),
        new("early").time(Timestamp::from_millis(-1)),
        all,
    ];
    events
        .into_iter()
        .map(|event| Arc::new(event.build()))
        .collect()
}

pub(super) async fn repeated_id(world: &World) -> Outcome {
    let bus = world.open().await?;
    let mut deliveries = bus.subscribe(world.subscription("group")).await?;
    let first = publish(&bus, "1").await?;
    ensure(
        !first.duplicate,
        "the first event of an id is called a duplicate",
    )?;
    let second = publish(&bus, "1").await?;
    ensure(second.duplicate, "a repeated id is not called a duplicate")?;
    world.ack_ids(&mut deliveries, 1).await?;
    let third = publish(&bus, "1").await?;
    ensure(
        third.duplicate,
        "a repeated id is not called a duplicate once it was delivered",
    )?;
    world.only_news(&bus, &mut deliveries).await
}

pub(super) async fn raced_id(world: &World) -> Outcome {
    let bus = world.open().await?;
    let mut deliveries = bus.subscribe(world.subscription("group")).await?;
    let receipts = try_join_all((0..8).map(|_| bus.publish(event("1")))).await?;
    let accepted = receipts.iter().filter(|receipt| !receipt.duplicate).count();
    ensure(accepted == 1, format!("accepted {accepted} times"))?;
    world.ack_ids(&mut deliveries, 1).await?;
    world.only_news(&bus, &mut deliveries).await
}
