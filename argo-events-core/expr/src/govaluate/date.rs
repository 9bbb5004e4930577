//! Texts in quotes that are dates.

use crate::gotime::{RFC3339, RFC3339_NANO, Time};

/// The layouts that make a text a date, in the order in which they are tried.
const LAYOUTS: [&str; 14] = [
    "Mon Jan _2 15:04:05 2006",
    "Mon Jan _2 15:04:05 MST 2006",
    "Mon Jan 02 15:04:05 -0700 2006",
    "3:04PM",
    RFC3339,
    RFC3339_NANO,
    "2006-01-02",
    "2006-01-02 15:04",
    "2006-01-02 15:04:05",
    "2006-01-02 15:04:05-07:00",
    "2006-01-02T15Z0700",
    "2006-01-02T15:04Z0700",
    "2006-01-02T15:04:05Z0700",
    "2006-01-02T15:04:05.999999999Z0700",
];

/// Reads a text as a date, if it is one.
pub(super) fn read(text: &str) -> Option<Time> {
    LAYOUTS
        .iter()
        .find_map(|layout| Time::parse(layout, text).ok())
}
