//! The append-only log in which a shard's checkpoints are kept, on any [`StateStore`].
//!
//! Each opening takes a new epoch and seals the logs of earlier ones, so that a former owner that
//! wakes up late meets a conflict on its first write and has committed nothing. Within an epoch,
//! record `n` is stored under `<prefix>/log/<epoch>/<n>`, only if that key is absent. What the
//! records mean is the business of `shard.rs`.

use argo_events_core::{Error, ErrorKind, Result, StateStore};
use bytes::{BufMut, Bytes, BytesMut};
use futures::{StreamExt as _, stream};
use std::{fmt, pin::pin, sync::Arc};
use tokio::task::JoinSet;

/// After this many records a snapshot is due.
const RECORDS_PER_SNAPSHOT: u64 = 512;
/// After this many bytes too, which some buses keep in memory; or after twice as many as the last one has.
const BYTES_PER_SNAPSHOT: usize = 16 * 1024 * 1024;
/// Seals of this many earlier epochs are kept; an owner that slept longer would have lost its lease long ago.
const SEALS_KEPT: u64 = 64;
/// How many records are read or deleted at a time, so that a takeover does not wait for each of them.
const AT_A_TIME: usize = 64;

const DELTA: u8 = 1;
const SNAPSHOT: u8 = 2;
const SEAL: u8 = 3;
const FIRST: u8 = 1;
const LAST: u8 = 2;
const HEADER: usize = 2;

/// A shard's log, opened for writing by its one owner.
pub struct CheckpointLog {
    store: Arc<dyn StateStore>,
    prefix: String,
    epoch: u64,
    next: u64,
    since_snapshot: u64,
    bytes_since_snapshot: usize,
    snapshot_bytes: usize,
    /// Deletes what a snapshot has replaced; nobody waits for that.
    cleaning: JoinSet<()>,
}

/// What an earlier owner left: records in order, of which the first may be a snapshot.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Complete records since the last snapshot, that included.
    pub records: Vec<Bytes>,
}

impl CheckpointLog {
    /// Takes the log over: a new epoch, earlier ones sealed, their records returned.
    ///
    /// # Errors
    /// `Conflict` when somebody else takes it over at the same time; the store's errors.
    ///
    /// # Cancel safety
    /// Dropping the future may leave an unused epoch behind, which does no harm.
    pub async fn open(store: Arc<dyn StateStore>, prefix: &str) -> Result<(Self, Recovered)> {
        let epoch = take_epoch(store.as_ref(), prefix).await?;
        seal_earlier(store.as_ref(), prefix, epoch).await?;
        let recovered = recover(store.as_ref(), prefix).await?;
        let log = Self {
            store,
            prefix: prefix.to_owned(),
            epoch,
            next: 0,
            since_snapshot: 0,
            bytes_since_snapshot: 0,
            snapshot_bytes: 0,
            cleaning: JoinSet::new(),
        };
        Ok((log, recovered))
    }

    /// Tells whether somebody has opened the log before.
    ///
    /// # Errors
    /// The store's.
    pub async fn is_known(store: &dyn StateStore, prefix: &str) -> Result<bool> {
        Ok(store.get(&epoch_key(prefix)).await?.is_some())
    }

    /// Appends a record; when this resolves, the record counts.
    ///
    /// # Errors
    /// `Conflict`, permanent, when somebody else owns the log now: stop, nothing was committed.
    pub async fn append(&mut self, record: &[u8]) -> Result<()> {
        self.write(DELTA, record).await?;
        self.since_snapshot += 1;
        self.bytes_since_snapshot += record.len();
        Ok(())
    }

    /// Tells whether it is time to replace the records by a snapshot.
    pub fn wants_snapshot(&self) -> bool {
        let most = BYTES_PER_SNAPSHOT.max(2 * self.snapshot_bytes);
        self.since_snapshot >= RECORDS_PER_SNAPSHOT || self.bytes_since_snapshot >= most
    }

    /// Writes a snapshot that replaces every earlier record; those are deleted in the background.
    ///
    /// # Errors
    /// As [`Self::append`]. What could not be deleted is deleted by a later snapshot.
    pub async fn replace(&mut self, snapshot: &[u8]) -> Result<()> {
        let first = self.next;
        self.write(SNAPSHOT, snapshot).await?;
        (self.since_snapshot, self.bytes_since_snapshot) = (0, 0);
        self.snapshot_bytes = snapshot.len();
        while self.cleaning.try_join_next().is_some() {}
        if self.cleaning.is_empty() {
            let (store, prefix) = (self.store.clone(), self.prefix.clone());
            let replaced = Replaced {
                store,
                prefix,
                epoch: self.epoch,
                first,
            };
            self.cleaning.spawn(replaced.delete());
        }
        Ok(())
    }

    async fn write(&mut self, kind: u8, record: &[u8]) -> Result<()> {
        let room = self.store.max_value_bytes().saturating_sub(HEADER).max(1);
        let parts = record.len().div_ceil(room).max(1);
        for part in 0..parts {
            let piece = &record[part * room..record.len().min((part + 1) * room)];
            let flags =
                if part == 0 { FIRST } else { 0 } | if part + 1 == parts { LAST } else { 0 };
            self.put(framed(kind, flags, piece)).await?;
            self.next += 1;
        }
        Ok(())
    }

    /// Stores a value under the next key; one that is there already, since its answer was lost, counts.
    async fn put(&self, value: Bytes) -> Result<()> {
        let key = key(&self.prefix, self.epoch, self.next);
        let refused = match self.store.put(&key, value.clone(), None).await {
            Err(error) if error.kind() == ErrorKind::Conflict => error,
            outcome => return outcome.map(drop),
        };
        // A later owner would have sealed the epoch with a value that no record has.
        match self.store.get(&key).await? {
            Some(found) if found.value == value => Ok(()),
            _ => Err(lost(refused)),
        }
    }
}

/// What a snapshot has replaced: everything before a record of an epoch.
struct Replaced {
    store: Arc<dyn StateStore>,
    prefix: String,
    epoch: u64,
    first: u64,
}

impl Replaced {
    async fn delete(self) {
        if let Err(error) = self.try_delete().await {
            tracing::debug!(prefix = self.prefix, %error, "replaced records stay until the next snapshot");
        }
    }

    /// Deletes, but nothing of a later owner, who may have come meanwhile.
    async fn try_delete(&self) -> Result<()> {
        let mut names = self.store.keys(&format!("{}/log/", self.prefix)).await?;
        names.retain(|name| {
            place(&self.prefix, name).is_some_and(|place| place < (self.epoch, self.first))
        });
        let deletions = stream::iter(names).map(|name| self.delete_one(name));
        let mut deletions = deletions.buffer_unordered(AT_A_TIME);
        while let Some(deleted) = deletions.next().await {
            deleted?;
        }
        Ok(())
    }

    /// Deletes a record, unless it is a seal that is still needed.
    async fn delete_one(&self, name: String) -> Result<()> {
        let Some(found) = self.store.get(&name).await? else {
            return Ok(());
        };
        let epoch = place(&self.prefix, &name).map_or(0, |(epoch, _)| epoch);
        let is_seal = found.value.first() == Some(&SEAL);
        if is_seal && epoch + SEALS_KEPT >= self.epoch {
            return Ok(());
        }
        self.store.delete(&name, found.version).await
    }
}

impl fmt::Debug for CheckpointLog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CheckpointLog")
            .field("prefix", &self.prefix)
            .field("epoch", &self.epoch)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

fn epoch_key(prefix: &str) -> String {
    format!("{prefix}/epoch")
}

fn key(prefix: &str, epoch: u64, number: u64) -> String {
    format!("{prefix}/log/{epoch:020}/{number:020}")
}

fn place(prefix: &str, name: &str) -> Option<(u64, u64)> {
    let rest = name.strip_prefix(prefix)?.strip_prefix("/log/")?;
    let (epoch, number) = rest.split_once('/')?;
    Some((epoch.parse().ok()?, number.parse().ok()?))
}

fn framed(kind: u8, flags: u8, piece: &[u8]) -> Bytes {
    let mut value = BytesMut::with_capacity(HEADER + piece.len());
    value.put_u8(kind);
    value.put_u8(flags);
    value.put_slice(piece);
    value.freeze()
}

fn lost(refused: Error) -> Error {
    Error::permanent(
        ErrorKind::Conflict,
        "another owner has taken this shard over",
    )
    .during("checkpoint")
    .caused_by(refused)
}

async fn take_epoch(store: &dyn StateStore, prefix: &str) -> Result<u64> {
    let key = epoch_key(prefix);
    let found = store.get(&key).await?;
    let current = match &found {
        Some(found) => std::str::from_utf8(&found.value)
            .ok()
            .and_then(|text| text.parse().ok()),
        None => Some(0_u64),
    };
    let epoch = 1 + current.ok_or_else(|| corrupt(&key))?;
    store
        .put(
            &key,
            Bytes::from(epoch.to_string()),
            found.map(|found| found.version),
        )
        .await?;
    Ok(epoch)
}

fn corrupt(key: &str) -> Error {
    Error::permanent(ErrorKind::PayloadInvalid, "a checkpoint cannot be read").with("key", key)
}

/// Seals every earlier epoch, the oldest first: a sealed epoch has only sealed ones before it.
async fn seal_earlier(store: &dyn StateStore, prefix: &str, epoch: u64) -> Result<()> {
    let oldest = epoch.saturating_sub(SEALS_KEPT);
    let mut open = Vec::new();
    for earlier in (oldest..epoch).rev() {
        let last = last_of(store, prefix, earlier).await?;
        if matches!(last, Some((_, SEAL))) {
            break;
        }
        open.push(earlier);
    }
    for earlier in open.into_iter().rev() {
        seal(store, prefix, earlier).await?;
    }
    Ok(())
}

/// Closes the log of an epoch behind its last record, so that its owner can add nothing.
async fn seal(store: &dyn StateStore, prefix: &str, epoch: u64) -> Result<()> {
    loop {
        let next = last_of(store, prefix, epoch)
            .await?
            .map_or(0, |(number, _)| number + 1);
        match store
            .put(&key(prefix, epoch, next), framed(SEAL, 0, &[]), None)
            .await
        {
            Ok(_) => return Ok(()),
            // Its owner was quicker: that record counts, and the seal goes behind it.
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            Err(error) => return Err(error),
        }
    }
}

/// Returns number and kind of an epoch's last record.
async fn last_of(store: &dyn StateStore, prefix: &str, epoch: u64) -> Result<Option<(u64, u8)>> {
    let keys = store.keys(&format!("{prefix}/log/{epoch:020}/")).await?;
    let Some(name) = keys.last() else {
        return Ok(None);
    };
    let (_, number) = place(prefix, name).ok_or_else(|| corrupt(name))?;
    let kind = store
        .get(name)
        .await?
        .and_then(|found| found.value.first().copied());
    Ok(Some((number, kind.unwrap_or(DELTA))))
}

async fn recover(store: &dyn StateStore, prefix: &str) -> Result<Recovered> {
    let mut recovered = Recovered::default();
    let mut open: Option<BytesMut> = None;
    let names = store.keys(&format!("{prefix}/log/")).await?;
    let reads = stream::iter(names).map(async |name| (store.get(&name).await, name));
    let mut reads = pin!(reads.buffered(AT_A_TIME));
    while let Some((found, name)) = reads.next().await {
        let Some(found) = found? else {
            continue;
        };
        let [kind, flags, piece @ ..] = &found.value[..] else {
            return Err(corrupt(&name));
        };
        if *kind == SEAL {
            open = None;
            continue;
        }
        if flags & FIRST != 0 {
            open = Some(BytesMut::new());
        }
        // Parts without a beginning belong to a record whose snapshot was being deleted.
        let Some(record) = open.as_mut() else {
            continue;
        };
        record.put_slice(piece);
        if flags & LAST != 0 {
            let record = open.take().map(BytesMut::freeze).unwrap_or_default();
            if *kind == SNAPSHOT {
                recovered.records.clear();
            }
            recovered.records.push(record);
        }
    }
    Ok(recovered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use argo_events_bus::memory::MemoryStore;
    use argo_events_core::Versioned;
    use async_trait::async_trait;

    /// A store whose values are small, so that records are cut into parts.
    struct SmallValues(MemoryStore);

    #[async_trait]
    impl StateStore for SmallValues {
        async fn get(&self, key: &str) -> Result<Option<Versioned>> {
            self.0.get(key).await
        }
        async fn put(&self, key: &str, value: Bytes, expected: Option<u64>) -> Result<u64> {
            self.0.put(key, value, expected).await
        }
        async fn delete(&self, key: &str, expected: u64) -> Result<()> {
            self.0.delete(key, expected).await
        }
        async fn keys(&self, prefix: &str) -> Result<Vec<String>> {
            self.0.keys(prefix).await
        }
        fn max_value_bytes(&self) -> usize {
            HEADER + 4
        }
    }

    fn store() -> Arc<dyn StateStore> {
        Arc::new(SmallValues(MemoryStore::default()))
    }

    async fn clean(log: &mut CheckpointLog) {
        while log.cleaning.join_next().await.is_some() {}
    }

    async fn open(store: &Arc<dyn StateStore>) -> (CheckpointLog, Vec<Bytes>) {
        let (log, recovered) = CheckpointLog::open(store.clone(), "shard/0").await.unwrap();
        (log, recovered.records)
    }

    #[tokio::test]
    async fn records_come_back_in_order_and_whole_whatever_their_length() {
        let store = store();
        let (mut log, _) = open(&store).await;
        for record in ["", "a", "abcd", "abcde", "a record of several parts"] {
            log.append(record.as_bytes()).await.unwrap();
        }
        let (_, records) = open(&store).await;
        assert_eq!(
            records,
            ["", "a", "abcd", "abcde", "a record of several parts"]
        );
    }

    #[tokio::test]
    async fn a_former_owner_can_commit_nothing() {
        let store = store();
        let (mut former, _) = open(&store).await;
        former.append(b"one").await.unwrap();
        let (mut owner, records) = open(&store).await;
        assert_eq!(records, ["one"]);
        assert_eq!(
            former.append(b"two").await.unwrap_err().kind(),
            ErrorKind::Conflict
        );
        owner.append(b"three").await.unwrap();
        assert_eq!(open(&store).await.1, ["one", "three"]);
    }

    #[tokio::test]
    async fn a_former_owner_stays_fenced_after_snapshots_deleted_its_records() {
        let store = store();
        let (mut former, _) = open(&store).await;
        let (mut owner, _) = open(&store).await;
        owner.replace(b"all").await.unwrap();
        clean(&mut owner).await;
        assert_eq!(
            former.append(b"late").await.unwrap_err().kind(),
            ErrorKind::Conflict
        );
        assert_eq!(open(&store).await.1, ["all"]);
    }

    #[tokio::test]
    async fn a_snapshot_is_due_after_many_bytes_but_not_for_the_size_of_the_last_one() {
        let store: Arc<dyn StateStore> = Arc::new(MemoryStore::default());
        let (mut log, _) = open(&store).await;
        let record = vec![0; BYTES_PER_SNAPSHOT];
        log.append(&record).await.unwrap();
        assert!(log.wants_snapshot());
        log.replace(&record).await.unwrap();
        log.append(&record).await.unwrap();
        assert!(!log.wants_snapshot());
        log.append(&record).await.unwrap();
        assert!(log.wants_snapshot());
    }

    #[tokio::test]
    async fn a_snapshot_replaces_what_came_before() {
        let store = store();
        let (mut log, _) = open(&store).await;
        log.append(b"one").await.unwrap();
        log.replace(b"a long snapshot").await.unwrap();
        log.append(b"two").await.unwrap();
        clean(&mut log).await;
        assert_eq!(open(&store).await.1, ["a long snapshot", "two"]);
        assert_eq!(store.keys("shard/0/log/").await.unwrap().len(), 4 + 1 + 2);
    }

    #[tokio::test]
    async fn a_former_owner_deletes_nothing_of_a_later_one() {
        let store = store();
        let (mut former, _) = open(&store).await;
        former.replace(b"former").await.unwrap();
        let (mut owner, _) = open(&store).await;
        owner.append(b"later").await.unwrap();
        // It was stopped before it came to deleting.
        clean(&mut former).await;
        assert_eq!(open(&store).await.1, ["former", "later"]);
    }

    #[tokio::test]
    async fn a_record_that_was_stored_although_its_answer_was_lost_counts_once() {
        let store = store();
        let (mut log, _) = open(&store).await;
        let stored = framed(DELTA, FIRST | LAST, b"one");
        let key = key("shard/0", log.epoch, log.next);
        store.put(&key, stored, None).await.unwrap();
        log.append(b"one").await.unwrap();
        log.append(b"two").await.unwrap();
        assert_eq!(open(&store).await.1, ["one", "two"]);
    }

    #[tokio::test]
    async fn a_record_whose_last_part_is_missing_does_not_count() {
        let store = store();
        let (mut log, _) = open(&store).await;
        log.append(b"whole").await.unwrap();
        let first = framed(DELTA, FIRST, b"half");
        store
            .put(&key("shard/0", log.epoch, log.next), first, None)
            .await
            .unwrap();
        assert_eq!(open(&store).await.1, ["whole"]);
    }
}
