//! The same without YAML: sources and sensors as Rust values, and a handler for single events.
//!
//! `cargo run --example typed`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use argo_events::{
    ChannelSource, Draft, Engine, Event, Firing, MemoryBus,
    api::{Dependency, Join, JoinKey, Sensor, SensorSpec, Trigger, TriggerTemplate},
};
use std::{error::Error, num::NonZeroUsize, sync::Arc, time::Duration};
use tokio::sync::mpsc;

fn sensor() -> Sensor {
    let join = Join {
        key: Some(JoinKey::All("order".into())),
        ..Join::default()
    };
    let ship = TriggerTemplate {
        name: "ship".into(),
        conditions: "paid && packed".into(),
        join: Some(join),
        ..TriggerTemplate::default()
    };
    let spec = SensorSpec {
        dependencies: vec![
            Dependency::new("paid", "shop", "paid"),
            Dependency::new("packed", "shop", "packed"),
        ],
        triggers: vec![Trigger::new(ship)],
        ..SensorSpec::default()
    };
    Sensor::new("orders", spec)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let room = NonZeroUsize::new(16).ok_or("no room")?;
    let ((paid, paid_source), (packed, packed_source)) =
        (ChannelSource::new(room), ChannelSource::new(room));
    let (shipped, mut shipments) = mpsc::channel(16);
    let engine = Engine::builder()
        .sensor(sensor())
        .source("shop/paid", paid_source)
        .source("shop/packed", packed_source)
        .trigger("ship", move |firing: Firing| {
            let shipped = shipped.clone();
            async move {
                // The receiver lives as long as this service.
                let _ = shipped.send(firing.id().to_string()).await;
                Ok(())
            }
        })
        .on("shop/paid", |event: Arc<Event>| async move {
            println!("paid: {}", event.id());
            Ok(())
        })
        .bus(MemoryBus::default())
        .build()?;
    let running = engine.start().await?;

    paid.emit(Draft::json(r#"{"order":77}"#).with_id("payment-1"))
        .await?;
    packed
        .emit(Draft::json(r#"{"order":77}"#).with_id("parcel-1"))
        .await?;
    println!(
        "shipped by firing {}",
        shipments.recv().await.ok_or("nothing was shipped")?
    );

    running.drain(Duration::from_secs(10)).await?;
    Ok(())
}
