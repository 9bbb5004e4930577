//! Puts records on topics: many at a time, each answered for when all in-sync replicas have it.
//!
//! The producer is idempotent, so that what librdkafka repeats is stored once. If it ever fails for
//! good, another one takes its place.

use super::{
    failure::{failure, gone},
    lock,
    placement::Placement,
    settings::Settings,
    watch::Watch,
};
use argo_events_core::{Error, ErrorKind, Result};
use rdkafka::{
    ClientConfig, ClientContext,
    client::Client,
    config::RDKafkaLogLevel,
    error::KafkaError,
    message::{DeliveryResult, Message, OwnedHeaders},
    producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer},
    types::RDKafkaErrorCode as Code,
};
use std::{
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

/// Where a record lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) partition: i32,
    pub(super) offset: i64,
}

/// One record to be published.
#[derive(Debug, Default)]
pub(super) struct Outgoing<'a> {
    pub(super) topic: &'a str,
    /// The partition, where the placement has no choice.
    pub(super) partition: Option<i32>,
    pub(super) key: &'a [u8],
    /// The value; without one, compaction forgets the key.
    pub(super) value: Option<&'a [u8]>,
    pub(super) headers: Option<OwnedHeaders>,
}

type Answer = oneshot::Sender<Result<Placed>>;

/// What resolves once a record is stored, or is not.
pub(super) type Answered = oneshot::Receiver<Result<Placed>>;

/// Publishes records of one bus.
#[derive(Debug)]
pub(super) struct Publisher {
    settings: Arc<Settings>,
    options: Options,
    room: Semaphore,
    current: Mutex<Arc<Line>>,
}

/// Makes the options of a producer.
type Options = fn(&Settings) -> ClientConfig;

/// One producer of librdkafka with its thread.
struct Line(Option<ThreadedProducer<Listener, Placement>>);

impl std::fmt::Debug for Line {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Line")
    }
}

/// Hears what becomes of records.
pub(super) struct Listener {
    watch: Watch,
    placement: Placement,
}

impl ClientContext for Listener {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.watch.log(level, facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.watch.error(error, reason);
    }
}

impl ProducerContext<Placement> for Listener {
    type DeliveryOpaque = Box<Answer>;

    fn delivery(&self, result: &DeliveryResult<'_>, answer: Self::DeliveryOpaque) {
        let outcome = match result {
            Ok(message) => Ok(Placed {
                partition: message.partition(),
                offset: message.offset(),
            }),
            Err((error, _)) => Err(self.refused(error.clone())),
        };
        // Whoever published may have lost interest.
        let _ = answer.send(outcome);
    }

    fn get_custom_partitioner(&self) -> Option<&Placement> {
        Some(&self.placement)
    }
}

impl Listener {
    /// Says why a record was not stored; if it only took too long, why that may be.
    fn refused(&self, error: KafkaError) -> Error {
        let timed_out = error.rdkafka_error_code() == Some(Code::MessageTimedOut);
        match self.watch.trouble().filter(|_| timed_out) {
            Some(trouble) => Error::transient(trouble.kind, trouble.reason).during("publish"),
            None => may_pass(failure(error, "publish")),
        }
    }
}

/// Makes an error of rights transient: an event must not be lost because they were wrong for a while.
fn may_pass(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Unauthorized => {
            Error::transient(error.kind(), error.message()).during("publish")
        }
        _ => error,
    }
}

impl Line {
    fn new(settings: &Settings, options: Options) -> Result<Self> {
        let seed = RandomState::new().hash_one(0_u8);
        let listener = Listener {
            watch: Watch::default(),
            placement: Placement::new(settings.partitioning, seed),
        };
        let producer = options(settings).create_with_context(listener);
        producer
            .map(|producer| Self(Some(producer)))
            .map_err(|error| failure(error, "open"))
    }

    fn producer(&self) -> &ThreadedProducer<Listener, Placement> {
        self.0.as_ref().expect("is there until the line is dropped")
    }
}

impl Drop for Line {
    /// Ends the producer on a thread of its own: that blocks.
    fn drop(&mut self) {
        if let Some(producer) = self.0.take() {
            let ended = std::thread::Builder::new()
                .name("kafka-end".to_owned())
                .spawn(move || drop(producer));
            // Without a thread the closure, and the producer with it, was dropped here.
            drop(ended);
        }
    }
}

impl Publisher {
    /// The most bytes of records that wait for an answer.
    const MOST_WAITING: usize = 32 * 1024 * 1024;
    /// What a record takes beside its bytes, about.
    const OVERHEAD: usize = 256;

    /// Makes a publisher of events; it connects on its own time.
    pub(super) fn new(settings: &Arc<Settings>) -> Result<Self> {
        Self::with(settings, Settings::producer)
    }

    /// Makes a publisher of state, as [`Self::new`].
    pub(super) fn of_state(settings: &Arc<Settings>) -> Result<Self> {
        Self::with(settings, Settings::state_producer)
    }

    fn with(settings: &Arc<Settings>, options: Options) -> Result<Self> {
        Ok(Self {
            settings: Arc::clone(settings),
            options,
            room: Semaphore::new(Self::MOST_WAITING),
            current: Mutex::new(Arc::new(Line::new(settings, options)?)),
        })
    }

    /// Publishes a record and waits until it is stored.
    pub(super) async fn publish(&self, outgoing: Outgoing<'_>) -> Result<Placed> {
        let _room = self.room_for(&outgoing).await?;
        let answered = self.send(outgoing)?;
        answered.await.map_err(|_| gone("publish"))?
    }

    async fn room_for(&self, outgoing: &Outgoing<'_>) -> Result<SemaphorePermit<'_>> {
        let bytes = outgoing.value.map_or(0, <[u8]>::len) + outgoing.key.len() + Self::OVERHEAD;
        let weight = u32::try_from(bytes.min(Self::MOST_WAITING)).unwrap_or(u32::MAX);
        let room = self.room.acquire_many(weight).await;
        room.map_err(|_| gone("publish"))
    }

    /// Hands a record to librdkafka, which never blocks; callers see to it that not too many wait.
    pub(super) fn send(&self, outgoing: Outgoing<'_>) -> Result<Answered> {
        let (answer, answered) = oneshot::channel();
        let mut record =
            BaseRecord::with_opaque_to(outgoing.topic, Box::new(answer)).key(outgoing.key);
        record.partition = outgoing.partition;
        record.payload = outgoing.value;
        record.headers = outgoing.headers;
        let line = Arc::clone(&lock(&self.current));
        match line.producer().send(record) {
            Ok(()) => Ok(answered),
            Err((error, _)) => {
                self.replace_if_fatal(&line);
                Err(failure(error, "publish").with("topic", outgoing.topic))
            }
        }
    }

    /// Makes another producer if this one will never publish again; what it still holds has failed.
    fn replace_if_fatal(&self, failed: &Arc<Line>) {
        let Some((code, reason)) = failed.producer().client().fatal_error() else {
            return;
        };
        let mut current = lock(&self.current);
        if !Arc::ptr_eq(&current, failed) {
            return;
        }
        tracing::warn!(%code, reason, "kafka producer failed; another one takes its place");
        match Line::new(&self.settings, self.options) {
            Ok(line) => *current = Arc::new(line),
            Err(error) => tracing::error!(%error, "no kafka producer"),
        }
    }

    /// Tells whether the client has noticed lately that brokers are out of reach: then what is sent may wait for
    /// them, and be stored when nobody wants it any more. Of one that hangs it notices when a request times out.
    pub(super) fn is_troubled(&self) -> bool {
        let line = Arc::clone(&lock(&self.current));
        line.producer().context().watch.is_troubled()
    }

    /// Asks something of the brokers. Blocks.
    pub(super) fn ask<T>(
        &self,
        question: impl FnOnce(&Client<Listener>) -> Result<T, KafkaError>,
        operation: &'static str,
    ) -> Result<T> {
        let line = Arc::clone(&lock(&self.current));
        question(line.producer().client()).map_err(|error| {
            super::failure::explained(error, operation, &line.producer().context().watch)
        })
    }

    /// Waits until everything sent is answered for. Blocks.
    pub(super) fn flush(&self, patience: Duration) -> Result<()> {
        let line = Arc::clone(&lock(&self.current));
        line.producer()
            .flush(patience)
            .map_err(|error| match error {
                KafkaError::Flush(Code::OperationTimedOut) => {
                    let message = "events are left that no broker has taken";
                    Error::transient(ErrorKind::Timeout, message).during("close")
                }
                error => failure(error, "close"),
            })
    }
}
