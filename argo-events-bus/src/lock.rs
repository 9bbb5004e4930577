//! The one way in which mutexes are locked here.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex. Nothing panics while it holds one of ours, so poison has nothing to say.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
