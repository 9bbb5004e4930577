//! Where a group begins: fixed on the brokers before anything is read, so that everything published
//! later is delivered.

use super::{
    failure::explained,
    intake::Intake,
    lane::Progress,
    listener::{Listener, commit, list},
    membership::Membership,
    reader::{Shared, position},
    settings::Settings,
    settled::{self, Ranges},
    wanted::Wanted,
    watch::{MOST_LINES, Watch},
};
use crate::quiet::Quiet;
use argo_events_core::{
    Error, Result, Subscription,
    bus::{Order, StartAt},
};
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext},
    error::{KafkaError, KafkaResult},
    types::RDKafkaErrorCode as Code,
};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::{sync::oneshot, time::Instant};
use tokio_util::task::task_tracker::TaskTrackerToken;

/// How long a broker is given to answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// Where reading of a partition begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) partition: i32,
    /// `None` for the beginning.
    pub(super) offset: Option<i64>,
    /// What is settled beyond it.
    pub(super) beyond: Ranges,
}

impl Start {
    /// Begins with the oldest record.
    pub(super) fn at_beginning(partition: i32) -> Self {
        Self {
            partition,
            offset: None,
            beyond: Ranges::default(),
        }
    }
}

/// Questions to brokers about partitions and groups. All of them block.
pub(super) struct Consumers<'a>(pub(super) &'a BaseConsumer<Listener>);

impl Consumers<'_> {
    /// Returns how many partitions a topic has.
    pub(super) fn partitions(&self, topic: &str) -> KafkaResult<i32> {
        let metadata = self.0.fetch_metadata(Some(topic), PATIENCE)?;
        let found = metadata.topics().iter().find(|found| found.name() == topic);
        let count = found.map_or(0, |found| found.partitions().len());
        match i32::try_from(count) {
            Ok(count) if count > 0 => Ok(count),
            _ => Err(KafkaError::MetadataFetch(Code::UnknownTopicOrPartition)),
        }
    }

    /// Returns where the group goes on in partitions; at the beginning of those it does not know.
    pub(super) fn starts(
        &self,
        topic: &str,
        partitions: &TopicPartitionList,
    ) -> KafkaResult<Vec<Start>> {
        if partitions.count() == 0 {
            return Ok(Vec::new());
        }
        let elements = partitions.elements();
        let asked = list_of(topic, elements.iter().map(|it| it.partition()));
        let committed = committed(self.0, &asked)?;
        let start = |element: &rdkafka::topic_partition_list::TopicPartitionListElem<'_>| {
            let partition = element.partition();
            match element.offset() {
                Offset::Offset(offset) => Start {
                    partition,
                    offset: Some(offset),
                    beyond: settled::read(offset, element.metadata()),
                },
                _ => Start::at_beginning(partition),
            }
        };
        Ok(committed.elements().iter().map(start).collect())
    }

    /// Returns the offsets after the last record of each partition.
    fn ends(&self, topic: &str, count: i32) -> KafkaResult<Vec<Progress>> {
        let mut asked = TopicPartitionList::new();
        for partition in 0..count {
            asked.add_partition_offset(topic, partition, Offset::End)?;
        }
        let found = repeated(|| {
            let found = self.0.offsets_for_times(asked.clone(), PATIENCE)?;
            found.elements().iter().try_for_each(|it| it.error())?;
            Ok(found)
        })?;
        let end =
            |element: &rdkafka::topic_partition_list::TopicPartitionListElem<'_>| match element
                .offset()
            {
                Offset::Offset(next) => Ok(Progress {
                    partition: element.partition(),
                    next,
                    beyond: String::new(),
                }),
                _ => Err(KafkaError::OffsetFetch(Code::NoOffset)),
            };
        found.elements().iter().map(end).collect()
    }
}

/// Returns what a group has committed in partitions. One of which that cannot be told is an error: it
/// would look as if nothing had been committed.
fn committed<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    asked: &TopicPartitionList,
) -> KafkaResult<TopicPartitionList> {
    repeated(|| {
        let committed = consumer.committed_offsets(asked.clone(), PATIENCE)?;
        committed.elements().iter().try_for_each(|it| it.error())?;
        Ok(committed)
    })
}

/// Asks again while brokers settle who is responsible, but not for ever.
fn repeated<T>(mut ask: impl FnMut() -> KafkaResult<T>) -> KafkaResult<T> {
    let began = Instant::now();
    loop {
        match ask() {
            Err(error) if is_unsettled(&error) && began.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(100));
            }
            outcome => return outcome,
        }
    }
}

fn is_unsettled(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::NotCoordinator
                | Code::CoordinatorNotAvailable
                | Code::CoordinatorLoadInProgress
                | Code::WaitingForCoordinator
                | Code::NotLeaderForPartition
                | Code::LeaderNotAvailable
                | Code::UnstableOffsetCommit
                | Code::BrokerTransportFailure
        )
    )
}

/// A subscription that has its place on the brokers and is about to be read.
pub(super) struct Opened {
    pub(super) intake: Intake,
    /// Resolves when the group has let the subscription in; `None` if that need not be waited for.
    pub(super) has_joined: Option<oneshot::Receiver<()>>,
}

/// Fixes where the group begins, if it is new, and begins. Blocks.
pub(super) fn open(
    settings: &Arc<Settings>,
    subscription: &Subscription,
    shared: &Arc<Shared>,
    token: TaskTrackerToken,
) -> Result<Opened> {
    let membership = Membership::of(settings, subscription);
    let (consumer, has_joined) = membership.client(shared)?;
    let beginning = Beginning {
        settings,
        subscription,
        consumer: &consumer,
        group: &membership.group,
    };
    let is_new = beginning.begin(shared)?;
    let intake = Intake {
        consumer,
        shared: Arc::clone(shared),
        topic: settings.topic.clone(),
        wanted: Wanted::new(subscription.subjects.clone()),
        quiet: Quiet::of(MOST_LINES),
        held_back: BTreeSet::new(),
        membership,
        token,
    };
    Ok(Opened {
        has_joined: (is_new && !intake.membership.reads_all).then_some(has_joined),
        intake,
    })
}

/// A subscription that begins to read.
struct Beginning<'a> {
    settings: &'a Settings,
    subscription: &'a Subscription,
    consumer: &'a BaseConsumer<Listener>,
    group: &'a str,
}

impl Beginning<'_> {
    /// Begins; tells whether the group is new.
    fn begin(&self, shared: &Shared) -> Result<bool> {
        let (topic, brokers) = (&self.settings.topic, Consumers(self.consumer));
        let refused = |error| self.refused(error);
        let count = brokers.partitions(topic).map_err(refused)?;
        if let Some(starts) = self.told(count) {
            self.read(shared, starts).map_err(refused)?;
            return Ok(false);
        }
        let all = list_of(topic, 0..count);
        let mut starts = brokers.starts(topic, &all).map_err(refused)?;
        let is_new = starts.iter().all(|start| start.offset.is_none());
        if is_new {
            self.found(count)?;
            starts = brokers.starts(topic, &all).map_err(refused)?;
        }
        self.read(shared, starts).map_err(refused)?;
        Ok(is_new)
    }

    /// Returns where to begin if the subscription itself says so of every partition: then nobody waits for
    /// the broker that knows what the group has committed.
    fn told(&self, count: i32) -> Option<Vec<Start>> {
        let Order::Strict { behind } = &self.subscription.order else {
            return None;
        };
        let is_told = |number: &i32| behind.iter().any(|it| it.partition == number_of(*number));
        let starts = (0..count).map(Start::at_beginning);
        (0..count)
            .all(|number| is_told(&number))
            .then(|| starts.collect())
    }

    /// Reads all partitions if in strict order; a member of the group enters that once its thread runs.
    fn read(&self, shared: &Shared, mut starts: Vec<Start>) -> KafkaResult<()> {
        let topic = &self.settings.topic;
        let Order::Strict { behind } = &self.subscription.order else {
            return Ok(());
        };
        for start in &mut starts {
            let partition = number_of(start.partition);
            if let Some(behind) = behind.iter().find(|it| it.partition == partition) {
                // The sequence of one record is the offset of the next. What is beyond all offsets was
                // never one: then all is read again, and nothing is lost.
                start.offset = i64::try_from(behind.sequence).ok();
                start.beyond.clear();
            }
            shared.desk().assign(start.partition, start.beyond.clone());
        }
        self.consumer.assign(&list(topic, &starts)?)
    }

    /// Commits where a new group begins. Members of the group may be at work already: then theirs
    /// counts, and brokers refuse ours.
    fn found(&self, count: i32) -> Result<()> {
        let (topic, brokers) = (&self.settings.topic, Consumers(self.consumer));
        let refused = |error| self.refused(error);
        let mut starts = brokers.ends(topic, count).map_err(refused)?;
        match self.subscription.start {
            StartAt::New if !self.settings.oldest => self.inherit(&mut starts)?,
            StartAt::After(position) if count == 1 => {
                let next = i64::try_from(position.sequence).unwrap_or(i64::MAX);
                starts
                    .iter_mut()
                    .for_each(|start| start.next = next.min(start.next));
            }
            _ => starts.iter_mut().for_each(|start| start.next = 0),
        }
        match repeated(|| commit(self.consumer, topic, &starts, CommitMode::Sync)) {
            Err(error) if has_members(&error) => Ok(()),
            outcome => outcome.map_err(refused),
        }
    }

    /// Goes on where the reference's sensor was, if it has left positions.
    ///
    /// # Errors
    /// When that cannot be told: to begin elsewhere would lose what it has not read.
    fn inherit(&self, starts: &mut [Progress]) -> Result<()> {
        let Some(group) = self.settings.reference_group(&self.subscription.group) else {
            return Ok(());
        };
        let asked = list_of(&self.settings.topic, starts.iter().map(|it| it.partition));
        for element in self.left_by(&group, &asked)?.elements() {
            let partition = element.partition();
            if let Offset::Offset(next) = element.offset()
                && let Some(start) = starts.iter_mut().find(|it| it.partition == partition)
            {
                tracing::info!(
                    group,
                    partition,
                    next,
                    "goes on where another implementation was"
                );
                start.next = next.min(start.next);
            }
        }
        Ok(())
    }

    /// Returns the positions of a group of the reference.
    fn left_by(&self, group: &str, asked: &TopicPartitionList) -> Result<TopicPartitionList> {
        let failed = |error, watch: &Watch| {
            let hint = "its positions say where to go on; let this user describe the group, or set consumerGroup.oldest";
            let failure = explained(error, "subscribe", watch);
            failure.with("group", group).with("hint", hint)
        };
        let consumer: BaseConsumer<Watch> = (self.settings.consumer(group))
            .create_with_context(Watch::default())
            .map_err(|error| failed(error, &Watch::default()))?;
        committed(&consumer, asked).map_err(|error| failed(error, consumer.context()))
    }

    fn refused(&self, error: KafkaError) -> Error {
        // Why is heard while the client is polled.
        drop(self.consumer.poll(Duration::from_millis(100)));
        let failure = explained(error, "subscribe", &self.consumer.context().watch);
        failure.with("group", self.group)
    }
}

/// Returns the number of a partition as positions have it.
fn number_of(partition: i32) -> u32 {
    position(partition, 0).partition
}

/// Lists partitions of a topic.
pub(super) fn list_of(
    topic: &str,
    partitions: impl IntoIterator<Item = i32>,
) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for partition in partitions {
        list.add_partition(topic, partition);
    }
    list
}

fn has_members(error: &KafkaError) -> bool {
    matches!(
        error.rdkafka_error_code(),
        Some(
            Code::UnknownMemberId
                | Code::IllegalGeneration
                | Code::RebalanceInProgress
                | Code::FencedInstanceId
                | Code::StaleMemberEpoch
        )
    )
}
