//! The place where a [`LeaseElector`](super::LeaseElector) keeps one record per name.

use crate::Result;
use async_trait::async_trait;
use std::time::Duration;

/// What is written about a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseClaim {
    /// Who holds the name; empty when nobody does.
    pub holder: String,
    /// Grows with every leadership: its epoch.
    pub term: u64,
    /// How long others must see the record unchanged before they may take it.
    pub lease: Duration,
}

/// What is found about a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseRecord {
    /// What was written.
    pub claim: LeaseClaim,
    /// Differs after every write of a holder.
    pub beat: String,
    /// Names this version for a write that must replace no other.
    pub revision: String,
}

/// Keeps one record per name, written by compare-and-set.
#[async_trait]
pub trait LeaseRecords: Send + Sync + 'static {
    /// Reads the record of a name.
    ///
    /// # Cancel safety
    /// Dropping the future does nothing.
    async fn read(&self, name: &str) -> Result<Option<LeaseRecord>>;

    /// Writes the record of a name and returns its new revision; `None` expects that there is none.
    ///
    /// # Errors
    /// `Conflict` when another revision is there.
    ///
    /// # Cancel safety
    /// A write that is dropped may or may not have taken effect; reading tells.
    async fn write(&self, name: &str, claim: &LeaseClaim, expected: Option<&str>)
    -> Result<String>;
}
