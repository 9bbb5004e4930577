//! Routes events inside a service: manifests decide when, a closure of the service does the work.
//!
//! `cargo run --example embedded`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use argo_events::{ChannelSource, Draft, Engine, Firing, Manifests, MemoryBus};
use std::{error::Error, num::NonZeroUsize, time::Duration};
use tokio::sync::mpsc;

const SENSOR: &str = "
apiVersion: argoproj.io/v1alpha1
kind: Sensor
metadata: { name: orders }
spec:
  dependencies:
    - { name: paid, eventSourceName: shop, eventName: paid }
    - { name: packed, eventSourceName: shop, eventName: packed }
  triggers:
    - template: { name: ship, conditions: paid && packed, join: { key: order, within: 1h } }
";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let room = NonZeroUsize::new(16).ok_or("no room")?;
    let ((paid, paid_source), (packed, packed_source)) =
        (ChannelSource::new(room), ChannelSource::new(room));
    let (shipped, mut shipments) = mpsc::channel(16);
    let engine = Engine::builder()
        .manifests(Manifests::from_text("orders.yaml", SENSOR))
        .source("shop/paid", paid_source)
        .source("shop/packed", packed_source)
        .trigger("ship", move |firing: Firing| {
            let shipped = shipped.clone();
            async move {
                let order = firing
                    .event("paid")
                    .map(|event| event.json().cloned())
                    .transpose()?;
                // The receiver lives as long as this service.
                let _ = shipped
                    .send(order.unwrap_or_default()["order"].clone())
                    .await;
                Ok(())
            }
        })
        .bus(MemoryBus::default())
        .build()?;
    let running = engine.start().await?;

    paid.emit(Draft::json(r#"{"order":77}"#)).await?;
    packed.emit(Draft::json(r#"{"order":12}"#)).await?;
    packed.emit(Draft::json(r#"{"order":77}"#)).await?;
    println!(
        "shipped order {}",
        shipments.recv().await.ok_or("nothing was shipped")?
    );

    running.drain(Duration::from_secs(10)).await?;
    Ok(())
}
