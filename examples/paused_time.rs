//! Tests of a service on paused time: a window of an hour ends at once, without sleep, port or container.
//!
//! `cargo run --example paused_time`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use argo_events::{
    ChannelSource, Clock, Draft, Engine, Firing, Manifests, MemoryBus, Timestamp, TokioClock,
};
use std::{error::Error, num::NonZeroUsize, sync::Arc, time::Duration};
use tokio::sync::mpsc;

const SENSOR: &str = "
apiVersion: argoproj.io/v1alpha1
kind: Sensor
metadata: { name: carts }
spec:
  dependencies:
    - { name: filled, eventSourceName: shop, eventName: filled }
    - { name: bought, eventSourceName: shop, eventName: bought }
  triggers:
    - template:
        name: remind
        conditions: filled && bought
        join: { key: cart, within: 1h, onExpire: fire }
";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    tokio::time::pause();
    let clock: Arc<dyn Clock> = Arc::new(TokioClock::starting_at(Timestamp::EPOCH));
    let room = NonZeroUsize::new(16).ok_or("no room")?;
    let (filled, source) = ChannelSource::new(room);
    let (reminded, mut reminders) = mpsc::channel(1);
    let engine = Engine::builder()
        .manifests(Manifests::from_text("carts.yaml", SENSOR))
        .clock(clock.clone())
        .bus(MemoryBus::new(Default::default(), clock.clone()))
        .source("shop/filled", source)
        .trigger("remind", move |firing: Firing| {
            let reminded = reminded.clone();
            async move {
                // The receiver lives as long as this test.
                let _ = reminded.send(firing.event("bought").is_none()).await;
                Ok(())
            }
        })
        .build()?;
    let running = engine.start().await?;

    filled.emit(Draft::json(r#"{"cart":5}"#)).await?;
    let was_left = reminders.recv().await.ok_or("no reminder came")?;
    println!(
        "after {} s the cart was left: {was_left}",
        clock.now().since(Timestamp::EPOCH).as_secs()
    );

    running.drain(Duration::from_secs(10)).await?;
    Ok(())
}
