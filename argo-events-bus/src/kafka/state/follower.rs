//! Reads the state's topic from its beginning and then as it grows, on a thread.

use super::{
    ends::Ends,
    record::Wish,
    table::{Place, Table, Verdict},
};
use crate::kafka::{
    failure::{closed, failure, gone},
    lock,
    publisher::{Answered, Outgoing, Publisher},
    settings::Settings,
    topic,
    watch::Watch,
};
use argo_events_core::{Error, ErrorKind, Result};
use bytes::Bytes;
use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
    message::BorrowedMessage,
};
use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{oneshot, watch},
    task::spawn_blocking,
    time::{Instant, sleep, timeout},
};
use tokio_util::task::task_tracker::TaskTrackerToken;

/// How long a broker is given to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// For how long a partition may have no leader, and how soon to ask again.
const LEADERLESS: Duration = Duration::from_secs(5);
const LEADERLESS_PAUSE: Duration = Duration::from_millis(100);
/// How long a record may take to be read back, beyond what publishing may.
const READ_BACK: Duration = Duration::from_secs(60);
const TICK: Duration = Duration::from_millis(100);
/// For how long a key may be shadowed before everybody puts it right, not only who shadowed it.
const REPAIR_AFTER: Duration = Duration::from_secs(5);

/// What is stored, as far as the log was read, and who waits for a verdict.
#[derive(Debug)]
pub(in crate::kafka) struct Follower {
    settings: Arc<Settings>,
    publisher: Publisher,
    table: Mutex<Table>,
    waiting: Mutex<HashMap<u64, Waiting>>,
    nonce: AtomicU64,
    ends: Ends,
    /// The offset up to which the log was read.
    read: watch::Sender<i64>,
    closed: AtomicBool,
}

/// A writer that waits until its record is read back.
#[derive(Debug)]
struct Waiting {
    judged: oneshot::Sender<Verdict>,
    /// What it wrote, which need not be copied once more.
    value: Bytes,
}

impl Waiting {
    /// Returns what it wrote, if a record has as much.
    fn value_of(&self, payload: &[u8]) -> Option<Bytes> {
        (self.value.len() == payload.len()).then(|| self.value.clone())
    }
}

/// Begins to follow the state's topic; resolves once all of it was read.
pub(in crate::kafka) async fn follow(
    settings: &Arc<Settings>,
    token: TaskTrackerToken,
) -> Result<Arc<Follower>> {
    topic::ensure_state(settings).await?;
    let follower = Arc::new(Follower {
        settings: Arc::clone(settings),
        publisher: Publisher::of_state(settings)?,
        table: Mutex::default(),
        waiting: Mutex::default(),
        nonce: AtomicU64::new(RandomState::new().hash_one(0_u8)),
        ends: Ends::default(),
        read: watch::Sender::new(0),
        closed: AtomicBool::new(false),
    });
    // Whatever ends this early ends the thread too.
    let mut guard = Abandoned(Some(Arc::clone(&follower)));
    let end = follower.end().await?;
    let thread = Arc::clone(&follower);
    let spawned = std::thread::Builder::new()
        .name("kafka-state".to_owned())
        .spawn(move || {
            thread.run(end);
            drop(token);
        });
    spawned.map_err(|error| {
        Error::transient(ErrorKind::Unavailable, "no thread for the state").caused_by(error)
    })?;
    follower.until(end).await?;
    follower.repair_shadowed();
    guard.0 = None;
    Ok(follower)
}

/// Closes a follower that nobody will get.
struct Abandoned(Option<Arc<Follower>>);

impl Drop for Abandoned {
    fn drop(&mut self) {
        if let Some(follower) = &self.0 {
            follower.close();
        }
    }
}

impl Follower {
    /// Locks what is stored.
    pub(super) fn table(&self) -> std::sync::MutexGuard<'_, Table> {
        lock(&self.table)
    }

    /// Ends the thread; writes that wait fail.
    pub(in crate::kafka) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        lock(&self.waiting).clear();
    }

    /// Tells whether it was closed.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Tells whether a record that is sent now might wait for a broker.
    pub(super) fn may_wait(&self) -> bool {
        self.publisher.is_troubled()
    }

    /// Waits until everything was read that is on the log by now.
    pub(super) async fn catch_up(self: &Arc<Self>) -> Result<()> {
        let end = self.ends.ask(|| self.end()).await?;
        self.until(end).await
    }

    /// Returns where the log ends; asks again for a while when brokers refuse, since a partition has no
    /// leader for a moment when its broker dies.
    async fn end(self: &Arc<Self>) -> Result<i64> {
        let begun = Instant::now();
        loop {
            let asked = self.ask_for_end().await;
            let is_late = begun.elapsed() > LEADERLESS || self.is_closed();
            match asked {
                Err(error) if error.is_transient() && !is_late => sleep(LEADERLESS_PAUSE).await,
                asked => return asked,
            }
        }
    }

    async fn ask_for_end(self: &Arc<Self>) -> Result<i64> {
        let asking = Arc::clone(self);
        let asked = spawn_blocking(move || {
            let topic = &asking.settings.state_topic;
            let question =
                |client: &rdkafka::client::Client<_>| client.fetch_watermarks(topic, 0, PATIENCE);
            asking.publisher.ask(question, "get")
        });
        let (low, high) = asked.await.map_err(|_| gone("get"))??;
        // Nothing is there to be read up to the end of an empty log.
        if low == high {
            self.note_read(high);
        }
        Ok(high)
    }

    async fn until(&self, end: i64) -> Result<()> {
        let mut read = self.read.subscribe();
        let reached = timeout(
            READ_BACK,
            read.wait_for(|read| *read >= end || self.is_closed()),
        )
        .await;
        match reached {
            Ok(Ok(_)) if !self.is_closed() => Ok(()),
            Ok(_) => Err(closed("get")),
            Err(_) => {
                let message = "the state's topic could not be read in time";
                Err(Error::transient(ErrorKind::Timeout, message)
                    .during("get")
                    .with("topic", &self.settings.state_topic))
            }
        }
    }

    fn note_read(&self, offset: i64) {
        self.read.send_if_modified(|read| {
            let is_more = *read < offset;
            *read = offset.max(*read);
            is_more
        });
    }

    /// Puts a record on the log and waits for its verdict.
    pub(super) async fn propose(
        &self,
        place: &Place,
        wish: &Wish,
        value: Bytes,
    ) -> Result<Verdict> {
        let nonce = self.nonce.fetch_add(1, Ordering::Relaxed);
        let (judged, verdict) = oneshot::channel();
        let waiting = Waiting {
            judged,
            value: value.clone(),
        };
        lock(&self.waiting).insert(nonce, waiting);
        let forget = Forget(self, nonce);
        if self.is_closed() {
            return Err(closed("put"));
        }
        let published = self.send(place, wish, &value, nonce)?;
        published.await.map_err(|_| gone("put"))??;
        let judged = timeout(READ_BACK, verdict).await;
        drop(forget);
        match judged {
            Ok(verdict) => verdict.map_err(|_| closed("put")),
            Err(_) => {
                let message = "the state's topic could not be read back in time";
                Err(Error::transient(ErrorKind::Timeout, message).during("put"))
            }
        }
    }

    fn send(&self, place: &Place, wish: &Wish, value: &[u8], nonce: u64) -> Result<Answered> {
        self.publisher.send(Outgoing {
            topic: &self.settings.state_topic,
            partition: Some(0),
            key: name(place).as_bytes(),
            value: (!wish.is_tombstone()).then_some(value),
            headers: Some(wish.headers(nonce)),
        })
    }

    /// Says again what is stored under keys whose last record lost, without waiting.
    fn repair_shadowed(&self) {
        let places: Vec<_> = self.table().shadowed().cloned().collect();
        for place in places {
            let Some((wish, value)) = self.restatement(&place) else {
                continue;
            };
            let nonce = self.nonce.fetch_add(1, Ordering::Relaxed);
            if let Err(error) = self.send(&place, &wish, &value, nonce) {
                tracing::debug!(%error, "state not repaired yet");
            }
        }
    }

    /// Returns what puts a shadowed key right; `None` if it is not shadowed.
    pub(super) fn restatement(&self, place: &Place) -> Option<(Wish, Bytes)> {
        let table = self.table();
        let cell = table.cell(place).filter(|cell| !cell.losers.is_empty())?;
        let wish = Wish::Restate {
            version: cell.version,
            is_absent: cell.value.is_none(),
            losers: cell.losers.clone(),
        };
        Some((wish, cell.value.clone().unwrap_or_default()))
    }

    /// Reads the log until the bus is closed. Blocks.
    fn run(&self, end: i64) {
        while !self.is_closed() {
            let read = self
                .consumer()
                .map(|consumer| self.read_from(&consumer, end));
            if let Err(error) = read {
                tracing::warn!(%error, "the state's topic cannot be read; tried again");
                std::thread::sleep(TICK * 10);
            }
        }
        // Whoever waits learns that nothing more comes.
        self.read.send_modify(|_| {});
        lock(&self.waiting).clear();
    }

    fn consumer(&self) -> Result<BaseConsumer<Watch>> {
        let topic = &self.settings.state_topic;
        // librdkafka wants a group; it is never joined, and nothing is committed: reading begins anew
        // each time.
        let mut config = self.settings.consumer(topic);
        config.set("enable.partition.eof", "true");
        let consumer: BaseConsumer<Watch> = config
            .create_with_context(Watch::default())
            .map_err(|error| failure(error, "state"))?;
        let mut list = TopicPartitionList::new();
        let next = Offset::Offset(*self.read.borrow());
        let assigned = list
            .add_partition_offset(topic, 0, next)
            .and_then(|()| consumer.assign(&list));
        assigned.map_err(|error| failure(error, "state"))?;
        Ok(consumer)
    }

    fn read_from(&self, consumer: &BaseConsumer<Watch>, end: i64) {
        let mut looked = Instant::now();
        while !self.is_closed() {
            match consumer.poll(TICK) {
                Some(Ok(message)) => self.take_in(&message),
                // The first records may be missing, the last may be too; the end as it was asked for
                // before reading began is behind us now.
                Some(Err(KafkaError::PartitionEOF(_))) => self.note_read(end),
                Some(Err(error)) => tracing::debug!(%error, "kafka"),
                None => {}
            }
            if looked.elapsed() >= REPAIR_AFTER {
                self.repair_shadowed();
                looked = Instant::now();
            }
        }
    }

    fn take_in(&self, message: &BorrowedMessage<'_>) {
        let offset = message.offset();
        if offset + 1 < *self.read.borrow() {
            tracing::warn!("the state's topic began anew");
            *self.table() = Table::default();
            self.read.send_modify(|read| *read = 0);
        }
        let place = message.key().and_then(place);
        let wish = message.headers().and_then(Wish::read);
        if let (Some(place), Some((nonce, wish))) = (place, wish) {
            let payload = message.payload().unwrap_or_default();
            let waiting = lock(&self.waiting).remove(&nonce);
            let written = waiting.as_ref().and_then(|it| it.value_of(payload));
            let value = written.unwrap_or_else(|| Bytes::copy_from_slice(payload));
            let at = message.timestamp().to_millis().unwrap_or(0);
            let verdict = self.table().apply(place, offset, at, wish, Some(value));
            if let Some(waiting) = waiting {
                // Whoever wrote may have lost interest.
                let _ = waiting.judged.send(verdict);
            }
        }
        self.note_read(offset + 1);
    }
}

/// Stops waiting for a verdict.
struct Forget<'a>(&'a Follower, u64);

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        lock(&self.0.waiting).remove(&self.1);
    }
}

/// Returns the key of a record; keys have no NUL, so scope and key can be told apart.
fn name((scope, key): &Place) -> String {
    format!("{scope}\0{key}")
}

fn place(name: &[u8]) -> Option<Place> {
    let (scope, key) = std::str::from_utf8(name).ok()?.rsplit_once('\0')?;
    Some((scope.to_owned(), key.to_owned()))
}
