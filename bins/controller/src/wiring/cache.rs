//! What is known of the cluster: the objects, their children, and who depends on whom.
//!
//! Filled by watches and by the answers to own writes, so that a write is never forgotten again by an
//! older message of a watch. Whatever is learned gives the keys that are to be looked at again.

use super::{
    index::Index,
    key::{Key, ObjectKey},
};
use crate::{
    cluster::{Entry, Resource, Seen},
    object,
    packed::Group,
    status,
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;

/// Tells which group an object belongs to.
pub(super) type Classify = Box<dyn Fn(&Value) -> Option<Group> + Send + Sync>;

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

#[derive(Default)]
struct Known {
    objects: HashMap<ObjectKey, Object>,
    children: HashMap<ChildKey, Entry>,
    index: Index,
}

/// An EventBus, an EventSource or a Sensor.
struct Object {
    entry: Entry,
    /// Where it runs, if not by itself.
    group: Option<Group>,
    /// Condensed from what others need to know of a bus.
    face: u64,
}

/// Resource, namespace and name of a child.
pub(super) type ChildKey = (Resource, String, String);

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
                let keys = self.replace_all(resource, entries, &version);
                self.report(resource, Progress::Known);
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
        self.known().objects.get(key).map(|known| known.entry.clone())
    }

    /// Returns a child; `None` if there is none.
    pub(crate) fn child(&self, resource: Resource, namespace: &str, name: &str) -> Option<Entry> {
        self.known().entry(resource, namespace, name).cloned()
    }

    /// Returns the children that carry the labels of an owner.
    pub(crate) fn children(&self, key: &Key) -> Vec<Value> {
        let known = self.known();
        let children = known.index.children_of(key);
        let entries: Vec<Entry> = children
            .filter_map(|child| known.children.get(child).cloned())
            .collect();
        drop(known);
        entries.iter().map(Entry::value).collect()
    }

    /// Returns what uses a bus, as much of it as says so.
    pub(crate) fn users(&self, bus: &ObjectKey) -> Vec<Entry> {
        let known = self.known();
        let users = known.index.users_of(bus);
        users
            .filter_map(|key| Some(known.objects.get(key)?.entry.clone()))
            .collect()
    }

    /// Returns the objects of a group.
    pub(crate) fn members(&self, group: &Group) -> Vec<Value> {
        let known = self.known();
        let members = known.index.members_of(group);
        let entries: Vec<Entry> = members
            .filter_map(|key| Some(known.objects.get(key)?.entry.clone()))
            .collect();
        drop(known);
        entries.iter().map(Entry::value).collect()
    }

    /// Returns the group that an object belongs to.
    pub(crate) fn group(&self, key: &ObjectKey) -> Option<Group> {
        self.known().objects.get(key)?.group.clone()
    }

    /// Returns the keys of everything that is known.
    pub(crate) fn keys(&self) -> Vec<Key> {
        let known = self.known();
        let objects = known.objects.keys().cloned().map(Key::Object);
        objects
            .chain(known.index.groups().cloned().map(Key::Group))
            .collect()
    }

    /// Counts the objects of each kind, and how many of them are ready.
    pub(crate) fn counts(&self) -> BTreeMap<Resource, (usize, usize)> {
        let entries: Vec<_> = {
            let known = self.known();
            let objects = known.objects.iter();
            objects
                .map(|(key, known)| (key.resource, known.entry.clone()))
                .collect()
        };
        let mut counts = BTreeMap::new();
        for (resource, entry) in entries {
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
        let value = entry.value();
        let group = (self.classify)(&value);
        let face = face(resource, &value);
        let object = Object { entry, group, face };
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
            let moves = *progress != now && (now == Progress::Known || *progress != Progress::Known);
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

impl Known {
    fn entry(&self, resource: Resource, namespace: &str, name: &str) -> Option<&Entry> {
        if is_child(resource) {
            let key = (resource, namespace.to_owned(), name.to_owned());
            return self.children.get(&key);
        }
        let key = ObjectKey::new(resource, namespace, name);
        self.objects.get(&key).map(|object| &object.entry)
    }

    /// Returns what is known of a resource and was not in a list of a version.
    fn absent(&self, resource: Resource, listed: &[Entry], version: &str) -> Vec<Entry> {
        let listed: std::collections::HashSet<(&str, &str)> = listed
            .iter()
            .map(|entry| (entry.namespace.as_str(), entry.name.as_str()))
            .collect();
        let is_absent = |entry: &&Entry| {
            !listed.contains(&(entry.namespace.as_str(), entry.name.as_str()))
                && !entry.is_newer_than(version)
        };
        if is_child(resource) {
            let children = self.children.iter();
            let children = children.filter(|(key, _)| key.0 == resource);
            return children.map(|(_, entry)| entry).filter(is_absent).cloned().collect();
        }
        let objects = self.objects.iter().filter(|(key, _)| key.resource == resource);
        let entries = objects.map(|(_, object)| &object.entry);
        entries.filter(is_absent).cloned().collect()
    }

    fn learn_child(&mut self, resource: Resource, entry: Entry, tells: bool) -> Vec<Key> {
        let key = (resource, entry.namespace.clone(), entry.name.clone());
        let before = self.children.get(&key);
        if before.is_some_and(|before| entry.is_known(before)) {
            return Vec::new();
        }
        let is_change = !before.is_some_and(|before| entry.asks_the_same(before));
        let mut keys = Vec::new();
        if let Some(before) = before {
            keys.extend(self.index.remove_child(&key, before));
        }
        keys.extend(self.index.add_child(&key, &entry));
        self.children.insert(key, entry);
        if is_change && tells { keys } else { Vec::new() }
    }

    fn learn_object(&mut self, resource: Resource, object: Object, tells_itself: bool) -> Vec<Key> {
        let key = ObjectKey::new(resource, &object.entry.namespace, &object.entry.name);
        let before = self.objects.get(&key);
        if before.is_some_and(|before| object.entry.is_known(&before.entry)) {
            return Vec::new();
        }
        let is_change = !before.is_some_and(|it| object.entry.says_the_same(&it.entry));
        let is_new_face = before.is_none_or(|before| before.face != object.face);
        let mut keys = Vec::new();
        if let Some(before) = self.objects.remove(&key) {
            keys.extend(self.detach(&key, &before));
        }
        keys.extend(self.attach(&key, &object));
        if resource == Resource::EventBuses && is_new_face {
            keys.extend(self.index.users_of(&key).cloned().map(Key::Object));
        }
        self.objects.insert(key.clone(), object);
        keys.retain(|other| *other != Key::Object(key.clone()));
        if tells_itself && is_change {
            keys.push(Key::Object(key));
        }
        if is_change { keys } else { Vec::new() }
    }

    fn forget(&mut self, resource: Resource, entry: &Entry) -> Vec<Key> {
        let (namespace, name) = (&entry.namespace, &entry.name);
        let Some(known) = self.entry(resource, namespace, name) else {
            return Vec::new();
        };
        let is_another = known.uid != entry.uid && !known.is_older_than(entry);
        if is_another {
            return Vec::new();
        }
        if is_child(resource) {
            let key = (resource, namespace.clone(), name.clone());
            let gone = self.children.remove(&key);
            return gone
                .map(|gone| self.index.remove_child(&key, &gone))
                .unwrap_or_default();
        }
        let key = ObjectKey::new(resource, namespace, name);
        let Some(gone) = self.objects.remove(&key) else {
            return Vec::new();
        };
        let mut keys = self.detach(&key, &gone);
        if resource == Resource::EventBuses {
            keys.extend(self.index.users_of(&key).cloned().map(Key::Object));
        }
        keys.push(Key::Object(key));
        keys
    }

    /// Notes whom an object depends on, and returns who is to look at it.
    fn attach(&mut self, key: &ObjectKey, object: &Object) -> Vec<Key> {
        let mut keys = Vec::new();
        if key.resource != Resource::EventBuses {
            self.index.add_user(bus_of(&object.entry), key);
        }
        if let Some(group) = &object.group {
            self.index.add_member(group, key);
            keys.push(Key::Group(group.clone()));
        }
        keys
    }

    fn detach(&mut self, key: &ObjectKey, object: &Object) -> Vec<Key> {
        let mut keys = Vec::new();
        if key.resource != Resource::EventBuses {
            let bus = bus_of(&object.entry);
            self.index.remove_user(&bus, key);
            // A bus that is to go waits for its last user.
            keys.push(Key::Object(bus));
        }
        if let Some(group) = &object.group {
            self.index.remove_member(group, key);
            keys.push(Key::Group(group.clone()));
        }
        keys
    }
}

fn is_child(resource: Resource) -> bool {
    !matches!(
        resource,
        Resource::EventBuses | Resource::EventSources | Resource::Sensors
    )
}

fn bus_of(entry: &Entry) -> ObjectKey {
    let name = if entry.bus.is_empty() {
        "default"
    } else {
        &entry.bus
    };
    ObjectKey::new(Resource::EventBuses, &entry.namespace, name)
}

/// Condenses what others need to know of a bus.
fn face(resource: Resource, bus: &Value) -> u64 {
    if resource != Resource::EventBuses {
        return 0;
    }
    let mut hasher = DefaultHasher::new();
    (
        object::uid(bus),
        object::is_deleting(bus),
        status::is_ready(bus),
        bus["status"]["config"].to_string(),
        bus["spec"].to_string(),
    )
        .hash(&mut hasher);
    hasher.finish()
}

impl fmt::Debug for Cache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.known();
        formatter
            .debug_struct("Cache")
            .field("objects", &known.objects.len())
            .field("children", &known.children.len())
            .finish_non_exhaustive()
    }
}
