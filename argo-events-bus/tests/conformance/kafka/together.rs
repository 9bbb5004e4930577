//! Several buses on one topic: groups that are shared out anew, events of others, one state.

use super::{
    broker::{Broker, Topic, produce, records},
    trial,
};
use argo_events_bus::KafkaBus;
use argo_events_core::{
    Deliveries, Delivery, Event, EventBus as _, Subject, Subscription, bus::StartAt,
};
use argo_events_testkit::bus::{Broken, Outcome, ensure};
use bytes::Bytes;
use futures::future::try_join_all;
use libtest_mimic::Trial;
use rdkafka::message::{Header, OwnedHeaders};
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
    ops::Range,
    sync::Arc,
    time::Duration,
};
use tokio::time::{sleep, timeout};

pub(super) const PATIENCE: Duration = Duration::from_secs(90);
/// After how long without an event nothing is on its way any more.
const SILENCE: Duration = Duration::from_secs(4);

/// Makes the trials.
pub(super) fn trials(broker: &Arc<Broker>) -> Vec<Trial> {
    let on = |partitions| Topic::new(broker, partitions);
    let (shared, foreign, oldest) = (on(6), on(1), on(1));
    let (raced, shadowed, heir, doubtful) = (on(1), on(1), on(1), on(1));
    vec![
        trial(
            "members come and go and no event is lost or doubled",
            || members(shared),
        ),
        trial(
            "records of others are read, and what is no event is passed over",
            || records_of_others(foreign),
        ),
        trial(
            "the manifest may let new groups begin with the oldest event",
            || begins_with_oldest(oldest),
        ),
        trial(
            "buses that write one key have one winner, and agree on it",
            || one_winner(raced),
        ),
        trial(
            "a write that lost and whose writer died is put right by others",
            || is_put_right(shadowed),
        ),
        trial(
            "a new group goes on where the reference's sensor was",
            || goes_on(heir),
        ),
        trial(
            "a new group waits until the reference's position is certain",
            || waits_for_position(doubtful),
        ),
    ]
}

pub(super) fn subscription(group: &str) -> Subscription {
    Subscription::new(group, vec![Subject::new("shop", "paid")])
}

fn event(id: u64) -> Arc<Event> {
    Arc::new(Event::builder(id.to_string(), "shop", "paid").build())
}

pub(super) async fn publish(bus: &KafkaBus, id: u64) -> Outcome {
    bus.publish(event(id)).await?;
    Ok(())
}

/// Publishes with many in flight until all is accepted; returns what had to be published again.
pub(super) async fn insist_all(bus: &KafkaBus, ids: Range<u64>) -> Outcome<BTreeSet<u64>> {
    let ids: Vec<_> = ids.collect();
    let mut again = BTreeSet::new();
    for ids in ids.chunks(50) {
        let all = try_join_all(ids.iter().map(|id| insist(bus, *id)));
        let all = timeout(PATIENCE * 2, all).await;
        let all = all.map_err(|_| Broken(format!("{ids:?} are not accepted")))??;
        again.extend(all.into_iter().flatten());
    }
    Ok(again)
}

/// Publishes until it is accepted; returns the id if once was not enough.
async fn insist(bus: &KafkaBus, id: u64) -> Outcome<Option<u64>> {
    let event = event(id);
    let mut again = None;
    while let Err(error) = bus.publish(Arc::clone(&event)).await {
        ensure(error.is_transient(), format!("{id}: {error}"))?;
        again = Some(id);
        sleep(Duration::from_millis(50)).await;
    }
    Ok(again)
}

/// What came, to whomever, and how often.
#[derive(Default)]
struct Counts {
    came: RefCell<BTreeMap<u64, u64>>,
    /// How many there are, once that is known.
    all: Cell<Option<u64>>,
}

impl Counts {
    async fn take(&self, batch: Vec<Delivery>) -> Outcome<u64> {
        let mut count = 0;
        for delivery in batch {
            let id = delivery.event().id().parse().unwrap_or(0);
            delivery.ack().await?;
            *self.came.borrow_mut().entry(id).or_default() += 1;
            count += 1;
        }
        Ok(count)
    }

    fn missing(&self) -> Vec<u64> {
        let came = self.came.borrow();
        let all = 0..self.all.get().unwrap_or(u64::MAX);
        all.filter(|id| !came.contains_key(id)).take(20).collect()
    }

    /// Reads until everything is there, and then for as long as more comes.
    async fn read_all(&self, mut deliveries: Box<dyn Deliveries>) -> Outcome {
        let mut silent = Duration::ZERO;
        loop {
            match timeout(SILENCE, deliveries.next(16)).await {
                Ok(Some(batch)) => {
                    self.take(batch?).await?;
                    silent = Duration::ZERO;
                }
                Ok(None) => return Err(Broken("deliveries ended".to_owned())),
                Err(_) if self.missing().is_empty() => return Ok(()),
                Err(_) => silent += SILENCE,
            }
            let missing = || format!("missing: {:?}", self.missing());
            ensure(silent < PATIENCE * 2, missing())?;
        }
    }

    /// Reads a number of events and leaves.
    async fn read_some(&self, mut deliveries: Box<dyn Deliveries>, count: u64) -> Outcome {
        let mut found = 0;
        while found < count {
            let next = timeout(PATIENCE * 2, deliveries.next(16)).await;
            let next = next.map_err(|_| Broken(format!("only {found} came to a new member")))?;
            let batch = next.ok_or_else(|| Broken("deliveries ended".to_owned()))?;
            found += self.take(batch?).await?;
        }
        Ok(())
    }
}

async fn members(topic: Topic) -> Outcome {
    const EACH: u64 = 100;
    let first = topic.open().await?;
    let second = topic.open().await?;
    let few = NonZeroUsize::new(32).unwrap_or(NonZeroUsize::MIN);
    let wanted = subscription("members").max_in_flight(few);
    let counts = Counts::default();
    let staying = counts.read_all(first.subscribe(wanted.clone()).await?);
    let coming_and_going = async {
        let published = Cell::new(0);
        for _ in 0..2 {
            // The member leaves when it has its part, while events still come.
            let has_left = Cell::new(false);
            let joining = async {
                let deliveries = second.subscribe(wanted.clone()).await?;
                counts.read_some(deliveries, EACH).await?;
                has_left.set(true);
                Outcome::Ok(())
            };
            let publishing = publish_slowly(&first, &published, &has_left, 3 * EACH);
            futures::try_join!(joining, publishing)?;
        }
        counts.all.set(Some(published.get()));
        Outcome::Ok(())
    };
    futures::try_join!(staying, coming_and_going)?;
    let came = counts.came.borrow();
    let doubled: Vec<_> = came.iter().filter(|(_, times)| **times > 1).collect();
    ensure(doubled.is_empty(), format!("more than once: {doubled:?}"))
}

/// Publishes until a member has left, and some more.
async fn publish_slowly(
    bus: &KafkaBus,
    published: &Cell<u64>,
    has_left: &Cell<bool>,
    mut more: u64,
) -> Outcome {
    while more > 0 {
        publish(bus, published.get()).await?;
        published.set(published.get() + 1);
        more -= u64::from(has_left.get());
        sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// Returns the id of the next event, and settles it.
pub(super) async fn one(deliveries: &mut Box<dyn Deliveries>) -> Outcome<String> {
    let next = timeout(PATIENCE, deliveries.next(1)).await;
    let mut batch = next
        .ok()
        .flatten()
        .ok_or_else(|| Broken("no event came".to_owned()))??;
    let delivery = batch.remove(0);
    let id = delivery.event().id().to_owned();
    delivery.ack().await?;
    Ok(id)
}

async fn records_of_others(topic: Topic) -> Outcome {
    let bus = topic.open().await?;
    let mut deliveries = bus.subscribe(subscription("others")).await?;
    let of_reference = |id: &str| {
        format!(
            r#"{{"specversion":"1.0","id":"{id}","source":"shop","type":"webhook","subject":"paid","datacontenttype":"application/json","time":"2026-01-02T03:04:05.678901234Z","data_base64":"eyJhIjoxfQ=="}}"#
        )
    };
    let records = [
        (Some("shop.paid"), Some("no event".to_owned())),
        (Some("shop.paid"), None),
        (Some("shop.shipped"), Some("not even looked at".to_owned())),
        (Some("shop.paid"), Some(of_reference("keyed"))),
        (None, Some(of_reference("without a key"))),
    ];
    for (key, value) in records {
        produce(&topic, &topic.name, key, value.as_deref(), None).await?;
    }
    for expected in ["keyed", "without a key"] {
        let found = one(&mut deliveries).await?;
        ensure(found == expected, format!("{found} instead of {expected}"))?;
    }
    let count = bus.undecodable();
    ensure(count == 2, format!("{count} records were no events"))?;
    publish(&bus, 7).await?;
    let written = records_of(&topic, &topic.name).await?;
    let (key, value) = written.last().cloned().unwrap_or_default();
    ensure(key == "shop.paid", format!("the key is {key}"))?;
    ensure(
        value.starts_with(r#"{"specversion":"1.0","id":"7","source":"shop""#),
        format!("the value is {value}"),
    )
}

async fn records_of(topic: &Topic, name: &str) -> Outcome<Vec<(String, String)>> {
    Ok(records(topic, name).await?)
}

async fn begins_with_oldest(topic: Topic) -> Outcome {
    let group = serde_json::json!({ "consumerGroup": { "oldest": true, "groupName": "ours" } });
    let bus = topic.open_with(group).await?;
    publish(&bus, 1).await?;
    let mut deliveries = bus.subscribe(subscription("group")).await?;
    let found = one(&mut deliveries).await?;
    ensure(found == "1", format!("{found} came first"))?;
    // On a topic of one partition a group may begin behind a position.
    publish(&bus, 2).await?;
    one(&mut deliveries).await?;
    let behind = argo_events_core::Position {
        partition: 0,
        sequence: 1,
    };
    let after = subscription("after").start(StartAt::After(behind));
    let mut deliveries = bus.subscribe(after).await?;
    let found = one(&mut deliveries).await?;
    ensure(found == "2", format!("{found} came first"))
}

async fn one_winner(topic: Topic) -> Outcome {
    let buses = [
        topic.open().await?,
        topic.open().await?,
        topic.open().await?,
    ];
    let mut stores = Vec::new();
    for bus in &buses {
        stores.push(bus.state("sensor").await?);
    }
    let mut version = None;
    for round in 0..10 {
        let put = |writer: usize| {
            let value = Bytes::from(format!("{round} {writer}"));
            stores[writer % stores.len()].put("key", value, version)
        };
        let outcomes = futures::future::join_all((0..9).map(put)).await;
        let won: Vec<_> = outcomes.iter().filter_map(|it| it.as_ref().ok()).collect();
        ensure(won.len() == 1, format!("round {round}: {outcomes:?}"))?;
        version = won.first().map(|version| **version);
        for store in &stores {
            let found = store.get("key").await?.map(|found| found.version);
            ensure(found == version, format!("{found:?} is not {version:?}"))?;
        }
    }
    if let Some(version) = version {
        stores[0].delete("key", version).await?;
    }
    let late = topic.open().await?;
    let found = late.state("sensor").await?.get("key").await?;
    ensure(found.is_none(), "a deleted key is back")
}

async fn is_put_right(topic: Topic) -> Outcome {
    let name = format!("{}-argo-events-state", topic.name);
    let bus = topic.open().await?;
    let version = bus
        .state("sensor")
        .await?
        .put("key", Bytes::from_static(b"winner"), None)
        .await?;
    bus.close().await?;
    let wish = OwnedHeaders::new().insert(Header {
        key: "argo-events-state",
        value: Some("w 1 -"),
    });
    produce(
        &topic,
        &name,
        Some("sensor\0key"),
        Some("loser"),
        Some(wish),
    )
    .await?;
    let bus = topic.open().await?;
    let found = bus.state("sensor").await?.get("key").await?;
    let found = found.ok_or_else(|| Broken("the winner is gone".to_owned()))?;
    ensure(
        (found.value.as_ref(), found.version) == (b"winner", version),
        format!("{found:?} instead of the winner"),
    )?;
    bus.close().await?;
    let written = records_of(&topic, &name).await?;
    let last = written.last().map(|(_, value)| value.as_str());
    ensure(
        last == Some("winner"),
        format!("compaction would keep {last:?}"),
    )
}

async fn goes_on(topic: Topic) -> Outcome {
    let bus = topic.open_in("prod").await?;
    for id in 0..5 {
        publish(&bus, id).await?;
    }
    topic.commit("prod-ship", 2).await?;
    let mut known = bus
        .subscribe(subscription("sensor/prod/ship/shared"))
        .await?;
    let found = one(&mut known).await?;
    ensure(found == "2", format!("{found} came first"))?;
    let mut other = bus
        .subscribe(subscription("sensor/prod/other/shared"))
        .await?;
    publish(&bus, 5).await?;
    let found = one(&mut other).await?;
    ensure(
        found == "5",
        format!("{found} came first to another sensor"),
    )
}

async fn waits_for_position(topic: Topic) -> Outcome {
    let bus = topic.open_in("prod").await?;
    for id in 0..5 {
        publish(&bus, id).await?;
    }
    let pending = topic.begin_commit("prod-ship", 2).await?;
    let subscribing = bus.subscribe(subscription("sensor/prod/ship/shared"));
    let mut subscribing = std::pin::pin!(subscribing);
    let early = timeout(Duration::from_secs(2), &mut subscribing).await;
    ensure(early.is_err(), "it begins though nobody knows where")?;
    pending.complete().await?;
    let mut deliveries = timeout(PATIENCE, subscribing)
        .await
        .map_err(|_| Broken("it does not begin".to_owned()))??;
    let found = one(&mut deliveries).await?;
    ensure(found == "2", format!("{found} came first"))
}
