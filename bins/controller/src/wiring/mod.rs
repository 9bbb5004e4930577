//! How plans meet the cluster: a cache that watches fill, a queue of what to look at, and turns of
//! work that carry plans out.
//!
//! What an object asks for is decided by the plans of its kind; who may act, by
//! [`Controller`](crate::Controller).

mod act;
mod cache;
mod index;
mod key;
mod known;
mod merge;
mod notes;
mod queue;
mod turn;
mod view;

pub(crate) use cache::Cache;
pub(crate) use index::selector;
pub(crate) use key::{Key, ObjectKey};
pub(crate) use notes::{Notes, notes};
pub(crate) use queue::{Outcome, Queue};
pub(crate) use turn::Reconciler;
