//! The consumer of a group that is read in strict order: made anew by each reader, behind what it has
//! handled, and again whenever messages may have been lost on the way.
//!
//! Redeliveries are the reader's own business then, so the server's ack wait is out of the way, and the
//! server hears only up to where everything is settled: one acknowledgement for many messages.

use super::super::{
    api::{Refusal, StreamInfo, code},
    group::{Group, Record, is_conflict, replaced},
    link::Link,
    lock,
    stream::identity,
};
use super::{
    Consumer, begin,
    config::{Own, create, delete, info},
};
use argo_events_core::{Position, Result, bus::StartAt, event::random_id};
use std::{
    sync::{Arc, Mutex, atomic::Ordering::Relaxed},
    time::Duration,
};

/// Longer than any reader lives without a new connection, mostly.
const ACK_WAIT: Duration = Duration::from_secs(24 * 3600);
/// How often others may be faster.
const ATTEMPTS: usize = 5;

/// What a group in strict order is like.
#[derive(Debug)]
pub(super) struct Strict {
    /// What the names of its consumers begin with.
    base: String,
    own: Own,
    start: StartAt,
    behind: Vec<Position>,
    /// What this reader last meant to be its consumer, whether or not it came to that.
    claimed: Mutex<String>,
}

impl Strict {
    pub(super) fn new(base: String, own: Own, start: StartAt, behind: Vec<Position>) -> Self {
        let own = Own {
            ack_wait: ACK_WAIT,
            ..own
        };
        Self {
            base,
            own,
            start,
            behind,
            claimed: Mutex::default(),
        }
    }
}

impl Consumer {
    /// Makes the consumer that this reader reads from now on.
    pub(super) async fn ensure_strict(
        &self,
        link: &Arc<Link>,
        stream: &StreamInfo,
        strict: &Strict,
    ) -> Result<()> {
        let group = Group::new(Arc::clone(link), &strict.base);
        for _ in 0..ATTEMPTS {
            let (record, version) = group.read().await?;
            self.check_replaced(stream, strict, record.as_ref())?;
            let settled = self
                .settled_before(link, stream, strict, record.as_ref())
                .await;
            let settled = settled.map_err(|refusal| self.error(refusal))?;
            let (partition, old) = (
                identity(&stream.created),
                record.as_ref().map(|record| record.consumer.clone()),
            );
            let first = record
                .filter(|record| record.partition == partition)
                .map_or(settled + 1, |record| record.first);
            let name = format!("{}-{}", strict.base, &random_id()[..8]);
            let record = Record {
                consumer: name.clone(),
                first,
                partition,
            };
            lock(&strict.claimed).clone_from(&name);
            match group.write(&record, version).await {
                Err(error) if is_conflict(&error) => continue,
                written => written?,
            }
            let made = self
                .make_strict(link, strict, &name, settled, old.as_deref())
                .await;
            made.map_err(|refusal| self.error(refusal))?;
            self.partition.store(partition, Relaxed);
            return Ok(());
        }
        Err(replaced(&self.name()))
    }

    /// Fails if this reader had a consumer, and the record names one that is not its own.
    fn check_replaced(
        &self,
        stream: &StreamInfo,
        strict: &Strict,
        record: Option<&Record>,
    ) -> Result<()> {
        let is_known = self.partition() == identity(&stream.created);
        let is_own = |record: &Record| {
            *record.consumer == *self.name() || record.consumer == *lock(&strict.claimed)
        };
        match record {
            Some(record) if is_known && !is_own(record) => Err(replaced(&self.name())),
            _ => Ok(()),
        }
    }

    /// Returns behind which sequence to begin.
    async fn settled_before(
        &self,
        link: &Link,
        stream: &StreamInfo,
        strict: &Strict,
        record: Option<&Record>,
    ) -> Result<u64, Refusal> {
        let partition = identity(&stream.created);
        if self.partition() != 0 {
            let is_same = self.partition() == partition;
            return Ok(if is_same {
                lock(&self.floor).settled()
            } else {
                0
            });
        }
        if let Some(position) = strict.behind.iter().find(|it| it.partition == partition) {
            return Ok(position.sequence);
        }
        match record.filter(|record| record.partition == partition) {
            Some(record) => match info(&link.client, &record.consumer).await {
                Ok(found) => Ok(found.ack_floor.stream_seq.max(record.first - 1)),
                Err(refusal) if refusal.is(&[code::CONSUMER_NOT_FOUND]) => Ok(record.first - 1),
                Err(refusal) => Err(refusal),
            },
            // What was handled lay on a stream that is gone.
            None if !strict.behind.is_empty() || record.is_some() => Ok(0),
            None => Ok(begin(strict.start, stream)),
        }
    }

    async fn make_strict(
        &self,
        link: &Link,
        strict: &Strict,
        name: &str,
        settled: u64,
        old: Option<&str>,
    ) -> Result<(), Refusal> {
        create(
            &link.client,
            name,
            "",
            &strict.own.config(name, settled + 1),
            "create",
        )
        .await?;
        lock(&self.floor).reset(settled);
        // The record's, and this reader's own where an attempt in between was not completed.
        let former = (self.partition() != 0).then(|| self.name());
        *lock(&self.name) = name.into();
        let former = former.as_deref().filter(|former| Some(*former) != old);
        for left in [old, former].into_iter().flatten() {
            delete(&link.client, left).await?;
        }
        Ok(())
    }
}
