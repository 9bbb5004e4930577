//! What is made of a registry's entries, and kept where somebody asks for it again and again.
//!
//! A pod checks its object once and has better uses for its memory; a controller checks thousands.
//! So nothing is kept unless a registry is told to, and nothing outlives a change of the entries.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

type Held = HashMap<TypeId, Arc<dyn Any + Send + Sync>>;

/// What was derived, by type; shared by cloning. Nothing is kept by default.
#[derive(Clone, Default)]
pub(super) struct Derived(Option<Arc<Mutex<Held>>>);

impl Derived {
    /// Begins to keep.
    pub(super) fn keeping() -> Self {
        Self(Some(Arc::default()))
    }

    /// Returns what keeps as this does, for other entries.
    pub(super) fn anew(&self) -> Self {
        match self.0 {
            Some(_) => Self::keeping(),
            None => Self::default(),
        }
    }

    /// Returns what is kept, or makes it.
    pub(super) fn get_or_make<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> Arc<T> {
        let Some(held) = &self.0 else {
            return Arc::new(make());
        };
        let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
        let found = held.get(&TypeId::of::<T>());
        if let Some(found) = found.and_then(|it| Arc::clone(it).downcast().ok()) {
            return found;
        }
        let made = Arc::new(make());
        held.insert(TypeId::of::<T>(), Arc::<T>::clone(&made));
        made
    }
}

impl fmt::Debug for Derived {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.0 {
            Some(_) => "Derived(kept)",
            None => "Derived(not kept)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_made_once_for_all_clones() {
        let derived = Derived::keeping();
        assert_eq!(*derived.get_or_make(|| 1_u8), 1);
        assert_eq!(*derived.clone().get_or_make(|| 2_u8), 1);
        assert_eq!(*derived.get_or_make(|| 3_u16), 3, "another type");
    }

    #[test]
    fn nothing_is_kept_unasked_or_for_other_entries() {
        let derived = Derived::default();
        assert_eq!(*derived.get_or_make(|| 1_u8), 1);
        assert_eq!(*derived.get_or_make(|| 2_u8), 2);
        let kept = Derived::keeping();
        assert_eq!(*kept.get_or_make(|| 1_u8), 1);
        assert_eq!(*kept.anew().get_or_make(|| 2_u8), 2);
        assert_eq!(*kept.get_or_make(|| 3_u8), 1, "clones go on with theirs");
    }
}
