//! The thread of a subscription: reads records, keeps the wanted ones for the reader, and commits how far
//! the group is. What becomes of its partitions meanwhile is in `listener`.

use super::{
    desk::Record,
    failure::{explained, failure},
    group::{Consumers, Start, list_of},
    listener::{Listener, commit, commit_at_last, list},
    membership::Membership,
    reader::{Read, Shared},
    settled::Ranges,
    wanted::Wanted,
};
use crate::quiet::Quiet;
use argo_events_core::{Error, ErrorKind, Result, Timestamp, event::codec};
use rdkafka::{
    Message, TopicPartitionList,
    consumer::{BaseConsumer, CommitMode, Consumer},
    error::{KafkaError, KafkaResult},
    message::BorrowedMessage,
    types::RDKafkaErrorCode as Code,
};
use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::time::Instant;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// How long the thread waits for a record before it looks around.
const TICK: Duration = Duration::from_millis(100);
/// How many records are read before they are put on the desk.
const BATCH: usize = 128;
/// How often progress is committed.
const COMMIT_EVERY: Duration = Duration::from_millis(250);
/// How long the thread waits for room before it tells the brokers to send no more.
const CROWDED: Duration = Duration::from_millis(500);
/// How long deliveries in hand may still be settled when the reader left: a tenth of the ack wait, and
/// not longer than this.
const LEAVE: Duration = Duration::from_secs(2);
/// How long librdkafka may take to leave a group once it has no partitions any more, which it does not tell.
const GOODBYE: Duration = Duration::from_millis(50);
/// How long the thread waits before it tries to replace a client once more.
const RENEW_EVERY: Duration = Duration::from_secs(1);
/// How often a reader of all partitions looks for new ones.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// The thread of a subscription.
pub(super) struct Intake {
    pub(super) consumer: BaseConsumer<Listener>,
    pub(super) shared: Arc<Shared>,
    pub(super) topic: String,
    pub(super) wanted: Wanted,
    pub(super) membership: Membership,
    pub(super) quiet: Quiet,
    /// Partitions of which no more is read until something is settled in them.
    pub(super) held_back: BTreeSet<i32>,
    /// Held until the consumer is closed.
    pub(super) token: TaskTrackerToken,
}

impl Intake {
    /// Reads until the subscription ends. Blocks.
    pub(super) fn run(mut self) {
        self.enter();
        let mut committed = Instant::now();
        let mut looked = Instant::now();
        while !self.shared.desk().has_ended() {
            self.renew_if_failed();
            if committed.elapsed() >= COMMIT_EVERY {
                self.commit();
                self.hold_back();
                committed = Instant::now();
            }
            if self.membership.reads_all && looked.elapsed() >= LOOK_EVERY {
                self.look_for_partitions();
                looked = Instant::now();
            }
            if self.wait_for_room() {
                self.read();
            } else {
                self.pause_until_room();
            }
        }
        self.finish();
    }

    /// Becomes a member of the group, which is not done before: a client that is dropped unread would keep
    /// its place, since only [`Self::finish`] leaves.
    fn enter(&mut self) {
        if !(self.membership.reads_all || self.shared.desk().has_ended()) {
            let joined = self.join();
            self.insist(joined);
        }
    }

    /// Goes on with another client if this one has failed for good. Brokers refuse one whose place was taken;
    /// what is in hand comes again.
    fn renew_if_failed(&mut self) {
        let Some((code, reason)) = self.consumer.client().fatal_error() else {
            return;
        };
        let group = &self.shared.name;
        tracing::info!(group, %code, reason, "the client has failed, another one takes its place");
        if code == Code::FencedInstanceId {
            self.membership.was_taken(Instant::now());
        }
        if self.membership.reads_all {
            let message = "the client has failed for good";
            self.shared
                .fail(Error::transient(ErrorKind::Unavailable, message).during("next"));
            return self.shared.close();
        }
        let renewed = self.renew();
        self.insist(renewed);
    }

    /// Takes other clients until one joins: nobody else would.
    fn insist(&mut self, mut joined: Result<()>) {
        while let Err(error) = joined {
            if let Some(suppressed) = self.quiet.may_speak() {
                let group = &self.shared.name;
                tracing::warn!(group, %error, suppressed, "not in the group; tried again with another client");
            }
            std::thread::sleep(RENEW_EVERY);
            if self.shared.desk().has_ended() {
                return;
            }
            joined = self.renew();
        }
    }

    fn renew(&mut self) -> Result<()> {
        let (consumer, _) = self.membership.client(&self.shared)?;
        self.shared.put_on_desk();
        {
            let mut desk = self.shared.desk();
            let partitions = desk.partitions();
            desk.revoke(&partitions);
        }
        self.held_back.clear();
        // The old one lets its partitions go before the new one gets any.
        drop(std::mem::replace(&mut self.consumer, consumer));
        self.join()
    }

    fn join(&self) -> Result<()> {
        let joined = self.consumer.subscribe(&[&self.topic]);
        joined.map_err(|error| failure(error, "subscribe"))
    }

    /// Reads what is there, or waits a little.
    fn read(&self) {
        let mut wait = TICK;
        for _ in 0..BATCH {
            match self.consumer.poll(wait) {
                Some(Ok(message)) => self.take_in(&message),
                Some(Err(error)) => self.note(error),
                None => break,
            }
            wait = Duration::ZERO;
        }
        self.shared.put_on_desk();
    }

    fn take_in(&self, message: &BorrowedMessage<'_>) {
        let may_want = self.wanted.may_want(message.key());
        let record = may_want.then(|| self.decode(message)).flatten();
        let other = Read::Other {
            partition: message.partition(),
            offset: message.offset(),
        };
        self.shared.note(record.map_or(other, Read::Wanted));
    }

    /// Reads the event of a record; `None` if it is not wanted or is no event.
    fn decode(&self, message: &BorrowedMessage<'_>) -> Option<Record> {
        let payload = message.payload().unwrap_or_default();
        let (partition, offset) = (message.partition(), message.offset());
        let event = match codec::decode_copied(payload) {
            Ok(event) => event,
            Err(error) => {
                self.shared.undecodable.fetch_add(1, Ordering::Relaxed);
                if let Some(suppressed) = self.quiet.may_speak() {
                    let topic = &self.topic;
                    tracing::warn!(topic, partition, offset, %error, suppressed, "record is no event; passed over");
                }
                return None;
            }
        };
        self.wanted.wants(message.key(), &event).then(|| Record {
            partition,
            offset,
            arrived_at: Timestamp::from_millis(message.timestamp().to_millis().unwrap_or(0)),
            event: Arc::new(event),
            weight: payload.len() + 512,
        })
    }

    /// Tells readers of what only somebody else can put right; all else librdkafka repeats.
    fn note(&self, error: KafkaError) {
        match error.rdkafka_error_code() {
            Some(
                Code::TopicAuthorizationFailed
                | Code::GroupAuthorizationFailed
                | Code::UnknownTopicOrPartition
                | Code::UnknownTopic,
            ) => {
                let error = explained(error, "next", &self.consumer.context().watch);
                let error = Error::transient(error.kind(), error.message())
                    .during("next")
                    .with("topic", &self.topic);
                self.shared.fail(error);
                std::thread::sleep(TICK);
            }
            Some(Code::PollExceeded) => {
                tracing::warn!(
                    group = self.shared.name,
                    "left the group for being too slow"
                );
            }
            _ => tracing::debug!(group = self.shared.name, %error, "kafka"),
        }
    }

    fn commit(&self) {
        let was_lost = self
            .consumer
            .context()
            .was_lost
            .swap(false, Ordering::Relaxed);
        let mut desk = self.shared.desk();
        if was_lost {
            desk.progress_was_lost();
        }
        let progress = desk.take_progress();
        drop(desk);
        if let Err(error) = commit(&self.consumer, &self.topic, &progress, CommitMode::Async) {
            tracing::debug!(group = self.shared.name, %error, "progress not committed");
            self.shared.desk().progress_was_lost();
        }
    }

    /// Waits a while for room; tells whether there is any.
    fn wait_for_room(&self) -> bool {
        let deadline = Instant::now() + CROWDED;
        let mut desk = self.shared.desk();
        while !desk.has_room() && !desk.has_ended() {
            let now = Instant::now();
            if now >= deadline {
                return false;
            }
            desk = self.shared.wait(desk, deadline - now);
        }
        true
    }

    /// Keeps the place in the group while the reader has enough to do.
    fn pause_until_room(&self) {
        let mut is_paused = false;
        while !(self.shared.desk().has_room() || self.shared.desk().has_ended()) {
            if !is_paused {
                self.switch(|consumer, list| consumer.pause(list));
                is_paused = true;
            }
            match self.consumer.poll(TICK) {
                // Of a partition that came meanwhile.
                Some(Ok(message)) => {
                    self.take_in(&message);
                    self.shared.put_on_desk();
                    is_paused = false;
                }
                Some(Err(error)) => self.note(error),
                None => {}
            }
            self.commit();
        }
        self.read_on();
    }

    /// Reads all partitions again but those that are held back.
    fn read_on(&self) {
        let held_back = list_of(&self.topic, self.held_back.iter().copied());
        self.switch(|consumer, all| {
            consumer.resume(all)?;
            consumer.pause(&held_back)
        });
    }

    fn switch(
        &self,
        switch: impl FnOnce(&BaseConsumer<Listener>, &TopicPartitionList) -> KafkaResult<()>,
    ) {
        let assignment = self.consumer.assignment();
        if let Err(error) = assignment.and_then(|list| switch(&self.consumer, &list)) {
            tracing::warn!(group = self.shared.name, %error, "kafka: not paused or resumed");
        }
    }

    /// Reads no more of partitions in which one event holds up too many, and of all others again.
    fn hold_back(&mut self) {
        let stretched = self.shared.desk().stretched();
        if stretched == self.held_back {
            return;
        }
        tracing::info!(
            group = self.shared.name,
            ?stretched,
            "only these partitions wait until their oldest event is settled"
        );
        self.held_back = stretched;
        self.read_on();
    }

    /// Takes over partitions that were added to the topic, from their beginning.
    fn look_for_partitions(&self) {
        let known: BTreeSet<_> = self.shared.desk().partitions().into_iter().collect();
        let Ok(count) = Consumers(&self.consumer).partitions(&self.topic) else {
            // Asked again in a while; however late, a partition is read from its beginning.
            return;
        };
        let added: Vec<_> = (0..count)
            .filter(|partition| !known.contains(partition))
            .map(Start::at_beginning)
            .collect();
        if added.is_empty() {
            return;
        }
        let assigned =
            list(&self.topic, &added).and_then(|list| self.consumer.incremental_assign(&list));
        match assigned {
            // Only now: what the desk knows is not looked for again.
            Ok(()) => {
                for start in &added {
                    self.shared
                        .desk()
                        .assign(start.partition, Ranges::default());
                }
            }
            Err(error) => self.shared.fail(failure(error, "assign")),
        }
    }

    /// Gives the place in the group up: under a name a client that only ends would keep it.
    fn leave(&self) {
        if self.membership.reads_all {
            return;
        }
        self.consumer.unsubscribe();
        let deadline = Instant::now() + LEAVE;
        let has_partitions = || self.consumer.assignment().is_ok_and(|it| it.count() > 0);
        while has_partitions() && Instant::now() < deadline {
            // What comes is not settled, and so comes again elsewhere.
            drop(self.consumer.poll(GOODBYE));
        }
        drop(self.consumer.poll(GOODBYE));
    }

    /// Waits a while for deliveries in hand, then commits and leaves.
    fn finish(self) {
        let partitions = self.shared.desk().partitions();
        let grace = (self.consumer.context().ack_wait / 10).min(LEAVE);
        self.shared.wait_for_settlements(&partitions, grace);
        let progress = {
            let mut desk = self.shared.desk();
            // Who waited has: the rebalance that leaving brings shall not wait again.
            desk.close();
            desk.progress_was_lost();
            desk.take_progress()
        };
        if let Err(error) = commit_at_last(&self.consumer, &self.topic, &progress) {
            tracing::warn!(group = self.shared.name, %error, "progress not committed; some events come again");
        }
        self.leave();
        let Self {
            consumer, token, ..
        } = self;
        // Leaves the group, which may take a round trip.
        drop(consumer);
        drop(token);
    }
}
