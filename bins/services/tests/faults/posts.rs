//! What was posted, by number: each attempt has a number of its own, which the event carries.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Which of the two webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    A,
    B,
}

impl Kind {
    /// Returns the name of the event, and of the dependency on it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }
}

/// Everything that was posted.
#[derive(Debug, Default)]
pub(crate) struct Posts(Mutex<Vec<bool>>);

impl Posts {
    /// Gives the next attempt its number.
    pub(crate) fn begin(&self) -> usize {
        let mut accepted = self.lock();
        accepted.push(false);
        accepted.len() - 1
    }

    /// Notes that an attempt was answered with 200: from now on it must not be lost.
    pub(crate) fn accept(&self, number: usize) {
        self.lock()[number] = true;
    }

    /// Returns the number that the next attempt gets.
    pub(crate) fn next(&self) -> usize {
        self.lock().len()
    }

    /// Returns the numbers of what was accepted.
    pub(crate) fn accepted(&self) -> Vec<usize> {
        let accepted = self.lock();
        let numbers = accepted.iter().enumerate();
        numbers.filter_map(|(n, is)| is.then_some(n)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<bool>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
