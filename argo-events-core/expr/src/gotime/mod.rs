//! Times, layouts and zones as the package `time` of Go reads and writes them.

mod duration;
mod time;

pub use duration::Duration;
pub use time::Time;
