//! Every mistake is found by `build`, with its place.

use argo_events::{ChannelSource, Draft, Engine, Firing, Manifests, MemoryBus};
use std::{num::NonZeroUsize, time::Duration};
use tokio::time::timeout;

const SENSOR: &str = "
apiVersion: argoproj.io/v1alpha1
kind: Sensor
metadata: { name: orders }
spec:
  dependencies:
    - { name: paid, eventSourceName: shop, eventName: paid }
  triggers:
    - template: { name: ship, conditions: paid }
";

fn manifests(text: &str) -> Manifests {
    Manifests::from_text("orders.yaml", text)
}

#[test]
fn a_trigger_without_kind_is_bound_by_name() {
    let builder = Engine::builder()
        .manifests(manifests(SENSOR))
        .bus(MemoryBus::default());
    let built = builder
        .trigger("ship", |_: Firing| async { Ok(()) })
        .build();
    assert!(built.is_ok(), "{}", built.unwrap_err());
}

#[test]
fn a_trigger_without_kind_and_without_closure_is_a_fault_with_its_place() {
    let built = Engine::builder()
        .manifests(manifests(SENSOR))
        .bus(MemoryBus::default())
        .build();
    let error = built.unwrap_err().to_string();
    assert!(error.contains("orders.yaml:9"), "{error}");
    assert!(error.contains("Sensor/orders"), "{error}");
}

#[test]
fn faults_of_several_objects_are_reported_at_once() {
    let wrong = SENSOR.replace("conditions: paid", "conditions: payed");
    let both = format!(
        "{wrong}---{}",
        wrong.replace("name: orders", "name: returns")
    );
    let builder = Engine::builder()
        .manifests(manifests(&both))
        .bus(MemoryBus::default());
    let built = builder
        .trigger("ship", |_: Firing| async { Ok(()) })
        .build();
    let error = built.unwrap_err().to_string();
    assert!(
        error.contains("Sensor/orders") && error.contains("Sensor/returns"),
        "{error}"
    );
}

#[test]
fn a_source_needs_both_names() {
    let (_emitter, source) = ChannelSource::new(NonZeroUsize::MIN);
    let built = Engine::builder()
        .source("shop", source)
        .bus(MemoryBus::default())
        .build();
    assert!(built.unwrap_err().to_string().contains("shop/paid"));
}

#[tokio::test(start_paused = true)]
async fn of_several_sources_of_one_name_the_last_one_runs() {
    let [first, last] = [1, 2].map(|_| ChannelSource::new(NonZeroUsize::MIN));
    let built = Engine::builder()
        .bus(MemoryBus::default())
        .source("shop/paid", first.1)
        .source("shop/paid", last.1)
        .build();
    let _running = built.unwrap().start().await.unwrap();
    last.0.emit(Draft::json("{}")).await.unwrap();
    let emitted = timeout(Duration::from_secs(60), first.0.emit(Draft::json("{}")));
    assert!(
        emitted.await.is_err(),
        "nobody reads what the first one has"
    );
}

#[test]
fn an_unknown_kind_of_bus_is_a_fault_that_names_the_known_ones() {
    let built = Engine::builder().bus_kind("carrier-pigeon").build();
    let error = built.unwrap_err().to_string();
    assert!(
        error.contains("memory") && error.contains("local"),
        "{error}"
    );
}

#[test]
fn a_name_by_which_no_reader_would_know_the_events_is_refused() {
    for name in ["my shop/paid", "shöp/paid", "%zz/paid"] {
        let (_emitter, source) = ChannelSource::new(NonZeroUsize::MIN);
        let built = Engine::builder()
            .source(name, source)
            .bus(MemoryBus::default())
            .build();
        let error = built.unwrap_err().to_string();
        assert!(error.contains("is no name of a source"), "{name}: {error}");
    }
}
