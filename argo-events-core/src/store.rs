//! A small versioned key–value store that a bus offers for state: checkpoints, journals, watermarks.

use crate::Result;
use async_trait::async_trait;
use bytes::Bytes;

/// A value with the version it was stored under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned {
    /// What was stored.
    pub value: Bytes,
    /// Grows with every write of any key of the scope; meaningful only to the store that gave it.
    pub version: u64,
}

/// Versioned key–value storage with compare-and-set.
///
/// # Behavior
/// - `STORE-01` a value that was put is there for every later `get`, also after a restart if the bus is durable.
/// - `STORE-02` `put` succeeds only against the expected version; `None` means the key must not exist.
/// - `STORE-03` of several writers that expect the same version exactly one succeeds.
/// - `STORE-04` `delete` removes only the version named; a key that is absent is not an error.
/// - `STORE-05` `keys` lists the keys that begin with a prefix, in byte order.
/// - `STORE-06` scopes do not see each other's keys.
/// - `STORE-07` versions grow with every write of any key of the scope.
///
/// Keys use `a-z A-Z 0-9 - _ = . /` and are at most 512 bytes long.
///
/// # Cancel safety
/// A dropped `put` or `delete` may or may not have taken effect; `get` tells.
#[async_trait]
pub trait StateStore: Send + Sync + 'static {
    /// Returns the value of a key.
    async fn get(&self, key: &str) -> Result<Option<Versioned>>;

    /// Stores a value and returns its version.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict), permanent, when another version is there;
    /// [`ErrorKind::TooLarge`](crate::ErrorKind::TooLarge) when the value exceeds [`Self::max_value_bytes`].
    async fn put(&self, key: &str, value: Bytes, expected: Option<u64>) -> Result<u64>;

    /// Deletes the version named.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`](crate::ErrorKind::Conflict), permanent, when a newer version is there.
    async fn delete(&self, key: &str, expected: u64) -> Result<()>;

    /// Lists the keys that begin with a prefix, in byte order.
    async fn keys(&self, prefix: &str) -> Result<Vec<String>>;

    /// Returns the largest value that `put` accepts, in bytes.
    fn max_value_bytes(&self) -> usize {
        512 * 1024
    }
}
