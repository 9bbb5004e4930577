//! What a case does its work with: a bus under test, events, and patience.

use super::{Broken, BusHarness, Outcome, Pace, ensure};
use argo_events_core::{
    BusCapabilities, Deliveries, Delivery, Event, EventBus, Receipt, Subject, Subscription,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
    time::Duration,
};
use tokio::time::timeout;

/// A harness with what every case needs.
pub struct World {
    harness: Box<dyn BusHarness>,
}

impl fmt::Debug for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("World")
            .field("pace", &self.pace())
            .finish_non_exhaustive()
    }
}

/// How many deliveries are asked for at a time.
const MOST: usize = 16;

impl World {
    /// Makes the world of a case.
    pub fn new(harness: impl BusHarness) -> Self {
        Self {
            harness: Box::new(harness),
        }
    }

    /// Returns how time is dealt with.
    pub fn pace(&self) -> Pace {
        self.harness.pace()
    }

    /// Opens the bus, for the first time or again.
    ///
    /// # Errors
    /// When it does not open, or says it can do something else than the harness says.
    pub async fn open(&self) -> Outcome<Arc<dyn EventBus>> {
        let bus = self.harness.open().await?;
        let (said, declared): (BusCapabilities, _) =
            (bus.capabilities(), self.harness.capabilities());
        ensure(
            said == declared,
            format!("the bus says {said:?}, its harness {declared:?}"),
        )?;
        Ok(bus)
    }

    /// Closes the bus and opens it again.
    ///
    /// # Errors
    /// When either fails.
    pub async fn reopen(&self, bus: Arc<dyn EventBus>) -> Outcome<Arc<dyn EventBus>> {
        bus.close().await?;
        drop(bus);
        self.open().await
    }

    /// Makes a subscription of the usual subject whose ack wait does not pass within a case.
    pub fn subscription(&self, group: &str) -> Subscription {
        Subscription::new(group, vec![subject()]).ack_wait(self.pace().patience * 10)
    }

    /// Makes a subscription of the usual subject whose ack wait a case can let pass.
    pub fn impatient(&self, group: &str) -> Subscription {
        self.subscription(group).ack_wait(self.pace().ack_wait)
    }

    /// Waits for one delivery.
    ///
    /// # Errors
    /// When none comes, or deliveries end.
    pub async fn one(&self, deliveries: &mut Box<dyn Deliveries>) -> Outcome<Delivery> {
        let mut found = self.batch(deliveries, 1).await?;
        ensure(
            found.len() == 1,
            format!("{} deliveries where one was asked for", found.len()),
        )?;
        Ok(found.remove(0))
    }

    /// Waits for exactly so many deliveries.
    ///
    /// # Errors
    /// When they do not come.
    pub async fn take(
        &self,
        deliveries: &mut Box<dyn Deliveries>,
        count: usize,
    ) -> Outcome<Vec<Delivery>> {
        let mut found = Vec::new();
        while found.len() < count {
            found.extend(self.some(deliveries, found.len(), count).await?);
        }
        Ok(found)
    }

    /// Waits for some more of so many deliveries.
    async fn some(
        &self,
        deliveries: &mut Box<dyn Deliveries>,
        found: usize,
        count: usize,
    ) -> Outcome<Vec<Delivery>> {
        let batch = self.batch(deliveries, MOST.min(count - found)).await;
        batch.map_err(|Broken(reason)| Broken(format!("{found} of {count} deliveries: {reason}")))
    }

    /// Waits for so many deliveries, acknowledges each when it comes and returns their ids in order.
    ///
    /// # Errors
    /// When they do not come or cannot be acknowledged.
    pub async fn ack_ids(
        &self,
        deliveries: &mut Box<dyn Deliveries>,
        count: usize,
    ) -> Outcome<Vec<String>> {
        let mut found = Vec::new();
        while found.len() < count {
            let batch = self.some(deliveries, found.len(), count).await;
            let batch =
                batch.map_err(|Broken(reason)| Broken(format!("{reason}; {found:?} came")))?;
            found.extend(ids(&batch));
            for delivery in batch {
                delivery.ack().await?;
            }
        }
        Ok(found)
    }

    async fn batch(
        &self,
        deliveries: &mut Box<dyn Deliveries>,
        most: usize,
    ) -> Outcome<Vec<Delivery>> {
        let waited = timeout(self.pace().patience, deliveries.next(most)).await;
        let next = waited.map_err(|_| Broken("no delivery came".to_owned()))?;
        let batch = next.ok_or_else(|| Broken("deliveries ended".to_owned()))??;
        ensure(!batch.is_empty(), "`next` returned without a delivery")?;
        ensure(
            batch.len() <= most,
            format!("`next({most})` returned {}", batch.len()),
        )?;
        Ok(batch)
    }

    /// Waits for a while in which no delivery may come.
    ///
    /// # Errors
    /// When one comes.
    pub async fn quiet(&self, deliveries: &mut Box<dyn Deliveries>, time: Duration) -> Outcome {
        match timeout(time, deliveries.next(MOST)).await {
            Err(_) => Ok(()),
            Ok(Some(Ok(batch))) => Err(Broken(format!("unexpected: {:?}", ids(&batch)))),
            Ok(Some(Err(error))) => Err(error.into()),
            Ok(None) => Err(Broken("deliveries ended".to_owned())),
        }
    }

    /// Publishes another event and waits until it is the only one that is delivered.
    ///
    /// # Errors
    /// When something else comes too.
    pub async fn only_news(
        &self,
        bus: &Arc<dyn EventBus>,
        deliveries: &mut Box<dyn Deliveries>,
    ) -> Outcome {
        publish(bus, "news").await?;
        let found = self.ack_ids(deliveries, 1).await?;
        ensure(found == ["news"], format!("unexpected: {found:?}"))?;
        self.quiet(deliveries, self.settling()).await
    }

    /// Returns how long something wrong is given to show itself.
    pub fn settling(&self) -> Duration {
        if self.pace().paused {
            self.pace().patience / 20
        } else {
            Duration::from_millis(50)
        }
    }
}

/// Returns the usual subject.
pub(super) fn subject() -> Subject {
    Subject::new("shop", "paid")
}

/// Makes an event of the usual subject.
pub(super) fn event(id: &str) -> Arc<Event> {
    Event::builder(id, "shop", "paid")
        .data(format!("{{\"order\":\"{id}\"}}"))
        .build()
        .into()
}

/// Publishes an event of the usual subject.
pub(super) async fn publish(bus: &Arc<dyn EventBus>, id: &str) -> Outcome<Receipt> {
    Ok(bus.publish(event(id)).await?)
}

/// Publishes events `1` to `count` of the usual subject, one after the other.
pub(super) async fn publish_all(bus: &Arc<dyn EventBus>, count: usize) -> Outcome<Vec<String>> {
    let ids: Vec<_> = (1..=count).map(|id| id.to_string()).collect();
    for id in &ids {
        publish(bus, id).await?;
    }
    Ok(ids)
}

/// Returns the ids of deliveries in order.
pub(super) fn ids(deliveries: &[Delivery]) -> Vec<String> {
    deliveries
        .iter()
        .map(|delivery| delivery.event().id().to_owned())
        .collect()
}

/// Breaks off unless events that were published by rising number come in that order: all of them where the
/// bus keeps order, else those of each partition.
pub(super) fn in_order(bus: &dyn EventBus, found: &[Delivery]) -> Outcome {
    let is_whole = bus.capabilities().ordered;
    let mut last = BTreeMap::new();
    for delivery in found {
        let position = delivery.meta().position;
        let number: u64 = delivery.event().id().parse().unwrap_or_default();
        let partition = if is_whole { 0 } else { position.partition };
        let before = last.insert(partition, (number, position.sequence));
        let rises =
            |(before, sequence): (u64, u64)| before < number && sequence < position.sequence;
        let places = || found.iter().map(|it| (it.event().id(), it.meta().position));
        ensure(
            before.is_none_or(rises),
            format!("out of order: {:?}", places().collect::<Vec<_>>()),
        )?;
    }
    Ok(())
}

/// Breaks off unless both have the same ids, in any order, each as often.
pub(super) fn same_ids(found: &[String], expected: &[String]) -> Outcome {
    let (mut sorted, mut wanted) = (found.to_vec(), expected.to_vec());
    sorted.sort();
    wanted.sort();
    let difference: BTreeSet<_> = sorted
        .iter()
        .chain(&wanted)
        .filter(|id| {
            sorted.iter().filter(|other| other == id).count()
                != wanted.iter().filter(|other| other == id).count()
        })
        .collect();
    ensure(
        difference.is_empty(),
        format!("missing or more often than expected: {difference:?}"),
    )
}
