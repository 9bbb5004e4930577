//! Source `file`: publishes what happens to files of a directory.
//!
//! The system tells (inotify on Linux), or with `polling` the directory is looked through ten times a
//! second, for file systems that tell nothing. What happened while nothing ran stays unnoticed.
//! Nobody upstream keeps what the bus did not take: it is offered until the source is told to stop,
//! and for a second longer; what is lost then is logged.

mod config;
mod operation;
pub mod payload;
#[cfg(feature = "file")]
mod polling;
#[cfg(feature = "file")]
mod source;
#[cfg(feature = "file")]
mod watching;

pub use config::FileConfig;
pub use operation::Operation;
