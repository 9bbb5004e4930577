//! One time a trigger's condition became true, with the events that made it true.

use crate::Event;
use sha2::{Digest, Sha256};
use std::{
    fmt,
    sync::{Arc, OnceLock},
};

/// What all firings of a trigger have in common: its names. Shared, never copied.
#[derive(Debug, PartialEq, Eq)]
pub struct Shape {
    /// Name of the sensor.
    pub sensor: String,
    /// Name of the trigger.
    pub trigger: String,
    /// Names of the dependencies that the trigger's condition names, in order of first use.
    pub dependencies: Vec<String>,
}

/// An event in its dependency's place.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// Index of the dependency in [`Shape::dependencies`].
    pub dependency: u16,
    /// The event.
    pub event: Arc<Event>,
}

/// One time a trigger's condition became true. Cheap to clone.
///
/// ```
/// use argo_events_core::{Event, Firing, resolver::{Held, Shape}};
/// use std::sync::Arc;
///
/// let shape = Arc::new(Shape {
///     sensor: "orders".into(),
///     trigger: "ship".into(),
///     dependencies: vec!["paid".into()],
/// });
/// let event = Arc::new(Event::builder("1", "shop", "paid").data("{}").build());
/// let firing = Firing::new(shape, [Held { dependency: 0, event }]);
/// assert_eq!(firing.event("paid").unwrap().id(), "1");
/// assert_eq!(firing.id().as_str().len(), 32);
/// ```
#[derive(Clone)]
pub struct Firing {
    shape: Arc<Shape>,
    held: Arc<[Held]>,
    number: u64,
    /// Worked out when first asked for: logs, traces and keys of one action all ask.
    id: OnceLock<FiringId>,
}

impl Firing {
    /// Makes a firing of events in the order of their dependencies.
    pub fn new(shape: Arc<Shape>, held: impl Into<Arc<[Held]>>) -> Self {
        Self {
            shape,
            held: held.into(),
            number: 0,
            id: OnceLock::new(),
        }
    }

    /// Numbers the firing, so that its resolver finds it at once when it is committed.
    #[must_use]
    pub fn numbered(mut self, number: u64) -> Self {
        self.number = number;
        self
    }

    /// Returns the number that the resolver gave: a handle of its own, no part of the identity.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Returns the names that the firing shares with others of its trigger.
    pub fn shape(&self) -> &Arc<Shape> {
        &self.shape
    }

    /// Returns the name of the sensor.
    pub fn sensor(&self) -> &str {
        &self.shape.sensor
    }

    /// Returns the name of the trigger.
    pub fn trigger(&self) -> &str {
        &self.shape.trigger
    }

    /// Returns the events in the order of their dependencies, oldest first within one.
    pub fn held(&self) -> &[Held] {
        &self.held
    }

    /// Returns dependency names with their events, oldest first within a dependency.
    pub fn events(&self) -> impl Iterator<Item = (&str, &Arc<Event>)> {
        self.held.iter().map(|held| (self.name(held), &held.event))
    }

    /// Returns the newest event of a dependency.
    pub fn event(&self, dependency: &str) -> Option<&Arc<Event>> {
        self.held
            .iter()
            .rev()
            .find(|held| self.name(held) == dependency)
            .map(|held| &held.event)
    }

    fn name(&self, held: &Held) -> &str {
        self.shape
            .dependencies
            .get(usize::from(held.dependency))
            .map_or("", String::as_str)
    }

    /// Tells whether both are the same firing, without computing ids.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.held, &other.held) || self.id() == other.id()
    }

    /// Returns the id: the same for the same sensor, trigger and events, also after a restart.
    pub fn id(&self) -> FiringId {
        *self.id.get_or_init(|| self.compute_id())
    }

    fn compute_id(&self) -> FiringId {
        let mut hash = Sha256::new();
        let mut part = |text: &str| {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        };
        part(self.sensor());
        part(self.trigger());
        for (dependency, event) in self.events() {
            part(dependency);
            part(event.id());
        }
        FiringId::from_digest(&hash.finalize())
    }
}

impl fmt::Debug for Firing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = formatter.debug_map();
        for (dependency, event) in self.events() {
            map.entry(&dependency, &event.id());
        }
        map.finish()
    }
}

/// Identifies a firing: 32 lower-case hexadecimal digits, usable as idempotency key and name suffix.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FiringId([u8; 32]);

impl FiringId {
    fn from_digest(digest: &[u8]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut digits = [0; 32];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(digest) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 0xf)];
        }
        Self(digits)
    }

    /// Returns the digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("are digits")
    }
}

impl fmt::Display for FiringId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for FiringId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("FiringId")
            .field(&self.as_str())
            .finish()
    }
}
