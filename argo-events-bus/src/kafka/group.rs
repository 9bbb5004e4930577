//! Where a group begins: fixed on the brokers before anything is read, so that everything published
//! later is delivered.

use super::{
    intake::{Intake, cannot_begin},
    lane::Progress,
    listener::{Listener, commit, list},
    reader::{Shared, position},
    settings::Settings,
    settled,
    wanted::Wanted,
    watch::{Throttle, Watch},
};
use argo_events_core::{
    Result, Subscription,
    bus::{Order, StartAt},
};
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, CommitMode, Consumer},
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
    pub(super) beyond: BTreeSet<i64>,
}

impl Start {
    /// Begins with the oldest record.
    pub(super) fn at_beginning(partition: i32) -> Self {
        Self {
            partition,
            offset: None,
            beyond: BTreeSet::new(),
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
        let mut asked = TopicPartitionList::new();
        for element in partitions.elements() {
            asked.add_partition(topic, element.partition());
        }
        let committed = repeated(|| {
            let committed = self.0.committed_offsets(asked.clone(), PATIENCE)?;
            committed.elements().iter().try_for_each(|it| it.error())?;
            Ok(committed)
        })?;
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
    settings: &Settings,
    subscription: &Subscription,
    shared: &Arc<Shared>,
    token: TaskTrackerToken,
) -> Result<Opened> {
    let group = settings.group(&subscription.group);
    let (listener, has_joined) = Listener::new(&settings.topic, shared, subscription.ack_wait);
    let consumer: BaseConsumer<Listener> = settings
        .consumer(&group)
        .create_with_context(listener)
        .map_err(|error| super::failure::failure(error, "subscribe"))?;
    let begun = begin(settings, subscription, shared, &consumer);
    let is_new = begun.map_err(|error| {
        // Why is heard while the client is polled.
        drop(consumer.poll(Duration::from_millis(100)));
        cannot_begin(error, &consumer.context().watch, &group)
    })?;
    let reads_all = matches!(subscription.order, Order::Strict { .. });
    let intake = Intake {
        consumer,
        shared: Arc::clone(shared),
        topic: settings.topic.clone(),
        wanted: Wanted::new(subscription.subjects.clone()),
        throttle: Throttle::default(),
        reads_all,
        token,
    };
    Ok(Opened {
        intake,
        has_joined: (is_new && !reads_all).then_some(has_joined),
    })
}

/// Begins to read; tells whether the group is new.
fn begin(
    settings: &Settings,
    subscription: &Subscription,
    shared: &Shared,
    consumer: &BaseConsumer<Listener>,
) -> KafkaResult<bool> {
    let (topic, brokers) = (&settings.topic, Consumers(consumer));
    let mut all = TopicPartitionList::new();
    let count = brokers.partitions(topic)?;
    for partition in 0..count {
        all.add_partition(topic, partition);
    }
    let mut starts = brokers.starts(topic, &all)?;
    let is_new = starts.iter().all(|start| start.offset.is_none());
    if is_new {
        found(settings, subscription, &brokers, count)?;
        starts = brokers.starts(topic, &all)?;
    }
    match &subscription.order {
        Order::Loose => consumer.subscribe(&[topic])?,
        Order::Strict { behind } => {
            for start in &mut starts {
                let partition = position(start.partition, 0).partition;
                if let Some(behind) = behind.iter().find(|it| it.partition == partition) {
                    // The sequence of one record is the offset of the next.
                    start.offset = i64::try_from(behind.sequence).ok();
                    start.beyond.clear();
                }
                shared.desk().assign(start.partition, start.beyond.clone());
            }
            consumer.assign(&list(topic, &starts)?)?;
        }
    }
    Ok(is_new)
}

/// Commits where a new group begins. Members of the group may be at work already: then theirs counts,
/// and brokers refuse ours.
fn found(
    settings: &Settings,
    subscription: &Subscription,
    brokers: &Consumers<'_>,
    count: i32,
) -> KafkaResult<()> {
    let mut starts = brokers.ends(&settings.topic, count)?;
    match subscription.start {
        StartAt::New if !settings.oldest => inherit(settings, subscription, &mut starts),
        StartAt::After(position) if count == 1 => {
            let next = i64::try_from(position.sequence).unwrap_or(i64::MAX);
            starts
                .iter_mut()
                .for_each(|start| start.next = next.min(start.next));
        }
        _ => starts.iter_mut().for_each(|start| start.next = 0),
    }
    let founded = repeated(|| commit(brokers.0, &settings.topic, &starts, CommitMode::Sync));
    match founded {
        Err(error) if has_members(&error) => Ok(()),
        outcome => outcome,
    }
}

/// Goes on where the reference's sensor was, if it has left positions.
fn inherit(settings: &Settings, subscription: &Subscription, starts: &mut [Progress]) {
    let Some(group) = settings.reference_group(&subscription.group) else {
        return;
    };
    let mut asked = TopicPartitionList::new();
    for start in &*starts {
        asked.add_partition(&settings.topic, start.partition);
    }
    let consumer: KafkaResult<BaseConsumer<Watch>> = settings
        .consumer(&group)
        .create_with_context(Watch::default());
    let committed =
        match consumer.and_then(|it| repeated(|| it.committed_offsets(asked.clone(), PATIENCE))) {
            Ok(committed) => committed,
            Err(error) => {
                // Rules of access may hide the group, which then is nobody's to go on with.
                tracing::warn!(group, %error, "cannot tell where another implementation was");
                return;
            }
        };
    for element in committed.elements() {
        if let Offset::Offset(next) = element.offset()
            && let Some(start) = starts
                .iter_mut()
                .find(|it| it.partition == element.partition())
        {
            tracing::info!(
                group,
                partition = start.partition,
                next,
                "goes on where another implementation was"
            );
            start.next = next.min(start.next);
        }
    }
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
