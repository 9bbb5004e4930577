//! Who belongs to whom: users to their bus, members to their group, children to their owner.

use super::{
    key::{Key, ObjectKey},
    known::ChildKey,
};
use crate::{
    cluster::{Entry, Resource},
    packed::{GROUP_LABEL, Group},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::Hash,
};

/// Label of every child: which controller made it.
const CONTROLLER: &str = "controller";
/// Label of every child of one object: the name of that object.
const OWNER: &str = "owner-name";

/// Who belongs to whom.
#[derive(Default)]
pub(super) struct Index {
    users: HashMap<ObjectKey, BTreeSet<ObjectKey>>,
    members: HashMap<Group, BTreeSet<ObjectKey>>,
    children: HashMap<Key, BTreeSet<ChildKey>>,
}

impl Index {
    /// Returns what uses a bus.
    pub(super) fn users_of(&self, bus: &ObjectKey) -> impl Iterator<Item = &ObjectKey> + Clone {
        self.users.get(bus).into_iter().flatten()
    }

    /// Returns the objects of a group.
    pub(super) fn members_of(&self, group: &Group) -> impl Iterator<Item = &ObjectKey> {
        self.members.get(group).into_iter().flatten()
    }

    /// Returns the children of an object or a group.
    pub(super) fn children_of(&self, key: &Key) -> impl Iterator<Item = &ChildKey> {
        self.children.get(key).into_iter().flatten()
    }

    /// Returns every group that has members.
    pub(super) fn groups(&self) -> impl Iterator<Item = &Group> {
        self.members.keys()
    }

    pub(super) fn add_user(&mut self, bus: ObjectKey, user: &ObjectKey) {
        self.users.entry(bus).or_default().insert(user.clone());
    }

    pub(super) fn remove_user(&mut self, bus: &ObjectKey, user: &ObjectKey) {
        remove(&mut self.users, bus, user);
    }

    pub(super) fn add_member(&mut self, group: &Group, member: &ObjectKey) {
        let members = self.members.entry(group.clone()).or_default();
        members.insert(member.clone());
    }

    pub(super) fn remove_member(&mut self, group: &Group, member: &ObjectKey) {
        remove(&mut self.members, group, member);
    }

    /// Notes a child and returns whose it is.
    pub(super) fn add_child(&mut self, child: &ChildKey, entry: &Entry) -> Option<Key> {
        let owner = owner(entry)?;
        let children = self.children.entry(owner.clone()).or_default();
        children.insert(child.clone());
        Some(owner)
    }

    /// Forgets a child and returns whose it was.
    pub(super) fn remove_child(&mut self, child: &ChildKey, entry: &Entry) -> Option<Key> {
        let owner = owner(entry)?;
        remove(&mut self.children, &owner, child);
        Some(owner)
    }
}

fn remove<K: Hash + Eq, V: Ord>(map: &mut HashMap<K, BTreeSet<V>>, key: &K, value: &V) {
    if let Some(values) = map.get_mut(key) {
        values.remove(value);
        if values.is_empty() {
            map.remove(key);
        }
    }
}

/// Tells by its labels whose a child is.
fn owner(entry: &Entry) -> Option<Key> {
    if entry.labels.contains_key(GROUP_LABEL) {
        return Group::of_child(&entry.value()).map(Key::Group);
    }
    let resource = controlled_by(&entry.labels)?;
    let name = entry.labels.get(OWNER)?;
    let key = ObjectKey::new(resource, &entry.namespace, name);
    Some(Key::Object(key))
}

fn controlled_by(labels: &BTreeMap<String, String>) -> Option<Resource> {
    match labels.get(CONTROLLER)?.as_str() {
        "eventbus-controller" => Some(Resource::EventBuses),
        "eventsource-controller" => Some(Resource::EventSources),
        "sensor-controller" => Some(Resource::Sensors),
        _ => None,
    }
}

/// Chooses the children of everything that is controlled here.
pub(crate) fn selector() -> String {
    format!("{CONTROLLER} in (eventbus-controller,eventsource-controller,sensor-controller)")
}
