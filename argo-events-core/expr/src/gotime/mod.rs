//! Times, layouts and zones as the package `time` of Go reads and writes them.
//!
//! A [`Time`] is an instant together with the [`Location`] whose clocks show it; a layout such as
//! `2006-01-02` says how. Nothing here asks for the present moment: who needs it brings a clock.
//! The zone of the process is never used either, `Local` shows the clocks of UTC.
//! Reading durations is [`crate::duration`]'s business, schedules are `cron`'s.
//!
//! ```
//! use argo_events_expr::gotime::{Duration, Time};
//! let noon = Time::parse("2006-01-02 15:04", "2024-02-29 12:00")?;
//! let later = noon.add(Duration::parse("12h")?);
//! assert_eq!(later.format("Mon, Jan _2"), b"Fri, Mar  1");
//! assert_eq!(later.to_string(), "2024-03-01 00:00:00 +0000 UTC");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod arithmetic;
mod calendar;
mod error;
mod format;
mod layout;
mod location;
pub(crate) mod names;
mod parse;
mod span;
#[cfg(test)]
mod tests;
mod time;

pub use error::{MarshalError, ParseError};
pub use location::{Location, UnknownLocation, Zone};
pub use names::{Month, Weekday};
pub use span::Duration;
pub use time::{Time, WallClock};

/// The layout of RFC 3339.
pub const RFC3339: &str = "2006-01-02T15:04:05Z07:00";
/// The layout of RFC 3339 with the fraction of the second that there is.
pub const RFC3339_NANO: &str = "2006-01-02T15:04:05.999999999Z07:00";
/// The layout in which times print.
pub const STRING: &str = "2006-01-02 15:04:05.999999999 -0700 MST";
