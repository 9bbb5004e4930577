//! The objects and their children, and what a change of one means for others.

use super::{
    index::Index,
    key::{Key, ObjectKey},
};
use crate::{
    cluster::{Entry, Resource},
    object,
    packed::Group,
    status,
};
use serde_json::Value;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

/// Tells which group an object belongs to.
pub(super) type Classify = Box<dyn Fn(&Value) -> Option<Group> + Send + Sync>;

/// Resource, namespace and name of a child.
pub(super) type ChildKey = (Resource, String, String);

/// The objects and their children.
#[derive(Default)]
pub(super) struct Known {
    objects: HashMap<ObjectKey, Object>,
    children: HashMap<ChildKey, Entry>,
    index: Index,
}

/// An EventBus, an EventSource or a Sensor.
pub(super) struct Object {
    pub(super) entry: Entry,
    /// Where it runs, if not by itself.
    pub(super) group: Option<Group>,
    /// Condensed from what others need to know of a bus.
    face: u64,
}

impl Object {
    /// Notes what matters of an object.
    pub(super) fn of(resource: Resource, entry: Entry, classify: &Classify) -> Self {
        let value = entry.value();
        let (group, face) = match resource {
            Resource::EventBuses => (None, face(&value)),
            _ => (classify(&value), 0),
        };
        Self { entry, group, face }
    }
}

impl Known {
    pub(super) fn entry(&self, resource: Resource, namespace: &str, name: &str) -> Option<&Entry> {
        if is_child(resource) {
            let key = (resource, namespace.to_owned(), name.to_owned());
            return self.children.get(&key);
        }
        let key = ObjectKey::new(resource, namespace, name);
        self.objects.get(&key).map(|object| &object.entry)
    }

    /// Returns what is known of a resource and was not in a list of a version.
    pub(super) fn absent(&self, resource: Resource, listed: &[Entry], version: &str) -> Vec<Entry> {
        let listed: HashSet<(&str, &str)> = listed
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
            return children
                .map(|(_, entry)| entry)
                .filter(is_absent)
                .cloned()
                .collect();
        }
        let objects = self
            .objects
            .iter()
            .filter(|(key, _)| key.resource == resource);
        let entries = objects.map(|(_, object)| &object.entry);
        entries.filter(is_absent).cloned().collect()
    }

    pub(super) fn learn_child(
        &mut self,
        resource: Resource,
        entry: Entry,
        tells: bool,
    ) -> Vec<Key> {
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
        for group in keys.clone() {
            // What becomes of shared pods shows in every object that they run.
            if let Key::Group(group) = group {
                keys.extend(self.member_keys(&group));
            }
        }
        self.children.insert(key, entry);
        if is_change && tells { keys } else { Vec::new() }
    }

    pub(super) fn learn_object(
        &mut self,
        resource: Resource,
        object: Object,
        tells_itself: bool,
    ) -> Vec<Key> {
        let key = ObjectKey::new(resource, &object.entry.namespace, &object.entry.name);
        let before = self.objects.get(&key);
        if before.is_some_and(|before| object.entry.is_known(&before.entry)) {
            return Vec::new();
        }
        let says_the_same = before.is_some_and(|it| object.entry.says_the_same(&it.entry));
        let mut keys = self.concerned(&key, &object);
        if let Some(before) = self.objects.remove(&key) {
            self.detach(&key, &before);
        }
        self.attach(&key, &object);
        self.objects.insert(key.clone(), object);
        if tells_itself && !says_the_same {
            keys.push(Key::Object(key));
        }
        keys
    }

    /// Returns what uses a bus, and the groups that run it.
    fn dependents(&self, bus: &ObjectKey) -> Vec<Key> {
        let users = self.index.users_of(bus);
        let objects = users.clone().cloned().map(Key::Object);
        let groups: BTreeSet<&Group> = users
            .filter_map(|user| self.objects.get(user)?.group.as_ref())
            .collect();
        objects
            .chain(groups.into_iter().cloned().map(Key::Group))
            .collect()
    }

    /// Returns which others are to look at an object as it is now.
    fn concerned(&self, key: &ObjectKey, object: &Object) -> Vec<Key> {
        let before = self.objects.get(key);
        let mut keys = Vec::new();
        if key.resource == Resource::EventBuses {
            if before.is_none_or(|before| before.face != object.face) {
                keys.extend(self.dependents(key));
            }
            return keys;
        }
        let groups = [
            before.and_then(|it| it.group.as_ref()),
            object.group.as_ref(),
        ];
        let asks_the_same = before.is_some_and(|it| object.entry.asks_the_same(&it.entry));
        if groups[0] != groups[1] || !asks_the_same {
            keys.extend(groups.into_iter().flatten().cloned().map(Key::Group));
        }
        if let Some(bus) = before.map(|before| bus_of(&before.entry))
            && bus != bus_of(&object.entry)
        {
            keys.push(Key::Object(bus));
        }
        keys
    }

    pub(super) fn forget(&mut self, resource: Resource, entry: &Entry) -> Vec<Key> {
        let (namespace, name) = (&entry.namespace, &entry.name);
        let Some(known) = self.entry(resource, namespace, name) else {
            return Vec::new();
        };
        let is_another = known.uid != entry.uid && known.is_newer_than(&entry.version);
        if is_another {
            return Vec::new();
        }
        if is_child(resource) {
            let key = (resource, namespace.clone(), name.clone());
            let gone = self.children.remove(&key);
            let owner = gone.and_then(|gone| self.index.remove_child(&key, &gone));
            return owner.into_iter().collect();
        }
        let key = ObjectKey::new(resource, namespace, name);
        let Some(gone) = self.objects.remove(&key) else {
            return Vec::new();
        };
        self.detach(&key, &gone);
        let mut keys: Vec<Key> = gone.group.into_iter().map(Key::Group).collect();
        if resource == Resource::EventBuses {
            keys.extend(self.dependents(&key));
        } else {
            // A bus that is to go waits for its last user.
            keys.push(Key::Object(bus_of(&gone.entry)));
        }
        keys.push(Key::Object(key));
        keys
    }

    /// Notes whom an object depends on.
    fn attach(&mut self, key: &ObjectKey, object: &Object) {
        if key.resource != Resource::EventBuses {
            self.index.add_user(bus_of(&object.entry), key);
        }
        if let Some(group) = &object.group {
            self.index.add_member(group, key);
        }
    }

    fn detach(&mut self, key: &ObjectKey, object: &Object) {
        if key.resource != Resource::EventBuses {
            self.index.remove_user(&bus_of(&object.entry), key);
        }
        if let Some(group) = &object.group {
            self.index.remove_member(group, key);
        }
    }

    /// Returns an object.
    pub(super) fn object(&self, key: &ObjectKey) -> Option<&Object> {
        self.objects.get(key)
    }

    /// Returns the keys of everything.
    pub(super) fn keys(&self) -> Vec<Key> {
        let objects = self.objects.keys().cloned().map(Key::Object);
        let groups = self.index.groups().cloned().map(Key::Group);
        objects.chain(groups).collect()
    }

    /// Returns every object with what it is.
    pub(super) fn entries(&self) -> Vec<(Resource, Entry)> {
        let objects = self.objects.iter();
        objects
            .map(|(key, known)| (key.resource, known.entry.clone()))
            .collect()
    }

    /// Returns the children that carry the labels of an owner.
    pub(super) fn children(&self, key: &Key) -> Vec<Entry> {
        let children = self.index.children_of(key);
        children
            .filter_map(|child| self.children.get(child).cloned())
            .collect()
    }

    /// Returns what uses a bus.
    pub(super) fn users(&self, bus: &ObjectKey) -> Vec<(Resource, Entry)> {
        let users = self.index.users_of(bus);
        users
            .filter_map(|key| Some((key.resource, self.objects.get(key)?.entry.clone())))
            .collect()
    }

    /// Returns the keys of the objects of a group.
    pub(super) fn member_keys(&self, group: &Group) -> Vec<Key> {
        let members = self.index.members_of(group);
        members.cloned().map(Key::Object).collect()
    }

    /// Returns the objects of a group.
    pub(super) fn members(&self, group: &Group) -> Vec<Entry> {
        let members = self.index.members_of(group);
        members
            .filter_map(|key| Some(self.objects.get(key)?.entry.clone()))
            .collect()
    }
}

/// Tells whether a resource is made by us for objects of people.
pub(super) fn is_child(resource: Resource) -> bool {
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
fn face(bus: &Value) -> u64 {
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
