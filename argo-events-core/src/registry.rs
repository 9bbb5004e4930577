//! The kinds this build knows: a value, never global, so that a program adds its own.

mod bus;
mod clients;
mod derived;
mod source;
mod trigger;

pub use bus::{BuildBus, BusBuild, BusConfig, BusDescriptor};
pub use clients::Clients;
pub use source::{BuildSource, Placement, SourceConfig, SourceDescriptor};
pub use trigger::{BuildTrigger, TriggerBuild, TriggerConfig, TriggerDescriptor};

use crate::{Error, ErrorKind, FieldPath, Problems, Result};
use derived::Derived;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{any::Any, sync::Arc};

/// Descriptors of sources, triggers and buses by kind.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    sources: Vec<SourceDescriptor>,
    triggers: Vec<TriggerDescriptor>,
    buses: Vec<BusDescriptor>,
    derived: Derived,
}

/// Something that can be added to a [`Registry`].
pub trait Register {
    /// Adds itself; an entry of the same kind is replaced.
    fn register(self, registry: &mut Registry);
}

impl Registry {
    /// Adds a descriptor; one of the same kind is replaced.
    ///
    /// ```ignore
    /// let registry = Registry::builtin().with(SourceDescriptor::of::<MyConfig>());
    /// ```
    #[must_use]
    pub fn with(mut self, descriptor: impl Register) -> Self {
        descriptor.register(&mut self);
        self
    }

    /// Keeps what is derived from the entries, such as schemas, for whoever checks many objects.
    ///
    /// Clones share what is kept; one that gets another entry keeps its own.
    #[must_use]
    pub fn keeping(mut self) -> Self {
        self.derived = Derived::keeping();
        self
    }

    /// Returns what is derived from the entries: made now, unless it was before and is
    /// [kept](Self::keeping). There is one for each type.
    ///
    /// `make` must not ask a registry for what is derived.
    pub fn derived<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> Arc<T> {
        self.derived.get_or_make(make)
    }

    /// Returns the sources.
    pub fn sources(&self) -> &[SourceDescriptor] {
        &self.sources
    }

    /// Returns the triggers, in the order in which one of several in a template is chosen.
    pub fn triggers(&self) -> &[TriggerDescriptor] {
        &self.triggers
    }

    /// Returns the buses.
    pub fn buses(&self) -> &[BusDescriptor] {
        &self.buses
    }

    /// Finds a source.
    ///
    /// # Errors
    /// `ConfigInvalid`, permanent, naming the kinds that exist.
    pub fn source(&self, kind: &str) -> Result<&SourceDescriptor> {
        let found = self
            .sources
            .iter()
            .find(|descriptor| descriptor.kind == kind);
        found.ok_or_else(|| unknown("event source", kind, self.sources.iter().map(|d| d.kind)))
    }

    /// Finds a trigger.
    ///
    /// # Errors
    /// `ConfigInvalid`, permanent, naming the kinds that exist.
    pub fn trigger(&self, kind: &str) -> Result<&TriggerDescriptor> {
        let found = self
            .triggers
            .iter()
            .find(|descriptor| descriptor.kind == kind);
        found.ok_or_else(|| unknown("trigger", kind, self.triggers.iter().map(|d| d.kind)))
    }

    /// Finds a bus.
    ///
    /// # Errors
    /// `ConfigInvalid`, permanent, naming the kinds that exist.
    pub fn bus(&self, kind: &str) -> Result<&BusDescriptor> {
        let found = self.buses.iter().find(|descriptor| descriptor.kind == kind);
        found.ok_or_else(|| unknown("event bus", kind, self.buses.iter().map(|d| d.kind)))
    }
}

fn unknown<'a>(what: &str, kind: &str, known: impl Iterator<Item = &'a str>) -> Error {
    let known = known.collect::<Vec<_>>().join(", ");
    Error::permanent(
        ErrorKind::ConfigInvalid,
        format!("unknown kind of {what}; known: {known}"),
    )
    .with("kind", kind)
}

/// Puts an entry in the place of the one of the same kind, or at the end. What was derived from the
/// entries before does not count any more.
fn replace<T>(
    (entries, derived): (&mut Vec<T>, &mut Derived),
    entry: T,
    same: impl Fn(&T, &T) -> bool,
) {
    *derived = derived.anew();
    match entries.iter_mut().find(|present| same(present, &entry)) {
        Some(present) => *present = entry,
        None => entries.push(entry),
    }
}

/// Decodes a configuration; a mistake becomes a problem at `path`.
fn decode<C: DeserializeOwned>(
    value: &Value,
    path: &FieldPath,
    problems: &mut Problems,
) -> Option<C> {
    C::deserialize(value)
        .map_err(|error| problems.error(path.clone(), error.to_string()))
        .ok()
}

fn decode_or_fail<C: DeserializeOwned>(value: &Value, kind: &'static str) -> Result<C> {
    C::deserialize(value).map_err(|error| {
        Error::permanent(ErrorKind::ConfigInvalid, error.to_string()).with("kind", kind)
    })
}

fn not_compiled(kind: &'static str, feature: &'static str) -> Error {
    Error::permanent(
        ErrorKind::Unsupported,
        "this build does not contain the kind; enable its cargo feature",
    )
    .with("kind", kind)
    .with("feature", feature)
}
