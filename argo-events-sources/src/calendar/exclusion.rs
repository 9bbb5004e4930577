//! Days without events.

use argo_events_core::{Error, ErrorKind, Result};
use jiff::civil::{Date, DateTime};
use std::collections::BTreeSet;

/// Calendar days on which nothing is published.
///
/// The time within an entry means nothing: the day it has in UTC is compared with the day that clocks
/// show in the zone of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExclusionDates(BTreeSet<Date>);

impl ExclusionDates {
    /// How entries begin; others are passed over, as in the reference.
    pub const PREFIX: &'static str = "EXDATE:";

    /// Reads entries such as `EXDATE:20260101T000000Z,20261225T000000Z`.
    ///
    /// # Errors
    /// `ConfigInvalid`, permanent, for a time that is not written so.
    ///
    /// ```
    /// use argo_events_sources::calendar::ExclusionDates;
    ///
    /// let days = ExclusionDates::parse(&["EXDATE:20260101T000000Z".to_owned()])?;
    /// assert!(days.contains(jiff::civil::date(2026, 1, 1)));
    /// # Ok::<(), argo_events_core::Error>(())
    /// ```
    pub fn parse(entries: &[String]) -> Result<Self> {
        let times = Self::times(entries)?;
        Ok(Self(times.into_iter().map(DateTime::date).collect()))
    }

    /// Reads entries and returns every time in them.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn times(entries: &[String]) -> Result<Vec<DateTime>> {
        let lists = entries
            .iter()
            .filter_map(|entry| entry.strip_prefix(Self::PREFIX));
        lists.flat_map(|list| list.split(',')).map(time).collect()
    }

    /// Tells whether a day is excluded.
    pub fn contains(&self, day: Date) -> bool {
        self.0.contains(&day)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn time(text: &str) -> Result<DateTime> {
    let digits_only = text.len() == "20260101T000000Z".len()
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 => byte == b'T',
            15 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        });
    let parsed = digits_only
        .then(|| DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok())
        .flatten();
    parsed.ok_or_else(|| {
        let message = format!("{text:?} is no time such as 20260101T000000Z");
        Error::permanent(ErrorKind::ConfigInvalid, message)
    })
}
