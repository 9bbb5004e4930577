//! What programs may ask of the world around them.

use std::time::SystemTime;

/// What programs may ask of the world; nothing is there unless it is given.
///
/// A function such as `now` of templates is an error where its answer is `None`.
pub trait World: Send + Sync {
    /// Gives the present time.
    fn now(&self) -> Option<SystemTime> {
        None
    }

    /// Gives a random number.
    fn random(&self) -> Option<u64> {
        None
    }
}

/// A world of which nothing is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nowhere;

impl World for Nowhere {}
