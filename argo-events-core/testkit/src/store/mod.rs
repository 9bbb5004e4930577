//! Says whether a [`StateStore`](argo_events_core::StateStore) keeps the promises `STORE-01` to
//! `STORE-07`.
//!
//! A store belongs to a bus, so the cases run with a [`BusHarness`](crate::bus::BusHarness), and
//! [`bus::trials`](crate::bus::trials) includes them.

mod broken;
mod cases;

pub(crate) use broken::BrokenStore;

use crate::bus::Case;

/// Returns every case, in the order of the promises.
pub fn cases() -> Vec<Case> {
    cases::all()
}
