//! Webhooks in a server of one's own: the engine opens no port, its routes are mounted.
//!
//! `cargo run --example mounted`

use argo_events::{Engine, Event, Manifests, MemoryBus};
use std::{error::Error, sync::Arc, time::Duration};
use tokio::sync::mpsc;

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
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let running = engine.start().await?;
    let server = tokio::task::JoinSet::from_iter([async move { axum::serve(listener, app).await }]);

    let client = reqwest::Client::builder().timeout(Duration::from_secs(5)).build()?;
    let answer = client.post(format!("http://{address}/paid")).body(r#"{"order":77}"#).send().await?;
    println!("{}: {}", answer.status(), payments.recv().await.ok_or("no payment came")?);

    running.drain(Duration::from_secs(10)).await?;
    drop(server);
    Ok(())
}
