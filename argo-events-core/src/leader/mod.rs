//! Leadership: of several processes that offer to do a thing, one does it.
//!
//! An [`Elector`] waits until this process leads a name, and hands out a [`Leadership`] that says how
//! long that is so. [`LeaseElector`] is the one algorithm, over any place that keeps a record per name
//! ([`LeaseRecords`]); [`StoreElector`] keeps the records in a [`StateStore`](crate::StateStore), and
//! [`ShardLeases`] spreads numbered shards over replicas with it.
//!
//! Election decides who tries, never who is right: what a former leader writes too late is refused by
//! the log it writes to, see `docs/adr/0005-leadership-and-fencing.md`.

mod elector;
mod keeper;
mod leadership;
mod outage;
mod records;
mod settings;
mod shards;
mod shares;
mod sighting;
mod store;
#[cfg(test)]
mod tests;

pub use elector::LeaseElector;
pub use leadership::{Leadership, Tenure};
pub use records::{LeaseClaim, LeaseRecord, LeaseRecords};
pub use settings::LeaseSettings;
pub use shards::{ShardEvent, ShardLeases};
pub use store::{StoreElector, StoreRecords};

use crate::Result;
use async_trait::async_trait;

/// Lets one process at a time lead a name.
///
/// # Behavior
/// - `LEAD-01` at no instant do two leaderships of one name say that they are held. The argument needs
///   no common clock: a holder stops [`hold`](LeaseSettings::hold) after it *started* its last
///   successful renewal, and a candidate takes over only when the record has not changed for the whole
///   [`lease`](LeaseSettings::lease), counted by its own monotonic clock from when it had *finished*
///   reading it. It may fail only for a process whose own monotonic clock stood still, or after the
///   records were deleted under the holder; then fenced writes are what keeps order.
/// - `LEAD-02` when a holder dies, a candidate that can reach the records leads within the lease, one
///   poll and two round trips: 8 s with the default settings.
/// - `LEAD-03` a leadership is lost, and says so, before another process can lead: by the margin
///   `lease - hold`. Once lost it is never held again.
/// - `LEAD-04` a holder that cannot renew keeps trying until its own deadline; an outage that is
///   shorter loses no leadership.
/// - `LEAD-05` resigning lets the next candidate lead at its next look, without waiting for the lease.
///   Dropping the leadership does the same, as far as the records can be reached.
/// - `LEAD-06` epochs of one name grow with every leadership.
/// - `LEAD-07` names do not disturb each other; campaigns of one elector for one name take turns.
/// - `LEAD-08` an outage of the records ends no campaign, and is logged once when it begins and once
///   when it ends. An error that is permanent ends it.
#[async_trait]
pub trait Elector: Send + Sync + 'static {
    /// Waits until this process leads `name`.
    ///
    /// # Errors
    /// Permanent ones of the place where the records are kept, such as `Unauthorized`.
    ///
    /// # Cancel safety
    /// Dropping the future ends the campaign; leadership that it was about to gain is resigned.
    async fn campaign(&self, name: &str) -> Result<Leadership>;
}
