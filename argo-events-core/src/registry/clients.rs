//! Clients that outlive the trigger they were made for.
//!
//! A trigger whose template is edited by each firing is built anew each time; its connections are
//! not. They are found again by the trigger's name, as in the reference.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// Most clients that are kept; at the limit all are let go and made again when needed.
const MOST: usize = 1024;

type Held = HashMap<(TypeId, String), Arc<dyn Any + Send + Sync>>;

/// Clients by type and name, shared by cloning.
///
/// ```
/// use argo_events_core::registry::Clients;
///
/// let clients = Clients::default();
/// assert_eq!(*clients.get_or_make("ship", || 1_u8), 1);
/// assert_eq!(*clients.get_or_make("ship", || 2_u8), 1);
/// ```
#[derive(Clone, Default)]
pub struct Clients(Arc<Mutex<Held>>);

impl Clients {
    /// Returns the client of that type and name; makes it if there is none yet.
    pub fn get_or_make<T: Any + Send + Sync>(
        &self,
        name: &str,
        make: impl FnOnce() -> T,
    ) -> Arc<T> {
        let key = (TypeId::of::<T>(), name.to_owned());
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = held
            .get(&key)
            .and_then(|client| Arc::clone(client).downcast().ok())
        {
            return found;
        }
        if held.len() >= MOST {
            held.clear();
        }
        let made = Arc::new(make());
        held.insert(key, Arc::<T>::clone(&made));
        made
    }
}

impl fmt::Debug for Clients {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Clients(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_of_another_type_or_name_are_others() {
        let clients = Clients::default();
        assert_eq!(*clients.get_or_make("a", || 1_u8), 1);
        assert_eq!(*clients.get_or_make("b", || 2_u8), 2);
        assert_eq!(*clients.get_or_make("a", || 3_u16), 3);
    }

    #[test]
    fn the_number_of_clients_is_bounded() {
        let clients = Clients::default();
        for name in 0..=MOST {
            clients.get_or_make(&name.to_string(), || name);
        }
        assert_eq!(clients.0.lock().unwrap().len(), 1);
    }
}
