//! Runs manifests that name the kinds of this crate.

mod feed;

use argo_events::{Engine, Manifests};
use feed::Feed;
use std::{fs, net::SocketAddr, path::Path, time::Duration};

fn manifests(address: SocketAddr, path: &Path) -> Manifests {
    let path = path.display();
    let text = format!(
        "
apiVersion: argoproj.io/v1alpha1
kind: EventBus
metadata: {{ name: default }}
spec:
  shelf: {{ mostEvents: 100 }}
---
apiVersion: argoproj.io/v1alpha1
kind: EventSource
metadata: {{ name: shop }}
spec:
  lines:
    paid: {{ address: \"{address}\" }}
---
apiVersion: argoproj.io/v1alpha1
kind: Sensor
metadata: {{ name: orders }}
spec:
  dependencies:
    - {{ name: paid, eventSourceName: shop, eventName: paid }}
  triggers:
    - template:
        name: keep
        append: {{ path: \"{path}\" }}
"
    );
    Manifests::from_text("orders.yaml", text)
}

#[tokio::test]
async fn a_line_that_the_server_sends_is_appended_to_the_file() {
    let (feed, folder) = (Feed::default(), tempfile::tempdir().unwrap());
    let file = folder.path().join("paid");
    let engine = Engine::builder()
        .registry(stranger::registry())
        .manifests(manifests(feed.open().await, &file))
        .build()
        .unwrap_or_else(|error| panic!("{error}"));
    let running = engine.start().await.unwrap();
    let lines = [r#"{"order":1}"#, r#"{"order":2}"#, r#"{"order":3}"#];
    for line in lines {
        feed.push(line);
        assert_eq!(feed.answered(line).await, "ok");
    }
    running.drain(Duration::from_secs(10)).await.unwrap();
    feed.close().await;
    let written = fs::read_to_string(&file).unwrap();
    for line in lines {
        assert!(
            written.contains(&format!("{{\"paid\":{line}}}\n")),
            "{written}"
        );
    }
    assert_eq!(written.lines().count(), lines.len());
}

#[test]
fn mistakes_in_our_kinds_are_found_at_their_place() {
    let text = "
apiVersion: argoproj.io/v1alpha1
kind: EventSource
metadata: { name: shop }
spec:
  lines:
    paid: { adress: localhost:7000 }
";
    let built = Engine::builder()
        .registry(stranger::registry())
        .bus(stranger::shelf::Shelf::new(
            Default::default(),
            std::sync::Arc::new(argo_events::SystemClock),
        ))
        .manifests(Manifests::from_text("shop.yaml", text))
        .build();
    let error = built.expect_err("the address is missing").to_string();
    assert!(error.contains("did you mean `address`?"), "{error}");
}
