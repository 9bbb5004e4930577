//! One engine takes over from another: what is the same runs on, nothing is lost.

use argo_events::{ChannelSource, Draft, Engine, Event, Firing, Manifests, MemoryBus, Running};
use std::{num::NonZeroUsize, sync::Arc, time::Duration};
use tokio::sync::mpsc;

const GRACE: Duration = Duration::from_secs(10);

/// Sensors of `shop/paid`, each with a trigger of its name that a closure carries out.
fn sensors(conditions: &[(&str, &str)]) -> Manifests {
    Manifests::from_text("sensors.yaml", text(conditions))
}

fn text(conditions: &[(&str, &str)]) -> String {
    let sensors = conditions.iter().map(|(name, conditions)| {
        format!(
            "
apiVersion: argoproj.io/v1alpha1
kind: Sensor
metadata: {{ name: {name} }}
spec:
  dependencies:
    - {{ name: paid, eventSourceName: shop, eventName: paid }}
    - {{ name: shipped, eventSourceName: shop, eventName: shipped }}
  triggers:
    - template: {{ name: {name}, conditions: {conditions} }}
---"
        )
    });
    sensors.collect()
}

struct Shop {
    running: Running,
    paid: argo_events::Emitter,
    shipped: argo_events::Emitter,
    fired: mpsc::Receiver<(String, String)>,
}

impl Shop {
    async fn open(conditions: &[(&str, &str)]) -> Self {
        let room = NonZeroUsize::new(8).unwrap();
        let (paid, paid_source) = ChannelSource::new(room);
        let (shipped, shipped_source) = ChannelSource::new(room);
        let (sender, fired) = mpsc::channel(64);
        let mut builder = Engine::builder()
            .bus(MemoryBus::default())
            .manifests(sensors(conditions))
            .source("shop/paid", paid_source)
            .source("shop/shipped", shipped_source);
        for name in ["one", "two"] {
            let sender = sender.clone();
            builder = builder.trigger(name, move |firing: Firing| {
                let sender = sender.clone();
                async move {
                    let ids: Vec<_> = firing.events().map(|(_, it)| it.id().to_owned()).collect();
                    let fired = (firing.sensor().to_owned(), ids.join("+"));
                    sender.send(fired).await.expect("the test looks on");
                    Ok(())
                }
            });
        }
        Self {
            running: builder.build().unwrap().start().await.unwrap(),
            paid,
            shipped,
            fired,
        }
    }

    async fn change_to(&mut self, conditions: &[(&str, &str)]) -> String {
        self.take(sensors(conditions)).await
    }

    async fn take(&mut self, manifests: Manifests) -> String {
        let next = self.running.successor().manifests(manifests);
        let next = next.build().unwrap();
        self.running
            .take_over(next, GRACE)
            .await
            .unwrap()
            .to_string()
    }

    async fn pay(&self, id: &str) {
        self.paid.emit(Draft::json("{}").with_id(id)).await.unwrap();
    }

    async fn next(&mut self) -> (String, String) {
        let fired = self.fired.recv().await;
        fired.expect("the engine runs")
    }
}

fn fired(sensor: &str, events: &str) -> (String, String) {
    (sensor.to_owned(), events.to_owned())
}

#[tokio::test(start_paused = true)]
async fn what_is_described_as_before_runs_on() {
    let mut shop = Shop::open(&[("one", "paid")]).await;
    assert_eq!(shop.change_to(&[("one", "paid")]).await, "3 unchanged");
    shop.pay("1").await;
    assert_eq!(shop.next().await, fired("one", "1"));
}

#[tokio::test(start_paused = true)]
async fn a_sensor_that_is_new_fires_and_one_that_is_gone_does_not() {
    let mut shop = Shop::open(&[("one", "paid")]).await;
    let changes = shop.change_to(&[("two", "paid")]).await;
    assert_eq!(changes, "added Sensor/two; removed Sensor/one; 2 unchanged");
    shop.pay("1").await;
    assert_eq!(shop.next().await, fired("two", "1"));
    assert!(shop.fired.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_sensor_that_changed_goes_on_where_it_was() {
    let mut shop = Shop::open(&[("one", "paid && shipped"), ("two", "paid")]).await;
    shop.pay("1").await;
    assert_eq!(shop.next().await, fired("two", "1"));
    let (before, after) = (
        "conditions: paid && shipped }",
        "conditions: paid && shipped }\n      retryStrategy: { steps: 3 }",
    );
    let text = text(&[("one", "paid && shipped"), ("two", "paid")]).replace(before, after);
    let changed = Manifests::from_text("sensors.yaml", text);
    let changes = shop.take(changed).await;
    assert_eq!(changes, "replaced Sensor/one; 3 unchanged");
    let shipped = Draft::json("{}").with_id("2");
    shop.shipped.emit(shipped).await.unwrap();
    let (sensor, events) = shop.next().await;
    assert_eq!(sensor, "one");
    assert!(events.contains('1') && events.contains('2'), "{events}");
}

#[tokio::test(start_paused = true)]
async fn what_a_program_gave_is_there_again_without_being_given() {
    let (emitter, source) = ChannelSource::new(NonZeroUsize::MIN);
    let (sender, mut seen) = mpsc::channel(8);
    let engine = Engine::builder()
        .bus(MemoryBus::default())
        .source("shop/paid", source)
        .on("shop/paid", move |event: Arc<Event>| {
            let sender = sender.clone();
            async move {
                sender.send(event).await.expect("the test looks on");
                Ok(())
            }
        });
    let mut running = engine.build().unwrap().start().await.unwrap();
    let next = running.successor().build().unwrap();
    assert!(running.take_over(next, GRACE).await.unwrap().is_empty());
    emitter.emit(Draft::json("{}").with_id("1")).await.unwrap();
    assert_eq!(seen.recv().await.unwrap().id(), "1");
}

#[tokio::test(start_paused = true)]
async fn after_a_change_everything_still_drains() {
    let mut shop = Shop::open(&[("one", "paid")]).await;
    shop.change_to(&[("one", "paid || shipped"), ("two", "paid")])
        .await;
    for id in 0..20 {
        shop.pay(&id.to_string()).await;
    }
    shop.running.drain(GRACE).await.unwrap();
    let mut count = 0;
    while shop.fired.try_recv().is_ok() {
        count += 1;
    }
    assert_eq!(count, 40);
}
