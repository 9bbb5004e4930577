//! A source of one's own: implement `EventSource`, and the runtime does the rest.
//!
//! `cargo run --example own_source`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use argo_events::{Draft, Engine, Event, EventSource, MemoryBus, Result, SourceContext};
use async_trait::async_trait;
use std::{error::Error, sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// Counts up to three, then waits to be stopped.
struct Countdown;

#[async_trait]
impl EventSource for Countdown {
    fn kind(&self) -> &'static str {
        "countdown"
    }

    async fn run(&self, context: SourceContext) -> Result<()> {
        context.ready();
        for number in (1..=3).rev() {
            // Resolves once the bus has the event: the place to acknowledge upstream.
            context.emit(Draft::json(number.to_string())).await?;
        }
        context.stopped().await;
        Ok(())
    }
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn Error>> {
    let (seen, mut numbers) = mpsc::channel(3);
    let engine = Engine::builder()
        .source("rocket/count", Countdown)
        .on("rocket/count", move |event: Arc<Event>| {
            let seen = seen.clone();
            async move {
                // The receiver lives as long as this program.
                let _ = seen.send(event.json()?.clone()).await;
                Ok(())
            }
        })
        .bus(MemoryBus::default())
        .build()?;
    let running = engine.start().await?;
    // Triggers that say nothing else run side by side, so the numbers may come in any order.
    for _ in 0..3 {
        println!(
            "{}",
            numbers.recv().await.ok_or("the countdown ended early")?
        );
    }
    running.drain(Duration::from_secs(10)).await?;
    Ok(())
}
