//! Sensors on a bus in memory, on paused time: what is delivered, when, how often, with which events.

mod faulty;
mod harness;
mod lanes;
mod policies;
mod replicas;
mod state;
