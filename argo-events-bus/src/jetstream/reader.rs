//! The reading end of a subscription: makes deliveries of the messages that its feeds bring.

use super::{
    consumer::Consumer,
    feed::{Feed, Pump, Queue},
    link::Link,
    quiet::Quiet,
    settle::Handle,
};
use argo_events_core::{
    Deliveries, Delivery, DeliveryMeta, Error, ErrorKind, Position, Result, Subscription,
    Timestamp, event::codec,
};
use async_nats::Message;
use async_trait::async_trait;
use std::sync::Arc;

/// Reads a subscription.
pub(super) struct Reader {
    link: Arc<Link>,
    queue: Arc<Queue>,
    poison: Quiet,
}

impl Reader {
    /// Finds or makes the consumers of a subscription, and starts to read.
    pub(super) async fn open(link: Arc<Link>, subscription: &Subscription) -> Result<Self> {
        let queue = Arc::new(Queue::new(link.closing.child_token()));
        let reader = Self {
            link,
            queue,
            poison: Quiet::default(),
        };
        for consumer in Consumer::of(subscription)? {
            consumer
                .ensure(&reader.link.client, &reader.link.stream)
                .await?;
            reader.feed(consumer, subscription).await?;
        }
        Ok(reader)
    }

    async fn feed(&self, consumer: Consumer, subscription: &Subscription) -> Result<()> {
        let feed = Feed::new(Arc::new(consumer), subscription.max_in_flight.get());
        let inbox = self.link.client.new_inbox();
        let messages = self
            .link
            .client
            .subscribe(inbox.clone())
            .await
            .map_err(|error| {
                Error::transient(ErrorKind::Unavailable, error.to_string()).during("subscribe")
            })?;
        let queue = Arc::clone(&self.queue);
        let ack_wait = subscription.ack_wait;
        self.link
            .start(|link| Pump::new(link, Arc::new(feed), queue, inbox, ack_wait).run(messages));
        Ok(())
    }

    /// Makes a delivery; what cannot be read is settled, so that it does not come again.
    async fn delivery(&mut self, feed: &Feed, message: Message) -> Result<Option<Delivery>> {
        let Some((reply, place)) = message
            .reply
            .and_then(|reply| Place::read(&reply).map(|place| (reply, place)))
        else {
            return Ok(None);
        };
        let handle = Handle {
            link: Arc::clone(&self.link),
            consumer: Arc::clone(&feed.consumer),
            reply,
            sequence: place.sequence,
            is_settled: false,
        };
        feed.consumer.delivered(place.sequence, place.delivery);
        match codec::decode(&message.payload) {
            Ok(event) => {
                let position = Position {
                    partition: feed.consumer.partition(),
                    sequence: place.sequence,
                };
                let meta = DeliveryMeta::new(place.attempt, place.arrived_at, position);
                Ok(Some(Delivery::new(Arc::new(event), meta, Box::new(handle))))
            }
            Err(error) => {
                self.link.note_poison();
                if let Some(suppressed) = self.poison.may_speak() {
                    let (subject, sequence) = (message.subject.as_str(), place.sequence);
                    tracing::warn!(subject, sequence, %error, suppressed, "message is no event: left out");
                }
                handle.refuse().await?;
                Ok(None)
            }
        }
    }
}

#[async_trait]
impl Deliveries for Reader {
    async fn next(&mut self, most: usize) -> Option<Result<Vec<Delivery>>> {
        loop {
            if self.link.is_closed() {
                return None;
            }
            let taken = self.queue.take(most);
            let mut deliveries = Vec::with_capacity(taken.len());
            for (feed, message) in taken {
                match self.delivery(&feed, message).await {
                    Ok(delivery) => deliveries.extend(delivery),
                    Err(error) if deliveries.is_empty() => return Some(Err(error)),
                    Err(_) => {}
                }
            }
            if !deliveries.is_empty() {
                return Some(Ok(deliveries));
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
        self.queue.stop.cancel();
    }
}

/// What a reply subject says of its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    attempt: u32,
    sequence: u64,
    /// Counts the deliveries of the consumer.
    delivery: u64,
    arrived_at: Timestamp,
}

impl Place {
    /// Reads `$JS.ACK.<stream>.<consumer>.<attempt>.<sequence>.<delivery>.<time>.<pending>`, which
    /// may have domain and account before the stream and more behind the end.
    fn read(reply: &str) -> Option<Self> {
        let count = reply.bytes().filter(|byte| *byte == b'.').count() + 1;
        let skipped = match count {
            9 => 4,
            11.. => 6,
            _ => return None,
        };
        let mut tokens = reply.split('.').skip(skipped);
        Some(Self {
            attempt: tokens.next()?.parse().ok()?,
            sequence: tokens.next()?.parse().ok()?,
            delivery: tokens.next()?.parse().ok()?,
            arrived_at: Timestamp::from_nanos(tokens.next()?.parse().ok()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reply_subjects_of_both_forms_are_read() {
        let place = Place {
            attempt: 2,
            sequence: 17,
            delivery: 19,
            arrived_at: Timestamp::from_nanos(1_700_000_000_000_000_001),
        };
        let rest = "default.group.2.17.19.1700000000000000001.5";
        assert_eq!(Place::read(&format!("$JS.ACK.{rest}")), Some(place));
        assert_eq!(
            Place::read(&format!("$JS.ACK.hub.account.{rest}")),
            Some(place)
        );
        assert_eq!(
            Place::read(&format!("$JS.ACK.hub.account.{rest}.token")),
            Some(place)
        );
        assert_eq!(Place::read("_INBOX.a.b"), None);
    }
}
