//! Keeps the latest event of each dependency until the condition holds: the reference's meaning.
//!
//! A firing takes everything that waits, also what the condition did not need. Counts, keys and
//! windows are the business of [`super::Join`].

use super::{
    bytes::{Reader, put_count, put_event, put_head, put_time},
    journal::{Changes, Journal},
};
use argo_events_core::{
    Arrival, DependencyResolver, Event, Firing, Result, Timestamp,
    resolver::{self, Held, Observed, Rejection, Shape},
};
use argo_events_expr::condition::{BitSet, Condition};
use bytes::Bytes;
use std::sync::Arc;

/// Fires when the latest events of the dependencies make the condition hold.
///
/// ```
/// use argo_events_core::{Arrival, DependencyResolver, Event, Timestamp, resolver::Shape};
/// use argo_events_expr::condition::Condition;
/// use argo_events_sensor::resolver::LatestWins;
/// use std::sync::Arc;
///
/// let dependencies = vec!["paid".to_owned(), "shipped".to_owned()];
/// let condition = Condition::parse("paid && shipped", &dependencies)?;
/// let (sensor, trigger) = ("orders".to_owned(), "close".to_owned());
/// let shape = Arc::new(Shape { sensor, trigger, dependencies });
/// let mut resolver = LatestWins::new(shape, condition);
/// let mut firings = Vec::new();
/// for (dependency, id) in [(0, "1"), (0, "2"), (1, "3")] {
///     let event = Arc::new(Event::builder(id, "shop", "event").build());
///     let arrival = Arrival { dependency, event: &event, at: Timestamp::EPOCH };
///     resolver.observe(arrival, &mut firings);
/// }
/// assert_eq!(firings[0].event("paid").unwrap().id(), "2");
/// # Ok::<(), argo_events_expr::condition::Error>(())
/// ```
#[derive(Debug)]
pub struct LatestWins {
    condition: Condition,
    slots: Box<[Option<Waiting>]>,
    present: BitSet,
    /// Slots that changed since the last checkpoint.
    dirty: BitSet,
    /// Slots that are full in what the checkpoints say.
    stored: BitSet,
    reset: Option<Timestamp>,
    reset_stored: Option<Timestamp>,
    journal: Journal,
    scratch: Vec<Held>,
}

#[derive(Debug)]
struct Waiting {
    event: Arc<Event>,
    at: Timestamp,
}

impl LatestWins {
    /// Makes a resolver in which nothing waits.
    pub fn new(shape: Arc<Shape>, condition: Condition) -> Self {
        let dependencies = shape.dependencies.len();
        debug_assert_eq!(dependencies, condition.dependencies().len());
        Self {
            condition,
            slots: (0..dependencies).map(|_| None).collect(),
            present: BitSet::new(),
            dirty: BitSet::new(),
            stored: BitSet::new(),
            reset: None,
            reset_stored: None,
            journal: Journal::new(shape),
            scratch: Vec::with_capacity(dependencies),
        }
    }

    /// Moves everything that waits into a firing.
    #[inline]
    fn fire(&mut self) -> Firing {
        let full = self.present.len() == self.slots.len();
        let held = if full {
            self.take_all()
        } else {
            self.take_present()
        };
        self.dirty.insert_all(&self.present);
        self.present.clear();
        self.journal.open(held)
    }

    /// Empties all slots; their number is known beforehand, so that each event is moved once.
    #[inline]
    fn take_all(&mut self) -> Arc<[Held]> {
        let slots = (0..).zip(&mut self.slots);
        let held = slots.map(|(dependency, slot)| {
            let waiting = slot.take().expect("every slot is full");
            Held {
                dependency,
                event: waiting.event,
            }
        });
        held.collect()
    }

    fn take_present(&mut self) -> Arc<[Held]> {
        for place in &self.present {
            if let Some(Waiting { event, .. }) = self.slots[place].take() {
                self.scratch.push(Held {
                    dependency: place as u16,
                    event,
                });
            }
        }
        self.scratch.drain(..).collect()
    }

    /// Answers for an event that arrived before the last reset: it meets nobody who waits now.
    #[cold]
    fn observe_late(&mut self, arrival: Arrival<'_>, firings: &mut Vec<Firing>) -> Observed {
        let alone = [usize::from(arrival.dependency)].into_iter().collect();
        if !self.condition.holds(&alone) {
            return Observed::Rejected(Rejection::BeforeReset);
        }
        let (dependency, event) = (arrival.dependency, Arc::clone(arrival.event));
        firings.push(self.journal.open(Arc::new([Held { dependency, event }])));
        Observed::Kept
    }

    fn clear_where(&mut self, unwanted: impl Fn(usize, &Waiting) -> bool) {
        for (place, slot) in self.slots.iter_mut().enumerate() {
            if slot.take_if(|waiting| unwanted(place, waiting)).is_some() {
                self.present.remove(place);
                self.dirty.insert(place);
            }
        }
    }

    /// Tells whether a slot differs from what the checkpoints say of it.
    fn differs(&self, place: usize) -> bool {
        self.present.contains(place) || self.stored.contains(place)
    }

    fn write(&mut self, out: &mut Vec<u8>, places: &BitSet) {
        out.push(u8::from(self.reset.is_some()));
        if let Some(reset) = self.reset {
            put_time(out, reset);
        }
        put_count(
            out,
            places.iter().filter(|place| self.differs(*place)).count(),
        );
        for place in places.iter().filter(|place| self.differs(*place)) {
            put_count(out, place);
            let waiting = self.slots[place].as_ref();
            out.push(u8::from(waiting.is_some()));
            if let Some(waiting) = waiting {
                put_time(out, waiting.at);
                put_event(out, &waiting.event);
            }
        }
        self.stored.clone_from(&self.present);
        self.reset_stored = self.reset;
        self.dirty.clear();
    }
}

impl DependencyResolver for LatestWins {
    #[inline]
    fn observe(&mut self, arrival: Arrival<'_>, firings: &mut Vec<Firing>) -> Observed {
        let place = usize::from(arrival.dependency);
        let Some(slot) = self.slots.get_mut(place) else {
            return Observed::Rejected(Rejection::UnknownDependency);
        };
        if self.reset.is_some_and(|reset| arrival.at < reset) {
            return self.observe_late(arrival, firings);
        }
        *slot = Some(Waiting {
            event: Arc::clone(arrival.event),
            at: arrival.at,
        });
        self.present.insert(place);
        match self.condition.holds(&self.present) {
            true => firings.push(self.fire()),
            false => self.dirty.insert(place),
        }
        Observed::Kept
    }

    fn advance(&mut self, _now: Timestamp, _firings: &mut Vec<Firing>) {}

    fn next_deadline(&self) -> Option<Timestamp> {
        None
    }

    #[inline]
    fn commit(&mut self, firing: &Firing) {
        self.journal.close(firing);
    }

    fn reset(&mut self, before: Timestamp) {
        self.reset = self.reset.max(Some(before));
        self.clear_where(|_, waiting| waiting.at < before);
    }

    fn checkpoint(&mut self, changes: &mut Vec<u8>) -> bool {
        let waiting = self.dirty.iter().any(|place| self.differs(place));
        if !waiting && self.reset == self.reset_stored && !self.journal.changed() {
            return false;
        }
        put_head(changes, false);
        self.journal.write_changes(changes);
        let dirty = self.dirty.clone();
        self.write(changes, &dirty);
        true
    }

    fn snapshot(&mut self, state: &mut Vec<u8>) {
        put_head(state, true);
        self.journal.write_all(state);
        self.stored.clear();
        let present = self.present.clone();
        self.write(state, &present);
    }

    fn restore(&mut self, record: &Bytes) -> Result<()> {
        let record = Record::read(record, self.journal.shape(), self.slots.len())?;
        if record.everything {
            self.journal.clear();
            self.clear_where(|_, _| true);
        }
        self.journal.restore(record.journal);
        self.reset = self.reset.max(record.reset);
        for (place, waiting) in record.slots {
            self.present.remove(place);
            if waiting.is_some() {
                self.present.insert(place);
            }
            self.slots[place] = waiting;
        }
        self.stored.clone_from(&self.present);
        self.reset_stored = self.reset;
        self.dirty.clear();
        Ok(())
    }

    fn open(&self) -> Vec<Firing> {
        self.journal.firings().collect()
    }

    fn pending(&self) -> usize {
        self.present.len()
    }

    fn waiting(&self) -> Vec<resolver::Waiting> {
        let held = (0..).zip(&self.slots).filter_map(|(dependency, slot)| {
            let event = Arc::clone(&slot.as_ref()?.event);
            Some(Held { dependency, event })
        });
        let held: Vec<_> = held.collect();
        let (key, until) = (None, None);
        if held.is_empty() {
            Vec::new()
        } else {
            vec![resolver::Waiting { key, until, held }]
        }
    }

    fn forget(&mut self, dependency: u16) {
        self.clear_where(|place, _| place == usize::from(dependency));
    }

    fn adopt(&mut self, shape: &Arc<Shape>, records: &[Bytes]) -> Result<()> {
        self.journal.adopt(shape, records)
    }
}

/// What a checkpoint wrote, read back as a whole before any of it is applied.
struct Record {
    everything: bool,
    journal: Changes,
    reset: Option<Timestamp>,
    slots: Vec<(usize, Option<Waiting>)>,
}

impl Record {
    fn read(record: &Bytes, shape: &Arc<Shape>, dependencies: usize) -> Result<Self> {
        let mut reader = Reader::new(record);
        let everything = reader.head()?;
        let journal = Changes::read(&mut reader, shape)?;
        let reset = reader.flag()?.then(|| reader.time()).transpose()?;
        let slots = reader.list(|reader| {
            let place = usize::from(reader.place(dependencies)?);
            let full = reader.flag()?;
            Ok((place, full.then(|| read_waiting(reader)).transpose()?))
        })?;
        reader.end()?;
        Ok(Self {
            everything,
            journal,
            reset,
            slots,
        })
    }
}

fn read_waiting(reader: &mut Reader) -> Result<Waiting> {
    let at = reader.time()?;
    Ok(Waiting {
        event: reader.event()?,
        at,
    })
}
