//! The routes of one port: an immutable snapshot that each request takes, replaced when a route comes or goes.

use super::{Pattern, changing::Changing};
use argo_events_core::{Error, ErrorKind, Result, http_host::Route};
use http::Method;
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

/// The path that every port answers by itself.
pub(super) const HEALTH: &[u8] = b"/health";

/// Routes that may change while requests are answered.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    current: Arc<RwLock<Arc<Snapshot>>>,
    changing: Changing,
}

/// What there was when a request came.
#[derive(Debug, Default)]
pub(super) struct Snapshot {
    next: u64,
    exact: HashMap<Vec<u8>, Vec<Arc<Entry>>>,
    templates: Vec<Arc<Entry>>,
}

#[derive(Debug)]
pub(super) struct Entry {
    number: u64,
    pattern: Pattern,
    pub(super) route: Route,
}

impl Table {
    /// Makes an empty table that takes part in changes.
    pub(super) fn new(changing: Changing) -> Self {
        Self {
            changing,
            ..Self::default()
        }
    }

    pub(super) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Tells who waits for a change to be over.
    pub(super) fn changing(&self) -> &Changing {
        &self.changing
    }

    /// Adds a route and returns its number.
    pub(super) fn add(&self, route: Route) -> Result<u64> {
        let pattern = Pattern::parse(&route.endpoint).map_err(|error| {
            let message = format!("endpoint {:?} {error}", route.endpoint);
            Error::permanent(ErrorKind::ConfigInvalid, message).with("owner", &route.owner)
        })?;
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(other) = current.entries().find(|entry| entry.same_place(&route)) {
            return Err(taken(&route, &other.route.owner));
        }
        let number = current.next;
        let entry = Arc::new(Entry {
            number,
            pattern,
            route,
        });
        let entries = current.entries().cloned().chain([entry]).collect();
        *current = Arc::new(Snapshot::of(number + 1, entries));
        Ok(number)
    }

    /// Removes a route.
    pub(super) fn remove(&self, number: u64) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let entries = current
            .entries()
            .filter(|entry| entry.number != number)
            .cloned()
            .collect();
        *current = Arc::new(Snapshot::of(current.next, entries));
    }
}

fn taken(route: &Route, owner: &str) -> Error {
    let message = format!(
        "{} {} on port {} belongs to {owner} already; choose another endpoint",
        route.method, route.endpoint, route.port
    );
    Error::permanent(ErrorKind::Conflict, message).with("owner", &route.owner)
}

impl Snapshot {
    fn of(next: u64, mut entries: Vec<Arc<Entry>>) -> Self {
        entries.sort_by_key(|entry| entry.number);
        let (mut exact, mut templates) = (HashMap::<_, Vec<_>>::new(), Vec::new());
        for entry in entries {
            match entry.pattern.exact() {
                Some(path) => exact.entry(path.to_vec()).or_default().push(entry),
                None => templates.push(entry),
            }
        }
        Self {
            next,
            exact,
            templates,
        }
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.exact.values().flatten().chain(&self.templates)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.templates.is_empty()
    }

    /// Finds who answers: of the routes that fit the path the first with the method, else the first.
    ///
    /// The path that every port answers by itself is left to a route only with the method it names.
    pub(super) fn find(&self, path: &[u8], method: &Method) -> Option<&Arc<Entry>> {
        let exact = self.exact.get(path).map_or(&[][..], Vec::as_slice);
        let fitting = || {
            let templates = self
                .templates
                .iter()
                .filter(|entry| entry.pattern.matches(path));
            exact.iter().chain(templates)
        };
        let with_method = fitting()
            .filter(|entry| entry.route.method == *method)
            .min_by_key(|entry| entry.number);
        match with_method {
            None if path != HEALTH => fitting().min_by_key(|entry| entry.number),
            found => found,
        }
    }
}

impl Entry {
    fn same_place(&self, route: &Route) -> bool {
        self.route.method == route.method
            && self.route.endpoint.trim_start_matches('/') == route.endpoint.trim_start_matches('/')
    }
}
