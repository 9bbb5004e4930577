//! What programs may ask of the world around them.

use std::time::SystemTime;

/// What programs may ask of the world, beside which they know nothing but their input.
///
/// Where its answer is `None`, a function such as `now` of templates and source expressions is an
/// error, while Lua scripts and jq programs read the machine's clock, and Lua scripts have random
/// numbers of their own.
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
