//! Sources and their runtime, through their public interface.

mod bus;
mod client;
mod http;
mod runtime;
mod webhook;
