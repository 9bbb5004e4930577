//! Runs firings: per trigger in order or a bounded number at a time, owned by one lane.
//!
//! The lane submits firings and awaits completions; nothing here touches the bus or the state store.

use super::action::{Action, Completion};
use argo_events_core::Firing;
use futures::FutureExt as _;
use std::{collections::VecDeque, num::NonZeroUsize, sync::Arc, time::Duration};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Most firings of a lane that run at a time, however many triggers it has: each may hold a connection.
const MOST_RUNNING: usize = 256;
/// Most firings of a lane that wait for their trigger, and most bytes that their events may have; a
/// lane that has more stops reading.
const MOST_WAITING: usize = 10_000;
const MOST_WAITING_BYTES: usize = 64 * 1024 * 1024;

/// Ties a firing to what the lane knows about it.
pub(crate) type Ticket = u64;

/// A firing whose action came to an end.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) trigger: usize,
    pub(crate) ticket: Ticket,
    pub(crate) firing: Firing,
    pub(crate) completion: Completion,
}

#[derive(Debug)]
struct Queue {
    action: Arc<Action>,
    at_a_time: NonZeroUsize,
    running: usize,
    waiting: VecDeque<(Ticket, Firing)>,
}

impl Queue {
    fn has_room(&self) -> bool {
        self.running < self.at_a_time.get()
    }

    fn has_work(&self) -> bool {
        self.has_room() && !self.waiting.is_empty()
    }
}

/// The running and waiting firings of a lane's triggers.
#[derive(Debug)]
pub(crate) struct Executor {
    queues: Vec<Queue>,
    running: JoinSet<Finished>,
    /// Ended when they were begun.
    ended: VecDeque<Finished>,
    /// Triggers that had room for a firing when the lane had none, in that order.
    starved: VecDeque<usize>,
    waiting: usize,
    waiting_bytes: usize,
    /// Shared, since a clone of a token takes a lock.
    stop: Arc<CancellationToken>,
}

impl Executor {
    pub(crate) fn new(stop: CancellationToken) -> Self {
        let (queues, running, ended) = (Vec::new(), JoinSet::new(), VecDeque::new());
        Self {
            queues,
            running,
            ended,
            starved: VecDeque::new(),
            waiting: 0,
            waiting_bytes: 0,
            stop: Arc::new(stop),
        }
    }

    /// Adds a trigger; its index is the number of triggers added before.
    pub(crate) fn add(&mut self, action: Arc<Action>, at_a_time: NonZeroUsize) {
        self.queues.push(Queue {
            action,
            at_a_time,
            running: 0,
            waiting: VecDeque::new(),
        });
    }

    /// Runs a firing now, or when those before it are done.
    pub(crate) fn submit(&mut self, trigger: usize, ticket: Ticket, firing: Firing) {
        if let Some(finished) = self.begin(trigger, ticket, firing) {
            self.queues[trigger].running += 1;
            self.ended.push_back(finished);
        }
    }

    /// Runs a firing as [`Self::submit`] does, but gives it back if it ends at once.
    pub(crate) fn begin(
        &mut self,
        trigger: usize,
        ticket: Ticket,
        firing: Firing,
    ) -> Option<Finished> {
        let queue = &mut self.queues[trigger];
        let is_starved = self.running.len() >= MOST_RUNNING;
        if is_starved || !queue.has_room() {
            self.waiting += 1;
            self.waiting_bytes += bytes(&firing);
            queue.waiting.push_back((ticket, firing));
            if is_starved {
                self.starved.push_back(trigger);
            }
            return None;
        }
        let (action, stop) = (queue.action.clone(), self.stop.clone());
        let mut work = Box::pin(async move {
            let completion = action.perform(&firing, &stop).await;
            Finished {
                trigger,
                ticket,
                firing,
                completion,
            }
        });
        // Many end when they are begun, which spares them a task of their own.
        let finished = (&mut work).now_or_never();
        if finished.is_none() {
            queue.running += 1;
            self.running.spawn(work);
        }
        finished
    }

    /// Returns a firing that ended already.
    pub(crate) fn try_finished(&mut self) -> Option<Finished> {
        let joined = || self.running.try_join_next();
        let finished = match self.ended.pop_front() {
            Some(finished) => finished,
            None => std::iter::from_fn(joined).find_map(Result::ok)?,
        };
        self.proceed(finished.trigger);
        Some(finished)
    }

    /// Waits for a firing to come to its end; pends for ever while none runs. Cancel-safe.
    pub(crate) async fn finished(&mut self) -> Finished {
        if let Some(finished) = self.try_finished() {
            return finished;
        }
        loop {
            match self.running.join_next().await {
                Some(Ok(finished)) => {
                    self.proceed(finished.trigger);
                    return finished;
                }
                // `Action::perform` catches panics of triggers, so a task ends badly only when aborted.
                Some(Err(_)) => {}
                None => std::future::pending().await,
            }
        }
    }

    /// Lets a firing that waits take the place of one that ended: of a trigger that the lane kept
    /// waiting, else of the same trigger.
    fn proceed(&mut self, ended: usize) {
        self.queues[ended].running -= 1;
        if self.stop.is_cancelled() {
            return;
        }
        if self.running.len() >= MOST_RUNNING {
            // What ended had no place among those that run: whoever leaves one lets others go on.
            if self.queues[ended].has_work() {
                self.starved.push_back(ended);
            }
            return;
        }
        let queues = &self.queues;
        let starved = std::iter::from_fn(|| self.starved.pop_front());
        let next = { starved }.find(|&trigger| queues[trigger].has_work());
        let next = next.unwrap_or(ended);
        if next != ended && self.queues[ended].has_work() {
            self.starved.push_back(ended);
        }
        if let Some((ticket, firing)) = self.queues[next].waiting.pop_front() {
            self.waiting -= 1;
            self.waiting_bytes -= bytes(&firing);
            self.submit(next, ticket, firing);
        }
    }

    /// Lets running and waiting firings end, for at most the grace period; returns how many did not.
    pub(crate) async fn drain(&mut self, grace: Duration) -> usize {
        let ended = async {
            while self.running() > 0 {
                self.finished().await;
            }
        };
        // What is left over comes again, or was promised at most once.
        let _ = tokio::time::timeout(grace, ended).await;
        self.running() + self.waiting
    }

    /// Returns how many firings run.
    pub(crate) fn running(&self) -> usize {
        self.running.len() + self.ended.len()
    }

    /// Tells whether more firings may come: not too many wait for others, and not too large ones.
    pub(crate) fn has_room(&self) -> bool {
        self.waiting < MOST_WAITING && self.waiting_bytes < MOST_WAITING_BYTES
    }
}

/// Returns how many bytes a firing keeps, as if it shared its events with no other.
fn bytes(firing: &Firing) -> usize {
    let data = firing.events().filter_map(|(_, event)| event.data());
    data.map(|data| data.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{policy::GuardedBuilder, runtime::observer::Unobserved, trigger::FunctionTrigger};
    use argo_events_core::{
        Event, Timestamp, TokioClock, api,
        resolver::{Held, Shape},
        telemetry::Metrics,
    };

    fn firing(number: usize, bytes: usize) -> Firing {
        let shape = Shape {
            sensor: "orders".to_owned(),
            trigger: "ship".to_owned(),
            dependencies: vec!["paid".to_owned()],
        };
        let event = Event::builder(number.to_string(), "shop", "paid").data(vec![b'1'; bytes]);
        let event = Arc::new(event.build());
        let held = [Held {
            dependency: 0,
            event,
        }];
        Firing::new(Arc::new(shape), held)
    }

    /// Makes the executor of a trigger that never ends.
    fn stuck() -> Executor {
        let trigger = Arc::new(FunctionTrigger::new(|_| std::future::pending()));
        let clock = Arc::new(TokioClock::starting_at(Timestamp::EPOCH));
        let (spec, metrics) = (api::Trigger::default(), Metrics::default());
        let guarded = GuardedBuilder::new("orders", &spec, &metrics, clock);
        let action = Action::new(guarded.build(trigger, None), Arc::new(Unobserved));
        let mut executor = Executor::new(CancellationToken::new());
        executor.add(Arc::new(action), NonZeroUsize::MIN);
        executor
    }

    #[tokio::test]
    async fn what_waits_is_bounded_in_number_and_in_bytes() {
        const MEBIBYTE: usize = 1024 * 1024;
        for (bytes, room) in [(1, MOST_WAITING), (MEBIBYTE, MOST_WAITING_BYTES / MEBIBYTE)] {
            let mut executor = stuck();
            let submitted = (0..MOST_WAITING * 2).take_while(|&number| {
                let has_room = executor.has_room();
                executor.submit(0, 0, firing(number, bytes));
                has_room
            });
            // One of them runs.
            assert_eq!(submitted.count(), room + 1, "{bytes} bytes each");
        }
    }
}
