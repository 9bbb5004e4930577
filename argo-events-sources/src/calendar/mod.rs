//! Source `calendar`: publishes an event at each time that a schedule or an interval names.
//!
//! The same time of the same event always has the same id, so a bus recognises a repeat. Reading cron
//! texts is the business of `argo_events_expr::cron`, the loop that of [`kit::poll`](crate::kit::poll).

mod config;
mod exclusion;
pub mod payload;
#[cfg(feature = "calendar")]
mod source;
mod ticks;

pub use config::{CalendarConfig, Catchup, ConfigMapReference, Persistence};
pub use exclusion::ExclusionDates;
pub use ticks::Ticks;
