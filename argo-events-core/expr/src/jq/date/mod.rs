//! Dates as `strftime`, `strptime` and `mktime` know them, always in UTC.

mod parse;
mod print;

pub(super) use crate::gotime::{Location, Time, WallClock as Fields};
pub(super) use parse::parse;
pub(super) use print::print;

use crate::gotime::names::SHORT;

/// Cuts a name down to its short form.
fn short(name: &'static str) -> &'static str {
    &name[..SHORT]
}

/// Gives the directives that one stands for, if it is short for some.
fn expansion(directive: u8) -> Option<&'static [u8]> {
    Some(match directive {
        b'c' => b"a b e H:M:S Y",
        b'+' => b"a b e H:M:S Z Y",
        b'v' => b"e-b-Y",
        b'r' => b"I:M:S p",
        b'F' => b"Y-m-d",
        b'D' | b'x' => b"m/d/y",
        b'T' | b'X' => b"H:M:S",
        b'R' => b"H:M",
        _ => return None,
    })
}
