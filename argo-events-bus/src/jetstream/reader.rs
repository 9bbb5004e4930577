//! The reading end of a subscription: makes deliveries of the messages that its feeds bring.

use super::{
    consumer::Consumer,
    feed::{Feed, Outlet as _, Pump},
    link::Link,
    place::Place,
    queue::Queue,
    settle::Handle,
    strict::StrictReader,
};
use argo_events_core::{
    Deliveries, Delivery, DeliveryMeta, Event, Position, Result, Settle, Subscription, bus::Order,
    event::codec,
};
use async_nats::Message;
use async_trait::async_trait;
use std::sync::Arc;

/// Reads a subscription.
pub(super) struct Reader {
    link: Arc<Link>,
    queue: Arc<Queue>,
}

/// Finds or makes the consumers of a subscription, and starts to read.
pub(super) async fn open(
    link: Arc<Link>,
    subscription: &Subscription,
) -> Result<Box<dyn Deliveries>> {
    let consumers = Consumer::of(subscription)?;
    for consumer in &consumers {
        consumer.ensure(&link).await?;
    }
    let feeds = consumers.into_iter().map(|consumer| {
        Arc::new(Feed::new(
            Arc::new(consumer),
            subscription.max_in_flight.get(),
        ))
    });
    let is_strict = subscription.order != Order::Loose && subscription.through.is_empty();
    if is_strict {
        return StrictReader::open(link, feeds, subscription.ack_wait).await;
    }
    let queue = Arc::new(Queue::new(Arc::clone(&link), subscription.ack_wait));
    let reader = Reader { link, queue };
    for feed in feeds {
        let queue = Arc::clone(&reader.queue);
        queue.add(Arc::clone(&feed));
        Pump::start(&reader.link, feed, queue, subscription.ack_wait).await?;
    }
    Ok(Box::new(reader))
}

/// Makes the bus's end of a message; `None` for one that no consumer sent.
pub(super) fn handle(
    link: &Arc<Link>,
    consumer: &Arc<Consumer>,
    message: &Message,
) -> Option<(Handle, Place)> {
    let reply = message.reply.clone()?;
    let place = Place::read(&reply)?;
    let handle = Handle {
        link: Arc::clone(link),
        consumer: Arc::clone(consumer),
        reply,
        sequence: place.sequence,
        is_settled: false,
        flag: None,
        feed: None,
    };
    Some((handle, place))
}

/// Reads the event of a message; one that is none is counted and logged.
pub(super) fn decode(link: &Link, message: &Message, place: Place) -> Option<Arc<Event>> {
    match codec::decode(&message.payload) {
        Ok(event) => Some(Arc::new(event)),
        Err(error) => {
            link.note_poison(&message.subject, place.sequence, &error);
            None
        }
    }
}

/// Makes a delivery.
pub(super) fn delivery(
    event: Arc<Event>,
    place: Place,
    partition: u32,
    settle: Box<dyn Settle>,
) -> Delivery {
    let position = Position {
        partition,
        sequence: place.sequence,
    };
    let meta = DeliveryMeta::new(place.attempt, place.arrived_at, position);
    Delivery::new(event, meta, settle)
}

impl Reader {
    /// Makes a delivery; what cannot be read is settled, so that it does not come again.
    fn delivery(&self, feed: &Arc<Feed>, message: &Message) -> Option<Delivery> {
        let Some((mut handle, place)) = handle(&self.link, &feed.consumer, message) else {
            feed.take_back();
            return None;
        };
        handle.feed = Some(Arc::clone(feed));
        feed.consumer.delivered(place.sequence, place.delivery);
        match decode(&self.link, message, place) {
            Some(event) => {
                handle.flag = self.queue.follow(&handle.reply);
                let partition = feed.consumer.partition();
                Some(delivery(event, place, partition, Box::new(handle)))
            }
            None => {
                handle.refuse();
                None
            }
        }
    }
}

#[async_trait]
impl Deliveries for Reader {
    async fn next(&mut self, most: usize) -> Option<Result<Vec<Delivery>>> {
        let _asking = self.queue.asking();
        loop {
            if self.link.is_closed() {
                return None;
            }
            let taken = self.queue.take(most);
            let was_empty = taken.is_empty();
            let deliveries = taken.iter();
            let deliveries = deliveries.filter_map(|it| self.delivery(&it.feed, &it.message));
            let deliveries: Vec<_> = deliveries.collect();
            if !deliveries.is_empty() {
                return Some(Ok(deliveries));
            }
            if !was_empty {
                continue;
            }
            tokio::select! {
                () = self.queue.has_come.notified() => {}
                () = self.link.closing.cancelled() => return None,
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.queue.stop().cancel();
    }
}
