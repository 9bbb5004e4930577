//! Durable consumers: found, made, moved to other subjects, and made anew where they were.
//!
//! A group has one consumer of its own. It begins at a sequence that is written into its
//! configuration, so that anybody can read later what its first event is; `strict` says what is
//! different for a group that is read in strict order. Consumers that have names of their own are
//! made as the reference makes them, and used as they are.

mod config;
mod strict;

pub(super) use config::{create, delete, filters, first, group_of, info, is_leaving, leaving};

use super::{
    STREAM,
    api::{ConsumerInfo, Refusal, StreamInfo, code},
    floor::Floor,
    link::Link,
    lock, names,
    stream::identity,
};
use argo_events_core::{
    NamedConsumer, Result, Subscription,
    bus::{Order, StartAt},
};
use config::{Own, named};
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

/// How often a consumer is looked for while others make or delete it.
const ATTEMPTS: usize = 5;
/// How many times what a reader may have in flight a consumer lets go. Readers keep to their own limit;
/// the rest is for replicas, and for what was lost with a connection and counts until its ack wait is over.
const SPARE: usize = 16;
/// Lets a consumer go as far ahead as its reader asks.
const NO_LIMIT: i64 = -1;
/// Stands for no subject at all; without one a consumer reads everything.
const NOTHING: &str = "=";

/// A consumer, and how far it is.
#[derive(Debug)]
pub(super) struct Consumer {
    /// Its name, which changes with each making if it is read in strict order.
    name: Mutex<Arc<str>>,
    kind: Kind,
    floor: Mutex<Floor>,
    /// Which stream it reads; 0 before it was found.
    partition: AtomicU32,
}

/// Whose consumer it is.
#[derive(Debug)]
enum Kind {
    /// A group's own.
    Own { own: Own, start: StartAt },
    /// Of a group that is read in strict order.
    Strict(strict::Strict),
    /// One with a name of its own.
    Named { subject: String },
}

impl Consumer {
    /// Describes the consumers of a subscription; nothing is asked of the server yet.
    pub(super) fn of(subscription: &Subscription) -> Result<Vec<Self>> {
        if !subscription.through.is_empty() {
            return subscription.through.iter().map(Self::named).collect();
        }
        let mut subjects = names::subjects(&subscription.subjects)?;
        if subjects.is_empty() {
            subjects.push(format!("{STREAM}.{NOTHING}.{NOTHING}"));
        }
        let (name, start) = (names::consumer(&subscription.group), subscription.start);
        let in_flight = subscription.max_in_flight.get();
        let own = Own {
            group: subscription.group.clone(),
            subjects,
            ack_wait: subscription.ack_wait,
            max_ack_pending: match subscription.order {
                Order::Loose => i64::try_from(in_flight.saturating_mul(SPARE)).unwrap_or(NO_LIMIT),
                // One that is held for long holds up what the server hears of, but no others.
                Order::Strict { .. } => NO_LIMIT,
            },
            acks_all: matches!(subscription.order, Order::Strict { .. }),
        };
        let kind = match &subscription.order {
            Order::Loose => Kind::Own { own, start },
            Order::Strict { behind } => Kind::Strict(strict::Strict::new(
                name.clone(),
                own,
                start,
                behind.clone(),
            )),
        };
        Ok(vec![Self::new(&name, kind)])
    }

    fn named(named: &NamedConsumer) -> Result<Self> {
        let subject = names::subject(&named.subject.source, &named.subject.event)?;
        Ok(Self::new(&named.name, Kind::Named { subject }))
    }

    /// Describes a consumer that has a name of its own and exists.
    pub(super) fn known(consumer: &NamedConsumer, partition: u32) -> Result<Self> {
        let known = Self::named(consumer)?;
        known.partition.store(partition, Relaxed);
        Ok(known)
    }

    fn new(name: &str, kind: Kind) -> Self {
        let floor = Mutex::default();
        let (name, partition) = (Mutex::new(name.into()), AtomicU32::new(0));
        Self {
            name,
            kind,
            floor,
            partition,
        }
    }

    /// Returns its name.
    pub(super) fn name(&self) -> Arc<str> {
        Arc::clone(&lock(&self.name))
    }

    /// Returns the partition of what it delivers.
    pub(super) fn partition(&self) -> u32 {
        self.partition.load(Relaxed)
    }

    /// Notes a delivery.
    pub(super) fn delivered(&self, stream: u64, consumer: u64) {
        lock(&self.floor).deliver(stream, consumer);
    }

    /// Notes a settlement after which the event does not come again.
    pub(super) fn settled(&self, stream: u64) {
        lock(&self.floor).settle(stream);
    }

    /// Asks the server how far it is, where that is not known here.
    pub(super) async fn refresh(&self, link: &Link) {
        if lock(&self.floor).is_vague()
            && let Ok(found) = info(&link.client, &self.name()).await
        {
            lock(&self.floor).state(&found);
        }
    }

    /// Finds the consumer, or makes it: where it was if it was known, else where it begins.
    ///
    /// # Errors
    /// `Conflict`, permanent, if another reader has replaced this one.
    pub(super) async fn ensure(&self, link: &Arc<Link>) -> Result<()> {
        let stream = link.stream.ensure(&link.client).await?;
        if let Kind::Strict(strict) = &self.kind {
            return self.ensure_strict(link, &stream, strict).await;
        }
        let mut refused = Refusal::Silent;
        for _ in 0..ATTEMPTS {
            match self.try_ensure(link, &stream).await {
                Ok(info) => {
                    self.partition.store(identity(&stream.created), Relaxed);
                    lock(&self.floor).state(&info);
                    return Ok(());
                }
                Err(refusal) if is_race(&refusal) => refused = refusal,
                Err(refusal) => return Err(self.error(refusal)),
            }
        }
        Err(self.error(refused))
    }

    fn error(&self, refusal: Refusal) -> argo_events_core::Error {
        refusal
            .during("find the consumer")
            .with("consumer", self.name())
    }

    async fn try_ensure(&self, link: &Link, stream: &StreamInfo) -> Result<ConsumerInfo, Refusal> {
        match info(&link.client, &self.name()).await {
            Ok(found) => self.adapt(link, found).await,
            Err(refusal) if refusal.is(&[code::CONSUMER_NOT_FOUND]) => {
                self.make(link, stream).await
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// Moves a consumer that exists to what is wanted now, without moving its position.
    async fn adapt(&self, link: &Link, found: ConsumerInfo) -> Result<ConsumerInfo, Refusal> {
        let name = self.name();
        match &self.kind {
            Kind::Own { own, .. } => {
                let config = own.adapted(&found.config);
                if config == found.config {
                    return Ok(found);
                }
                tracing::info!(
                    consumer = &*name,
                    "consumer changed to other subjects or limits"
                );
                create(&link.client, &name, "", &config, "update").await
            }
            Kind::Named { subject }
                if filters(&found.config) != BTreeSet::from([subject.as_str()]) =>
            {
                let (settled, old) = (found.ack_floor.stream_seq, filters(&found.config));
                tracing::warn!(
                    consumer = &*name,
                    ?old,
                    new = subject,
                    settled,
                    "consumer reads another subject: made anew behind what it settled"
                );
                delete(&link.client, &name).await?;
                let config = named(&name, subject, Some(settled + 1));
                create(&link.client, &name, subject, &config, "").await
            }
            Kind::Named { .. } | Kind::Strict(_) => Ok(found),
        }
    }

    /// Returns up to where the consumer had settled everything, if it was known before.
    fn known_floor(&self, stream: &StreamInfo) -> Option<u64> {
        let known = self.partition();
        if known == 0 {
            return None;
        }
        // On a stream made anew everything is unread.
        let is_same = known == identity(&stream.created);
        let settled = if is_same {
            lock(&self.floor).settled()
        } else {
            0
        };
        tracing::warn!(
            consumer = &*self.name(),
            settled,
            is_same,
            "consumer was gone: made anew"
        );
        Some(settled)
    }

    async fn make(&self, link: &Link, stream: &StreamInfo) -> Result<ConsumerInfo, Refusal> {
        let (name, known) = (self.name(), self.known_floor(stream));
        match &self.kind {
            Kind::Own { own, start } => {
                let first = known.is_some().then(|| lock(&self.floor).first()).flatten();
                let settled = known.unwrap_or_else(|| begin(*start, stream));
                lock(&self.floor).reset(settled);
                let config = own.config_behind(&name, settled, first);
                create(&link.client, &name, "", &config, "create").await
            }
            Kind::Named { subject } => {
                lock(&self.floor).reset(known.unwrap_or(stream.state.last_seq));
                let config = named(&name, subject, known.map(|settled| settled + 1));
                create(&link.client, &name, subject, &config, "").await
            }
            Kind::Strict(_) => Err(Refusal::Silent),
        }
    }
}

/// Returns behind which sequence a new group begins.
fn begin(start: StartAt, stream: &StreamInfo) -> u64 {
    match start {
        StartAt::After(position) if position.partition == identity(&stream.created) => {
            position.sequence
        }
        StartAt::Oldest | StartAt::After(_) => 0,
        _ => stream.state.last_seq,
    }
}

/// Tells whether somebody else made or deleted the consumer meanwhile.
fn is_race(refusal: &Refusal) -> bool {
    refusal.is(&[
        code::CONSUMER_NOT_FOUND,
        code::CONSUMER_IN_USE,
        code::CONSUMER_EXISTS,
        code::CONSUMER_ALREADY_EXISTS,
    ])
}
