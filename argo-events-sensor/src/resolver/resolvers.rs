//! All resolvers of a lane: hands an event to those that name its dependency, and only to those.
//!
//! Does no I/O: what it appends to a checkpoint is stored by the runtime, see [`super::log`] for how
//! it is laid out and read back. Filters and transforms have been applied before.

use super::{
    deadlines::Deadlines,
    log::{self, Epochs, Restored},
    plan::TriggerPlan,
};
use argo_events_core::{
    Arrival, DependencyResolver, Event, Firing, Result, Timestamp,
    resolver::{Losses, Observed, Rejection, Waiting},
};
use bytes::Bytes;
use std::sync::Arc;

/// The resolvers of a lane's triggers, found by dependency.
///
/// Triggers are numbered as their plans came, dependencies as in the sensor's list.
#[derive(Debug)]
pub struct Resolvers {
    triggers: Vec<Planned>,
    /// Per dependency of the sensor, who waits for it.
    routes: Vec<Vec<Route>>,
    deadlines: Deadlines,
    due: Vec<usize>,
    /// Triggers that may have something to write.
    dirty: Vec<usize>,
    /// Names in the log that have no trigger any more; the next record says so.
    gone: Vec<String>,
    fired: Vec<Firing>,
    rejected: Vec<Rejected>,
    order: Vec<(Route, usize)>,
    record: Vec<u8>,
}

#[derive(Debug)]
struct Planned {
    plan: TriggerPlan,
    dirty: bool,
    /// The log knows the trigger's name and meaning under its number.
    introduced: bool,
}

/// A trigger and the place that a dependency has there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Route {
    trigger: usize,
    place: u16,
}

/// An event that a trigger did not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The trigger.
    pub trigger: usize,
    /// Why.
    pub reason: Rejection,
}

impl Resolvers {
    /// Makes the resolvers of these triggers, in which nothing waits.
    pub fn new(plans: impl IntoIterator<Item = TriggerPlan>) -> Self {
        let planned = |plan| Planned {
            plan,
            dirty: false,
            introduced: false,
        };
        let triggers: Vec<_> = plans.into_iter().map(planned).collect();
        let mut routes = Vec::new();
        for (trigger, planned) in triggers.iter().enumerate() {
            for (place, dependency) in (0..).zip(&planned.plan.dependencies) {
                if routes.len() <= *dependency {
                    routes.resize_with(dependency + 1, Vec::new);
                }
                routes[*dependency].push(Route { trigger, place });
            }
        }
        Self {
            deadlines: Deadlines::new(triggers.len()),
            triggers,
            routes,
            due: Vec::new(),
            dirty: Vec::new(),
            gone: Vec::new(),
            fired: Vec::new(),
            rejected: Vec::new(),
            order: Vec::new(),
            record: Vec::new(),
        }
    }

    /// Hands an event of one dependency to the triggers that wait for it, and appends what fired.
    ///
    /// Returns who did not take it. An event of several dependencies goes to [`Self::dispatch_all`].
    #[inline]
    pub fn dispatch(
        &mut self,
        dependency: usize,
        event: &Arc<Event>,
        at: Timestamp,
        firings: &mut Vec<(usize, Firing)>,
    ) -> &[Rejected] {
        self.rejected.clear();
        for index in 0..self.routes.get(dependency).map_or(0, Vec::len) {
            self.observe(self.routes[dependency][index], event, at, firings);
        }
        &self.rejected
    }

    /// Hands over an event that several dependencies accepted, each with its own transform of it.
    ///
    /// Each trigger sees them in the order in which its condition names them; with `only`, no other
    /// trigger than that sees them.
    pub fn dispatch_all(
        &mut self,
        accepted: &[(usize, Arc<Event>)],
        only: Option<usize>,
        at: Timestamp,
        firings: &mut Vec<(usize, Firing)>,
    ) -> &[Rejected] {
        self.rejected.clear();
        let mut order = std::mem::take(&mut self.order);
        for (index, (dependency, _)) in accepted.iter().enumerate() {
            let routes = self.routes.get(*dependency).into_iter().flatten();
            let wanted = routes.filter(|route| only.is_none_or(|only| only == route.trigger));
            order.extend(wanted.map(|route| (*route, index)));
        }
        order.sort_unstable();
        for (route, index) in order.drain(..) {
            self.observe(route, &accepted[index].1, at, firings);
        }
        self.order = order;
        &self.rejected
    }

    #[inline]
    fn observe(
        &mut self,
        route: Route,
        event: &Arc<Event>,
        at: Timestamp,
        firings: &mut Vec<(usize, Firing)>,
    ) {
        let trigger = route.trigger;
        let resolver = &mut self.triggers[trigger].plan.resolver;
        let arrival = Arrival {
            dependency: route.place,
            event,
            at,
        };
        if let Observed::Rejected(reason) = resolver.observe(arrival, &mut self.fired) {
            self.rejected.push(Rejected { trigger, reason });
        }
        self.deadlines.schedule(trigger, resolver.next_deadline());
        firings.extend(self.fired.drain(..).map(|firing| (trigger, firing)));
        self.touch(trigger);
    }

    #[inline]
    fn touch(&mut self, trigger: usize) {
        if !std::mem::replace(&mut self.triggers[trigger].dirty, true) {
            self.dirty.push(trigger);
        }
    }

    /// Lets time pass for the triggers that wait for it, and appends what fired.
    pub fn advance(&mut self, now: Timestamp, firings: &mut Vec<(usize, Firing)>) {
        let mut due = std::mem::take(&mut self.due);
        due.extend(std::iter::from_fn(|| self.deadlines.take_due(now)));
        for trigger in due.drain(..) {
            let resolver = &mut self.triggers[trigger].plan.resolver;
            resolver.advance(now, &mut self.fired);
            self.deadlines.schedule(trigger, resolver.next_deadline());
            firings.extend(self.fired.drain(..).map(|firing| (trigger, firing)));
            self.touch(trigger);
        }
        self.due = due;
    }

    /// Returns when to call [`Self::advance`] next: not later than anything is due.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.deadlines.first()
    }

    /// Closes a firing whose effect is done.
    #[inline]
    pub fn commit(&mut self, trigger: usize, firing: &Firing) {
        self.triggers[trigger].plan.resolver.commit(firing);
        self.touch(trigger);
    }

    /// Forgets what arrived before a time and waits for others in a trigger.
    pub fn reset(&mut self, trigger: usize, before: Timestamp) {
        self.triggers[trigger].plan.resolver.reset(before);
        self.touch(trigger);
    }

    /// Returns everything that is open, trigger by trigger, oldest first.
    pub fn open(&self) -> Vec<(usize, Firing)> {
        let triggers = self.triggers.iter().enumerate();
        let open = |(trigger, planned): (usize, &Planned)| {
            planned
                .plan
                .resolver
                .open()
                .into_iter()
                .map(move |firing| (trigger, firing))
        };
        triggers.flat_map(open).collect()
    }

    /// Returns how many events wait for others in a trigger.
    pub fn pending(&self, trigger: usize) -> usize {
        self.triggers[trigger].plan.resolver.pending()
    }

    /// Returns what waits for others in a trigger, oldest first.
    pub fn waiting(&self, trigger: usize) -> Vec<Waiting> {
        self.triggers[trigger].plan.resolver.waiting()
    }

    /// Returns what a trigger gave up since the start.
    pub fn losses(&self, trigger: usize) -> Losses {
        self.triggers[trigger].plan.resolver.losses()
    }

    /// Appends what changed since the last record, and returns whether anything did.
    ///
    /// The bytes must be stored, or the resolvers be dropped: they are not written again.
    pub fn checkpoint(&mut self, changes: &mut Vec<u8>) -> bool {
        let start = changes.len();
        log::put_head(changes, false);
        let head = changes.len();
        self.gone
            .drain(..)
            .for_each(|name| log::put_gone(changes, &name));
        let mut dirty = std::mem::take(&mut self.dirty);
        for trigger in dirty.drain(..) {
            self.triggers[trigger].dirty = false;
            self.write(trigger, changes, DependencyResolver::checkpoint);
        }
        self.dirty = dirty;
        let changed = changes.len() > head;
        if !changed {
            changes.truncate(start);
        }
        changed
    }

    /// Appends everything, as a record that replaces all earlier ones.
    pub fn snapshot(&mut self, state: &mut Vec<u8>) {
        log::put_head(state, true);
        self.gone.clear();
        self.dirty.clear();
        for trigger in 0..self.triggers.len() {
            let planned = &mut self.triggers[trigger];
            (planned.dirty, planned.introduced) = (false, false);
            self.write(trigger, state, |resolver, record| {
                resolver.snapshot(record);
                true
            });
        }
    }

    fn write(
        &mut self,
        trigger: usize,
        out: &mut Vec<u8>,
        record: impl FnOnce(&mut dyn DependencyResolver, &mut Vec<u8>) -> bool,
    ) {
        let planned = &mut self.triggers[trigger];
        self.record.clear();
        if !record(&mut *planned.plan.resolver, &mut self.record) {
            return;
        }
        if !std::mem::replace(&mut planned.introduced, true) {
            log::put_introduction(out, trigger, &planned.plan);
        }
        log::put_changes(out, trigger, &self.record);
    }

    /// Takes over what records say, in the order in which they were written, and says what was dropped.
    ///
    /// State is kept where the trigger's condition, join and dependency mean what they meant. A
    /// firing that was open stays open as long as there is a trigger of its name.
    ///
    /// # Errors
    /// `PayloadInvalid`, permanent, for a record that [`Self::checkpoint`] and [`Self::snapshot`]
    /// did not write. The resolvers are then of no use any more.
    pub fn restore(&mut self, records: impl IntoIterator<Item = Bytes>) -> Result<Restored> {
        let mut epochs = Epochs::default();
        for record in records {
            epochs.read(&record)?;
        }
        let mut restored = Restored::default();
        for trigger in 0..self.triggers.len() {
            let planned = &mut self.triggers[trigger];
            if let Some(epoch) = epochs.take(&planned.plan.shape.trigger) {
                epoch.restore(&mut planned.plan, &mut restored)?;
                self.deadlines.schedule(
                    trigger,
                    self.triggers[trigger].plan.resolver.next_deadline(),
                );
                self.touch(trigger);
            }
        }
        self.gone = epochs.rest(&mut restored);
        Ok(restored)
    }
}
