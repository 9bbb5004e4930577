//! Finds the groups that want an event, without looking at those that do not.

use super::Group;
use argo_events_core::{Event, Subject};
use hashbrown::HashMap;
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

/// All groups of a bus, by name and by what they want.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    groups: BTreeMap<String, Arc<Group>>,
    by_subject: HashMap<String, HashMap<String, Vec<Arc<Group>>>>,
}

impl Routes {
    /// Returns a group by its name.
    pub(crate) fn get(&self, name: &str) -> Option<&Arc<Group>> {
        self.groups.get(name)
    }

    /// Adds a group that wants nothing yet.
    pub(crate) fn add(&mut self, group: Arc<Group>) {
        self.groups.insert(group.name().to_owned(), group);
    }

    /// Changes what a group wants.
    pub(crate) fn set_subjects(&mut self, group: &Arc<Group>, subjects: &[Subject]) {
        let subjects: HashSet<_> = subjects.iter().cloned().collect();
        let mut desk = group.desk();
        for old in desk.subjects().difference(&subjects) {
            if let Some(groups) = self.wanting(old) {
                groups.retain(|other| !Arc::ptr_eq(other, group));
            }
        }
        for new in subjects.difference(desk.subjects()) {
            let events = self.by_subject.entry(new.source.clone()).or_default();
            events
                .entry(new.event.clone())
                .or_default()
                .push(Arc::clone(group));
        }
        desk.set_subjects(subjects);
    }

    fn wanting(&mut self, subject: &Subject) -> Option<&mut Vec<Arc<Group>>> {
        self.by_subject
            .get_mut(&subject.source)?
            .get_mut(&subject.event)
    }

    /// Returns the groups that want an event.
    pub(crate) fn of(&self, event: &Event) -> &[Arc<Group>] {
        let found = self
            .by_subject
            .get(event.source())
            .and_then(|it| it.get(event.subject()));
        found.map_or(&[], Vec::as_slice)
    }

    /// Iterates over all groups by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Group>> {
        self.groups.values()
    }
}
