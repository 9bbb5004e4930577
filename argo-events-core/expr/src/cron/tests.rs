//! Promises of schedules.
use super::*;
