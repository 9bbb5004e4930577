//! Maps with texts as names: `map[string]interface{}` and its like.

use super::{Text, Type, Value, document};
use std::{cell::RefCell, collections::BTreeMap, fmt, rc::Rc};

/// A map of Go: all clones are the same map, and a change shows in each of them.
#[derive(Clone)]
pub struct Map(Rc<Inner>);

struct Inner {
    member: Type,
    members: RefCell<Members>,
}

enum Members {
    /// An object that is decoded once somebody asks for a member.
    Source(Text),
    Decoded(BTreeMap<Text, Value>),
}

impl Members {
    fn decoded(&mut self) -> &mut BTreeMap<Text, Value> {
        if let Self::Source(source) = self {
            *self = Self::Decoded(document::members(source));
        }
        match self {
            Self::Decoded(members) => members,
            Self::Source(_) => unreachable!("decoded above"),
        }
    }
}

impl Default for Map {
    fn default() -> Self {
        Self::new(BTreeMap::new())
    }
}

impl Map {
    /// Makes a `map[string]interface{}`.
    #[must_use]
    pub fn new(members: BTreeMap<Text, Value>) -> Self {
        Self::typed(Type::Any, members)
    }

    /// Makes a map whose members have a type; the values must be of it.
    #[must_use]
    pub fn typed(member: Type, members: BTreeMap<Text, Value>) -> Self {
        let members = RefCell::new(Members::Decoded(members));
        Self(Rc::new(Inner { member, members }))
    }

    pub(super) fn lazy(source: Text) -> Self {
        let members = RefCell::new(Members::Source(source));
        let member = Type::Any;
        Self(Rc::new(Inner { member, members }))
    }

    /// Gives the member with a name.
    #[must_use]
    pub fn get(&self, name: &[u8]) -> Option<Value> {
        self.with(|members| members.get(name).cloned())
    }

    /// Tells whether there is a member with a name.
    #[must_use]
    pub fn contains(&self, name: &[u8]) -> bool {
        self.with(|members| members.contains_key(name))
    }

    /// Sets a member, for all who hold the map.
    ///
    /// Functions that templates call use [`Run::set`](super::Run::set), which takes care that maps
    /// which hold themselves are freed in the end.
    pub fn insert(&self, name: impl Into<Text>, value: Value) -> Option<Value> {
        self.with(|members| members.insert(name.into(), value))
    }

    /// Takes a member away, for all who hold the map.
    pub fn remove(&self, name: &[u8]) -> Option<Value> {
        self.with(|members| members.remove(name))
    }

    /// Counts the members.
    #[must_use]
    pub fn len(&self) -> usize {
        self.with(|members| members.len())
    }

    /// Tells whether there is no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Gives the names, sorted.
    #[must_use]
    pub fn names(&self) -> Vec<Text> {
        self.with(|members| members.keys().cloned().collect())
    }

    /// Gives the members, sorted by name.
    #[must_use]
    pub fn entries(&self) -> Vec<(Text, Value)> {
        let own = |(name, value): (&Text, &Value)| (name.clone(), value.clone());
        self.with(|members| members.iter().map(own).collect())
    }

    /// Gives the type of the members.
    #[must_use]
    pub fn member(&self) -> Type {
        self.0.member
    }

    /// Tells whether both are one and the same map.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    pub(super) fn clear(&self) {
        let members = self.with(std::mem::take);
        super::value::free(members.into_values().collect());
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<Text, Value>) -> T) -> T {
        work(self.0.members.borrow_mut().decoded())
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "map[{}]", self.len())
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        super::value::free(take(self.members.get_mut()));
    }
}

/// Takes the members out of a map that nobody else holds.
pub(super) fn dismantle(map: Map) -> Vec<Value> {
    let inner = Rc::into_inner(map.0);
    inner.map_or_else(Vec::new, |mut inner| take(inner.members.get_mut()))
}

fn take(members: &mut Members) -> Vec<Value> {
    match members {
        Members::Source(_) => Vec::new(),
        Members::Decoded(members) => std::mem::take(members).into_values().collect(),
    }
}
