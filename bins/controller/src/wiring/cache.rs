//! What is known of the cluster: the objects, their children, and who depends on whom.
//!
//! Filled by watches and by the answers to own writes, so that a write is never forgotten again by an
//! older message of a watch. Whatever is learned gives the keys that are to be looked at again.

use super::{
    key::{Key, ObjectKey},
    known::{Classify, Known, Object, is_child},
};
use crate::{
    cluster::{Entry, Resource, Seen},
    packed::Group,
    status,
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;

/// What is known of the cluster.
pub(crate) struct Cache {
    known: Mutex<Known>,
    classify: Classify,
    /// How far each watch is.
    progress: watch::Sender<BTreeMap<Resource, Progress>>,
}

/// How far a watch is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nothing was heard yet.
    #[default]
    Waiting,
    /// Everything is known.
    Known,
    /// Nothing is known, and why.
    Failed(String),
}

impl Cache {
    /// Begins with nothing; the resources given are going to be watched.
    pub(crate) fn new(watched: impl IntoIterator<Item = Resource>, classify: Classify) -> Self {
        let waiting = watched
            .into_iter()
            .map(|resource| (resource, Progress::Waiting));
        Self {
            known: Mutex::default(),
            classify,
            progress: watch::Sender::new(waiting.collect()),
        }
    }

    /// Learns from a watch, and returns what is to be looked at again.
    pub(crate) fn see(&self, resource: Resource, seen: Seen) -> Vec<Key> {
        match seen {
            Seen::All(entries, version) => {
                let mut keys = self.replace_all(resource, entries, &version);
                if self.why_unknown(resource).is_some() {
                    self.report(resource, Progress::Known);
                    // Some may have been told that they cannot be looked after.
                    keys.extend(self.keys());
                }
                keys
            }
            Seen::Changed(entry) => self.learn(resource, entry, true),
            Seen::Gone(entry) => self.known().forget(resource, &entry),
            Seen::Failed(reason) => {
                self.report(resource, Progress::Failed(reason));
                Vec::new()
            }
        }
    }

    /// Learns what an own write made, and returns which others are to be looked at again.
    pub(crate) fn wrote(&self, resource: Resource, entry: Entry) -> Vec<Key> {
        // What nobody watches, such as Secrets, is read whenever it is needed: remembered, it would
        // be taken for there long after it is gone.
        if !self.progress.borrow().contains_key(&resource) {
            return Vec::new();
        }
        self.learn(resource, entry, false)
    }

    /// Learns that an object is gone, and returns which others are to be looked at again.
    pub(crate) fn removed(&self, resource: Resource, namespace: &str, name: &str) -> Vec<Key> {
        let mut known = self.known();
        match known.entry(resource, namespace, name).cloned() {
            Some(entry) => known.forget(resource, &entry),
            None => Vec::new(),
        }
    }

    /// Returns an object; `None` if there is none.
    pub(crate) fn object(&self, key: &ObjectKey) -> Option<Entry> {
        let known = self.known();
        known.object(key).map(|object| object.entry.clone())
    }

    /// Returns the children that carry the labels of an owner.
    pub(crate) fn children(&self, key: &Key) -> Vec<Value> {
        let entries = self.known().children(key);
        entries.iter().map(Entry::value).collect()
    }

    /// Returns what uses a bus, as much of it as says so.
    pub(crate) fn users(&self, bus: &ObjectKey) -> Vec<(Resource, Entry)> {
        self.known().users(bus)
    }

    /// Returns the objects of a group.
    pub(crate) fn members(&self, group: &Group) -> Vec<Value> {
        let entries = self.known().members(group);
        entries.iter().map(Entry::value).collect()
    }

    /// Returns the keys of the objects of a group.
    pub(crate) fn member_keys(&self, group: &Group) -> Vec<Key> {
        self.known().member_keys(group)
    }

    /// Returns the group that an object belongs to.
    pub(crate) fn group(&self, key: &ObjectKey) -> Option<Group> {
        self.known().object(key)?.group.clone()
    }

    /// Returns the keys of everything that is known.
    pub(crate) fn keys(&self) -> Vec<Key> {
        self.known().keys()
    }

    /// Counts the objects of each kind, and how many of them are ready.
    pub(crate) fn counts(&self) -> BTreeMap<Resource, (usize, usize)> {
        let objects = self.known().entries();
        let mut counts = BTreeMap::new();
        for (resource, entry) in objects {
            let (all, ready): &mut (usize, usize) = counts.entry(resource).or_default();
            *all += 1;
            *ready += usize::from(status::is_ready(&entry.value()));
        }
        counts
    }

    /// Returns why nothing is known of a resource; `None` if it is known.
    pub(crate) fn why_unknown(&self, resource: Resource) -> Option<String> {
        match self.progress.borrow().get(&resource) {
            Some(Progress::Failed(reason)) => Some(reason.clone()),
            Some(Progress::Waiting) => Some("the cluster was not asked yet".to_owned()),
            _ => None,
        }
    }

    /// Returns what keeps anything from being known, one line for each.
    pub(crate) fn missing(&self) -> Vec<String> {
        let progress = self.progress.borrow();
        let missing = progress.iter().filter_map(|(resource, progress)| {
            let resource = resource.plural();
            match progress {
                Progress::Known => None,
                Progress::Waiting => Some(format!("{resource}: not listed yet")),
                Progress::Failed(reason) => Some(format!("{resource}: {reason}")),
            }
        });
        missing.collect()
    }

    /// Waits until every resource is known, or why it is not. Cancel-safe.
    pub(crate) async fn heard_of_all(&self) {
        let mut progress = self.progress.subscribe();
        let is_heard =
            |all: &BTreeMap<_, _>| all.values().all(|progress| *progress != Progress::Waiting);
        // The sender lives as long as this.
        let _ = progress.wait_for(is_heard).await;
    }

    fn learn(&self, resource: Resource, entry: Entry, tells_itself: bool) -> Vec<Key> {
        if is_child(resource) {
            return self.known().learn_child(resource, entry, tells_itself);
        }
        let object = Object::of(resource, entry, &self.classify);
        self.known().learn_object(resource, object, tells_itself)
    }

    fn replace_all(&self, resource: Resource, entries: Vec<Entry>, version: &str) -> Vec<Key> {
        let gone = self.known().absent(resource, &entries, version);
        let mut keys = Vec::new();
        for entry in gone {
            keys.extend(self.known().forget(resource, &entry));
        }
        for entry in entries {
            keys.extend(self.learn(resource, entry, true));
        }
        keys
    }

    fn report(&self, resource: Resource, now: Progress) {
        self.progress.send_if_modified(|all| {
            let progress = all.entry(resource).or_default();
            // What was known once is known still, if not of late.
            let moves =
                *progress != now && (now == Progress::Known || *progress != Progress::Known);
            if moves {
                *progress = now;
            }
            moves
        });
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Cache")
            .field("progress", &*self.progress.borrow())
            .finish_non_exhaustive()
    }
}
