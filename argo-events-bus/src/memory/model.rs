//! Compares the bus with a model that is too simple to be wrong: lists, and a look at everything.

use super::{MemoryBus, MemoryConfig};
use argo_events_core::{
    Deliveries, Delivery, Event, EventBus as _, Subject, Subscription, Timestamp, TokioClock,
};
use futures::FutureExt as _;
use proptest::prelude::*;
use std::{num::NonZeroUsize, sync::Arc, time::Duration};
use tokio::time::Instant;

const GROUPS: [&str; 2] = ["even", "all"];
const READERS: usize = 4;
const ACK_WAIT: Duration = Duration::from_secs(10);
const BOUND: usize = 3;
const DEDUP_WINDOW: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug)]
enum Step {
    Publish { id: u8 },
    Take { reader: usize, most: usize },
    Ack { held: usize },
    Reject { held: usize },
    Drop { held: usize },
    Retry { held: usize, seconds: u64 },
    KeepAlive { held: usize },
    Wait { seconds: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0_u8..20).prop_map(|id| Step::Publish { id }),
        4 => (0..READERS, 1..4_usize).prop_map(|(reader, most)| Step::Take { reader, most }),
        2 => any::<usize>().prop_map(|held| Step::Ack { held }),
        1 => any::<usize>().prop_map(|held| Step::Reject { held }),
        1 => any::<usize>().prop_map(|held| Step::Drop { held }),
        1 => (any::<usize>(), 0_u64..15).prop_map(|(held, seconds)| Step::Retry { held, seconds }),
        1 => any::<usize>().prop_map(|held| Step::KeepAlive { held }),
        2 => (0_u64..12).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Waiting,
    Held { reader: usize, until: Instant },
    Delayed { reader: usize, until: Instant },
    Done,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    group: usize,
    sequence: u64,
    attempt: u32,
    state: State,
}

#[derive(Default)]
struct Model {
    accepted: Vec<(u8, Instant)>,
    entries: Vec<Entry>,
}

impl Model {
    fn publish(&mut self, id: u8, now: Instant) -> bool {
        let known = |(other, at): &(u8, Instant)| *other == id && now - *at < DEDUP_WINDOW;
        if self.accepted.iter().any(known) {
            return false;
        }
        self.accepted.push((id, now));
        let sequence = self.accepted.len() as u64;
        for group in 0..GROUPS.len() {
            if group == 1 || id.is_multiple_of(2) {
                self.entries.push(Entry {
                    group,
                    sequence,
                    attempt: 0,
                    state: State::Waiting,
                });
            }
        }
        true
    }

    fn take(&mut self, reader: usize, most: usize, now: Instant) -> Vec<(u64, u32)> {
        let group = reader % GROUPS.len();
        // As in the bus, what is late is still its holder's until somebody of the group looks.
        for entry in self.entries.iter_mut().filter(|entry| entry.group == group) {
            if let State::Held { until, .. } | State::Delayed { until, .. } = entry.state
                && until <= now
            {
                entry.state = State::Waiting;
            }
        }
        let holds = |entry: &&Entry| match entry.state {
            State::Held { reader: holder, .. } | State::Delayed { reader: holder, .. } => {
                holder == reader
            }
            State::Waiting | State::Done => false,
        };
        let room = most.min(BOUND - self.entries.iter().filter(holds).count());
        let mut waiting: Vec<_> = self
            .entries
            .iter_mut()
            .filter(|it| it.group == group && it.state == State::Waiting)
            .collect();
        // What was handed out before comes first.
        waiting.sort_by_key(|entry| (entry.attempt == 0, entry.sequence));
        waiting
            .into_iter()
            .take(room)
            .map(|entry| {
                entry.attempt += 1;
                entry.state = State::Held {
                    reader,
                    until: now + ACK_WAIT,
                };
                (entry.sequence, entry.attempt)
            })
            .collect()
    }

    fn finish(&mut self, held: &Held) {
        self.entry(held).state = State::Done;
    }

    /// Changes an entry, unless its delivery is no longer the newest or nobody's any more.
    fn change(&mut self, held: &Held, change: impl FnOnce(usize) -> State) {
        let attempt = held.delivery.meta().attempt;
        let entry = self.entry(held);
        if let State::Held { reader, .. } = entry.state
            && entry.attempt == attempt
        {
            entry.state = change(reader);
        }
    }

    fn entry(&mut self, held: &Held) -> &mut Entry {
        let sequence = held.delivery.meta().position.sequence;
        let found = self
            .entries
            .iter_mut()
            .find(|it| it.group == held.group && it.sequence == sequence);
        found.expect("what is held was published")
    }
}

struct Held {
    group: usize,
    delivery: Delivery,
}

async fn compare(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let clock = TokioClock::starting_at(Timestamp::EPOCH);
    let config: MemoryConfig =
        serde_json::from_str(r#"{"dedupWindow":"60s"}"#).expect("is a setting");
    let bus = MemoryBus::new(config, Arc::new(clock));
    let mut readers = Vec::new();
    for reader in 0..READERS {
        readers.push(
            bus.subscribe(subscription(reader))
                .await
                .expect("the bus is open"),
        );
    }
    let (mut model, mut held) = (Model::default(), Vec::new());
    for step in steps {
        apply(step, &bus, &mut readers, &mut model, &mut held).await?;
    }
    Ok(())
}

fn subscription(reader: usize) -> Subscription {
    let subjects: &[&str] = if reader.is_multiple_of(2) {
        &["even"]
    } else {
        &["even", "odd"]
    };
    let subjects = subjects
        .iter()
        .map(|event| Subject::new("numbers", *event))
        .collect();
    Subscription::new(GROUPS[reader % 2], subjects)
        .ack_wait(ACK_WAIT)
        .max_in_flight(NonZeroUsize::new(BOUND).expect("is not zero"))
}

fn event(id: u8) -> Arc<Event> {
    let name = if id.is_multiple_of(2) { "even" } else { "odd" };
    Arc::new(Event::builder(id.to_string(), "numbers", name).build())
}

async fn apply(
    step: Step,
    bus: &MemoryBus,
    readers: &mut [Box<dyn Deliveries>],
    model: &mut Model,
    held: &mut Vec<Held>,
) -> Result<(), TestCaseError> {
    let (now, chosen) = (Instant::now(), |index: usize| index % held.len().max(1));
    match step {
        Step::Publish { id } => {
            let receipt = bus.publish(event(id)).await.expect("there is room");
            prop_assert_eq!(!receipt.duplicate, model.publish(id, now));
        }
        Step::Take { reader, most } => {
            let found = readers[reader].next(most).now_or_never().flatten();
            let found = found
                .transpose()
                .expect("memory does not fail")
                .unwrap_or_default();
            let taken: Vec<_> = found
                .iter()
                .map(|it| (it.meta().position.sequence, it.meta().attempt))
                .collect();
            prop_assert_eq!(taken, model.take(reader, most, now));
            held.extend(found.into_iter().map(|delivery| Held {
                group: reader % 2,
                delivery,
            }));
        }
        Step::Wait { seconds } => tokio::time::advance(Duration::from_secs(seconds)).await,
        _ if held.is_empty() => {}
        Step::Ack { held: index } => {
            let held = held.remove(chosen(index));
            model.finish(&held);
            held.delivery.ack().await.expect("memory does not fail");
        }
        Step::Reject { held: index } => {
            let held = held.remove(chosen(index));
            model.finish(&held);
            held.delivery
                .reject("model")
                .await
                .expect("memory does not fail");
        }
        Step::Drop { held: index } => {
            let held = held.remove(chosen(index));
            model.change(&held, |_| State::Waiting);
        }
        Step::Retry {
            held: index,
            seconds,
        } => {
            let (held, after) = (held.remove(chosen(index)), Duration::from_secs(seconds));
            model.change(&held, |reader| State::Delayed {
                reader,
                until: now + after,
            });
            held.delivery
                .retry(after)
                .await
                .expect("memory does not fail");
        }
        Step::KeepAlive { held: index } => {
            let held = &held[chosen(index)];
            model.change(held, |reader| State::Held {
                reader,
                until: now + ACK_WAIT,
            });
            held.delivery
                .keep_alive()
                .await
                .expect("memory does not fail");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_bus_does_what_the_model_does(steps in proptest::collection::vec(step(), 0..120)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime can be made");
        runtime.block_on(compare(steps))?;
    }
}
