//! Pairs events that belong together: by key, within a window, by count.
//!
//! A key begins with its first event and ends when it fires, when its window is over, or when it gives way at
//! a limit; each key resolves for itself. An event at or after the end of its key's window
//! begins the key anew, whether or not anybody let time pass in between, so that a
//! replay resolves as the first run did.
//!
//! Keys are compared as texts: the number `7` and the text `"7"` are the same key, `7.0` too.

mod group;
mod keys;
mod record;
mod settings;
mod turns;
mod upkeep;

pub use settings::{JoinSettings, check_at_least};

use super::{bytes::put_head, journal::Journal};
use argo_events_core::{
    Arrival, DependencyResolver, Firing, Result, Timestamp,
    api::JoinKeep,
    resolver::{self, Held, Losses, Observed, Rejection, Shape},
};
use argo_events_expr::{
    condition::{BitSet, Condition},
    gjson::{Found, Kind},
};
use bytes::Bytes;
use group::{Quota, Taken, Waiting};
use keys::{Key, Keys};
use record::{Orders, Record};
use std::sync::Arc;

/// Fires per key when the events of the key make the condition hold.
///
/// What fires takes every event that waits under its key. Of a dependency that needs several
/// events (`atLeast`) and keeps the latest or the first, as many are kept as it needs.
///
/// ```
/// use argo_events_core::{Arrival, DependencyResolver, Event, Timestamp, resolver::Shape};
/// use argo_events_expr::{condition::Condition, gjson::Path};
/// use argo_events_sensor::resolver::{Join, JoinSettings};
/// use std::sync::Arc;
///
/// let dependencies = vec!["paid".to_owned(), "shipped".to_owned()];
/// let condition = Condition::parse("paid && shipped", &dependencies)?;
/// let (sensor, trigger) = ("orders".to_owned(), "close".to_owned());
/// let shape = Arc::new(Shape { sensor, trigger, dependencies });
/// let mut settings = JoinSettings::new(2);
/// settings.key = Some(vec![Path::parse("order")?; 2]);
///
/// let mut join = Join::new(shape, condition, settings);
/// let mut firings = Vec::new();
/// for (dependency, order) in [(0, "7"), (1, "8"), (1, "\"7\"")] {
///     let body = format!(r#"{{"order":{order}}}"#);
///     let event = Arc::new(Event::builder(order, "shop", "event").data(body).build());
///     join.observe(Arrival { dependency, event: &event, at: Timestamp::EPOCH }, &mut firings);
/// }
/// assert_eq!(firings.len(), 1);
/// assert_eq!(firings[0].event("shipped").unwrap().id(), "\"7\"");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Join {
    condition: Condition,
    settings: JoinSettings,
    quotas: Box<[Quota]>,
    /// Dependencies of which one event is enough.
    alone: BitSet,
    keys: Keys,
    events: usize,
    losses: Losses,
    orders: Orders,
    /// The time of the last reset that a checkpoint has.
    reset_stored: Option<Timestamp>,
    journal: Journal,
    scratch: Vec<Held>,
}

impl Join {
    /// Makes a join in which nothing waits.
    pub fn new(shape: Arc<Shape>, condition: Condition, settings: JoinSettings) -> Self {
        debug_assert_eq!(shape.dependencies.len(), settings.at_least.len());
        let quotas: Box<[_]> = settings
            .at_least
            .iter()
            .map(|least| quota(least.get(), &settings))
            .collect();
        let enough = |place: &usize| {
            quotas[*place].needed == 1 && condition.holds(&[*place].into_iter().collect())
        };
        Self {
            alone: (0..quotas.len()).filter(enough).collect(),
            condition,
            settings,
            quotas,
            keys: Keys::default(),
            events: 0,
            losses: Losses::default(),
            orders: Orders::default(),
            reset_stored: None,
            journal: Journal::new(shape),
            scratch: Vec::new(),
        }
    }

    /// Returns how many keys wait.
    pub fn keys(&self) -> usize {
        self.keys.len()
    }

    fn observe_key(
        &mut self,
        text: &[u8],
        arrival: Arrival<'_>,
        firings: &mut Vec<Firing>,
    ) -> Observed {
        let hash = self.keys.hash(text);
        let mut found = self.keys.find(hash, text);
        if let Some(slot) = found.filter(|slot| self.is_over(*slot, arrival.at)) {
            self.expire(slot, firings);
            found = None;
        }
        let Some(slot) = found else {
            return self.begin(hash, text, arrival, firings);
        };
        let taken = self.add(slot, arrival);
        if self.condition.holds(self.keys.get(slot).group.present()) {
            self.fire(slot, firings);
        } else {
            self.make_room_for_events(slot, firings);
        }
        match taken {
            Taken::Refused => Observed::Rejected(Rejection::FirstKept),
            Taken::Added | Taken::Displaced => Observed::Kept,
        }
    }

    /// Takes the first event of a key.
    fn begin(
        &mut self,
        hash: u64,
        text: &[u8],
        arrival: Arrival<'_>,
        firings: &mut Vec<Firing>,
    ) -> Observed {
        if self.alone.contains(usize::from(arrival.dependency)) {
            return self.fire_alone(arrival, firings);
        }
        while self.keys.len() >= self.settings.max_keys.max(1) {
            self.evict(firings);
        }
        let slot = self.keys.insert(hash, text, arrival.at, None);
        self.add(slot, arrival);
        self.make_room_for_events(slot, firings);
        Observed::Kept
    }

    fn fire_alone(&mut self, arrival: Arrival<'_>, firings: &mut Vec<Firing>) -> Observed {
        let (dependency, event) = (arrival.dependency, Arc::clone(arrival.event));
        firings.push(self.journal.open(Arc::new([Held { dependency, event }])));
        Observed::Kept
    }

    fn add(&mut self, slot: u32, arrival: Arrival<'_>) -> Taken {
        let Arrival {
            dependency,
            event,
            at,
        } = arrival;
        let waiting = Waiting {
            event: Arc::clone(event),
            at,
            dependency,
            stored: false,
        };
        let quota = self.quotas[usize::from(dependency)];
        let taken = self.keys.get_mut(slot).group.add(waiting, quota);
        match taken {
            Taken::Added => self.events += 1,
            Taken::Displaced if quota.keep == JoinKeep::All => self.losses.displaced += 1,
            Taken::Displaced | Taken::Refused => {}
        }
        self.keys.touch(slot);
        taken
    }

    /// Lets the oldest other keys give way while too many events wait.
    fn make_room_for_events(&mut self, slot: u32, firings: &mut Vec<Firing>) {
        while self.events > self.settings.max_events && self.keys.oldest() != Some(slot) {
            self.evict(firings);
        }
    }

    /// Moves everything that waits under a key into a firing.
    fn fire(&mut self, slot: u32, firings: &mut Vec<Firing>) {
        let group = &mut self.keys.get_mut(slot).group;
        self.events -= group.len();
        group.drain_into(&mut self.scratch);
        self.keys.remove(slot);
        firings.push(self.journal.open(self.scratch.drain(..).collect()));
    }

    /// Copies what waits under a key, for those who explain.
    fn shown(&self, key: &Key) -> resolver::Waiting {
        let text = || String::from_utf8_lossy(&key.text).into_owned();
        let held = key.group.events().iter().map(|waiting| Held {
            dependency: waiting.dependency,
            event: Arc::clone(&waiting.event),
        });
        resolver::Waiting {
            key: self.settings.key.as_ref().map(|_| text()),
            until: self.settings.within.map(|within| key.turn.started + within),
            held: held.collect(),
        }
    }
}

impl DependencyResolver for Join {
    fn observe(&mut self, arrival: Arrival<'_>, firings: &mut Vec<Firing>) -> Observed {
        let place = usize::from(arrival.dependency);
        if place >= self.quotas.len() {
            return Observed::Rejected(Rejection::UnknownDependency);
        }
        let path = self
            .settings
            .key
            .as_ref()
            .and_then(|paths| paths.get(place));
        let found = path.map(|path| arrival.event.data().map(|data| path.get(data)));
        if let Some(reason) = found.as_ref().and_then(unfit) {
            return Observed::Rejected(reason);
        }
        if self.orders.reset.is_some_and(|reset| arrival.at < reset) {
            return match self.alone.contains(place) {
                true => self.fire_alone(arrival, firings),
                false => Observed::Rejected(Rejection::BeforeReset),
            };
        }
        match found.as_ref().and_then(Option::as_ref) {
            Some(found) => self.observe_key(&found.text_bytes(), arrival, firings),
            None => self.observe_key(b"", arrival, firings),
        }
    }

    fn advance(&mut self, now: Timestamp, firings: &mut Vec<Firing>) {
        while let Some(slot) = self.keys.oldest().filter(|slot| self.is_over(*slot, now)) {
            self.expire(slot, firings);
        }
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        Some(self.keys.first_started()? + self.settings.within?)
    }

    fn commit(&mut self, firing: &Firing) {
        self.journal.close(firing);
    }

    fn reset(&mut self, before: Timestamp) {
        self.orders.reset = self.orders.reset.max(Some(before));
        self.remove_where(|waiting| waiting.at < before);
    }

    fn checkpoint(&mut self, changes: &mut Vec<u8>) -> bool {
        let ordered = self.orders.reset != self.reset_stored || !self.orders.forgotten.is_empty();
        if !ordered && !self.keys.changed() && !self.journal.changed() {
            return false;
        }
        put_head(changes, false);
        self.journal.write_changes(changes);
        let (removed, slots) = (self.keys.take_removed(), self.keys.take_dirty());
        self.write(&removed, &slots, changes);
        true
    }

    fn snapshot(&mut self, state: &mut Vec<u8>) {
        put_head(state, true);
        self.journal.write_all(state);
        drop((self.keys.take_removed(), self.keys.take_dirty()));
        let slots = self.keys.all();
        slots
            .iter()
            .for_each(|slot| self.keys.get_mut(*slot).group.mark_stored(false));
        self.write(&[], &slots, state);
    }

    fn restore(&mut self, record: &Bytes) -> Result<()> {
        let record = Record::read(record, self.journal.shape())?;
        if record.everything {
            self.journal.clear();
            self.keys.clear();
            self.events = 0;
        }
        self.journal.restore(record.journal);
        if let Some(before) = record.orders.reset {
            self.reset(before);
        }
        self.remove_where(|waiting| record.orders.forgotten.contains(&waiting.dependency));
        for text in record.removed {
            if let Some(slot) = self.keys.find(self.keys.hash(&text), &text) {
                self.drop_key(slot);
            }
        }
        record
            .keys
            .into_iter()
            .for_each(|key| self.restore_key(key));
        self.reset_stored = self.orders.reset;
        drop((self.keys.take_removed(), self.keys.take_dirty()));
        Ok(())
    }

    fn open(&self) -> Vec<Firing> {
        self.journal.firings().collect()
    }

    fn pending(&self) -> usize {
        self.events
    }

    fn waiting(&self) -> Vec<resolver::Waiting> {
        let slots = self.keys.all();
        let shown = slots.iter().map(|slot| self.shown(self.keys.get(*slot)));
        shown.collect()
    }

    fn forget(&mut self, dependency: u16) {
        self.remove_where(|waiting| waiting.dependency == dependency);
        if !self.orders.forgotten.contains(&dependency) {
            self.orders.forgotten.push(dependency);
        }
    }

    fn adopt(&mut self, shape: &Arc<Shape>, records: &[Bytes]) -> Result<()> {
        self.journal.adopt(shape, records)
    }

    fn losses(&self) -> Losses {
        self.losses
    }
}

fn quota(needed: u32, settings: &JoinSettings) -> Quota {
    let needed = needed as usize;
    let kept = match settings.keep {
        JoinKeep::All => settings.max_kept.max(needed),
        JoinKeep::Latest | JoinKeep::First => needed,
    };
    Quota {
        needed,
        kept,
        keep: settings.keep,
    }
}

/// Says why an event has no key, given what its path found; `None` for an event without a body.
fn unfit(found: &Option<Found<'_>>) -> Option<Rejection> {
    match found.as_ref().map(Found::kind) {
        None | Some(Kind::Null) => Some(Rejection::KeyMissing),
        Some(Kind::Json) => Some(Rejection::KeyNotScalar),
        Some(_) => None,
    }
}
