//! The engine as a service embeds it.

mod building;
mod replacing;
mod running;
