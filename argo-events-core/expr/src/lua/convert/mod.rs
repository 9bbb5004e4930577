//! Turns events into tables and tables into JSON.

mod input;
mod output;

pub(super) use input::event;
pub(super) use output::encode;
