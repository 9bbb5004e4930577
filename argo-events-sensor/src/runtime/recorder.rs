//! Stores a shard's records, one after the other, while its lane goes on.
//!
//! One record is under way at a time, so that a log has no holes. What a record means, and what waits
//! until it is stored, is the business of `shard.rs`; where it is stored, of `checkpoint.rs`.

use super::checkpoint::CheckpointLog;
use argo_events_core::{Error, ErrorKind, Result};
use futures::{
    FutureExt as _,
    future::{BoxFuture, ready},
};
use std::{fmt, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// Pause between attempts to store a record while the store fails.
const PAUSE: Duration = Duration::from_secs(1);

/// The writing end of a shard's log.
pub(crate) struct Recorder {
    sensor: Arc<str>,
    stop: CancellationToken,
    /// `None` while a record is under way.
    log: Option<CheckpointLog>,
    /// `None` while no record is.
    under_way: Option<BoxFuture<'static, Result<Stored>>>,
    /// Memory of the last record, for the next one.
    spare: Vec<u8>,
}

/// What is left when a record is stored.
struct Stored {
    log: CheckpointLog,
    record: Vec<u8>,
}

impl Recorder {
    pub(crate) fn new(log: CheckpointLog, sensor: Arc<str>, stop: CancellationToken) -> Self {
        Self {
            sensor,
            stop,
            log: Some(log),
            under_way: None,
            spare: Vec::new(),
        }
    }

    /// Tells whether no record is under way.
    pub(crate) fn is_idle(&self) -> bool {
        self.under_way.is_none()
    }

    /// Tells whether the next record should say everything, and replace all before it.
    pub(crate) fn wants_snapshot(&self) -> bool {
        self.log.as_ref().is_some_and(CheckpointLog::wants_snapshot)
    }

    /// Returns memory for a record, which is empty.
    pub(crate) fn blank(&mut self) -> Vec<u8> {
        let mut record = std::mem::take(&mut self.spare);
        record.clear();
        record
    }

    /// Takes memory back that is not needed.
    pub(crate) fn keep(&mut self, record: Vec<u8>) {
        self.spare = record;
    }

    /// Sends a record on its way; [`Self::stored`] tells when it counts. To be called when idle.
    pub(crate) fn begin(&mut self, record: Vec<u8>, is_snapshot: bool) {
        let Some(log) = self.log.take() else {
            debug_assert!(false, "one record is under way at a time");
            return;
        };
        let stored = Stored { log, record };
        let (sensor, stop) = (Arc::clone(&self.sensor), self.stop.clone());
        let mut under_way = store(stored, is_snapshot, sensor, stop).boxed();
        // It goes out now, and not only when the lane waits.
        let stored = (&mut under_way).now_or_never();
        self.under_way = Some(stored.map_or(under_way, |stored| ready(stored).boxed()));
    }

    /// Waits until the record that is under way is stored; pends for ever while none is. Cancel-safe.
    ///
    /// # Errors
    /// `Conflict` when somebody else owns the log now. Nothing more can be stored after an error.
    pub(crate) async fn stored(&mut self) -> Result<()> {
        let Some(under_way) = &mut self.under_way else {
            return std::future::pending().await;
        };
        let stored = under_way.await;
        self.under_way = None;
        let Stored { log, record } = stored?;
        self.log = Some(log);
        self.keep(record);
        Ok(())
    }

    /// Stores a record behind which none will come; tries once.
    ///
    /// # Errors
    /// The log's. Nothing is stored while a record is under way.
    pub(crate) async fn store_last(&mut self, record: &[u8]) -> Result<()> {
        match &mut self.log {
            Some(log) => log.append(record).await,
            None => Err(Error::transient(
                ErrorKind::Timeout,
                "a checkpoint was not stored in time",
            )),
        }
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Recorder")
            .field("log", &self.log)
            .finish_non_exhaustive()
    }
}

/// Stores a record, however long the store fails.
async fn store(
    mut stored: Stored,
    is_snapshot: bool,
    sensor: Arc<str>,
    stop: CancellationToken,
) -> Result<Stored> {
    loop {
        let Stored { log, record } = &mut stored;
        let outcome = match is_snapshot {
            true => log.replace(record).await,
            false => log.append(record).await,
        };
        match outcome {
            Ok(()) => return Ok(stored),
            Err(error) if error.is_transient() => postpone(&error, &sensor, &stop).await?,
            Err(error) => return Err(error),
        }
    }
}

async fn postpone(error: &Error, sensor: &str, stop: &CancellationToken) -> Result<()> {
    tracing::warn!(sensor, %error, "a checkpoint could not be stored; trying again");
    let stopped = "stopped while the state store failed";
    tokio::select! {
        () = tokio::time::sleep(PAUSE) => Ok(()),
        () = stop.cancelled() => Err(Error::transient(ErrorKind::Closed, stopped)),
    }
}
