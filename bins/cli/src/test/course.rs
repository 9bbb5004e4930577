//! What happened when a sensor was fed: one decision after the other.

use super::item::Step;
use argo_events::{
    Event, Result, Timestamp,
    sensor::{
        explain::{Decision, DryRun, Fired, Lapse, Unmet},
        runtime::SensorPlan,
    },
};
use std::{sync::Arc, time::Duration};

/// Between two events of which the second states no time.
const TICK: Duration = Duration::from_millis(1);

/// What happened, and what waits at the end.
#[derive(Debug)]
pub(crate) struct Course {
    pub(crate) sensor: String,
    pub(crate) moments: Vec<Moment>,
    pub(crate) waiting: Vec<Unmet>,
}

/// One step and what came of it.
#[derive(Debug)]
pub(crate) enum Moment {
    /// An event was decided on.
    Event(Box<Decision>),
    /// Time passed.
    Wait {
        until: Timestamp,
        lapses: Vec<Lapse>,
        fired: Vec<Fired>,
    },
}

impl Moment {
    /// Returns what fired.
    pub(crate) fn fired(&self) -> &[Fired] {
        match self {
            Self::Event(decision) => &decision.fired,
            Self::Wait { fired, .. } => fired,
        }
    }
}

impl Course {
    /// Feeds a sensor. An event arrives at its own time, and never before the one ahead of it.
    pub(crate) async fn run(plan: &Arc<SensorPlan>, steps: &[Step]) -> Result<Self> {
        let mut run = DryRun::new(Arc::clone(plan))?;
        let mut now = first_time(steps);
        let mut moments = Vec::with_capacity(steps.len());
        for step in steps {
            moments.push(match step {
                Step::Event(event) => {
                    now = arrival(event, now);
                    Moment::Event(Box::new(run.offer(Arc::clone(event), now).await))
                }
                Step::Wait(duration) => {
                    now = now + *duration;
                    let (lapses, fired) = run.advance(now).await;
                    Moment::Wait {
                        until: now,
                        lapses,
                        fired,
                    }
                }
            });
        }
        Ok(Self {
            sensor: plan.name().to_owned(),
            moments,
            waiting: run.unmet(),
        })
    }

    /// Iterates over everything that fired, in order.
    pub(crate) fn fired(&self) -> impl Iterator<Item = &Fired> {
        self.moments.iter().flat_map(Moment::fired)
    }

    /// Iterates over the decisions on events.
    pub(crate) fn decisions(&self) -> impl Iterator<Item = &Decision> {
        self.moments.iter().filter_map(|moment| match moment {
            Moment::Event(decision) => Some(&**decision),
            Moment::Wait { .. } => None,
        })
    }

    /// Tells whether something fired of which it cannot be said what would be sent.
    pub(crate) fn cannot_render(&self) -> bool {
        self.fired().any(|fired| fired.rendered.is_err())
    }
}

/// Returns where time begins: at the first time that an event states.
fn first_time(steps: &[Step]) -> Timestamp {
    let mut times = steps.iter().filter_map(|step| match step {
        Step::Event(event) => event.time(),
        Step::Wait(_) => None,
    });
    times.next().unwrap_or(Timestamp::EPOCH)
}

fn arrival(event: &Event, now: Timestamp) -> Timestamp {
    event.time().map_or(now + TICK, |time| time.max(now))
}
