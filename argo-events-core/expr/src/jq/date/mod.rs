//! Dates as `strftime`, `strptime` and `mktime` know them, always in UTC.

mod calendar;
mod parse;
mod print;

pub(super) use calendar::{Fields, Time};
pub(super) use parse::parse;
pub(super) use print::print;

const LONG_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const SHORT_MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

const LONG_DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

const SHORT_DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

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
