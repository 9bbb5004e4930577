//! What happens to a subscription's partitions when its group is shared out anew.

use super::{
    failure::failure,
    group::{Consumers, Start},
    lane::Progress,
    reader::Shared,
    settled::Ranges,
    watch::Watch,
};
use rdkafka::{
    ClientContext, Offset, Statistics, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, RebalanceProtocol},
    error::{KafkaError, KafkaResult},
    types::{RDKafkaErrorCode as Code, RDKafkaRespErr},
};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{sync::oneshot, time::Instant};

/// How long deliveries in hand may keep a partition that goes to somebody else: a quarter of the ack
/// wait, so that the new owner comes before anybody gives up on them, but not longer than this.
const GRACE: Duration = Duration::from_secs(10);
/// How long a commit is tried that nobody will repeat.
const LAST_TRIES: Duration = Duration::from_secs(2);
/// How long it waits in between for the client to find the group's broker.
const BETWEEN: Duration = Duration::from_millis(50);

/// What hears of a consumer's partitions.
pub(super) struct Listener {
    pub(super) watch: Watch,
    topic: String,
    shared: Arc<Shared>,
    pub(super) ack_wait: Duration,
    /// Progress must be committed again.
    pub(super) was_lost: AtomicBool,
    joined: Mutex<Option<oneshot::Sender<()>>>,
}

impl Listener {
    /// Makes the listener of a subscription, and what resolves when the group has let it in.
    pub(super) fn new(
        topic: &str,
        shared: &Arc<Shared>,
        ack_wait: Duration,
    ) -> (Self, oneshot::Receiver<()>) {
        let (joined, has_joined) = oneshot::channel();
        let listener = Self {
            watch: Watch::default(),
            topic: topic.to_owned(),
            shared: Arc::clone(shared),
            ack_wait,
            was_lost: AtomicBool::new(false),
            joined: Mutex::new(Some(joined)),
        };
        (listener, has_joined)
    }

    fn take_over(
        &self,
        consumer: &BaseConsumer<Self>,
        partitions: &TopicPartitionList,
    ) -> KafkaResult<()> {
        // A pause outlives the assignment it was made in. The list is written into, so a copy.
        consumer.resume(&partitions.clone())?;
        let list = match Consumers(consumer).starts(&self.topic, partitions) {
            Ok(starts) => {
                for start in &starts {
                    let beyond = start.beyond.clone();
                    self.shared.desk().assign(start.partition, beyond);
                }
                list(&self.topic, &starts)?
            }
            Err(error) => {
                // librdkafka asks by itself until it is told; what was settled beyond comes again.
                tracing::warn!(group = self.shared.name, %error, "cannot tell where the group was");
                for element in partitions.elements() {
                    let nothing = Ranges::default();
                    self.shared.desk().assign(element.partition(), nothing);
                }
                partitions.clone()
            }
        };
        match consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => consumer.incremental_assign(&list),
            _ => consumer.assign(&list),
        }
    }

    /// Gives partitions away: waits a while for what is in hand, commits, and makes the rest void.
    fn give_away(
        &self,
        consumer: &BaseConsumer<Self>,
        list: &TopicPartitionList,
    ) -> KafkaResult<()> {
        let partitions: Vec<_> = list.elements().iter().map(|it| it.partition()).collect();
        if !consumer.assignment_lost() {
            self.shared
                .wait_for_settlements(&partitions, (self.ack_wait / 4).min(GRACE));
            let progress = {
                let mut desk = self.shared.desk();
                // A commit under way may fail: here it is told once more.
                desk.progress_was_lost();
                desk.take_progress()
            };
            if let Err(error) = commit_at_last(consumer, &self.topic, &progress) {
                // Of partitions that stay it is told once more.
                self.shared.desk().progress_was_lost();
                tracing::warn!(group = self.shared.name, %error, "progress not committed; some events come again");
            }
        }
        self.shared.desk().revoke(&partitions);
        match consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => consumer.incremental_unassign(list),
            _ => consumer.unassign(),
        }
    }
}

impl ClientContext for Listener {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, text: &str) {
        self.watch.log(level, facility, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.watch.error(error, reason);
    }

    fn stats(&self, statistics: Statistics) {
        let topic = statistics.topics.get(&self.topic);
        let partitions = topic
            .into_iter()
            .flat_map(|topic| topic.partitions.values());
        let ends: Vec<_> = partitions.map(|it| (it.partition, it.hi_offset)).collect();
        let lag = self.shared.desk().lag(&ends);
        self.shared.lag.store(lag, Ordering::Relaxed);
    }
}

impl ConsumerContext for Listener {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        what: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        self.shared.put_on_desk();
        let is_assignment = what == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        let outcome = if is_assignment {
            self.take_over(consumer, partitions)
        } else {
            self.give_away(consumer, partitions)
        };
        if let Err(error) = outcome {
            tracing::warn!(group = self.shared.name, %error, "kafka: partitions could not be changed");
            self.shared.fail(failure(error, "rebalance"));
        }
        if is_assignment && let Some(joined) = super::lock(&self.joined).take() {
            // Only who opens the subscription waits for it, and may have given up.
            let _ = joined.send(());
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        match result {
            Err(error) if error.rdkafka_error_code() != Some(Code::NoOffset) => {
                tracing::debug!(group = self.shared.name, %error, "progress not committed");
                self.was_lost.store(true, Ordering::Relaxed);
            }
            // Stored, or there was nothing to store.
            _ => {}
        }
    }
}

/// Makes a list of partitions with the offsets where reading begins.
pub(super) fn list(topic: &str, starts: &[Start]) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    for start in starts {
        let offset = start.offset.map_or(Offset::Beginning, Offset::Offset);
        list.add_partition_offset(topic, start.partition, offset)?;
    }
    Ok(list)
}

/// Commits progress before partitions are given up, again if just nobody knows which broker has the
/// group: clients look for it now and then.
pub(super) fn commit_at_last<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    topic: &str,
    progress: &[Progress],
) -> KafkaResult<()> {
    let deadline = Instant::now() + LAST_TRIES;
    loop {
        let committed = commit(consumer, topic, progress, CommitMode::Sync);
        let is_final = committed.as_ref().err().is_none_or(|error| !is_lost(error));
        if is_final || Instant::now() >= deadline {
            return committed;
        }
        std::thread::sleep(BETWEEN);
    }
}

/// Tells whether the broker of the group is not known, or not yet ready.
fn is_lost(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::WaitingForCoordinator
                | Code::CoordinatorLoadInProgress
                | Code::CoordinatorNotAvailable
                | Code::NotCoordinator
        )
    )
}

/// Commits progress; nothing for none.
pub(super) fn commit<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    topic: &str,
    progress: &[Progress],
    mode: CommitMode,
) -> KafkaResult<()> {
    if progress.is_empty() {
        return Ok(());
    }
    let mut list = TopicPartitionList::new();
    for progress in progress {
        let mut element = list.add_partition(topic, progress.partition);
        element.set_offset(Offset::Offset(progress.next))?;
        if !progress.beyond.is_empty() {
            element.set_metadata(&progress.beyond);
        }
    }
    consumer.commit(&list, mode)
}
