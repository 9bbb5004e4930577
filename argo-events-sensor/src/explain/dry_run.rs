//! Takes events one by one and tells what a sensor makes of each.

use super::{Considered, Decision, Fired, Lack, Lapse, LapseCause, Unmet};
use crate::{
    dependency::Verdict,
    resolver::Resolvers,
    runtime::{SensorPlan, recent::RecentIds},
};
use argo_events_core::{
    Event, Firing, Result, Timestamp,
    resolver::{Held, Rejection, Waiting},
};
use std::{collections::HashMap, sync::Arc, time::Duration};

/// A sensor that only says what it would do.
///
/// The same events at the same times give the same decisions. What is kept is bounded as in the
/// runtime. Rate limits, retries and dead letters are no part of it: they begin where sending does.
///
/// ```
/// use argo_events_core::{Event, Registry, SystemClock, Timestamp, api, secret::MemorySecrets};
/// use argo_events_sensor::{explain::DryRun, runtime::{OwnTriggers, SensorBuild, SensorPlan}};
/// use std::sync::Arc;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sensor: api::Sensor = serde_json::from_str(r#"{
///     "metadata": {"name": "orders"},
///     "spec": {
///         "dependencies": [
///             {"name": "paid", "eventSourceName": "shop", "eventName": "paid"},
///             {"name": "shipped", "eventSourceName": "shop", "eventName": "shipped"}],
///         "triggers": [{"template": {"name": "close", "log": {}}}]}}"#)?;
/// let kinds = argo_events_sensor::trigger::descriptors();
/// let registry = kinds.into_iter().fold(Registry::default(), Registry::with);
/// let build = SensorBuild::new(registry, Arc::new(MemorySecrets::default()), Arc::new(SystemClock));
/// let plan = SensorPlan::compile(&sensor, &OwnTriggers::new(), build).expect("has no mistake");
///
/// let mut run = DryRun::new(Arc::new(plan))?;
/// let paid = Event::builder("77", "shop", "paid").data("{}").build();
/// let decision = run.offer(Arc::new(paid), Timestamp::EPOCH).await;
/// assert!(decision.fired.is_empty());
/// assert_eq!(decision.unmet[0].missing.to_string(), "shipped");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct DryRun {
    plan: Arc<SensorPlan>,
    resolvers: Resolvers,
    recent: Option<RecentIds>,
    /// Per trigger, the last tick of its resets that was looked at.
    resets: Vec<Option<Timestamp>>,
}

impl DryRun {
    /// Begins with nothing waiting.
    ///
    /// # Errors
    /// `ConfigInvalid`, permanent; not for a plan that was compiled without an error.
    pub fn new(plan: Arc<SensorPlan>) -> Result<Self> {
        let plans: Result<Vec<_>> = plan.triggers.iter().map(|it| plan.resolver(it)).collect();
        let (resolvers, resets) = (Resolvers::new(plans?), vec![None; plan.triggers.len()]);
        Ok(Self {
            plan,
            resolvers,
            recent: None,
            resets,
        })
    }

    /// Returns the sensor.
    pub fn plan(&self) -> &Arc<SensorPlan> {
        &self.plan
    }

    /// Takes an event that arrived at a time, and says what comes of it.
    ///
    /// # Cancel safety
    /// A dropped future may have taken the event: what fired is then lost.
    pub async fn offer(&mut self, event: Arc<Event>, at: Timestamp) -> Decision {
        let (mut firings, lapses) = self.lapse(at);
        let recent = self.recent.get_or_insert_with(|| RecentIds::new(at));
        let repeated = recent.seen(&event, at);
        let considered = if repeated {
            Vec::new()
        } else {
            self.consider(&event)
        };
        let rejected = self.dispatch(&event, at, &considered, &mut firings);
        let unmet = self.unmet_by(&event, &considered, &rejected, &firings);
        let considered = considered
            .into_iter()
            .map(|(_, considered)| considered)
            .collect();
        let rejected = rejected
            .into_iter()
            .map(|(trigger, why)| (self.name(trigger), why));
        let rejected = rejected.collect();
        let fired = self.render(firings).await;
        Decision {
            event,
            at,
            repeated,
            lapses,
            considered,
            rejected,
            fired,
            unmet,
        }
    }

    /// Lets time pass without an event, and says what ended and what fired for it.
    ///
    /// # Cancel safety
    /// As of [`Self::offer`].
    pub async fn advance(&mut self, now: Timestamp) -> (Vec<Lapse>, Vec<Fired>) {
        let (firings, lapses) = self.lapse(now);
        (lapses, self.render(firings).await)
    }

    /// Returns everything that waits, trigger by trigger, oldest first.
    pub fn unmet(&self) -> Vec<Unmet> {
        let triggers = 0..self.plan.triggers.len();
        let waiting = triggers.flat_map(|trigger| {
            let waiting = self.resolvers.waiting(trigger).into_iter();
            waiting.filter_map(move |waiting| self.unmet_of(trigger, Some(waiting)))
        });
        waiting.collect()
    }

    fn name(&self, trigger: usize) -> String {
        self.plan.triggers[trigger].shape.trigger.clone()
    }

    fn names(&self, trigger: usize, held: &[Held]) -> Vec<String> {
        let names = &self.plan.triggers[trigger].shape.dependencies;
        held.iter()
            .map(|held| names[usize::from(held.dependency)].clone())
            .collect()
    }

    /// Asks the dependencies that name the event, in the sensor's order.
    fn consider(&self, event: &Arc<Event>) -> Vec<(usize, Considered)> {
        let dependencies = self.plan.dependencies.iter().enumerate();
        let named = dependencies.filter(|(_, dependency)| {
            let subject = &dependency.subject;
            subject.source == event.source() && subject.event == event.subject()
        });
        let asked = named.map(|(index, dependency)| {
            let (changed, verdict) = dependency.filter.admit(event);
            let seen = changed.as_ref().unwrap_or(event);
            let considered = Considered {
                dependency: dependency.name.clone(),
                stages: dependency.filter.explain(seen),
                verdict,
                changed,
            };
            (index, considered)
        });
        asked.collect()
    }

    fn dispatch(
        &mut self,
        event: &Arc<Event>,
        at: Timestamp,
        considered: &[(usize, Considered)],
        firings: &mut Vec<(usize, Firing)>,
    ) -> Vec<(usize, Rejection)> {
        let passed = considered
            .iter()
            .filter(|(_, it)| it.verdict == Verdict::Passed);
        let accepted: Vec<_> = passed
            .map(|(index, it)| (*index, Arc::clone(it.changed.as_ref().unwrap_or(event))))
            .collect();
        let rejected = self.resolvers.dispatch_all(&accepted, None, at, firings);
        rejected
            .iter()
            .map(|rejected| (rejected.trigger, rejected.reason))
            .collect()
    }

    async fn render(&mut self, firings: Vec<(usize, Firing)>) -> Vec<Fired> {
        let mut fired = Vec::with_capacity(firings.len());
        for (index, firing) in firings {
            let trigger = Arc::clone(self.plan.triggers[index].action.trigger());
            let rendered = trigger.render(&firing).await;
            self.resolvers.commit(index, &firing);
            fired.push(Fired {
                firing,
                kind: trigger.kind(),
                rendered,
            });
        }
        fired
    }
}

/// What time alone does.
impl DryRun {
    fn lapse(&mut self, now: Timestamp) -> (Vec<(usize, Firing)>, Vec<Lapse>) {
        let mut lapses = Vec::new();
        for trigger in 0..self.plan.triggers.len() {
            self.reset(trigger, now, &mut lapses);
        }
        let mut firings = Vec::new();
        if self.resolvers.next_deadline().is_some_and(|due| due <= now) {
            self.end_windows(now, &mut firings, &mut lapses);
        }
        (firings, lapses)
    }

    fn reset(&mut self, trigger: usize, now: Timestamp, lapses: &mut Vec<Lapse>) {
        let schedule = &self.plan.triggers[trigger].resets;
        let tick = schedule.previous(now + Duration::from_nanos(1));
        let Some(tick) = tick.filter(|tick| self.resets[trigger] < Some(*tick)) else {
            return;
        };
        self.resets[trigger] = Some(tick);
        let before = self.resolvers.waiting(trigger);
        self.resolvers.reset(trigger, tick);
        self.note_gone(trigger, before, &[], LapseCause::Reset(tick), lapses);
    }

    fn end_windows(
        &mut self,
        now: Timestamp,
        firings: &mut Vec<(usize, Firing)>,
        lapses: &mut Vec<Lapse>,
    ) {
        let triggers = 0..self.plan.triggers.len();
        let before: Vec<_> = triggers
            .map(|trigger| self.resolvers.waiting(trigger))
            .collect();
        self.resolvers.advance(now, firings);
        for (trigger, before) in before.into_iter().enumerate() {
            self.note_gone(trigger, before, firings, LapseCause::WindowEnded, lapses);
        }
    }

    /// Notes what waited before, does so no more and did not fire.
    fn note_gone(
        &self,
        trigger: usize,
        before: Vec<Waiting>,
        firings: &[(usize, Firing)],
        cause: LapseCause,
        lapses: &mut Vec<Lapse>,
    ) {
        let after = self.resolvers.waiting(trigger);
        let waits = after.iter().flat_map(|waiting| &waiting.held);
        let fired = firings.iter().filter(|(index, _)| *index == trigger);
        let here: Vec<_> = waits
            .chain(fired.flat_map(|(_, firing)| firing.held()))
            .collect();
        for mut waited in before {
            waited
                .held
                .retain(|held| !here.iter().any(|it| Arc::ptr_eq(&it.event, &held.event)));
            if !waited.held.is_empty() {
                let dependencies = self.names(trigger, &waited.held);
                lapses.push(Lapse {
                    trigger: self.name(trigger),
                    cause,
                    waited,
                    dependencies,
                });
            }
        }
    }
}

/// Tells whether an event is another one, or what a transform made of it.
fn is_same(one: &Event, other: &Event) -> bool {
    (one.id(), one.source()) == (other.id(), other.source())
}

/// What is missing.
impl DryRun {
    /// Returns what the triggers still need that an event might have fired and did not.
    fn unmet_by(
        &self,
        event: &Arc<Event>,
        considered: &[(usize, Considered)],
        rejected: &[(usize, Rejection)],
        firings: &[(usize, Firing)],
    ) -> Vec<Unmet> {
        let triggers = self.plan.triggers.iter().enumerate();
        let concerned = triggers.filter(|(index, trigger)| {
            let names = |(wanted, _): &(usize, Considered)| trigger.dependencies.contains(wanted);
            considered.iter().any(names)
                && !rejected.iter().any(|(trigger, _)| trigger == index)
                && !firings.iter().any(|(trigger, _)| trigger == index)
        });
        let unmet = concerned.filter_map(|(index, _)| {
            let holds = |waiting: &Waiting| {
                waiting.key.is_none() || waiting.held.iter().any(|held| is_same(&held.event, event))
            };
            let waiting = self.resolvers.waiting(index).into_iter().find(holds);
            self.unmet_of(index, waiting)
        });
        unmet.collect()
    }

    fn unmet_of(&self, index: usize, waiting: Option<Waiting>) -> Option<Unmet> {
        let trigger = &self.plan.triggers[index];
        let held = waiting.as_ref().map_or(&[][..], |waiting| &waiting.held);
        let mut counts: HashMap<u16, u32> = HashMap::new();
        held.iter()
            .for_each(|held| *counts.entry(held.dependency).or_default() += 1);
        let missing = |place: u16| {
            let spec = &self.plan.specs[trigger.dependencies[usize::from(place)]];
            let needed = spec.at_least.unwrap_or(1).max(1);
            match counts.get(&place).copied().unwrap_or(0) {
                count if count >= needed => None,
                _ if needed == 1 => Some(spec.name.clone()),
                count => Some(format!("{} ({count} of {needed})", spec.name)),
            }
        };
        Some(Unmet {
            trigger: self.name(index),
            condition: spaced(trigger.condition.expression()),
            missing: Lack::of(trigger.condition.tree(), &missing)?,
            present: self.names(index, held),
            waiting,
        })
    }
}

/// Puts blanks around the signs of a condition.
fn spaced(expression: &str) -> String {
    expression.replace("&&", " && ").replace("||", " || ")
}
