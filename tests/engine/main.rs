//! The engine as a service embeds it.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that cannot go on fails its test"
)]

mod building;
mod replacing;
mod running;
