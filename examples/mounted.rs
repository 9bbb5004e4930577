//! Webhooks in a server of one's own: the engine opens no port, its routes are mounted.
//!
//! `cargo run --example mounted`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use argo_events::{Engine, Event, Manifests, MemoryBus};
use axum::{body::Body, http::Request};
use std::{error::Error, sync::Arc, time::Duration};
use tokio::sync::mpsc;
use tower::ServiceExt as _;

const SOURCE: &str = "
apiVersion: argoproj.io/v1alpha1
kind: EventSource
metadata: { name: shop }
spec:
  webhook:
    paid: { port: \"12000\", endpoint: /paid, method: POST }
";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (seen, mut payments) = mpsc::channel(1);
    let engine = Engine::builder()
        .manifests(Manifests::from_text("shop.yaml", SOURCE))
        .on("shop/paid", move |event: Arc<Event>| {
            let seen = seen.clone();
            async move {
                // The receiver lives as long as this service.
                let _ = seen.send(event.json()?["body"].clone()).await;
                Ok(())
            }
        })
        .bus(MemoryBus::default())
        .mounted()
        .build()?;
    let app = axum::Router::new()
        .route("/", axum::routing::get(|| async { "the shop" }))
        .merge(engine.routes());
    let running = engine.start().await?;
    // Routes appear as their sources start.
    running.ready().await;

    // A service says `axum::serve(listener, app)` here; a test asks the router itself.
    let request = Request::post("/paid").body(Body::from(r#"{"order":77}"#))?;
    let answer = app.oneshot(request).await?;
    println!(
        "{}: {}",
        answer.status(),
        payments.recv().await.ok_or("no payment came")?
    );

    running.drain(Duration::from_secs(10)).await?;
    Ok(())
}
