//! The builtins that are not written in jq.

mod arithmetic;
mod basic;
mod collections;
mod fail;
mod format;
mod index;
mod math;
mod order;
mod pattern;
mod special;
mod table;
mod text;
mod time;
mod update;

pub(super) use arithmetic::{add, negate};
pub(super) use fail::{expected_array, not_for, object_key_not_string};
pub(super) use index::index;
pub(super) use pattern::Patterns;
pub(super) use table::{find, names};

use super::{Failure, Limit, Meter, value::Value};

/// The most arguments that any of them takes.
pub(super) const MAX_ARGUMENTS: usize = 3;

/// What a builtin may use.
#[derive(Debug)]
pub(super) struct Host<'p> {
    pub(super) meter: Meter<'p>,
    pub(super) patterns: &'p Patterns,
    /// What `now` gives, in seconds; by default the machine's time.
    pub(super) now: Option<f64>,
}

impl Host<'_> {
    pub(super) fn check_nesting(&self, value: &Value) -> Result<(), Failure> {
        if value.is_too_deep() {
            return Err(self.meter.trip(Limit::Nesting).into());
        }
        Ok(())
    }
}

type Outcome = Result<Value, Failure>;

/// A builtin.
#[derive(Debug)]
pub(super) struct Native {
    pub(super) name: &'static str,
    /// How many arguments it takes.
    arity: std::ops::RangeInclusive<usize>,
    pub(super) run: fn(&Host<'_>, Value, &mut [Value]) -> Outcome,
    /// Gives the result for two whole numbers where it is one step away; loops count on it.
    pub(super) whole: Option<fn(i64, i64) -> Option<Value>>,
    pub(super) tracked: Tracked,
}

/// How a builtin goes along a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tracked {
    No,
    /// By a key: the second argument, of the first.
    Index,
    /// By a slice: to the second argument and from the third, of the first.
    Slice,
    /// By a whole path: the first argument.
    Path,
}
