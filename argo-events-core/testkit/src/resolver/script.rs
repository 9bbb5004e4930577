//! Drives a resolver step by step, so that a case reads as what happens.

use super::{ResolverHarness, Setup};
use argo_events_core::{Arrival, DependencyResolver, Event, Firing, Timestamp, resolver::Observed};
use bytes::Bytes;
use std::sync::Arc;

/// A resolver under test, the records that it wrote, and how to make another one.
pub struct Script<'a> {
    harness: &'a dyn ResolverHarness,
    setup: Setup,
    resolver: Box<dyn DependencyResolver>,
    records: Vec<Bytes>,
}

impl std::fmt::Debug for Script<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Script")
            .field("resolver", &self.resolver)
            .finish_non_exhaustive()
    }
}

/// Makes a point in time from seconds.
pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1_000)
}

impl<'a> Script<'a> {
    /// Begins with a resolver in which nothing waits.
    ///
    /// # Panics
    /// When the harness does not make one.
    pub fn new(harness: &'a dyn ResolverHarness, setup: Setup) -> Self {
        let resolver = harness.resolver(&setup).expect("the case is supported");
        Self {
            harness,
            setup,
            resolver,
            records: Vec::new(),
        }
    }

    /// Makes a second resolver of the same setup, to compare with.
    pub fn another(&self) -> Self {
        Self::new(self.harness, self.setup.clone())
    }

    /// Returns the resolver.
    pub fn resolver(&mut self) -> &mut dyn DependencyResolver {
        &mut *self.resolver
    }

    /// Observes an event without a key, and returns what fired.
    pub fn event(&mut self, dependency: u16, id: &str, seconds: i64) -> Vec<Firing> {
        self.keyed(dependency, id, "\"\"", seconds)
    }

    /// Observes an event whose body has the key at `key`, as JSON text, and returns what fired.
    pub fn keyed(&mut self, dependency: u16, id: &str, key: &str, seconds: i64) -> Vec<Firing> {
        self.observe(dependency, id, &format!(r#"{{"key":{key}}}"#), seconds)
            .1
    }

    /// Observes an event with this body, and returns what became of it and what fired.
    pub fn observe(
        &mut self,
        dependency: u16,
        id: &str,
        body: &str,
        seconds: i64,
    ) -> (Observed, Vec<Firing>) {
        let event = Arc::new(
            Event::builder(id, "source", "event")
                .data(body.to_owned())
                .build(),
        );
        let mut firings = Vec::new();
        let arrival = Arrival {
            dependency,
            event: &event,
            at: at(seconds),
        };
        let observed = self.resolver.observe(arrival, &mut firings);
        (observed, firings)
    }

    /// Lets time pass, and returns what fired.
    pub fn advance(&mut self, seconds: i64) -> Vec<Firing> {
        let mut firings = Vec::new();
        self.resolver.advance(at(seconds), &mut firings);
        firings
    }

    /// Commits firings.
    pub fn commit(&mut self, firings: &[Firing]) {
        firings
            .iter()
            .for_each(|firing| self.resolver.commit(firing));
    }

    /// Keeps what changed as a record, and returns whether there was one.
    pub fn checkpoint(&mut self) -> bool {
        let mut record = Vec::new();
        let changed = self.resolver.checkpoint(&mut record);
        assert_eq!(
            changed,
            !record.is_empty(),
            "a checkpoint says whether it wrote something"
        );
        if changed {
            self.records.push(record.into());
        }
        changed
    }

    /// Replaces the records by a snapshot.
    pub fn snapshot(&mut self) {
        let mut record = Vec::new();
        self.resolver.snapshot(&mut record);
        self.records = vec![record.into()];
    }

    /// Replaces the resolver by a new one that has read the records.
    pub fn restart(&mut self) {
        self.resolver = self
            .harness
            .resolver(&self.setup)
            .expect("the case is supported");
        for record in &self.records {
            self.resolver
                .restore(record)
                .expect("a resolver reads what one of its kind wrote");
        }
    }

    /// Returns the ids of the events of each open firing.
    pub fn open(&self) -> Vec<String> {
        ids(&self.resolver.open())
    }
}

/// Spells firings: `a=1 a=2 b=3`, each in its dependency's place.
pub(super) fn ids(firings: &[Firing]) -> Vec<String> {
    let event = |(name, event): (&str, &Arc<Event>)| format!("{name}={}", event.id());
    let spell = |firing: &Firing| firing.events().map(event).collect::<Vec<_>>().join(" ");
    firings.iter().map(spell).collect()
}
